import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.samples import placed
from troth.ledger.tiles import Tile, Tiles, grown, hashes_of, tile_of
from troth.ledger.tree import leaf_hash, nodes_of, root, rows_above
from troth.model.errors import NotFound


def hashes(number):
    return [leaf_hash(n.to_bytes(3, "big")) for n in range(number)]


def grow(parts):
    """Extend an empty tree in steps; return its tiles by place."""
    kept, size = {}, 0
    for part in parts:
        fresh = hashes(size + part)[size:]
        for tile in grown(size, fresh, lambda *place: kept.get(place)):
            kept[tile.level, tile.index] = tile
        size += part
    return kept


def test_a_full_tile_holds_every_node_over_256_hashes():
    tile = tile_of(0, 0, hashes(256))
    assert len(tile.nodes) == 32 * 511
    assert tile.nodes[-32:] == rows_above(hashes(256))[8][0]


@given(st.lists(st.integers(0, 700), max_size=5))
def test_tiles_are_the_same_in_whatever_steps_the_tree_grew(parts):
    assert grow(parts) == grow([sum(parts)])


def test_a_tree_of_70000_has_the_tiles_of_the_standard():
    widths = {(tile.level, tile.index): tile.width for tile in grow([70_000]).values()}
    partial = {place: width for place, width in widths.items() if width < 256}
    assert partial == {(0, 273): 112, (1, 1): 17, (2, 0): 1}
    assert len(widths) == 274 + 2 + 1


def test_a_tree_does_not_grow_from_an_edge_of_the_wrong_width():
    with pytest.raises(NotFound, match="not 3 hashes wide"):
        grown(3, hashes(1), lambda level, index: Tile(level, index, 2, bytes(96)))


def test_nodes_of_a_stored_tree_are_those_of_the_tree(log):
    made = placed(log, 700)
    leaves = log.entries(0, 700)
    find, tiles = nodes_of([leaf_hash(leaf) for leaf in leaves]), Tiles(log.store)
    assert len(made) == len(leaves)
    for size in (1, 2, 255, 256, 257, 511, 699, 700):
        assert root(size, tiles.finder()) == root(size, find)


def test_a_tile_is_served_as_hashes_in_a_row(log):
    placed(log, 300)
    found = hashes_of(log.tile(0, 1, 44))
    assert found == [leaf_hash(leaf) for leaf in log.entries(256, 44)]
    assert len(log.tile(0, 0)) == 8192
    assert log.tile(1, 0, 1) == rows_above(hashes_of(log.tile(0, 0)))[8][0]


def test_a_narrower_state_of_a_tile_can_still_be_served(log):
    placed(log, 10)
    before = log.tile(0, 0, 10)
    placed(log, 10)
    assert log.tile(0, 0, 10) == before
    assert log.tile(0, 0, 20)[:320] == before


@pytest.mark.parametrize("place", [(0, 0, 11), (0, 1, 1), (1, 0, 1), (0, 0, 0), (0, -1, 1)])
def test_a_tile_that_is_not_there_is_not_found(log, place):
    placed(log, 10)
    with pytest.raises(NotFound):
        log.tile(*place)


def test_only_so_many_tiles_are_held_in_memory(log):
    placed(log, 256 * 5)
    tiles = Tiles(log.store, kept=2)
    for place in (0, 300, 600, 900, 300):
        tiles.finder()(0, place)
    assert list(tiles._tiles) == [(0, 3), (0, 1)]
