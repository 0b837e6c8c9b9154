"""What must hold in any small world: nothing of theirs is left, and all that is others' stays.

A world is a tree of tables with people at its root, and beside it houses that people use. Whose a
row is follows from how the world was made, never from what the program says.
"""

import contextlib
import itertools

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.egress.sql.conftest import AT, KEY
from troth.egress.databases.edges import edges
from troth.egress.databases.map import Column, DataMap, Reference, StoreMap, Table
from troth.egress.databases.port import Order
from troth.egress.sql import performing, tracing
from troth.egress.sql.database import SqlDatabase
from troth.model.secret import Secret

NAMES = ("people", "ta", "tb", "tc", "td")
HOW = st.sampled_from(["row", "fields"])


class Crash(BaseException):
    """The program ends here."""


@st.composite
def worlds(draw):
    """Draw tables (each hangs on an earlier one), rows with their owners, and who uses a house."""
    count = draw(st.integers(1, 4))
    parents = [draw(st.integers(0, place)) for place in range(count)]
    hows = [draw(HOW) for _ in range(count + 2)]
    rows, owner = {"people": [(n, None) for n in range(3)]}, {("people", n): n for n in range(3)}
    for place, parent in enumerate(parents):
        name, above = NAMES[place + 1], NAMES[parent]
        held = draw(st.lists(st.sampled_from(rows[above]), max_size=6)) if rows[above] else []
        rows[name] = [(number, each[0]) for number, each in enumerate(held)]
        for number, each in rows[name]:
            owner[name, number] = owner[above, each]
    homes = {n: draw(st.one_of(st.none(), st.integers(0, 2))) for n in range(3)}
    return parents, hows, rows, owner, homes, draw(st.integers(1, 60))


def mapped(parents, hows):
    """Return the map of a world."""
    held = (Column(name="word", category="x.word"),)
    mail = Column(name="mail", category="contact.email", identity="contact.email")
    home = Reference(columns=("home",), store="one", table="houses", to=("id",), way="out")
    tables = [
        Table(name="people", key=("id",), columns=(mail, *held), references=(home,), erase=hows[0]),
        Table(name="houses", key=("id",), columns=held, erase=hows[1]),
    ]
    for place, parent in enumerate(parents):
        above = Reference(columns=("up",), store="one", table=NAMES[parent], to=("id",), way="in")
        tables.append(
            Table(
                name=NAMES[place + 1],
                key=("id",),
                columns=held,
                references=(above,),
                erase=hows[place + 2],
            )
        )
    return DataMap(stores=(StoreMap(name="one", tables=tuple(tables)),))


def built(engine, parents, rows, homes):
    """Make the tables of a world and put its rows in."""
    with engine.begin() as connection:
        say = connection.exec_driver_sql
        say("CREATE TABLE houses (id INTEGER PRIMARY KEY, word TEXT)")
        say(
            "CREATE TABLE people (id INTEGER PRIMARY KEY, mail TEXT UNIQUE, word TEXT,"
            " home INTEGER REFERENCES houses (id))"
        )
        for number in range(3):
            say("INSERT INTO houses VALUES (?, ?)", (number, f"house {number}"))
        for number, _ in rows["people"]:
            say(
                "INSERT INTO people VALUES (?, ?, ?, ?)",
                (number, f"p{number}@x.cn", f"word {number}", homes[number]),
            )
        for place, parent in enumerate(parents):
            name, above = NAMES[place + 1], NAMES[parent]
            say(
                f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, up INTEGER NOT NULL"
                f" REFERENCES {above} (id), word TEXT)"
            )
            for number, each in rows[name]:
                say(f"INSERT INTO {name} VALUES (?, ?, ?)", (number, each, f"{name} {number}"))


def crashing(database, number):
    """Let a database's connections break at its nth statement, once."""
    count = itertools.count(1)

    def listen(*_):
        if next(count) == number:
            raise Crash

    sa.event.listen(database._engine, "before_cursor_execute", listen)
    return lambda: sa.event.remove(database._engine, "before_cursor_execute", listen)


@pytest.mark.parametrize("few", [0, 10_000])
@given(world=worlds())
@settings(max_examples=40)
def test_one_is_erased_and_the_others_keep_everything(few, world, tmp_path_factory):
    parents, hows, rows, owner, homes, crash = world
    data = mapped(parents, hows)
    path = tmp_path_factory.mktemp("world") / "one.db"
    database = SqlDatabase(data.store("one"), f"sqlite:///{path}", key=KEY, ways=edges(data))
    built(database._engine, parents, rows, homes)
    known = {"contact.email": (Secret("p0@x.cn"),)}
    order = Order(id="1", task="erase", at=AT, values=known)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(performing, "FEW", few)
        patch.setattr(performing, "BATCH", 2)
        patch.setattr(tracing, "MANY", 2)
        reach = database.trace(known).reach
        whole = crashing(database, crash)
        with contextlib.suppress(Crash):
            database.perform(reach, order)
        whole()
        database.perform(reach, order)
        reach = database.trace(known, reach).reach
        assert database.remains(reach, order) == ()
    with database._engine.connect() as connection:
        words = {
            name: dict(
                tuple(row) for row in connection.exec_driver_sql(f"SELECT id, word FROM {name}")
            )
            for name in rows
        }
        houses = dict(
            tuple(row) for row in connection.exec_driver_sql("SELECT id, word FROM houses")
        )
    database.close()
    for (name, number), whose in owner.items():
        if whose:
            original = f"word {number}" if name == "people" else f"{name} {number}"
            assert words[name][number] == original
        else:
            assert words[name].get(number) is None
    hers = homes[0] is not None and homes[0] not in {homes[1], homes[2]}
    for number in range(3):
        kept = f"house {number}"
        assert houses.get(number) == (None if hers and number == homes[0] else kept)
