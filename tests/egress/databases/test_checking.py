"""A map is held against itself and the policy's words before anything is done by it."""

import pytest

from tests.support import shop
from troth.egress.databases.checking import check
from troth.egress.databases.map import Column, DataMap, Reference, StoreMap, Table

PEOPLE = Table(
    name="people",
    key=("id",),
    columns=(Column(name="mail", category="contact.email", identity="contact.email"),),
)


def found(*tables, categories=None):
    """Return what is said of a map of one database, as (level, place, message)."""
    data = DataMap(stores=(StoreMap(name="one", tables=(PEOPLE, *tables)),))
    return [(each.level, each.place, each.message) for each in check(data, categories)]


NOTE = (Column(name="note", category="support.text"),)


def orders(*references, columns=NOTE, **more):
    """Return a table of orders."""
    told = tuple(
        Reference(columns=c, store=s, table=t, to=to, way=way) for c, s, t, to, way in references
    )
    return Table(
        **{"name": "orders", "key": ("id",), "columns": columns, "references": told} | more
    )


BUYER = (("buyer",), "one", "people", ("id",), "in")


def test_a_right_map_has_nothing_to_mend():
    assert found(orders(BUYER)) == []


def test_the_shops_map_names_only_what_a_policy_could_declare():
    words = {
        word
        for store in shop.shop_map().stores
        for table in store.tables
        for column in table.columns
        for word in (column.category, column.identity)
        if word
    }
    levels = {each.level for each in check(shop.shop_map(), frozenset(words))}
    assert levels == {"warning"}
    assert any(
        each.level == "error" for each in check(shop.shop_map(), frozenset(words) - {"usage.ip"})
    )


@pytest.mark.parametrize(
    ("table", "level", "place", "message"),
    [
        (orders(), "error", "one.orders", "no way leads here"),
        (orders(BUYER, key=()), "warning", "one.orders", "no key is named"),
        (
            orders((("buyer",), "two", "people", ("id",), "in")),
            "error",
            "one.orders.buyer",
            "leads to no database `two`",
        ),
        (
            orders((("buyer",), "one", "persons", ("id",), "in")),
            "error",
            "one.orders.buyer",
            "leads to no table `persons`",
        ),
        (
            orders((("a", "b"), "one", "people", ("id",), "in")),
            "error",
            "one.orders.a, b",
            "joins unlike many columns",
        ),
        (
            orders(BUYER, (("first",), "one", "people", ("id",), "out")),
            "warning",
            "one.orders.first",
            "where people are found by name",
        ),
        (
            orders(BUYER, columns=(Column(name="note", category="?"),)),
            "warning",
            "one.orders.note",
            "nobody said what it holds",
        ),
        (
            orders(BUYER, columns=(Column(name="id", category="x", erase="null"),)),
            "error",
            "one.orders.id",
            "is part of the key",
        ),
        (
            orders(
                BUYER,
                columns=(Column(name="n", category="x", erase="replace", filler="long", length=2),),
            ),
            "error",
            "one.orders.n",
            "longer than the column",
        ),
        (
            orders(
                BUYER, columns=(Column(name="n", category="x", erase="pseudonymise", length=9),)
            ),
            "error",
            "one.orders.n",
            "too short for a keyed name",
        ),
        (
            orders(BUYER, columns=(Column(name="n", category="x", erase="keep"),)),
            "warning",
            "one.orders.n",
            "is kept",
        ),
        (
            orders(BUYER, columns=(Column(name="n"), Column(name="n"))),
            "error",
            "one.orders.n",
            "stands in the map twice",
        ),
    ],
)
def test_what_cannot_work_is_told(table, level, place, message):
    told = found(table)
    assert any((level, place) == each[:2] and message in each[2] for each in told), told


def test_a_category_must_be_the_policys():
    known = frozenset({"contact.email"})
    assert ("error", "one.orders.note", "the policy declares no category `support.text`") in found(
        orders(BUYER), categories=known
    )
    assert found(categories=known) == []
