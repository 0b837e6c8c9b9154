"""Every example in a docstring runs, and says what it does."""

import doctest
import importlib
from types import ModuleType

import pytest

from tests.support.source import Module, modules

WITH_EXAMPLES = [module for module in modules() if ">>>" in module.text]


def load(module: Module) -> ModuleType:
    """Import a file of the package by its whole address."""
    parts = ["troth", *module.place.removesuffix(".py").split("/")]
    return importlib.import_module(".".join(parts).removesuffix(".__init__"))


@pytest.mark.parametrize("module", WITH_EXAMPLES, ids=lambda module: module.place)
def test_examples_run(module: Module) -> None:
    results = doctest.testmod(load(module), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.failed == 0
    assert results.attempted > 0
