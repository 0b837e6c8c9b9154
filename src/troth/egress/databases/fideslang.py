"""Data maps of others: a fideslang Dataset as it is, read into ours and written from it (9.1).

Everything in the file is read; what has no place here is listed as a finding, never dropped in
silence. A category that no table of ours knows becomes ``?``: not known, and an erasure that meets
it is not complete.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec
import yaml
from msgspec import Struct

from troth.egress.databases.finding import Finding
from troth.egress.databases.map import UNKNOWN, Column, DataMap, Method, Reference, StoreMap, Table
from troth.egress.databases.reading import Read

LARGEST: Final = 16 * 1024 * 1024
WAYS: Final[Mapping[str, Literal["in", "out", "both"]]] = {"from": "in", "to": "out", "": "both"}
LOST: Final[Mapping[str, str]] = {
    "data_uses": "purposes stand in the policy",
    "data_purposes": "purposes stand in the policy",
    "data_subjects": "who is concerned stands in the policy",
    "data_qualifier": "it says nothing about where data lies",
    "retention": "how long data is kept stands in the policy",
    "third_country_transfers": "transfers stand in the policy",
    "joint_controller": "recipients stand in the policy",
    "namespace": "write it before the table's name, as in `schema.table`",
    "partitioning": "tables are read whole",
    "after": "a trace follows references in whatever order they lead",
    "redact": "names of columns are shown as they are",
    "custom_request_field": "people are found by categories of the policy",
    "return_all_elements": "of a list, every element is taken",
}
"""What a fideslang dataset says that a data map does not, and where it belongs instead."""
Node = dict[str, object]


class Tables(Struct, frozen=True, kw_only=True):
    """What is called how in both."""

    categories: Mapping[str, str]
    identities: Mapping[str, str]
    methods: Mapping[str, Method]

    def category(self, theirs: str) -> str | None:
        """Return our category for theirs, or its nearest parent's; ``None`` for no word at all."""
        while theirs:
            if theirs in self.categories:
                return self.categories[theirs]
            theirs = theirs.rpartition(".")[0]
        return None


TABLES: Final = msgspec.convert(
    tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8")), Tables
)


def read(text: str, name: str) -> Read:
    """Read a fideslang document; ``name`` is the file that findings name.

    Losses are warnings; what cannot be read at all is an error, and then there is no map.
    """
    reader = _Reader(name)
    if len(text) > LARGEST:
        reader.tell("the document", "is too large", f"keep it under {LARGEST}", level="error")
        return Read(data=None, findings=tuple(reader.findings))
    try:
        document: object = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError):
        document = None
    datasets = document.get("dataset", document) if isinstance(document, dict) else document
    found = [one for one in _list(datasets) if isinstance(one, dict) and "collections" in one]
    if not found:
        reader.tell("the document", "has no `dataset`", "give a fideslang Dataset", level="error")
        return Read(data=None, findings=tuple(reader.findings))
    stores = tuple(map(reader.store, found))
    broken = any(one.level == "error" for one in reader.findings)
    return Read(data=None if broken else DataMap(stores=stores), findings=tuple(reader.findings))


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name
        self.findings: list[Finding] = []

    def tell(
        self, place: str, what: str, hint: str, level: Literal["error", "warning"] = "warning"
    ) -> None:
        self.findings.append(
            Finding(level=level, place=f"{self._name}: {place}", message=what, hint=hint)
        )

    def _lost(self, place: str, *nodes: Node) -> None:
        for node in nodes:
            for key, why in LOST.items():
                if node.get(key) not in (None, [], {}, "", False):
                    self.tell(place, f"`{key}` has no place in a data map", why)

    def store(self, told: Node) -> StoreMap:
        key = str(told.get("fides_key", ""))
        if not key:
            self.tell("a dataset", "has no `fides_key`", "name it", level="error")
        meta = _meta(told)
        self._lost(key, told, meta)
        tables: list[Table] = []
        for each in _list(told.get("collections")):
            if isinstance(each, dict):
                found = self._table(key, each, _words(told.get("data_categories")))
                tables += [found] if found else []
        return StoreMap(name=key, tables=tuple(tables))

    def _table(self, store: str, told: Node, above: tuple[str, ...]) -> Table | None:
        name, meta = str(told.get("name", "")), _meta(told)
        place = f"{store}.{name}"
        self._lost(place, told, meta)
        if meta.get("skip_processing"):
            self.tell(
                place,
                "is skipped there, and so left out",
                "map it, or list it under `impersonal` where it holds nothing personal",
            )
            return None
        above = _words(told.get("data_categories")) or above
        fields = list(_fields(_list(told.get("fields"))))
        override = _node(meta.get("masking_strategy_override")).get("strategy", "")
        return Table(
            name=name,
            key=tuple(path for path, each in fields if _meta(each).get("primary_key")),
            columns=tuple(self._column(place, path, each, above) for path, each in fields),
            references=tuple(
                found for path, each in fields for found in self._references(place, path, each)
            ),
            erase="row" if override == "delete" else "fields",
            after=tuple(self._after(store, place, meta)),
        )

    def _after(self, store: str, place: str, meta: Node) -> Iterator[str]:
        for told in _words(meta.get("erase_after")):
            dataset, _, collection = told.partition(".")
            if dataset == store:
                yield collection
            else:
                self.tell(
                    place,
                    f"`erase_after` names `{told}` of another database",
                    "databases are erased each by itself, in no order",
                )

    def _column(self, place: str, path: str, told: Node, above: tuple[str, ...]) -> Column:
        where, meta = f"{place}.{path}", _meta(told)
        self._lost(where, told, meta)
        length = meta.get("length")
        return Column(
            name=path,
            category=self._category(where, told, above),
            identity=self._identity(where, meta),
            erase=self._method(where, meta),
            filler=str(_node(_override(meta).get("configuration")).get("rewrite_value", "")),
            length=length if isinstance(length, int) else 0,
        )

    def _category(self, place: str, told: Node, above: tuple[str, ...]) -> str:
        theirs = _words(told.get("data_categories")) or above
        meta = _meta(told)
        if not theirs:
            if meta.get("primary_key") or meta.get("references"):
                return ""
            self.tell(place, "has no category", "say what it holds, or that it is nothing")
            return UNKNOWN
        ours: list[str] = []
        for word in theirs:
            found = TABLES.category(word)
            if found in (None, UNKNOWN):
                self.tell(
                    place,
                    f"`{word}` is no category of ours",
                    "give it one of the policy's, or `nothing`",
                )
            ours.append(UNKNOWN if found is None else found)
        personal = [word for word in ours if word]
        known = [word for word in personal if word != UNKNOWN]
        if len(set(known)) > 1:
            others = ", ".join(f"`{word}`" for word in dict.fromkeys(known[1:]))
            self.tell(place, f"holds {others} besides", "a column has one category: pick it")
        return next(iter(known or personal), "")

    def _identity(self, place: str, meta: Node) -> str:
        theirs = str(meta.get("identity") or "")
        ours = TABLES.identities.get(theirs, "")
        if theirs and not ours:
            self.tell(
                place,
                f"the identity `{theirs}` is none of ours",
                "write the category that people are found by here",
            )
        return ours

    def _method(self, place: str, meta: Node) -> Method | None:
        if meta.get("read_only"):
            return "keep"
        theirs = str(_override(meta).get("strategy") or "")
        ours = TABLES.methods.get(theirs)
        if theirs and ours is None:
            self.tell(place, f"the masking `{theirs}` is not known", "it is emptied instead")
        if theirs == "aes_encrypt":
            self.tell(place, "`aes_encrypt` can be undone", "a keyed pseudonym takes its place")
        return ours

    def _references(self, place: str, path: str, told: Node) -> Iterator[Reference]:
        for each in _list(_meta(told).get("references")):
            node = _node(each)
            table, _, column = str(node.get("field", "")).partition(".")
            way = str(node.get("direction") or "")
            if not table or not column or way not in WAYS:
                self.tell(
                    f"{place}.{path}",
                    "refers to nothing that can be read",
                    "write `field: collection.field` and `direction: from` or `to`",
                    level="error",
                )
                continue
            store = str(node.get("dataset", ""))
            yield Reference(columns=(path,), store=store, table=table, to=(column,), way=WAYS[way])


def _fields(nodes: list[object], above: str = "") -> Iterator[tuple[str, Node]]:
    """Give the leaves of a collection, nested ones by their dotted place."""
    for each in nodes:
        node = _node(each)
        path = f"{above}.{node.get('name', '')}".removeprefix(".")
        inner = _list(node.get("fields"))
        if inner:
            # What is said of an object holds for each field in it that says nothing else.
            shared = {key: node[key] for key in ("data_categories",) if node.get(key)}
            yield from _fields([{**shared, **_node(one)} for one in inner], path)
        elif node:
            yield path, node


def _meta(node: Node) -> Node:
    return _node(node.get("fides_meta") or node.get("fidesops_meta"))


def _override(meta: Node) -> Node:
    return _node(meta.get("masking_strategy_override"))


def _node(value: object) -> Node:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _words(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in _list(value))


# --- the other way -----------------------------------------------------------------------------


def written(data: DataMap) -> str:
    """Write a data map as a fideslang document: its databases, tables, columns, references.

    >>> print(written(DataMap(stores=(StoreMap(name="shop", tables=(
    ...     Table(name="people", key=("id",), columns=(Column(name="id"),)),)),))))
    dataset:
    - fides_key: shop
      name: shop
      collections:
      - name: people
        fields:
        - name: id
          data_categories:
          - system.operations
          fides_meta:
            primary_key: true
    <BLANKLINE>
    """
    told = [_dataset(store) for store in data.stores]
    return yaml.safe_dump({"dataset": told}, sort_keys=False, allow_unicode=True)


def _dataset(store: StoreMap) -> Node:
    return {
        "fides_key": store.name,
        "name": store.name,
        "collections": [_collection(store, table) for table in store.tables],
    }


def _collection(store: StoreMap, table: Table) -> Node:
    meta: Node = {}
    if table.after:
        meta["erase_after"] = [f"{store.name}.{other}" for other in table.after]
    if table.erase == "row":
        meta["masking_strategy_override"] = {"strategy": "delete"}
    nested: dict[str, Node] = {}
    for column in table.columns:
        _place(nested, column.name.split("."), _field(table, column))
    told: Node = {"name": table.name}
    if meta and (table.after or any(column.category for column in table.columns)):
        told["fides_meta"] = meta
    told["fields"] = [_named(name, node) for name, node in nested.items()]
    return told


def _place(nested: dict[str, Node], path: list[str], node: Node) -> None:
    first, *rest = path
    if not rest:
        nested[first] = {**nested.get(first, {}), **node}
        return
    inner = nested.setdefault(first, {}).setdefault("fields", {})
    if isinstance(inner, dict):
        _place(inner, rest, node)


def _named(name: str, node: Node) -> Node:
    inner = node.get("fields")
    told: Node = {"name": name, **node}
    if isinstance(inner, dict):
        told["fields"] = [_named(key, value) for key, value in inner.items()]
    return told


def _field(table: Table, column: Column) -> Node:
    theirs = {ours: word for word, ours in reversed(list(TABLES.categories.items()))}
    people = {ours: word for word, ours in reversed(list(TABLES.identities.items()))}
    masks = {ours: word for word, ours in reversed(list(TABLES.methods.items()))}
    meta: Node = {}
    if column.name in table.key:
        meta["primary_key"] = True
    if column.identity in people:
        meta["identity"] = people[column.identity]
    if column.length:
        meta["length"] = column.length
    if column.erase == "keep":
        meta["read_only"] = True
    elif column.erase:
        meta["masking_strategy_override"] = {"strategy": masks[column.erase]}
        if column.erase == "replace":
            configuration = {"rewrite_value": column.filler}
            strategy = masks[column.erase]
            meta["masking_strategy_override"] = {
                "strategy": strategy,
                "configuration": configuration,
            }
    found = [_reference(one) for one in table.references if one.columns == (column.name,)]
    if found:
        meta["references"] = found
    category = theirs.get(column.category, "user") if column.category else "system.operations"
    told: Node = {"data_categories": [category]}
    return {**told, "fides_meta": meta} if meta else told


def _reference(one: Reference) -> Node:
    told: Node = {"dataset": one.store, "field": f"{one.table}.{one.to[0]}"}
    ways = {ours: word for word, ours in WAYS.items()}
    return {**told, "direction": ways[one.way]} if one.way != "both" else told
