"""Every place of ours where something of a subject could remain is asked again and named (9.4)."""

import secrets
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from troth import app
from troth.app import Troth
from troth.gate.databases import certifying
from troth.gate.ordering import Ending
from troth.gate.rooms import Rooms
from troth.model.acts import Erase
from troth.model.clock import Moment
from troth.model.terms import Region, SubjectId

CN = Region("cn")
NOT_ASKED = {
    "gone": "the tombstone: that somebody was here, and nothing else",
    "orders": "what other databases still owe: it ends when they are clean, and keeps it open",
    "errands": "the same, place by place",
    "deposit_parts": "pieces under the key of a deposit, which is asked",
    "log_files": "the id of a key, which dies with the lines that are asked",
    "papers": "asked as a store of its own, by the register's own statement",
}
"""Tables about subjects that are not asked as residue, and why."""


@pytest.fixture(scope="module")
def troth() -> Iterator[Troth]:
    with app.memory() as made:
        yield made


@pytest.fixture(scope="module")
def rooms(troth: Troth) -> Rooms:
    return troth.gate.regions[CN]


def tables(rooms: Rooms) -> dict[str, list[tuple[str, str]]]:
    """Return every table about subjects, with its columns and their types."""
    names = [
        name for (name,) in rooms.store.query("SELECT name FROM sqlite_master WHERE type='table'")
    ]
    columns = {
        name: [(row[1], row[2]) for row in rooms.store.query(f"PRAGMA table_info({name})")]
        for name in names
    }
    return {
        name: each for name, each in columns.items() if any(one == "subject_id" for one, _ in each)
    }


def plant(rooms: Rooms, table: str, subject: SubjectId) -> None:
    """Leave a row of a subject in a table, as a program with a fault would."""
    made = {"TEXT": secrets.token_hex(4), "INTEGER": 1, "BLOB": secrets.token_bytes(8)}
    columns = tables(rooms)[table]
    row = [subject if name == "subject_id" else made[kind] for name, kind in columns]
    marks = ", ".join("?" * len(row))
    rooms.store.transact(lambda tx: tx.run(f"INSERT INTO {table} VALUES ({marks})", row))


def left(rooms: Rooms, subject: SubjectId) -> dict[str, int]:
    """Return what our own stores answer of somebody who was erased, where it is not nothing."""
    ending = Ending(Erase(subject=subject), subject, "", True)
    answers = certifying.own(rooms, ending, Moment(2))
    return {each.store: each.residue for each in answers if not each.done}


def asked(rooms: Rooms) -> list[str]:
    return sorted(tables(rooms).keys() - NOT_ASKED.keys())


def test_every_table_about_subjects_is_asked_again_or_says_why_not(rooms: Rooms) -> None:
    unseen = []
    for table in asked(rooms):
        subject = SubjectId.new(CN)
        plant(rooms, table, subject)
        if not left(rooms, subject):
            unseen.append(table)
    assert unseen == []


def test_what_is_not_asked_is_still_there(rooms: Rooms) -> None:
    assert NOT_ASKED.keys() <= tables(rooms).keys()


def test_paper_is_named_apart(rooms: Rooms) -> None:
    subject = SubjectId.new(CN)
    plant(rooms, "papers", subject)
    assert left(rooms, subject) == {"paper": 1}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(drawn=st.data())
def test_an_erasure_is_complete_only_when_nothing_is_left_anywhere(
    rooms: Rooms, drawn: st.DataObject
) -> None:
    some = drawn.draw(st.sets(st.sampled_from(asked(rooms)), max_size=4))
    subject = SubjectId.new(CN)
    for table in some:
        plant(rooms, table, subject)
    found = left(rooms, subject)
    assert sum(found.values()) == len(some)
    assert left(rooms, SubjectId.new(CN)) == {}
