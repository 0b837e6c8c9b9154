"""A subject is followed to everything that is theirs, and to nothing that is not."""

import pytest
import sqlalchemy as sa

from tests.egress.sql.conftest import AT, KEY, shown
from tests.support import shop
from troth.egress.databases.conductor import Sweep, sweep, trace_all
from troth.egress.databases.edges import edges
from troth.egress.databases.map import Column, DataMap, Reference, StoreMap, Table
from troth.egress.databases.port import Lead, Order
from troth.egress.sql import tracing
from troth.egress.sql.database import SqlDatabase, engine_of
from troth.model.errors import Unreachable
from troth.model.secret import Secret

MEI = Secret("mei@example.cn")
HER = {"contact.email": (MEI,)}


def table(name, *columns, key=("id",), **more):
    """Return a table of a map whose columns are personal, those that end in a star identities."""
    made = []
    for each in columns:
        plain = each.rstrip("*")
        named = {"identity": "contact.email"} if plain != each else {}
        made.append(Column(name=plain, category="contact.email" if named else "x.y", **named))
    return Table(name=name, key=key, columns=tuple(made), **more)


def to(column, other, way="in", column_there="id", store="one"):
    """Return a reference by one column."""
    return Reference(columns=(column,), store=store, table=other, to=(column_there,), way=way)


@pytest.fixture
def opened(urls):
    """Return a function that makes one database of tables, from their map and their statements."""
    ends = []

    def make(tables, *statements, name="one", others=()):
        data = DataMap(stores=(StoreMap(name=name, tables=tuple(tables)), *others))
        url = urls()
        engine = engine_of(name, url)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        database = SqlDatabase(data.store(name), url, key=KEY, ways=edges(data))
        ends.extend([engine.dispose, database.close])
        return database, engine

    yield make
    for end in ends:
        end()


def erased(database, known=HER, values=HER):
    """Trace and erase; return what came of it."""
    reach = database.trace(known).reach
    order = Order(id="1", task="erase", at=AT, values=values)
    return sweep(Sweep(database=database, order=order, reach=reach, known=known))


def rows(engine, name):
    """Return a table's rows, sorted."""
    with engine.connect() as connection:
        return sorted(tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {name}"))


# --- what is theirs ----------------------------------------------------------------------------


def test_a_copy_holds_everything_of_one_and_nothing_of_another(stand):
    stood = stand(4)
    reaches = stood.reaches(1)
    held = [one for name, each in stood.databases.items() for one in each.export(reaches[name])]
    told = " ".join(value for one in held for value in shown(one).values())
    assert {one.table for one in held} == {
        table.name for store in stood.data.stores for table in store.tables
    }
    for mine in (
        shop.email(1),
        shop.phone(1),
        shop.name(1),
        "4000000000000001",
        "kin1@example.net",
    ):
        assert mine in told
    assert shop.name(2) not in told
    assert shop.email(2) not in told
    assert shop.name(1) not in repr(held)


def test_what_neighbours_share_is_shown_to_both(stand):
    stood = stand(2)
    for who in (1, 2):
        held = stood.databases["shop"].export(stood.reaches(who)["shop"])
        streets = {shown(one).get("street") for one in held if one.table == "addresses"}
        assert streets == {"Home Street 1", f"Office Road {who}"}


def test_several_identities_find_each_what_the_others_do_not(stand):
    stood = stand(2)
    by_mail = stood.databases["shop"].trace({"contact.email": (Secret(shop.email(1)),)}).reach
    by_both = stood.databases["shop"].trace(shop.known(1)).reach
    assert "subscriptions" not in {lead.table for lead in by_mail}
    assert "subscriptions" in {lead.table for lead in by_both}


def test_somebody_unknown_reaches_no_row(stand):
    stood = stand(2)
    reaches = stood.reaches(99)
    assert not any(list(each.export(reaches[name])) for name, each in stood.databases.items())
    assert {one.state for one in stood.sweep(99).values()} == {"clean"}


def test_an_identity_inside_a_document_finds_its_row(opened, kind):
    people = table("people", "profile.contact.mail*", "name")
    database, engine = opened(
        [people],
        "CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(20), profile JSON)",
        """INSERT INTO people VALUES (1, 'Mei', '{"contact": {"mail": "mei@example.cn"}}')""",
        """INSERT INTO people VALUES (2, 'Bo', '{"contact": {"mail": "bo@example.cn"}}')""",
    )
    (held,) = database.export(database.trace(HER).reach)
    assert shown(held) == {"profile.contact.mail": "mei@example.cn", "name": "Mei"}
    assert erased(database).state == "clean"
    assert len(rows(engine, "people")) == 1


def test_a_circle_of_references_ends(opened):
    one = table("ones", "mail*", references=(to("two_id", "twos", "both"),))
    two = table("twos", "note", references=(to("one_id", "ones", "both"),))
    database, _ = opened(
        [one, two],
        "CREATE TABLE ones (id INTEGER PRIMARY KEY, mail VARCHAR(40), two_id INTEGER)",
        "CREATE TABLE twos (id INTEGER PRIMARY KEY, note VARCHAR(40), one_id INTEGER)",
        "INSERT INTO ones VALUES (1, 'mei@example.cn', 7)",
        "INSERT INTO twos VALUES (7, 'hers', 1), (8, 'hers as well', 1), (9, 'not hers', 2)",
    )
    held = list(database.export(database.trace(HER).reach))
    assert {shown(each).get("note") for each in held} == {None, "hers", "hers as well"}


def test_what_others_use_too_is_not_followed_to_them(opened):
    house = table("houses", "street")
    person = table("people", "mail*", references=(to("house_id", "houses", "both"),))
    database, engine = opened(
        [person, house],
        "CREATE TABLE houses (id INTEGER PRIMARY KEY, street VARCHAR(40))",
        "CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(40), house_id INTEGER)",
        "INSERT INTO houses VALUES (1, 'Long Lane')",
        "INSERT INTO people VALUES (1, 'mei@example.cn', 1), (2, 'bo@example.cn', 1)",
    )
    assert erased(database).state == "clean"
    assert rows(engine, "people") == [(2, "bo@example.cn", 1)]
    assert rows(engine, "houses") == [(1, "Long Lane")]


def test_what_hangs_on_a_row_that_nobody_else_uses_is_theirs_too(opened):
    tables = [
        table("people", "mail*", references=(to("profile_id", "profiles", "out"),)),
        table("profiles", "about"),
        table("settings", "colour", references=(to("profile_id", "profiles"),)),
    ]
    database, engine = opened(
        tables,
        "CREATE TABLE profiles (id INTEGER PRIMARY KEY, about VARCHAR(40))",
        "CREATE TABLE settings (id INTEGER PRIMARY KEY, profile_id INTEGER, colour VARCHAR(9))",
        "CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(40), profile_id INTEGER)",
        "INSERT INTO profiles VALUES (1, 'hers'), (2, 'shared')",
        "INSERT INTO settings VALUES (1, 1, 'red'), (2, 2, 'blue')",
        "INSERT INTO people VALUES (1, 'mei@example.cn', 1), (2, 'bo@example.cn', 2)",
        "INSERT INTO people VALUES (3, 'ann@example.cn', 2)",
    )
    assert erased(database).state == "clean"
    assert rows(engine, "settings") == [(2, 2, "blue")]
    assert rows(engine, "profiles") == [(2, "shared")]
    bo = {"contact.email": (Secret("bo@example.cn"),)}
    assert erased(database, bo, bo).state == "clean"
    assert rows(engine, "settings") == [(2, 2, "blue")]


# --- whose is it -------------------------------------------------------------------------------

PEOPLE = (
    "CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(40), account VARCHAR(40))",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, person_id INTEGER, note VARCHAR(40))",
)
MAPPED = (
    Table(
        name="people",
        key=("id",),
        columns=(
            Column(name="mail", category="contact.email", identity="contact.email"),
            Column(name="account", identity="subject"),
        ),
    ),
    table("orders", "note", references=(to("person_id", "people"),)),
)


def test_an_identity_that_is_two_peoples_is_disputed_and_neither_is_touched(opened):
    database, engine = opened(
        MAPPED,
        *PEOPLE,
        "INSERT INTO people VALUES (1, 'mei@example.cn', NULL), (2, 'mei@example.cn', NULL)",
        "INSERT INTO orders VALUES (1, 1, 'a'), (2, 2, 'b')",
    )
    before = rows(engine, "people"), rows(engine, "orders")
    swept = erased(database)
    assert swept.state == "residue"
    assert {(each.place, each.why, each.count) for each in swept.remains} == {
        ("one.people.mail", "disputed", 2)
    }
    assert list(database.export(database.trace(HER).reach)) == []
    assert (rows(engine, "people"), rows(engine, "orders")) == before


def test_a_map_may_say_that_one_person_has_several(opened):
    column = Column(name="mail", category="contact.email", identity="contact.email", unique=False)
    people = Table(name="people", key=("id",), columns=(column, Column(name="account")))
    database, engine = opened(
        (people, MAPPED[1]),
        *PEOPLE,
        "INSERT INTO people VALUES (1, 'mei@example.cn', NULL), (2, 'mei@example.cn', NULL)",
        "INSERT INTO orders VALUES (1, 1, 'a'), (2, 2, 'b')",
    )
    assert erased(database).state == "clean"
    assert rows(engine, "orders") == []


def test_a_row_that_names_another_subject_is_not_theirs(opened):
    database, engine = opened(
        MAPPED,
        *PEOPLE,
        "INSERT INTO people VALUES (1, 'mei@example.cn', 'cn-her')",
        "INSERT INTO people VALUES (2, 'mei@example.cn', 'cn-him')",
        "INSERT INTO orders VALUES (1, 1, 'a'), (2, 2, 'b')",
    )
    swept = erased(database, HER | {"subject": (Secret("cn-her"),)})
    assert rows(engine, "people") == [(2, "mei@example.cn", "cn-him")]
    assert rows(engine, "orders") == [(2, 2, "b")]
    assert [(each.why, each.count) for each in swept.remains] == [("disputed", 1)]


def test_who_came_later_under_the_same_name_is_not_swept_along(opened):
    database, engine = opened(
        MAPPED,
        *PEOPLE,
        "INSERT INTO people VALUES (1, 'mei@example.cn', NULL)",
        "INSERT INTO orders VALUES (1, 1, 'a')",
    )
    reach = database.trace(HER).reach
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO people VALUES (2, 'mei@example.cn', NULL)")
        connection.exec_driver_sql("INSERT INTO orders VALUES (2, 2, 'b')")
    assert database.perform(reach, Order(id="1", task="erase", at=AT)) == 2
    assert rows(engine, "orders") == [(2, 2, "b")]


# --- how large it gets -------------------------------------------------------------------------


def test_a_leaf_is_reached_by_its_parents_key_and_a_large_branch_through_it(opened, monkeypatch):
    monkeypatch.setattr(tracing, "MANY", 5)
    tables = [
        table("people", "mail*"),
        table("orders", "note", references=(to("person_id", "people"),)),
        table("items", "note", references=(to("order_id", "orders"),)),
    ]
    database, engine = opened(
        tables,
        "CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(40))",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, person_id INTEGER, note VARCHAR(9))",
        "CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INTEGER, note VARCHAR(9))",
        "INSERT INTO people VALUES (1, 'mei@example.cn'), (2, 'bo@example.cn')",
        "INSERT INTO orders VALUES " + ", ".join(f"({n}, {1 + n % 2}, 'x')" for n in range(20)),
        "INSERT INTO items VALUES " + ", ".join(f"({n}, {n}, 'x')" for n in range(20)),
    )
    reach = database.trace(HER).reach
    assert Lead("one", "orders", ("person_id",), ((1,),)) in reach
    assert Lead("one", "items", ("order_id",), (), "own", "orders") in reach
    assert len(list(database.export(reach))) == 21
    assert erased(database).state == "clean"
    assert len(rows(engine, "items")) == 10


# --- several databases -------------------------------------------------------------------------


def test_a_lead_into_another_database_is_followed_there(stand):
    stood = stand(2)
    accounts = [lead for lead in stood.reaches(1)["desk"] if lead.table == "accounts"]
    assert accounts == [Lead("desk", "accounts", ("ref",), ((1,),))]


def test_what_others_lead_to_abroad_as_well_is_shown_and_stays(urls):
    people = table("people", "mail*", references=(to("flat_id", "flats", "out", store="two"),))
    data = DataMap(
        stores=(
            StoreMap(name="one", tables=(people,)),
            StoreMap(name="two", tables=(table("flats", "street"),)),
        )
    )
    databases = {
        store.name: SqlDatabase(store, urls(), key=KEY, ways=edges(data)) for store in data.stores
    }
    engines = {name: each._engine for name, each in databases.items()}
    with engines["one"].begin() as one, engines["two"].begin() as two:
        one.exec_driver_sql(
            "CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(40), flat_id INTEGER)"
        )
        one.exec_driver_sql(
            "INSERT INTO people VALUES (1, 'mei@example.cn', 1), (2, 'bo@example.cn', 1)"
        )
        two.exec_driver_sql("CREATE TABLE flats (id INTEGER PRIMARY KEY, street VARCHAR(40))")
        two.exec_driver_sql("INSERT INTO flats VALUES (1, 'Long Lane')")
    found = trace_all(list(databases.values()), HER, {})
    assert [lead.how for lead in found["two"].reach] == ["common"]
    assert len(list(databases["two"].export(found["two"].reach))) == 1
    order = Order(id="1", task="erase", at=AT)
    assert databases["two"].perform(found["two"].reach, order) == 0
    for each in databases.values():
        each.close()


# --- a map that lies ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ("ALTER TABLE logins RENAME COLUMN ip TO address", "logins.ip"),
        ("DROP TABLE logins", "logins"),
    ],
)
def test_what_was_renamed_is_named_and_never_called_clean(stand, broken, named):
    stood = stand(2)
    reaches = stood.reaches(1)
    stood.run("shop", broken)
    with pytest.raises(Unreachable) as caught:
        list(stood.databases["shop"].export(reaches["shop"]))
    assert f"`{named}`" in caught.value.message
    assert caught.value.__cause__ is None
    assert stood.sweep(1, reaches)["shop"].state == "unreachable"


def test_a_message_never_holds_a_value(stand):
    stood = stand(2)
    reaches = stood.reaches(1)
    stood.run("shop", "DROP TABLE logins")
    with pytest.raises(Unreachable) as caught:
        stood.databases["shop"].remains(
            reaches["shop"], Order(id="1", task="erase", at=AT, values=shop.known(1))
        )
    assert shop.email(1) not in str(caught.value) + repr(caught.value.__context__)


def test_values_are_only_ever_parameters(stand):
    stood = stand(2)
    before = stood.dumps()
    known = {"contact.email": (Secret("' OR '1'='1"), Secret("x'; DROP TABLE customers; --"))}
    for each in stood.databases.values():
        assert list(each.export(each.trace(known).reach)) == []
    assert stood.dumps() == before
    assert sa.inspect(stood.engines["shop"]).has_table("customers")
