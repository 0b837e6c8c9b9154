"""The blind index finds the holder of a value without reading it (policy 7.1; threat A15).

An index value is HMAC-SHA256 of tenant, field and value under a key that lies outside the database,
cut to 128 bits. It answers equality only. Without the key it can neither be guessed nor compared
with another tenant's or field's, and it leaves with the value: its rows die at the erasure.
"""

from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from troth.model.errors import Taken
from troth.model.secret import Secret
from troth.model.terms import KeyId, SubjectId
from troth.store.sql import Store, Tx
from troth.vault.forms import Form, comparable
from troth.vault.seal import place

VALUE_BYTES: Final = 16

ADD: Final = (
    "INSERT INTO blind (value, slot, subject_id) VALUES {} ON CONFLICT (value, slot) DO NOTHING"
)
"""Let subjects be found by values."""
HOLDER: Final = "SELECT subject_id FROM blind WHERE value = ? AND slot = ''"
"""Who holds a unique value."""
HOLDERS: Final = "SELECT subject_id FROM blind WHERE value = ?"
"""Everybody who holds a value."""
FILES: Final = (
    "SELECT s.subject_id, s.key_id, s.link FROM blind b"
    " JOIN subjects s ON s.subject_id = b.subject_id WHERE b.value = ?"
)
"""The files of everybody who holds a value."""
DROP: Final = "DELETE FROM blind WHERE value = ? AND subject_id = ?"
"""One subject is no longer found by one value."""
DROP_ALL: Final = "DELETE FROM blind WHERE subject_id = ?"
"""One subject is no longer found by anything."""

UNIQUE_SLOT: Final = ""
ROWS: Final = 32
"""How many index rows one statement adds."""

_ADD: Final = {n: ADD.format(", ".join(["(?, ?, ?)"] * n)) for n in range(1, ROWS + 1)}


class Moves:
    """What is to change in the index: gathered field by field, done in a few statements."""

    __slots__ = ("added", "gone")

    def __init__(self) -> None:
        self.gone: list[tuple[bytes, SubjectId]] = []
        self.added: list[tuple[bytes, str, SubjectId, str]] = []


class Index:
    """The blind index of one tenant in one region's store."""

    def __init__(self, key: bytes, tenant: str) -> None:
        self._key = key
        self._tenant = tenant
        self._begun: dict[str, HMAC] = {}

    def value(self, field: str, value: Secret, form: Form) -> bytes:
        """Return the index value (16 bytes) of a canonical value."""
        begun = self._begun.get(field)
        if begun is None:
            begun = HMAC(self._key, SHA256())
            begun.update(place(self._tenant, field))
            self._begun[field] = begun
        mac = begun.copy()
        mac.update(comparable(value, form))
        return mac.finalize()[:VALUE_BYTES]

    def plan(
        self,
        moves: Moves,
        subject: SubjectId,
        old: Mapping[str, bytes],
        fresh: Mapping[str, Secret],
        forms: Mapping[str, Form],
    ) -> dict[str, bytes]:
        """Note what fresh canonical values move in the index; return all index values by field.

        ``old`` is what the subject's index values were.
        """
        blind = dict(old)
        for field, value in fresh.items():
            form = forms[field]
            if not form.searchable and field not in blind:
                continue
            was = blind.pop(field, None)
            now = self.value(field, value, form) if form.searchable else None
            if was is not None and was != now:
                moves.gone.append((was, subject))
            if now is not None:
                blind[field] = now
                if was != now:
                    slot = UNIQUE_SLOT if form.unique else str(subject)
                    moves.added.append((now, slot, subject, field))
        return blind

    def apply(self, tx: Tx, moves: Moves) -> None:
        """Do what was planned. Raises ``Taken`` for a unique value that another subject holds."""
        if moves.gone:
            tx.run_many(DROP, moves.gone)
        for start in range(0, len(moves.added), ROWS):
            rows = moves.added[start : start + ROWS]
            params = [part for value, slot, subject, _ in rows for part in (value, slot, subject)]
            if tx.change(_ADD[len(rows)], params) != len(rows):
                # Somebody was there already; a statement that was run again may find themselves.
                _demand_holders(tx, rows)

    def remove_all(self, tx: Tx, subject: SubjectId) -> None:
        """Let a subject be found no longer at all."""
        tx.run(DROP_ALL, (subject,))

    def holders(self, store: Store, value: bytes) -> list[SubjectId]:
        """Return the subjects who hold what an index value stands for, by their ids."""
        return sorted({SubjectId(subject) for (subject,) in store.query(HOLDERS, (value,))})

    def files(self, store: Store, value: bytes) -> list[tuple[SubjectId, KeyId, bytes]]:
        """Return the same subjects, each with the key and the sealed link of their file."""
        found = {subject: (key, link) for subject, key, link in store.query(FILES, (value,))}
        return [(SubjectId(subject), *found[subject]) for subject in sorted(found)]


def _demand_holders(tx: Tx, rows: list[tuple[bytes, str, SubjectId, str]]) -> None:
    for value, slot, subject, field in rows:
        if slot == UNIQUE_SLOT and tx.run(HOLDER, (value,)) != [(subject,)]:
            raise Taken(
                f"the value given for `{field}` already belongs to a subject",
                field=field,
                remedy="use another, or recover the account that has it",
            )
