"""What an order does in one database, as statements not yet said (policy 9.4, 9.1).

Rows go, or columns end: emptied, under a filler, under a keyed name. Each statement leaves out what
is done already, so that it can be said again after a crash, and rows that others refer to.
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.sql.expression import ColumnElement

from troth.egress.databases.fate import Ends, asked, erasing, is_pseudonym, pseudonym
from troth.egress.databases.map import UNKNOWN, Column, Method, Table
from troth.egress.databases.port import Lead, Order
from troth.egress.sql.documents import GONE, changed, opened, written
from troth.egress.sql.order import sequel
from troth.egress.sql.schema import Foreign, Live
from troth.egress.sql.values import fitted, last_day, named, neutral, plain
from troth.egress.sql.where import Condition, Where, any_of
from troth.model.terms import matches

Rewrite = Callable[[object], object]


class Change(Struct, frozen=True, kw_only=True, eq=False):
    """What becomes of one column: one value for every row, or each row's own (``rewrite``)."""

    column: str
    method: str
    todo: Condition
    value: object = None
    rewrite: Rewrite | None = None


class Move(Struct, frozen=True, kw_only=True, eq=False):
    """One statement about one table, for each of its conditions. No changes: the rows go.

    ``conditions`` find the rows as things stand; ``then`` finds them when what comes before is
    done, where that differs: what hung on a row may be gone by then, or may have had to stay.
    """

    live: Live
    name: str
    conditions: Sequence[Condition]
    changes: Sequence[Change] = ()
    keyed: bool = False
    then: Sequence[Condition] = ()

    @property
    def method(self) -> str:
        """How the rows or columns end."""
        return ", ".join(dict.fromkeys(each.method for each in self.changes)) or "delete"

    @property
    def rewrites(self) -> bool:
        """Whether each row gets values of its own."""
        return any(change.rewrite for change in self.changes)

    def statement(self, condition: Condition) -> sa.Delete | sa.Update:
        """Return the statement for rows that a condition finds."""
        table = self.live.table
        if not self.changes:
            return sa.delete(table).where(condition)
        return sa.update(table).where(condition).values(self.values())

    def values(self) -> dict[str, object]:
        """Return the columns' new values; in place of a row's own, nothing."""
        return {
            change.column: sa.literal("") if change.rewrite else change.value
            for change in self.changes
        }

    def keys(self) -> list[ColumnElement[object]]:
        """Return the columns of the key."""
        return [self.live.table.c[name] for name in self.live.key]


class Mover:
    """Turns an order into moves."""

    def __init__(self, where: Where, order: Order, key: bytes) -> None:
        """Take the conditions of a reach; ``key`` makes pseudonyms."""
        self._where = where
        self._order = order
        self._key = key

    def moves(self) -> Iterator[Move]:
        """Yield everything there is to do, in the order in which it can be done."""
        tables = {table.name: table for table in self._where.tables()}
        if self._order.task != "erase":
            for table in tables.values():
                yield from self._move(table, list(self._changes(table)))
            return
        schema = self._where.schema
        # What is found through another table ends before what it is found through.
        through = [
            (name, lead.through)
            for name in tables
            for lead in self._where.leads[name]
            if lead.through
        ]
        after = sequel(list(tables.values()), schema.tables, schema.foreign, through)
        gone = {name for name, table in tables.items() if erasing(table, self._order).whole}
        lasting = lasting_in(self._where, gone)
        yield from self._emptied(after.emptied, gone)
        for name in after.tables:
            if name not in gone:
                yield from self._move(tables[name], list(self._changes(tables[name])))
                continue
            yield self._deletion(tables[name], lasting)
            if name in lasting:
                yield from self._blanked(tables[name])

    # --- rows ----------------------------------------------------------------------------------

    def _deletion(self, table: Table, lasting: set[str]) -> Move:
        live = self._where.live(table.name)
        free = self._where.unused(table.name, live.table, self._where.blockers(table.name))
        held = self._where.unused(
            table.name,
            live.table,
            [key for key in self._where.keys_to(table.name) if key.source in lasting],
            whoever=True,
        )
        parts = [sa.and_(part, *free) for part in self._where.parts(table.name)]
        around = bool(free or held) or any(map(_looks_around, self._where.leads[table.name]))
        return Move(
            live=live,
            name=table.name,
            conditions=parts,
            keyed=bool(live.key) and around,
            then=[sa.and_(part, *held) for part in parts] if held else (),
        )

    def _blanked(self, table: Table) -> Iterator[Move]:
        """End the columns of rows that cannot go, because others' rows refer to them."""
        live, where = self._where.live(table.name), self._where
        ends = [Ends(column=column, method="null") for column in blankable(table)]
        changes = list(self._joined(table, [self._ending(table, end) for end in ends]))
        blockers = where.unused(table.name, live.table, where.blockers(table.name))
        for move in self._move(table, changes):
            used = sa.not_(sa.and_(*blockers)) if blockers else sa.false()
            yield msgspec.structs.replace(
                move,
                conditions=[sa.and_(part, used) for part in move.conditions],
                then=move.conditions,
            )

    def _emptied(self, circles: Sequence[Foreign], gone: set[str]) -> Iterator[Move]:
        """Empty references that would forbid what follows: in circles, and in rows that stay."""
        reached = {table.name for table in self._where.tables()}
        loose = [key for key in circles if key.target in gone]
        loose += [
            key
            for key in self._where.schema.foreign
            if key.target in gone and key.source in reached - gone and key not in loose
        ]
        for key in loose:
            live = self._where.live(key.source)
            column = next((name for name in key.columns if name in live.nullable), None)
            if column is not None:
                todo = live.table.c[column].is_not(None)
                change = Change(column=column, method="empty", todo=todo)
                yield from self._move(self._where.store.table(key.source), [change])

    # --- columns -------------------------------------------------------------------------------

    def _move(self, table: Table, changes: Sequence[Change]) -> Iterator[Move]:
        if not changes:
            return
        live = self._where.live(table.name)
        todo = any_of(change.todo for change in changes)
        leads = self._where.leads[table.name]
        move = Move(
            live=live,
            name=table.name,
            conditions=[sa.and_(part, todo) for part in self._where.parts(table.name)],
            changes=changes,
            keyed=bool(live.key) and any(_looks_around(lead) for lead in leads),
        )
        yield move

    def _changes(self, table: Table) -> Iterator[Change]:
        order, live = self._order, self._where.live(table.name)
        if order.task == "erase":
            fate = erasing(table, order)
            yield from self._joined(table, [self._ending(table, end) for end in fate.ends])
            lawful = [day for column, day in fate.held if _by_law(column, order)]
            if table.restricted and lawful:
                known = [day for day in lawful if day is not None]
                yield self._day(live, table, last_day(max(known, default=None), _kind(live, table)))
        elif order.task == "correct":
            corrected = [self._correcting(table, column) for column in corrections(table, order)]
            yield from self._joined(table, corrected)
        elif table.restricted and any(asked(column, order) for column in table.columns):
            if order.task == "restrict":
                yield self._day(live, table, last_day(order.until, _kind(live, table)))
            else:
                may = table.restricted in live.nullable
                yield self._day(live, table, None if may else neutral(_kind(live, table)))

    def _day(self, live: Live, table: Table, value: object) -> Change:
        column = live.table.c[table.restricted]
        return Change(
            column=table.restricted,
            method=self._order.task if self._order.task != "erase" else "restrict",
            todo=column.is_distinct_from(value),
            value=value,
        )

    def _ending(self, table: Table, end: Ends) -> Change:
        live, column = self._where.live(table.name), end.column
        if column.name not in live.table.c:
            return _inside(live, column.name, end.method, self._rewriting(end))
        there = live.table.c[column.name]
        todo: Condition = there.is_not(None)
        method = method_of(live, end)
        if method == "pseudonymise":
            rewrite = self._rewriting(Ends(column=column, method=method))
            return Change(column=column.name, method=method, todo=todo, rewrite=rewrite)
        value = put_in_place(live, end)
        if value is not None:
            todo = sa.and_(todo, there != value)
        return Change(column=column.name, method=method, todo=todo, value=value)

    def _rewriting(self, end: Ends) -> Rewrite:
        """Return what becomes of one value: inside a document, an empty one leaves it."""
        column, key = end.column, self._key

        def renamed(old: object) -> object:
            told = plain(old)
            if is_pseudonym(key, told):
                return old
            text = told if isinstance(told, str | bytes) else str(told)
            return pseudonym(key, column.category, text, column.length)

        if end.method == "pseudonymise":
            return renamed
        return lambda _: column.filler if end.method == "replace" else GONE

    def _correcting(self, table: Table, column: Column) -> Change:
        live = self._where.live(table.name)
        values = [named(secret) for secret in self._order.values[column.category]]
        if column.name not in live.table.c:
            rewrite: Rewrite = lambda old: old if old in values else values[0]  # noqa: E731
            return _inside(live, column.name, "correct", rewrite)
        there = live.table.c[column.name]
        fit = [fitted(value, there.type) for value in values]
        todo = sa.and_(there.is_not(None), there.not_in([one for one in fit if one is not None]))
        return Change(column=column.name, method="correct", todo=todo, value=fit[0])

    def _joined(self, table: Table, changes: Sequence[Change]) -> Iterator[Change]:
        """Join what is to be changed in one document; drop what a change of the whole covers."""
        inside: dict[str, list[Change]] = {}
        for change in changes:
            head, dot, _ = change.column.partition(".")
            if change.rewrite and dot:
                inside.setdefault(head, []).append(change)
            else:
                yield change
        whole = {change.column for change in changes if "." not in change.column}
        live = self._where.live(table.name)
        for head, parts in inside.items():
            if head not in whole:
                yield Change(
                    column=head,
                    method=", ".join(dict.fromkeys(part.method for part in parts)),
                    todo=live.table.c[head].is_not(None),
                    rewrite=_document(live, head, parts),
                )


# --- helpers -----------------------------------------------------------------------------------


def lasting_in(where: Where, gone: set[str]) -> set[str]:
    """Return the tables with rows that may have to stay, and all that such rows refer to."""
    reached = [table.name for table in where.tables()]
    found = {name for name in reached if name not in gone or where.blockers(name)}
    while True:
        more = {
            name
            for name in reached
            if name not in found and any(key.source in found for key in where.keys_to(name))
        }
        if not more:
            return found
        found |= more


def blankable(table: Table) -> list[Column]:
    """Return the columns that are emptied where a row cannot go."""
    return [
        column
        for column in table.columns
        if column.category not in ("", UNKNOWN) and column.name not in table.key
    ]


def corrections(table: Table, order: Order) -> list[Column]:
    """Return the columns of which a correction has values."""
    return [
        column
        for column in table.columns
        if asked(column, order) and order.values.get(column.category)
    ]


def method_of(live: Live, end: Ends) -> Method:
    """Return how a column ends: one that must hold something nobody else does gets a keyed name."""
    name, column = end.column.name, end.column
    if end.method in ("pseudonymise", "replace") or column.filler or name in live.nullable:
        return end.method
    text = isinstance(live.table.c[name].type, sa.String)
    return "pseudonymise" if text and any(name in unique for unique in live.uniques) else end.method


def put_in_place(live: Live, end: Ends) -> object:
    """Return what stands in a column once it has ended: ``None``, a filler, or next to nothing."""
    there = live.table.c[end.column.name]
    if end.method != "replace" and end.column.name in live.nullable:
        return None
    return fitted(end.column.filler, there.type) if end.column.filler else neutral(there.type)


def _inside(live: Live, name: str, method: str, rewrite: Rewrite) -> Change:
    head = live.table.c[name.partition(".")[0]]
    return Change(column=name, method=method, todo=head.is_not(None), rewrite=rewrite)


def _document(live: Live, head: str, parts: Sequence[Change]) -> Rewrite:
    as_text = not isinstance(live.table.c[head].type, sa.JSON)

    def rewrite(old: object) -> object:
        document = new = opened(old)
        for part in parts:
            if part.rewrite is not None:
                new = changed(new, tuple(part.column.split(".")[1:]), part.rewrite)
        if new == document:
            return old
        return written(new) if as_text else new

    return rewrite


def _kind(live: Live, table: Table) -> sa.types.TypeEngine[object]:
    return live.table.c[table.restricted].type


def _looks_around(lead: Lead) -> bool:
    return lead.how == "shared" or bool(lead.through)


def _by_law(column: Column, order: Order) -> bool:
    return any(matches(pattern, column.category) for pattern in order.held)
