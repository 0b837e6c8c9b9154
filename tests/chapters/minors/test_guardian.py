"""What a guardian does afterwards, bound to their own matter and to nobody else's."""

import pytest

from tests.chapters.minors.family import LOGIN, PASSWORD, Family
from tests.chapters.people import PROVED
from troth.model.acts import SUBJECT, SYSTEM, Actor, Collect, Share, Use
from troth.model.errors import BadInput, Erased, NotProved, Refused, TrothError
from troth.model.secret import Secret
from troth.model.standing import GUARDIAN_COLLECTS, GUARDIAN_DISCLOSES

EMAIL = {"contact.email": Secret("kid@mail.example")}


def test_a_guardian_reviews_what_is_held_why_and_until_when(family: Family) -> None:
    one, _ = family.opened()
    holdings = family.minors.guardian.review(one.guardian, by=family.proved(one))
    assert {each.field for each in holdings} >= {"account.login", "identity.turns"}
    assert all(each.purposes for each in holdings)


def test_what_is_held_of_a_child_is_told_as_sensitive(family: Family) -> None:
    one, _ = family.opened()
    holdings = family.minors.guardian.review(one.guardian, by=family.proved(one))
    assert all(each.sensitive for each in holdings)


def test_a_guardian_sees_values_and_the_look_is_recorded(family: Family) -> None:
    one, _ = family.opened()
    by = family.proved(one)
    shown = family.minors.guardian.see(one.guardian, ["account.login", "account.password"], by=by)
    assert shown.values == {"account.login": LOGIN}
    last = family.house.gate.trail(family.child(one))[-1]
    assert (last.kind, last.by) == ("data.shown", f"guardian:{one.number}")
    with pytest.raises(Refused):
        family.minors.guardian.see(one.guardian, ["account.password"], by=by)


def test_a_guardian_takes_a_copy(family: Family) -> None:
    one, _ = family.opened()
    copy = family.minors.guardian.copy(one.guardian, by=family.proved(one))
    assert "account.login" in copy.fields
    assert "account.password" not in copy.fields


def test_a_guardian_deletes_a_part_or_everything(family: Family) -> None:
    one, _ = family.opened()
    by, child = family.proved(one), family.child(one)
    family.house.gate.perform(Collect(subject=child, values=EMAIL, purpose="account"), by=SUBJECT)
    family.minors.guardian.delete(one.guardian, ("contact.email",), by=by)
    assert "contact.email" not in family.held(child)
    certificate = family.minors.guardian.delete(one.guardian, by=by)
    assert certificate.complete
    for subject in (child, one.guardian):
        with pytest.raises(Erased):
            family.house.gate.standing(subject)


# --- consent taken back, given again -----------------------------------------------------------


def test_refusing_further_collection_stops_it_at_once_and_ends_in_erasure(family: Family) -> None:
    one, opened = family.opened()
    child = family.child(one)
    family.minors.guardian.refuse_further(one.guardian, by=family.proved(one))
    for act in (
        Collect(subject=child, values=EMAIL, purpose="account"),
        Use(subject=child, fields=("account.login",), purpose="authenticate"),
    ):
        with pytest.raises(Refused):
            family.house.gate.perform(act, by=SUBJECT)
    with pytest.raises(TrothError):
        family.house.accounts.who(opened.token)
    with pytest.raises(TrothError):
        family.house.accounts.sign_in(LOGIN, PASSWORD)
    family.wait(15)
    with pytest.raises(Erased):
        family.house.gate.standing(child)


def test_a_guardian_may_change_their_mind_in_time(family: Family) -> None:
    one, _ = family.opened()
    by = family.proved(one)
    family.minors.guardian.withdraw(one.guardian, by=by)
    family.wait(5)
    family.minors.guardian.give(one.guardian, by=by)
    family.wait(30)
    assert family.house.accounts.sign_in(LOGIN, PASSWORD).subject == one.ward


def test_consent_to_disclose_is_withdrawn_alone(family: Family) -> None:
    one, _ = family.opened(disclose=True)
    child = family.child(one)
    family.minors.guardian.withdraw(one.guardian, GUARDIAN_DISCLOSES, by=family.proved(one))
    at = family.now()
    standing = family.house.gate.standing(child)
    assert standing.consents_to(GUARDIAN_COLLECTS, at)
    assert not standing.consents_to(GUARDIAN_DISCLOSES, at)
    share = Share(
        subject=child, recipient="affiliates", fields=("account.login",), purpose="provide"
    )
    with pytest.raises(Refused):
        family.house.gate.perform(share, by=SYSTEM)
    assert family.house.accounts.sign_in(LOGIN, PASSWORD).subject == child


def test_withdrawing_is_told_and_names_the_last_day(family: Family) -> None:
    one, _ = family.opened()
    family.minors.guardian.withdraw(one.guardian, by=family.proved(one))
    assert "2026-12-07" in family.letters()[-1]


@pytest.mark.parametrize("key", ["marketing", "guardian/everything", GUARDIAN_DISCLOSES])
def test_only_a_consent_that_stands_is_taken_back(family: Family, key: str) -> None:
    one, _ = family.opened()
    with pytest.raises(BadInput):
        family.minors.guardian.withdraw(one.guardian, key, by=family.proved(one))


def test_whoever_was_verified_by_mail_alone_cannot_let_data_go_later(family: Family) -> None:
    one = family.apply()
    family.reply(one, "email_plus")
    family.wait(1)
    family.minors.confirm(family.link(one, "again"))
    with pytest.raises(BadInput):
        family.minors.guardian.give(one.guardian, GUARDIAN_DISCLOSES, by=family.proved(one))


# --- who it is ---------------------------------------------------------------------------------


def test_nobody_else_does_anything_for_a_child(family: Family) -> None:
    one, _ = family.opened()
    other = family.stands(login=Secret("second_fox"))
    stranger = family.proved(other)
    unsure = Actor(kind="guardian", id=one.number, assurance=1)
    for by in (stranger, unsure, PROVED, SYSTEM):
        with pytest.raises(NotProved):
            family.minors.guardian.review(one.guardian, by=by)
        with pytest.raises(NotProved):
            family.minors.guardian.delete(one.guardian, by=by)


def test_before_the_check_there_is_nothing_to_see(family: Family) -> None:
    one = family.apply()
    family.reply(one)
    with pytest.raises(NotProved):
        family.minors.guardian.begin(one.guardian)
    with pytest.raises(NotProved):
        family.minors.guardian.who(family.link(one, "manage"))
    with pytest.raises(NotProved):
        family.minors.guardian.review(one.guardian, by=family.actor(one))


def test_the_way_back_stands_in_the_letter_and_asks_for_a_code(family: Family) -> None:
    one = family.stands()
    token = family.link(one, "manage")
    assert any(token in letter for letter in family.letters())
    assert family.minors.guardian.who(token) == one.guardian
    challenge = family.minors.guardian.begin(one.guardian)
    with pytest.raises(NotProved):
        family.minors.guardian.prove(one.guardian, challenge, Secret("000000"))


def test_a_lost_password_is_set_anew_through_the_guardian(family: Family) -> None:
    one, _ = family.opened()
    family.minors.guardian.open_again(one.guardian, by=family.proved(one))
    new = Secret("amber lantern crosses quietly")
    family.minors.open(family.link(one, "open"), new, new)
    assert family.house.accounts.sign_in(LOGIN, new).subject == one.ward
    with pytest.raises(NotProved):
        family.minors.open(family.link(one, "open"), new, new)
