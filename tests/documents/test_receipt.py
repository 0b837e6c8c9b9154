"""Receipts: an erasure's, store by store."""

import pytest

from tests.documents.editions import SMALL
from troth.documents.receipt import ErasureCertificate, Gone, StillHeld
from troth.model.clock import DAY, Moment, moment

AT = moment("2026-11-22")
WHO = "f" * 32


def certificate() -> ErasureCertificate:
    return ErasureCertificate(
        who=WHO,
        edition=SMALL.hash,
        gone=(Gone(field="contact.email", store="vault"),),
        held=(
            StillHeld(field="usage.ip", hold="network-log", law="CSL 21", until=Moment(AT + DAY)),
        ),
        effective=AT,
        irreversible_by=Moment(AT + 7 * DAY),
        stores={"vault.cells": 0},
        complete=True,
        proofs={"e1": None, "e2": None},
    )


@pytest.mark.clause("6.4c")
def test_a_certificate_tells_what_went_what_is_held_and_both_times() -> None:
    told = certificate().record()
    assert told["gone"] == [{"field": "contact.email", "store": "vault", "method": "shred_key"}]
    assert told["held"][0]["until"] == "2026-11-23T00:00:00Z"
    assert (told["effective"], told["irreversible_by"]) == (
        "2026-11-22T00:00:00Z",
        "2026-11-29T00:00:00Z",
    )


def test_proofs_fill_their_places_and_nothing_else() -> None:
    filled = certificate().proved({"e1": {"index": 7}, "other": {}})
    assert filled.proofs == {"e1": {"index": 7}, "e2": None}
