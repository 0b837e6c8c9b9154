"""What every database of the controller's is asked, of whatever kind it is (policy 9.1, 9.4).

A subject is *traced* first: from what they are known by, along references, to everything a database
holds of them. What was found by is the *reach*: small, kept sealed by whoever ordered, so that an
erasure that was killed midway still finds the rows whose way there is gone. Then it is exported, or
an *order* is planned and performed; and afterwards the database is asked again what *remains*, and
that answer counts (house decision 9).
"""

from collections.abc import Iterator, Mapping
from typing import Literal, Protocol

from msgspec import Struct

from troth.model.clock import Moment
from troth.model.secret import Secret
from troth.model.terms import Fields

Value = str | int | float | bool | bytes | None
"""What stands in a column that can lead somewhere; a date or a UUID as its text."""
Known = Mapping[str, tuple[Secret, ...]]
"""What a subject is known by: values by category (``contact.email``). ``subject``: our id."""
Task = Literal["erase", "correct", "restrict", "release"]
Why = Literal["left", "held", "unmapped", "unasked", "disputed"]
"""Why something remains: it should have gone; a law holds it; no map knows it; nobody answered;
whose it is cannot be told."""
How = Literal["own", "shared", "common", "disputed"]
"""Whose the records of a lead are: the subject's; the subject's unless others refer to them;
certainly others' too (shown, never erased); by a name that more than one may bear (neither shown
nor erased for it: only what another lead finds by its key is the subject's)."""


class Lead(Struct, frozen=True, array_like=True):
    """Where to look: records of one table whose ``columns`` are one of ``values``.

    ``table`` is what a database calls a set of records: a table, a key pattern, a folder.
    ``through`` stands for values that are too many: whatever the reach finds in that table of the
    same database leads here. A lead into another database always has values.
    """

    store: str
    table: str
    columns: tuple[str, ...]
    values: tuple[tuple[Value, ...], ...]
    how: How = "own"
    through: str = ""


Reach = tuple[Lead, ...]
"""Everything by which one database finds a subject; it only grows."""


def grown(reach: Reach, leads: Reach) -> Reach:
    """Return a reach with leads added, each value once.

    >>> first = Lead("shop", "orders", ("customer",), ((1,),))
    >>> grown((first,), (first, Lead("shop", "orders", ("customer",), ((2,),))))[0].values
    ((1,), (2,))
    """
    found: dict[tuple[str, str, tuple[str, ...], str, str], dict[tuple[Value, ...], None]] = {}
    for lead in (*reach, *leads):
        values = found.setdefault(
            (lead.store, lead.table, lead.columns, lead.how, lead.through), {}
        )
        values.update(dict.fromkeys(lead.values))
    return tuple(
        Lead(store, table, columns, tuple(values), how, through)  # type: ignore[arg-type]  # a How
        for (store, table, columns, how, through), values in found.items()
    )


class Traced(Struct, frozen=True, kw_only=True):
    """How far a trace got: the reach in this database, and leads to others."""

    reach: Reach
    leads: tuple[Lead, ...] = ()


class Held(Struct, frozen=True, kw_only=True):
    """One record that a database holds of a subject. Printed, it shows no value.

    ``values`` and ``categories`` are by column; a dotted one lies inside a document.
    """

    store: str
    table: str
    values: dict[str, Secret]
    categories: dict[str, str] = {}


class Order(Struct, frozen=True, kw_only=True):
    """What is to be done with one subject's data.

    ``categories`` are patterns as in acts, ``("*",)`` for all. Of an erasure, ``held`` are the
    categories that a law keeps, each with its last day: they are restricted instead. ``values``
    are, by category, the new values of a correction; of an erasure, those that are looked for
    afterwards. ``id`` is the same for every try.
    """

    id: str
    task: Task
    at: Moment
    categories: Fields = ("*",)
    held: Mapping[str, Moment | None] = {}
    values: Mapping[str, tuple[Secret, ...]] = {}
    until: Moment | None = None


class Step(Struct, frozen=True, kw_only=True):
    """One statement of a plan, as it would be said, and how many records it would touch.

    It names places and methods, never a value: values stand as ``?``.
    """

    store: str
    table: str
    method: str
    statement: str
    records: int


class Remain(Struct, frozen=True, kw_only=True):
    """Something that a database still holds after an order: where, how often, and why."""

    place: str
    category: str
    count: int
    why: Why = "left"
    until: Moment | None = None


class Database(Protocol):
    """Another system of the controller's.

    Every method raises ``Unreachable``, or another ``TrothError``, when it gets no answer; no
    message of theirs holds a value. All of them can be called again at any time.
    """

    @property
    def name(self) -> str:
        """The name under which a certificate lists it."""
        ...

    @property
    def known_by(self) -> frozenset[str]:
        """The categories it finds people by."""
        ...

    @property
    def categories(self) -> frozenset[str]:
        """The categories of what it holds, as its map says."""
        ...

    def trace(self, known: Known, reach: Reach = ()) -> Traced:
        """Follow a subject from what they are known by, and from a reach, as far as it goes."""
        ...

    def export(self, reach: Reach) -> Iterator[Held]:
        """Give what is held of a subject, record by record, for the subject."""
        ...

    def plan(self, reach: Reach, order: Order) -> Iterator[Step]:
        """Say what performing an order would do; nothing is changed."""
        ...

    def perform(self, reach: Reach, order: Order) -> int:
        """Do it, and return how many records were touched; nothing left to do is no error."""
        ...

    def remains(self, reach: Reach, order: Order) -> tuple[Remain, ...]:
        """Look again, by the reach and by value: the verifying read. Empty is clean."""
        ...
