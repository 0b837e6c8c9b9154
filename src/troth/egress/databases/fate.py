"""What an order means for the records of one table, whatever kind of database it is (policy 9.4).

A record goes whole only where everything in it may go: what a law holds, or the map keeps, stays,
and then the rest of the record ends field by field.
"""

import hmac
from typing import Final

from msgspec import Struct

from troth.egress.databases.map import UNKNOWN, Column, Method, Table
from troth.egress.databases.port import Order
from troth.model.clock import Moment, date
from troth.model.terms import matches

MARK: Final = "anon-"
DIGEST: Final = 16
"""Hexadecimal digits of what a value becomes, and as many again that prove it was made here."""
FOR_EVER: Final = "9999-12-31"


class Ends(Struct, frozen=True, kw_only=True):
    """One column that ends, and how."""

    column: Column
    method: Method


class Fate(Struct, frozen=True, kw_only=True):
    """What becomes of a table's records.

    ``whole``: the record goes. Otherwise ``ends`` says field by field; ``held`` are the columns
    that stay by law or by the map, until the last day of their category.
    """

    whole: bool = False
    ends: tuple[Ends, ...] = ()
    held: tuple[tuple[Column, Moment | None], ...] = ()

    @property
    def until(self) -> Moment | None:
        """The last day of all that is held; ``None`` where none is known."""
        days = [day for _, day in self.held if day is not None]
        return max(days) if days else None


def erasing(table: Table, order: Order) -> Fate:
    """Say how an erasure ends a table's records.

    >>> from troth.model.clock import moment
    >>> shop = Table(name="orders", columns=(Column(name="to", category="contact.address"),))
    >>> erasing(shop, Order(id="1", task="erase", at=moment("2026-11-22"))).whole
    True
    >>> erasing(shop, Order(id="1", task="erase", at=moment("2026-11-22"),
    ...     categories=("identity",))).whole
    False
    """
    held, ends, spared = [], [], False
    for column in table.columns:
        kept, until = _held(column, order)
        if not column.category or column.category == UNKNOWN:
            continue
        if kept or column.erase == "keep":
            held.append((column, until))
        elif asked(column, order):
            ends.append(Ends(column=column, method=column.erase or "null"))
        else:
            spared = True
    plain = all(end.column.erase in (None, "delete") for end in ends)
    everything = bool(ends) or order.categories == ("*",)
    whole = table.erase == "row" and plain and everything and not held and not spared
    return Fate(whole=whole, ends=() if whole else tuple(ends), held=tuple(held))


def asked(column: Column, order: Order) -> bool:
    """Tell whether an order is about a column."""
    personal = bool(column.category) and column.category != UNKNOWN
    return personal and any(matches(pattern, column.category) for pattern in order.categories)


def last_day(until: Moment | None) -> str:
    """Write the last day of a restriction, as its column takes it.

    >>> last_day(None)
    '9999-12-31'
    """
    return FOR_EVER if until is None else date(until)


def pseudonym(key: bytes, category: str, value: str | bytes, length: int = 0) -> str:
    """Return what a value becomes: the same for the same value, and recognised as made here.

    ``length`` (characters) cuts it; what is shorter than ``anon-`` and 32 digits proves nothing.

    >>> made = pseudonym(b"k", "contact.email", "mei@example.cn")
    >>> made == pseudonym(b"k", "contact.email", "mei@example.cn"), is_pseudonym(b"k", made)
    (True, True)
    """
    raw = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
    told = hmac.digest(key, category.encode() + b"\0" + raw, "sha256").hex()[:DIGEST]
    made = f"{MARK}{told}{_proof(key, told)}"
    return made[:length] if length else made


def is_pseudonym(key: bytes, text: object) -> bool:
    """Tell whether a text was made by ``pseudonym`` with this key.

    >>> is_pseudonym(b"k", "anon-0123456789abcdef0123456789abcdef"), is_pseudonym(b"k", 7)
    (False, False)
    """
    if not isinstance(text, str) or not text.startswith(MARK):
        return False
    told, proof = text[len(MARK) : len(MARK) + DIGEST], text[len(MARK) + DIGEST :]
    if not proof:
        return False
    return hmac.compare_digest(_proof(key, told)[: len(proof)].encode(), proof.encode())


def _proof(key: bytes, told: str) -> str:
    return hmac.digest(key, b"pseudonym\0" + told.encode(), "sha256").hex()[:DIGEST]


def _held(column: Column, order: Order) -> tuple[bool, Moment | None]:
    days = [day for pattern, day in order.held.items() if matches(pattern, column.category)]
    known = [day for day in days if day is not None]
    return bool(days), max(known) if known else None
