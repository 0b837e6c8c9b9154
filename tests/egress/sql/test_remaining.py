"""The verifying read: by the reach, by value, and what could not be asked is said."""

import msgspec
import pytest
import sqlalchemy as sa

from tests.egress.sql.conftest import AT
from tests.support import shop
from troth.egress.databases.map import Column, DataMap
from troth.egress.databases.port import Order
from troth.egress.sql import searching

VALUES = shop.known(1)
ORDER = Order(id="1", task="erase", at=AT, values=VALUES)


def left(stood, store="shop", order=ORDER):
    """Look again in one database after an erasure there; return what remains, by place."""
    reaches = stood.reaches(1)
    stood.databases[store].perform(reaches[store], order)
    found = stood.databases[store].remains(reaches[store], order)
    return {each.place: (each.count, each.why) for each in found}


def with_column(data: DataMap, store: str, table: str, column: Column) -> DataMap:
    """Return a map in which one column is another."""
    stores = []
    for each in data.stores:
        tables = [
            msgspec.structs.replace(
                one,
                columns=tuple(column if c.name == column.name else c for c in one.columns),
            )
            if (each.name, one.name) == (store, table)
            else one
            for one in each.tables
        ]
        stores.append(msgspec.structs.replace(each, tables=tuple(tables)))
    return DataMap(stores=tuple(stores))


def test_a_database_that_says_done_and_did_nothing_is_not_clean(stand, monkeypatch):
    stood = stand(2)
    monkeypatch.setattr(stood.databases["shop"], "perform", lambda reach, order: 99, raising=False)
    swept = stood.sweep(1)["shop"]
    assert swept.state == "residue"
    assert swept.residue >= 15
    assert {each.why for each in swept.remains} == {"left"}


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("kind")
def test_a_trigger_that_brings_a_row_back_is_found_out(stand):
    stood = stand(2)
    stood.run(
        "shop",
        "CREATE TRIGGER back AFTER DELETE ON visits BEGIN"
        " INSERT INTO visits VALUES (old.email, 'again'); END",
    )
    assert left(stood)["shop.visits"] == (1, "left")


def test_a_value_that_stands_in_nobodys_row_is_found(stand):
    stood = stand(2)
    stood.run("shop", f"INSERT INTO subscriptions VALUES (77, '{shop.phone(1)}', 'cups')")
    reaches = stood.reaches(2)
    found = stood.databases["shop"].remains(reaches["shop"], ORDER)
    assert ("shop.subscriptions.phone", 2) in {(each.place, each.count) for each in found}


def test_a_value_inside_anothers_text_is_for_people_to_decide(stand):
    stood = stand(2)
    stood.run("desk", f"INSERT INTO messages VALUES (9, 2, 'my wife is {shop.email(1)}, call')")
    assert left(stood, "desk") == {"desk.messages.text": (1, "disputed")}


def test_a_large_table_without_an_index_is_unasked_and_so_not_clean(stand, monkeypatch):
    monkeypatch.setattr(searching, "SMALL", 1)
    column = Column(name="note", category="contact.email")
    stood = stand(3, with_column(shop.shop_map(), "shop", "orders", column))
    assert left(stood) == {"shop.orders.note": (0, "unasked")}


def test_a_map_may_say_that_reading_a_large_table_is_worth_it(stand, monkeypatch):
    monkeypatch.setattr(searching, "SMALL", 1)
    column = Column(name="note", category="contact.email", scan=True)
    stood = stand(3, with_column(shop.shop_map(), "shop", "orders", column))
    stood.run("shop", f"UPDATE orders SET note = 'to {shop.email(1)}' WHERE id = 5")
    assert left(stood) == {"shop.orders.note": (1, "disputed")}


def test_a_column_that_no_map_names_keeps_rows_that_stay_from_being_clean(stand):
    stood = stand(2)
    stood.run("shop", "ALTER TABLE reviews ADD nickname VARCHAR(40)")
    stood.run("shop", "UPDATE reviews SET nickname = 'Meimei'")
    assert left(stood) == {"shop.reviews.nickname": (1, "unmapped")}


def test_a_column_that_no_map_names_goes_with_its_row(stand):
    stood = stand(2)
    stood.run("shop", "ALTER TABLE logins ADD device VARCHAR(40)")
    stood.run("shop", "UPDATE logins SET device = 'phone'")
    assert left(stood) == {}


def test_rows_of_a_table_that_no_map_names_are_told_when_they_refer_to_what_stays(stand):
    stood = stand(2)
    stood.run(
        "shop",
        "CREATE TABLE answers (id INTEGER PRIMARY KEY, review_id INTEGER, text VARCHAR(40),"
        " FOREIGN KEY (review_id) REFERENCES reviews (id))",
    )
    stood.run("shop", "INSERT INTO answers VALUES (1, 1, 'x'), (2, 2, 'y')")
    assert left(stood) == {"shop.answers": (1, "unmapped")}


def test_a_row_that_others_refer_to_stays_with_nothing_personal_in_it(stand):
    stood = stand(2)
    stood.run("shop", "UPDATE orders SET payment_card_id = 'card-1' WHERE id = 4")
    assert left(stood) == {}
    assert stood.run("shop", "SELECT payment_card_id FROM orders WHERE id = 4") == [("card-1",)]
    card = "SELECT holder, ccn, code FROM payment_cards WHERE id = 'card-1'"
    assert stood.run("shop", card) == [(None, None, None)]
    whose = "SELECT email, name, born FROM customers WHERE id = 1"
    assert stood.run("shop", whose) == [(None, "", None)]


def test_a_plan_tells_which_rows_cannot_go(stand):
    stood = stand(2)
    stood.run("shop", "UPDATE orders SET payment_card_id = 'card-1' WHERE id = 4")
    steps = stood.databases["shop"].plan(stood.reaches(1)["shop"], ORDER)
    assert [(each.method, each.records) for each in steps if each.table == "payment_cards"] == [
        ("null", 1)
    ]


def test_a_name_that_only_looks_like_a_keyed_one_is_not_taken_for_it(stand):
    stood = stand(2)
    stood.run(
        "shop", "UPDATE reviews SET tag = 'anon-0123456789abcdef0123456789abcdef' WHERE id = 1"
    )
    reaches = stood.reaches(1)
    database = stood.databases["shop"]
    assert "shop.reviews.tag" in {each.place for each in database.remains(reaches["shop"], ORDER)}
    assert left(stood) == {}


def test_looking_again_changes_nothing(stand):
    stood = stand(2)
    before = stood.dumps()
    reach = stood.reaches(1)["shop"]
    assert stood.databases["shop"].remains(reach, ORDER)
    assert stood.dumps() == before
    assert sa.inspect(stood.engines["shop"]).has_table("customers")
