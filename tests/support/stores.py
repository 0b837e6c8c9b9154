"""Stores for one test each, copied from templates that were migrated once."""

import itertools
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from tests.support.partitions import WHOLE, spread_all
from tests.support.postgres import Server
from troth.model.clock import Moment
from troth.store.postgres import PostgresStore
from troth.store.sql import Family, Store, migrate
from troth.store.sqlite import SqliteStore

SPREAD = os.environ.get("TROTH_TESTS_SPREAD") == "1"
"""Run every PostgreSQL test on tables ``PARTITION BY HASH``, as a cluster would hold them."""
Backend = Literal["sqlite", "postgres"]
BACKENDS: tuple[Backend, ...] = ("sqlite", "postgres")
LONG_AGO = Moment(1685491200000)


class SqliteMaker:
    """Makes SQLite stores in a test's own folder."""

    backend: Backend = "sqlite"

    def __init__(self, templates: Path) -> None:
        self._templates = templates
        self._count = itertools.count()

    def make(self, folder: Path, family: Family | None) -> tuple[Store, Callable[[], None]]:
        """Return a new store and how to get rid of it; no family means an empty database."""
        path = folder / f"{family or 'empty'}-{next(self._count)}.db"
        if family:
            shutil.copyfile(self._template(family), path)
        store = SqliteStore(path)
        return store, store.close

    def _template(self, family: Family) -> Path:
        path = self._templates / f"{family}.db"
        if not path.exists():
            store = SqliteStore(path)
            migrate(store, family, LONG_AGO)
            store.scrub()
            store.close()
        return path


class PostgresMaker:
    """Makes PostgreSQL databases on the session's server."""

    backend: Backend = "postgres"

    def __init__(self, server: Server) -> None:
        self._server = server

    def make(self, folder: Path, family: Family | None) -> tuple[Store, Callable[[], None]]:
        """Return a new store and how to get rid of it; no family means an empty database."""
        name = self._server.create(self._template(family) if family else "template1")
        store = PostgresStore(self._server.dsn(name))

        def finish() -> None:
            store.close()
            self._server.drop(name)

        return store, finish

    def _template(self, family: Family) -> str:
        ready, half = f"template_{family}", f"half_{family}"
        self._server.admin()
        with self._server.alone():
            if not self._server.has(ready):
                self._server.drop(half)
                store = PostgresStore(self._server.dsn(self._server.create(name=half)))
                try:
                    migrate(store, family, LONG_AGO)
                    if SPREAD and family == "data":
                        spread_all(store, WHOLE)
                finally:
                    store.close()
                self._server.rename(half, ready)
        return ready


Maker = SqliteMaker | PostgresMaker
