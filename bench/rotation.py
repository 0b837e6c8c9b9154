"""A new epoch for every key, while others read: how long, and does any read fail?"""

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from msgspec import Struct

from bench.people import AT
from bench.plan import Plan
from bench.report import Fact, Findings, Goal, verdict
from troth.model.errors import TrothError
from troth.store.sql import migrate
from troth.store.sqlite import SqliteStore
from troth.vault.keys import KeyHome, KeyId, KeyStore, RootKey

GROUP: Final = "rotation"
WAVE: Final = 4096
SAMPLE: Final = 20_000
"""How many keys the readers choose from, spread over all of them."""
LONGEST: Final = 120.0
"""Seconds that a rotation of a million keys may take."""


class Reads(Struct):
    """What one reader saw."""

    done: int = 0
    failed: int = 0
    worst_us: float = 0.0


def opened(folder: Path) -> tuple[SqliteStore, KeyStore]:
    """Open the key store of this benchmark, as a process of its own would."""
    store = SqliteStore(folder / "keys.db")
    migrate(store, "keys", AT)
    root = RootKey.from_reference(f"file:{folder / 'root.key'}")
    return store, KeyStore(store, KeyHome(folder / "keys", root), at=AT, remember=16)


def read_until(keys: KeyStore, ids: list[KeyId], stop: Path, pause: float = 0.0) -> Reads:
    """Open keys at random until a file appears; the cache is kept too small to help."""
    seen = Reads()
    while not stop.exists():
        for key_id in random.choices(ids, k=50):
            start = time.perf_counter()
            try:
                keys.open(key_id)
            except TrothError:
                seen.failed += 1
            seen.worst_us = max(seen.worst_us, (time.perf_counter() - start) * 1e6)
            seen.done += 1
            time.sleep(pause)
    return seen


def read_elsewhere(folder: str, ids: list[KeyId]) -> Reads:
    """Read in a process of its own, until told to stop."""
    store, keys = opened(Path(folder))
    (Path(folder) / "reading").touch()
    seen = read_until(keys, ids, Path(folder) / "stop")
    store.close()
    return seen


@contextmanager
def readers(folder: Path, keys: KeyStore, ids: list[KeyId]) -> Iterator[list[Reads]]:
    """Let one process read as fast as it can and one thread beside the rotation steadily."""
    seen: list[Reads] = []
    stop = folder / "stop"

    def beside() -> None:
        seen.append(read_until(keys, ids, stop, pause=0.002))

    thread = threading.Thread(target=beside)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        elsewhere = pool.submit(read_elsewhere, str(folder), ids)
        thread.start()
        try:
            while not (folder / "reading").exists() and not elsewhere.done():
                time.sleep(0.05)
            yield seen
        finally:
            stop.touch()
            thread.join()
            seen.append(elsewhere.result())


def run(plan: Plan, folder: Path) -> Findings:
    """Make keys, start readers, rotate once."""
    found = Findings(group=GROUP)
    (folder / "keys").mkdir(mode=0o700)
    RootKey.create(folder / "root.key")
    store, keys = opened(folder)
    ids: list[KeyId] = []
    for first in range(0, plan.keys, WAVE):
        ids += [key_id for key_id, _ in keys.claim_many(min(WAVE, plan.keys - first))]
    some = random.sample(ids, min(SAMPLE, len(ids)))
    with readers(folder, keys, some) as seen:
        start = time.perf_counter()
        done = keys.rotate(AT)
        took = time.perf_counter() - start
    store.close()
    found.facts += _facts(plan.keys, done.keys, took, seen)
    return found


def _facts(n: int, moved: int, took: float, seen: list[Reads]) -> list[Fact]:
    million = took / n * 1e6
    failed = sum(one.failed for one in seen)
    quick = verdict(Goal(of="s", bound="<=", limit=LONGEST), million)
    none = verdict(Goal(of="reads", bound="<=", limit=0), failed)
    scaled = "measured" if n == 1_000_000 else f"in proportion, from {n:,}"

    def fact(operation: str, value: float, unit: str, note: str = "") -> Fact:
        return Fact(group=GROUP, operation=operation, value=value, unit=unit, n=n, note=note)

    rotated = Fact(
        group=GROUP,
        operation="rotate a million keys",
        value=million,
        unit="s",
        n=n,
        verdicts=[quick],
        note=scaled,
    )
    unread = Fact(
        group=GROUP,
        operation="failed reads meanwhile",
        value=failed,
        unit="reads",
        n=n,
        verdicts=[none],
        note=f"of {sum(one.done for one in seen):,}",
    )
    return [
        rotated,
        unread,
        fact("keys rewrapped", moved, "keys", f"{moved / took:,.0f}/s"),
        fact("longest read meanwhile", max(one.worst_us for one in seen) / 1e3, "ms"),
    ]
