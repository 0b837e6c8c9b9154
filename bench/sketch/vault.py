"""Floor of keeping personal data: seal, wrap, index, one leaf, one commit; no questions asked.

Three layouts of the same profile: ``groups`` (one sealed cell for each group of fields, so that
retention and erasure by category touch whole rows; the layout Troth needs), ``cells`` (one for each
field) and ``packed`` (one for the whole person, the least that could be written).
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

Profile = Mapping[str, str]
Mac = tuple[bytes, str]

TABLES: Final = (
    "CREATE TABLE keys (subject TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID",
    (
        "CREATE TABLE cells (subject TEXT, part TEXT, sealed BLOB NOT NULL,"
        " PRIMARY KEY (subject, part)) WITHOUT ROWID"
    ),
    "CREATE TABLE blind (token BLOB PRIMARY KEY, subject TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE leaves (number INTEGER PRIMARY KEY, leaf BLOB NOT NULL)",
)
PUT_KEY: Final = "INSERT INTO keys VALUES (?, ?)"
PUT_CELL: Final = "INSERT INTO cells VALUES (?, ?, ?)"
PUT_TOKEN: Final = "INSERT INTO blind VALUES (?, ?)"
PUT_LEAF: Final = "INSERT INTO leaves (leaf) VALUES (?)"
GET_CELL: Final = (
    "SELECT wrapped, sealed FROM keys JOIN cells USING (subject) WHERE subject = ? AND part = ?"
)
GET_KEY: Final = "SELECT wrapped FROM keys WHERE subject = ?"
GET_CELLS: Final = "SELECT part, sealed FROM cells WHERE subject = ?"
GET_TOKEN: Final = "SELECT subject FROM blind WHERE token = ?"
DROP_KEY: Final = "DELETE FROM keys WHERE subject = ?"
DROP_CELLS: Final = "DELETE FROM cells WHERE subject = ?"
DROP_TOKEN: Final = "DELETE FROM blind WHERE token = ?"


def group(field: str) -> str:
    """Return the group of a field: its first word.

    >>> group("contact.email")
    'contact'
    """
    return field.partition(".")[0]


PARTS: Final[dict[str, Callable[[str], str]]] = {
    "groups": group,
    "cells": str,
    "packed": lambda _: "all",
}


class VaultSketch:
    """A SQLite file (WAL, FULL, secure_delete) and two keys in memory."""

    def __init__(self, path: Path, *, layout: str, indexed: Sequence[str]) -> None:
        self._db = connect(path)
        for table in TABLES:
            self._db.execute(table)
        self._root = AESGCM(AESGCM.generate_key(256))
        self._mac = HMAC(os.urandom(32), SHA256())
        self._indexed = indexed
        self.part = PARTS[layout]

    def put(self, subject: str, profile: Profile) -> None:
        """Keep one profile, durably."""
        self.put_many([(subject, profile)])

    def put_many(self, batch: Iterable[tuple[str, Profile]]) -> None:
        """Keep many profiles in one durable commit."""
        self._db.execute("BEGIN IMMEDIATE")
        for subject, profile in batch:
            self._insert(subject, profile)
        self._db.execute("COMMIT")

    def _insert(self, subject: str, profile: Profile) -> None:
        key = os.urandom(32)
        nonce = os.urandom(12)
        wrapped = nonce + self._root.encrypt(nonce, key, subject.encode())
        self._db.execute(PUT_KEY, (subject, wrapped))
        self._db.executemany(PUT_CELL, self._sealed(subject, key, profile))
        tokens = [(self.token(field, profile[field]), subject) for field in self._indexed]
        self._db.executemany(PUT_TOKEN, tokens)
        self._db.execute(PUT_LEAF, (leaf("data.collected", sorted(profile)),))

    def _sealed(self, subject: str, key: bytes, profile: Profile) -> list[tuple[str, str, bytes]]:
        parts: dict[str, dict[str, str]] = {}
        for field, value in profile.items():
            parts.setdefault(self.part(field), {})[field] = value
        cipher, nonces = AESGCM(key), os.urandom(12 * len(parts))
        rows = []
        for i, (part, values) in enumerate(parts.items()):
            nonce = nonces[12 * i : 12 * i + 12]
            plain, name = msgspec.json.encode(values), f"{subject}|{part}".encode()
            rows.append((subject, part, nonce + cipher.encrypt(nonce, plain, name)))
        return rows

    def get(self, subject: str, field: str) -> str:
        """Open one field."""
        part = self.part(field)
        wrapped, sealed = self._db.execute(GET_CELL, (subject, part)).fetchone()
        return self._open(self._unwrap(subject, wrapped), subject, part, sealed)[field]

    def get_recorded(self, subject: str, field: str) -> str:
        """Open one field after a leaf that says so is durable."""
        self._db.execute("BEGIN IMMEDIATE")
        value = self.get(subject, field)
        self._db.execute(PUT_LEAF, (leaf("data.used", [field]),))
        self._db.execute("COMMIT")
        return value

    def _unwrap(self, subject: str, wrapped: bytes) -> AESGCM:
        return AESGCM(self._root.decrypt(wrapped[:12], wrapped[12:], subject.encode()))

    @staticmethod
    def _open(cipher: AESGCM, subject: str, part: str, sealed: bytes) -> dict[str, str]:
        plain = cipher.decrypt(sealed[:12], sealed[12:], f"{subject}|{part}".encode())
        return msgspec.json.decode(plain, type=dict[str, str])

    def profile(self, subject: str) -> dict[str, str]:
        """Open everything about a subject."""
        (wrapped,) = self._db.execute(GET_KEY, (subject,)).fetchone()
        cipher = self._unwrap(subject, wrapped)
        opened: dict[str, str] = {}
        for part, sealed in self._db.execute(GET_CELLS, (subject,)):
            opened.update(self._open(cipher, subject, part, sealed))
        return opened

    def export(self, subject: str) -> bytes:
        """Return everything about a subject as JSON."""
        return msgspec.json.encode(self.profile(subject))

    def export_recorded(self, subject: str) -> bytes:
        """Return everything as JSON after a leaf that says so is durable."""
        self._db.execute("BEGIN IMMEDIATE")
        copy = self.export(subject)
        self._db.execute(PUT_LEAF, (leaf("data.exported", ["*"]),))
        self._db.execute("COMMIT")
        return copy

    def token(self, field: str, value: str) -> bytes:
        """Return what the blind index holds for a value."""
        mac = self._mac.copy()
        mac.update(f"{field}|{value}".encode())
        return mac.finalize()

    def find(self, field: str, value: str) -> str:
        """Find a subject by a value."""
        (subject,) = self._db.execute(GET_TOKEN, (self.token(field, value),)).fetchone()
        return str(subject)

    def erase(self, subject: str) -> None:
        """Remove key, cells and index rows and leave a leaf, durably."""
        self._db.execute("BEGIN IMMEDIATE")
        values = self.profile(subject)
        tokens = [(self.token(field, values[field]),) for field in self._indexed]
        self._db.executemany(DROP_TOKEN, tokens)
        self._db.execute(DROP_CELLS, (subject,))
        self._db.execute(DROP_KEY, (subject,))
        self._db.execute(PUT_LEAF, (leaf("data.erased", ["*"]),))
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def connect(path: Path) -> sqlite3.Connection:
    """Open a SQLite file as durable and as forgetful as Troth's own."""
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "temp_store=MEMORY"):
        db.execute(f"PRAGMA {pragma}").fetchone()
    return db


def leaf(kind: str, fields: list[str]) -> bytes:
    """Write what a ledger would remember: a random name for the person, no value."""
    return msgspec.json.encode(
        {"id": os.urandom(16).hex(), "kind": kind, "who": os.urandom(16).hex(), "fields": fields}
    )
