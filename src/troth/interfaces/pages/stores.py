"""What stores answered, in words and as a picture: certificates, and open orders (9.4, 9.2)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from markupsafe import Markup
from msgspec import Struct

from troth.interfaces.pages.page import Seen
from troth.interfaces.pages.pictures import WIDE, Column, Node, Stream, Told, flow, pictured
from troth.interfaces.pages.words import Tongue
from troth.model.clock import Moment

LOOKS: Final[Mapping[str, str]] = {
    "clean": "good",
    "held": "",
    "later": "",
    "incomplete": "late",
    "silent": "late",
}
"""How a badge of each state looks."""


class Line(Struct, frozen=True, kw_only=True):
    """One store in words: its name, how it is, and what remains of what was asked."""

    name: str
    state: str
    told: str
    look: str
    remains: tuple[str, ...] = ()


def lines(answers: Iterable[Seen], words: Tongue) -> list[Line]:
    """Return what stores answered of an erasure, each in words."""
    return [
        Line(
            name=named(each.store, words),
            state=each.state,
            told=_told(each.state, each.until, words),
            look=LOOKS.get(each.state, ""),
            remains=_remains(each.remains, words),
        )
        for each in answers
    ]


def placed(order: Seen, words: Tongue) -> list[Line]:
    """Return how far each database is with an order that is open."""
    return [
        Line(
            name=named(place.name, words),
            state=state,
            told=_told(state, None, words),
            look=LOOKS.get(state, ""),
            remains=_remains(place.remains, words) if place.asked else (),
        )
        for place in order.places
        for state in (_state(place),)
    ]


def _state(place: Seen) -> str:
    if place.state != "open":
        return str(place.state)
    unasked = not place.remains or any(one.why == "unasked" for one in place.remains)
    return "silent" if unasked else "incomplete"


def named(store: str, words: Tongue) -> str:
    """Name a store: ours in words, others by the name that the map gives them."""
    kind, _, rest = store.partition(":")
    return f"{words.maybe(f'store.{kind}', kind)}{f' {rest}' if rest else ''}"


def _told(state: str, until: Moment | None, words: Tongue) -> str:
    return words.say(f"store_state.{state}", day=words.day(until))


def _remains(remains: Sequence[Seen], words: Tongue) -> tuple[str, ...]:
    return tuple(
        words.say(
            f"store_why.{one.why}",
            what=words.field(one.category),
            count=one.count,
            place=one.place,
            law=one.law or words.say("store_no_law"),
            day=words.day(one.until) or words.say("store_no_day"),
        )
        for one in remains
    )


def picture(told: Sequence[Line], words: Tongue) -> Markup:
    """Draw stores on the left, how they are on the right, and a line between for each."""
    states = tuple(dict.fromkeys(line.state for line in told))
    columns = (
        Column(
            head=words.say("col_store"),
            nodes=tuple(Node(key=f"s{n}", label=line.name) for n, line in enumerate(told)),
        ),
        Column(
            head=words.say("store_how"),
            nodes=tuple(Node(key=state, label=_short(state, words)) for state in states),
        ),
    )
    streams = [Stream(start=f"s{n}", end=line.state) for n, line in enumerate(told)]
    description = words.listed(f"{line.name}: {_short(line.state, words)}" for line in told)
    caption = Told(key="stores", title=words.say("store_answers"), description=description)
    return pictured(lambda width: flow(columns, streams, width or WIDE), caption)


def _short(state: str, words: Tongue) -> str:
    return words.say(f"store_short.{state}")
