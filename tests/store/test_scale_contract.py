"""The scale-out contract: plain PostgreSQL becomes a cluster with no change of ours (decision 16).

Every table of the data family is created once more ``PARTITION BY HASH`` on the first column of its
primary key, on a real server. That column is the subject (``subject_id``, or in the ledger ``who``)
unless the table is listed here with the reason why not.
"""

import re

import pytest

from tests.support.partitions import READ_UNIQUE, WHOLE, Table, spread, tables
from tests.support.stores import PostgresMaker
from troth.store.sql import Family, Store, migrations

SUBJECT = {"subject_id", "who"}

OTHERWISE = {
    "blind": "the blind index is spread by the value it is asked for",
    "codes": "a code is asked for by its challenge, before anybody is a subject",
    "throttles": "what is tried is counted by its digest, whoever tries",
    "paces": "what is paced is counted by its digest: a network, a block of numbers, the house",
    "spent_proofs": "what is good once is known by its digest, before and after anybody is known",
    "identity_counts": "how often was asked is counted by a digest: a subject, a number, the house",
    "identity_calls": "a call of an authority is known by its own random id",
    "birthdays": "one row for the house: up to when birthdays were looked for",
    "doomed": "a key that has to die is known by its own random id",
    "imports": "an import is known by a keyed digest of its file, and names nobody",
    "logouts": "a word for an application outlives its subject, and is known by a random id",
    "webhooks": "what a machine is to hear is known by its own random id, and outlives its subject",
    "webhooks_off": "one row for each address of the operator's that takes nothing",
    "cookie_receipts": "a choice about cookies is nobody's: known by the digest of a random number",
    "privacy_signals": "how often a signal was honoured is counted by day, about nobody",
    "intake": "what comes from outside is known by its digest, before anybody is a subject",
    "intake_messages": "a message is known by its digest, whoever sent it",
    "agents": "an agent is a program of somebody else's, known by its id",
    "agent_tokens": "an agent's token is known by its hash",
    "powers": "a power of attorney is known by its own random number",
    "anonymised": "what many had in common is counted by month, about nobody",
    "retention_plans": "a plan is figures of everybody, known by its own random id",
    "retention_orders": "an order to close something is about everybody, known by its random id",
    "retention_marks": "one row for each region: by which terms due dates were worked out",
    "log_days": "the key of a day is everybody's whose lines end on it",
    "papers": "paper outlives its subject's file, and may be known by a letter's number alone",
    "placed_entries": "the tree of a region is one log: spread by place, never joined to a subject",
    "tiles": "the tree of a region is one log: its tiles are files in all but name",
    "tree_head": "one row for each region's log",
    "checkpoints": "one row for each signed head of a region's log",
}
"""Tables that are spread by something else than the subject, and why."""


@pytest.fixture(scope="module")
def store(postgres_maker: PostgresMaker, tmp_path_factory: pytest.TempPathFactory):
    store, end = postgres_maker.make(tmp_path_factory.mktemp("none"), "data")
    yield store
    end()


def test_every_table_is_led_by_the_subject_or_says_why_not(store: Store) -> None:
    others = {table.name for table in tables(store) if table.key[0] not in SUBJECT}
    assert others - OTHERWISE.keys() - WHOLE == set()


def test_every_table_but_the_reference_ones_can_be_spread(store: Store) -> None:
    for table in tables(store):
        if table.name not in WHOLE:
            store.transact(lambda tx, table=table: spread(tx, table, f"spread_{table.name}"))


def test_every_unique_key_holds_the_leading_column(store: Store) -> None:
    lead = {table.name: table.key[0] for table in tables(store) if table.name not in WHOLE}
    unique = [row for row in store.query(READ_UNIQUE) if row[0] in lead]
    assert unique
    assert [row for row in unique if lead[row[0]] not in row[2].split(",")] == []


def test_a_unique_key_without_the_leading_column_is_refused_by_the_server(store: Store) -> None:
    make = "CREATE TABLE bad (subject_id TEXT, login TEXT UNIQUE, PRIMARY KEY (subject_id))"
    store.transact(lambda tx: tx.run(make))
    with pytest.raises(Exception, match="must include all partitioning columns"):
        store.transact(lambda tx: spread(tx, Table("bad", ("subject_id",)), "spread_bad"))
    store.transact(lambda tx: tx.run("DROP TABLE bad"))


FORBIDDEN = {
    "a trigger": r"\bTRIGGER\b",
    "a sequence": r"\b(SEQUENCE|SERIAL|BIGSERIAL|AUTOINCREMENT|GENERATED)\b",
    "a foreign key": r"\b(REFERENCES|FOREIGN\s+KEY)\b",
    "an exclusion constraint": r"\bEXCLUDE\b",
    "inheritance": r"\bINHERITS\b",
}


@pytest.mark.parametrize("family", ["data", "keys"])
@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_migration_makes(what: str, family: Family) -> None:
    shipped = [part for _, _, parts in migrations(family) for part in parts]
    assert [part for part in shipped if re.search(FORBIDDEN[what], part, re.IGNORECASE)] == []


def test_the_subjects_of_a_spread_table_are_found_in_one_part(store: Store) -> None:
    def find(tx) -> list[str]:
        tx.run("CREATE TABLE one (subject_id TEXT PRIMARY KEY)")
        spread(tx, Table("one", ("subject_id",)), "many")
        return [row[0] for row in tx.run("EXPLAIN SELECT * FROM many WHERE subject_id = ?", ("a",))]

    scanned = [line for line in store.transact(find) if "many_" in line]
    assert len({found for line in scanned for found in re.findall(r"many_\d+", line)}) == 1
