"""Writes a data map in our own format, with a word beside each column (policy 9.1)."""

from collections.abc import Iterator, Mapping
from re import compile as pattern
from typing import Final

import msgspec

from troth.egress.databases.map import Column, DataMap, Reference, StoreMap, Table

PLAIN: Final = pattern(r"[A-Za-z_][A-Za-z0-9_.-]*")
WORDS: Final = frozenset({"yes", "no", "true", "false", "null", "on", "off", "y", "n", "~"})
WAYS: Final = {"in": "belongs to", "out": "uses", "both": "joins"}
NOTHING: Final = "nothing"
Notes = Mapping[tuple[str, str, str], str]
"""What is said beside a column or reference: by database, table, and name."""


def written(data: DataMap, notes: Notes | None = None) -> str:
    """Write a data map; it reads as the same again.

    >>> print(written(DataMap(stores=(StoreMap(name="shop", url="env:SHOP_URL", tables=(
    ...     Table(name="people", key=("id",), columns=(
    ...         Column(name="mail", category="contact.email", identity="contact.email"),)),)),))))
    troth_databases: 1
    databases:
      shop:
        url: env:SHOP_URL
        tables:
          people:
            key: id
            columns:
              mail: {category: contact.email, identity: yes}
    <BLANKLINE>
    """
    lines = ["troth_databases: 1", "databases:"]
    for store in data.stores:
        lines += (f"  {line}" for line in _store(store, notes or {}))
    return "\n".join(lines) + "\n"


def _store(store: StoreMap, notes: Notes) -> Iterator[str]:
    yield f"{word(store.name)}:"
    if store.url:
        yield f"  url: {word(store.url)}"
    if store.impersonal:
        yield f"  impersonal: [{', '.join(map(word, store.impersonal))}]"
    yield "  tables:" if store.tables else "  tables: {}"
    for table in store.tables:
        yield f"    {word(table.name)}:"
        yield from (f"      {line}" for line in _table(store, table, notes))


def _table(store: StoreMap, table: Table, notes: Notes) -> Iterator[str]:
    if table.key:
        several = f"[{', '.join(map(word, table.key))}]"
        yield f"key: {word(table.key[0]) if len(table.key) == 1 else several}"
    if table.erase != "row":
        yield f"erase: {table.erase}"
    if table.after:
        yield f"after: [{', '.join(map(word, table.after))}]"
    if table.restricted:
        yield f"restricted: {word(table.restricted)}"
    if table.walk:
        yield f"walk: {table.walk}"
    if table.columns:
        yield "columns:"
    for column in table.columns:
        note = notes.get((store.name, table.name, column.name), "")
        yield f"  {word(column.name)}: {_column(column)}{_beside(note)}"
    if table.references:
        yield "references:"
    for columns in dict.fromkeys(one.columns for one in table.references):
        told = [_reference(store, one) for one in table.references if one.columns == columns]
        name = ", ".join(columns)
        note = notes.get((store.name, table.name, f"-> {name}"), "")
        several = f"[{', '.join(map(quoted, told))}]" if len(told) > 1 else word(told[0])
        yield f"  {word(name)}: {several}{_beside(note)}"


def _column(column: Column) -> str:
    category = word(column.category) if column.category else NOTHING
    more: list[str] = []
    if column.identity:
        same = column.identity == column.category
        more.append(f"identity: {'yes' if same else word(column.identity)}")
    if not column.unique:
        more.append("unique: no")
    if column.erase:
        more.append(f"erase: {'null' if column.erase == 'null' else column.erase}")
    if column.filler:
        more.append(f"filler: {word(column.filler)}")
    if column.length:
        more.append(f"length: {column.length}")
    if column.scan:
        more.append("scan: yes")
    return "{" + ", ".join((f"category: {category}", *more)) + "}" if more else category


def _reference(store: StoreMap, one: Reference) -> str:
    other = "" if one.store == store.name else f"{one.store}/"
    plain = len(one.to) == 1 and PLAIN.fullmatch(one.to[0]) and "." not in one.to[0]
    to = f".{one.to[0]}" if plain and PLAIN.fullmatch(one.table) else f"({', '.join(one.to)})"
    return f"{WAYS[one.way]} {other}{one.table}{to}"


def word(text: str) -> str:
    """Write a text as YAML, in quotes where it needs them.

    >>> word("contact.email"), word("user:{email}"), word("?"), word("no")
    ('contact.email', '"user:{email}"', '"?"', '"no"')
    """
    plain = PLAIN.fullmatch(text.replace(" ", "_").replace("/", "_").replace(":", "_"))
    odd = text.endswith((":", " ")) or text.startswith(" ") or ": " in text or "  " in text
    return text if plain and not odd and text.lower() not in WORDS else quoted(text)


def quoted(text: str) -> str:
    r"""Write a text in quotes, as YAML reads them.

    >>> print(quoted('a "b"\n'))
    "a \"b\"\n"
    """
    return msgspec.json.encode(text).decode()


def _beside(note: str) -> str:
    return f"  # {note}" if note else ""
