"""Another database is believed only when it was asked again."""

import threading
import time

import pytest

from troth.egress.databases import Held, SqlDatabase, Swept, Table, sweep, sweep_all
from troth.model.errors import BadInput, Misconfigured, Unreachable
from troth.model.secret import Secret

SCHEMA = (
    'CREATE TABLE "user" (id TEXT PRIMARY KEY, email TEXT, note BLOB)',
    'CREATE TABLE "order" (number INTEGER, user_id TEXT, name TEXT NOT NULL, total INTEGER)',
)
ORDERS = Table(
    name="order", subject="user_id", personal=("name",), action="blank", filler="(erased)"
)
USERS = Table(name="user", subject="id", personal=("email", "note"))


@pytest.fixture
def shop(store_factory):
    """Return a shop's database with two subjects, five orders."""
    store = store_factory(None)

    def fill(tx):
        for statement in SCHEMA:
            tx.run(statement)
        for ref in ("u1", "u2"):
            tx.run('INSERT INTO "user" VALUES (?, ?, ?)', (ref, f"{ref}@example.cn", b"\x00"))
        for number in range(5):
            ref = "u1" if number < 3 else "u2"
            tx.run('INSERT INTO "order" VALUES (?, ?, ?, ?)', (number, ref, "林梅", 100))

    store.transact(fill)
    return store


@pytest.fixture
def database(shop):
    return SqlDatabase("shop", shop, [ORDERS, USERS])


# --- SQL ---------------------------------------------------------------------------------------


def test_a_database_counts_what_it_holds_of_one_subject(database):
    assert (database.count("u1"), database.count("u2"), database.count("u3")) == (4, 3, 0)


@pytest.mark.clause("9.4-6")
def test_what_is_erased_is_gone_and_what_must_stay_is_blank(database, shop):
    assert database.erase("u1") == 4
    assert database.count("u1") == 0
    assert shop.query('SELECT COUNT(*) FROM "user" WHERE id = ?', ("u1",)) == [(0,)]
    assert shop.query('SELECT DISTINCT name, total FROM "order" WHERE user_id = ?', ("u1",)) == [
        ("(erased)", 100)
    ]


def test_erasing_one_subject_leaves_the_others_alone(database):
    database.erase("u1")
    assert database.count("u2") == 3


def test_erasing_again_finds_nothing_left(database):
    database.erase("u1")
    assert database.erase("u1") == 0


def test_a_column_can_be_blanked_to_null(shop):
    blank = Table(name="user", subject="id", personal=("email", "note"), action="blank")
    database = SqlDatabase("shop", shop, [blank])
    assert (database.erase("u1"), database.count("u1")) == (1, 0)
    assert shop.query('SELECT id, email, note FROM "user" WHERE id = ?', ("u1",)) == [
        ("u1", None, None)
    ]


def test_a_copy_names_tables_and_columns_and_does_not_print_values(database):
    held = database.export("u1")
    assert held[-1] == Held(
        table="user", values={"email": Secret("u1@example.cn"), "note": Secret(b"\x00")}
    )
    assert [row.table for row in held] == ["order"] * 3 + ["user"]
    assert "example.cn" not in repr(held)


def test_a_copy_writes_numbers_as_text_and_leaves_out_what_is_empty(shop):
    table = Table(name="order", subject="user_id", personal=("total",))
    held = SqlDatabase("shop", shop, [table]).export("u2")
    assert [row.values for row in held] == [{"total": Secret("100")}] * 2


def test_a_reference_is_only_ever_a_parameter(database):
    assert database.count("' OR '1'='1") == 0
    assert database.erase("u1'; DROP TABLE user; --") == 0
    assert database.count("u1") == 4


@pytest.mark.parametrize("name", ["", "a b", 'a"b', "a;b", "1a", "a'", "a-b", "a" * 64, "名", "a."])
def test_a_name_that_is_not_plain_is_refused(name):
    for more in ({"name": name}, {"subject": name}, {"personal": (name,)}):
        with pytest.raises(BadInput):
            Table(**{"name": "a", "subject": "b"} | more)


def test_a_table_to_blank_has_to_say_what(database):
    with pytest.raises(BadInput):
        Table(name="a", subject="b", action="blank")


def test_a_map_has_a_table(shop):
    with pytest.raises(Misconfigured):
        SqlDatabase("shop", shop, [])


def test_a_right_map_proves_itself(database):
    database.prove()


@pytest.mark.parametrize(
    "wrong",
    [
        Table(name="users", subject="id"),
        Table(name="user", subject="uid"),
        Table(name="user", subject="id", personal=("mail",), action="blank"),
    ],
)
def test_a_wrong_map_is_found_and_never_called_clean(shop, wrong):
    database = SqlDatabase("shop", shop, [wrong])
    with pytest.raises(Unreachable) as caught:
        database.prove()
    assert caught.value.__cause__ is None
    assert sweep(database, "u1").state == "unreachable"


def test_a_personal_column_that_is_not_there_is_found_too(shop):
    database = SqlDatabase("shop", shop, [Table(name="user", subject="id", personal=("mail",))])
    with pytest.raises(Unreachable):
        database.prove()


def test_an_erasure_that_fails_half_way_changed_nothing(shop):
    wrong = Table(name="orders", subject="user_id")
    database = SqlDatabase("shop", shop, [USERS, wrong])
    with pytest.raises(Unreachable):
        database.erase("u1")
    assert SqlDatabase("shop", shop, [USERS]).count("u1") == 1


# --- asking again ------------------------------------------------------------------------------


class Faulty:
    """A database with one of the five faults."""

    def __init__(self, fault, over=None):
        self.name, self.fault, self.over, self.left = fault, fault, over, 2

    def erase(self, ref):
        if self.fault == "dead":
            raise Unreachable
        if self.fault == "cut off":
            raise ConnectionResetError
        if self.fault == "hangs":
            self.over.wait(60)
        if self.fault == "half":
            self.left -= 1
        if self.fault == "well":
            self.left = 0
        return 2

    def count(self, ref):
        if self.fault == "dies after":
            raise Unreachable
        return self.left

    def export(self, ref):
        return []


@pytest.mark.clause("9.4-6")
@pytest.mark.parametrize(
    ("fault", "state", "residue"),
    [
        ("well", "clean", 0),
        ("says yes and does nothing", "residue", 2),
        ("half", "residue", 1),
        ("dead", "unreachable", -1),
        ("cut off", "unreachable", -1),
        ("dies after", "unreachable", -1),
    ],
)
def test_only_the_second_answer_counts(fault, state, residue):
    swept = sweep(Faulty(fault), "u1")
    assert (swept.name, swept.state, swept.residue) == (fault, state, residue)


def test_one_that_hangs_holds_up_no_other(database):
    over = threading.Event()
    began = time.monotonic()
    swept = sweep_all([Faulty("hangs", over), database, Faulty("dead")], "u1", patience=0.5)
    over.set()
    assert [(s.name, s.state) for s in swept] == [
        ("hangs", "unreachable"),
        ("shop", "clean"),
        ("dead", "unreachable"),
    ]
    assert time.monotonic() - began < 5


def test_without_other_databases_there_is_nothing_to_ask():
    assert sweep_all([], "u1") == ()


def test_a_sweep_tells_how_much_went(database):
    assert sweep(database, "u1") == Swept(name="shop", state="clean", erased=4, residue=0)
