"""Looking at one database, whatever it is, and proposing its map (policy 9.1)."""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Final, Protocol, cast

from msgspec import Struct

from troth.egress.inspecting.proposing import Proposal, propose
from troth.egress.inspecting.seen import Holds, SeenTable
from troth.model.errors import Misconfigured
from troth.model.secret import Secret

KINDS: Final = {
    **dict.fromkeys(("postgresql", "postgres", "mysql", "mariadb", "sqlite"), "tables:SqlLook"),
    **dict.fromkeys(("redis", "rediss", "unix"), "keys:RedisLook"),
    **dict.fromkeys(("s3", "file"), "files:ObjectLook"),
}
"""What looks at an address, by how it begins."""
Progress = Callable[[str], None]


class Look(Protocol):
    """One database, looked at."""

    def tables(self) -> Iterator[SeenTable]:
        """Look at every table. Raises ``Unreachable``."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Inspected(Struct, frozen=True, kw_only=True):
    """What was proposed, and what a table holds in figures: names and counts, no values."""

    proposal: Proposal
    tables: int
    columns: int


def inspect(
    url: Secret, *, name: str, shown: str = "", progress: Progress = lambda _: None
) -> Inspected:
    """Look at a database and propose its map.

    ``shown`` is written into the map instead of the address, such as ``env:SHOP_URL``. Raises
    ``Misconfigured``, ``Unreachable``.
    """
    look = _opened(name, url.reveal())
    try:
        seen: list[SeenTable] = []
        for table in look.tables():
            seen.append(table)
            progress(table.name)
        proposal = propose(name, shown, seen, _prober(look))
    finally:
        look.close()
    columns = sum(len(table.columns) for table in seen)
    return Inspected(proposal=proposal, tables=len(seen), columns=columns)


def _prober(look: Look) -> Callable[[str, str, Sequence[Secret]], Holds] | None:
    holds: object = getattr(look, "holds", None)
    if not callable(holds):
        return None
    return cast(Callable[[str, str, Sequence[Secret]], Holds], holds)


def _opened(name: str, url: str) -> Look:
    kind = KINDS.get(url.partition(":")[0])
    if kind is None:
        raise Misconfigured(
            "this address begins with nothing that can be looked at",
            clause="9.1",
            remedy=f"begin it with one of {', '.join(f'`{each}:`' for each in KINDS)}",
        )
    module, _, made = kind.partition(":")
    try:
        loaded: object = import_module(f"troth.egress.inspecting.{module}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("troth."):
            raise
        raise Misconfigured(
            f"looking at it needs `{error.name}`, which is not installed",
            remedy="pip install 'troth[databases]'",
        ) from None
    opened: Callable[[str, str], Look] = getattr(loaded, made)
    return opened(name, url)
