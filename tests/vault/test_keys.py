"""Data keys: claimed, opened, destroyed; epochs: begun, rotated, ended for good."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import StorePair
from tests.vault.room import Room
from troth.model.clock import Moment
from troth.model.errors import Misconfigured, Sealed, WrongRootKey
from troth.store.sql import Store
from troth.vault import keys as keys_module
from troth.vault.home import KeyHome, RootKey
from troth.vault.keys import BATCH, KeyId, KeyStore
from troth.vault.seal import Cipher, place, seal, unseal

HERE = place("here")


def rows(store: Store, what: str = "count(*)") -> list[object]:
    """Return one column of the wrapped keys."""
    return [row[0] for row in store.query(f"SELECT {what} FROM wrapped_keys")]


def opens(keys: KeyStore, key_id: KeyId, cipher: Cipher) -> bool:
    """Tell whether an id still gives the key that was claimed under it."""
    return unseal(keys.open(key_id), seal(cipher, b"x", HERE), HERE) == b"x"


# --- data keys ---------------------------------------------------------------------------------


def test_a_claimed_key_opens_in_any_process(keys: KeyStore, another: Callable[[], Room]):
    key_id, cipher = keys.claim()
    assert opens(keys, key_id, cipher)
    assert opens(another().keys, key_id, cipher)


def test_no_key_is_given_twice(keys: KeyStore):
    claimed = [keys.claim() for _ in range(200)] + keys.claim_many(300)
    assert len({key_id for key_id, _ in claimed}) == 500


def test_keys_are_made_in_batches_that_grow(keys: KeyStore, store_pair: StorePair):
    keys.claim()
    assert rows(store_pair.keys) == [BATCH]
    keys.claim_many(BATCH)
    assert rows(store_pair.keys) == [3 * BATCH]
    keys.claim_many(5000)
    assert rows(store_pair.keys)[0] >= 5000


def test_claiming_nothing_gives_nothing(keys: KeyStore):
    assert keys.claim_many(0) == []


def test_many_threads_claim_apart(keys: KeyStore):
    with ThreadPoolExecutor(4) as pool:
        claimed = [pair for some in pool.map(keys.claim_many, [30] * 8) for pair in some]
    assert len({key_id for key_id, _ in claimed}) == 240
    assert all(opens(keys, *pair) for pair in claimed)


def test_a_closed_key_store_keeps_only_what_was_claimed(keys: KeyStore, store_pair: StorePair):
    key_id, cipher = keys.claim()
    keys.close()
    assert rows(store_pair.keys, "key_id") == [key_id]
    assert opens(keys, key_id, cipher)


def test_the_key_store_knows_no_key_and_no_subject(keys: KeyStore, store_pair: StorePair):
    keys.claim()
    columns = store_pair.keys.query("SELECT * FROM wrapped_keys")[0]
    assert len(columns) == 3
    assert len(set(rows(store_pair.keys, "wrapped"))) == BATCH


def test_no_more_keys_are_remembered_than_told(store_pair: StorePair, home: KeyHome, at: Moment):
    keys = KeyStore(store_pair.keys, home, at=at, remember=10)
    claimed = keys.claim_many(100)
    assert all(opens(keys, *pair) for pair in claimed)
    assert len(keys._recent) == 10


@pytest.mark.clause("6.4b", "9.4-6")
def test_a_destroyed_key_opens_nowhere(keys: KeyStore, another: Callable[[], Room]):
    (key_id, _), (kept, cipher) = keys.claim_many(2)
    keys.destroy([key_id])
    for store in (keys, another().keys):
        assert store.get(key_id) is None
        with pytest.raises(Sealed, match="its key is gone"):
            store.open(key_id)
        assert opens(store, kept, cipher)


def test_destroying_twice_or_nothing_is_no_error(keys: KeyStore):
    key_id, _ = keys.claim()
    keys.destroy([key_id])
    keys.destroy([key_id, KeyId("unknown")])
    keys.destroy([])


def test_missing_names_the_keys_that_are_gone(keys: KeyStore):
    (one, _), (other, _) = keys.claim_many(2)
    keys.destroy([one])
    assert keys.missing([one, other]) == {one}
    assert keys.missing([]) == set()


def test_wrapped_keys_cannot_change_places(keys: KeyStore, another: Callable[[], Room], store_pair):
    (one, _), (other, _) = keys.claim_many(2)
    swap = "UPDATE wrapped_keys SET wrapped = (SELECT wrapped FROM wrapped_keys WHERE key_id = ?)"
    store_pair.keys.transact(lambda tx: tx.run(swap + " WHERE key_id = ?", (one, other)))
    with pytest.raises(Sealed):
        another().keys.open(other)


# --- the folder and the store belong together --------------------------------------------------


def test_the_first_epoch_begins_with_the_store(keys: KeyStore, at: Moment):
    assert [(e.number, e.made_at, e.state) for e in keys.epochs()] == [(1, at, "live")]
    assert keys.oldest_epoch_made_at == at


def test_without_a_moment_the_first_epoch_begins_now(store_pair: StorePair, home: KeyHome):
    assert KeyStore(store_pair.keys, home).oldest_epoch_made_at > 1_700_000_000_000


def test_a_folder_of_another_instance_is_refused(
    keys: KeyStore, store_pair: StorePair, tmp_path: Path, root: RootKey, at: Moment
):
    stranger = KeyHome(tmp_path / "others", root)
    stranger.make_epoch(1)
    with pytest.raises(WrongRootKey, match="is not of the key store"):
        KeyStore(store_pair.keys, stranger, at=at)


def test_an_empty_folder_for_a_full_store_is_refused(
    keys: KeyStore, store_pair: StorePair, tmp_path: Path, root: RootKey, at: Moment
):
    keys.claim()
    empty = KeyHome(tmp_path / "empty", root)
    with pytest.raises(Misconfigured, match="`epoch-0001.key` is missing"):
        KeyStore(store_pair.keys, empty, at=at)
    assert not list(empty.folder.glob("*.key"))


def test_keys_without_an_epoch_are_refused(keys: KeyStore, store_pair: StorePair, home: KeyHome):
    keys.claim()
    store_pair.keys.transact(lambda tx: tx.run("DELETE FROM epochs"))
    with pytest.raises(Misconfigured, match="no epoch"):
        KeyStore(store_pair.keys, home)


# --- rotation ----------------------------------------------------------------------------------


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a rotation take many steps."""
    monkeypatch.setattr(keys_module, "CHUNK", 7)


@pytest.mark.clause("6.4b", "9.4-6")
def test_a_rotation_moves_every_key_and_ends_the_old_epoch(
    keys: KeyStore, home: KeyHome, at: Moment, store_pair: StorePair, another: Callable[[], Room]
):
    claimed = keys.claim_many(100)
    rotation = keys.rotate(Moment(at + 5))
    assert (rotation.destroyed, rotation.live, rotation.keys) == (1, 2, 100)
    assert home.epochs() == [2]
    assert set(rows(store_pair.keys, "epoch")) == {2}
    assert [e.state for e in keys.epochs()] == ["destroyed", "live"]
    assert keys.oldest_epoch_made_at == at + 5
    assert all(opens(store, *pair) for store in (keys, another().keys) for pair in claimed)


@pytest.mark.clause("9.4-6")
def test_after_a_rotation_an_old_copy_of_a_row_is_worthless(
    keys: KeyStore, home: KeyHome, at: Moment, store_pair: StorePair, another: Callable[[], Room]
):
    key_id, _ = keys.claim()
    old = store_pair.keys.query("SELECT * FROM wrapped_keys WHERE key_id = ?", (key_id,))[0]
    keys.destroy([key_id])
    keys.rotate(at)
    back = "INSERT INTO wrapped_keys (key_id, epoch, wrapped) VALUES (?, ?, ?)"
    store_pair.keys.transact(lambda tx: tx.run(back, old))
    with pytest.raises(Misconfigured, match="missing"):
        another().keys.open(key_id)


def test_a_rotation_tells_how_far_it_is(keys: KeyStore, at: Moment, small_chunks: None):
    keys.claim_many(BATCH)
    told: list[int] = []
    keys.rotate(at, told.append)
    assert told == [*range(7, BATCH, 7), BATCH]


def test_rotations_follow_one_another(keys: KeyStore, home: KeyHome, at: Moment):
    claimed = keys.claim_many(10)
    for number in range(2, 6):
        assert keys.rotate(at).live == number
        claimed.append(keys.claim())
        assert home.epochs() == [number]
    assert all(opens(keys, *pair) for pair in claimed)


def test_an_empty_store_rotates(keys: KeyStore, at: Moment):
    assert keys.rotate(at).keys == 0


def test_keys_made_ahead_survive_a_rotation(
    keys: KeyStore, at: Moment, another: Callable[[], Room]
):
    keys.claim()
    keys.rotate(at)
    assert opens(another().keys, *keys.claim())


def test_another_process_goes_on_through_a_rotation(
    keys: KeyStore, at: Moment, another: Callable[[], Room]
):
    other = another().keys
    before = [keys.claim(), other.claim()]
    keys.rotate(at)
    after = other.claim_many(BATCH + 5)
    assert all(opens(store, *pair) for store in (keys, other) for pair in before + after)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("chunk", [1, 2, 9])
def test_a_rotation_killed_on_its_way_is_finished_by_the_next(
    keys: KeyStore, home: KeyHome, at: Moment, another: Callable[[], Room], small_chunks, chunk: int
):
    claimed = keys.claim_many(BATCH)

    def die(moved: int) -> None:
        if moved >= chunk * 7:
            raise Killed

    with pytest.raises(Killed):
        keys.rotate(at, die)
    restarted = another().keys
    assert all(opens(store, *pair) for store in (keys, restarted) for pair in claimed)
    assert (restarted.rotate(at).live, home.epochs()) == (2, [2])
    assert all(opens(store, *pair) for store in (keys, restarted) for pair in claimed)


@pytest.mark.parametrize("doing", ["make_epoch", "destroy_epoch"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_at_either_end_of_a_rotation_is_mended(
    keys: KeyStore, at: Moment, another: Callable[[], Room], doing: str, when: str
):
    claimed = keys.claim_many(9)
    kill_at(keys._home, doing, when)
    with pytest.raises(Killed):
        keys.rotate(at)
    restarted = another()
    restarted.keys.rotate(at)
    assert all(opens(another().keys, *pair) for pair in claimed)
    live = [epoch.number for epoch in restarted.keys.epochs() if epoch.state == "live"]
    assert restarted.home.epochs() == live


def kill_at(home: KeyHome, doing: str, when: str) -> None:
    """Let the process end just before or after the key folder does something."""
    real = getattr(home, doing)

    def act(number: int) -> None:
        if when == "after":
            real(number)
        raise Killed

    setattr(home, doing, act)


def test_the_file_of_an_ended_epoch_goes_at_the_next_start(
    keys: KeyStore, home: KeyHome, at: Moment, another: Callable[[], Room]
):
    kill_at(keys._home, "destroy_epoch", "before")
    with pytest.raises(Killed):
        keys.rotate(at)
    assert home.epochs() == [1, 2]
    assert another().home.epochs() == [2]


def test_two_rotations_at_once_are_one(keys: KeyStore, at: Moment, another, small_chunks: None):
    claimed = keys.claim_many(BATCH)
    other = another().keys
    twin = [other]

    def join(_moved: int) -> None:
        if twin:
            assert twin.pop().rotate(at).live == 2

    assert keys.rotate(at, join).live == 2
    assert all(opens(store, *pair) for store in (keys, other) for pair in claimed)


@pytest.mark.clause("9.4-6")
def test_nobody_fails_while_keys_rotate(
    keys: KeyStore, at: Moment, another: Callable[[], Room], small_chunks: None
):
    claimed, stop = keys.claim_many(BATCH), threading.Event()

    def work(store: KeyStore) -> int:
        done = 0
        while not stop.is_set():
            mine = store.claim_many(3)
            store._recent.drop(store._recent._known.copy())
            assert all(opens(store, *pair) for pair in (*claimed[done % 50 :][:5], *mine))
            store.destroy(key_id for key_id, _ in mine)
            done += 1
        return done

    with ThreadPoolExecutor(3) as pool:
        workers = [pool.submit(work, store) for store in (keys, another().keys, another().keys)]
        try:
            for _ in range(4):
                another().keys.rotate(at)
        finally:
            stop.set()
        assert all(worker.result() for worker in workers)
    assert keys.epochs()[-1].number == 5
