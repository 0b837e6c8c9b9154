"""Reads a policy document: text and meaning in one YAML file that a person can edit (11.4, P.1).

The grammar is the structs of ``edition``: a key is a field, what is not a field is an error.
Nothing is guessed or converted behind the writer's back: ``NO`` is Norway, ``3.10`` a clause.
Every finding carries the line it stands at.
"""

import typing
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from troth.model.clock import Moment, moment
from troth.model.errors import PolicyBroken
from troth.policy.check import check
from troth.policy.edition import (
    Batch,
    Condition,
    Edition,
    Flag,
    HoldRule,
    Purpose,
    Recipient,
    Retention,
    Rule,
)
from troth.policy.finding import Finding, Findings, Path
from troth.policy.scan import clause_of, compose, line_of, scalar_under, shown

GRAMMAR: Final = "1"
VERBS: Final = ("permit", "forbid", "require")

ALIASES: Final[Mapping[Any, Mapping[str, str]]] = {
    Rule: {"purpose": "purposes"},
    Retention: {"purpose": "purposes"},
    Condition: {"facts": "all"},
    HoldRule: {"from": "start"},
    Purpose: {"record": "batched"},
}
"""Keys that a document may write for a field, beside the field's own name."""
UNWRITTEN: Final = frozenset({"id", "verb", "operations", "requirement"})
"""Fields of a rule that its name and its verb give."""


def read(text: str, name: str) -> tuple[Edition | None, list[Finding]]:
    """Read and check a document; ``name`` is the file that findings name.

    The edition is ``None`` when there is an error among the findings.
    """
    found = Findings(name)
    node = compose(text, found)
    edition = Reader(found).document(node) if node is not None else None
    if edition is not None:
        check(edition, found)
    return (None if found.broken else edition), found.all()


def load(text: str, name: str) -> Edition:
    """Read a document that must be sound. Raises ``PolicyBroken`` with the first error."""
    edition, found = read(text, name)
    if edition is None:
        first, *others = (finding for finding in found if finding.level == "error")
        more = f", and {len(others)} more" if others else ""
        raise PolicyBroken(
            f"`{name}` line {first.line}: {first.message}{more}",
            clause=first.clause,
            remedy=first.remedy,
        )
    return edition


class Key(Struct, frozen=True):
    """How one key of a part is read: its field, its type, whether it must be written."""

    field: str
    type: Any
    needed: bool


@cache
def keys_of(kind: type[Struct]) -> dict[str, Key]:
    """Return the keys that a part of the document takes."""
    types = typing.get_type_hints(kind)
    keys = {
        field.name: Key(field.name, types[field.name], field.required)
        for field in msgspec.structs.fields(kind)
        if kind is not Rule or field.name not in UNWRITTEN
    }
    return keys | {alias: keys[field] for alias, field in ALIASES.get(kind, {}).items()}


class Misfit(Exception):  # noqa: N818  # a signal inside this module, never an error of ours
    """A node that is not what the grammar wants there."""

    def __init__(self, node: Node, wanted: str) -> None:
        self.node = node
        self.wanted = wanted
        super().__init__(wanted)


class Reader:
    """Turns nodes into the structs of an edition and notes what does not fit."""

    def __init__(self, found: Findings) -> None:
        self.found = found
        self.clause = ""

    def document(self, node: Node) -> Edition | None:
        """Read a whole document; ``None`` when so much is missing that nothing can be checked."""
        if not isinstance(node, MappingNode):
            message = f"a policy must be keys with values, not {shown(node)}"
            self._note(node, (), message, f"begin with `troth: {GRAMMAR}`")
            return None
        grammar = [value for key, value in node.value if key.value == "troth"]
        if not grammar:
            self._note(node, (), "a policy lacks `troth`", f"begin with `troth: {GRAMMAR}`")
        elif grammar[0].value != GRAMMAR:
            remedy = f"write `troth: {GRAMMAR}`, or install a newer troth"
            self._note(grammar[0], (), f"grammar {shown(grammar[0])} is unknown", remedy)
        rest = [pair for pair in node.value if pair[0].value != "troth"]
        edition: Edition | None = self.part(
            MappingNode(node.tag, rest, node.start_mark, node.end_mark), Edition, ()
        )
        return edition

    # --- parts ---------------------------------------------------------------------------------

    def part(self, node: Node, kind: type[Struct], path: Path) -> Any:  # noqa: ANN401  # the struct asked for, or None
        """Read a mapping as a struct; ``None`` when it cannot be built."""
        if kind is Flag and isinstance(node, ScalarNode):
            return Flag() if flag(node) else None
        if not isinstance(node, MappingNode):
            raise Misfit(node, "keys with values")
        outer, self.clause = self.clause, clause_of(node) or self.clause
        values = self._rule(node, path) if kind is Rule else self._fields(node, kind, path)
        needed = dict.fromkeys(key.field for key in keys_of(kind).values() if key.needed)
        missing = [field for field in needed if field not in values]
        for field in missing:
            self._note(node, path, f"{_name(path)} lacks `{field}`", f"add `{field}`")
        self.clause = outer
        return None if missing else kind(**values)

    def _fields(self, node: Node, kind: type[Struct], path: Path) -> dict[str, Any]:
        keys, values = keys_of(kind), dict[str, Any]()
        for name, value, here in self._pairs(node, path):
            key = keys.get(name)
            if key is None:
                known = "remove it, or use one of: " + ", ".join(sorted(keys))
                self._note(here, path, f"`{name}` is no key of {_name(path)}", known)
            elif key.field in values:
                self._twice(here, name)
            else:
                reads = SPECIAL.get((kind, key.field))
                self._into(values, key.field, value, reads or key.type, here)
        return values

    def _rule(self, node: Node, path: Path) -> dict[str, Any]:
        """Read a rule: beside its fields, exactly one verb with what it is about."""
        verbs = [pair for pair in node.value if pair[0].value in VERBS]
        rest = [pair for pair in node.value if pair[0].value not in VERBS]
        mapping = MappingNode(node.tag, rest, node.start_mark, node.end_mark)
        values: dict[str, Any] = self._fields(mapping, Rule, path)
        values |= {"id": path[-1], "verb": "require"}
        if len(verbs) != 1:
            told = "says more than one of" if verbs else "lacks one of"
            message = f"{_name(path)} {told} `permit`, `forbid`, `require`"
            self._note(node, path, message, "give every rule exactly one of them")
        for key, value in verbs[:1]:
            here = (*path, key.value)
            self.found.lines[here] = line_of(key)
            values["verb"] = key.value
            field = "requirement" if key.value == "require" else "operations"
            self._into(values, field, value, text if field == "requirement" else names, here)
        return values

    def _into(self, values: dict[str, Any], name: str, node: Node, reads: Any, here: Path) -> None:  # noqa: ANN401  # a type or a function
        """Read one value; what does not fit is noted and left out, like what is empty."""
        if isinstance(node, ScalarNode) and node.tag.endswith(":null"):
            return
        try:
            got = self._value(node, reads, here)
        except Misfit as misfit:
            message = f"`{here[-1]}` must be {misfit.wanted}, not {shown(misfit.node)}"
            self._note(misfit.node, here, message, f"write {misfit.wanted}")
            return
        if got is not None:
            values[name] = got

    def _value(self, node: Node, reads: Any, path: Path) -> Any:  # noqa: ANN401  # as the type says
        origin, inner = typing.get_origin(reads), typing.get_args(reads)
        if origin is UnionType:
            reads = inner[0]
        if isinstance(reads, type) and issubclass(reads, Struct):
            return self.part(node, reads, path)
        if origin is dict:
            return self._table(node, inner[1], path)
        if origin is tuple and inner[0] is not str:
            return self._list(node, inner[0], path)
        if origin is Literal:
            return choice(node, inner)
        if reads == RECORD:
            return self._batch(node, path)
        plain: Callable[[Node], Any] = PLAIN.get(reads, reads)
        return plain(node)

    def _table(self, node: Node, kind: Any, path: Path) -> dict[str, Any]:  # noqa: ANN401  # a type
        table: dict[str, Any] = {}
        for name, value, here in self._pairs(node, path):
            self._into(table, name, value, kind, here)
        return table

    def _list(self, node: Node, kind: type[Struct], path: Path) -> tuple[Any, ...]:
        if not isinstance(node, SequenceNode):
            raise Misfit(node, "a list")
        parts: dict[str, Any] = {}
        for number, one in enumerate(node.value):
            name = scalar_under(one, "id") or str(number)
            here = (*path, name)
            self.found.lines.setdefault(here, line_of(one))
            if name in parts:
                self._twice(line_of(one), name, clause_of(one))
            else:
                self._into(parts, name, one, kind, here)
        return tuple(parts.values())

    def _batch(self, node: Node, path: Path) -> Batch | None:
        """Read how a purpose is recorded: durable, or batched with its loss window."""
        if isinstance(node, ScalarNode) and node.value in ("durable", "batched"):
            return None if node.value == "durable" else Batch()
        if isinstance(node, MappingNode) and [key.value for key, _ in node.value] == ["batched"]:
            batch: Batch | None = self.part(node.value[0][1], Batch, (*path, "batched"))
            return batch
        raise Misfit(node, "durable, or {batched: {entries: 64, seconds: 1}}")

    def _pairs(self, node: Node, path: Path) -> Iterator[tuple[str, Node, Path]]:
        if not isinstance(node, MappingNode):
            raise Misfit(node, "keys with values")
        seen = set()
        for key, value in node.value:
            name = str(key.value) if isinstance(key, ScalarNode) else ""
            if not name:
                self._note(key, path, f"a key must be text, not {shown(key)}", "write a name")
            elif name in seen:
                self._twice(line_of(key), name, clause_of(value))
            else:
                seen.add(name)
                here = (*path, name)
                self.found.lines[here] = line_of(key)
                yield name, value, here

    # --- findings ------------------------------------------------------------------------------

    def _note(self, where: Node | Path, path: Path, message: str, remedy: str) -> None:
        line = where if isinstance(where, tuple) else line_of(where)
        at = f" (at `{'.'.join(path)}`)" if path else ""
        self.found.error(line, message, clause=self.clause, remedy=remedy + at)

    def _twice(self, where: Path | int, name: str, clause: str = "") -> None:
        remedy = "keep one of them: elsewhere the second would silently win"
        message = f"`{name}` stands here twice"
        self.found.error(where, message, clause=clause or self.clause, remedy=remedy)


def _name(path: Path) -> str:
    return f"`{path[-1]}`" if path else "a policy"


# --- plain values ------------------------------------------------------------------------------


def text(node: Node) -> str:
    """Read text exactly as it is written. Raises ``Misfit``."""
    if isinstance(node, ScalarNode):
        return str(node.value)
    raise Misfit(node, "text")


def names(node: Node) -> tuple[str, ...]:
    """Read one name or a list of names. Raises ``Misfit``."""
    if isinstance(node, ScalarNode):
        return (str(node.value),)
    if isinstance(node, SequenceNode) and all(isinstance(one, ScalarNode) for one in node.value):
        return tuple(str(one.value) for one in node.value)
    raise Misfit(node, "one name or a list of names")


def flag(node: Node) -> bool:
    """Read ``true`` or ``false``, nothing else. Raises ``Misfit``."""
    return choice(node, ("true", "false")) == "true"


def number(node: Node) -> int:
    """Read a whole number of at most nine digits. Raises ``Misfit``."""
    value = text(node)
    if value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    raise Misfit(node, "a whole number")


def day(node: Node) -> Moment:
    """Read a date, or a time with its zone. Raises ``Misfit``."""
    try:
        return moment(text(node))
    except ValueError:
        raise Misfit(node, "a date such as 2026-01-31") from None


def choice(node: Node, choices: tuple[str, ...]) -> str:
    """Read one of a few words. Raises ``Misfit``."""
    if isinstance(node, ScalarNode) and node.value in choices:
        return str(node.value)
    raise Misfit(node, "one of " + ", ".join(choices))


def contract(node: Node) -> bool:
    """Read whether a contract is required. Raises ``Misfit``."""
    return choice(node, ("required", "none", "true", "false")) in ("required", "true")


RECORD: Final = "how uses are recorded"
PLAIN: Final[Mapping[Any, Callable[[Node], Any]]] = {
    str: text,
    bool: flag,
    int: number,
    Moment: day,
    tuple[str, ...]: names,
}
"""How the plain types are read."""
SPECIAL: Final[Mapping[tuple[type[Struct], str], Any]] = {
    (Recipient, "contract"): contract,
    (Purpose, "batched"): RECORD,
}
"""Fields that a document says in words of its own."""
