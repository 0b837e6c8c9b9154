import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from troth.ledger.tree import (
    EMPTY,
    Range,
    check_consistency,
    check_inclusion,
    consistency,
    fold,
    inclusion,
    leaf_hash,
    nodes_of,
    root,
)
from troth.model.errors import Unverifiable

# The reference vectors of Certificate Transparency (RFC 6962): leaves, roots by size, proofs.
CT_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
H01 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
H23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
H4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
H45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
H67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
H4567 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
CT_INCLUSION = {
    (0, 1): [],
    (0, 8): [H01, H23, H4567],
    (5, 8): [H4, H67, CT_ROOTS[4]],
    (2, 3): [CT_ROOTS[2]],
    (1, 5): [CT_ROOTS[1], H23, H4],
}
CT_CONSISTENCY = {
    (1, 1): [],
    (1, 8): [H01, H23, H4567],
    (6, 8): [H45, H67, CT_ROOTS[4]],
    (2, 5): [H23, H4],
}
sizes = st.integers(1, 600)


def leaves(size):
    return [n.to_bytes(2, "big") for n in range(size)]


def finder(size):
    return nodes_of([leaf_hash(leaf) for leaf in leaves(size)])


# --- known answers -----------------------------------------------------------------------------


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_certificate_transparency(size):
    find = nodes_of([leaf_hash(leaf) for leaf in CT_LEAVES])
    grown = Range()
    for leaf in CT_LEAVES[:size]:
        grown.append(leaf_hash(leaf))
    assert root(size, find).hex() == grown.root().hex() == CT_ROOTS[size]


@pytest.mark.parametrize(("index", "size"), CT_INCLUSION)
def test_inclusion_proofs_are_those_of_certificate_transparency(index, size):
    path = inclusion(index, size, nodes_of([leaf_hash(leaf) for leaf in CT_LEAVES]))
    assert [node.hex() for node in path] == CT_INCLUSION[index, size]
    check_inclusion(CT_LEAVES[index], index, size, path, bytes.fromhex(CT_ROOTS[size]))


@pytest.mark.parametrize(("old", "new"), CT_CONSISTENCY)
def test_consistency_proofs_are_those_of_certificate_transparency(old, new):
    path = consistency(old, new, nodes_of([leaf_hash(leaf) for leaf in CT_LEAVES]))
    assert [node.hex() for node in path] == CT_CONSISTENCY[old, new]
    roots = bytes.fromhex(CT_ROOTS[old]), bytes.fromhex(CT_ROOTS[new])
    check_consistency(old, new, path, *roots)


@pytest.fixture(scope="module")
def oracle():
    tree = InmemoryTree(algorithm="sha256")
    for leaf in leaves(70):
        tree.append_entry(leaf)
    return tree


def test_roots_agree_with_pymerkle(oracle):
    find = finder(70)
    assert all(root(size, find) == oracle.get_root(size) for size in range(1, 71))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13, 31, 64, 65, 70])
def test_inclusion_proofs_agree_with_pymerkle(oracle, size):
    for index in range(size):
        leaf, *path = oracle.prove_inclusion(index + 1, size).path
        assert leaf == leaf_hash(leaves(size)[index])
        assert sorted(inclusion(index, size, finder(size))) == sorted(path)


@pytest.mark.parametrize("new", [1, 2, 3, 7, 8, 13, 31, 64, 65, 70])
def test_consistency_proofs_lead_to_the_roots_of_pymerkle(oracle, new):
    for old in range(1, new + 1):
        path = consistency(old, new, finder(70))
        check_consistency(old, new, path, oracle.get_root(old), oracle.get_root(new))


# --- whatever the size -------------------------------------------------------------------------


@given(sizes, st.data())
def test_every_entry_can_be_proved_in_every_tree(size, data):
    index, find = data.draw(st.integers(0, size - 1)), finder(600)
    path = inclusion(index, size, find)
    check_inclusion(leaves(600)[index], index, size, path, root(size, find))


@given(sizes, st.data())
def test_every_tree_goes_on_from_every_earlier_one(new, data):
    old, find = data.draw(st.integers(0, new)), finder(600)
    path = consistency(old, new, find)
    check_consistency(old, new, path, root(old, find), root(new, find))


@given(sizes)
def test_a_compact_range_gives_the_root_and_holds_one_hash_a_level(size):
    grown = Range()
    for leaf in leaves(size):
        grown.append(leaf_hash(leaf))
    assert (grown.size, grown.root()) == (size, root(size, finder(600)))
    assert len(grown.peaks) == size.bit_count()


def test_the_empty_tree_has_a_root():
    assert fold([]) == EMPTY == root(0, finder(1))


# --- forged proofs -----------------------------------------------------------------------------


def forgeries(path):
    """Change a proof in every way that keeps it a list of hashes, its middle included."""
    for n, node in enumerate(path):
        yield [*path[:n], bytes([node[0] ^ 1]) + node[1:], *path[n + 1 :]]
        yield [*path[:n], node[:-1] + bytes([node[-1] ^ 128]), *path[n + 1 :]]
        yield [*path[:n], *path[n + 1 :]]
        yield [*path[:n], node, *path[n:]]
        yield [*path[:n], bytes(32), *path[n + 1 :]]
        yield [*path[:n], b"", *path[n + 1 :]]
        if n and path[n - 1] != node:
            yield [*path[: n - 1], node, path[n - 1], *path[n + 1 :]]
            # Two hashes whose lengths were shifted hash like the right ones in one order.
            joined = path[n - 1] + node
            yield [*path[: n - 1], joined[:31], joined[31:], *path[n + 1 :]]
    yield [*path, bytes(32)]
    yield [bytes(32), *path]


@given(sizes, st.data())
def test_a_forged_inclusion_proof_is_refused(size, data):
    index, find = data.draw(st.integers(0, size - 1)), finder(600)
    top = root(size, find)
    for path in forgeries(inclusion(index, size, find)):
        with pytest.raises(Unverifiable):
            check_inclusion(leaves(600)[index], index, size, path, top)


@given(sizes, st.data())
def test_a_forged_consistency_proof_is_refused(new, data):
    old, find = data.draw(st.integers(1, new)), finder(600)
    roots = root(old, find), root(new, find)
    for path in forgeries(consistency(old, new, find)):
        with pytest.raises(Unverifiable):
            check_consistency(old, new, path, *roots)


@given(sizes.filter(lambda size: size > 1), st.data())
def test_a_proof_does_not_serve_another_entry_or_place(size, data):
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda other: other != index))
    path, top = inclusion(index, size, finder(600)), root(size, finder(600))
    for leaf, place in ((other, index), (index, other), (index, -1), (index, size)):
        with pytest.raises(Unverifiable):
            check_inclusion(leaves(600)[leaf], place, size, path, top)


@given(sizes.filter(lambda size: size > 1), st.data())
def test_a_tree_with_one_entry_rewritten_does_not_go_on_from_the_old_one(new, data):
    old = data.draw(st.integers(1, new - 1))
    changed = [leaf_hash(leaf) for leaf in leaves(new)]
    changed[data.draw(st.integers(0, old - 1))] = leaf_hash(b"rewritten")
    find = nodes_of(changed)
    with pytest.raises(Unverifiable):
        check_consistency(
            old, new, consistency(old, new, find), root(old, finder(600)), root(new, find)
        )


def test_the_middle_of_a_consistency_proof_is_checked_against_both_roots():
    find = finder(600)
    path, roots = consistency(300, 600, find), (root(300, find), root(600, find))
    for n in range(len(path)):
        with pytest.raises(Unverifiable):
            check_consistency(300, 600, [*path[:n], bytes(32), *path[n + 1 :]], *roots)


@pytest.mark.parametrize(("old", "new"), [(2, 1), (-1, 1), (5, 4)])
def test_a_tree_cannot_have_shrunk(old, new):
    with pytest.raises(Unverifiable):
        consistency(old, new, finder(8))
    with pytest.raises(Unverifiable):
        check_consistency(old, new, [], EMPTY, EMPTY)


def test_two_trees_of_one_size_must_be_one_tree():
    find = finder(8)
    with pytest.raises(Unverifiable):
        check_consistency(5, 5, [], root(5, find), root(6, find))
    with pytest.raises(Unverifiable):
        check_consistency(0, 5, [], root(5, find), root(5, find))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 4), (4, 4)])
def test_a_tree_has_no_entry_outside(index, size):
    with pytest.raises(Unverifiable):
        inclusion(index, size, finder(8))
