"""What a column holds, as its name, its type and its values say together (policy 9.1)."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from troth.egress.databases.map import UNKNOWN
from troth.egress.inspecting.names import SURE, is_machine, is_people, read
from troth.egress.inspecting.seen import SeenColumn, SeenTable
from troth.egress.inspecting.values import few_words, free_text, shape_of

MEANS: Final[Mapping[str, tuple[str, float]]] = {
    "email": ("contact.email", 0.95),
    "id_number": ("identity.id_number", 0.97),
    "credit_code": ("enterprise.uscc", 0.95),
    "hong_kong_id": ("identity.hk_id", 0.9),
    "bank_card": ("bank.number", 0.85),
    "phone": ("contact.phone", 0.85),
    "ip": ("usage.ip", 0.9),
    "mac": ("device.id", 0.9),
    "password_hash": ("account.password", 0.95),
    "browser": ("usage.browser", 0.9),
    "address": ("contact.address", 0.75),
    "name_zh": ("identity.name", 0.7),
    "name_en": ("identity.name", 0.5),
}
"""The category of each kind of value, and how sure it makes one where all values are of it."""
SAID: Final[Mapping[str, str]] = {
    "email": "e-mail addresses",
    "id_number": "resident ID numbers, the check digit agrees",
    "credit_code": "social credit codes, the check character agrees",
    "hong_kong_id": "Hong Kong ID numbers, the check digit agrees",
    "bank_card": "card numbers, the check digit agrees",
    "phone": "telephone numbers",
    "ip": "IP addresses",
    "mac": "network card addresses",
    "password_hash": "password hashes",
    "browser": "browser names",
    "address": "postal addresses",
    "name_zh": "Chinese names",
    "name_en": "names in Latin letters",
    "uuid": "UUIDs",
    "date": "dates",
}
MOST: Final = 0.99
ENOUGH: Final = 0.5
"""The share of values that have to be of one kind."""
WEAK: Final = frozenset({"name_en", "address", "name_zh"})
"""Kinds whose shape alone a product or a town may have, too."""


class Guess(Struct, frozen=True, kw_only=True):
    """What a column holds: a category, nothing (empty), or ``?``; how sure, and why."""

    category: str
    confidence: float
    reason: str


def judge(table: SeenTable, column: SeenColumn) -> Guess:
    """Say what a column holds.

    >>> judge(SeenTable(name="people"), SeenColumn(name="email")).category
    'contact.email'
    """
    named = read(column.name, table.name)
    if column.kind in ("truth", "octets"):
        return _typed(column, named.category)
    shape = shape_of(column.samples)
    category, sure = MEANS.get(shape.kind, ("", 0.0))
    seen = f"{shape.share:.0%} are {SAID.get(shape.kind, '')}"
    if category and shape.share >= ENOUGH:
        if named.category and _agree(named.category, category):
            both = min(MOST, max(sure, SURE) + 0.1 * shape.share)
            return Guess(category=named.category, confidence=both, reason=f"its name, and {seen}")
        weak = shape.kind in WEAK and not is_people(table.name)
        if not named.category and not (weak and (named.plain or is_machine(table.name))):
            found = sure * shape.share * (0.6 if weak else 1.0)
            return Guess(category=category, confidence=found, reason=seen)
        if named.category and shape.checked:
            return Guess(category=category, confidence=sure * 0.8, reason=f"{seen}, not as named")
    return _by_name(table, column, shape.kind, named.category, plain=named.plain)


def _typed(column: SeenColumn, category: str) -> Guess:
    if column.kind == "truth":
        return Guess(category="", confidence=0.9, reason="yes or no")
    if category and category != "support.communication":
        return Guess(category=category, confidence=SURE, reason="its name")
    return Guess(category=UNKNOWN, confidence=0.3, reason="octets: nobody knows what is in them")


def _by_name(
    table: SeenTable, column: SeenColumn, kind: str, category: str, *, plain: bool
) -> Guess:
    birth = category == "identity.birth_date"
    if category and column.kind in ("number", "moment") and not birth and kind != "phone":
        numbers = category in ("contact.phone", "bank.number", "identity.id_number")
        if not (numbers and column.kind == "number"):
            return Guess(category="", confidence=0.5, reason=f"a {column.kind}, whatever its name")
    if category:
        more = 0.3 if birth and (kind == "date" or column.kind == "moment") else 0.0
        said = "its name, and the values are dates" if more else "its name"
        return Guess(category=category, confidence=SURE + more, reason=said)
    if column.name in (*table.key, *table.variables) or column.name in _linked(table):
        return Guess(category="", confidence=0.8, reason="a key")
    if column.kind in ("number", "moment") or plain or kind in ("uuid", "date"):
        return Guess(category="", confidence=0.7, reason="numbers, times or states by type or name")
    if few_words(column.samples):
        return Guess(category="", confidence=0.6, reason="a few words that come again and again")
    if is_machine(table.name):
        return Guess(category="", confidence=0.4, reason="the table's name says nobody is in it")
    text = "free text: anything may stand in it" if free_text(column.samples) else "nothing tells"
    return Guess(category=UNKNOWN, confidence=0.3, reason=text)


def _linked(table: SeenTable) -> frozenset[str]:
    return frozenset(name for link in table.links for name in link.columns)


def _agree(named: str, seen: str) -> bool:
    """Tell whether a name's category may have such values: a handler's telephone, too."""
    tails = {named.rpartition(".")[2], seen.rpartition(".")[2]}
    return (
        named == seen
        or len(tails) == 1
        or {named, seen} <= {"usage.ip", "web.ip"}
        or ({named, seen} <= {"identity.name", "legal_rep.name", "bank.holder", "enterprise.name"})
    )
