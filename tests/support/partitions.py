"""Plain PostgreSQL standing in for a cluster: the same tables, ``PARTITION BY HASH``.

A partitioned table demands of keys what Citus and its kin demand: every unique key holds the column
that the rows are spread by (house decision 16).
"""

from typing import NamedTuple

from troth.store.sql import Store, Tx

PARTS = 2
WHOLE = {
    *("applications", "contracts", "editions", "service_keys", "signing_keys", "staff"),
    "staff_sessions",
}
"""Small reference tables that a cluster copies to every node: nothing to spread them by."""

READ_TABLES = """
SELECT c.relname::text, COALESCE((SELECT string_agg(a.attname, ',' ORDER BY k.at)
        FROM pg_index i, unnest(i.indkey::int[]) WITH ORDINALITY AS k(attnum, at), pg_attribute a
        WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid AND a.attnum = k.attnum),
       (SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum = 1)::text)
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  AND c.relname <> 'migrations'
ORDER BY 1
"""
READ_UNIQUE = """
SELECT c.relname::text, i.relname::text, string_agg(a.attname, ',' ORDER BY k.at)
FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid,
     unnest(x.indkey::int[]) WITH ORDINALITY AS k(attnum, at), pg_attribute a
WHERE x.indisunique AND c.relnamespace = 'public'::regnamespace
  AND a.attrelid = c.oid AND a.attnum = k.attnum
GROUP BY 1, 2 ORDER BY 1, 2
"""


class Table(NamedTuple):
    """A table and the columns of its primary key, in order; its first column if it has no key."""

    name: str
    key: tuple[str, ...]


def tables(store: Store) -> list[Table]:
    """Return the tables of a PostgreSQL database and their primary keys."""
    return [Table(name, tuple(key.split(","))) for name, key in store.query(READ_TABLES)]


def spread(tx: Tx, table: Table, name: str) -> None:
    """Create a table like another, spread over partitions by the first column of its key."""
    tx.run(
        f'CREATE TABLE "{name}" (LIKE "{table.name}" INCLUDING ALL)'
        f' PARTITION BY HASH ("{table.key[0]}")'
    )
    for part in range(PARTS):
        tx.run(
            f'CREATE TABLE "{name}_{part}" PARTITION OF "{name}"'
            f" FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
        )


def spread_all(store: Store, stay: set[str]) -> None:
    """Replace every table but those that stay by a spread one with the same rows."""
    for table in tables(store):
        if table.name not in stay:
            store.transact(lambda tx, table=table: _replace(tx, table))  # type: ignore[misc]


def _replace(tx: Tx, table: Table) -> None:
    tx.run(f'ALTER TABLE "{table.name}" RENAME TO "whole_{table.name}"')
    spread(tx, Table(f"whole_{table.name}", table.key), table.name)
    tx.run(f'INSERT INTO "{table.name}" SELECT * FROM "whole_{table.name}"')
    tx.run(f'DROP TABLE "whole_{table.name}"')
