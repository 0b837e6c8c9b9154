"""Documents inside a record: what stands at a dotted place, and what is put there (policy 9.1).

A place leads through lists as well: ``orders.email`` is the e-mail address in each of the orders.
"""

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Final

import msgspec

from troth.egress.databases.port import Value
from troth.egress.named.patterns import carried

Tree = dict[str, object]
"""A record as a document: its fields by name, some of them documents again."""
MOST_DEEP: Final = 32


class Gone(Enum):
    """What is put where a field is to go."""

    GONE = "gone"


GONE: Final = Gone.GONE


def at(tree: object, place: str) -> list[object]:
    """Return what stands at a place: several things where lists lie on the way.

    >>> at({"orders": [{"to": "a"}, {"to": "b"}, {}]}, "orders.to"), at({"a.b": 1}, "a.b")
    (['a', 'b'], [1])
    """
    if isinstance(tree, list):
        return [found for each in tree for found in at(each, place)]
    if not isinstance(tree, dict):
        return []
    if place in tree:
        return [tree[place]]
    first, _, rest = place.partition(".")
    return at(tree[first], rest) if rest and first in tree else []


def change(tree: object, place: str, how: Callable[[object], object]) -> int:
    """Change whatever stands at a place; return how many things were changed.

    Nothing is made where nothing was. What becomes ``GONE`` is taken away.

    >>> tree = {"orders": [{"to": "a"}, {"to": None}, {}]}
    >>> change(tree, "orders.to", lambda told: GONE), tree
    (2, {'orders': [{}, {}, {}]})
    """
    if isinstance(tree, list):
        return sum(change(each, place, how) for each in tree)
    if not isinstance(tree, dict):
        return 0
    first, _, rest = place.partition(".")
    if place not in tree:
        return change(tree[first], rest, how) if rest and first in tree else 0
    told = how(tree[place])
    if told is GONE:
        del tree[place]
    changed = told is GONE or told != tree.get(place)
    if changed and told is not GONE:
        tree[place] = told
    return int(changed)


def mark(tree: Tree, place: str, text: str) -> int:
    """Put a text at a place, making what lies between; an empty text takes it away.

    >>> tree = {}
    >>> mark(tree, "privacy.restricted", "2026-11-22"), tree
    (1, {'privacy': {'restricted': '2026-11-22'}})
    >>> mark(tree, "privacy.restricted", ""), tree
    (1, {'privacy': {}})
    """
    if not text:
        return change(tree, place, lambda _: GONE)
    *between, last = place.split(".")
    for step in between:
        found = tree.setdefault(step, {})
        if not isinstance(found, dict):
            return 0
        tree = found
    changed = tree.get(last) != text
    tree[last] = text
    return int(changed)


def leaves(tree: object, place: str = "", deep: int = 0) -> Iterator[tuple[str, object]]:
    """Give every value of a document with its place; a list's items share theirs.

    >>> list(leaves({"a": {"b": 1}, "c": [2, {"d": 3}]}))
    [('a.b', 1), ('c', 2), ('c.d', 3)]
    """
    if deep >= MOST_DEEP:
        yield place, tree
    elif isinstance(tree, dict):
        for name, each in tree.items():
            yield from leaves(each, f"{place}.{name}" if place else str(name), deep + 1)
    elif isinstance(tree, list):
        for each in tree:
            yield from leaves(each, place, deep + 1)
    else:
        yield place, tree


def values(tree: object, place: str) -> list[Value]:
    """Return the plain values at a place, as something that can lead elsewhere."""
    told: list[Value] = []
    for found in at(tree, place):
        for _, each in leaves(found):
            if isinstance(each, str):
                told.append(carried(each))
            elif each is None or isinstance(each, int | float | bool):
                told.append(each)
    return told


def texts(tree: object, place: str) -> list[str | bytes]:
    """Return what stands at a place as texts, empty ones left out; a document as its JSON."""
    return [told for found in at(tree, place) if (told := text_of(found))]


def text_of(value: object) -> str | bytes:
    r"""Write one value as text; bytes that are no text stay bytes.

    >>> text_of("a"), text_of(None), text_of({"a": 1}), text_of(b"\xff")
    ('a', '', '{"a":1}', b'\xff')
    """
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    if isinstance(value, str):
        # Octets that are no text were taken in as lone surrogates; here they are octets again.
        return value if value.isascii() else text_of(value.encode("utf-8", "surrogateescape"))
    return "" if value is None else msgspec.json.encode(value).decode()


def parsed(text: str | bytes) -> object:
    """Return the document in a text, or ``None`` where it is none."""
    try:
        found: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None
