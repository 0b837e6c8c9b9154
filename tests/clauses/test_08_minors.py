"""Chapter 8, clause by clause: what is checked by machine for each of its rows."""

import pytest

from tests.chapters.minors.family import (
    FIRST,
    LOGIN,
    MAIL,
    PASSWORD,
    Family,
    minors_policy,
    paper,
)
from tests.chapters.people import EMAIL, PHONE, PRIVACY, House
from troth.chapters.minors import Request
from troth.model.acts import (
    SUBJECT,
    SYSTEM,
    Admit,
    Collect,
    Disclose,
    Share,
    Transfer,
    Use,
)
from troth.model.clock import DAY, moment
from troth.model.errors import BadInput, Erased, NotOfAge, NotProved, Refused
from troth.model.secret import Secret
from troth.model.standing import GUARDIAN_COLLECTS, GUARDIAN_DISCLOSES
from troth.model.terms import AgeBand, SubjectId

KEPT = {"contact.email": Secret("kid@mail.example")}


@pytest.fixture
def family(house: House) -> Family:
    house.troth.publish(minors_policy())
    return Family(house)


# --- 8.1a: children are refused -------------------------------------------------------------------


@pytest.mark.clause("8.1a")
@pytest.mark.parametrize("age", [AgeBand.MINOR, AgeBand.CHILD])
def test_the_shipped_policy_admits_nobody_under_age(house: House, age: AgeBand) -> None:
    subject = house.gate.new_subject("CN")
    act = Admit(subject=subject, residence="CN", regimes=("cn",), age=age)
    with pytest.raises(NotOfAge):
        house.gate.perform(act, by=SUBJECT)
    assert list(house.gate.subjects()) == []


@pytest.mark.clause("8.1a")
def test_a_day_short_of_eighteen_is_refused_and_the_day_itself_admits(house: House) -> None:
    form = house.form(house.begin())
    born = Secret("2008-11-23")
    with pytest.raises(NotOfAge):
        house.accounts.register(house.form(form.begun, born=born))
    assert list(house.gate.subjects()) == []
    assert house.register(born=Secret("2008-11-22")).subject


# --- 8.1b: no information from minors; the number overrides the claim -----------------------------


@pytest.mark.clause("8.1b")
def test_the_number_overrides_the_claim_when_registering(house: House) -> None:
    child = Secret("110101201405011234")
    form = house.form(house.begin(), born=Secret("1990-01-01"), id_number=child)
    with pytest.raises(NotOfAge):
        house.accounts.register(form)
    assert list(house.gate.subjects()) == []


@pytest.mark.clause("8.1b")
def test_the_clause_stands_where_information_is_given(house: House) -> None:
    for language in ("zh", "en"):
        assert house.minors.note(language) == house.gate.policy().clause("8.1b").words[language]


# --- 8.1c: a service for minors needs guardians ---------------------------------------------------


@pytest.mark.clause("8.1c")
@pytest.mark.parametrize("place", ["CN", "FR", "US-CA", "US-NY"])
def test_before_a_verified_consent_nothing_and_after_it_the_service(
    family: Family, place: str
) -> None:
    one = family.apply(residence=place)
    child = family.child(one)
    collect = Collect(subject=child, values=KEPT, purpose="register")
    family.reply(one)
    with pytest.raises(Refused):
        family.house.gate.perform(collect, by=SUBJECT)
    family.minors.desk.decide(one.guardian, is_so=True, ticket="T-1", by=FIRST)
    family.house.gate.perform(collect, by=SUBJECT)
    family.minors.open(family.link(one, "open"), PASSWORD, PASSWORD)
    assert family.house.accounts.sign_in(LOGIN, PASSWORD).subject == child


@pytest.mark.clause("8.1c")
def test_the_guardian_confirms_having_read_the_policy_by_an_act_of_their_own(
    family: Family,
) -> None:
    one = family.apply()
    with pytest.raises(BadInput):
        family.reply(one, confirmed=False)
    family.reply(one)
    accepted = family.house.gate.trail(family.child(one))[-3:]
    word = next(entry for entry in accepted if entry.kind == "terms.accepted")
    assert word.by == f"guardian:{one.number}"
    assert word.what["edition"] == family.house.gate.policy().hash


# --- 8.2b: what was collected unknowingly ---------------------------------------------------------


@pytest.mark.clause("8.2b")
def test_a_finding_freezes_at_once_erases_in_time_and_stands_in_the_ledger(house: House) -> None:
    subject = house.register().subject
    house.minors.found(subject, by=PRIVACY)
    use = Use(subject=subject, fields=("contact.email",), purpose="notify.service")
    with pytest.raises(Refused):
        house.gate.perform(use, by=SUBJECT)
    assert {"data.restricted", "duty.owed", "age.learned"} <= set(house.kinds(subject))
    house.clock.forward(days=15)
    house.troth.tick()
    with pytest.raises(Erased):
        house.gate.standing(subject)
    assert house.recent("data.erased")[0].what["ground"] == "child"
    assert house.register(email=EMAIL, phone=PHONE).subject != subject


# --- 8.3: three grounds ---------------------------------------------------------------------------


def gives(child: SubjectId, **facts: frozenset[str]) -> list[Share | Transfer | Disclose]:
    about = {"subject": child, "fields": ("account.login",), **facts}
    return [
        Share(recipient="affiliates", purpose="provide", **about),
        Transfer(recipient="successor", purpose="provide", **about),
        Disclose(recipient="public", purpose="publish", **about),
    ]


@pytest.mark.clause("8.3-1")
def test_consent_to_use_lets_nobody_else_have_it(family: Family) -> None:
    child = family.child(family.stands())
    facts = frozenset({"contract", "bound_by_policy", "told"})
    for give in gives(child, facts=facts):
        (decision,) = family.house.gate.ask(give, by=SYSTEM)
        assert (decision.allowed, decision.code) == (False, "minor")


@pytest.mark.clause("8.3-1")
@pytest.mark.parametrize("ground", ["guardian", "law", "protects_minor"])
def test_each_of_the_three_grounds_opens_what_age_shut(family: Family, ground: str) -> None:
    child = family.child(family.stands(disclose=ground == "guardian"))
    facts = frozenset({"contract", "bound_by_policy", "told", ground})
    decision = family.house.gate.ask(gives(child, facts=facts)[1], by=SYSTEM)[0]
    assert decision.code != "minor"


@pytest.mark.clause("8.3-1", "2.2.4")
@pytest.mark.parametrize("purpose", ["marketing", "personalise", "analytics"])
def test_nobody_is_advertised_to_or_profiled(family: Family, purpose: str) -> None:
    child = family.child(family.stands(disclose=True))
    family.house.gate.perform(Collect(subject=child, values=KEPT, purpose="register"), by=SUBJECT)
    use = Use(subject=child, fields=("contact.email",), purpose=purpose)
    with pytest.raises(Refused):
        family.house.gate.perform(use, by=SYSTEM)


@pytest.mark.clause("8.3-2")
def test_consent_that_cannot_be_verified_ends_in_erasure(family: Family) -> None:
    one = family.apply()
    family.reply(one)
    family.minors.desk.decide(one.guardian, is_so=False, ticket="T-1", by=FIRST)
    family.wait(15)
    for subject in (one.guardian, family.child(one)):
        with pytest.raises(Erased):
            family.house.gate.standing(subject)


# --- 8.4: guardians have a way to us --------------------------------------------------------------


@pytest.mark.clause("8.4")
def test_a_guardian_asks_proves_and_is_answered_within_thirty_days(house: House) -> None:
    house.register()
    people = Family(house)
    form = Request(
        residence="CN",
        about=EMAIL,
        name=Secret("李明远"),
        email=MAIL,
        relation=Secret("父亲"),
        text=Secret("请删除我孩子的信息"),
    )
    number = house.minors.requests.ask(form)
    (one,) = people.speakers.since("asked", house.clock.now())
    assert house.gate.owed(one.guardian)[number].by == house.clock.now() + 30 * DAY
    with pytest.raises(NotProved):
        house.minors.requests.answer(one.guardian, "…", by=FIRST)
    house.minors.requests.prove(people.link(one, "proof"), paper())
    house.minors.desk.decide(one.guardian, is_so=True, ticket="T-1", by=FIRST)
    assert "guardian.proof" not in house.held(one.guardian)
    house.minors.requests.answer(one.guardian, "已删除", by=FIRST)
    assert "已删除" in people.letters()[-1]


# --- 8.5: COPPA -----------------------------------------------------------------------------------


@pytest.mark.clause("8.5")
def test_an_american_child_is_under_thirteen_and_from_the_birthday_on_is_not(
    family: Family,
) -> None:
    american = minors_policy(**{"us: 14,": "us: 13,", "ca: 14,": "ca: 13,"})
    american = american.replace('edition: "2026-11-01"', 'edition: "2026-11-02"')
    american = american.replace("effective: 2026-11-01", "effective: 2026-11-02")
    family.house.troth.publish(american)
    for at, age in (("2026-11-22T10:59:59", AgeBand.CHILD), ("2026-11-22T11:00:00", AgeBand.MINOR)):
        family.house.clock.forward(seconds=(moment(at) - family.now()) / 1000)
        assert family.minors.band("US", born=Secret("2013-11-22")) is age


@pytest.mark.clause("8.5")
def test_for_an_american_child_no_other_ground_stands_in_for_a_parents_consent(
    family: Family,
) -> None:
    child = family.child(family.stands(residence="US"))
    for fact in ("law", "protects_minor"):
        facts = frozenset({"contract", "bound_by_policy", "told", fact})
        for give in gives(child, facts=facts):
            assert not family.house.gate.ask(give, by=SYSTEM)[0].allowed
    standing = family.house.gate.standing(child)
    assert standing.consents[GUARDIAN_DISCLOSES].state == "refused"


@pytest.mark.clause("8.5")
def test_a_parent_reviews_deletes_and_refuses_further_collection(family: Family) -> None:
    one, _ = family.opened(residence="US")
    by, guardian = family.proved(one), family.minors.guardian
    assert guardian.review(one.guardian, by=by)
    guardian.refuse_further(one.guardian, by=by)
    standing = family.house.gate.standing(family.child(one))
    assert standing.consents[GUARDIAN_COLLECTS].state == "withdrawn"
    with pytest.raises(Refused):
        family.house.gate.perform(
            Collect(subject=family.child(one), values=KEPT, purpose="register"), by=SUBJECT
        )
    assert guardian.delete(one.guardian, by=by).complete
