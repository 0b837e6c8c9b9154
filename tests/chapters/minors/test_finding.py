"""An account is a child's: frozen at once, told, erased by the clock; or it was a mistake."""

import pytest

from tests.chapters.minors.family import FIRST, SECOND, Family, traces
from tests.chapters.people import EMAIL, PASSWORD, PRIVACY, House, ticks
from troth.chapters.minors.finding import is_frozen
from troth.documents import ending
from troth.model.acts import SUBJECT, SYSTEM, Collect, Hold, Use
from troth.model.clock import DAY, after
from troth.model.errors import BadFile, BadInput, Erased, NotFound, NotProved, Refused, TrothError
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId

CHILDS_NUMBER = Secret("110105201403071801")


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


@pytest.fixture
def desk(house: House) -> Family:
    """Return the people around a house that serves adults alone."""
    return Family(house)


def erased(house: House, subject: SubjectId) -> bool:
    with pytest.raises(Erased):
        house.gate.standing(subject)
    return True


# --- at once -----------------------------------------------------------------------------------


def test_a_child_that_is_found_is_frozen_and_signed_out_at_once(
    house: House, subject: SubjectId
) -> None:
    token = house.accounts.sign_in(EMAIL, PASSWORD).token
    house.minors.found(subject, by=PRIVACY)
    for act in (
        Use(subject=subject, fields=("contact.email",), purpose="notify.service"),
        Collect(subject=subject, values={"profile.occupation": Secret("x")}, purpose="improve"),
    ):
        with pytest.raises(Refused):
            house.gate.perform(act, by=SUBJECT)
    for tried in (
        lambda: house.accounts.who(token),
        lambda: house.accounts.sign_in(EMAIL, PASSWORD),
    ):
        with pytest.raises(TrothError):
            tried()
    standing = house.gate.standing(subject)
    assert is_frozen(standing)
    assert standing.age is AgeBand.CHILD


def test_every_contact_that_is_bound_is_told_and_nothing_about_the_child(
    house: House, subject: SubjectId
) -> None:
    house.email.sent.clear()
    house.minors.found(subject, by=PRIVACY)
    told = house.last(house.email).text.reveal()
    assert "2026-12-07" in told
    assert "/minors/" in told
    for value in (EMAIL.reveal(), "李娜", "1990"):
        assert value not in told


def test_finding_it_twice_begins_no_second_term(house: House, subject: SubjectId) -> None:
    house.minors.found(subject, by=PRIVACY)
    house.clock.forward(days=5)
    house.minors.found(subject, by=PRIVACY)
    duties = [owed for owed in house.gate.owed(subject).values() if owed.by_clock]
    assert [owed.by - house.clock.now() for owed in duties] == [10 * DAY]


# --- in time -----------------------------------------------------------------------------------


def test_the_clock_erases_in_time_though_nobody_at_the_desk_acts(
    desk: Family, house: House, subject: SubjectId
) -> None:
    house.minors.found(subject, by=PRIVACY)
    desk.wait(14.9)
    assert house.held(subject)
    desk.wait(0.1)
    assert erased(house, subject)
    (word,) = [entry for entry in house.recent("data.erased") if entry.who]
    assert word.what["ground"] == "child"
    assert house.recent("erasure.certified")[0].what["complete"] is True


def test_staff_may_erase_sooner(house: House, subject: SubjectId) -> None:
    house.minors.found(subject, by=PRIVACY)
    certificate = house.minors.erase(subject)
    assert certificate.complete
    assert erased(house, subject)


def test_what_a_law_holds_is_set_aside_and_all_else_goes(
    desk: Family, house: House, subject: SubjectId
) -> None:
    until = after(house.clock.now(), days=400)
    held = Hold(
        subject=subject, name="case", law="court order", fields=("contact.email",), until=until
    )
    house.gate.perform(held, by=SYSTEM)
    house.minors.found(subject, by=PRIVACY)
    desk.wait(15)
    assert house.held(subject) == {"contact.email"}
    with pytest.raises(Refused):
        house.gate.perform(
            Use(subject=subject, fields=("contact.email",), purpose="notify.service"), by=SUBJECT
        )


def test_nobody_is_erased_as_a_child_without_a_finding(house: House, subject: SubjectId) -> None:
    with pytest.raises(NotFound):
        house.minors.erase(subject)


def test_a_number_that_tells_a_minor_is_a_finding_and_the_clock_does_the_rest(
    desk: Family, house: House, subject: SubjectId
) -> None:
    house.sign_with_authority()
    house.email.sent.clear()
    with pytest.raises(TrothError):
        house.realname.verify(
            subject,
            {"identity.name": Secret("李娜"), "identity.id_number": CHILDS_NUMBER},
            ticks("realname/identity.id_number", "share/id-authority/realname"),
            shown=house.shown(),
        )
    assert traces(house, CHILDS_NUMBER.reveal()) == []
    desk.wait(0.01)
    house.deliver()
    assert any("/minors/" in each.text.reveal() for each in house.email.sent)
    desk.wait(15)
    assert erased(house, subject)


def test_a_term_of_the_houses_own_counts_where_it_is_shorter(
    desk: Family, subject: SubjectId
) -> None:
    house = desk.house
    acts = ending.child_found(subject, "r-1", house.clock.now(), days=30)
    house.gate.perform(*acts, by=SYSTEM)
    desk.wait(0.01)
    assert house.gate.owed(subject)["r-1"].by - house.clock.now() < 15 * DAY


# --- a mistake ---------------------------------------------------------------------------------


def test_an_appeal_that_two_find_right_opens_the_account_again(
    desk: Family, house: House, subject: SubjectId
) -> None:
    house.minors.found(subject, by=PRIVACY)
    desk.appeal(subject)
    (waiting,) = house.minors.desk.waiting(by=FIRST)
    shown = house.minors.desk.look(waiting.guardian, by=FIRST, ticket="T-1")
    assert set(shown) == {"rights.identity_proof"}
    house.minors.desk.propose(subject, is_adult=True, ticket="T-1", by=FIRST)
    house.minors.desk.confirm(subject, agrees=True, ticket="T-1", by=SECOND)
    standing = house.gate.standing(subject)
    assert (standing.age, is_frozen(standing)) == (AgeBand.ADULT, False)
    assert "rights.identity_proof" not in standing.held
    desk.wait(30)
    assert house.accounts.sign_in(EMAIL, PASSWORD).subject == subject


def test_both_members_of_staff_stand_in_the_ledger(desk: Family, house: House) -> None:
    subject = house.register().subject
    house.minors.found(subject, by=PRIVACY)
    desk.appeal(subject)
    house.minors.desk.propose(subject, is_adult=True, ticket="T-1", by=FIRST)
    house.minors.desk.confirm(subject, agrees=True, ticket="T-1", by=SECOND)
    told = {
        (entry.what["event"], entry.what["by"])
        for entry in house.recent("house.event", "global")
        if str(entry.what["event"]).startswith("age_appeal")
    }
    assert told == {("age_appeal.proposed", "staff:m1"), ("age_appeal.confirmed", "staff:m2")}


def test_an_appeal_that_two_find_wrong_changes_nothing(
    desk: Family, house: House, subject: SubjectId
) -> None:
    house.minors.found(subject, by=PRIVACY)
    desk.appeal(subject)
    house.minors.desk.propose(subject, is_adult=False, ticket="T-1", by=FIRST)
    house.minors.desk.confirm(subject, agrees=True, ticket="T-1", by=SECOND)
    assert is_frozen(house.gate.standing(subject))
    desk.wait(15)
    assert erased(house, subject)


def test_who_sees_it_otherwise_sends_it_back(
    desk: Family, house: House, subject: SubjectId
) -> None:
    house.minors.found(subject, by=PRIVACY)
    desk.appeal(subject)
    house.minors.desk.propose(subject, is_adult=True, ticket="T-1", by=FIRST)
    house.minors.desk.confirm(subject, agrees=False, ticket="T-1", by=SECOND)
    assert is_frozen(house.gate.standing(subject))
    house.minors.desk.propose(subject, is_adult=False, ticket="T-2", by=SECOND)
    with pytest.raises(BadInput):
        house.minors.desk.confirm(subject, agrees=True, ticket="T-2", by=SECOND)


def test_the_erasure_waits_for_an_appeal_and_no_longer_than_its_own_term(
    desk: Family, house: House, subject: SubjectId
) -> None:
    house.minors.found(subject, by=PRIVACY)
    desk.wait(10)
    desk.appeal(subject)
    desk.wait(10)
    assert "rights.identity_proof" in house.held(subject)
    desk.wait(5)
    assert erased(house, subject)
    assert desk.speakers.find(subject) is None


def test_an_appeal_takes_a_picture_by_the_link_in_the_letter_once(
    desk: Family, house: House, subject: SubjectId
) -> None:
    house.minors.found(subject, by=PRIVACY)
    with pytest.raises(BadFile):
        desk.appeal(subject, Secret(b"no picture"))
    desk.appeal(subject)
    with pytest.raises(NotProved):
        desk.appeal(subject)
    with pytest.raises(NotProved):
        house.minors.appeal(
            house.troth.proof.links.write(subject, "minors/r-0/appeal"), Secret(b"")
        )


def test_other_restrictions_outlive_the_mistake(
    desk: Family, house: House, subject: SubjectId
) -> None:
    house.rights.restrict(subject, ("contact.phone",))
    house.minors.found(subject, by=PRIVACY)
    desk.appeal(subject)
    house.minors.desk.propose(subject, is_adult=True, ticket="T-1", by=FIRST)
    house.minors.desk.confirm(subject, agrees=True, ticket="T-1", by=SECOND)
    assert set(house.gate.standing(subject).restrictions) == {"contact.phone"}
