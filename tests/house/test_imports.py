"""Who may import whom: the first test a newcomer should read.

The contracts stand in ``pyproject.toml`` (``[tool.importlinter]``), as docs/house.md draws them.
They are held here on the real graph of imports, those inside functions and those only for types
included; and each is shown to break when somebody breaks it.
"""

import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter.api import read_configuration
from importlinter.application.use_cases import _register_contract_types
from importlinter.application.user_options import UserOptions
from importlinter.domain.contract import Contract, registry

from tests.support.source import ROOT, modules

ROOMS = (
    *("interfaces", "app", "chapters"),
    *("documents", "gate", "policy", "ledger", "vault", "egress", "store", "model"),
)
PARTS_OF_THE_APP = (
    *(
        "app.building",
        "app.furnishing",
        "app.house",
        "app.instance",
        "app.offline",
        "app.rehearsal",
    ),
    *("app.settings", "app.traces", "app.upkeep", "app.archive", "app.checkup", "app.lock"),
    *("app.merge", "app.rehearsal", "app.rewrap", "app.safekeeping", "app.switch", "app.template"),
    "app.wiring",
)


@cache
def options() -> dict[str, Any]:
    """Read the contracts, once."""
    return read_configuration(str(ROOT / "pyproject.toml"))


def contracts() -> Iterator[Contract]:
    """Yield every contract as an object that can be asked."""
    read = options()
    _register_contract_types(UserOptions(read["session_options"], read["contracts_options"]))
    for option in read["contracts_options"]:
        kind = registry.get_contract_class(option["type"])
        rest = {key: value for key, value in option.items() if key not in ("name", "type")}
        yield kind(option["name"], read["session_options"], rest)


@cache
def real() -> grimp.ImportGraph:
    """Read who imports whom in the package; a room not yet built is an empty one."""
    graph = grimp.build_graph("troth", cache_dir=None)
    for room in (*ROOMS, *PARTS_OF_THE_APP):
        graph.add_module(f"troth.{room}")
    return graph


def broken(graph: grimp.ImportGraph) -> set[str]:
    """Return the names of the contracts that a graph breaks."""
    return {
        contract.name for contract in contracts() if not contract.check(graph, verbose=False).kept
    }


NAMES = [option["name"] for option in options()["contracts_options"]]


@pytest.mark.parametrize("contract", list(contracts()), ids=lambda contract: contract.name)
def test_the_contract_is_kept(contract: Contract) -> None:
    check = contract.check(real(), verbose=False)
    if not check.kept:
        contract.render_broken_contract(check)
    assert check.kept, f"broken: {contract.name}; `.venv/bin/lint-imports` says where"


FLOORS, BOOKS, CHAPTERS, SEALED, ACTS, FACES, INSIDE, CIRCLES = NAMES


@pytest.mark.parametrize(
    ("importer", "imported", "contract"),
    [
        ("model.terms", "store.sql", FLOORS),
        ("store.sql", "policy.decide", FLOORS),
        ("gate.door", "documents.notice", FLOORS),
        ("gate.door", "chapters.rights", FLOORS),
        ("documents.notice", "gate.door", FLOORS),
        ("app", "interfaces.cli", FLOORS),
        ("policy.decide", "ledger.fold", BOOKS),
        ("vault.cells", "egress.courier", BOOKS),
        ("ledger.log", "vault.keys", BOOKS),
        ("chapters.rights", "chapters.consent", CHAPTERS),
        ("documents.receipt", "vault.cells", SEALED),
        ("chapters.contact", "egress.channels", SEALED),
        ("interfaces.api", "vault.keys", SEALED),
        ("chapters.rights", "policy.decide", ACTS),
        ("chapters.rights", "ledger.log", ACTS),
        ("chapters.rights", "store.sql", ACTS),
        ("interfaces.cli", "gate.door", FACES),
        ("interfaces.cli", "chapters.rights", FACES),
        ("interfaces.cli", "ledger.verify", FACES),
        ("interfaces.cli", "app.building", FACES),
        ("app.building", "app.house", INSIDE),
    ],
)
def test_a_forbidden_import_breaks_its_contract(
    importer: str, imported: str, contract: str
) -> None:
    graph = seeded((importer, imported))
    assert contract in broken(graph)


def test_a_circle_inside_a_room_breaks_the_last_contract() -> None:
    graph = seeded(("policy.one", "policy.two"), ("policy.two", "policy.one"))
    assert CIRCLES in broken(graph)


def seeded(*imports: tuple[str, str]) -> grimp.ImportGraph:
    """Return an otherwise empty house with these imports."""
    graph = grimp.ImportGraph()
    graph.add_module("troth")
    for room in (*ROOMS, *PARTS_OF_THE_APP):
        graph.add_module(f"troth.{room}")
    for importer, imported in imports:
        graph.add_import(importer=f"troth.{importer}", imported=f"troth.{imported}")
    return graph


def test_an_empty_house_breaks_nothing() -> None:
    assert broken(seeded()) == set()


@pytest.mark.parametrize(
    "how",
    [
        "def late() -> None:\n    from mansion.store import sql\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from mansion.store import sql\n",
        "from ..store import sql\n",
    ],
    ids=["inside a function", "for types only", "relative"],
)
def test_no_import_hides_from_the_graph(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, text in {"": "", "model/": how, "store/": "", "store/sql.py": ""}.items():
        path = tmp_path / "mansion" / place
        path = path if path.suffix else path / "__init__.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    graph = grimp.build_graph("mansion", cache_dir=None)
    assert graph.direct_import_exists(importer="mansion.model", imported="mansion.store.sql")


def test_no_two_modules_import_each_other_even_through_others() -> None:
    graph = real()
    circles = [
        module
        for module in sorted(graph.modules)
        for imported in graph.find_modules_directly_imported_by(module)
        if graph.find_shortest_chain(importer=imported, imported=module)
    ]
    assert circles == []


def test_every_module_stands_in_a_room_of_the_house() -> None:
    tops = {module.place.partition("/")[0].removesuffix(".py") for module in modules()}
    assert tops - {"__init__"} <= set(ROOMS)


def test_the_model_stands_on_the_standard_library_and_msgspec_alone() -> None:
    graph = grimp.build_graph("troth", include_external_packages=True, cache_dir=None)
    outside = {
        imported.partition(".")[0]
        for module in graph.find_descendants("troth.model")
        for imported in graph.find_modules_directly_imported_by(module)
    }
    assert outside - set(sys.stdlib_module_names) <= {"msgspec", "troth"}


def test_the_linter_can_be_run_by_hand() -> None:
    assert find_spec("importlinter.cli") is not None
