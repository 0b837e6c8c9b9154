"""What we hold about somebody, told to them: values hidden until they prove it is they (9.1, 6.1).

The list itself opens nothing: names, purposes, bases and dates come from the standing and the
policy. A value is opened, and that is recorded, only when its owner asks to see it.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from troth.interfaces.pages.doors import Me, me, proved
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, document, house, show, tongue
from troth.interfaces.pages.words import Tongue
from troth.model.acts import Show
from troth.model.clock import Moment

NEVER_SHOWN: Final = ("account.password",)
GIVEN: Final = ("data.shared", "data.entrusted", "data.transferred", "data.disclosed")


class Basis(Struct, frozen=True, kw_only=True):
    """One purpose of a field: on which basis, under which clauses."""

    purpose: str
    basis: str
    clauses: tuple[str, ...]


class Item(Struct, frozen=True, kw_only=True):
    """One thing we hold, in words. ``value`` is there only when it was asked for just now."""

    field: str
    name: str
    source: str
    since: Moment
    until: Moment | None
    ends: str
    hold: str
    sensitive: bool
    restricted: bool
    bases: tuple[Basis, ...]
    given: tuple[str, ...]
    hidden: bool
    value: str | None


def mine(request: Call) -> Page:
    """List everything held, group by group, no value open."""
    return _listed(request, me(request), {})


def _show(request: Call, form: Form, who: Me) -> Page:
    """Open the fields asked for, in a passage that is recorded first."""
    gate = house(request).gate
    wanted = form.text("field")
    fields = tuple(
        holding.field
        for holding in gate.inventory(who.subject)
        if wanted in (holding.field, "*") and holding.field not in NEVER_SHOWN
    )
    if not fields:
        return _listed(request, who, {})
    act = Show(subject=who.subject, fields=fields, purpose="rights")
    opened = gate.perform(act, by=who.by).values
    words = tongue(request)
    values = {field: _readable(value.reveal_raw(), words) for field, value in opened.items()}
    return _listed(request, who, values)


show_values = proved(_show, why="step.show", place="/me")


def _readable(value: str | bytes, words: Tongue) -> str:
    return value if isinstance(value, str) else words.say("a_file", size=len(value))


def _listed(request: Call, who: Me, values: Mapping[str, str]) -> Page:
    troth, words = house(request), tongue(request)
    holdings = troth.rights.access(who.subject, by=who.by)
    tables = _bases(request, who, words)
    given = _given(request, who)
    groups: dict[str, list[Item]] = {}
    for holding in holdings:
        item = _item(holding, words, tables, given.get(holding.field, ()), values)
        groups.setdefault(holding.field.partition(".")[0], []).append(item)
    return show(
        request,
        "centre/me.html",
        place="/me",
        groups=groups,
        opened=bool(values),
        standing=troth.gate.standing(who.subject),
    )


def _item(
    holding: Seen,
    words: Tongue,
    tables: Mapping[tuple[str, str], Basis],
    given: tuple[str, ...],
    values: Mapping[str, str],
) -> Item:
    name = holding.name[words.language]
    return Item(
        field=holding.field,
        name=name,
        source=words.maybe(f"source.{holding.source}", holding.source),
        since=holding.since,
        until=holding.until,
        ends=words.say("until_account_ends"),
        hold=holding.hold,
        sensitive=holding.sensitive,
        restricted=holding.restricted,
        bases=tuple(
            tables.get((name, words.purpose(purpose)))
            or Basis(purpose=words.purpose(purpose), basis="", clauses=())
            for purpose in holding.purposes
        ),
        given=given,
        hidden=holding.field in NEVER_SHOWN,
        value=values.get(holding.field),
    )


def _bases(request: Call, who: Me, words: Tongue) -> dict[tuple[str, str], Basis]:
    """Read the policy's own list of collection: which basis a field has for a purpose here."""
    regimes = house(request).gate.standing(who.subject).regimes
    marks = tuple(f"{regime.upper()}: " for regime in regimes)
    return {
        (row.field, row.purpose): Basis(
            purpose=row.purpose,
            basis=words.listed(basis[4:] for basis in row.bases if basis.startswith(marks)),
            clauses=row.clauses,
        )
        for row in document(request).collection
    }


def _given(request: Call, who: Me) -> dict[str, tuple[str, ...]]:
    """Return who has really been given each field so far, from the ledger."""
    words = tongue(request)
    found: dict[str, tuple[str, ...]] = {}
    for entry in house(request).gate.trail(who.subject):
        if entry.kind in GIVEN:
            to = words.recipient(str(entry.what.get("recipient", "")))
            fields = entry.what.get("fields")
            for field in fields if isinstance(fields, list) else ():
                found[str(field)] = tuple(dict.fromkeys((*found.get(str(field), ()), to)))
    return found
