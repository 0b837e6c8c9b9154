"""A data map held against itself and the policy's words, before it is used (policy 9.1, 9.4).

What can be said without a database: tables that no way leads to, references that lead nowhere,
categories that the policy does not declare, ways to end that cannot work. ``sql.looking`` holds the
same map against the database as it is.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from troth.egress.databases.edges import Place, depths, is_root, places
from troth.egress.databases.fate import DIGEST, MARK
from troth.egress.databases.finding import Finding, meant
from troth.egress.databases.map import UNKNOWN, Column, DataMap, Table
from troth.model.errors import NotFound

SUBJECT: Final = "subject"
"""What an identity may be beside a category: our own id of the subject."""
SHORTEST: Final = len(MARK) + DIGEST + 4
"""Characters that a pseudonym needs to be known again as one."""


def check(data: DataMap, categories: frozenset[str] | None = None) -> list[Finding]:
    """Return what is wrong with a map; ``categories`` are those that the policy declares.

    >>> from troth.egress.databases.map import StoreMap
    >>> notes = Table(name="notes", key=("id",), columns=(Column(name="text", category="x"),))
    >>> print(check(DataMap(stores=(StoreMap(name="shop", tables=(notes,)),)))[0].message)
    no way leads here: it has no identity, and no reference joins it to a table that has
    """
    reached = depths(data)
    found: list[Finding] = []
    for place, table in places(data):
        found += _twice(place, table)
        found += _lonely(place, table, reached)
        found += _keyless(place, table)
        found += _leads(data, place, table)
        for column in table.columns:
            found += _words(place, column, categories)
            found += _ends(place, table, column)
    return found


def _twice(place: Place, table: Table) -> Iterator[Finding]:
    names = [column.name for column in table.columns]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield _error(f"{_at(place)}.{name}", "stands in the map twice", "keep one of them")


def _lonely(place: Place, table: Table, reached: Mapping[Place, int]) -> Iterator[Finding]:
    if place in reached or not any(column.category for column in table.columns):
        return
    yield _error(
        _at(place),
        "no way leads here: it has no identity, and no reference joins it to a table that has",
        "say by which column a subject is found (`identity: yes`), or what it belongs to"
        " (`belongs to customers.id`)",
    )


def _keyless(place: Place, table: Table) -> Iterator[Finding]:
    if not table.key:
        yield _warning(
            _at(place),
            "no key is named: rows cannot be ended in small steps, nor found again by it",
            "name the primary key: `key: id`",
        )


def _leads(data: DataMap, place: Place, table: Table) -> Iterator[Finding]:
    for reference in table.references:
        at = f"{_at(place)}.{', '.join(reference.columns)}"
        try:
            store = data.store(reference.store)
        except NotFound:
            known = [store.name for store in data.stores]
            yield _error(
                at, f"leads to no database `{reference.store}`", meant(reference.store, known)
            )
            continue
        try:
            other = store.table(reference.table)
        except NotFound:
            known = [each.name for each in store.tables]
            yield _error(
                at, f"leads to no table `{reference.table}`", meant(reference.table, known)
            )
            continue
        if len(reference.columns) != len(reference.to):
            yield _error(at, "joins unlike many columns", "pair each with one")
        if other is table and reference.way == "both":
            yield _warning(
                at,
                "joins a table with itself, and nobody said whose the rows are: it is not followed",
                "say `belongs to` or `uses` where it leads to the same subject's rows",
            )
        if reference.way == "out" and is_root(other) and other is not table:
            yield _warning(
                at,
                f"uses `{other.name}`, where people are found by name: only rows that bear the"
                " subject's own name, or none, are followed",
                "is it `belongs to`?",
            )


def _words(place: Place, column: Column, categories: frozenset[str] | None) -> Iterator[Finding]:
    at = f"{_at(place)}.{column.name}"
    if column.category == UNKNOWN:
        yield _warning(
            at,
            "nobody said what it holds: where its row stays, nothing is complete",
            "give it a category of the policy, or say `nothing`",
        )
    if categories is None:
        return
    for word in dict.fromkeys((column.category, column.identity)):
        if word not in ("", UNKNOWN, SUBJECT) and word not in categories:
            yield _error(at, f"the policy declares no category `{word}`", meant(word, categories))


def _ends(place: Place, table: Table, column: Column) -> Iterator[Finding]:
    at = f"{_at(place)}.{column.name}"
    if column.erase == "replace" and not column.filler:
        yield _warning(at, "is replaced by nothing in particular", "name a `filler`")
    if column.length and len(column.filler) > column.length:
        yield _error(at, "its filler is longer than the column", f"at most {column.length}")
    if column.erase == "pseudonymise" and 0 < column.length < SHORTEST:
        yield _error(
            at,
            "is too short for a keyed name that can be told from a value",
            f"let it take {SHORTEST} characters, or end it by `null` or `replace`",
        )
    if column.name in table.key and column.erase in ("null", "replace"):
        yield _error(
            at,
            f"is part of the key and cannot end by `{column.erase}`",
            "`pseudonymise` it, or erase the row",
        )
    if column.erase == "keep" and column.category:
        yield _warning(
            at,
            "is kept: an erasure that leaves it is never clean, only held",
            "let the policy hold its category by law, with its last day",
        )


# --- helpers -----------------------------------------------------------------------------------


def _at(place: Place) -> str:
    return f"{place.store}.{place.table}"


def _error(place: str, message: str, hint: str) -> Finding:
    return Finding(level="error", place=place, message=message, hint=hint)


def _warning(place: str, message: str, hint: str) -> Finding:
    return Finding(level="warning", place=place, message=message, hint=hint)
