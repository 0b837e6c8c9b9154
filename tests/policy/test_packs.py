"""The policies that ship."""

import pytest

from troth.model.errors import NotFound
from troth.policy import packs
from troth.policy.reader import load


def test_every_pack_that_ships_is_sound():
    for name in packs.names():
        assert load(*packs.source(name)).clauses


def test_a_pack_that_does_not_ship_is_not_found():
    with pytest.raises(NotFound, match="no policy called `nobody`"):
        packs.source("nobody")
