"""Killed in the middle of an erasure in two databases: it ends, once (F1, F8)."""

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.app.shops import MAP, OURS, lay
from tests.gate.house import CN, House, opened
from tests.support.postgres import Server
from tests.torture.eraser import PEOPLE
from tests.torture.killer import Killer
from troth.model.clock import Moment, SetClock, SystemClock
from troth.model.errors import Erased
from troth.model.secret import Secret
from troth.model.terms import SubjectId

CROWD = 60
FORUM = """\
  forum:
    url: env:TORTURE_FORUM
    tables:
      members:
        key: number
        columns:
          number: nothing
          mail: {category: contact.email, identity: yes}
      posts:
        key: number
        columns:
          number: nothing
          text: contact.address
        references:
          member: belongs to members.number
"""


@pytest.fixture
def forum(server: Server) -> Iterator[str]:
    """Return the address of a forum on PostgreSQL."""
    name = server.create()
    with psycopg.connect(server.dsn(name), autocommit=True) as database:
        database.execute("CREATE TABLE members (number INTEGER PRIMARY KEY, mail TEXT)")
        database.execute(
            "CREATE TABLE posts (number INTEGER PRIMARY KEY,"
            " member INTEGER REFERENCES members (number), text TEXT)"
        )
    yield server.dsn(name)
    server.drop(name)


@pytest.fixture
def crowd(folder: Path, forum: str, at: Moment, monkeypatch: pytest.MonkeyPatch) -> list[SubjectId]:
    """Admit people whom the shop and the forum know too, and stayers whom nobody erases."""
    monkeypatch.setenv("TORTURE_FORUM", url_of(forum))
    lay(folder / "shop.db")
    (folder / "databases.yaml").write_text(MAP.format(path=folder / "shop.db") + FORUM)
    kept = (folder / "troth.toml").read_text().partition("[databases]")[0]
    ours = ", ".join(f'"{each}"' for each in OURS)
    (folder / "troth.toml").write_text(
        f'{kept}[databases]\nmap = "databases.yaml"\nours = [{ours}]\n'
    )
    people = []
    with opened(folder, SetClock(at)) as house:
        for number in range(100, 100 + CROWD + 2):
            mail = f"person{number}@mail.example"
            people.append(house.admit(contact_email=Secret(mail)))
            known(folder, forum, number, mail)
    (folder / PEOPLE).write_text("\n".join(people[:CROWD]))
    return people


def url_of(dsn: str) -> str:
    parts = dict(part.split("=", 1) for part in dsn.split())
    host, user = parts["host"].strip("'"), parts.get("user", "postgres").strip("'")
    return f"postgresql://{user}@/{parts['dbname'].strip(chr(39))}?host={host}"


def known(folder: Path, forum: str, number: int, mail: str) -> None:
    with sqlite3.connect(folder / "shop.db") as shop:
        shop.execute("INSERT INTO customers (id, email) VALUES (?, ?)", (number, mail))
        for order in range(3):
            shop.execute(
                "INSERT INTO orders (id, customer_id, note) VALUES (?, ?, 'ring')",
                (number * 10 + order, number),
            )
    shop.close()
    with psycopg.connect(forum, autocommit=True) as database:
        database.execute("INSERT INTO members VALUES (%s, %s)", (number, mail))
        database.execute("INSERT INTO posts VALUES (%s, %s, 'hello')", (number, number))


def left(folder: Path, forum: str) -> dict[str, int]:
    shop = sqlite3.connect(folder / "shop.db")
    tables = {
        name: shop.execute(f"SELECT COUNT(*) FROM {name} WHERE id >= 100").fetchone()[0]
        for name in ("customers", "orders")
    }
    shop.close()
    with psycopg.connect(forum) as database:
        for name in ("members", "posts"):
            tables[name] = database.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0]
    return tables


def finish(folder: Path) -> House:
    """Open the instance after the last kill and let the clock do the rest."""
    clock = SetClock(SystemClock().now())
    with opened(folder, clock) as house:
        gone = set((folder / PEOPLE).read_text().split()) - set(house.gate.subjects())
        for _ in range(12):
            clock.forward(days=1)
            house.gate.tick()
        check(house, {SubjectId(one) for one in gone})
    return house


def check(house: House, gone: set[SubjectId]) -> None:
    rooms = house.rooms(CN)
    for table in ("orders", "errands", "doomed"):
        assert rooms.store.query(f"SELECT * FROM {table}") == [], table
    for subject in gone:
        with pytest.raises(Erased):
            house.gate.standing(subject)
    complete: dict[str, int] = {}
    for entry in rooms.log.recent("erasure.certified", 10_000):
        complete[entry.who] = complete.get(entry.who, 0) + bool(entry.what["complete"])
    assert len(complete) == len(gone)
    assert set(complete.values()) <= {1}, "somebody's erasure ended twice, or never"
    for report in house.troth.audit().values():
        report.demand()


def kill(times: int, folder: Path, forum: str, tmp_path: Path, seed: int) -> None:
    pick, acks = random.Random(seed), tmp_path / "acks"
    killer = Killer(
        "tests.torture.eraser",
        tmp_path / "said",
        {"TORTURE_FORUM": url_of(forum)},
        seconds=0.12,
    )
    try:
        for _ in range(times):
            killer.strike(folder, acks, pick)
            if b"all\n" in acks.read_bytes():
                break
    finally:
        killer.close()
    finish(folder)
    people = (folder / PEOPLE).read_text().split()
    begun = set(acks.read_text().split()) & set(people)
    stayed = CROWD + 2 - len(begun)
    found = left(folder, forum)
    # Whoever was noted and not erased any more (killed before the commit) is still everywhere.
    assert stayed <= found["customers"] == found["members"] == found["posts"]
    assert found["orders"] == 3 * found["customers"]


def test_an_erasure_that_is_killed_ends_once(
    folder: Path, forum: str, crowd: list[SubjectId], tmp_path: Path
) -> None:
    kill(6, folder, forum, tmp_path, seed=3)


@pytest.mark.torture
@pytest.mark.parametrize("round_", range(4))
def test_a_hundred_killed_erasures_end_once(
    folder: Path, forum: str, crowd: list[SubjectId], tmp_path: Path, round_: int
) -> None:
    seed = random.SystemRandom().randrange(2**31)
    print(f"seed {seed}")
    kill(25, folder, forum, tmp_path, seed)
