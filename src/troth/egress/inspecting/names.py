"""What the name of a column or table says, in English and in Chinese (policy 9.1)."""

import re
import tomllib
from pathlib import Path
from typing import Final

from msgspec import Struct

CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
SPLIT: Final = re.compile(r"[^0-9A-Za-z\u4e00-\u9fff]+")

NUMBERED: Final = re.compile(r"(.+?)_?(id|no|nr|num|number|key|ref|code|uuid|pk|fk|编号|号|标识)")
SURE: Final = 0.6
"""How sure a name alone makes one."""
TABLE: Final = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
WORDS: Final = tuple(
    (str(told["category"]), re.compile("|".join(told["words"]))) for told in TABLE["column"]
)
PEOPLE: Final = re.compile("|".join(TABLE["table"]["people"]))
MACHINE: Final = re.compile("|".join(TABLE["table"]["machine"]))
PLAIN: Final = re.compile("|".join(TABLE["plain"]["words"]))


class Named(Struct, frozen=True):
    """What a name says: a category, or that it is nothing personal; empty: it says nothing."""

    category: str = ""
    plain: bool = False


def snake(name: str) -> str:
    """Write a name in small letters with underscores.

    >>> snake("userEmail"), snake("HTTPAddress"), snake("收货人 电话")
    ('user_email', 'http_address', '收货人_电话')
    """
    return SPLIT.sub("_", CAMEL.sub("_", name)).strip("_").lower()


def read(name: str, table: str = "") -> Named:
    """Read a column's name, in a table's light.

    >>> read("buyerEmail").category, read("手机号").category, read("created_at").plain
    ('contact.email', 'contact.phone', True)
    >>> read("name", "customers").category, read("name", "products").category
    ('identity.name', '')
    """
    whole = snake(name.rpartition(".")[2])
    for told in _tails(whole):
        for category, words in WORDS:
            if words.fullmatch(told):
                return Named(category=category)
    if whole in ("name", "title", "label") and is_people(table):
        return Named(category="identity.name" if whole == "name" else "")
    return Named(plain=bool(PLAIN.fullmatch(whole)))


def _tails(name: str) -> list[str]:
    """Return a name and what is left of it without its first words: ``buyer_email``, ``email``."""
    words = name.split("_")
    return ["_".join(words[start:]) for start in range(min(len(words), 4))]


def is_people(table: str) -> bool:
    """Tell whether a table's name says that its rows are people.

    >>> is_people("shop.Customers"), is_people("用户表"), is_people("orders")
    (True, True, False)
    """
    return bool(PEOPLE.fullmatch(snake(_last(table))))


def is_machine(table: str) -> bool:
    """Tell whether a table's name says that nobody is in it."""
    return bool(MACHINE.fullmatch(snake(_last(table))))


def meant_table(column: str, tables: list[str]) -> str:
    """Return the table that a column's name points at, such as ``orders`` for ``order_id``.

    >>> meant_table("order_id", ["people", "orders"]), meant_table("companyId", ["companies"])
    ('orders', 'companies')
    """
    found = NUMBERED.fullmatch(snake(column))
    if not found:
        return ""
    stem = found[1]
    wanted = [stem, f"{stem}s", f"{stem}es", stem.removesuffix("y") + "ies", f"{stem}表"]
    short = {snake(_last(table)): table for table in reversed(tables)}
    tails = [word for one in wanted for word in (one, one.rpartition("_")[2])]
    return next((short[one] for one in tails if one in short), "")


def _last(table: str) -> str:
    return table.rpartition(".")[2]
