"""A house whose policy serves minors, and a family before it."""

import pytest

from tests.chapters.minors.family import Family, minors_policy
from tests.chapters.people import House


@pytest.fixture
def family(house: House) -> Family:
    """Return a family before a house that serves minors."""
    house.troth.publish(minors_policy())
    return Family(house)
