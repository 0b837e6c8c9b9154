"""Hostile stores of every kind: none is believed, none holds up another, and healed they end."""

import json
import random
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
import redis

from tests.egress.named.orders import KEY, MEI, OTHER, erase
from tests.support.hostile import FAULTS, LINE, Hostile, proxy
from tests.support.processor import processor
from tests.support.servers import BucketServer
from troth.egress.databases.conductor import (
    Found,
    Sweep,
    Swept,
    Unanswered,
    gather,
    sweep_each,
    trace_all,
)
from troth.egress.databases.map import Column, DataMap, Reference, StoreMap, Table
from troth.egress.databases.opening import open_database
from troth.egress.databases.port import Database
from troth.egress.named.objects import shelf
from troth.model.secret import Secret

KNOWN = {"contact.email": (Secret(MEI),)}
MAIL = Column(name="email", category="contact.email", identity="contact.email")
KINDS = ("sql", "redis", "folder", "bucket", "service")
REAL = ("postgres", "redis", "bucket", "service")
"""Kinds that are spoken to over a line, which can be hostile by itself."""
PATIENCE = 2.0
ENOUGH = 30.0
"""Seconds for what nobody hinders, on a machine that is busy."""


class Stand(NamedTuple):
    """A store of one kind that holds two people: as a database, and what is really in it."""

    database: Database
    left: Callable[[], int]
    others: Callable[[], int]


def people_and_notes(name):
    people = Table(name="people", key=("id",), columns=(Column(name="id"), MAIL))
    notes = Table(
        name="notes",
        key=("id",),
        columns=(Column(name="who"), Column(name="text", category="support.question")),
        references=(Reference(columns=("who",), store=name, table="people", to=("id",), way="in"),),
    )
    return people, notes


def sql_stand(name, folder, _request, **_):
    path = folder / f"{name}.db"
    with sqlite3.connect(path) as line:
        line.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT UNIQUE)")
        line.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, who INTEGER, text TEXT)")
        for n, mail in enumerate((MEI, OTHER)):
            line.execute("INSERT INTO people VALUES (?,?)", (n, mail))
            line.executemany(
                "INSERT INTO notes VALUES (?,?,?)", [(9 * n + i, n, mail) for i in range(3)]
            )
    line.close()
    people, notes = people_and_notes(name)

    def count(mail):
        with sqlite3.connect(path) as line:
            found = line.execute(
                "SELECT (SELECT COUNT(*) FROM people WHERE email = ?)"
                " + (SELECT COUNT(*) FROM notes WHERE text = ?)",
                (mail, mail),
            ).fetchone()[0]
        line.close()
        return found

    return (people, notes), f"sqlite:///{path}", count


def redis_stand(name, _folder, request, port=None):
    socket = request.getfixturevalue("redis_socket")
    client = redis.Redis(unix_socket_path=str(socket), decode_responses=True)
    request.addfinalizer(client.close)
    for mail in (MEI, OTHER):
        client.hset(f"{name}-user:{mail}", mapping={"name": mail, "box": f"b-{mail}"})
        client.rpush(f"{name}-box:b-{mail}", *(f"{mail} {i}" for i in range(3)))
        client.sadd(f"{name}-letter", mail)
    user = Table(
        name=f"{name}-user:{{email}}",
        columns=(MAIL, Column(name="name", category="identity.name"), Column(name="box")),
    )
    box = Table(
        name=f"{name}-box:{{box}}",
        columns=(Column(name="box"), Column(name="item", category="support.chat")),
        references=(
            Reference(columns=("box",), store=name, table=user.name, to=("box",), way="in"),
        ),
    )
    letter = Table(
        name=f"{name}-letter",
        columns=(Column(name="member", category="contact.email", identity="contact.email"),),
    )

    def count(mail):
        keys = client.exists(f"{name}-user:{mail}", f"{name}-box:b-{mail}")
        return keys + client.sismember(f"{name}-letter", mail)

    url = f"redis://127.0.0.1:{port}" if port else f"unix://{socket}"
    return (user, box, letter), url, count


def postgres_stand(name, _folder, request, port=None):
    server = request.getfixturevalue("server")
    made = server.create()
    request.addfinalizer(lambda: server.drop(made))

    def say(statement, values=()):
        with psycopg.connect(server.dsn(made), autocommit=True) as line:
            told = line.execute(statement, values)
            return told.fetchone()[0] if told.description else None

    say("CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT UNIQUE)")
    say("CREATE TABLE notes (id INTEGER PRIMARY KEY, who INTEGER REFERENCES people(id), text TEXT)")
    for n, mail in enumerate((MEI, OTHER)):
        say("INSERT INTO people VALUES (%s,%s)", (n, mail))
        for i in range(3):
            say("INSERT INTO notes VALUES (%s,%s,%s)", (9 * n + i, n, mail))
    people, notes = people_and_notes(name)

    def count(mail):
        return say("SELECT COUNT(*) FROM people WHERE email = %s", (mail,)) + say(
            "SELECT COUNT(*) FROM notes WHERE text = %s", (mail,)
        )

    folder = server.dsn().partition("host=")[2].partition(" ")[0]
    url = f"postgresql://postgres@127.0.0.1:{port}/{made}"
    return (people, notes), url if port else f"postgresql://postgres@/{made}?host={folder}", count


FILES = Table(
    name="files/{email}/*",
    columns=(MAIL, Column(name="content", category="profile.other")),
)
LIST = Table(name="list.csv", columns=(MAIL, Column(name="plan")))


def folder_stand(name, folder, _request, **_):
    root = folder / name
    root.mkdir()
    return objects(f"file://{root}")


def bucket_stand(name, _folder, request, port=None):
    server: BucketServer = request.getfixturevalue("buckets")
    url = server.bucket(versioned=True)
    tables, _, count = objects(url)
    return tables, url.replace(f":{server.port}", f":{port or server.port}"), count


def objects(url):
    raw = shelf(url, "test")._store
    for mail in (MEI, OTHER):
        for number in range(3):
            raw.put(f"files/{mail}/{number}.txt", mail.encode())
    raw.put("list.csv", f"email,plan\n{MEI},a\n{OTHER},b\n".encode())

    def count(mail):
        files = [each for listed in raw.list(f"files/{mail}") for each in listed]
        return len(files) + (mail.encode() in bytes(raw.get("list.csv").bytes()))

    return (FILES, LIST), url, count


def service_stand(name, _folder, request, port=None):
    people = {mail: {"person": {"email": mail, "name": mail}} for mail in (MEI, OTHER)}
    running = processor(people)
    service = running.__enter__()
    request.addfinalizer(lambda: running.__exit__(None, None, None))
    person = Table(name="person", columns=(MAIL, Column(name="name", category="identity.name")))
    return (person,), f"http://127.0.0.1:{port or service.port}/v2", lambda mail: mail in people


MAKERS = {
    "sql": sql_stand,
    "postgres": postgres_stand,
    "redis": redis_stand,
    "folder": folder_stand,
    "bucket": bucket_stand,
    "service": service_stand,
}


@pytest.fixture
def stand(request, tmp_path):
    opened = []

    def make(kind, name, **more):
        tables, url, count = MAKERS[kind](name, tmp_path, request, **more)
        data = DataMap(stores=(StoreMap(name=name, url=url, tables=tables),))
        opened.append(open_database(data, name, key=KEY))
        return Stand(opened[-1], lambda: int(count(MEI)), lambda: int(count(OTHER)))

    if "redis_socket" in request.fixturenames:
        redis.Redis(unix_socket_path=str(request.getfixturevalue("redis_socket"))).flushall()
    yield make
    for each in opened:
        each.close()


def order():
    return erase(values=KNOWN)


def traced(*databases: Database, patience: float = ENOUGH) -> dict[str, Found]:
    return trace_all(databases, KNOWN, {}, patience)


def swept(databases, found, patience: float = ENOUGH) -> dict[str, Swept]:
    asked = [
        Sweep(database=each, order=order(), reach=found[each.name].reach, known=KNOWN)
        for each in databases
    ]
    return {one.name: one for one in sweep_each(asked, patience)}


# --- at the port: every kind, every fault ------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_store_is_not_believed_and_holds_up_nobody(stand, kind, fault):
    bad, good = stand(kind, "bad"), stand("folder", "good")
    before, others = bad.left(), bad.others()
    hostile = Hostile(bad.database, fault)
    began = time.monotonic()
    patience = PATIENCE if fault == "hangs" else ENOUGH
    found = traced(hostile, good.database, patience=patience)
    told = swept((hostile, good.database), found, patience)
    assert fault != "hangs" or time.monotonic() - began < 3 * PATIENCE
    assert (told["good"].state, good.left()) == ("clean", 0)
    if fault == "forgets":
        assert told["bad"].state in ("residue", "unreachable")
    else:
        assert told["bad"].state != "clean" or bad.left() == 0
    if fault in ("dead", "fails", "hangs", "nods"):
        assert bad.left() == before
    hostile.heal()
    again = trace_all(
        (hostile, good.database),
        KNOWN,
        {name: each.reach for name, each in found.items()},
        ENOUGH,
    )
    ended = swept((hostile, good.database), again)
    ended = ended if ended["bad"].state == "clean" else swept((hostile, good.database), again)
    assert (ended["bad"].state, bad.left(), bad.others()) == ("clean", 0, others)


@pytest.mark.parametrize("fault", ["dead", "hangs", "fails", "killed"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_says_who_did_not_answer_and_gives_the_rest(stand, kind, fault):
    bad, good = stand(kind, "bad"), stand("folder", "good")
    hostile = Hostile(bad.database, "")
    found = traced(hostile, good.database)
    hostile.fault = fault
    told = list(gather((hostile, good.database), {n: o.reach for n, o in found.items()}, 0.5))
    silent = [one.store for one in told if isinstance(one, Unanswered)]
    whole = kind == "service" and fault in ("fails", "killed")
    assert silent == ([] if whole else ["bad"])
    assert sum(getattr(one, "store", "") == "good" for one in told) == 4
    hostile.heal()


# --- on the line: the real client, the real server ---------------------------------------------


def socket_of(server):
    server.admin()
    return Path(server.dsn().partition("host=")[2].partition(" ")[0]) / ".s.PGSQL.5432"


@pytest.fixture(params=REAL)
def wired(request, stand):
    """A store behind a line that can fail."""
    upstream = {
        "postgres": lambda: socket_of(request.getfixturevalue("server")),
        "redis": lambda: request.getfixturevalue("redis_socket"),
        "bucket": lambda: request.getfixturevalue("buckets").port,
        "service": lambda: None,
    }[request.param]()
    if request.param == "service":
        plain = stand("service", "bad")
        upstream = int(plain.database._line._port)
        with proxy(upstream) as line:
            mapped = plain.database._map
            data = DataMap(stores=(mapped,))
            url = Secret(f"http://127.0.0.1:{line.port}/v2")
            made = open_database(data, "bad", url, key=KEY)
            yield Stand(made, plain.left, plain.others), line
        return
    with proxy(upstream) as line:
        yield stand(request.param, "bad", port=line.port), line


@pytest.mark.parametrize("fault", LINE)
def test_a_broken_line_is_no_answer_and_never_clean(wired, fault):
    bad, line = wired
    before = bad.left()
    found = traced(bad.database)
    line.fail(fault, left=10)
    told = swept((bad.database,), found, PATIENCE if fault == "hang" else ENOUGH)["bad"]
    assert told.state == "unreachable"
    # What was said before the line was cut may have been heard: less is left, never more.
    assert bad.left() <= before
    line.heal()
    told = swept((bad.database,), found)["bad"]
    assert (told.state, bad.left()) == ("clean", 0)


def test_a_line_that_is_cut_again_and_again_ends_once_and_spares_the_others(wired):
    bad, line = wired
    others = bad.others()
    found = traced(bad.database)
    chance = random.Random(7)
    for _ in range(25):
        line.fail("cut", left=chance.randint(0, 3000))
        told = swept((bad.database,), found)["bad"]
        assert told.state != "clean" or bad.left() == 0
        line.heal()
    told = swept((bad.database,), found)["bad"]
    assert (told.state, bad.left(), bad.others()) == ("clean", 0, others)


# --- maps that lie -----------------------------------------------------------------------------


def test_a_map_that_knows_less_than_there_is_is_not_complete(stand, request):
    bad = stand("redis", "bad")
    socket = request.getfixturevalue("redis_socket")
    with redis.Redis(unix_socket_path=str(socket)) as client:
        client.hset(f"bad-user:{MEI}", "nobody-said", "secret")
    fields = Table(name="bad-user:{email}", columns=(MAIL,), erase="fields")
    data = DataMap(stores=(StoreMap(name="bad", url=f"unix://{socket}", tables=(fields,)),))
    database = open_database(data, "bad", key=KEY)
    found = database.trace(KNOWN).reach
    told = database.remains(found, order())
    assert "unmapped" in {one.why for one in told}
    assert bad.left() == 3
    database.close()


def test_a_map_that_calls_a_list_a_hash_does_not_say_clean(request):
    socket = request.getfixturevalue("redis_socket")
    with redis.Redis(unix_socket_path=str(socket)) as client:
        client.flushall()
        client.rpush(f"user:{MEI}", json.dumps({"email": MEI}))
    table = Table(
        name="user:{email}",
        columns=(MAIL, Column(name="name", category="identity.name")),
        erase="fields",
    )
    data = DataMap(stores=(StoreMap(name="bad", url=f"unix://{socket}", tables=(table,)),))
    database = open_database(data, "bad", key=KEY)
    told = database.remains(database.trace(KNOWN).reach, order())
    assert {one.why for one in told} >= {"unmapped"}
    database.close()
