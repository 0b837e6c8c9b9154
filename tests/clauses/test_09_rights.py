"""Chapter 9: what is deleted of our own motion, and who answers which right."""

import pytest

from tests.chapters.people import IDENTITY, House, ticks
from tests.chapters.retention.terms import approve
from troth.model.acts import SYSTEM, Close
from troth.model.secret import Secret
from troth.model.terms import SubjectId

HANDLERS = {
    "access": "rights.access",
    "copy": "rights.copy",
    "port": "rights.copy",
    "correct": "rights.correct",
    "complete": "rights.correct",
    "delete": "rights.erase",
    "restrict": "rights.restrict",
    "object": "rights.object",
    "withdraw": "consent.withdraw",
    "cancel": "accounts.close",
    "limit_sensitive": "rights.restrict",
    "opt_out_sale": "contact.refuse",
}
"""What serves each right that people exercise alone; the others go to the desk."""


@pytest.mark.clause("9.0")
def test_every_right_of_every_regime_has_somebody_who_answers_it(house: House) -> None:
    rights = house.gate.policy().edition.rights
    alone = {name for name, right in rights.items() if right.handler == "self_service"}
    assert alone == set(HANDLERS)
    for address in HANDLERS.values():
        chapter, verb = address.split(".")
        assert callable(getattr(getattr(house.troth, chapter), verb))
    for name, right in rights.items():
        assert right.handler in ("self_service", "desk"), name
    assert {regime for right in rights.values() for regime in right.regimes} >= {
        "cn",
        "eu",
        "ca",
        "us",
    }


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register(
        values={"profile.work": Secret("welding")}, ticks=ticks("improve")
    ).subject


def erasures(house: House, subject: SubjectId) -> list[object]:
    trail = house.gate.trail(subject)
    return [(e.what["ground"], e.what["fields"]) for e in trail if e.kind == "data.erased"]


@pytest.mark.clause("9.4-0", "9.4-3")
def test_what_rested_on_a_consent_goes_when_it_is_withdrawn(
    house: House, subject: SubjectId
) -> None:
    house.consent.withdraw(subject, "improve")
    assert "profile.work" not in house.held(subject)
    assert "contact.email" in house.held(subject)


@pytest.mark.clause("9.4-0", "9.4-2", "7.2e")
def test_what_has_reached_its_term_goes_without_being_asked(
    house: House, subject: SubjectId
) -> None:
    house.troth.usage.record(subject, "usage", {"ip": Secret("203.0.113.9")})
    approve(house)
    house.clock.forward(days=366)
    house.troth.tick()
    assert "usage.ip" not in house.held(subject)
    assert erasures(house, subject) == [("term_over", ["usage.ip"])]


@pytest.mark.clause("9.4-0", "9.4-1")
def test_when_the_purpose_of_an_account_ends_everything_goes(
    house: House, subject: SubjectId
) -> None:
    who = house.gate.standing(subject).pseudonym
    house.gate.perform(Close(subject=subject), by=SYSTEM)
    house.clock.forward(days=1)
    house.troth.tick()
    rooms = house.gate.regions[subject.region]
    assert rooms.vault.residue(subject) == {"subjects": 0, "cells": 0, "blind": 0}
    kinds = [entry.kind for entry in rooms.log.trail(who)]
    assert kinds[-3:].count("data.erased") == 1


@pytest.mark.clause("9.4-0", "9.4-4", "8.2b", "8.3-2")
def test_what_the_law_forbids_to_keep_goes(house: House, subject: SubjectId) -> None:
    house.minors.found(subject, by=IDENTITY)
    house.minors.erase(subject)
    rooms = house.gate.regions[subject.region]
    assert rooms.vault.residue(subject)["cells"] == 0
