"""An erasure's certificate: what went, what every store answered, in words that can be kept."""

import pytest

from troth.documents.certificate import ErasureCertificate, Gone, StillHeld, read_answers
from troth.model.acts.answers import MOST, Answer, Remaining
from troth.model.clock import DAY, Moment, moment

AT = moment("2026-11-22")
LAW = Remaining(
    place="orders", category="billing", count=2, why="held", law="CSL 21", until=Moment(AT + DAY)
)
LEFT = Remaining(place="orders", category="contact.email", count=1)


def certificate(*answers: Answer, complete: bool = True) -> ErasureCertificate:
    return ErasureCertificate(
        who="f" * 32,
        edition="e" * 64,
        gone=(Gone(field="contact.email", store="vault"),),
        held=(
            StillHeld(field="usage.ip", hold="network-log", law="CSL 21", until=Moment(AT + DAY)),
        ),
        effective=AT,
        irreversible_by=Moment(AT + 7 * DAY),
        stores={"vault": 0},
        complete=complete,
        proofs={"e1": None, "e2": None},
        answers=answers,
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


def test_every_store_stands_in_it_with_what_remains_and_until_when() -> None:
    shop = Answer(store="shop", sort="database", remains=(LAW, LEFT))
    backups = Answer(store="backups", sort="backup", until=Moment(AT + 7 * DAY))
    told = certificate(shop, backups, complete=False).record()
    assert told["state"] == "incomplete"
    first, second = told["answers"]
    assert (first["store"], first["state"]) == ("shop", "incomplete")
    assert first["remains"][0]["until"] == "2026-11-23T00:00:00Z"
    assert (second["state"], second["until"]) == ("later", "2026-11-29T00:00:00Z")


@pytest.mark.parametrize(
    ("remains", "state", "residue"),
    [
        ((), "clean", 0),
        ((LAW,), "held", 0),
        ((LAW, LEFT), "incomplete", 1),
        ((LEFT, Remaining(place="x", category="*", count=0, why="unasked")), "silent", -1),
    ],
)
def test_an_answer_is_as_bad_as_the_worst_that_remains(
    remains: tuple[Remaining, ...], state: str, residue: int
) -> None:
    answer = Answer(store="shop", sort="database", remains=remains)
    assert (answer.state, answer.residue) == (state, residue)
    assert answer.done == (state in ("clean", "held"))


def test_what_the_ledger_keeps_is_bounded_and_read_back() -> None:
    answer = Answer(store="shop", sort="database", remains=(LEFT,) * (MOST + 5))
    [read] = read_answers([answer.record()])
    assert (len(read.remains), answer.residue) == (MOST, MOST + 5)
    assert read_answers(None) == ()
