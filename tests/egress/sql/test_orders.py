"""Corrections and restrictions travel like erasures, and are looked at again like them."""

from tests.egress.sql.conftest import AT
from tests.support import shop
from troth.egress.databases.port import Order
from troth.model.clock import moment
from troth.model.secret import Secret

NEW = "mei.new@example.com"


def test_a_correction_reaches_every_column_of_its_category(stand):
    stood = stand(2)
    values = {"contact.email": (Secret(NEW),), "identity.name": (Secret("Lin Mei"),)}
    swept = stood.sweep(1, task="correct", values=values)
    assert {one.state for one in swept.values()} == {"clean"}
    told = str(stood.dumps())
    assert NEW in told
    assert shop.email(1) not in told
    assert stood.run("shop", "SELECT holder FROM payment_cards WHERE customer_id = 1") == [
        ("Lin Mei",)
    ]
    assert NEW in str(stood.run("shop", "SELECT profile FROM customers WHERE id = 1"))
    assert stood.run("shop", "SELECT email FROM customers WHERE id = 2") == [(shop.email(2),)]


def test_a_correction_said_twice_changes_nothing_more(stand):
    stood = stand(2)
    order = Order(id="1", task="correct", at=AT, values={"identity.name": (Secret("Lin Mei"),)})
    database, reach = stood.databases["shop"], stood.reaches(1)["shop"]
    assert database.perform(reach, order) > 5
    assert database.perform(reach, order) == 0


def test_a_correction_that_did_not_hold_is_told(stand):
    stood = stand(2)
    order = Order(id="1", task="correct", at=AT, values={"identity.name": (Secret("Lin Mei"),)})
    database, reach = stood.databases["shop"], stood.reaches(1)["shop"]
    assert {each.why for each in database.remains(reach, order)} == {"left"}


def test_what_neighbours_share_is_not_corrected_for_one_of_them(stand):
    stood = stand(2)
    stood.sweep(1, task="correct", values={"contact.address": (Secret("Elsewhere"),)})
    assert stood.run("shop", "SELECT street FROM addresses WHERE id = 1") == [("Home Street 1",)]


def test_a_restriction_writes_its_last_day_and_is_lifted_again(stand):
    stood = stand(2)
    until = moment("2027-01-31")
    days = "SELECT restricted_until FROM invoices ORDER BY no"
    held = {"categories": ("finance.invoice",), "values": {}}
    restricted = stood.sweep(1, task="restrict", until=until, **held)
    assert restricted["shop"].state == "clean"
    assert [str(row[0]) for row in stood.run("shop", days)] == ["2027-01-31", "None"]
    assert stood.sweep(1, task="release", until=until, **held)["shop"].state == "clean"
    assert stood.run("shop", days) == [(None,), (None,)]


def test_a_restriction_of_what_has_no_column_for_it_is_not_done(stand):
    stood = stand(2)
    swept = stood.sweep(1, task="restrict", categories=("finance",), values={})
    assert swept["shop"].state == "residue"
    assert {each.place for each in swept["shop"].remains} == {"shop.payment_cards"}
