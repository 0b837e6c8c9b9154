"""Keys that have to die: written down with the erasure, destroyed after its commit (policy 6.4b).

Until a key is destroyed it stands in the table ``doomed``, written in the erasure's own
transaction: what a crash leaves there is finished at the next start.
"""

from collections.abc import Sequence
from threading import Lock
from typing import Final

from msgspec import Struct

from troth.model.terms import SubjectId
from troth.store.sql import Store, Tx
from troth.vault.keys import KeyId, KeyStore

PAGE: Final = 500
DEAD_MOST: Final = 100

ADD_DOOMED: Final = "INSERT INTO doomed (key_id) VALUES (?) ON CONFLICT (key_id) DO NOTHING"
"""A key that has to die once this transaction stands."""
READ_DOOMED: Final = "SELECT key_id FROM doomed ORDER BY key_id LIMIT ?"
"""Keys whose death a crash may have prevented."""
DELETE_DOOMED: Final = "DELETE FROM doomed WHERE key_id = ?"
"""A key is dead."""


class Doomed(Struct, frozen=True):
    """Keys that have to die after the commit, and whose they were; ``a + b`` dooms both.

    ``struck`` are keys that died before and were struck off in the same transaction.
    """

    keys: tuple[KeyId, ...] = ()
    subjects: tuple[SubjectId, ...] = ()
    struck: tuple[KeyId, ...] = ()

    def __add__(self, other: "Doomed") -> "Doomed":
        """Doom the keys of both."""
        return Doomed(
            self.keys + other.keys, self.subjects + other.subjects, self.struck + other.struck
        )

    def __bool__(self) -> bool:
        """Tell whether anything has to die."""
        return bool(self.keys)


class Dying:
    """The keys of one region that have to die. Safe from many threads."""

    def __init__(self, store: Store, keys: KeyStore) -> None:
        self._store = store
        self._keys = keys
        self._lock = Lock()
        self._dead: set[KeyId] = set()

    def doom(self, tx: Tx, keys: Sequence[KeyId], subjects: tuple[SubjectId, ...] = ()) -> Doomed:
        """Write keys down to die, in the transaction that ends their use."""
        if keys:
            tx.run_many(ADD_DOOMED, [(key,) for key in keys])
        # Those whose death is certain are struck off along the way: it saves a commit of its own.
        return Doomed(tuple(keys), subjects, self._strike(tx))

    def finish(self, doomed: Doomed) -> None:
        """Destroy keys, after the commit. Doing so twice is no error.

        They are struck off the table ``doomed`` with the next ones, when many have gathered, or by
        ``finish_pending``.
        """
        self._keys.destroy(doomed.keys)
        with self._lock:
            self._dead.difference_update(doomed.struck)
            self._dead.update(doomed.keys)
        if len(self._dead) > DEAD_MOST:
            self._strike_all()

    def finish_pending(self) -> int:
        """Destroy what a crash left doomed; return how many keys. Empties the table."""
        self._strike_all()
        count = 0
        while rows := self._store.query(READ_DOOMED, (PAGE,)):
            self.finish(Doomed(tuple(KeyId(key) for (key,) in rows)))
            self._strike_all()
            count += len(rows)
        return count

    def _strike(self, tx: Tx) -> tuple[KeyId, ...]:
        with self._lock:
            struck = tuple(sorted(self._dead))
        if struck:
            tx.run_many(DELETE_DOOMED, [(key,) for key in struck])
        return struck

    def _strike_all(self) -> None:
        struck = self._store.transact(self._strike, urgent=True)
        with self._lock:
            self._dead.difference_update(struck)
