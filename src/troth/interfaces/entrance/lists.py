"""The two lists: what is collected, and who receives it (policy 2, 4; PIPL 17, 23).

Both are made from the rules and have the columns the law asks for: kind, purpose, scene, manner.
Each is a page and a table to take along. How often somebody was really given something is counted
in the ledger, over everybody together; a small number is not told exactly.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from troth.interfaces.entrance.summary import DATA, KINDS, place
from troth.interfaces.pages.page import Call, Page, Seen, document, download, house, show, tongue
from troth.interfaces.pages.words import Tongue
from troth.model.clock import HOUR, Moment, after

YEAR_DAYS: Final = 365
APART: Final = {"zh": "；", "en": "; "}
"""Between things that have commas in them."""
FEW: Final = 5
"""Below this a count is not told: it could be about somebody who is known to be meant."""
CSV: Final = "text/csv"
BOM: Final = "﻿"
"""Without it a spreadsheet does not read Chinese as Chinese."""
STARTS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class Kept(Struct, frozen=True, kw_only=True):
    """One field of the list of collection, in words; purposes are pairs of their key and name."""

    name: str
    sensitive: bool
    optional: bool
    purposes: tuple[tuple[str, str], ...]
    scenes: str
    manner: str


class Based(Struct, frozen=True, kw_only=True):
    """A purpose with every basis it rests on, by regime, and its clauses."""

    key: str
    name: str
    bases: tuple[str, ...]
    clauses: tuple[str, ...]


class Got(Struct, frozen=True, kw_only=True):
    """What somebody may receive for one purpose, in words."""

    purpose: str
    fields: str
    scene: str
    manner: str
    clauses: tuple[str, ...]


class Receiver(Struct, frozen=True, kw_only=True):
    """Somebody who may receive data; ``count`` says how often they did, in words."""

    name: str
    country: str
    role: str
    url: str
    count: str
    rows: tuple[Got, ...]


# --- what is collected -------------------------------------------------------------------------


def collected(request: Call) -> Page:
    """Show the list of collection, group by group, and what each purpose rests on."""
    words, rows = tongue(request), _by_key(document(request).collection)
    categories = house(request).gate.policy().edition.categories
    groups: dict[str, list[Kept]] = {}
    for key in sorted(rows, key=lambda key: _rank(key, categories[key])):
        kept = _kept(categories[key], rows[key], words)
        groups.setdefault(key.partition(".")[0], []).append(kept)
    return show(request, "entrance/collected.html", groups=groups, based=_based(request))


def _rank(key: str, category: Seen) -> tuple[int, list[int | str]]:
    """Order fields as a reader thinks of them: by family, then as the text comes to them."""
    families = (*DATA, key.partition(".")[0])
    return families.index(key.partition(".")[0]), place(category.clause)


def _kept(category: Seen, rows: Sequence[Seen], words: Tongue) -> Kept:
    return Kept(
        name=rows[0].field,
        sensitive=rows[0].sensitive,
        optional=rows[0].optional,
        purposes=tuple((row.aim, row.purpose) for row in rows),
        scenes=APART[words.language].join(dict.fromkeys(_scene(row, words) for row in rows)),
        manner=words.maybe(f"source.{category.source}", category.source),
    )


def _based(request: Call) -> list[Based]:
    aims: dict[str, list[Seen]] = {}
    for row in document(request).collection:
        aims.setdefault(row.aim, []).append(row)
    found = [
        Based(
            key=aim,
            name=rows[0].purpose,
            bases=tuple(dict.fromkeys(basis for row in rows for basis in row.bases)),
            clauses=tuple(dict.fromkeys(name for row in rows for name in row.clauses)),
        )
        for aim, rows in aims.items()
    ]
    return sorted(found, key=lambda one: place(one.clauses))


def collected_csv(request: Call) -> Page:
    """Give the list of collection as a table."""
    words = tongue(request)
    categories = house(request).gate.policy().edition.categories
    heads = ("col_item", "col_purpose", "col_scene", "col_manner", "col_basis", "col_clause")
    rows = [
        (
            row.field,
            row.purpose,
            _scene(row, words),
            words.maybe(f"source.{categories[row.key].source}"),
            "; ".join(row.bases),
            " ".join(row.clauses),
        )
        for row in document(request).collection
    ]
    return _table(request, "collected", heads, rows)


# --- who receives it ---------------------------------------------------------------------------


def shared(request: Call) -> Page:
    """Show the list of sharing: who may receive what, and how often they did."""
    words, counts = tongue(request), given(request)
    edition = house(request).gate.policy().edition
    receivers = [
        _receiver(rows, edition, words, counts)
        for rows in sorted(
            _by_key(document(request).sharing).values(),
            key=lambda rows: KINDS.index(edition.recipients[rows[0].key].kind),
        )
    ]
    return show(request, "entrance/shared.html", receivers=receivers)


def _receiver(
    rows: Sequence[Seen], edition: Seen, words: Tongue, counts: Mapping[str, int]
) -> Receiver:
    first = rows[0]
    return Receiver(
        name=first.recipient,
        country=words.maybe(f"country.{first.country}", first.country),
        role=words.maybe(f"role.{first.role}", first.role),
        url=first.url,
        count=_counted(first, words, counts),
        rows=tuple(
            Got(
                purpose=row.purpose,
                fields=gathered(row.keys, edition, words),
                scene=_scene(row, words),
                manner=_ways(row, words),
                clauses=row.clauses,
            )
            for row in rows
        ),
    )


def gathered(keys: Sequence[str], edition: Seen, words: Tongue) -> str:
    """Name fields; a group that is there with all it has is named once."""
    whole: dict[str, list[str]] = {}
    for name, category in edition.categories.items():
        if not category.closed:
            whole.setdefault(name.partition(".")[0], []).append(name)
    told = {
        key: words.say("group_whole", name=words.group(group))
        if len(whole[group]) > 1 and set(whole[group]) <= set(keys)
        else words.field(key)
        for key in keys
        for group in (key.partition(".")[0],)
    }
    return words.listed(dict.fromkeys(told.values()))


def shared_csv(request: Call) -> Page:
    """Give the list of sharing as a table."""
    words, counts = tongue(request), given(request)
    heads = (
        *("col_receiver", "col_country", "col_role", "col_fields", "col_purpose"),
        *("col_scene", "col_manner", "col_count", "col_clause"),
    )
    rows = [
        (
            row.recipient,
            row.country,
            words.maybe(f"role.{row.role}", row.role),
            words.listed(row.fields),
            row.purpose,
            _scene(row, words),
            _ways(row, words),
            _counted(row, words, counts),
            " ".join(row.clauses),
        )
        for row in document(request).sharing
    ]
    return _table(request, "shared", heads, rows)


def given(request: Call) -> Mapping[str, int]:
    """Return how often each recipient was given data within a year; counted once an hour."""
    troth, state = house(request), request.app.state
    now = troth.clock.now()
    known: tuple[Moment, Mapping[str, int]] | None = getattr(state, "given", None)
    if known is None or not known[0] <= now < known[0] + HOUR:
        known = now, troth.evidence.given(after(now, days=-YEAR_DAYS))
        state.given = known
    return known[1]


def _counted(row: Seen, words: Tongue, counts: Mapping[str, int]) -> str:
    """Say how often; who works for us all the time is not told case by case."""
    count = counts.get(row.key, 0)
    if count >= FEW:
        return words.say("count_times", count=count)
    if count:
        return words.say("count_few", few=FEW)
    return words.say("count_always" if row.role == "processor" else "count_none")


# --- both --------------------------------------------------------------------------------------


def _by_key(rows: Iterable[Seen]) -> dict[str, list[Seen]]:
    found: dict[str, list[Seen]] = {}
    for row in rows:
        found.setdefault(row.key, []).append(row)
    return found


def _scene(row: Seen, words: Tongue) -> str:
    """Say in which situation a purpose comes up; a purpose of an own policy says it itself."""
    return words.maybe(f"scene.{row.aim}", row.purpose)


def _ways(row: Seen, words: Tongue) -> str:
    return words.listed(words.maybe(f"way.{way}", way) for way in row.ways)


def _table(request: Call, name: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Page:
    words = tongue(request)
    told = io.StringIO()
    writer = csv.writer(told)
    writer.writerow([words.say(head) for head in heads])
    writer.writerows([[plain(cell) for cell in row] for row in rows])
    return download(request, (BOM + told.getvalue()).encode(), f"{name}.csv", CSV)


def plain(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula.

    >>> plain("=1+1"), plain("a name")
    ("'=1+1", 'a name')
    """
    return f"'{cell}" if cell.startswith(STARTS_FORMULA) else cell
