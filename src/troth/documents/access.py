"""Who may come in besides subjects: programs by their key, staff by their password (policy 7.1).

A key or token is shown once, when it is made; only its SHA-256 is kept, which suffices because it
is 256 random bits. What a program may do is its scopes; for which purposes it may do it stands
beside them. Staff are known by a random id; the ledger names them by it.
"""

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec import Struct

from troth.documents.proof.throttle import Throttle
from troth.model.acts import Actor
from troth.model.clock import HOUR, Moment
from troth.model.errors import BadInput, NotFound, NotProved
from troth.model.secret import Secret
from troth.model.terms import Region
from troth.store.sql import Store, Tx

SCOPES: Final = (
    *("decide", "perform", "read", "subjects", "erase", "policy", "ledger", "metrics"),
    *("cookies", "intake"),
)
PREFIX: Final = "troth_"
FRESH: Final = 1.0
"""Seconds for which a key that was recognised is remembered."""
REMEMBERED: Final = 1024
SHIFT: Final = 8 * HOUR
"""How long a member of staff stays signed in: a working day."""

_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}", re.ASCII)
_PURPOSE: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}", re.ASCII)
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,80}")

# A key that was made; its hash stands for it.
ADD_KEY: Final = (
    "INSERT INTO service_keys (id, hash, name, scopes, purposes, region, made_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
KEY_BY_HASH: Final = (
    "SELECT id, scopes, purposes, region FROM service_keys WHERE hash = ? AND ended_at IS NULL"
)
END_KEY: Final = "UPDATE service_keys SET ended_at = ? WHERE id = ? AND ended_at IS NULL"
ALL_KEYS: Final = (
    "SELECT id, name, scopes, purposes, region, made_at, ended_at FROM service_keys"
    " ORDER BY made_at, id"
)
# A login belongs to one person for ever: an entry of the ledger must not change its meaning.
ADD_STAFF: Final = (
    "INSERT INTO staff (id, login, password, role, region, made_at) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (login) DO NOTHING"
)
STAFF_BY_LOGIN: Final = "SELECT id, password FROM staff WHERE login = ? AND ended_at IS NULL"
STAFF_BY_SESSION: Final = (
    "SELECT s.id, s.role, s.region FROM staff_sessions t JOIN staff s ON s.id = t.staff_id"
    " WHERE t.hash = ? AND t.until > ? AND s.ended_at IS NULL"
)
ADD_SESSION: Final = "INSERT INTO staff_sessions (hash, staff_id, until) VALUES (?, ?, ?)"
# One session, and with it those that have run out.
END_SESSION: Final = "DELETE FROM staff_sessions WHERE hash = ? OR until <= ?"
END_STAFF: Final = "UPDATE staff SET ended_at = ? WHERE login = ? AND ended_at IS NULL"
END_STAFF_SESSIONS: Final = (
    "DELETE FROM staff_sessions WHERE staff_id IN (SELECT id FROM staff WHERE login = ?)"
)


class ServiceKey(Struct, frozen=True, kw_only=True):
    """What a program may do: its scopes, and the purposes it may act for (none given: all)."""

    id: str
    scopes: frozenset[str]
    purposes: frozenset[str] | None
    region: Region | None

    def actor(self) -> Actor:
        """Return the program as an actor."""
        return Actor(kind="service", id=self.id, purposes=self.purposes, region=self.region)


class Access:
    """Service keys and staff of one instance, kept in its home store."""

    def __init__(
        self,
        store: Store,
        *,
        hashed: Callable[[Secret], Secret],
        matches: Callable[[Secret, Secret | None], bool],
        throttle: Throttle | None = None,
    ) -> None:
        """Take the house's password functions, and what slows down who guesses.

        ``matches`` compares a password with a hash, or with nobody's, in the same time.
        """
        self._store = store
        self._hashed = hashed
        self._matches = matches
        self._throttle = throttle
        self._known: dict[bytes, tuple[float, ServiceKey]] = {}

    # --- programs ------------------------------------------------------------------------------

    def make_key(
        self,
        name: str,
        scopes: Iterable[str],
        purposes: Iterable[str],
        at: Moment,
        region: str = "",
    ) -> Secret:
        """Make a key and return it, this once. ``region`` is where its program reads from.

        Raises ``BadInput`` for an unknown scope, a purpose that is no name, or no plain name.
        """
        wanted, named = sorted(set(scopes)), sorted(set(purposes))
        _check(name, wanted, named)
        key = PREFIX + secrets.token_urlsafe(32)
        row = (
            secrets.token_hex(8),
            _hash(key),
            name,
            " ".join(wanted),
            " ".join(named),
            region,
            at,
        )
        self._store.transact(lambda tx: tx.run(ADD_KEY, row))
        return Secret(key)

    def key(self, token: str) -> ServiceKey:
        """Recognise a key that has not ended. Raises ``NotProved``.

        A key that another process ended is refused here within ``FRESH`` seconds.
        """
        digest = _hash(token)
        # The age of what is remembered is the machine's own time, not the domain's.
        now = time.monotonic()
        known = self._known.get(digest)
        if known is not None and now - known[0] < FRESH:
            return known[1]
        found = self._read(digest)
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[digest] = (now, found)
        return found

    def _read(self, digest: bytes) -> ServiceKey:
        rows = self._store.query(KEY_BY_HASH, (digest,))
        if not rows:
            self._known.pop(digest, None)
            raise NotProved(
                "this service key is not known",
                clause="7.1d",
                remedy="make one: troth keys make",
            )
        key_id, scopes, purposes, region = rows[0]
        return ServiceKey(
            id=key_id,
            scopes=frozenset(scopes.split()),
            purposes=frozenset(purposes.split()) or None,
            region=Region(region) if region else None,
        )

    def end_key(self, key_id: str, at: Moment) -> None:
        """End a key by its id; its next call is refused. Raises ``NotFound``."""
        ended = self._store.transact(lambda tx: tx.change(END_KEY, (at, key_id)))
        self._known.clear()
        if not ended:
            raise NotFound(
                f"no living key has the id `{key_id}`", remedy="list them: troth keys list"
            )

    def keys(self) -> list[dict[str, object]]:
        """List every key that was made, without the keys."""
        names = ("id", "name", "scopes", "purposes", "region", "made_at", "ended_at")
        return [dict(zip(names, row, strict=True)) for row in self._store.query(ALL_KEYS)]

    # --- staff ---------------------------------------------------------------------------------

    def add_staff(
        self, login: str, role: str, at: Moment, *, region: str, password: Secret | None = None
    ) -> Secret:
        """Admit a member of staff; returns the first password.

        Raises ``BadInput`` for a login that is not plain, or that somebody has or had.
        """
        if not _LOGIN.fullmatch(login):
            raise BadInput("a staff login has 2 to 40 of a-z, 0-9, dot, dash", field="login")
        password = password or Secret(secrets.token_urlsafe(15))
        hashed = self._hashed(password).reveal()
        row = (secrets.token_hex(8), login, hashed, role, region, at)
        if not self._store.transact(lambda tx: tx.change(ADD_STAFF, row)):
            raise BadInput(
                f"`{login}` is or was somebody's login already",
                field="login",
                remedy="take another",
            )
        return password

    def sign_in(self, login: str, password: Secret, at: Moment) -> Secret:
        """Open a staff session; returns its token.

        Raises ``NotProved``, alike whether the login or the password is wrong, and ``TooMany``.
        """
        tried = Secret(f"staff/{login}")
        if self._throttle is not None:
            self._throttle.begin(tried, at=at)
        rows = self._store.query(STAFF_BY_LOGIN, (login,))
        known = Secret(rows[0][1]) if rows else None
        if not self._matches(password, known) or not rows:
            raise NotProved("the login or the password is wrong", clause="7.1d")
        if self._throttle is not None:
            self._throttle.succeeded(tried)
        token = secrets.token_urlsafe(32)
        row = (_hash(token), rows[0][0], at + SHIFT)
        self._store.transact(lambda tx: tx.run(ADD_SESSION, row))
        return Secret(token)

    def staff(self, token: str, at: Moment) -> Actor:
        """Recognise a member of staff by session. Raises ``NotProved``."""
        rows = self._store.query(STAFF_BY_SESSION, (_hash(token), at))
        if not rows:
            raise NotProved("this session has ended", clause="7.1d", remedy="sign in again")
        staff_id, role, region = rows[0]
        return Actor(kind="staff", id=staff_id, role=role, region=Region(region), assurance=1)

    def sign_out(self, token: str, at: Moment) -> None:
        """End a staff session, and those that have run out."""
        self._store.transact(lambda tx: tx.run(END_SESSION, (_hash(token), at)))

    def end_staff(self, login: str, at: Moment) -> None:
        """End somebody's access and every session of theirs. Raises ``NotFound``."""

        def end(tx: Tx) -> int:
            tx.run(END_STAFF_SESSIONS, (login,))
            return tx.change(END_STAFF, (at, login))

        if not self._store.transact(end):
            raise NotFound(f"`{login}` is not staff")


def _check(name: str, scopes: Sequence[str], purposes: Sequence[str]) -> None:
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise BadInput(
            f"no scope is called `{'`, `'.join(unknown)}`" if unknown else "no scope was given",
            remedy=f"take from: {', '.join(SCOPES)}",
            field="scopes",
        )
    if not _NAME.fullmatch(name):
        raise BadInput("a key has a name of 1 to 80 plain characters", field="name")
    if not all(map(_PURPOSE.fullmatch, purposes)):
        raise BadInput(
            "a purpose is named as the policy declares it",
            field="purposes",
            remedy="see the policy",
        )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
