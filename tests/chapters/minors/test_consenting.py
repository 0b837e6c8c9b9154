"""A guardian answers, is verified, and the account opens; nothing less is a consent."""

import pytest

from tests.chapters.minors.family import (
    BANK,
    FIRST,
    LOGIN,
    MAIL,
    PASSWORD,
    PHONE,
    SECOND,
    TEEN,
    Family,
    paper,
    traces,
)
from troth.documents.guardian.prospect import METHODS
from troth.documents.guardian.speakers import Speaker
from troth.model.acts import SUBJECT, SYSTEM, ConsentGiven, Use, Verified
from troth.model.errors import (
    BadFile,
    BadInput,
    Erased,
    NotFound,
    NotProved,
    Refused,
    WeakPassword,
)
from troth.model.secret import Secret
from troth.model.standing import GUARDIAN_COLLECTS, GUARDIAN_DISCLOSES
from troth.model.terms import AgeBand, SubjectId

DESK = [row.name for row in METHODS if row.by == "staff"]
SERVICES = [row.name for row in METHODS if row.by == "service"]


def says(family: Family, one: Speaker) -> dict[str, str]:
    standing = family.house.gate.standing(family.child(one))
    return {key: word.state for key, word in standing.consents.items()}


def gone(family: Family, *subjects: SubjectId) -> bool:
    for subject in subjects:
        with pytest.raises(Erased):
            family.house.gate.standing(subject)
    return True


# --- each method of the list -------------------------------------------------------------------


@pytest.mark.parametrize("method", DESK)
def test_staff_find_out_in_two_steps_and_what_was_sent_is_erased(
    family: Family, method: str
) -> None:
    one = family.apply()
    assert family.reply(one, method) == "checking"
    assert says(family, one) == {}
    (waiting,) = family.minors.desk.waiting(by=FIRST)
    assert waiting.guardian == one.guardian
    family.minors.desk.decide(one.guardian, is_so=True, ticket="T-1", by=FIRST)
    assert says(family, one)[GUARDIAN_COLLECTS] == "given"
    assert "guardian.proof" not in family.held(one.guardian)
    assert family.minors.desk.waiting(by=FIRST) == []


@pytest.mark.parametrize("method", SERVICES)
def test_a_service_tells_how_a_payment_or_some_questions_went(family: Family, method: str) -> None:
    one = family.apply()
    family.reply(one, method)
    with pytest.raises(BadInput):
        family.minors.desk.decide(one.guardian, is_so=True, ticket="T-1", by=FIRST)
    with pytest.raises(BadInput):
        family.minors.desk.report(one.guardian, is_so=True, reference="", by=BANK)
    with pytest.raises(Refused):
        family.minors.desk.report(one.guardian, is_so=True, reference="tx-1", by=FIRST)
    family.minors.desk.report(one.guardian, is_so=True, reference="tx-1", by=BANK)
    assert says(family, one)[GUARDIAN_COLLECTS] == "given"


@pytest.mark.parametrize(("method", "address"), [("email_plus", MAIL), ("text_plus", PHONE)])
def test_by_mail_or_text_alone_it_takes_a_second_answer_after_a_day(
    family: Family, method: str, address: Secret
) -> None:
    way = {"guardian_email": None, "guardian_phone": address} if address is PHONE else {}
    one = family.apply(**way)
    family.reply(one, method)
    family.wait(0.5)
    with pytest.raises(NotProved):
        family.minors.confirm(family.link(one, "again"))
    family.wait(0.5)
    assert "/minors/" in family.letters(address)[-1]
    assert says(family, one) == {}
    family.minors.confirm(family.link(one, "again"))
    assert says(family, one) == {GUARDIAN_COLLECTS: "given", GUARDIAN_DISCLOSES: "refused"}
    with pytest.raises(NotProved):
        family.minors.confirm(family.link(one, "again"))


@pytest.mark.parametrize("method", ["email_plus", "text_plus"])
def test_mail_or_text_alone_lets_nothing_go_to_third_parties(family: Family, method: str) -> None:
    way = {"guardian_email": None, "guardian_phone": PHONE} if method == "text_plus" else {}
    one = family.apply(**way)
    with pytest.raises(BadInput):
        family.reply(one, method, disclose=True)
    assert family.speakers.one(one.guardian).state == "asked"


@pytest.mark.parametrize("method", ["", "checkbox", "phone", "guardian", "text_plus"])
def test_a_way_that_is_none_or_does_not_fit_verifies_nothing(family: Family, method: str) -> None:
    one = family.apply()
    with pytest.raises(BadInput):
        family.reply(one, method)
    assert says(family, one) == {}


def test_evidence_is_taken_where_the_method_asks_and_nowhere_else(family: Family) -> None:
    one = family.apply()
    for method, evidence in (("signed_form", None), ("video_call", paper())):
        with pytest.raises(BadInput):
            family.reply(one, method, evidence=evidence)
    with pytest.raises(BadFile):
        family.reply(one, "signed_form", evidence=Secret(b"%PDF-1.7 not a picture"))
    assert "guardian.proof" not in family.held(one.guardian)
    assert family.reply(one, "signed_form") == "checking"


# --- what is said ------------------------------------------------------------------------------


@pytest.mark.parametrize(("disclose", "word"), [(True, "given"), (False, "refused")])
def test_consent_to_collect_is_apart_from_consent_to_disclose(
    family: Family, disclose: bool, word: str
) -> None:
    one = family.stands(disclose=disclose)
    assert says(family, one) == {GUARDIAN_COLLECTS: "given", GUARDIAN_DISCLOSES: word}


@pytest.mark.parametrize("box", [{"confirmed": False}, {"pre_ticked": True}])
def test_without_an_act_of_the_guardians_own_there_is_no_answer(
    family: Family, box: dict[str, bool]
) -> None:
    one = family.apply()
    with pytest.raises(BadInput):
        family.reply(one, **box)
    assert family.speakers.one(one.guardian).state == "asked"
    assert family.held(one.guardian) == {"guardian.email"}


def test_the_consent_names_its_method_its_notice_and_the_guardian_by_number(
    family: Family,
) -> None:
    one = family.stands("video_call")
    trail = family.house.gate.trail(family.child(one))
    given = next(entry for entry in trail if entry.what.get("to") == GUARDIAN_COLLECTS)
    assert given.by == f"guardian:{one.number}"
    assert given.what["method"] == "guardian:video_call"
    assert given.what["notice"] == f"guardian_notice/{family.house.gate.policy().hash[:16]}"
    kinds = [entry.kind for entry in trail]
    assert kinds.index("terms.accepted") < kinds.index("fact.verified") < kinds.index(given.kind)


def test_the_guardians_date_says_how_old_the_child_is_and_is_not_kept(family: Family) -> None:
    one = family.stands(born=TEEN)
    child = family.child(one)
    assert family.age(child) is AgeBand.MINOR
    assert family.held(child) == {"account.login", "identity.turns", "identity.grown"}
    assert traces(family.house, TEEN.reveal(), "2029-04-30T16:00:00Z") == []


def test_a_guardian_who_tells_a_grown_ups_date_is_told_that_none_is_needed(
    family: Family,
) -> None:
    one = family.apply()
    with pytest.raises(BadInput):
        family.reply(one, born=Secret("1990-01-01"))
    assert family.speakers.one(one.guardian).state == "asked"


def test_a_guardian_who_says_no_has_everything_erased_at_once(family: Family) -> None:
    one = family.apply()
    assert family.reply(one, collect=False) == "refused"
    assert gone(family, one.guardian, family.child(one))
    assert family.speakers.find(one.guardian) is None


# --- without a verified consent ----------------------------------------------------------------


@pytest.mark.parametrize("answered", [False, True])
def test_without_a_verified_consent_in_time_everything_is_erased(
    family: Family, answered: bool
) -> None:
    one = family.apply()
    if answered:
        family.reply(one)
    family.wait(14.9)
    assert family.held(family.child(one))
    family.wait(0.2)
    assert gone(family, one.guardian, family.child(one))
    family.letters()
    family.house.troth.tick()
    assert traces(family.house, LOGIN.reveal(), MAIL.reveal()) == []


def test_consent_that_was_never_verified_counts_as_none(family: Family) -> None:
    one = family.apply()
    family.reply(one)
    child = family.child(one)
    word = ConsentGiven(subject=child, to=GUARDIAN_COLLECTS, method="guardian:signed_form")
    with pytest.raises(BadInput):
        family.house.gate.perform(word, by=family.actor(one))
    use = Use(subject=child, fields=("account.login",), purpose="authenticate")
    with pytest.raises(Refused):
        family.house.gate.perform(use, by=SUBJECT)


def test_a_failed_check_may_be_tried_another_way_and_no_later_than_before(family: Family) -> None:
    one = family.apply()
    family.reply(one, "government_id")
    family.wait(10)
    family.minors.desk.decide(one.guardian, is_so=False, ticket="T-1", by=FIRST)
    assert "guardian.proof" not in family.held(one.guardian)
    assert "2026-12-07" in family.letters()[-1]
    family.reply(one, "video_call")
    family.minors.desk.decide(one.guardian, is_so=True, ticket="T-2", by=FIRST)
    assert says(family, one)[GUARDIAN_COLLECTS] == "given"


def test_one_of_two_who_decide_at_once_decides(family: Family) -> None:
    one = family.apply()
    family.reply(one)
    family.minors.desk.decide(one.guardian, is_so=True, ticket="T-1", by=FIRST)
    with pytest.raises(BadInput):
        family.minors.desk.decide(one.guardian, is_so=False, ticket="T-2", by=SECOND)
    with pytest.raises(NotProved):
        family.reply(one)


def test_a_crash_between_the_check_and_the_consent_is_made_good(family: Family) -> None:
    one = family.apply()
    family.reply(one)
    one = family.speakers.one(one.guardian)
    family.speakers.move(one, "verified", at=family.now())
    for subject in (family.child(one), one.guardian):
        word = Verified(
            subject=subject, fact="guardianship", result="verified", method="signed_form"
        )
        family.house.gate.perform(word, by=SYSTEM)
    family.wait(0.01)
    assert family.speakers.one(one.guardian).state == "stands"
    assert says(family, one)[GUARDIAN_COLLECTS] == "given"


# --- opening -----------------------------------------------------------------------------------


def test_the_account_opens_with_a_password_and_the_minor_signs_in(family: Family) -> None:
    one, opened = family.opened()
    assert opened.subject == one.ward
    assert family.house.accounts.sign_in(LOGIN, PASSWORD).subject == one.ward
    assert family.house.accounts.who(opened.token)[0].subject == one.ward


def test_the_opening_link_works_once_and_for_no_weak_password(family: Family) -> None:
    one = family.stands()
    token = family.link(one, "open")
    with pytest.raises(WeakPassword):
        family.minors.open(token, Secret("12345678"), Secret("12345678"))
    family.minors.open(token, PASSWORD, PASSWORD)
    with pytest.raises(NotProved):
        family.minors.open(token, PASSWORD, PASSWORD)


def test_an_account_that_is_never_opened_is_erased_in_time(family: Family) -> None:
    one = family.stands()
    family.wait(15)
    assert gone(family, one.guardian, family.child(one))


def test_the_account_stays_once_it_is_open(family: Family) -> None:
    one, _ = family.opened()
    family.wait(60)
    assert family.held(family.child(one)) >= {"account.login", "account.password"}
    assert family.speakers.one(one.guardian).state == "stands"


def test_minor_and_guardian_can_be_erased_apart(family: Family) -> None:
    one, _ = family.opened()
    family.house.rights.erase(one.guardian, by=SYSTEM)
    assert gone(family, one.guardian)
    assert "account.login" in family.held(family.child(one))
    assert says(family, one)[GUARDIAN_COLLECTS] == "withdrawn"
    family.wait(15)
    assert gone(family, family.child(one))


def test_when_the_minor_goes_the_guardians_file_goes_in_the_same_passage(family: Family) -> None:
    one, _ = family.opened()
    family.house.rights.erase(family.child(one), by=SYSTEM)
    assert gone(family, one.guardian, family.child(one))
    assert family.speakers.find(one.guardian) is None


def test_nobody_is_a_guardian_of_somebody_unknown(family: Family) -> None:
    stranger = family.house.gate.new_subject("CN")
    with pytest.raises(NotFound):
        family.minors.desk.decide(stranger, is_so=True, ticket="T", by=FIRST)
