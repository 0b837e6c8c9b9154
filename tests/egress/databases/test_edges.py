"""References become edges: down to what belongs to a row, up to what a row uses."""

import pytest

from troth.egress.databases.edges import Place, depths, edges
from troth.egress.databases.map import Column, DataMap, Reference, StoreMap, Table

ROOT = (Column(name="mail", identity="contact.email"),)


def data(*tables):
    """Return a map of one database; a table is its name, whether it is a root, its references."""
    made = []
    for name, root, *references in tables:
        told = tuple(
            Reference(columns=(column,), store="one", table=other, to=("id",), way=way)
            for column, other, way in references
        )
        made.append(Table(name=name, columns=ROOT if root else (), references=told))
    return DataMap(stores=(StoreMap(name="one", tables=tuple(made)),))


def ways(*tables):
    """Return each edge as (from, to, up)."""
    return [(e.source.table, e.target.table, e.up) for e in edges(data(*tables))]


@pytest.mark.parametrize(
    ("way", "found"),
    [
        ("in", [("people", "orders", False)]),
        ("out", [("orders", "people", True)]),
        ("both", [("people", "orders", False)]),
    ],
)
def test_a_reference_is_walked_the_way_that_was_said(way, found):
    assert ways(("people", True), ("orders", False, ("buyer", "people", way))) == found


def test_what_nobody_said_goes_away_from_the_identities():
    tables = (("people", True, ("home", "homes", "both")), ("homes", False))
    assert ways(*tables) == [("people", "homes", True)]


def test_between_two_that_are_as_near_it_goes_both_ways():
    tables = (("people", True), ("guests", True, ("person", "people", "both")))
    assert sorted(ways(*tables)) == [("guests", "people", True), ("people", "guests", False)]


def test_a_table_is_not_joined_with_itself_unless_somebody_says_so():
    assert ways(("people", True, ("boss", "people", "both"))) == []
    assert ways(("people", True, ("boss", "people", "in"))) == [("people", "people", False)]


def test_depth_counts_references_and_leaves_out_what_no_way_leads_to():
    found = depths(
        data(
            ("people", True),
            ("orders", False, ("buyer", "people", "in")),
            ("items", False, ("order", "orders", "both")),
            ("alone", False),
        )
    )
    assert found == {Place("one", "people"): 0, Place("one", "orders"): 1, Place("one", "items"): 2}
