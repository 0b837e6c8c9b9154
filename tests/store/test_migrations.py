"""Numbered migrations: each applied once, all or nothing, and never backwards."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from troth.model.clock import Moment
from troth.model.errors import DatabaseTooNew
from troth.store import sql
from troth.store.sql import Family, Store, migrate, migrations, pending
from troth.store.sqlite import SqliteStore

Make = Callable[[Family | None], Store]
FAMILIES = pytest.mark.parametrize("family", ["data", "keys"])
NEWER = "INSERT INTO migrations (number, name, at) VALUES (9999, 'from_the_future', 0)"
NOTED = "SELECT number, at FROM migrations ORDER BY number"


@FAMILIES
def test_a_new_database_gets_every_migration_in_order(
    store_factory: Make, family: Family, at: Moment
) -> None:
    store = store_factory(None)
    applied = migrate(store, family, at)
    assert applied == [f"{number:04d}_{name}" for number, name, _ in migrations(family)]
    assert pending(store, family) == []


@FAMILIES
def test_a_migration_is_never_applied_twice(
    store_factory: Make, family: Family, at: Moment
) -> None:
    store = store_factory(family)
    before = store.query(NOTED)
    assert migrate(store, family, at) == []
    assert store.query(NOTED) == before


def test_two_programs_that_start_at_once_share_the_work(store_factory: Make, at: Moment) -> None:
    store = store_factory(None)
    store.transact(lambda tx: tx.run(sql.MAKE_MIGRATIONS))
    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(migrate, store, "data", at) for _ in range(2)]
        applied = [name for each in done for name in each.result()]
    assert sorted(applied) == [f"{number:04d}_{name}" for number, name, _ in migrations("data")]


def test_a_migration_that_fails_leaves_nothing(
    store_factory: Make, at: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [(1, "broken", ["CREATE TABLE half (a INTEGER)", "CREATE TABLE half (a INTEGER)"])]
    monkeypatch.setattr(sql, "migrations", lambda family: broken)
    store = store_factory(None)
    with pytest.raises(Exception, match="half"):
        migrate(store, "data", at)
    assert store.query(NOTED) == []
    store.transact(lambda tx: tx.run("CREATE TABLE half (a INTEGER)"))


@FAMILIES
def test_a_database_from_a_newer_program_is_refused(
    store_factory: Make, family: Family, at: Moment
) -> None:
    store = store_factory(family)
    store.transact(lambda tx: tx.run(NEWER))
    with pytest.raises(DatabaseTooNew, match="9999"):
        migrate(store, family, at)


def test_a_newer_database_stays_as_it_is_to_the_byte(tmp_path: Path, at: Moment) -> None:
    path = tmp_path / "data.db"
    store = SqliteStore(path)
    migrate(store, "data", at)
    store.transact(lambda tx: tx.run(NEWER))
    store.close()
    before = path.read_bytes()
    store = SqliteStore(path)
    with pytest.raises(DatabaseTooNew):
        migrate(store, "data", at)
    store.close()
    assert path.read_bytes() == before


@FAMILIES
def test_numbers_are_used_once_and_names_give_the_reason(family: Family) -> None:
    shipped = migrations(family)
    assert len({number for number, _, _ in shipped}) == len(shipped) > 0
    assert all(re.fullmatch(r"[a-z][a-z0-9_]+", name) for _, name, _ in shipped)


@FAMILIES
def test_every_table_says_why_it_is_there(family: Family) -> None:
    folder = Path(sql.__file__).parent / "migrations" / family
    for script in folder.glob("*.sql"):
        lines = script.read_text("utf-8").splitlines()
        made = [n for n, line in enumerate(lines) if line.startswith("CREATE TABLE")]
        assert [lines[n] for n in made if not lines[n - 1].startswith("--") or n == 0] == [], script


def test_comments_are_no_statements() -> None:
    assert sql.statements("-- a; b\nCREATE TABLE a (b TEXT);\n\n-- c\n") == [
        "CREATE TABLE a (b TEXT)"
    ]
