"""The acceptance of chapter 9.4: after "complete" nothing of the person is left, of others all."""

import pytest
import sqlalchemy as sa

from tests.egress.sql.conftest import AT
from tests.support import shop
from troth.egress.databases.port import Order
from troth.model.clock import moment

KEPT = {"finance.invoice": moment("2031-12-31")}


@pytest.mark.clause("9.4-6")
def test_after_complete_nothing_of_the_person_is_left_in_any_table(stand):
    stood = stand(11)
    assert len(stood.traces(1)) >= 15
    swept = stood.sweep(1)
    assert {name: one.state for name, one in swept.items()} == {"shop": "clean", "desk": "clean"}
    assert stood.traces(1) == {}


def test_what_is_others_is_byte_for_byte_as_it_was(stand):
    stood = stand(11)
    before = stood.dumps()
    others = {n: stood.traces(n) for n in range(2, 12)}
    stood.sweep(1)
    after = stood.dumps()
    assert {n: stood.traces(n) for n in range(2, 12)} == others
    for table, rows in after.items():
        new = set(rows) - set(before[table])
        assert not new or table == "reviews"


def test_a_neighbours_address_stays_and_ones_own_goes(stand):
    stood = stand(2)
    homes = "SELECT id FROM addresses ORDER BY id"
    assert stood.run("shop", homes) == [(1,), (1000001,), (1000002,)]
    stood.sweep(1)
    assert stood.run("shop", homes) == [(1,), (1000002,)]
    stood.sweep(2)
    assert stood.run("shop", homes) == []


def test_a_law_keeps_what_it_holds_and_a_day_is_written_beside_it(stand):
    stood = stand(2)
    swept = stood.sweep(1, held=KEPT)
    assert (swept["shop"].state, swept["shop"].until) == ("held", KEPT["finance.invoice"])
    assert {each.why for each in swept["shop"].remains} == {"held"}
    assert set(stood.traces(1)) == {"invoices"}
    day = sa.select(sa.column("restricted_until")).select_from(sa.table("invoices"))
    with stood.engines["shop"].connect() as connection:
        assert sorted(str(row[0]) for row in connection.execute(day)) == ["2031-12-31", "None"]


def test_columns_end_each_by_its_own_way(stand):
    stood = stand(2)
    stood.sweep(1)
    ((author, text, tag),) = stood.run("shop", "SELECT author, text, tag FROM reviews WHERE id = 1")
    assert (author, text) == ("(erased)", None)
    assert str(tag).startswith("anon-")
    assert stood.run("shop", "SELECT tag FROM reviews WHERE id = 2") == [("tag-2",)]


def test_erasing_again_touches_nothing(stand):
    stood = stand(4)
    reaches = stood.reaches(1)
    first = stood.sweep(1, reaches)
    after = stood.dumps()
    again = stood.sweep(1, reaches)
    assert first["shop"].touched > 10
    assert {name: (one.state, one.touched) for name, one in again.items()} == {
        "shop": ("clean", 0),
        "desk": ("clean", 0),
    }
    assert stood.dumps() == after


def test_the_children_of_what_is_gone_are_still_found(stand):
    stood = stand(2)
    reaches = stood.reaches(1)
    stood.run("desk", "DELETE FROM messages WHERE request_id = 2")
    if stood.engines["desk"].dialect.name == "sqlite":
        stood.run("desk", "PRAGMA foreign_keys = OFF")
        with stood.engines["desk"].connect() as connection:
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("DELETE FROM requests WHERE id = 1")
            connection.commit()
    else:
        stood.run("desk", "UPDATE messages SET request_id = NULL WHERE request_id = 1")
        stood.run("desk", "DELETE FROM requests WHERE id = 1")
        stood.run("desk", "INSERT INTO requests VALUES (1, NULL, NULL, NULL)")
        stood.run("desk", "UPDATE messages SET request_id = 1 WHERE request_id IS NULL")
    assert stood.sweep(1, reaches)["desk"].state == "clean"
    assert "messages" not in stood.traces(1)


def test_a_part_is_erased_and_the_rows_stay(stand):
    stood = stand(2)
    swept = stood.sweep(1, categories=("finance.card",), values={})
    assert swept["shop"].state == "clean"
    cards = "SELECT id, ccn, code, holder FROM payment_cards ORDER BY id"
    assert stood.run("shop", cards) == [
        ("card-1", None, None, shop.name(1)),
        ("card-2", "4000000000000002", "123", shop.name(2)),
    ]


def test_documents_lose_their_personal_parts_and_keep_the_rest(stand):
    stood = stand(2)
    stood.sweep(1, categories=("contact.phone",), values={})
    ((found,),) = stood.run("shop", "SELECT profile FROM customers WHERE id = 1")
    assert "+86139" not in str(found)
    assert "dark" in str(found)
    assert "kin1@example.net" in str(found)


def test_a_plan_says_the_very_statements_and_changes_nothing(stand):
    stood = stand(2)
    before = stood.dumps()
    order = Order(id="1", task="erase", at=AT)
    steps = list(stood.databases["shop"].plan(stood.reaches(1)["shop"], order))
    assert stood.dumps() == before
    told = {(step.table, step.method): step for step in steps}
    said = told["logins", "delete"].statement.replace("::INTEGER", "")
    assert said == "DELETE FROM logins WHERE logins.customer_id IN (?)"
    assert told["parcels", "delete"].records == 2
    assert {"replace", "null", "pseudonymise"} <= set(
        ", ".join(method for _, method in told).split(", ")
    )
    everything = " ".join(step.statement for step in steps)
    assert shop.name(1) not in everything
    assert shop.email(1) not in everything
