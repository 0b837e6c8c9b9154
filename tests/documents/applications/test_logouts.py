"""A word about a sign-in that ended is told once, tried for most of a day, and names nobody."""

import pytest

from troth.documents.applications.logouts import FIRST, LEASE, TRIES, Logout, Logouts
from troth.model.clock import DAY, Moment
from troth.model.errors import Sealed
from troth.model.terms import Region
from troth.store.sql import Store

KEY = b"k" * 32
CN = Region("cn")


@pytest.fixture
def logouts(data_store: Store) -> Logouts:
    """Return the words of a house with one region."""
    return Logouts({CN: data_store}, KEY)


def queue(store: Store, logouts: Logouts, name: str = "s1", application: str = "app-1") -> None:
    row = (name, application, logouts.word("app-1", "sub of one", "sid of one"))
    sql = "INSERT INTO logouts (id, application, word, tries, next_at) VALUES (?, ?, ?, 0, 0)"
    store.transact(lambda tx: tx.run(sql, row))


def due(logouts: Logouts, at: int) -> list[Logout]:
    return logouts.due(at=Moment(at))


def test_a_word_says_who_and_which_session(logouts: Logouts, data_store: Store, at: Moment) -> None:
    queue(data_store, logouts)
    (word,) = due(logouts, at)
    assert (word.application, word.sub, word.sid) == ("app-1", "sub of one", "sid of one")
    assert b"sub of one" not in bytes(data_store.query("SELECT word FROM logouts")[0][0])


def test_nobody_else_is_given_a_word_in_hand(
    logouts: Logouts, data_store: Store, at: Moment
) -> None:
    queue(data_store, logouts)
    assert len(due(logouts, at)) == 1
    assert due(logouts, at) == []
    assert len(due(logouts, at + LEASE)) == 1


def test_a_word_that_was_told_is_gone(logouts: Logouts, data_store: Store, at: Moment) -> None:
    queue(data_store, logouts)
    (word,) = due(logouts, at)
    logouts.settle(word, told=True, at=at)
    assert due(logouts, at + DAY) == []


def test_a_word_that_was_not_taken_is_tried_again_later_and_later(
    logouts: Logouts, data_store: Store, at: Moment
) -> None:
    queue(data_store, logouts)
    now, waits = int(at), []
    for _ in range(TRIES):
        (word,) = due(logouts, now)
        logouts.settle(word, told=False, at=Moment(now))
        wait = FIRST << word.tries
        assert due(logouts, now + wait - 1) == []
        waits.append(wait)
        now += wait
    assert due(logouts, now + DAY) == []
    assert waits == sorted(set(waits))
    assert sum(waits[:-1]) < DAY


def test_a_word_for_one_application_does_not_open_for_another(
    logouts: Logouts, data_store: Store, at: Moment
) -> None:
    queue(data_store, logouts, application="app-2")
    with pytest.raises(Sealed):
        due(logouts, at)
