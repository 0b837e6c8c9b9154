"""One instance in memory for the tests of a file; a visitor of theirs has a browser of its own."""

from collections.abc import Iterator

import pytest

from tests.interfaces.centre.visitor import Visitor
from troth import app
from troth.app import Troth


@pytest.fixture(scope="module")
def troth() -> Iterator[Troth]:
    """Return an instance in memory, shared by the tests of one file."""
    with app.memory() as made:
        yield made


@pytest.fixture
def visitor(troth: Troth) -> Visitor:
    """Return somebody who opens the centre for the first time, in Chinese."""
    return Visitor(troth)


@pytest.fixture
def member(troth: Troth) -> Visitor:
    """Return somebody who has an account and is signed in."""
    visitor = Visitor(troth)
    visitor.register()
    return visitor
