"""An instance with its agreement with the identity authority, shared by the tests of one file."""

from collections.abc import Iterator

import pytest

from troth import app
from troth.app import Troth


@pytest.fixture(scope="module")
def troth() -> Iterator[Troth]:
    """Return an instance in memory."""
    with app.memory() as made:
        made.agree(
            "id-authority",
            reference="C-1",
            purposes=("realname",),
            fields=("identity", "contact"),
        )
        yield made
