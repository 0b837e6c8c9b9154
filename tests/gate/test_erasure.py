"""Erasure: a plan, then acts, then every store asked again (house decisions 8 and 9; F8, F15)."""

from collections.abc import Callable

import pytest

from tests.gate.house import ADDRESS, CN, EMAIL, PHONE, House
from troth.ledger.verify import verify_inclusion
from troth.model.acts import Admit, Collect, Erase, Hold, Notify, Restrict, Use
from troth.model.clock import DAY, Moment
from troth.model.errors import Erased, Refused, UnknownTerm
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId

FIELDS = ("contact.email", "contact.phone", "contact.address")


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.admit(contact_email=EMAIL, contact_phone=PHONE, contact_address=ADDRESS)


def vault_of(house: House, subject: SubjectId) -> set[str]:
    vault = house.rooms().vault
    return set(vault.held(vault.handle(subject)))


# --- everything -----------------------------------------------------------------------------------


@pytest.mark.clause("6.4b", "9.4-6")
def test_an_erased_subject_is_gone_from_every_table(house: House, subject: SubjectId) -> None:
    who = house.gate.standing(subject).pseudonym
    certificate = house.perform(Erase(subject=subject)).certificate
    assert certificate is not None
    assert certificate.complete
    assert set(certificate.stores.values()) == {0}
    assert house.rooms().vault.residue(subject) == {"subjects": 0, "cells": 0, "blind": 0}
    assert house.rooms().vault.find("contact.email", EMAIL, form(house, "contact.email")) == []
    kinds = [entry.kind for entry in house.rooms().log.trail(who)]
    assert kinds[-2:] == ["data.erased", "erasure.certified"]


def form(house: House, field: str):
    return house.gate._forms_of(house.gate.policy())[field]


@pytest.mark.clause("6.4b", "9.4-6")
def test_the_key_is_destroyed_at_once_and_everywhere_within_the_epoch(
    house: House, subject: SubjectId
) -> None:
    rooms = house.rooms()
    key = rooms.vault.handle(subject).key
    certificate = house.perform(Erase(subject=subject)).certificate
    assert certificate is not None
    assert rooms.vault._keys.missing([key]) == {key}
    assert certificate.irreversible_by == house.clock.now() + 7 * DAY


@pytest.mark.clause("6.4a")
def test_everything_after_an_erasure_answers_gone(house: House, subject: SubjectId) -> None:
    house.perform(Erase(subject=subject))
    asked: list[Callable[[], object]] = [
        lambda: house.perform(Use(subject=subject, fields=FIELDS[:1], purpose="authenticate")),
        lambda: house.perform(Use(subject=subject, fields=("usage.ip",), purpose="security")),
        lambda: house.perform(*house.collects(subject, {})),
        lambda: house.perform(Erase(subject=subject)),
        lambda: house.perform(
            Admit(subject=subject, residence="CN", regimes=("cn",), age=AgeBand.ADULT)
        ),
        lambda: house.gate.standing(subject),
        lambda: house.gate.trail(subject),
        lambda: house.gate.inventory(subject),
    ]
    for ask in asked:
        with pytest.raises(Erased) as gone:
            ask()
        assert gone.value.status == 410


def test_nothing_links_the_id_with_its_trail_any_more(house: House, subject: SubjectId) -> None:
    house.perform(*house.collects(subject, {"contact_address": ADDRESS}), key="k")
    who = house.gate.standing(subject).pseudonym
    house.perform(Erase(subject=subject))
    store = house.rooms().store
    held = ("subjects", "cells", "blind", "outbox", "deposits")
    for table in (*held, "performed", "errands", "sessions"):
        assert store.query(f"SELECT * FROM {table} WHERE subject_id = ?", (subject,)) == []
    assert all(str(subject) not in str(entry.what) for entry in house.rooms().log.trail(who))


def test_the_same_contact_may_come_back_as_somebody_new(house: House, subject: SubjectId) -> None:
    house.perform(Erase(subject=subject))
    assert house.admit(contact_email=EMAIL, contact_phone=PHONE) != subject


# --- some -----------------------------------------------------------------------------------------


@pytest.mark.clause("6.4c", "9.4-8")
def test_some_fields_go_and_the_rest_stays(house: House, subject: SubjectId) -> None:
    house.perform(Erase(subject=subject, fields=("contact.address",)))
    assert vault_of(house, subject) == set(house.gate.standing(subject).held) == set(FIELDS[:2])
    erased, certified = house.gate.trail(subject)[-2:]
    assert erased.what["fields"] == ["contact.address"]
    assert certified.what["complete"]
    assert erased.what["method"] == "shred_key"


def test_a_group_is_erased_field_by_field(house: House, subject: SubjectId) -> None:
    house.perform(Erase(subject=subject, fields=("contact",)))
    assert vault_of(house, subject) == set(house.gate.standing(subject).held) == set()
    assert house.gate.trail(subject)[-2].what["fields"] == sorted(FIELDS)


def test_what_no_policy_declares_cannot_be_erased(house: House, subject: SubjectId) -> None:
    for kind in (Erase, Restrict):
        with pytest.raises(UnknownTerm):
            house.perform(kind(subject=subject, fields=("shoe",)))


@pytest.mark.clause("9.4-5")
def test_a_restricted_field_is_only_stored(house: House, subject: SubjectId) -> None:
    house.perform(Restrict(subject=subject, fields=("contact",)))
    with pytest.raises(Refused) as refused:
        house.perform(Use(subject=subject, fields=FIELDS[:1], purpose="authenticate"))
    assert refused.value.decision.code == "restricted"
    assert all(each.restricted for each in house.gate.inventory(subject))


# --- holds ----------------------------------------------------------------------------------------


@pytest.fixture
def held(house: House, subject: SubjectId) -> Moment:
    until = Moment(house.clock.now() + 30 * DAY)
    hold = Hold(subject=subject, name="dispute", law="case 7", fields=("contact",), until=until)
    house.perform(hold)
    return until


@pytest.mark.clause("6.4c", "9.4-5")
def test_a_hold_makes_the_plan_say_restrict_and_the_erasure_refuse(
    house: House, subject: SubjectId, held: Moment
) -> None:
    plan = house.troth.rights.plan(subject)
    assert plan.gone == ()
    assert {(kept.law, kept.until) for kept in plan.held} == {("case 7", held)}
    for fields in (("*",), ("contact",), ("contact.email",)):
        with pytest.raises(Refused, match="case 7"):
            house.perform(Erase(subject=subject, fields=fields))
    assert vault_of(house, subject) == set(FIELDS)


@pytest.mark.clause("9.4-5", "7.2d")
def test_a_hold_lets_go_at_its_date(house: House, subject: SubjectId, held: Moment) -> None:
    house.clock.forward(days=30)
    assert house.troth.rights.plan(subject).held == ()
    assert house.perform(Erase(subject=subject)).certificate


# --- proofs ---------------------------------------------------------------------------------------


@pytest.mark.clause("9.4-6")
def test_the_certificate_proves_itself_with_the_public_key_alone(
    house: House, subject: SubjectId
) -> None:
    certificate = house.perform(Erase(subject=subject)).certificate
    signed = house.troth.checkpoints()
    proof = house.gate.prove(CN, certificate.entries[0])
    leaf = verify_inclusion(proof, signed["cn"][1])
    assert leaf.kind == "erasure.certified"


# --- a farewell -----------------------------------------------------------------------------------


def farewell(subject: SubjectId) -> Notify:
    return Notify(
        subject=subject,
        notice="farewell",
        purpose="notify.service",
        title="再见",
        text=Secret("您的信息已删除"),
        channels=("email",),
    )


def test_a_farewell_is_told_and_then_forgotten(house: House, subject: SubjectId) -> None:
    certificate = house.perform(farewell(subject), Erase(subject=subject)).certificate
    assert certificate.complete
    house.gate.tick()
    assert house.sent() == ["您的信息已删除"]
    assert house.rooms().courier.held(subject) == 0


def test_an_erasure_shuts_everything_after_it_in_the_same_passage(
    house: House, subject: SubjectId
) -> None:
    late = Collect(subject=subject, values={"contact.email": EMAIL}, purpose="account")
    with pytest.raises((Refused, Erased)):
        house.perform(Erase(subject=subject), late)
    assert vault_of(house, subject) == set(FIELDS)
