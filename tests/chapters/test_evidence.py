"""The clause board says what is true: rules and rooms that are here, tests that passed."""

import pytest

from tests.chapters.people import LEGAL, House
from troth.chapters.evidence import Evidence, entry_kinds, is_here
from troth.model.clock import DAY, Moment
from troth.model.errors import UnknownTerm
from troth.model.secret import Secret


@pytest.fixture
def clause(house: House) -> str:
    """Return a duty that has a rule and an entry."""
    clauses = house.gate.policy().edition.clauses
    found = (each.id for each in clauses if each.kind == "O" and each.rules and each.entry)
    return next(found, "")


def board(house: House, tested: dict[str, list[str]]) -> Evidence:
    return Evidence(house.gate, tested)


def test_every_clause_stands_on_the_board_in_order(house: House) -> None:
    rows = house.evidence.board().rows
    assert [row.id for row in rows] == [each.id for each in house.gate.policy().edition.clauses]


def test_nothing_is_kept_that_no_test_proved(house: House) -> None:
    assert house.evidence.board().counts["kept"] == 0


def test_a_row_is_kept_by_a_rule_a_test_and_an_entry(house: House, clause: str) -> None:
    if not clause:
        pytest.skip("the shipped policy has no clauses yet")
    row = board(house, {clause: ["tests/x.py::test_x"]}).row(clause)
    assert (row.status, row.lacks) == ("kept", ())
    assert board(house, {}).row(clause).status == "partial"


def test_counts_add_up(house: House) -> None:
    told = house.evidence.board()
    assert sum(told.counts.values()) == len(told.rows)
    assert sum(told.duties.values()) == len([row for row in told.rows if row.kind in ("O", "R")])


def test_a_room_that_is_not_here_keeps_nothing() -> None:
    assert is_here("gate")
    assert is_here("ledger/log")
    assert not is_here("chapters/nowhere")


def test_every_entry_a_clause_names_can_be_written(house: House) -> None:
    named = {kind for each in house.gate.policy().edition.clauses for kind in each.entry}
    assert named <= entry_kinds()


def test_the_kinds_know_what_the_gate_writes_itself() -> None:
    assert {"use.denied", "consent.given", "erasure.certified"} <= entry_kinds()


def test_proofs_are_the_ledgers_own_entries(house: House, clause: str) -> None:
    if not clause:
        pytest.skip("the shipped policy has no clauses yet")
    house.register()
    for proof in house.evidence.proofs(clause):
        assert house.gate.regions[proof.region].log.entry(proof.entry).kind == proof.kind  # type: ignore[index]


def test_an_unknown_clause_is_an_unknown_term(house: House) -> None:
    with pytest.raises(UnknownTerm):
        house.evidence.row("99.9")


def test_what_recipients_were_given_is_counted_and_what_is_old_is_not(house: House) -> None:
    for nth in range(3):
        subject = house.register(
            email=Secret(f"given{nth}@mail.example"), phone=Secret(f"+8613912345{nth:03}")
        ).subject
        house.sharing.give(
            "share",
            subject,
            "authority",
            ("contact.email",),
            "legal",
            ground="4.4.2",
            facts={"paper", "two_approvals"},
            reference=f"file {nth}",
            by=LEGAL,
        )
    start = house.clock.now()
    assert house.evidence.given(Moment(start - DAY))["authority"] == 3
    assert "authority" not in house.evidence.given(Moment(start + DAY))
    assert house.evidence.given(Moment(start - DAY), most=2)["authority"] == 2
