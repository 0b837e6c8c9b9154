"""What we hold about somebody, told to them: values hidden until they prove it is they (9.1, 6.1).

The list itself opens nothing: names, purposes, bases and dates come from the standing and the
policy. A value is opened, and that is recorded, only when its owner asks to see it. Not even a mask
is shown before that: it would open every value on every visit, and the record of who looked would
be full of the owner.
"""

from collections.abc import Mapping

from msgspec import Struct

from troth.interfaces.centre.glance import coming, picture, received_by, went
from troth.interfaces.pages.doors import Me, me, proved
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, document, house, show, tongue
from troth.interfaces.pages.words import Tongue
from troth.model.acts import Show
from troth.model.clock import Moment


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
    never: str
    value: str | None


class Door(Struct, frozen=True, kw_only=True):
    """A card that leads on: where, its title, a figure and a line of text."""

    href: str
    title: str
    figure: str
    text: str


def mine(request: Call) -> Page:
    """List everything held, group by group, no value open."""
    return _listed(request, me(request), {})


def _show(request: Call, form: Form, who: Me) -> Page:
    """Open the fields asked for, in a passage that is recorded first."""
    troth, words = house(request), tongue(request)
    wanted = form.text("field")
    fields = tuple(
        field
        for field in troth.rights.showable(who.subject)
        if wanted in (field, _group(field), "*")
    )
    if not fields:
        return _listed(request, who, {})
    act = Show(subject=who.subject, fields=fields, purpose="rights")
    opened = troth.gate.perform(act, by=who.by).values
    values = {field: _readable(value.reveal_raw(), words) for field, value in opened.items()}
    return _listed(request, who, values)


def _group(field: str) -> str:
    return field.partition(".")[0]


show_values = proved(_show, why="step.show", place="/me")


def _readable(value: str | bytes, words: Tongue) -> str:
    return value if isinstance(value, str) else words.say("a_file", size=len(value))


def _listed(request: Call, who: Me, values: Mapping[str, str]) -> Page:
    troth, words = house(request), tongue(request)
    holdings = troth.rights.access(who.subject, by=who.by)
    showable = troth.rights.showable(who.subject)
    trail = troth.gate.trail(who.subject)
    gone = went(request, who, trail)
    given, tables = received_by(gone), _bases(request, who, words)
    groups: dict[str, list[Item]] = {}
    for holding in holdings:
        names = tuple(map(words.recipient, given.get(holding.field, ())))
        never = "" if holding.field in showable else _never(holding.field, words)
        item = _item(request, holding, words, tables, names, never, values)
        groups.setdefault(_group(holding.field), []).append(item)
    return show(
        request,
        "centre/me.html",
        place="/me",
        groups=groups,
        opened=bool(values),
        doors=_doors(request, who, trail),
        coming=coming(request, who, holdings),
        picture=picture(request, holdings, gone) if holdings else "",
        gone=gone,
    )


def _never(field: str, words: Tongue) -> str:
    """Say why a value is not shown."""
    return words.maybe(f"never_shown.{field}", words.say("never_shown"))


def _doors(request: Call, who: Me, trail: list[Seen]) -> list[Door]:
    """Say how much there is behind each door."""
    troth, words = house(request), tongue(request)
    looks = sum(1 for entry in trail if entry.kind == "data.shown" and entry.by.startswith("staff"))
    standing, at = troth.gate.standing(who.subject), troth.clock.now()
    given = sum(standing.consents_to(key, at) for key in standing.consents)
    asked = sum(1 for one in troth.rights.desk.requests(who.subject) if one.state == "open")
    return [
        Door(
            href=href,
            title=words.say(f"door.{name}"),
            figure=str(count),
            text=words.say(f"door_text.{name}"),
        )
        for href, name, count in (
            ("/me/trail", "looks", looks),
            ("/me/consents", "consents", given),
            ("/me/requests", "requests", asked),
        )
    ]


def _law(request: Call, told: str, words: Tongue) -> str:
    """Name a law by its hold's name in the policy; one that is not declared, as it was told."""
    holds = house(request).gate.policy().edition.holds
    name = next((name for name, rule in holds.items() if rule.law == told), "")
    return words.maybe(f"law.{name}", told)


def _item(
    request: Call,
    holding: Seen,
    words: Tongue,
    tables: Mapping[tuple[str, str], Basis],
    given: tuple[str, ...],
    never: str,
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
        hold=_law(request, holding.hold, words),
        sensitive=holding.sensitive,
        restricted=holding.restricted,
        bases=tuple(
            tables.get((name, words.purpose(purpose)))
            or Basis(purpose=words.purpose(purpose), basis="", clauses=())
            for purpose in holding.purposes
        ),
        given=given,
        never=never,
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
