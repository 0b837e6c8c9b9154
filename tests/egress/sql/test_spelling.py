"""A value in another spelling is never taken for gone: in any case, width, spacing or wrapping."""

import json

import msgspec
import pytest

from tests.egress.sql.conftest import AT
from tests.egress.sql.test_remaining import with_column
from tests.support import shop
from troth.egress.databases.map import Column, DataMap
from troth.egress.databases.port import Order
from troth.egress.sql import searching
from troth.model.secret import Secret

MAIL, PHONE, NAME = shop.email(1), shop.phone(1), "林梅梅梅梅梅"
ORDER = Order(
    id="1", task="erase", at=AT, values=shop.known(1) | {"identity.name": (Secret(NAME),)}
)


def wide(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) for each in text)


SPELLED = {
    "as it is": MAIL,
    "in capitals": MAIL.upper(),
    "in both": MAIL.title(),
    "with spaces around": f"  {MAIL} ",
    "with spaces inside": MAIL.replace("@", " @ "),
    "in full width": wide(MAIL),
    "partly in full width": MAIL.replace("@", "＠"),
    "inside a longer text": f"my wife is {MAIL}, call her",
    "inside one, in capitals": f"ask {MAIL.upper()} first",
    "inside JSON": json.dumps({"a": [{"to": MAIL}]}),
    "a number with spaces": f"{PHONE[:3]} {PHONE[3:7]} {PHONE[7:]}",
    "a number in full width": "＋" + wide(PHONE[1:]),
    "a name inside a text": f"致{NAME}女士",
    "a name as JSON escapes it": json.dumps({"to": NAME}),
}


def remains(stood, store, reach):
    """Erase in one database and look again; return what remains, by place."""
    stood.databases[store].perform(reach, ORDER)
    return {each.place: each.why for each in stood.databases[store].remains(reach, ORDER)}


@pytest.mark.parametrize("spelled", SPELLED.values(), ids=SPELLED)
@pytest.mark.parametrize("kind", ["sqlite", "postgres"], indirect=True)
def test_a_listed_column_that_holds_a_value_in_any_spelling_is_not_clean(stand, spelled):
    stood = stand(2)
    stood.run("desk", f"INSERT INTO messages VALUES (9, 2, '{spelled}')")
    assert remains(stood, "desk", stood.reaches(1)["desk"]) == {"desk.messages.text": "disputed"}


@pytest.mark.parametrize("kind", ["mariadb"], indirect=True)
def test_mariadb_finds_every_spelling_as_the_others_do(stand):
    stood = stand(2)
    reach = stood.reaches(1)["desk"]
    missed = []
    for name, spelled in SPELLED.items():
        told = spelled.replace("\\", "\\\\")
        stood.run("desk", f"INSERT INTO messages VALUES (9, 2, '{told}')")
        if remains(stood, "desk", reach) != {"desk.messages.text": "disputed"}:
            missed.append(name)
        stood.run("desk", "DELETE FROM messages WHERE id = 9")
    assert missed == []


def test_a_record_by_the_same_name_in_capitals_is_not_clean(stand):
    stood = stand(2)
    reach = stood.reaches(1)["shop"]
    stood.databases["shop"].perform(reach, ORDER)
    stood.run("shop", f"INSERT INTO customers (id, email, name) VALUES (9, '{MAIL.upper()}', 'x')")
    told = stood.databases["shop"].remains(reach, ORDER)
    assert {(each.place, each.why) for each in told} == {("shop.customers.email", "disputed")}


def test_a_large_table_is_asked_for_the_commonest_spellings(stand, monkeypatch):
    monkeypatch.setattr(searching, "SMALL", 1)
    stood = stand(3)
    reach = stood.reaches(1)["shop"]
    for number, spelled in enumerate((wide(PHONE[1:]), PHONE)):
        told = f"＋{spelled}" if number == 0 else spelled
        stood.run("shop", f"INSERT INTO subscriptions VALUES ({90 + number}, '{told}', 'x')")
    stood.databases["shop"].perform(reach, ORDER)
    told = {each.place: each.why for each in stood.databases["shop"].remains(reach, ORDER)}
    assert told["shop.subscriptions.phone"] == "left"


@pytest.mark.parametrize("kind", ["postgres", "mariadb"], indirect=True)
def test_a_whole_document_that_is_listed_is_looked_into(stand):
    stood = stand(2, listed("profile"))
    told = json.dumps({"other": {"mail": MAIL.upper()}})
    stood.run("shop", f"UPDATE customers SET profile = '{told}' WHERE id = 2")
    assert set(remains(stood, "shop", stood.reaches(1)["shop"])) == {"shop.customers.profile"}


@pytest.mark.parametrize("kind", ["postgres"], indirect=True)
def test_columns_of_other_types_are_asked_without_an_error(stand):
    column = Column(name="note", category="contact.email")
    stood = stand(2, with_column(shop.shop_map(), "shop", "orders", column))
    stood.run("shop", "CREATE TYPE mood AS ENUM ('good', 'bad')")
    for kind in ("mood", "text[]"):
        stood.run("shop", "ALTER TABLE orders DROP COLUMN note")
        stood.run("shop", f"ALTER TABLE orders ADD COLUMN note {kind}")
        assert remains(stood, "shop", stood.reaches(1)["shop"]) == {}
    stood.run("shop", f"UPDATE orders SET note = ARRAY['x', '{MAIL.upper()}'] WHERE id = 3")
    assert remains(stood, "shop", stood.reaches(1)["shop"]) == {"shop.orders.note": "left"}


def listed(name: str) -> DataMap:
    """Return the shop's map with one whole column of customers in place of what lies in it."""
    stores = []
    for store in shop.shop_map().stores:
        tables = [
            msgspec.structs.replace(
                table,
                columns=(
                    *(each for each in table.columns if not each.name.startswith(f"{name}.")),
                    Column(name=name, category="contact.email"),
                ),
            )
            if table.name == "customers"
            else table
            for table in store.tables
        ]
        stores.append(msgspec.structs.replace(store, tables=tuple(tables)))
    return DataMap(stores=tuple(stores))
