"""Reads our own format of the data map: one YAML file that a person can write (policy 9.1).

    troth_databases: 1
    databases:
      shop:
        url: env:SHOP_URL
        impersonal: [products, migrations]
        tables:
          customers:
            key: id
            columns:
              id: nothing
              email: {category: contact.email, identity: yes}
              name: identity.name
              profile.phone: contact.phone          # inside a document
            references:
              address_id: uses addresses.id         # others may use that address, too
          orders:
            key: id
            references:
              customer_id: belongs to customers.id  # a customer's orders are theirs
          parcels:
            references:
              order_id, item: belongs to items(order_id, number)
              clerk: joins staff/people.id          # in the database `staff`; nobody said whose

What the format does not know is an error with its line. Nothing is guessed.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from msgspec import Struct
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from troth.egress.databases.finding import Finding, meant
from troth.egress.databases.map import UNKNOWN, Column, DataMap, Reference, StoreMap, Table
from troth.model.errors import Misconfigured

GRAMMAR: Final = "1"
LARGEST: Final = 4 * 1024 * 1024
DEEPEST: Final = 12
NOTHING: Final = "nothing"
"""How a column is written that holds nothing personal."""
NOBODY: Final = "unknown"
"""How one is written of which nobody said what it holds; or as ``"?"``."""
WAYS: Final[dict[str, Literal["in", "out", "both"]]] = {
    "belongs to": "in",
    "uses": "out",
    "joins": "both",
}
METHODS: Final = ("delete", "null", "replace", "pseudonymise", "keep")
YES: Final = {"yes": True, "true": True, "no": False, "false": False}
TARGET: Final = re.compile(
    r"(belongs to|uses|joins)\s+(?:([^/\s]+)/)?([^\s(]+?)(?:\.([^.\s(]+)|\s*\(([^)]*)\))"
)
Pairs = dict[str, tuple[Node, Node]]


class Read(Struct, frozen=True, kw_only=True):
    """A document as it was read. ``data`` is ``None`` when an error is among the findings."""

    data: DataMap | None
    findings: tuple[Finding, ...] = ()


def read(text: str, name: str) -> Read:
    r"""Read a document; ``name`` is the file that findings name.

    >>> print(read("troth_databases: 1\ndatabase: {}", "map.yaml").findings[0])
    map.yaml:2: error: `database` is no key of a data map
      meant `databases`?
    """
    reader = _Reader(name)
    data = reader.document(text)
    broken = any(found.level == "error" for found in reader.findings)
    return Read(data=None if broken else data, findings=tuple(reader.findings))


def load(path: Path) -> DataMap:
    """Read a file that must be sound. Raises ``Misconfigured`` with the first error."""
    try:
        told = read(path.read_text("utf-8"), path.name)
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(f"the data map `{path.name}` cannot be read") from None
    if told.data is None:
        first, *others = told.findings
        more = f", and {len(others)} more" if others else ""
        raise Misconfigured(f"{first.place}: {first.message}{more}", remedy=first.hint)
    return told.data


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name
        self.findings: list[Finding] = []

    def _wrong(self, node: Node | int, message: str, hint: str) -> None:
        line = node if isinstance(node, int) else node.start_mark.line + 1
        self.findings.append(
            Finding(level="error", place=f"{self._name}:{line}", message=message, hint=hint)
        )

    # --- the document --------------------------------------------------------------------------

    def document(self, text: str) -> DataMap | None:
        root = self._composed(text)
        if root is None:
            return None
        pairs = self._pairs(root, "a data map", ("troth_databases", "databases"))
        if self._word(pairs, "troth_databases") != GRAMMAR:
            self._wrong(root, "a data map lacks `troth_databases`", "begin: `troth_databases: 1`")
        stores = self._named(pairs, "databases")
        return DataMap(stores=tuple(self._store(name, node) for name, node in stores))

    def _composed(self, text: str) -> Node | None:
        if len(text) > LARGEST:
            self._wrong(1, "the document is too large", f"keep it under {LARGEST} characters")
            return None
        try:
            if deep := _too_deep(text):
                self._wrong(deep, "parts nest too deep", "close the brackets above")
                return None
            node: Node | None = yaml.compose(text, Loader=yaml.CSafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            told = error.problem or error.context or "it cannot be read"
            hint = "mend the line; a text that holds `: ` or ` #` needs quotes"
            self._wrong(mark.line + 1 if mark else 1, f"no YAML: {told}", hint)
            return None
        except yaml.YAMLError:
            self._wrong(1, "no YAML: it holds a character no text has", "save it as UTF-8 text")
            return None
        if node is None:
            self._wrong(1, "the document is empty", "begin: `troth_databases: 1`")
        return node

    def _store(self, name: str, node: Node) -> StoreMap:
        pairs = self._pairs(node, f"`{name}`", ("url", "impersonal", "tables"))
        return StoreMap(
            name=name,
            url=self._word(pairs, "url"),
            tables=tuple(self._table(name, *one) for one in self._named(pairs, "tables")),
            impersonal=self._words(pairs, "impersonal"),
        )

    def _table(self, store: str, name: str, node: Node) -> Table:
        known = ("key", "columns", "references", "erase", "after", "restricted", "walk")
        pairs = self._pairs(node, f"`{name}`", known)
        return Table(
            name=name,
            key=self._words(pairs, "key"),
            columns=tuple(self._column(*one) for one in self._named(pairs, "columns")),
            references=tuple(
                found
                for columns, several in self._named(pairs, "references")
                for one in (several.value if isinstance(several, SequenceNode) else (several,))
                if (found := self._reference(store, columns, one)) is not None
            ),
            erase=self._choice(pairs, "erase", ("row", "fields"), "row"),
            after=self._words(pairs, "after"),
            restricted=self._word(pairs, "restricted"),
            walk=self._number(pairs, "walk"),
        )

    def _column(self, name: str, node: Node) -> Column:
        if isinstance(node, ScalarNode):
            return Column(name=name, category=_category(node))
        known = ("category", "identity", "unique", "erase", "filler", "length", "scan")
        pairs = self._pairs(node, f"`{name}`", known)
        category = self._word(pairs, "category")
        identity, filler = self._word(pairs, "identity"), self._word(pairs, "filler")
        if identity in YES:
            identity = category if YES[identity] else ""
        if "category" not in pairs and not identity:
            self._wrong(node, f"`{name}` has no category", f"write one, `{NOTHING}` or `{NOBODY}`")
        return Column(
            name=name,
            category=_meaning(category),
            identity=identity,
            unique=self._flag(pairs, "unique", default=True),
            erase=self._choice(pairs, "erase", METHODS, "replace" if "filler" in pairs else None),
            filler=filler,
            length=self._number(pairs, "length"),
            scan=self._flag(pairs, "scan", default=False),
        )

    def _reference(self, store: str, name: str, node: Node) -> Reference | None:
        told = TARGET.fullmatch(node.value.strip()) if isinstance(node, ScalarNode) else None
        if told is None:
            hint = "write `belongs to table.column`, `uses ...` or `joins ...`"
            self._wrong(node, f"`{name}` does not say where it leads", hint)
            return None
        way, other, table, one, several = told.groups()
        columns = tuple(part.strip() for part in name.split(","))
        to = (one,) if one else tuple(part.strip() for part in several.split(","))
        if len(columns) != len(to):
            self._wrong(node, f"`{name}` joins {len(columns)} columns with {len(to)}", "pair them")
            return None
        return Reference(columns=columns, store=other or store, table=table, to=to, way=WAYS[way])

    # --- parts ---------------------------------------------------------------------------------

    def _pairs(self, node: Node, what: str, known: tuple[str, ...] = ()) -> Pairs:
        """Return the keys of a mapping; what is unknown, or stands there twice, is an error."""
        if not isinstance(node, MappingNode):
            if not _empty(node):
                self._wrong(node, f"{what} must be keys with values", "indent them under it")
            return {}
        found: Pairs = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, ScalarNode) else ""
            if not name:
                self._wrong(key, f"a key of {what} must be a name", "write a name")
            elif known and name not in known:
                self._wrong(key, f"`{name}` is no key of {what}", meant(name, known))
            elif name in found:
                self._wrong(key, f"`{name}` stands here twice", "keep one of them")
            else:
                found[name] = (key, value)
        return found

    def _named(self, pairs: Pairs, key: str) -> Iterator[tuple[str, Node]]:
        if key in pairs:
            for name, (_, node) in self._pairs(pairs[key][1], f"`{key}`").items():
                yield name, node

    def _one(self, pairs: Pairs, key: str) -> ScalarNode | None:
        node = pairs[key][1] if key in pairs else None
        if node is None or isinstance(node, ScalarNode):
            return node
        self._wrong(node, f"`{key}` must be one word", f"write it after `{key}:`")
        return None

    def _word(self, pairs: Pairs, key: str) -> str:
        node = self._one(pairs, key)
        return "" if node is None or _empty(node) else str(node.value)

    def _words(self, pairs: Pairs, key: str) -> tuple[str, ...]:
        node = pairs[key][1] if key in pairs else None
        if isinstance(node, SequenceNode) and all(isinstance(n, ScalarNode) for n in node.value):
            return tuple(str(one.value) for one in node.value)
        word = self._word(pairs, key)
        return (word,) if word else ()

    def _choice(self, pairs: Pairs, key: str, known: tuple[str, ...], default: Any) -> Any:  # noqa: ANN401  # one of the words of a Literal
        node = self._one(pairs, key)
        if node is None:
            return default
        if node.value not in known:
            self._wrong(node, f"`{node.value}` is no `{key}`", meant(str(node.value), known))
            return default
        return str(node.value)

    def _flag(self, pairs: Pairs, key: str, *, default: bool) -> bool:
        return YES[self._choice(pairs, key, tuple(YES), "yes" if default else "no")]

    def _number(self, pairs: Pairs, key: str) -> int:
        word = self._word(pairs, key)
        if word and not (word.isascii() and word.isdigit() and len(word) < 10):
            self._wrong(pairs[key][1], f"`{key}` must be a whole number", "as in `length: 40`")
            return 0
        return int(word or 0)


def _meaning(word: str) -> str:
    return {NOTHING: "", NOBODY: UNKNOWN}.get(word, word)


def _category(node: ScalarNode) -> str:
    return _meaning(str(node.value)) or ("" if node.value else UNKNOWN)


def _empty(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag.endswith(":null")


def _too_deep(text: str) -> int:
    """Return the line at which parts nest too deep, or 0: the composer would recurse in C."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                return int(event.start_mark.line) + 1 if event.start_mark else 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return 0
