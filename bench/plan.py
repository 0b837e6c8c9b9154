"""How much to measure: three sizes of run, and a tiny one that only proves the plumbing."""

from typing import Final, Literal

from msgspec import Struct

from bench.harness import Pace

Mode = Literal["tiny", "quick", "default", "full"]


class Plan(Struct, frozen=True, kw_only=True):
    """What a run does. ``huge`` are sizes for reading cases only; ``entries`` are ledger sizes."""

    mode: Mode
    sizes: tuple[int, ...]
    huge: tuple[int, ...] = ()
    entries: tuple[int, ...]
    keys: int
    requests: int
    storm: int
    pace: Pace
    slow_peers: int = 10_000
    install: bool = False

    def reading_sizes(self) -> tuple[int, ...]:
        """Return the sizes at which decide, get and search are timed."""
        return (*self.sizes, *self.huge)


PLANS: Final[dict[Mode, Plan]] = {
    "tiny": Plan(
        mode="tiny",
        sizes=(50,),
        entries=(50,),
        keys=50,
        requests=20,
        storm=4,
        pace=Pace(rounds=2, slice_ms=0.5),
        slow_peers=50,
    ),
    "quick": Plan(
        mode="quick",
        sizes=(1_000, 10_000),
        entries=(1_000, 20_000),
        keys=5_000,
        requests=1_500,
        storm=60,
        pace=Pace(rounds=7, slice_ms=25),
        slow_peers=2_000,
    ),
    "default": Plan(
        mode="default",
        sizes=(1_000, 10_000, 100_000),
        entries=(10_000, 100_000, 1_000_000),
        keys=100_000,
        requests=6_000,
        storm=500,
        pace=Pace(rounds=15, slice_ms=40),
    ),
    "full": Plan(
        mode="full",
        sizes=(1_000, 10_000, 100_000),
        huge=(1_000_000,),
        entries=(10_000, 100_000, 1_000_000),
        keys=1_000_000,
        requests=12_000,
        storm=500,
        pace=Pace(rounds=21, slice_ms=60),
    ),
}
