"""What goes into a copy of what is held (policy 9.1, PIPL 45, GDPR 15, 20).

Values are few and come whole; what a ledger or another database tells may be long and comes row by
row, from the start each time it is asked for.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol

from msgspec import Struct

from troth.model.acts import Json
from troth.model.clock import Moment
from troth.model.secret import Secret

Line = Mapping[str, Json]
Rows = Callable[[], Iterable[Line]]
"""Rows that can be gone through more than once, each time in flat memory."""
TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "consents": ("at", "to", "state", "entry"),
    "given": ("at", "recipient", "fields", "purpose", "ground", "reference", "clauses", "entry"),
    "looks": ("at", "by", "allowed", "fields", "purpose", "ticket", "clauses", "entry"),
    "trail": ("at", "kind", "by", "clauses", "entry", "what"),
}
"""The tables beside the values, and the columns of each."""


class Told(Struct, frozen=True, kw_only=True):
    """What is said of one field: its names, since when, for what and from where."""

    field: str
    name_zh: str = ""
    name_en: str = ""
    since: str = ""
    purposes: tuple[str, ...] = ()
    source: str = ""
    until: str = ""
    recipients: tuple[str, ...] = ()


class Withheld(Struct, frozen=True, kw_only=True):
    """What is not in the copy, and why: ``not_obtainable``, ``security`` or ``others`` (6.1)."""

    what: str
    reason: str


class Member(Struct, frozen=True, kw_only=True):
    """One file of the copy, as its manifest lists it."""

    name: str
    bytes: int
    sha256: str


class Record(Protocol):
    """One record that another database holds: its values by column."""

    @property
    def store(self) -> str:
        """The database."""
        ...

    @property
    def table(self) -> str:
        """Its table."""
        ...

    @property
    def values(self) -> dict[str, Secret]:
        """The values by column."""
        ...


class Elsewhere(Struct, frozen=True, kw_only=True):
    """What the controller's other databases hold: records, once, table by table.

    ``unanswered`` names, when all of them were read, the databases that did not answer.
    """

    records: Iterator[Record]
    unanswered: Callable[[], Sequence[str]] = tuple


class Around(Struct, frozen=True, kw_only=True):
    """What goes into a copy beside the values: nothing in it was collected.

    ``given`` is who received what, ``looks`` which members of staff looked or tried to, ``trail``
    every entry of the ledger. ``names`` are the names of fields, purposes, recipients and consents
    in the ``language`` of the page for people, ``who`` the controller's.
    """

    made: Moment
    edition: str
    told: tuple[Told, ...]
    consents: Sequence[Line] = ()
    given: Rows = tuple
    looks: Rows = tuple
    trail: Rows = tuple
    withheld: tuple[Withheld, ...] = ()
    language: str = "zh"
    names: Mapping[str, str] = {}
    who: str = ""
    elsewhere: Elsewhere | None = None

    def rows(self, table: str) -> Iterable[Line]:
        """Go through the rows of one of ``TABLES``, from the start."""
        return self.consents if table == "consents" else getattr(self, table)()
