"""The log: append, read back, prove (policy 7.1, 9.3; house decisions 5 and 6).

An act and its entry commit in one transaction (``record``); a moment later entries get their places
in a Merkle tree (``integrate``) and its head is signed (``checkpoint``). Recording takes no lock
that two subjects share and needs no global counter. Nothing here can be switched off, and no entry
is ever changed or deleted.
"""

import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from troth.ledger import checkpoint as notes
from troth.ledger import tree
from troth.ledger.checkpoint import Checkpoint, InclusionProof, Signer
from troth.ledger.entry import Entry, decode, encode
from troth.ledger.given import GIVING
from troth.ledger.integrate import Integrator
from troth.ledger.tiles import WIDTH, Tiles
from troth.model.clock import Moment
from troth.model.errors import LedgerBroken, NotFound, StoreBusy, Unverifiable
from troth.model.standing import Standing
from troth.store.sql import Rows, Store, Tx

PAGE: Final = 500
ROWS: Final = 64

# Entries of one transaction. One that is there already is somebody else's: see ``record``.
KEEP: Final = ("INSERT INTO entries (who, nth, leaf) VALUES", 3)
# The same, waiting for their places.
WAIT: Final = ("INSERT INTO pending_entries (who, nth, id, kind, due, hash) VALUES", 6)
# The number of each subject's last entry.
LAST: Final = "SELECT who, MAX(nth) FROM entries WHERE who IN ({}) GROUP BY who"
# A subject's entries after one, in order.
TRAIL: Final = "SELECT nth, leaf FROM entries WHERE who = ? AND nth > ? ORDER BY nth LIMIT ?"
# Leaves by their places.
LEAVES: Final = (
    "SELECT e.leaf FROM placed_entries p JOIN entries e ON e.who = p.who AND e.nth = p.nth"
    " WHERE p.place >= ? AND p.place < ? ORDER BY p.place"
)
# Where an entry stands, and its leaf.
PLACED: Final = (
    "SELECT p.place, e.leaf FROM placed_entries p"
    " JOIN entries e ON e.who = p.who AND e.nth = p.nth WHERE p.id = ?"
)
PLACE: Final = "SELECT place FROM placed_entries WHERE id = ?"
# An entry that has no place yet.
WAITING: Final = (
    "SELECT w.due, e.leaf FROM pending_entries w"
    " JOIN entries e ON e.who = w.who AND e.nth = w.nth WHERE w.id = ?"
)
# The newest without a place, before a cursor (due, id).
NEWEST_WAITING: Final = (
    "SELECT e.leaf FROM pending_entries w JOIN entries e ON e.who = w.who AND e.nth = w.nth"
    " WHERE (w.due < ? OR (w.due = ? AND w.id < ?)) {kind}ORDER BY w.due DESC, w.id DESC LIMIT ?"
)
# The newest with a place, before a place.
NEWEST_PLACED: Final = (
    "SELECT e.leaf FROM placed_entries p JOIN entries e ON e.who = p.who AND e.nth = p.nth"
    " WHERE p.place < ? {kind}ORDER BY p.place DESC LIMIT ?"
)
SIZE: Final = "SELECT size FROM tree_head WHERE one = 1"
LATEST: Final = "SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1"
# A head that was signed already keeps its note, unless another key signs now.
SIGN: Final = (
    "INSERT INTO checkpoints (size, at, note) VALUES (?, ?, ?)"
    " ON CONFLICT (size) DO UPDATE SET note = excluded.note"
)
FAR: Final = 2**62
GIVEN: Final = tuple(kind.encode() for kind in GIVING)


class Log:
    """The ledger of one store, named by its ``origin``. Safe from many threads."""

    def __init__(self, store: Store, origin: str, signer: Signer) -> None:
        """Open the log over a store that has the ledger's tables."""
        self.origin = origin
        self.store = store
        self._signer = signer
        self._tiles = Tiles(store)
        self._integrator = Integrator(store)
        self._latest: tuple[Checkpoint, str] | None = None
        self._lock = threading.Lock()
        self._last_due = 0

    @property
    def vkey(self) -> str:
        """The key with which anyone can verify this log's checkpoints."""
        return self._signer.vkey

    # --- writing ---------------------------------------------------------------------------

    def record(
        self, tx: Tx, entries: Sequence[Entry], *, onto: Sequence[Standing] = ()
    ) -> tuple[Entry, ...]:
        """Remember entries in the caller's transaction; return them as numbered.

        ``onto`` are the standings, as they were loaded, onto which the entries were folded; with
        them no number has to be looked up. Raises ``StoreBusy`` when another writer recorded on the
        same subject meanwhile: everything was judged on a standing that is no longer true.
        """
        numbered, kept, waiting = [], [], []
        for entry, nth in _numbered(tx, entries, {at.pseudonym: at.entries for at in onto}):
            leaf = encode(entry)
            numbered.append(entry)
            kept.append((entry.who, nth, leaf))
            waiting.append(
                (entry.who, nth, entry.id, entry.kind, self._due(entry), tree.leaf_hash(leaf))
            )
        _insert(tx, KEEP, kept)
        _insert(tx, WAIT, waiting)
        return tuple(numbered)

    def _due(self, entry: Entry) -> int:
        # A clock may be set back between two entries of one subject; their order must not change.
        with self._lock:
            self._last_due = max(self._last_due, entry.at)
            return self._last_due

    def integrate(self, at: Moment, most: int | None = None) -> int:
        """Give up to ``most`` pending entries their places; return how many.

        0 when nothing waits, or while another process does it.
        """
        return self._integrator.run(at, most)

    def checkpoint(self, at: Moment) -> str:
        """Sign the head as it is and return the note; the same note while nothing was added.

        Raises ``LedgerBroken`` rather than sign a head that does not go on from the last one.
        """
        # The last note is read before the size: another process may sign a larger head meanwhile.
        rows = self.store.query(LATEST)
        head = self._head(self.size(), rows[0][0] if rows else "")
        note = self._signer.note(head.text())
        if rows and rows[0][0].startswith(note):
            note = str(rows[0][0])  # with the signatures of witnesses, if any were added
        else:
            self.store.transact(lambda tx: tx.run(SIGN, (head.size, at, note)))
        self._latest = (head, note)
        return note

    def _head(self, size: int, last: str) -> Checkpoint:
        """Return the head, if it goes on from the last note."""
        try:
            find = self._tiles.finder()
            root = tree.root(size, find)
            if last:
                old = notes.read(notes.opened(last)[0])
                path = tree.consistency(old.size, size, find)
                tree.check_consistency(old.size, size, path, old.root, root)
        except (NotFound, Unverifiable) as error:
            raise LedgerBroken(
                f"the ledger of {size} entries does not go on from its last checkpoint:"
                " nothing was signed",
                remedy="run the audit; restore what was removed or changed",
            ) from error
        return Checkpoint(origin=self.origin, size=size, root=root)

    # --- reading ---------------------------------------------------------------------------

    def size(self) -> int:
        """Return how many entries have a place in the tree."""
        return int(self.store.query(SIZE)[0][0])

    def latest(self) -> str:
        """Return the last signed checkpoint. Raises ``NotFound`` before the first."""
        rows = self.store.query(LATEST)
        if not rows:
            raise NotFound("no checkpoint was signed yet", remedy="wait for the next one")
        return str(rows[0][0])

    def trail(self, who: str, tx: Tx | None = None) -> list[Entry]:
        """Return a subject's entries, oldest first, those without a place included."""
        return list(self.walk(who, tx))

    def walk(self, who: str, tx: Tx | None = None) -> Iterator[Entry]:
        """Go through a subject's entries, oldest first, in flat memory."""
        read = tx.run if tx else self.store.query
        after = -1
        while rows := read(TRAIL, (who, after, PAGE)):
            for _, leaf in rows:
                yield decode(leaf)
            if len(rows) < PAGE:
                return
            after = rows[-1][0]

    def giving(self, who: str, tx: Tx) -> Iterator[Entry]:
        """Go through the entries that gave a subject's data to somebody; no other is decoded."""
        after = -1
        while rows := tx.run(TRAIL, (who, after, PAGE)):
            for _, leaf in rows:
                if any(kind in leaf for kind in GIVEN):
                    yield decode(leaf)
            if len(rows) < PAGE:
                return
            after = rows[-1][0]

    def entries(self, start: int, count: int) -> list[bytes]:
        """Return up to ``count`` leaves from place ``start`` on."""
        return [leaf for (leaf,) in self.store.query(LEAVES, (start, start + count))]

    def recent(
        self, kind: str | None = None, limit: int = 50, after: str | None = None
    ) -> list[Entry]:
        """Return entries newest first, of one kind or all; the next page comes ``after`` an id.

        Entries that have no place yet come first. Raises ``NotFound`` for an unknown ``after``.
        """
        before, place = (FAR, ""), FAR
        if after is not None:
            before, place = self._cursor(after)
        found = self._newest(NEWEST_WAITING, (before[0], *before), kind, limit)
        if len(found) < limit:
            found += self._newest(NEWEST_PLACED, (place,), kind, limit - len(found))
        return [decode(leaf) for (leaf,) in found]

    def _newest(self, sql: str, before: tuple[object, ...], kind: str | None, limit: int) -> Rows:
        asked = sql.format(kind="AND kind = ? " if kind else "")
        return self.store.query(asked, (*before, *((kind,) if kind else ()), limit))

    def _cursor(self, entry_id: str) -> tuple[tuple[int, str], int]:
        waiting = self.store.query(WAITING, (entry_id,))
        if waiting:
            return (waiting[0][0], entry_id), FAR
        place = self.position(entry_id)
        if place is None:
            raise NotFound(f"the ledger has no entry `{entry_id}`")
        return (-1, ""), place

    def position(self, entry_id: str) -> int | None:
        """Return an entry's place in the tree, or ``None`` while it has none."""
        rows = self.store.query(PLACE, (entry_id,))
        return rows[0][0] if rows else None

    def entry(self, entry_id: str) -> Entry:
        """Return one entry, with a place or without. Raises ``NotFound``."""
        for sql in (PLACED, WAITING):
            rows = self.store.query(sql, (entry_id,))
            if rows:
                return decode(rows[0][1])
        raise NotFound(f"the ledger has no entry `{entry_id}`")

    # --- proving ---------------------------------------------------------------------------

    def inclusion(self, entry_id: str) -> InclusionProof:
        """Prove that an entry stands in the ledger as signed.

        Raises ``NotFound`` when there is no such entry, or no checkpoint covers it yet.
        """
        rows = self.store.query(PLACED, (entry_id,))
        if not rows:
            raise NotFound(
                f"entry `{entry_id}` has no place in the ledger",
                remedy="wait for the next checkpoint",
            )
        place, leaf = rows[0]
        head, note = self._head_over(place)
        path = tree.inclusion(place, head.size, self._tiles.finder())
        return InclusionProof(leaf=leaf, index=place, path=tuple(path), checkpoint=note)

    def _head_over(self, place: int) -> tuple[Checkpoint, str]:
        if self._latest is None or self._latest[0].size <= place:
            note = self.latest()
            self._latest = (notes.read(notes.opened(note)[0]), note)
        if self._latest[0].size <= place:
            raise NotFound(
                f"no signed checkpoint covers entry {place} yet",
                remedy="wait for the next checkpoint",
            )
        return self._latest

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Prove that the ledger of ``new`` entries begins with that of ``old`` entries.

        Raises ``Unverifiable``, ``NotFound`` for sizes the ledger does not have.
        """
        return tree.consistency(old, new, self._tiles.finder())

    def tile(self, level: int, index: int, width: int = WIDTH) -> bytes:
        """Return a tile as C2SP tlog-tiles serves it. Raises ``NotFound``."""
        return self._tiles.tile(level, index, width)

    def bundle(self, index: int, width: int = WIDTH) -> bytes:
        """Return an entry bundle as C2SP tlog-tiles serves it. Raises ``NotFound``."""
        leaves = self.entries(index * WIDTH, width)
        if len(leaves) != width or not leaves:
            raise NotFound(f"the ledger has no bundle {index} of {width} entries")
        return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def _numbered(
    tx: Tx, entries: Sequence[Entry], counts: Mapping[str, int]
) -> Iterator[tuple[Entry, int]]:
    """Give each entry its number among its subject's, and each about nobody a number of its own.

    The latter is the entry's moment and 21 random bits: in order of time, and without a counter.
    """
    last = dict(counts)
    last.update(_last(tx, {entry.who for entry in entries if entry.who} - last.keys()))
    nobody = 0
    for entry in entries:
        who = entry.who
        if not who:
            nobody = max((entry.at << 21) + secrets.randbelow(1 << 21), nobody + 1)
            yield entry, nobody
            continue
        last[who] += 1
        yield msgspec.structs.replace(entry, nth=last[who]), last[who]


def _last(tx: Tx, whos: set[str]) -> dict[str, int]:
    last, asked = dict.fromkeys(whos, 0), sorted(whos)
    for start in range(0, len(asked), ROWS):
        part = asked[start : start + ROWS]
        last.update(tx.run(_in(LAST, len(part)), part))
    return last


@lru_cache(maxsize=ROWS)
def _in(sql: str, count: int) -> str:
    return sql.format(", ".join("?" * count))


def _insert(tx: Tx, into: tuple[str, int], rows: Sequence[tuple[object, ...]]) -> None:
    for start in range(0, len(rows), ROWS):
        part = rows[start : start + ROWS]
        values = [value for row in part for value in row]
        if tx.change(_many(*into, len(part)), values) != len(part):
            raise StoreBusy(
                "another act was recorded on the same subject at the same time",
                remedy="load the standing again and repeat the act",
            )


@lru_cache(maxsize=2 * ROWS)
def _many(into: str, columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"{into} {', '.join([row] * rows)} ON CONFLICT DO NOTHING"
