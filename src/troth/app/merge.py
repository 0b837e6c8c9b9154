"""A backup's rows beside the rows of now, in one database (house decision 8; policy 6.4, 9.4).

What a backup brings back is what was *held*: subjects, their cells, their index. All else stays as
it is now: a ledger never turns back, and an ended session, key or member of staff does not return.
A subject whose key is still the same gets the values of the backup; whoever came since, or had a
part erased since (which changes the key), keeps what they have now; who was erased stays so.

Done in SQL on files that nobody else has open: a million rows do not pass through Python.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct

from troth.model.clock import Moment
from troth.model.errors import Misconfigured

NOT_FROM_A_BACKUP: Final = (
    "sessions",
    "devices",
    "staff_sessions",
    "codes",
    "spent_proofs",
    "outbox",
    *("webhooks", "webhooks_off"),
    *("deposits", "deposit_parts"),
    "agent_tokens",
    *("grants", "sign_ins", "passes", "logouts", "signing_keys"),
)
"""What is not brought back even where nothing of now is left."""
ENDED: Final = ("service_keys", "staff", "applications", "agents")
"""Who may come in. Where nobody can say who has left since, everybody has to be let in anew."""

# Whom to bring back. No tombstone is touched, and no key that has changed.
CHOOSE: Final = (
    "CREATE TEMP TABLE back AS SELECT o.subject_id FROM old.subjects o"
    " LEFT JOIN main.subjects n ON n.subject_id = o.subject_id WHERE n.key_id = o.key_id"
    " OR (n.key_id IS NULL AND o.subject_id NOT IN (SELECT subject_id FROM main.gone))"
)
# Two subjects cannot hold one unique value: whoever holds it now keeps it.
UNCHOOSE: Final = (
    "DELETE FROM back WHERE subject_id IN (SELECT o.subject_id FROM old.blind o"
    " JOIN main.blind n ON n.value = o.value AND n.slot = o.slot"
    " WHERE n.subject_id <> o.subject_id AND n.subject_id NOT IN (SELECT subject_id FROM back))"
)
BRING: Final = (
    (
        "INSERT INTO main.subjects (subject_id, key_id, link, due_at)"
        " SELECT subject_id, key_id, link, due_at FROM old.subjects"
        " WHERE subject_id IN (SELECT subject_id FROM back) ON CONFLICT (subject_id) DO NOTHING"
    ),
    "DELETE FROM main.cells WHERE subject_id IN (SELECT subject_id FROM back)",
    (
        "INSERT INTO main.cells (subject_id, grp, sealed) SELECT subject_id, grp, sealed"
        " FROM old.cells WHERE subject_id IN (SELECT subject_id FROM back)"
    ),
    "DELETE FROM main.blind WHERE subject_id IN (SELECT subject_id FROM back)",
    (
        "INSERT INTO main.blind (value, slot, subject_id) SELECT value, slot, subject_id"
        " FROM old.blind WHERE subject_id IN (SELECT subject_id FROM back)"
    ),
    # What was done once since the backup is undone by it, and can be done again.
    "DELETE FROM main.performed WHERE subject_id IN (SELECT subject_id FROM back)",
)
COUNT: Final = (
    "SELECT (SELECT count(*) FROM back), (SELECT count(*) FROM main.subjects"
    " WHERE subject_id NOT IN (SELECT subject_id FROM back))"
)


class Merged(Struct, frozen=True, kw_only=True):
    """How many subjects have the values of the backup, and how many what they have now."""

    restored: int
    kept: int


@contextmanager
def joined(main: Path, **others: Path) -> Iterator[sqlite3.Connection]:
    """Open a database with others attached by name, in one transaction; nothing deleted stays.

    Raises ``Misconfigured`` when one of them cannot be read; nothing is changed then.
    """
    connection = sqlite3.connect(main, isolation_level=None)
    try:
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA temp_store=MEMORY")
        for name, path in others.items():
            connection.execute(f"ATTACH DATABASE ? AS {name}", (str(path),))
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.DatabaseError as error:
        paths = "`, `".join(map(str, (main, *others.values())))
        raise Misconfigured(
            f"`{paths}` cannot be read: {error}",
            remedy="move a damaged database aside, then do this again",
        ) from error
    finally:
        connection.close()


def bring_back(now: Path, backup: Path) -> Merged:
    """Put what a backup holds into a copy of the database of now; see above for what stays."""
    with joined(now, old=backup) as database:
        database.execute(CHOOSE)
        # Who is left out holds what they hold now, which can stand in another's way.
        while database.execute(UNCHOOSE).rowcount:
            pass
        for sql in BRING:
            database.execute(sql)
        restored, kept = database.execute(COUNT).fetchone()
    return Merged(restored=restored, kept=kept)


def alone(backup: Path, at: Moment) -> Merged:
    """Prepare a backup to stand in for a database that is lost: nobody is signed in any more."""
    with joined(backup) as database:
        for table in NOT_FROM_A_BACKUP:
            database.execute(f"DELETE FROM {table}")
        for table in ENDED:
            database.execute(f"UPDATE {table} SET ended_at = ? WHERE ended_at IS NULL", (at,))
        restored = database.execute("SELECT count(*) FROM subjects").fetchone()[0]
    return Merged(restored=restored, kept=0)
