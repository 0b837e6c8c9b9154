"""From text to YAML nodes with lines, safely: sizes and depths are bounded (policy 7.1c)."""

from typing import Final

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from troth.policy.finding import Findings

DEEPEST: Final = 24
LARGEST: Final = 4 * 1024 * 1024


def compose(text: str, found: Findings) -> Node | None:
    """Return a document's root node; ``None`` with a finding when there is none."""
    if len(text) > LARGEST:
        found.error(1, "the document is too large", remedy=f"keep it under {LARGEST} characters")
        return None
    try:
        deep = _too_deep(text)
        if deep:
            found.error(deep, "parts nest too deep", remedy="close the brackets above")
            return None
        node: Node | None = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        found.error(
            mark.line + 1 if mark else 1,
            f"no YAML: {error.problem or error.context or 'it cannot be read'}",
            remedy="mend the line; a text that holds `: ` or ` #` needs quotes",
        )
        return None
    except yaml.YAMLError:
        found.error(1, "no YAML: it holds a character no text has", remedy="save it as UTF-8 text")
        return None
    if node is None:
        found.error(1, "the document is empty", remedy="begin with `troth: 1`")
    return node


def _too_deep(text: str) -> int:
    """Return the line at which parts nest deeper than a policy may, or 0.

    The composer recurses in C: a file of brackets would end the program, not the reading.
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                return int(event.start_mark.line) + 1 if event.start_mark else 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return 0


def line_of(node: Node) -> int:
    """Return the line, counted from 1, at which a node begins."""
    return int(node.start_mark.line) + 1


def shown(node: Node) -> str:
    """Return a short picture of a node for a finding."""
    if isinstance(node, ScalarNode):
        text = str(node.value)
        return f"`{text[:40]}`" if text else "nothing"
    return "a list" if isinstance(node, SequenceNode) else "keys with values"


def scalar_under(node: Node, key: str) -> str:
    """Return the text under a key of a mapping, the first of a list of texts, or nothing."""
    if not isinstance(node, MappingNode):
        return ""
    for name, value in node.value:
        if name.value == key:
            if isinstance(value, SequenceNode) and value.value:
                value = value.value[0]
            return str(value.value) if isinstance(value, ScalarNode) else ""
    return ""


def clause_of(node: Node) -> str:
    """Return the clause a part belongs to: its ``clause``, or the ``id`` of a clause itself."""
    return scalar_under(node, "clause") or (
        scalar_under(node, "id") if scalar_under(node, "printed") else ""
    )
