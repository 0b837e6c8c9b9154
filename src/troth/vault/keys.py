"""One data key per subject, wrapped, in a store of its own; keys die for good (7.1, 6.4b, 9.4-6).

A data key is 32 random bytes under a random id. It lies in the key store wrapped under the current
*epoch key*, which lies in a file under the root key (``home``). The key store knows no subject.

Destroying a data key deletes its row: effective at once. Copies of the row may linger in free space
of the database, in its log and in its backups; ``rotate`` makes them worthless: it wraps all living
keys under a new epoch key and destroys the old one. From then on an erasure is irreversible.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Lock
from typing import Final, NamedTuple

from msgspec import Struct

from troth.model.clock import Moment, SystemClock
from troth.model.errors import Misconfigured, Sealed, WrongRootKey
from troth.model.terms import KeyId
from troth.store.sql import Store, Tx
from troth.vault.home import KeyHome, RootKey
from troth.vault.recent import Recent
from troth.vault.seal import Cipher, fresh_key, place, seal, seal_many, unseal

Keyed = tuple[KeyId, Cipher]
"""A data key: its id, and the opened key itself."""

BATCH: Final = 64
BATCH_MOST: Final = 1024
CHUNK: Final = 1000
"""Keys rewrapped in one transaction: a few milliseconds of the write lock."""
REMEMBERED: Final = 4096
TRIES: Final = 5
PROOF: Final = b"troth"

READ_EPOCHS: Final = "SELECT number, made_at, state, proof FROM epochs ORDER BY number"
"""Every epoch there ever was."""
LIVE_EPOCH: Final = "SELECT number FROM epochs WHERE state = 'live' FOR UPDATE"
"""The epoch new keys go to, held still so that a rotation cannot begin meanwhile."""
CLOSING_EPOCH: Final = "SELECT number FROM epochs WHERE state = 'closing'"
"""The epoch a rotation has not finished with."""
ADD_EPOCH: Final = (
    "INSERT INTO epochs (number, made_at, state, proof) VALUES (?, ?, 'live', ?)"
    " ON CONFLICT (number) DO NOTHING"
)
"""Begin an epoch."""
MARK_EPOCH: Final = "UPDATE epochs SET state = ? WHERE number = ?"
"""Move an epoch on: live, closing, destroyed."""
ADD_KEY: Final = "INSERT INTO wrapped_keys (key_id, wrapped, epoch) VALUES (?, ?, ?)"
"""Keep a new data key, wrapped."""
READ_KEY: Final = "SELECT epoch, wrapped FROM wrapped_keys WHERE key_id = ?"
"""One wrapped key and the epoch it is wrapped under."""
READ_KEYS: Final = "SELECT key_id, epoch, wrapped FROM wrapped_keys WHERE key_id IN ({})"
"""Some wrapped keys, each with the epoch it is wrapped under."""
DELETE_KEY: Final = "DELETE FROM wrapped_keys WHERE key_id = ?"
"""Destroy a data key's row."""
STILL_THERE: Final = "SELECT key_id FROM wrapped_keys WHERE key_id IN ({})"
"""Which of these keys still exist."""
ANY_KEY: Final = "SELECT 1 FROM wrapped_keys LIMIT 1"
"""Whether there is any key."""
NEXT_KEYS: Final = (
    "SELECT key_id, wrapped FROM wrapped_keys WHERE key_id > ? AND epoch = ?"
    " ORDER BY key_id LIMIT ?"
)
"""The next keys of an epoch, in the order of their ids."""
REWRAP_KEY: Final = "UPDATE wrapped_keys SET epoch = ?, wrapped = ? WHERE key_id = ? AND epoch = ?"
"""Put a key under another epoch; nothing happens to one that was destroyed meanwhile."""


class Epoch(Struct, frozen=True):
    """A time during which data keys were wrapped under one epoch key."""

    number: int
    made_at: Moment
    state: str


class Rotation(Struct, frozen=True):
    """What a rotation did: the epoch that died, the one that lives, how many keys moved."""

    destroyed: int
    live: int
    keys: int


class _Move(NamedTuple):
    """From which epoch to which, with both keys."""

    old: int
    new: int
    opens: Cipher
    closes: Cipher

    def rewrap(self, chunk: list[tuple[KeyId, bytes]]) -> list[tuple[int, bytes, KeyId, int]]:
        """Return the new rows for some wrapped keys; worked out while nothing is locked."""
        opened = [
            (unseal(self.opens, wrapped, _place(key_id, self.old)), _place(key_id, self.new))
            for key_id, wrapped in chunk
        ]
        fresh = seal_many(self.closes, opened)
        return [
            (self.new, wrapped, key_id, self.old)
            for (key_id, _), wrapped in zip(chunk, fresh, strict=True)
        ]


class KeyStore:
    """The data keys of one region. Safe from many threads and processes."""

    def __init__(
        self,
        store: Store,
        home: KeyHome,
        *,
        at: Moment | None = None,
        remember: int = REMEMBERED,
    ) -> None:
        """Take a migrated ``keys`` store; begin the first epoch if there is none.

        ``at`` is when that first epoch begins (default: now). Raises ``WrongRootKey`` when the
        epoch keys in ``home`` are not of this store, ``Misconfigured`` when one is missing.
        """
        self._store = store
        self._home = home
        self._lock = Lock()
        self._spare: list[Keyed] = []
        self._batch = BATCH
        self._wrapping: dict[int, Cipher] = {}
        self._recent: Recent[KeyId, Cipher] = Recent(remember)
        self._demand_epochs()
        if not self.epochs():
            store.transact(lambda tx: self._begin(tx, 1, SystemClock().now() if at is None else at))
        self._bury()

    # --- data keys -----------------------------------------------------------------------------

    def claim(self) -> Keyed:
        """Return a new data key. They are made in batches: most claims cost no commit."""
        return self.claim_many(1)[0]

    def claim_many(self, count: int) -> list[Keyed]:
        """Return that many new data keys."""
        with self._lock:
            if count > len(self._spare):
                self._spare += self._make(max(self._batch, count - len(self._spare)))
                self._batch = min(2 * self._batch, BATCH_MOST)
            claimed = self._spare[-count:] if count else []
            del self._spare[len(self._spare) - count :]
        mark = self._recent.mark()
        for key_id, cipher in claimed:
            self._recent.put(key_id, cipher, mark)
        return claimed

    def open(self, key_id: KeyId) -> Cipher:
        """Return a data key, opened. Raises ``Sealed`` when it was destroyed."""
        cipher = self.get(key_id)
        if cipher is None:
            raise Sealed("a value could not be opened: its key is gone", clause="6.4b")
        return cipher

    def get(self, key_id: KeyId) -> Cipher | None:
        """Return a data key, opened, or ``None`` when it was destroyed."""
        return self._recent.get(key_id) or self._load(key_id)

    def destroy(self, key_ids: Iterable[KeyId]) -> None:
        """Destroy data keys: nothing they sealed opens again. Unknown ones are no error."""
        doomed = list(key_ids)
        if doomed:
            self._store.transact(
                lambda tx: tx.run_many(DELETE_KEY, [(key_id,) for key_id in doomed]), urgent=True
            )
            self._recent.drop(doomed)

    def missing(self, key_ids: Sequence[KeyId]) -> set[KeyId]:
        """Return those of these keys that are not in the store (any more)."""
        sql = STILL_THERE.format(", ".join("?" * len(key_ids)))
        found = self._store.query(sql, key_ids) if key_ids else []
        return set(key_ids) - {key_id for (key_id,) in found}

    def close(self) -> None:
        """Give back the keys that were made ahead and never claimed."""
        with self._lock:
            spare, self._spare = self._spare, []
        self.destroy(key_id for key_id, _ in spare)

    def get_many(self, key_ids: Sequence[KeyId]) -> dict[KeyId, Cipher]:
        """Return data keys, opened, by their ids; destroyed ones are left out."""
        found = {key: cipher for key in key_ids if (cipher := self._recent.get(key)) is not None}
        wanted = [key for key in key_ids if key not in found]
        for start in range(0, len(wanted), BATCH_MOST):
            some = wanted[start : start + BATCH_MOST]
            rows = self._store.query(READ_KEYS.format(", ".join("?" * len(some))), some)
            for key_id, number, wrapped in rows:
                key = KeyId(key_id)
                wrapping = self._epoch(number)
                # An epoch that ended meanwhile has wrapped it anew: it is read by itself.
                known = (
                    Cipher(unseal(wrapping, wrapped, _place(key, number)))
                    if wrapping is not None
                    else self._load(key)
                )
                if known is not None:
                    found[key] = known
        return found

    def _make(self, count: int) -> list[Keyed]:
        fresh = [(KeyId(os.urandom(16).hex()), fresh_key()) for _ in range(count)]

        def add(tx: Tx) -> None:
            number = _live(tx)
            places = [(key, _place(key_id, number)) for key_id, key in fresh]
            wrapped = seal_many(self._demand(number), places)
            ids = [key_id for key_id, _ in fresh]
            tx.run_many(ADD_KEY, [(*row, number) for row in zip(ids, wrapped, strict=True)])

        self._store.transact(add)
        return [(key_id, Cipher(key)) for key_id, key in fresh]

    def _load(self, key_id: KeyId) -> Cipher | None:
        for _ in range(TRIES):
            mark = self._recent.mark()
            rows = self._store.query(READ_KEY, (key_id,))
            if not rows:
                return None
            number, wrapped = rows[0]
            wrapping = self._epoch(number)
            if wrapping is not None:
                cipher = Cipher(unseal(wrapping, wrapped, _place(key_id, number)))
                self._recent.put(key_id, cipher, mark)
                return cipher
            # The epoch ended between the two reads: the row names its successor by now.
        raise self._no_epoch(number)

    # --- epochs --------------------------------------------------------------------------------

    def epochs(self) -> list[Epoch]:
        """Return every epoch, oldest first; ``state`` is live, closing or destroyed."""
        return [Epoch(number, at, state) for number, at, state, _ in self._store.query(READ_EPOCHS)]

    @property
    def oldest_epoch_made_at(self) -> Moment:
        """When the oldest epoch began whose key still exists."""
        return min(epoch.made_at for epoch in self.epochs() if epoch.state != "destroyed")

    def rotate(self, at: Moment, progress: Callable[[int], None] | None = None) -> Rotation:
        """Wrap every living key under a new epoch key, then destroy the old one.

        Keys can be opened, made and destroyed all the while. After a kill at any point the next
        call goes on where this one was. ``progress`` hears how many keys have moved so far.
        """
        old, new = self._store.transact(lambda tx: self._turn(tx, at))
        # Both keys stay in memory to the end, even if a twin elsewhere finishes first.
        move = _Move(old, new, self._demand(old), self._demand(new))
        moved = 0
        for chunk in self._chunks(old):
            self._rewrite(move.rewrap(chunk))
            moved += len(chunk)
            if progress:
                progress(moved)
        self._store.transact(lambda tx: tx.run(MARK_EPOCH, ("destroyed", old)))
        self._bury()
        self._store.scrub()
        return Rotation(old, new, moved)

    def _turn(self, tx: Tx, at: Moment) -> tuple[int, int]:
        live = _live(tx)
        closing = tx.run(CLOSING_EPOCH)
        if closing:
            return closing[0][0], live
        tx.run(MARK_EPOCH, ("closing", live))
        self._begin(tx, live + 1, at)
        return live, live + 1

    def _begin(self, tx: Tx, number: int, at: Moment) -> None:
        cipher = Cipher(self._home.make_epoch(number))
        tx.run(ADD_EPOCH, (number, at, seal(cipher, PROOF, place("epoch", str(number)))))

    def _rewrite(self, rows: list[tuple[int, bytes, KeyId, int]]) -> None:
        self._store.transact(lambda tx: tx.run_many(REWRAP_KEY, rows))

    def _chunks(self, epoch: int) -> Iterator[list[tuple[KeyId, bytes]]]:
        last = ""
        while rows := self._store.query(NEXT_KEYS, (last, epoch, CHUNK)):
            yield [(KeyId(key_id), wrapped) for key_id, wrapped in rows]
            last = rows[-1][0]

    def _bury(self) -> None:
        """Destroy the files of ended epochs; a kill may have left one."""
        ended = self._ended()
        for number in ended:
            self._wrapping.pop(number, None)
            self._home.forget_epoch(number)
        for number in ended.intersection(self._home.epochs()):
            self._home.destroy_epoch(number)

    def _ended(self) -> set[int]:
        return {epoch.number for epoch in self.epochs() if epoch.state == "destroyed"}

    def _epoch(self, number: int) -> Cipher | None:
        cipher = self._wrapping.get(number)
        if cipher is None:
            key = self._home.epoch(number)
            if key is None:
                return None
            cipher = self._wrapping[number] = Cipher(key)
        return cipher

    def _demand(self, number: int) -> Cipher:
        cipher = self._epoch(number)
        if cipher is None:
            raise self._no_epoch(number)
        return cipher

    def _demand_epochs(self) -> None:
        rows = self._store.query(READ_EPOCHS)
        if not rows and self._store.query(ANY_KEY):
            raise Misconfigured(f"the key store `{self._store.name}` has keys and no epoch")
        for number, _, state, proof in rows:
            # Another process may be ending the epoch this very moment.
            if state == "destroyed" or (self._epoch(number) is None and number in self._ended()):
                continue
            try:
                unseal(self._demand(number), proof, place("epoch", str(number)))
            except Sealed:
                raise WrongRootKey(
                    f"`epoch-{number:04d}.key` is not of the key store `{self._store.name}`;"
                    " nothing was changed",
                    remedy="give the key folder that belongs to this key store",
                ) from None

    def _no_epoch(self, number: int) -> Misconfigured:
        return Misconfigured(
            f"`epoch-{number:04d}.key` is missing from `{self._home.folder}`; nothing was changed",
            remedy="restore the key folder that belongs to this key store",
        )


def _live(tx: Tx) -> int:
    for _ in range(TRIES):
        # A statement that waited for a rotation to begin finds the old epoch no longer live and
        # does not see the new one yet; the next statement does.
        if rows := tx.run(LIVE_EPOCH):
            return int(rows[0][0])
    raise Misconfigured("the key store has no live epoch", remedy="restore its backup")


def _place(key_id: KeyId, epoch: int) -> bytes:
    return place("data key", key_id, str(epoch))


__all__ = [
    "Epoch",
    "KeyHome",
    "KeyId",
    "KeyStore",
    "Keyed",
    "RootKey",
    "Rotation",
]
