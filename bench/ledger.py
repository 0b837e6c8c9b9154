"""Remembering what was done: append, integrate, prove, verify, on the ledger alone."""

import itertools
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from bench.harness import Args, Contender, cycle, interleave
from bench.peer.ledger import DurableTree, ProvingTree
from bench.people import AT
from bench.plan import Plan
from bench.report import OURS, Findings, Goal, rows_of
from bench.sketch.ledger import LedgerSketch, TreeSketch
from troth.ledger import entry as entries
from troth.ledger.checkpoint import Signer
from troth.ledger.entry import Entry
from troth.ledger.log import Log
from troth.ledger.verify import verify_inclusion
from troth.model.acts import SYSTEM, Use
from troth.store.sql import migrate
from troth.store.sqlite import SqliteStore

GROUP: Final = "ledger"
BATCH: Final = 256
PROVED: Final = 2_000
"""How many entries of a ledger are proved, spread over all of it."""
GROWTH: Final = Goal(of="growth", bound="<=", limit=1.5)


def used(who: str) -> Entry:
    """Return the entry of a use of one field."""
    act = Use(subject=None, fields=("contact.email",), purpose="security")
    return entries.of(act, who=who, at=AT, by=SYSTEM, edition="0" * 16, clauses=("2.2.5a", "7.3"))


class Book:
    """A ledger of Troth's with ``n`` integrated entries about ``n / 10`` subjects."""

    def __init__(self, path: Path, n: int) -> None:
        self.n = n
        self.store = SqliteStore(path)
        migrate(self.store, "data", AT)
        self.signer = Signer("bench.local", bytes(32))
        self.log = Log(self.store, "bench.local", self.signer)
        self.subjects = [f"{number:032x}" for number in range(max(1, n // 10))]
        self.recorded = itertools.count(1)
        kept = max(1, n // PROVED)
        self.some: list[str] = []
        for first in range(0, n, 4 * BATCH):
            wave = self.entries(min(4 * BATCH, n - first))
            self.keep(wave)
            self.some += [entry.id for i, entry in enumerate(wave, first) if i % kept == 0]
        self.log.integrate(AT)
        self.log.checkpoint(AT)

    def entries(self, count: int) -> list[Entry]:
        """Return entries about subjects at random."""
        return [used(who) for who in random.choices(self.subjects, k=count)]

    def keep(self, wave: Sequence[Entry]) -> None:
        """Record entries in one durable transaction."""
        self.store.transact(lambda tx: self.log.record(tx, wave))

    def keep_one(self, entry: Entry) -> None:
        """Record one entry durably; every 256th also pays for integrating them all."""
        self.keep([entry])
        if next(self.recorded) % BATCH == 0:
            self.log.integrate(AT)

    def keep_wave(self, wave: Sequence[Entry]) -> None:
        """Record a wave of entries and integrate them."""
        self.keep(wave)
        self.log.integrate(AT)


class Floors:
    """The sketch and the peer, filled with entries of the same bytes."""

    def __init__(self, folder: Path, n: int, leaves: Sequence[bytes], peer_n: int) -> None:
        self.n = n
        self.sketch = LedgerSketch(folder / "sketch.db")
        for first in range(0, n, 4 * BATCH):
            count = min(4 * BATCH, n - first)
            self.sketch.append_many([leaves[i % len(leaves)] for i in range(count)])
        self.peers = {
            "pymerkle": DurableTree(folder / "pymerkle.db"),
            "pymerkle, WAL": DurableTree(folder / "pymerkle-wal.db", wal=True),
        }
        for peer in self.peers.values():
            peer.fill(leaves[i % len(leaves)] for i in range(min(n, peer_n)))


def append_one(book: Book, floors: Floors, leaves: Sequence[bytes]) -> list[Contender]:
    """Append entries one by one, each durable."""

    def ours(calls: int) -> list[Args]:
        return [(entry,) for entry in book.entries(calls)]

    one = cycle([(leaf,) for leaf in leaves])
    return [
        Contender(name=OURS, n=book.n, call=book.keep_one, supply=ours),
        Contender(name="sketch", n=book.n, call=floors.sketch.append, supply=one),
        *(
            Contender(name=name, n=book.n, call=peer.append, supply=one)
            for name, peer in floors.peers.items()
        ),
    ]


def append_waves(book: Book, floors: Floors, leaves: Sequence[bytes]) -> list[Contender]:
    """Append 256 entries in a transaction and integrate them."""

    def ours(calls: int) -> list[Args]:
        return [(book.entries(BATCH),) for _ in range(calls)]

    waves = cycle([(leaves[i : i + BATCH],) for i in range(0, len(leaves), BATCH)])
    one = cycle([(leaf,) for leaf in leaves])
    return [
        Contender(name=OURS, n=book.n, call=book.keep_wave, supply=ours, work=BATCH, most=40),
        Contender(
            name="sketch",
            n=book.n,
            call=floors.sketch.append_many,
            supply=waves,
            work=BATCH,
            most=40,
        ),
        Contender(name="pymerkle", n=book.n, call=floors.peers["pymerkle"].append, supply=one),
    ]


def prove(book: Book, floors: Floors, leaves: Sequence[bytes]) -> list[Contender]:
    """Prove that an entry stands in the ledger, from what is on disk."""
    tree = TreeSketch([leaves[i % len(leaves)] for i in range(book.n)])
    peer = floors.peers["pymerkle, WAL"]
    small = peer.size()
    beside = ProvingTree(leaves[i % len(leaves)] for i in range(small))
    ids = random.sample(book.some, len(book.some))
    return [
        Contender(name=OURS, n=book.n, call=book.log.inclusion, supply=cycle([(i,) for i in ids])),
        Contender(name="sketch", n=book.n, call=tree.proof, supply=_places(book.n)),
        Contender(name="pymerkle", n=book.n, call=peer.prove, supply=_places(small), most=2_000),
        Contender(name="pymerkle, memory", n=book.n, call=beside.prove, supply=_places(small)),
    ]


def _places(n: int) -> Callable[[int], list[Args]]:
    return lambda calls: [(place,) for place in random.choices(range(n), k=calls)]


def verify(book: Book) -> list[Contender]:
    """Check a proof with nothing but the public key."""
    proofs = [(book.log.inclusion(entry), book.signer.vkey) for entry in book.some[:200]]
    return [Contender(name=OURS, n=book.n, call=verify_inclusion, supply=cycle(proofs))]


ONE: Final = (
    Goal(of="x", bound="<=", limit=1.3, against="sketch"),
    Goal(of="faster", bound=">=", limit=4.0, against="pymerkle"),
    GROWTH,
)
WAVES: Final = (
    Goal(of="/s", bound=">=", limit=30_000),
    Goal(of="faster", bound=">=", limit=4.0, against="pymerkle"),
    GROWTH,
)
PROVE: Final = (
    Goal(of="us", bound="<=", limit=60, only_n=1_000_000),
    Goal(of="faster", bound=">=", limit=8.0, against="pymerkle", only_n=1_000_000),
    GROWTH,
)


def run(plan: Plan, folder: Path) -> Findings:
    """Time appends at every ledger size, and proofs over the same ledgers."""
    found = Findings(group=GROUP)
    leaves = [entries.encode(used(f"{i:032x}")) for i in range(16 * BATCH)]
    books, floors = [], []
    for n in plan.entries:
        place = folder / str(n)
        place.mkdir()
        books.append(Book(place / "troth.db", n))
        floors.append(Floors(place, n, leaves, plan.slow_peers))
    pairs = list(zip(books, floors, strict=True))
    proving = [one for book, floor in pairs for one in prove(book, floor, leaves)]
    _time(found, plan, "prove inclusion", proving, PROVE)
    _time(found, plan, "verify a proof", [c for book in books for c in verify(book)], ())
    ones = [c for book, floor in pairs for c in append_one(book, floor, leaves)]
    _time(found, plan, "append, one in a transaction", ones, ONE)
    waves = [c for book, floor in pairs for c in append_waves(book, floor, leaves)]
    _time(found, plan, f"append and integrate {BATCH} in a transaction", waves, WAVES)
    return found


def _time(
    found: Findings, plan: Plan, operation: str, contenders: list[Contender], goals: Sequence[Goal]
) -> None:
    timed = interleave(contenders, plan.pace, "wall")
    found.rows += rows_of(GROUP, operation, timed, goals)
