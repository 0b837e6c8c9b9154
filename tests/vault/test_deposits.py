"""Deposits: sealed under a key of their own, taken up by one, gone with their date (9.1, 6.4)."""

import pytest

from tests.vault.room import Room
from troth.model.clock import DAY, Moment
from troth.model.errors import NotFound, Sealed
from troth.model.secret import Secret
from troth.model.terms import SubjectId
from troth.vault.deposits import LEASE, Deposit, Deposits

COPY = Secret("everything about 张三丰".encode())


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
    assert deposits.fill(found, COPY)
    deposits.release(found, until=week(at))
    return found


def doom_all(room: Room, deposits: Deposits, subject: SubjectId) -> None:
    doomed = room.data.transact(lambda tx: room.vault.doom(tx, deposits.recall(tx, subject)))
    room.vault.finish(doomed)


def test_what_was_put_in_comes_out_and_is_counted(
    deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    ready(deposits, subject, at)
    assert deposits.open(subject, "r-1", at=at) == COPY
    assert deposits.open(subject, "r-1", at=at) == COPY
    (found,) = deposits.of(subject, at=at)
    assert (found.state, found.done, found.fetched) == ("ready", 100, 2)
    assert found.size == len(COPY.reveal_raw())
    assert found.language == "en"


def test_what_lies_in_the_store_shows_nothing(
    room: Room, deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    ready(deposits, subject, at)
    ((sealed,),) = room.data.query("SELECT sealed FROM deposits")
    assert "张三丰".encode() not in bytes(sealed)


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
    deposits.fill(found, COPY)
    deposits.advance(found, 30)
    assert deposits.of(subject, at=at)[0].done == 90


def test_nothing_is_fetched_before_it_is_ready_or_after_its_date(
    deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    found = ordered(deposits, subject, at)
    with pytest.raises(NotFound):
        deposits.open(subject, "r-1", at=at)
    deposits.fill(found, COPY)
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
    move = (
        "UPDATE deposits SET key_id = (SELECT key_id FROM deposits WHERE id = 'r-1'),"
        " sealed = (SELECT sealed FROM deposits WHERE id = 'r-1') WHERE id = 'r-2'"
    )
    room.data.transact(lambda tx: tx.run(move))
    with pytest.raises(Sealed):
        deposits.open(thief, "r-2", at=at)


def key_of(room: Room) -> str:
    ((key,),) = room.data.query("SELECT key_id FROM deposits")
    return str(key)


def test_the_key_dies_with_the_date(
    room: Room, deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    ready(deposits, subject, at)
    ((key, sealed),) = room.data.query("SELECT key_id, sealed FROM deposits")
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
    assert not deposits.fill(found, COPY)
    assert deposits.held(subject) == 0


def test_what_cannot_be_made_is_given_up_and_shown(
    deposits: Deposits, subject: SubjectId, at: Moment
) -> None:
    found = ordered(deposits, subject, at)
    deposits.give_up(found)
    assert deposits.due(Moment(at + LEASE)) == []
    assert deposits.of(subject, at=at)[0].state == "failed"
