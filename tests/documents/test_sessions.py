"""Sessions: short, in the subject's own region, ended one by one or all together."""

import pytest

from troth.documents.proof.sessions import IDLE, LIFE, STEPPED_FOR, Sessions
from troth.model.clock import MINUTE, Moment
from troth.model.errors import NotProved
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId
from troth.store.sql import Store

SUBJECT = SubjectId.new(Region("cn"))


@pytest.fixture
def sessions(data_store: Store) -> Sessions:
    return Sessions({Region("cn"): data_store})


@pytest.mark.clause("3.1.1")
def test_a_token_stands_for_its_subject(sessions: Sessions, at: Moment) -> None:
    token = sessions.start(SUBJECT, at=at)
    session = sessions.check(token, at=at)
    assert (session.subject, session.assurance) == (SUBJECT, 1)


@pytest.mark.parametrize(
    "token", ["", "x", f"{SUBJECT}.", f"{SUBJECT}.guess", "global-" + "a" * 26 + ".x"]
)
def test_anything_else_is_nobody(sessions: Sessions, at: Moment, token: str) -> None:
    sessions.start(SUBJECT, at=at)
    with pytest.raises(NotProved):
        sessions.check(Secret(token), at=at)


def test_an_idle_session_ends_and_a_clock_put_back_does_not_revive_it(
    sessions: Sessions, at: Moment
) -> None:
    token = sessions.start(SUBJECT, at=at)
    for moment in (Moment(at + IDLE), at):
        with pytest.raises(NotProved):
            sessions.check(token, at=moment)


def test_a_busy_session_ends_after_twelve_hours(sessions: Sessions, at: Moment) -> None:
    token = sessions.start(SUBJECT, at=at)
    for passed in range(0, LIFE, 20 * MINUTE):
        sessions.check(token, at=Moment(at + passed))
    with pytest.raises(NotProved):
        sessions.check(token, at=Moment(at + LIFE))


def test_stepping_up_gives_a_new_token_for_ten_minutes(sessions: Sessions, at: Moment) -> None:
    old = sessions.start(SUBJECT, at=at)
    new = sessions.step_up(old, at=at)
    assert sessions.check(new, at=at).assurance == 2
    assert sessions.check(new, at=Moment(at + STEPPED_FOR)).assurance == 1
    with pytest.raises(NotProved):
        sessions.check(old, at=at)


def test_sessions_are_listed_and_ended_one_by_one(sessions: Sessions, at: Moment) -> None:
    first, second = sessions.start(SUBJECT, at=at), sessions.start(SUBJECT, at=Moment(at + 1))
    newest, oldest = sessions.of(SUBJECT, at=at)
    assert sessions.end_one(SUBJECT, oldest.id)
    assert not sessions.end_one(SUBJECT, "no session")
    with pytest.raises(NotProved):
        sessions.check(first, at=at)
    assert sessions.check(second, at=at).id == newest.id


def test_all_sessions_of_one_subject_end_together(sessions: Sessions, at: Moment) -> None:
    other = SubjectId.new(Region("cn"))
    tokens = [sessions.start(SUBJECT, at=at) for _ in range(3)]
    kept = sessions.start(other, at=at)
    assert sessions.end_all(SUBJECT) == 3
    for token in tokens:
        with pytest.raises(NotProved):
            sessions.check(token, at=at)
    assert sessions.check(kept, at=at).subject == other


def test_signing_out_twice_is_no_error(sessions: Sessions, at: Moment) -> None:
    token = sessions.start(SUBJECT, at=at)
    sessions.end(token)
    sessions.end(token)
    sessions.end(Secret("nonsense"))
    assert sessions.of(SUBJECT, at=at) == ()


def test_the_token_is_not_in_the_table(sessions: Sessions, data_store: Store, at: Moment) -> None:
    token = sessions.start(SUBJECT, at=at).reveal().partition(".")[2]
    assert token.encode() not in bytes(data_store.query("SELECT token_hash FROM sessions")[0][0])


def test_the_sweep_takes_what_is_over(sessions: Sessions, at: Moment) -> None:
    sessions.start(SUBJECT, at=at)
    assert sessions.purge(at) == 0
    assert sessions.purge(Moment(at + LIFE)) == 1
