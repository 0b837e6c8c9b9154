"""Real servers looked at: a map of PostgreSQL and MariaDB is proposed as that of SQLite is."""

import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.conftest import missing
from tests.egress.inspecting.test_inspecting import NAMES, card, company, resident
from tests.support import mariadb as maria
from tests.support import postgres
from troth.egress.databases import reading
from troth.egress.databases.map import Reference
from troth.egress.databases.opening import open_database
from troth.egress.inspecting.look import Inspected, inspect
from troth.egress.sql.database import engine_of
from troth.model.secret import Secret

PEOPLE = 20
SCHEMA = (
    """CREATE TABLE addresses (id INTEGER PRIMARY KEY, street VARCHAR(80), city VARCHAR(60))""",
    """CREATE TABLE members (id INTEGER PRIMARY KEY, mail VARCHAR(120) UNIQUE, 姓名 VARCHAR(40),
       c7 VARCHAR(18), x9 VARCHAR(24), born DATE, home INTEGER, profile JSON,
       active BOOLEAN, created_at TIMESTAMP NULL,
       FOREIGN KEY (home) REFERENCES addresses (id))""",
    """CREATE TABLE purchases (id INTEGER PRIMARY KEY, member_id INTEGER, firm VARCHAR(20),
       total NUMERIC(9, 2), status VARCHAR(10))""",
    "CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)",
)


@pytest.fixture(scope="module")
def mariadb() -> Iterator[maria.Server]:
    """Return a real MariaDB."""
    if reason := maria.why_not():
        missing(reason)
    server = maria.Server()
    yield server
    server.close()


@pytest.fixture(params=["postgres", "mariadb"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the address of a database of members on a real server."""
    if request.param == "postgres":
        server: postgres.Server = request.getfixturevalue("server")
        name = server.create()
        folder = server.dsn().partition("host=")[2].partition(" ")[0]
        address = f"postgresql://postgres@/{name}?host={folder}"
    else:
        server = request.getfixturevalue("mariadb")
        name = server.create()
        address = server.url(name)
    engine = engine_of("club", address)
    with engine.begin() as connection:
        for statement in SCHEMA:
            connection.exec_driver_sql(statement)
        fill(connection)
    engine.dispose()
    yield address
    server.drop(name)


def fill(connection: sa.Connection) -> None:
    """Bring members in, some of whom they are only inside documents."""
    for n in range(PEOPLE):
        profile = {"phone": f"+86139123{n:05}", "kin": [{"name": NAMES[n % 8]}], "theme": "dark"}
        connection.execute(
            sa.text("INSERT INTO addresses VALUES (:n, :street, '上海')"),
            {"n": n, "street": f"南京路{n}号"},
        )
        connection.execute(
            sa.text(
                "INSERT INTO members VALUES (:n, :mail, :name, :number, :card, :born, :n, :profile,"
                " true, '2026-11-22')"
            ),
            {
                "n": n,
                "mail": f"a{n}@example.cn",
                "name": NAMES[n % 8],
                "number": resident(n),
                "card": card(n),
                "born": f"19{60 + n}-05-17",
                "profile": json.dumps(profile),
            },
        )
        connection.execute(
            sa.text("INSERT INTO purchases VALUES (:n, :n, :firm, 5, :status)"),
            {"n": n, "firm": company(n), "status": ("paid", "sent")[n % 2]},
        )


@pytest.fixture
def looked(url: str) -> Inspected:
    """Return what a look at the members tells."""
    return inspect(Secret(url), name="club", shown="env:CLUB_URL")


def test_chinese_names_numbers_and_documents_are_known_on_a_real_server(looked):
    members = looked.proposal.data.store("club").table("members")
    assert {column.name: column.category for column in members.columns} == {
        "id": "",
        "mail": "contact.email",
        "姓名": "identity.name",
        "c7": "identity.id_number",
        "x9": "bank.number",
        "born": "identity.birth_date",
        "home": "",
        "profile.phone": "contact.phone",
        "profile.kin.name": "identity.name",
        "profile.theme": "",
        "active": "",
        "created_at": "",
    }
    told = {one.name: one.reason for one in looked.proposal.proposed if one.table == "members"}
    assert "the check digit agrees" in told["c7"]
    assert "the check digit agrees" in told["x9"]


def test_keys_and_likely_references_are_found_on_a_real_server(looked):
    store = looked.proposal.data.store("club")
    assert {one for table in store.tables for one in table.references} == {
        Reference(columns=("home",), store="club", table="addresses", to=("id",), way="out"),
        Reference(columns=("member_id",), store="club", table="members", to=("id",), way="in"),
    }
    assert store.table("purchases").column("firm").category == "enterprise.uscc"
    assert store.impersonal == ("alembic_version",)


def test_what_is_proposed_on_a_real_server_opens_it_and_finds_people(looked, url):
    text = looked.proposal.text()
    again = reading.read(text, "map.yaml")
    assert again.data == looked.proposal.data
    for value in ("a1@example.cn", "林梅", resident(1), card(1), "13912300001", "南京路"):
        assert value not in text + repr(looked)
    database = open_database(again.data, "club", Secret(url), key=b"k" * 32)
    known = {"identity.id_number": (Secret(resident(3)),)}
    reach = database.trace(known).reach
    assert {held.table for held in database.export(reach)} == {
        "members",
        "addresses",
        "purchases",
    }
    assert [each for each in database.check() if each.level == "error"] == []
    database.close()
