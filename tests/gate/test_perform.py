"""The door: what the policy does not allow does not happen, and what happens is remembered."""

import pytest

from tests.gate.house import ADDRESS, CN, EMAIL, GLOBAL, PHONE, REGIMES, House
from troth.model.acts import (
    AcceptTerms,
    Actor,
    Admit,
    Collect,
    ConsentGiven,
    ConsentWithdrawn,
    Correct,
    Event,
    Find,
    Show,
    Use,
)
from troth.model.errors import (
    BadInput,
    BadValue,
    ConsentMissing,
    NotFound,
    NotOfAge,
    Refused,
    Taken,
    UnknownTerm,
    WrongRegion,
)
from troth.model.secret import Secret
from troth.model.terms import AgeBand

UNDECLARED = (
    (("contact.email",), "curiosity"),
    (("contact.shoe_size",), "authenticate"),
    (("contact.email",), "realname"),
    (("contact",), "authenticate"),
    ((), "authenticate"),
)


def marketing(subject):
    return Use(subject=subject, fields=("contact.email",), purpose="marketing")


def code(subject):
    return Use(subject=subject, fields=("contact.phone",), purpose="authenticate")


# --- judged ---------------------------------------------------------------------------------------


def test_what_a_rule_permits_is_done_and_quotes_its_clauses(house: House) -> None:
    subject = house.admit(contact_email=EMAIL, contact_phone=PHONE)
    outcome = house.perform(code(subject))
    assert outcome.values == {"contact.phone": PHONE}
    assert outcome.decisions[0].clauses == ("2.1.2b", "2.1.2c", "2.2.1")


@pytest.mark.clause("P.1", "2.1.1h", "7.2c")
def test_what_no_rule_declares_is_refused(house: House) -> None:
    subject = house.admit()
    for fields, purpose in UNDECLARED:
        with pytest.raises(Refused) as refused:
            house.perform(Use(subject=subject, fields=fields, purpose=purpose))
        assert refused.value.decision.code == "undeclared"
    assert house.kinds(subject).count("use.denied") == len(UNDECLARED)


@pytest.mark.clause("P.1")
def test_a_refusal_is_remembered_with_its_clauses_and_no_value(house: House) -> None:
    subject = house.admit(contact_email=EMAIL)
    with pytest.raises(ConsentMissing):
        house.perform(marketing(subject))
    denied = house.gate.trail(subject)[-1]
    assert denied.kind == "use.denied"
    assert {"2.1.2e", "2.2.4"} <= set(denied.clauses)
    assert denied.what["code"] == "consent_missing"
    assert EMAIL.reveal() not in str(denied)


def test_a_forbid_beats_every_permit(house: House) -> None:
    subject = house.admit()
    with pytest.raises(Refused) as refused:
        house.perform(Show(subject=subject, fields=("account.password",), purpose="rights"))
    assert refused.value.decision.code == "forbidden"


@pytest.mark.clause("2.2.4", "9.3c")
def test_a_consent_opens_a_use_in_the_same_breath(house: House) -> None:
    subject = house.admit(contact_email=EMAIL)
    outcome = house.perform(ConsentGiven(subject=subject, to="marketing"), marketing(subject))
    assert outcome.values == {"contact.email": EMAIL}


@pytest.mark.clause("9.3c")
def test_a_withdrawal_in_the_same_breath_shuts_it(house: House) -> None:
    subject = house.admit("CN", "marketing")
    with pytest.raises(Refused):
        house.perform(ConsentWithdrawn(subject=subject, to="marketing"), marketing(subject))
    assert house.gate.standing(subject).consents["marketing"].state == "given"


def test_a_service_key_acts_for_its_purposes_alone(house: House) -> None:
    subject = house.admit()
    narrow = Actor(kind="service", id="k1", purposes=frozenset({"support"}))
    with pytest.raises(Refused, match="may not act for"):
        house.perform(code(subject), by=narrow)
    assert house.gate.trail(subject)[-1].by == "service:k1"


# --- all or nothing -------------------------------------------------------------------------------


def test_one_act_refused_leaves_nothing_of_the_others(house: House) -> None:
    subject = house.admit(contact_email=EMAIL)
    before = house.gate.trail(subject)
    collect = Collect(subject=subject, values={"contact.address": ADDRESS}, purpose="account")
    with pytest.raises(Refused):
        house.perform(collect, marketing(subject))
    assert "contact.address" not in house.gate.standing(subject).held
    after = house.gate.trail(subject)
    assert after[:-1] == before
    assert after[-1].kind == "use.denied"


def test_a_bad_value_leaves_nobody(house: House) -> None:
    with pytest.raises(BadValue) as refused:
        house.admit(contact_email=EMAIL, contact_phone=Secret("12"))
    assert refused.value.field == "contact.phone"
    assert house.count() == 0
    assert house.rooms().store.query("SELECT COUNT(*) FROM subjects") == [(0,)]


def test_a_unique_value_belongs_to_one_subject(house: House) -> None:
    house.admit(contact_email=EMAIL)
    with pytest.raises(Taken):
        house.admit(contact_email=EMAIL)


# --- admission and regions ------------------------------------------------------------------------


@pytest.mark.clause("2.4a")
def test_nobody_is_admitted_to_another_region_than_their_own(house: House) -> None:
    abroad = house.gate.new_subject("EEA")
    with pytest.raises(WrongRegion):
        house.perform(Admit(subject=abroad, residence="CN", regimes=("cn",), age=AgeBand.ADULT))
    assert house.rooms(GLOBAL).vault.misplaced() == house.rooms(CN).vault.misplaced() == 0


@pytest.mark.clause("9.5-1")
def test_nobody_escapes_the_law_of_where_they_live(house: House) -> None:
    subject = house.gate.new_subject("EEA")
    with pytest.raises(BadInput):
        house.perform(Admit(subject=subject, residence="EEA", regimes=(), age=AgeBand.ADULT))


@pytest.mark.clause("8.1a")
def test_the_too_young_are_refused_by_the_gate_itself(house: House) -> None:
    subject = house.gate.new_subject("CN")
    with pytest.raises(NotOfAge):
        house.perform(
            Admit(subject=subject, residence="CN", regimes=("cn",), age=AgeBand.MINOR),
            Collect(subject=subject, values={"contact.email": EMAIL}, purpose="register"),
        )
    assert house.last("use.denied").who == ""
    assert house.rooms().store.query("SELECT COUNT(*) FROM subjects") == [(0,)]


def test_nobody_is_admitted_twice(house: House) -> None:
    subject = house.admit()
    with pytest.raises(BadInput):
        house.perform(Admit(subject=subject, residence="CN", regimes=("cn",), age=AgeBand.ADULT))


@pytest.mark.clause("2.4a")
def test_acts_on_two_regions_are_not_one_passage(house: House) -> None:
    here, there = house.admit("CN"), house.admit("EEA")
    with pytest.raises(BadInput, match="two regions"):
        house.perform(code(here), code(there))


@pytest.mark.clause("2.4a")
def test_everybody_lies_where_they_live(house: House) -> None:
    for residence in REGIMES:
        region = CN if residence == "CN" else GLOBAL
        assert house.admit(residence).region == region
    for region, count in ((CN, 1), (GLOBAL, len(REGIMES) - 1)):
        assert house.rooms(region).store.query("SELECT COUNT(*) FROM subjects") == [(count,)]


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.clause("9.3b", "A.2")
def test_nobody_says_a_person_s_own_words_for_them(house: House) -> None:
    subject = house.admit()
    for act in (ConsentGiven(subject=subject, to="marketing"), house.accept(subject)):
        for kind in ("staff", "service", "system"):
            with pytest.raises(BadInput, match="own word"):
                house.perform(act, by=Actor(kind=kind))


@pytest.mark.clause("2.2.6")
def test_a_consent_names_something_the_policy_asks_for(house: House) -> None:
    subject = house.admit()
    with pytest.raises(UnknownTerm):
        house.perform(ConsentGiven(subject=subject, to="everything"))


@pytest.mark.clause("11.5")
def test_terms_that_are_not_in_force_cannot_be_accepted(house: House) -> None:
    subject = house.admit()
    old = AcceptTerms(subject=subject, edition="0" * 64, language="zh", means="button")
    with pytest.raises(UnknownTerm):
        house.perform(old)


# --- correcting and finding -----------------------------------------------------------------------


@pytest.mark.clause("9.2")
def test_a_correction_supersedes_what_is_held_and_nothing_else(house: House) -> None:
    subject = house.admit(contact_address=ADDRESS)
    new = Secret("上海市浦东新区 2 号")
    house.perform(Correct(subject=subject, values={"contact.address": new}))
    use = Use(subject=subject, fields=("contact.address",), purpose="account")
    assert house.perform(use).values == {"contact.address": new}
    with pytest.raises(BadInput, match="not held"):
        house.perform(Correct(subject=subject, values={"contact.phone": PHONE}))


def find(value: Secret, field: str = "contact.email", purpose: str = "authenticate") -> Find:
    return Find(subject=None, field=field, value=value, purpose=purpose)


@pytest.mark.clause("P.1")
def test_a_search_is_remembered_about_whoever_was_found(house: House) -> None:
    subject = house.admit(contact_email=EMAIL)
    outcome = house.perform(find(EMAIL))
    assert outcome.found == (subject,)
    found = house.gate.trail(subject)[-1]
    assert (found.kind, found.id) == ("data.found", outcome.entries[0])
    assert EMAIL.reveal() not in str(found)


def test_a_search_that_finds_nobody_is_remembered_about_nobody(house: House) -> None:
    outcome = house.perform(find(Secret("nobody@mail.example")))
    assert outcome.found == ()
    assert house.last("data.found", GLOBAL).who == ""


def test_a_search_is_judged_like_any_use(house: House) -> None:
    with pytest.raises(Refused):
        house.perform(find(EMAIL, purpose="personalise"))
    assert house.last("use.denied", GLOBAL).what["acts"] == ["data.found"]
    with pytest.raises(UnknownTerm):
        house.perform(find(EMAIL, field="contact.fax"))


def test_a_search_is_done_alone(house: House) -> None:
    subject = house.admit()
    with pytest.raises(BadInput):
        house.perform(find(EMAIL), code(subject))


# --- who is not here ------------------------------------------------------------------------------


def test_a_stranger_has_no_file(house: House) -> None:
    nobody = house.gate.new_subject("CN")
    for asked in (house.gate.standing, house.gate.trail, house.gate.inventory):
        with pytest.raises(NotFound):
            asked(nobody)
    with pytest.raises(NotFound):
        house.perform(code(nobody))


def test_what_the_house_does_is_remembered_about_nobody(house: House) -> None:
    house.perform(Event(subject=None, name="keys.rotated", detail={"keys": 3}))
    event = house.last("house.event", GLOBAL)
    assert (event.who, event.what) == ("", {"event": "keys.rotated", "keys": 3})
