"""Sessions: short, in the subject's own region, ended one by one or all together."""

import pytest

from troth.documents.proof.origin import NOWHERE, Origin
from troth.documents.proof.sessions import (
    BESIDES,
    IDLE,
    KEPT_FOR,
    LIFE,
    STEPPED_FOR,
    Devices,
    Sessions,
)
from troth.model.clock import DAY, MINUTE, Moment
from troth.model.errors import NotProved
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId
from troth.store.sql import Store

SUBJECT = SubjectId.new(Region("cn"))
KEY = b"k" * 32
MOVE = "UPDATE sessions SET began = ? WHERE token_hash = ?"


HOME = Origin(network="192.0.2.77", device="Firefox, Linux")
AWAY = Origin(network="198.51.100.9", device="Firefox, Linux")


@pytest.fixture
def devices(data_store: Store) -> Devices:
    return Devices({Region("cn"): data_store}, KEY)


@pytest.fixture
def sessions(data_store: Store) -> Sessions:
    return Sessions({Region("cn"): data_store}, KEY)


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


# --- where they began ----------------------------------------------------------------------------


def test_the_list_tells_where_each_began_and_which_is_this_one(
    sessions: Sessions, at: Moment
) -> None:
    sessions.start(SUBJECT, at=at, origin=HOME)
    here = sessions.check(sessions.start(SUBJECT, at=Moment(at + 1)), at=at)
    newest, oldest = sessions.of(SUBJECT, at=at, here=here.id)
    assert (newest.device, newest.place, newest.here) == ("", "", True)
    assert (oldest.device, oldest.place, oldest.here) == ("Firefox, Linux", "192.0.2.0/24", False)


def test_a_session_that_is_stepped_up_began_where_it_began(sessions: Sessions, at: Moment) -> None:
    sessions.step_up(sessions.start(SUBJECT, at=at, origin=HOME), at=at)
    [session] = sessions.of(SUBJECT, at=at)
    assert (session.device, session.assurance) == ("Firefox, Linux", 2)


def test_a_token_is_stepped_up_once(sessions: Sessions, at: Moment) -> None:
    token = sessions.start(SUBJECT, at=at)
    sessions.step_up(token, at=at)
    with pytest.raises(NotProved):
        sessions.step_up(token, at=at)
    assert len(sessions.of(SUBJECT, at=at)) == 1


def test_neither_device_nor_network_lies_open(
    sessions: Sessions, devices: Devices, data_store: Store, at: Moment
) -> None:
    sessions.start(SUBJECT, at=at, origin=HOME)
    devices.meet(SUBJECT, HOME, at=at)
    rows = data_store.query("SELECT began FROM sessions UNION SELECT device FROM devices")
    told = b"".join(bytes(row[0]) for row in rows)
    assert len(rows) == 2
    assert not any(part in told for part in (b"Firefox", b"Linux", b"192.0.2"))


def test_what_was_moved_to_another_session_is_not_read_there(
    sessions: Sessions, data_store: Store, at: Moment
) -> None:
    sessions.start(SUBJECT, at=at, origin=HOME)
    sessions.start(SUBJECT, at=at, origin=AWAY)
    sealed = data_store.query("SELECT token_hash, began FROM sessions ORDER BY token_hash")
    (one, began), (other, elsewhere) = sealed
    for row in ((elsewhere, one), (began, other)):
        data_store.transact(lambda tx, row=row: tx.run(MOVE, row))
    assert {session.place for session in sessions.of(SUBJECT, at=at)} == {""}


def test_all_others_end_and_this_one_stays(sessions: Sessions, at: Moment) -> None:
    tokens = [sessions.start(SUBJECT, at=at) for _ in range(3)]
    here = sessions.check(tokens[1], at=at)
    assert sessions.end_others(SUBJECT, here.id) == 2
    assert sessions.check(tokens[1], at=at) == here
    assert [session.id for session in sessions.of(SUBJECT, at=at)] == [here.id]
    assert sessions.end_others(SUBJECT, "no session") == 1


# --- devices -------------------------------------------------------------------------------------


def test_a_device_is_known_from_where_it_was_met(devices: Devices, at: Moment) -> None:
    assert not devices.knows(SUBJECT, HOME, at=at)
    devices.meet(SUBJECT, HOME, at=at)
    assert devices.knows(SUBJECT, Origin(network="192.0.2.1", device="Firefox, Linux"), at=at)
    assert not devices.knows(SUBJECT, AWAY, at=at)
    assert not devices.knows(SUBJECT, Origin(network="192.0.2.1", device="Safari, iOS"), at=at)
    assert not devices.knows(SubjectId.new(Region("cn")), HOME, at=at)


def test_a_call_from_inside_is_known_and_leaves_nothing(
    devices: Devices, data_store: Store, at: Moment
) -> None:
    devices.meet(SUBJECT, NOWHERE, at=at)
    assert devices.knows(SUBJECT, NOWHERE, at=at)
    assert data_store.query("SELECT * FROM devices") == []


def test_a_device_is_forgotten_ninety_days_after_it_was_last_seen(
    devices: Devices, at: Moment
) -> None:
    devices.meet(SUBJECT, HOME, at=at)
    assert devices.knows(SUBJECT, HOME, at=Moment(at + KEPT_FOR - 1))
    assert devices.purge(Moment(at + KEPT_FOR)) == 0
    assert devices.knows(SUBJECT, HOME, at=Moment(at + KEPT_FOR + DAY))
    late = Moment(at + 3 * KEPT_FOR)
    assert not devices.knows(SUBJECT, HOME, at=late)
    assert devices.purge(late) == 1


def test_everything_of_a_subject_goes_with_them(
    sessions: Sessions, devices: Devices, data_store: Store, at: Moment
) -> None:
    sessions.start(SUBJECT, at=at, origin=HOME)
    devices.meet(SUBJECT, HOME, at=at)
    assert devices.forget(SUBJECT) == 1
    devices.meet(SUBJECT, HOME, at=at)
    for statement in BESIDES:
        data_store.transact(lambda tx, sql=statement: tx.run(sql, (str(SUBJECT),)))
    for table in ("sessions", "devices"):
        assert data_store.query(f"SELECT COUNT(*) FROM {table}") == [(0,)]
