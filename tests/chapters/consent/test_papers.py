"""Receipts are signed, verify offline against the ledger's key, and tell the whole life."""

import json
from pathlib import Path

import pytest

from tests.chapters.people import SUPPORT, House, ticks
from troth.app import offline
from troth.documents.consents import receipts
from troth.model.acts import SYSTEM, Actor
from troth.model.clock import DAY
from troth.model.errors import BadInput, NotFound, Unverifiable
from troth.model.terms import SubjectId


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


def give(house: House, subject: SubjectId, *keys: str) -> None:
    house.consent.give(subject, ticks(*keys), shown=house.shown())


def key(house: House) -> str:
    """Return the ledger's public key."""
    return house.troth.checkpoints()["cn"][1]


@pytest.mark.clause("9.3b")
@pytest.mark.parametrize("as_linked", [False, True])
def test_a_receipt_verifies_offline_and_its_entry_stands_in_the_ledger(
    house: House, subject: SubjectId, tmp_path: Path, as_linked: bool
) -> None:
    give(house, subject, "marketing")
    paper = tmp_path / "receipt.json"
    paper.write_bytes(house.consent.papers.signed(subject, "marketing", as_linked=as_linked))
    found = offline.verify_receipt(paper, key(house))
    assert (found.consent, found.state, found.in_ledger) == ("marketing", "ConsentGiven", True)
    assert found.who == house.gate.standing(subject).pseudonym
    assert subject not in paper.read_text("utf-8")


def test_the_proof_of_another_entry_does_not_serve(house: House, subject: SubjectId) -> None:
    give(house, subject, "marketing", "improve")
    one, other = (
        json.loads(house.consent.papers.signed(subject, name)) for name in ("marketing", "improve")
    )
    one["inclusion"] = other["inclusion"]
    with pytest.raises(Unverifiable):
        receipts.verify(json.dumps(one).encode(), key(house))


def test_a_house_that_signed_another_proof_is_found_out(house: House, subject: SubjectId) -> None:
    give(house, subject, "marketing", "improve")
    receipt = house.consent.receipt(subject, "marketing")
    other = house.gate.standing(subject).consents["improve"].entry
    forged = receipts.receipt_file(
        receipt,
        house.troth._builder.named(subject.region, "signer"),
        house.clock.now(),
        proof=house.gate.prove(subject.region, other),
    )
    with pytest.raises(Unverifiable, match="another entry"):
        receipts.verify(forged, key(house))


@pytest.mark.clause("9.3d")
def test_a_receipt_of_before_stays_valid_after_the_withdrawal(
    house: House, subject: SubjectId
) -> None:
    give(house, subject, "marketing")
    (given,) = house.consent.history(subject)
    house.clock.forward(days=9)
    house.consent.withdraw(subject, "marketing")
    before = house.consent.papers.signed(subject, "marketing", given.entry)
    now = house.consent.papers.signed(subject, "marketing")
    assert receipts.verify(before, key(house)).state == "ConsentGiven"
    assert receipts.verify(now, key(house)).state == "ConsentWithdrawn"


def test_every_state_that_others_bring_about_is_told(house: House, subject: SubjectId) -> None:
    give(house, subject, "marketing", "improve", "analytics")
    house.consent.withdraw(subject, "marketing", by=SYSTEM)
    house.consent.invalidate(subject, "improve", by=SUPPORT)
    house.consent.asking.ask(subject, "personalise")
    states = {one.key: one.state for one in house.consent.choices(subject)}
    assert states["marketing"] == "revoked"
    assert states["improve"] == "invalidated"
    assert (states["analytics"], states["personalise"]) == ("given", "requested")
    told = {one.key: one.state for one in house.consent.history(subject)}
    assert told == {name: states[name] for name in told}


def test_only_the_house_finds_that_a_consent_was_never_good(
    house: House, subject: SubjectId
) -> None:
    give(house, subject, "improve")
    with pytest.raises(BadInput, match="never good"):
        house.consent.invalidate(subject, "improve", by=Actor(kind="subject", assurance=1))


def test_a_consent_of_the_past_that_ended_says_when(house: House, subject: SubjectId) -> None:
    give(house, subject, "marketing")
    ends = house.gate.standing(subject).consents["marketing"].expires
    assert ends is not None
    house.clock.forward(days=(ends - house.clock.now()) / DAY + 1)
    assert house.consent.receipt(subject, "marketing").events[-1].event_state == "ConsentExpired"


def test_nothing_said_has_no_receipt(house: House, subject: SubjectId) -> None:
    with pytest.raises(NotFound):
        house.consent.papers.signed(subject, "marketing")
