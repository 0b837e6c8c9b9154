"""A house for each test, once on SQLite and once on PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.gate.house import House, Plot, opened
from troth.model.clock import Moment, SetClock


@pytest.fixture
def build(plot: Plot, at: Moment) -> Iterator[Callable[..., House]]:
    """Return a function that opens the test's house, with other databases or recipients."""
    with ExitStack() as stack:

        def make(**more: Any) -> House:
            return stack.enter_context(opened(plot.folder, SetClock(at), plot.stores, **more))

        yield make


@pytest.fixture
def house(build: Callable[..., House]) -> House:
    """Return a house with the shipped policy and nobody in it."""
    return build()
