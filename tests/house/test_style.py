"""The measured limits of the house: small, typed, documented, no circles behind a curtain."""

import ast
import re
from collections import Counter
from collections.abc import Callable

import pytest

from tests.support.source import Module, called, functions, length, modules, public

FILE, FUNCTION, LONG_FUNCTION, FOLDER, DEPTH = 400, 60, 40, 18, 2
LONG_SHARE = 0.01

REVEALERS = (
    *("vault/", "egress/", "interfaces/", "model/secret.py"),
    *("documents/proof", "documents/access.py"),
)
"""Where a secret may be opened: the sealed rooms, the faces, and where passwords are proved."""

CLOCKS = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "date.today"}
CHANCE = {"random", "numpy"}


def found(look: Callable[[Module], list[str]]) -> list[str]:
    """Return what a look at every module finds."""
    return [told for module in modules() for told in look(module)]


def test_no_file_is_long() -> None:
    assert [f"{m.place}: {m.lines}" for m in modules() if m.lines > FILE] == []


def test_no_function_is_long() -> None:
    sizes = [(length(f), f"{m.at(f)} {f.name}") for m in modules() for f in functions(m)]
    assert [told for size, told in sizes if size > FUNCTION] == []
    longer = [told for size, told in sizes if size > LONG_FUNCTION]
    assert len(longer) <= max(1, LONG_SHARE * len(sizes)), longer


def test_no_folder_is_full_and_none_is_deep() -> None:
    folders = Counter(m.path.parent for m in modules())
    assert [str(folder) for folder, count in folders.items() if count > FOLDER] == []
    assert [m.place for m in modules() if m.place.count("/") > DEPTH] == []


def test_every_public_thing_is_documented() -> None:
    def look(module: Module) -> list[str]:
        bare = [] if ast.get_docstring(module.tree) or not module.text.strip() else [module.place]
        return bare + [
            f"{module.at(node)} {name}"
            for name, node in public(module.tree.body)
            if not ast.get_docstring(node) and not is_overload(node)
        ]

    assert found(look) == []


def is_overload(node: ast.AST) -> bool:
    """Tell whether a function is a mere signature for the type checker, or a property's setter."""
    names = [ast.unparse(part) for part in getattr(node, "decorator_list", [])]
    return any(name == "overload" or name.endswith(".setter") for name in names)


def test_every_function_says_what_it_returns() -> None:
    bare = [f"{m.at(f)} {f.name}" for m in modules() for f in functions(m) if f.returns is None]
    assert bare == []


def test_no_error_is_caught_broadly() -> None:
    def look(module: Module) -> list[str]:
        handlers = [n for n in ast.walk(module.tree) if isinstance(n, ast.ExceptHandler)]
        return [module.at(node) for node in handlers if is_broad(node)]

    assert found(look) == []


def is_broad(node: ast.ExceptHandler) -> bool:
    """Tell whether a handler swallows anything; one that ends by raising again does not."""
    names = {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)} if node.type else {"all"}
    again = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
    return bool(names & {"all", "Exception", "BaseException"}) and not again


def test_every_import_stands_at_the_top_with_its_whole_address() -> None:
    def look(module: Module) -> list[str]:
        top = set(map(id, module.tree.body))
        imports = [n for n in ast.walk(module.tree) if isinstance(n, ast.Import | ast.ImportFrom)]
        return [
            f"{module.at(node)} {ast.unparse(node)}"
            for node in imports
            if id(node) not in top or getattr(node, "level", False)
        ]

    assert found(look) == []


def test_no_import_is_for_types_only_or_made_at_run_time() -> None:
    def look(module: Module) -> list[str]:
        names = {n.id for n in ast.walk(module.tree) if isinstance(n, ast.Name)}
        told = [f"{module.place}: TYPE_CHECKING"] if "TYPE_CHECKING" in names else []
        # Doors fetch names when they are asked for (decision 14); faces load what they start.
        doors = (
            "__init__.py",
            "documents/__init__.py",
            "egress/databases/opening.py",
            "egress/inspecting/look.py",
        )
        if module.place in doors or module.place.startswith("interfaces/"):
            return told
        late = {"__import__", "import_module", "importlib.import_module"}
        return told + [module.at(n) for n in ast.walk(module.tree) if called(n) in late]

    assert found(look) == []


def test_personal_values_are_revealed_only_where_they_may_be() -> None:
    def look(module: Module) -> list[str]:
        if module.place.startswith(REVEALERS):
            return []
        reached = [n for n in ast.walk(module.tree) if isinstance(n, ast.Attribute)]
        return [module.at(node) for node in reached if node.attr in ("reveal", "reveal_raw")]

    assert found(look) == []


def test_time_is_told_by_the_clock_alone() -> None:
    def look(module: Module) -> list[str]:
        if module.place == "model/clock.py":
            return []
        return [module.at(n) for n in ast.walk(module.tree) if called(n) in CLOCKS]

    assert found(look) == []


def test_chance_comes_from_the_operating_system() -> None:
    def look(module: Module) -> list[str]:
        names = [
            a.name for n in ast.walk(module.tree) if isinstance(n, ast.Import) for a in n.names
        ]
        names += [n.module or "" for n in ast.walk(module.tree) if isinstance(n, ast.ImportFrom)]
        return [module.place for name in names if name.partition(".")[0] in CHANCE]

    assert found(look) == []


def test_statements_are_never_put_together_from_values() -> None:
    """A value reaches the database as a parameter; an f-string may only name a table of ours."""
    words = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE)\b.*=\s*'?\{", re.DOTALL)

    def look(module: Module) -> list[str]:
        texts = [n for n in ast.walk(module.tree) if isinstance(n, ast.JoinedStr)]
        return [module.at(node) for node in texts if words.search(ast.unparse(node))]

    assert found(look) == []


def test_no_room_is_called_after_nothing() -> None:
    names = {part.removesuffix(".py") for m in modules() for part in m.place.split("/")}
    assert not names & {"utils", "util", "helpers", "common", "misc", "services", "managers"}


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.place)
def test_the_first_line_says_what_the_file_is_for(module: Module) -> None:
    told = (ast.get_docstring(module.tree) or "").partition("\n")[0]
    assert told.endswith((".", ")", '"', "?")) or not module.text.strip()
