"""At a glance: where a subject's data went, drawn; and what falls due when (policy 9.1, 9.3, 9.7).

Both are read from the ledger and the standing alone: no value is opened for them. What is drawn
stands beside the picture as a table, too.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from markupsafe import Markup
from msgspec import Struct

from troth.interfaces.pages.doors import Me
from troth.interfaces.pages.page import Call, Seen, house, tongue
from troth.interfaces.pages.pictures import Column, Node, Stream, Told, flow, pictured
from troth.interfaces.pages.words import Tongue
from troth.model.clock import Moment

GIVEN: Final = ("data.shared", "data.entrusted", "data.transferred", "data.disclosed")
CARRIED: Final = {
    "email": ("contact.email", "mail-carrier"),
    "letter": ("contact.address", "mail-carrier"),
    "sms": ("contact.phone", "sms-carrier"),
    "phone": ("contact.phone", "sms-carrier"),
}
"""Whose hands a message passes through: the address it went to, and who carries such messages."""
HOME: Final = "cn"
"""The region whose carriers the policy names without an ending."""
NOBODY: Final = "nobody"
MOST: Final = 8
"""How many dates are told ahead."""


class Went(Struct, frozen=True, kw_only=True):
    """What went to somebody: which fields, how often, when last."""

    recipient: str
    fields: tuple[str, ...]
    count: int
    last: Moment


class Coming(Struct, frozen=True, kw_only=True):
    """Something that happens at a moment, in words, and where to read more of it."""

    at: Moment
    title: str
    text: str = ""
    href: str = ""


# --- where it went -----------------------------------------------------------------------------


def went(request: Call, who: Me, trail: Iterable[Seen]) -> list[Went]:
    """Return who received what so far: whoever was given data, and who carried our messages."""
    known = house(request).gate.policy().edition.recipients
    found: dict[str, Went] = {}
    for entry in trail:
        name, fields = _given(entry, who, known)
        if not name:
            continue
        before = found.get(name)
        found[name] = Went(
            recipient=name,
            fields=tuple(dict.fromkeys((*(before.fields if before else ()), *fields))),
            count=(before.count if before else 0) + 1,
            last=entry.at,
        )
    return list(found.values())


def _given(entry: Seen, who: Me, known: Mapping[str, object]) -> tuple[str, tuple[str, ...]]:
    if entry.kind in GIVEN:
        fields = entry.what.get("fields")
        listed = tuple(map(str, fields)) if isinstance(fields, list) else ()
        return str(entry.what.get("recipient", "")), listed
    channel = str(entry.what.get("channel", ""))
    if entry.kind != "notice.delivered" or channel not in CARRIED:
        return "", ()
    field, carrier = CARRIED[channel]
    name = carrier if who.subject.region == HOME else f"{carrier}-global"
    return (name, (field,)) if name in known else ("", ())


def received_by(gone: Iterable[Went]) -> dict[str, tuple[str, ...]]:
    """Turn it round: for each field, who received it."""
    found: dict[str, tuple[str, ...]] = {}
    for one in gone:
        for field in one.fields:
            found[field] = (*found.get(field, ()), one.recipient)
    return found


def picture(request: Call, holdings: Iterable[Seen], gone: Iterable[Went]) -> Markup:
    """Draw from whom data came, what is held of it, and to whom it went."""
    words, held, received = tongue(request), list(holdings), list(gone)
    sources, groups = _counted(held)
    columns = (
        Column(
            head=words.say("where_from"),
            nodes=tuple(
                Node(key=f"s:{name}", label=words.maybe(f"source.{name}", name)) for name in sources
            ),
        ),
        Column(
            head=words.say("where_held"),
            nodes=tuple(Node(key=f"g:{name}", label=words.group(name)) for name in groups),
        ),
        Column(
            head=words.say("where_to"),
            nodes=tuple(
                Node(key=f"r:{one.recipient}", label=words.recipient(one.recipient))
                for one in received
            )
            or (Node(key=NOBODY, label=words.say("where_nobody")),),
        ),
    )
    streams = [*_into(held), *_out_of(received)]
    told = Told(
        key="where",
        title=words.say("where_title"),
        description=_in_words(words, groups, received),
    )
    return pictured(lambda width: flow(columns, streams, width), told)


def _counted(held: Iterable[Seen]) -> tuple[dict[str, int], dict[str, int]]:
    sources, groups = dict[str, int](), dict[str, int]()
    for holding in held:
        group = holding.field.partition(".")[0]
        sources[holding.source] = sources.get(holding.source, 0) + 1
        groups[group] = groups.get(group, 0) + 1
    return sources, groups


def _into(held: Iterable[Seen]) -> list[Stream]:
    weights: dict[tuple[str, str], int] = {}
    for holding in held:
        way = (f"s:{holding.source}", f"g:{holding.field.partition('.')[0]}")
        weights[way] = weights.get(way, 0) + 1
    return [Stream(start=start, end=end, weight=n) for (start, end), n in weights.items()]


def _out_of(gone: Iterable[Went]) -> list[Stream]:
    weights: dict[tuple[str, str], int] = {}
    for one in gone:
        for field in one.fields:
            way = (f"g:{field.partition('.')[0]}", f"r:{one.recipient}")
            weights[way] = weights.get(way, 0) + 1
    return [Stream(start=start, end=end, weight=n) for (start, end), n in weights.items()]


def _in_words(words: Tongue, groups: Iterable[str], gone: Iterable[Went]) -> str:
    told = words.listed(words.group(name) for name in groups)
    to = words.listed(words.recipient(one.recipient) for one in gone)
    return words.say("where_described", groups=told, to=to or words.say("where_nobody"))


def law(held: Seen, words: Tongue) -> str:
    """Name the law that holds something, in the page's language where we have it in words."""
    return words.maybe(f"law.{held.hold}", str(held.law))


# --- what comes next ---------------------------------------------------------------------------


def coming(request: Call, who: Me, holdings: Iterable[Seen]) -> list[Coming]:
    """List what happens at a date, soonest first: answers due, terms that end, copies that go."""
    troth, words = house(request), tongue(request)
    found = [
        *_answers(troth.gate.owed(who.subject), words),
        *_terms(holdings, words),
        *_consents(troth.gate.standing(who.subject).consents, words),
        *(
            Coming(at=copy.until, title=words.say("coming_copy"), href=f"/me/copy/{copy.id}")
            for copy in troth.rights.copies.of(who.subject)
            if copy.state == "ready"
        ),
    ]
    now = troth.clock.now()
    late = [one for one in found if one.at >= now or one.href.startswith("/me/requests")]
    return sorted(late, key=lambda one: one.at)[:MOST]


def _answers(owed: Mapping[str, Seen], words: Tongue) -> Iterable[Coming]:
    for number, duty in owed.items():
        if duty.state != "open":
            continue
        what, _, about = duty.what.partition("/")
        known = words.maybe(f"request.{what}")
        if known:
            yield Coming(
                at=duty.by,
                title=words.say("coming_answer", what=known),
                text=number,
                href=f"/me/requests/{number}",
            )
        elif what == "tell_recipient":
            title = words.say("coming_tell", recipient=words.recipient(about))
            yield Coming(at=duty.by, title=title)
        else:
            yield Coming(at=duty.by, title=words.say("coming_duty"))


def _terms(holdings: Iterable[Seen], words: Tongue) -> Iterable[Coming]:
    """Put together what reaches its term on one day."""
    days: dict[str, tuple[Moment, list[str]]] = {}
    for holding in holdings:
        if holding.until is not None:
            _, names = days.setdefault(words.day(holding.until), (holding.until, []))
            names.append(holding.name[words.language])
    for at, names in days.values():
        yield Coming(at=at, title=words.say("coming_term"), text=words.listed(names))


def _consents(consents: Mapping[str, Seen], words: Tongue) -> Iterable[Coming]:
    for key, consent in consents.items():
        if consent.state == "given" and consent.expires is not None:
            yield Coming(
                at=consent.expires,
                title=words.say("coming_consent"),
                text=words.consent(key),
                href="/me/consents",
            )
