"""Deposits: sealed under a key of their own, taken up by one, gone with their date (9.1, 6.4)."""

from collections.abc import Iterator

import pytest

from tests.vault.room import Room
from troth.model.clock import DAY, Moment
from troth.model.errors import NotFound, Sealed
from troth.model.secret import Secret
from troth.model.terms import SubjectId
from troth.vault.deposits import LEASE, Deposit, Deposits

PIECES = [Secret(b"everything "), Secret("about 张三丰".encode())]
COPY = "everything about 张三丰".encode()


@pytest.fixture
def deposits(room: Room) -> Deposits:
    return Deposits(room.data, room.vault)


@pytest.fixture
def subject(room: Room) -> SubjectId:
    return room.admitted().subject


def week(at: Moment) -> Moment:
    return Moment(at + 7 * DAY)


def ordered(deposits: Deposits, subject: SubjectId, at: Moment, name: str = "r-1") -> Deposit:
    deposits.order(subject, name, language="en", at=at, until=week(at))
    (found,) = deposits.due(at)
    return found


def ready(deposits: Deposits, subject: SubjectId, at: Moment, name: str = "r-1") -> Deposit:
    found = ordered(deposits, subject, at, name)
    assert deposits.fill(found, PIECES, lambda: b"list")
    deposits.release(found, until=week(at))
    return found


def opened(deposits: Deposits, subject: SubjectId, at: Moment, name: str = "r-1") -> bytes:
    return b"".join(piece.reveal_raw() for piece in deposits.open(subject, name, at=at))  # type: ignore[misc]


def doom_all(room: Room, deposits: Deposits, subject: SubjectId) -> None:
    doomed = room.data.transact(lambda tx: room.vault.doom(tx, deposits.recall(tx, subject)))
    room.vault.finish(doomed)


def test_what_was_put_in_comes_out_and_is_counted(
    deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    ready(deposits, subject, at)
    assert opened(deposits, subject, at) == COPY
    assert opened(deposits, subject, at) == COPY
    assert deposits.manifest(subject, "r-1", at=at) == b"list"
    (found,) = deposits.of(subject, at=at)
    assert (found.state, found.done, found.fetched) == ("ready", 100, 2)
    assert found.size == len(COPY)
    assert found.language == "en"


def test_what_lies_in_the_store_shows_nothing(
    room: Room, deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    ready(deposits, subject, at)
    rows = room.data.query("SELECT sealed FROM deposit_parts")
    assert len(rows) == 3
    assert not any("张三丰".encode() in bytes(sealed) for (sealed,) in rows)


def test_one_worker_takes_it_up_and_another_only_after_the_lease(
    deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    assert ordered(deposits, subject, at).tries == 1
    assert deposits.due(at) == []
    (again,) = deposits.due(Moment(at + LEASE))
    assert again.tries == 2


def test_progress_is_told_until_it_is_made(
    deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    found = ordered(deposits, subject, at)
    deposits.advance(found, 30)
    assert deposits.of(subject, at=at)[0].done == 30
    deposits.fill(found, PIECES, lambda: b"list")
    deposits.advance(found, 30)
    assert deposits.of(subject, at=at)[0].done == 90


def test_nothing_is_fetched_before_it_is_ready_or_after_its_date(
    deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    found = ordered(deposits, subject, at)
    with pytest.raises(NotFound):
        deposits.open(subject, "r-1", at=at)
    deposits.fill(found, PIECES, lambda: b"list")
    with pytest.raises(NotFound):
        deposits.open(subject, "r-1", at=at)
    deposits.release(found, until=week(at))
    deposits.open(subject, "r-1", at=Moment(week(at) - 1))
    with pytest.raises(NotFound):
        deposits.open(subject, "r-1", at=week(at))


def test_nobody_fetches_another_subjects(
    room: Room, deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    ready(deposits, subject, at)
    with pytest.raises(NotFound):
        deposits.open(room.admitted({}).subject, "r-1", at=at)


def test_contents_moved_to_another_row_open_nowhere(
    room: Room, deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    ready(deposits, subject, at)
    thief = room.admitted({}).subject
    ready(deposits, thief, at, "r-2")
    key = room.data.query("SELECT key_id FROM deposits WHERE id = 'r-1'")[0][0]
    moves = (
        f"UPDATE deposits SET key_id = '{key}' WHERE id = 'r-2'",
        "DELETE FROM deposit_parts WHERE id = 'r-2'",
        f"UPDATE deposit_parts SET id = 'r-2', subject_id = '{thief}' WHERE id = 'r-1'",
    )
    for move in moves:
        room.data.transact(lambda tx, move=move: tx.run(move))
    with pytest.raises(Sealed):
        opened(deposits, thief, at, "r-2")


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM deposit_parts WHERE part = 1",
        "UPDATE deposit_parts SET part = part + 10 WHERE part >= 0",
        "UPDATE deposit_parts SET part = 5 - part WHERE part >= 0",
    ],
)
def test_a_piece_that_is_missing_or_out_of_its_place_is_noticed(
    room: Room, deposits: Deposits, subject: SubjectId, at: Moment, harm: str
) -> None:
    ready(deposits, subject, at)
    room.data.transact(lambda tx: tx.run(harm))
    with pytest.raises(Sealed):
        opened(deposits, subject, at)


def key_of(room: Room) -> str:
    ((key,),) = room.data.query("SELECT key_id FROM deposits")
    return str(key)


def test_the_key_dies_with_the_date(
    room: Room, deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    ready(deposits, subject, at)
    key = key_of(room)
    sealed = room.data.query("SELECT sealed FROM deposit_parts")[0][0]
    over = week(at)
    doomed = room.data.transact(lambda tx: room.vault.doom(tx, deposits.outdated(tx, over)))
    room.vault.finish(doomed)
    assert deposits.held(subject) == 0
    with pytest.raises((Sealed, NotFound)):
        room.vault.open_parcel(key, bytes(sealed))


def test_the_key_dies_with_the_row_whoever_ends_it(
    room: Room, deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    for end in (lambda: deposits.drop(subject, "r-1"), lambda: doom_all(room, deposits, subject)):
        ready(deposits, subject, at)
        key = key_of(room)
        end()
        assert deposits.held(subject) == 0
        assert key in room.keys.missing([key])  # type: ignore[list-item]
    assert not deposits.drop(subject, "r-1")


def test_what_is_made_for_nobody_any_more_is_not_kept(
    room: Room, deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    found = ordered(deposits, subject, at)
    deposits.drop(subject, "r-1")
    assert not deposits.fill(found, PIECES, lambda: b"list")
    assert deposits.held(subject) == 0


def test_what_is_killed_midway_is_packed_again_under_another_key(
    room: Room, deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    found = ordered(deposits, subject, at)

    def killed() -> Iterator[Secret]:
        yield PIECES[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deposits.fill(found, killed(), bytes)
    old = key_of(room)
    (again,) = deposits.due(Moment(at + LEASE))
    assert deposits.fill(again, PIECES, bytes)
    deposits.release(again, until=week(at))
    assert opened(deposits, subject, at) == COPY
    assert old in room.keys.missing([old])  # type: ignore[list-item]


def test_an_erasure_while_it_is_packed_leaves_nothing(
    room: Room, deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    found = ordered(deposits, subject, at)

    def interrupted() -> Iterator[Secret]:
        yield PIECES[0]
        doom_all(room, deposits, subject)
        yield PIECES[1]

    assert not deposits.fill(found, interrupted(), bytes)
    assert deposits.held(subject) == 0


def test_what_people_review_waits_for_them(
    deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    deposits.order(
        subject,
        "r-9",
        language="zh",
        at=at,
        until=week(at),
        reviewed=True,
        left_out={"contact.phone": "others"},
    )
    (found,) = deposits.due(at)
    assert (found.reviewed, found.left_out) == (True, {"contact.phone": "others"})
    assert deposits.fill(found, PIECES, bytes)
    assert deposits.due(Moment(at + LEASE)) == []


def test_what_cannot_be_made_is_given_up_and_shown(
    deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    found = ordered(deposits, subject, at)
    deposits.give_up(found)
    assert deposits.due(Moment(at + LEASE)) == []
    assert deposits.of(subject, at=at)[0].state == "failed"
