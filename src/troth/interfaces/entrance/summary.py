"""The policy in plain words and in one picture, above its text (policy 2 to 9, 11.4).

Both are made from the rules, so that they say what the program does; each thing they name leads to
the clause it comes from. Names that the policy gives are put together in a few families, or nobody
would read them: a name that is in none stands in the last.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from markupsafe import Markup
from msgspec import Struct

from troth.interfaces.pages.page import Seen
from troth.interfaces.pages.pictures import Column, Drawing, Node, Stream, Told, flow, pictured
from troth.interfaces.pages.words import Tongue

DATA: Final[Mapping[str, str]] = {
    **dict.fromkeys(("account", "contact"), "account"),
    **dict.fromkeys(("identity", "legal_rep", "handler", "guardian", "document"), "identity"),
    "profile": "profile",
    **dict.fromkeys(("enterprise", "bank", "billing"), "company"),
    **dict.fromkeys(("web", "usage", "device", "telemetry"), "activity"),
    **dict.fromkeys(("support", "rights"), "help"),
    "risk": "risk",
    "business": "business",
}
"""The family of a group of fields."""
AIMS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("register", "authenticate", "realname", "age", "guardian"), "account"),
    **dict.fromkeys(("account", "sign_in"), "account"),
    **dict.fromkeys(("provide", "notify", "call", "support"), "services"),
    **dict.fromkeys(("improve", "analytics", "personalise", "research"), "better"),
    "marketing": "marketing",
    **dict.fromkeys(("security", "fraud"), "safety"),
    **dict.fromkeys(("legal", "rights", "public_safety"), "law"),
    **dict.fromkeys(("publish", "approved"), "yours"),
}
"""The family of a purpose, by the first part of its name."""
OTHER: Final = "other"
KINDS: Final = (
    *("service_provider", "supplier", "affiliate", "partner", "authority", "successor", "public"),
)
"""Kinds of recipient, those that are given something every day before the others."""
PARTS: Final = re.compile(r"\d+|[a-z]+")


class Item(Struct, frozen=True, kw_only=True):
    """A thing with a name, and the clause it comes from, if any."""

    name: str
    clause: str


class Line(Struct, frozen=True, kw_only=True):
    """A few things under one heading."""

    head: str
    items: tuple[Item, ...]


class Layer(Struct, frozen=True, kw_only=True):
    """One question a reader has, and the answer; ``key`` is its text's."""

    key: str
    lines: tuple[Line, ...]


def layers(edition: Seen, words: Tongue) -> tuple[Layer, ...]:
    """Return what is held, why, with whom, how long and the rights, in the words of a language."""
    return (
        Layer(key="sum.held", lines=_held(edition, words)),
        Layer(key="sum.why", lines=_why(edition, words)),
        Layer(key="sum.whom", lines=_whom(edition, words)),
        Layer(key="sum.long", lines=_long(edition, words)),
        Layer(key="sum.rights", lines=_rights(edition, words)),
    )


def _held(edition: Seen, words: Tongue) -> tuple[Line, ...]:
    kept = ((name, one) for name, one in edition.categories.items() if not one.closed)
    pairs = [(data_family(name), _item(one, words)) for name, one in kept]
    return _families("data", pairs, (*DATA.values(), OTHER), words)


def _why(edition: Seen, words: Tongue) -> tuple[Line, ...]:
    pairs = [(aim_family(name), _item(one, words)) for name, one in edition.purposes.items()]
    return _families("aim", pairs, (*AIMS.values(), OTHER), words)


def _whom(edition: Seen, words: Tongue) -> tuple[Line, ...]:
    pairs = [(one.kind, _item(one, words)) for one in edition.recipients.values()]
    return _families("recipients", pairs, KINDS, words)


def _families(
    sort: str, pairs: list[tuple[str, Item]], order: Sequence[str], words: Tongue
) -> tuple[Line, ...]:
    """Put items under their families in a fixed order, each in the order of the text."""
    ranked = sorted(pairs, key=lambda pair: (order.index(pair[0]), place([pair[1].clause])))
    return _grouped((words.say(f"{sort}.{family}"), item) for family, item in ranked)


def _long(edition: Seen, words: Tongue) -> tuple[Line, ...]:
    """Say until when what is kept, one line for each term."""
    return _grouped(
        (kept(row.keep, row.start, words), Item(name=name, clause=_first(row.clause)))
        for row in edition.retention
        for name in _patterns(row.categories, words)
    )


def _patterns(patterns: Iterable[str], words: Tongue) -> tuple[str, ...]:
    """Name what some patterns cover: fields by their own names, groups by theirs."""
    named = (words.field(one) if "." in one or one == "*" else words.group(one) for one in patterns)
    return tuple(dict.fromkeys(named))


def kept(keep: str, start: str, words: Tongue) -> str:
    """Say a term in words: so many days, months or years from an event on."""
    count, unit = keep[1:-1], keep[-1]
    if count == "0":
        return words.maybe(f"until.{start}", start)
    told = words.span(count, unit)
    return words.maybe(f"after.{start}", "{span}").replace("{span}", told)


def _rights(edition: Seen, words: Tongue) -> tuple[Line, ...]:
    ranked = sorted(
        edition.rights.values(),
        key=lambda right: (right.handler != "self_service", place(right.clause)),
    )
    return _grouped((words.say(f"served.{one.handler}"), _item(one, words)) for one in ranked)


def _item(part: Seen, words: Tongue) -> Item:
    return Item(name=part.words[words.language], clause=_first(part.clause))


def place(clauses: Sequence[str]) -> list[int | str]:
    """Return where the first of some clauses stands in the text.

    >>> place(["9.2"]) < place(["10.1a"])
    True
    """
    return [int(part) if part.isdigit() else part for part in PARTS.findall(_first(clauses))]


def _first(clauses: Sequence[str]) -> str:
    return clauses[0] if clauses else ""


def _grouped(pairs: Iterable[tuple[str, Item]]) -> tuple[Line, ...]:
    """Put items under their headings, both in the order they come; the same name stands once."""
    found: dict[str, dict[str, Item]] = {}
    for head, item in pairs:
        found.setdefault(head, {}).setdefault(item.name, item)
    return tuple(Line(head=head, items=tuple(items.values())) for head, items in found.items())


def data_family(field: str) -> str:
    """Return the family of a field.

    >>> data_family("contact.email"), data_family("shoes.size")
    ('account', 'other')
    """
    return DATA.get(field.partition(".")[0], OTHER)


def aim_family(purpose: str) -> str:
    """Return the family of a purpose.

    >>> aim_family("notify.billing")
    'services'
    """
    return AIMS.get(purpose.partition(".")[0], OTHER)


# --- where data goes ---------------------------------------------------------------------------

Pair = tuple[str, str]


class Route(Struct, frozen=True, kw_only=True):
    """One row of the picture's text: what is used for one family of purposes, and who gets it."""

    aim: str
    data: tuple[str, ...]
    recipients: tuple[str, ...]


def routes(document: Seen, edition: Seen, words: Tongue) -> tuple[Route, ...]:
    """Say in words what the picture shows, one row for each family of purposes."""
    used, given = _flows(document, edition)
    aims = [aim for aim in dict.fromkeys((*AIMS.values(), OTHER)) if aim in {to for _, to in used}]
    return tuple(
        Route(
            aim=words.say(f"aim.{aim}"),
            data=tuple(words.say(f"data.{one}") for one, to in used if to == aim),
            recipients=tuple(words.say(f"recipients.{to}") for one, to in given if one == aim),
        )
        for aim in aims
    )


def picture(document: Seen, edition: Seen, words: Tongue) -> Markup:
    """Draw where data goes: from what is held, by what for, to who may receive it."""
    used, given = _flows(document, edition)
    columns = (
        _column("data", {one for one, _ in used}, (*DATA.values(), OTHER), words),
        _column("aim", {one for _, one in used}, (*AIMS.values(), OTHER), words),
        _column("recipients", {one for _, one in given}, KINDS, words),
    )
    streams = [
        *_streams("data", "aim", used),
        *_streams("aim", "recipients", given),
    ]

    def draw(width: int) -> Drawing:
        return flow(columns, streams, width)

    told = Told(key="flow", title=words.say("flow_title"), description=words.say("flow_what"))
    return pictured(draw, told)


def _flows(document: Seen, edition: Seen) -> tuple[dict[Pair, int], dict[Pair, int]]:
    """Count the fields that run from a family of data to one of purposes, and on to recipients."""
    used: dict[Pair, set[str]] = {}
    for row in document.collection:
        used.setdefault((data_family(row.key), aim_family(row.aim)), set()).add(row.key)
    given: dict[Pair, set[str]] = {}
    for row in document.sharing:
        kind = edition.recipients[row.key].kind
        given.setdefault((aim_family(row.aim), kind), set()).update(row.keys)
    return (
        {pair: len(fields) for pair, fields in used.items()},
        {pair: len(fields) for pair, fields in given.items() if fields},
    )


def _column(sort: str, names: set[str], order: Iterable[str], words: Tongue) -> Column:
    nodes = tuple(
        Node(key=f"{sort}.{name}", label=words.say(f"{sort}.{name}"))
        for name in dict.fromkeys(order)
        if name in names
    )
    return Column(head=words.say(f"flow_{sort}"), nodes=nodes)


def _streams(start: str, end: str, flows: Mapping[Pair, int]) -> list[Stream]:
    return [
        Stream(start=f"{start}.{one}", end=f"{end}.{other}", weight=weight)
        for (one, other), weight in flows.items()
    ]
