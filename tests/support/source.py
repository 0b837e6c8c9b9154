"""The program's own source, parsed once, for the tests that measure the house."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "troth"
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Module(NamedTuple):
    """One file of the package."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def place(self) -> str:
        """The path inside the package, such as ``model/clock.py``."""
        return self.path.relative_to(PACKAGE).as_posix()

    @property
    def lines(self) -> int:
        """How many physical lines."""
        return self.text.count("\n")

    def at(self, node: ast.AST) -> str:
        """Say where a node stands."""
        return f"{self.place}:{getattr(node, 'lineno', 0)}"


@cache
def modules() -> tuple[Module, ...]:
    """Return every Python file of the package."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text("utf-8")
        found.append(Module(path, text, ast.parse(text, str(path))))
    return tuple(found)


def functions(module: Module) -> Iterator[Function]:
    """Yield every function and method, nested ones too."""
    for node in ast.walk(module.tree):
        if isinstance(node, Function):
            yield node


def length(node: ast.AST) -> int:
    """Return how many physical lines a node spans."""
    return (getattr(node, "end_lineno", 0) or 0) - getattr(node, "lineno", 0) + 1


def public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Yield public classes, functions and methods; what is nested in a function is not public."""
    for node in body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        yield f"{prefix}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from public(node.body, f"{prefix}{node.name}.")


def called(node: ast.AST) -> str:
    """Return the dotted name of what a call calls, such as ``time.time``; else nothing.

    >>> called(ast.parse("a.b.c()").body[0].value)
    'a.b.c'
    """
    if not isinstance(node, ast.Call):
        return ""
    parts, part = [], node.func
    while isinstance(part, ast.Attribute):
        parts.append(part.attr)
        part = part.value
    return ".".join(reversed([*parts, part.id])) if isinstance(part, ast.Name) else ""
