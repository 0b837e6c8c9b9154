"""The queue of requests: soonest due first, with filters, as a table to keep, and in figures (9.7).

A row names a kind of request, a random number and its days, and nothing of whom it is about.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from troth.interfaces.console.areas import REQUESTS, desk_page
from troth.interfaces.pages.page import Call, Page, Seen, download, house, tongue
from troth.interfaces.pages.pictures import Bar, Told, bars, pictured
from troth.interfaces.pages.words import Tongue
from troth.model.acts import Actor
from troth.model.clock import DAY, Moment, date, iso

MOST: Final = 100
FIGURES: Final = f"{REQUESTS.root}/figures"
TABLE: Final = f"{REQUESTS.root}/table.csv"
BACK_DAYS: Final = 365
"""How far back figures look."""
AGES: Final = ((7, "week"), (14, "fortnight"), (30, "month"), (10_000, "older"))
"""How long something waits, up to so many days."""
COLUMNS: Final = (
    *("number", "kind", "ground", "channel", "state", "reason", "assignee", "received", "verified"),
    *("internal_due", "statutory_due", "days_left", "extended", "region"),
)
FORMULA: Final = tuple("=+-@\t\r|")


class Row(Struct, frozen=True, kw_only=True):
    """One request in the queue; ``left`` counts days to the legal day, below zero when late."""

    href: str
    number: str
    kind: str
    state: str
    assignee: str
    received: Moment
    internal: Moment
    due: Moment
    left: int
    alarm: str


def rows(request: Call, by: Actor) -> list[Row]:
    """Return the requests that wait and fit the filters of the address, soonest due first."""
    now = house(request).clock.now()
    found = [_row(one, now) for one in house(request).rights.desk.queue(by=by)]
    asked = request.query_params
    keep: list[Callable[[Row], bool]] = []
    if asked.get("kind"):
        keep.append(lambda row: row.kind == asked["kind"])
    if asked.get("state"):
        keep.append(lambda row: row.state == asked["state"])
    if asked.get("age"):
        keep.append(lambda row: age_of(row.received, now) == asked["age"])
    if asked.get("whose") == "mine":
        keep.append(lambda row: row.assignee == by.id)
    if asked.get("whose") == "nobody":
        keep.append(lambda row: not row.assignee)
    return [row for row in found if all(test(row) for test in keep)]


def _row(one: Seen, now: Moment) -> Row:
    return Row(
        href=f"{REQUESTS.root}/{one.subject}/{one.number}",
        number=one.number,
        kind=one.kind,
        state=one.said.reason or one.state,
        assignee=one.assignee,
        received=one.received,
        internal=one.said.internal or one.due,
        due=one.due,
        left=(one.due - now) // DAY,
        alarm=one.said.alarm,
    )


def age_of(since: Moment, now: Moment) -> str:
    """Say for how long something waits, by the names of ``AGES``.

    >>> age_of(Moment(0), Moment(8 * DAY))
    'fortnight'
    """
    days = (now - since) / DAY
    return next(name for most, name in AGES if days < most)


def requests(request: Call, by: Actor) -> Page:
    """List the requests that wait for an answer."""
    found = rows(request, by)
    late = sum(row.left < 0 for row in found)
    return desk_page(
        request,
        by,
        "requests",
        place=REQUESTS.root,
        area=REQUESTS,
        rows=found[:MOST],
        more=max(0, len(found) - MOST),
        late=late,
        asked={name: request.query_params.get(name, "") for name in FILTERS},
        kinds=sorted({row.kind for row in found} | {request.query_params.get("kind", "")} - {""}),
        ages=[name for _, name in AGES],
        states=STATES,
        table=TABLE,
        figures=FIGURES,
    )


FILTERS: Final = ("kind", "state", "age", "whose")
STATES: Final = (
    *("open", "in_progress", "need_user_verification", "needs_documents", "fee_quoted"),
    *("signing_off", "packing"),
)


def table(request: Call, by: Actor) -> Page:
    """Give the queue as a file for a spreadsheet; nothing in it can pass for a formula."""
    wanted = {row.number for row in rows(request, by)}
    now = house(request).clock.now()
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in house(request).rights.desk.queue(by=by):
        if one.number in wanted:
            writer.writerow([safe(cell) for cell in _cells(one, now)])
    return download(
        request, written.getvalue().encode("utf-8-sig"), f"requests-{date(now)}.csv", "text/csv"
    )


def _cells(one: Seen, now: Moment) -> list[str]:
    said = one.said
    moments = (one.received, said.verified, said.internal, one.due)
    received, verified, internal, due = (iso(at) if at else "" for at in moments)
    return [
        *(one.number, one.kind, said.ground, said.channel, one.state, said.reason, one.assignee),
        *(received, verified, internal, due, str((one.due - now) // DAY)),
        *("yes" if said.extended else "", str(one.subject.region)),
    ]


def safe(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; a number below zero is one.

    >>> safe("=1+1"), safe("-3")
    ("'=1+1", '-3')
    """
    below_zero = cell.startswith("-") and cell[1:].isdecimal()
    return f"'{cell}" if cell.startswith(FORMULA) and not below_zero else cell


# --- figures -----------------------------------------------------------------------------------


def figures(request: Call, by: Actor) -> Page:
    """Show how many requests there are of each kind, state and age, as bars with a table."""
    words, troth = tongue(request), house(request)
    now = troth.clock.now()
    counts = troth.rights.desk.counts(by=by)
    kinds = Counter[str]()
    states = Counter[str]()
    for (kind, state), count in counts.items():
        kinds[kind] += count
        states[state] += count
    ages = Counter(age_of(one.received, now) for one in troth.rights.desk.queue(by=by))
    return desk_page(
        request,
        by,
        "figures",
        place=FIGURES,
        parts=[
            _part("kind", _named("request", kinds, words), words),
            _part("state", _named("request_state", states, words), words),
            _part("age", [(words.say(f"request_age.{age}"), ages[age]) for _, age in AGES], words),
        ],
    )


def _named(text: str, counts: Counter[str], words: Tongue) -> list[tuple[str, int]]:
    return [(words.maybe(f"{text}.{name}", name), count) for name, count in counts.most_common()]


def _part(key: str, pairs: list[tuple[str, int]], words: Tongue) -> Seen:
    """Return one set of figures: its title, its picture, its table."""
    title = words.say(f"figures_by.{key}")
    told = Told(
        key=f"fig-{key}",
        title=title,
        description=words.listed(f"{name}{words.colon}{count}" for name, count in pairs),
    )
    drawn = [Bar(label=name, value=count, told=str(count)) for name, count in pairs]
    picture = pictured(lambda width: bars(drawn, width), told) if drawn else ""
    return {"key": key, "title": title, "picture": picture, "pairs": pairs}
