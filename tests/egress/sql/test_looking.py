"""A map is held against the database as it is, before anything is done by it."""

import msgspec
import pytest

from tests.support import shop
from troth.egress.databases.checking import check
from troth.egress.databases.map import DataMap
from troth.egress.sql.database import engine_of
from troth.model.errors import Misconfigured


def changed(table, **how):
    """Return the shop's map with one table changed."""
    stores = [
        msgspec.structs.replace(
            store,
            tables=tuple(
                msgspec.structs.replace(each, **{k: v(each) for k, v in how.items()})
                if each.name == table
                else each
                for each in store.tables
            ),
        )
        for store in shop.shop_map().stores
    ]
    return DataMap(stores=tuple(stores))


def ends_by(name, **how):
    """Return columns of which one ends in another way."""
    return lambda table: tuple(
        msgspec.structs.replace(each, **how) if each.name == name else each
        for each in table.columns
    )


def told(stood, place):
    """Return what is said of one place."""
    found = stood.databases["shop"].check()
    return [(each.level, each.message, each.hint) for each in found if each.place == place]


def test_a_right_map_has_nothing_to_mend(stand):
    stood = stand(1)
    assert [str(found) for each in stood.databases.values() for found in each.check()] == []
    assert [found.level for found in check(stood.data)] == ["warning"]


def test_what_is_not_there_is_named_with_what_may_be_meant(stand):
    stood = stand(1)
    stood.run("shop", "ALTER TABLE logins RENAME COLUMN ip TO ip_address")
    ((level, _, hint),) = told(stood, "shop.logins.ip")
    assert (level, hint) == ("error", "there are: `customer_id`, `id`, `ip_address`, `time`")


def test_what_nobody_named_is_listed(stand):
    stood = stand(1)
    stood.run("shop", "CREATE TABLE secrets (id INTEGER PRIMARY KEY)")
    stood.run("shop", "ALTER TABLE reviews ADD nickname VARCHAR(40)")
    stood.run("shop", "ALTER TABLE logins ADD device VARCHAR(40)")
    assert "does not name" in told(stood, "shop.secrets")[0][1]
    assert "nothing is ever complete" in told(stood, "shop.reviews.nickname")[0][1]
    assert "goes with its row" in told(stood, "shop.logins.device")[0][1]


def test_a_missing_index_comes_with_the_statement_that_makes_it(stand, kind):
    stood = stand(1)
    if kind == "mariadb":
        stood.run("shop", "ALTER TABLE logins DROP FOREIGN KEY logins_ibfk_1")
    drop = "DROP INDEX logins_customer"
    stood.run("shop", f"{drop} ON logins" if kind == "mariadb" else drop)
    ((level, _, hint),) = told(stood, "shop.logins.customer_id")
    assert (level, hint) == (
        "warning",
        "CREATE INDEX logins_customer_id ON logins (customer_id);",
    )
    stood.run("shop", hint)
    assert told(stood, "shop.logins.customer_id") == []


def test_a_column_that_cannot_be_empty_cannot_be_emptied(stand):
    data = changed("reviews", columns=ends_by("author", erase="null", filler=""))
    (found,) = told(stand(1, data), "shop.reviews.author")
    assert found[0] == "error"
    assert "must not be empty" in found[1]


def test_a_filler_must_fit_and_must_not_break_what_is_unique(stand):
    stood = stand(1, changed("reviews", columns=ends_by("tag", erase="replace", filler="x" * 61)))
    messages = " ".join(message for _, message, _ in told(stood, "shop.reviews.tag"))
    assert "fewer than its filler" in messages
    assert "must be unique" in messages


def test_a_keyed_name_must_fit(stand):
    data = changed(
        "payment_cards", erase=lambda _: "fields", columns=ends_by("code", erase="pseudonymise")
    )
    (found,) = told(stand(1, data), "shop.payment_cards.code")
    assert "a keyed name 37" in found[1]


@pytest.mark.parametrize("kind", ["postgres", "mariadb"], indirect=True)  # SQLite joins anything
def test_columns_that_do_not_join_are_errors(stand, kind):
    stood = stand(1)
    other = {
        "postgres": "ALTER COLUMN customer_id TYPE VARCHAR(9)",
        "mariadb": "MODIFY customer_id VARCHAR(9)",
    }
    stood.run("shop", f"ALTER TABLE invoices {other[kind]}")
    (found,) = told(stood, "shop.invoices.customer_id")
    assert found[0] == "error"
    assert "does not join" in found[1]


def test_a_key_that_is_none_is_an_error(stand):
    (found,) = told(stand(1, changed("logins", key=lambda _: ("ip",))), "shop.logins")
    assert (found[0], found[2]) == ("error", "name the primary key")


@pytest.mark.parametrize("url", ["", "shop.db", "oracle://x/y", "postgresql:", "mysql"])
def test_an_address_that_cannot_be_spoken_to_is_refused_without_repeating_it(url):
    with pytest.raises(Misconfigured) as caught:
        engine_of("shop", url)
    assert "`shop`" in str(caught.value)
    assert not url or url not in caught.value.message.split("none of")[0]
