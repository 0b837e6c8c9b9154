"""Sessions: who is signed in, for how long, and how sure we are of them (policy 3.1.1, 7.1).

A token is the subject's id and 32 random bytes; only the bytes' hash is stored, in the subject's
own region. A session ends after 30 idle minutes or 12 hours, when it is ended, and all of them end
together at a password change, cancellation or erasure. Stepping up gives a new token.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from troth.documents.proof.origin import NOWHERE, Origin
from troth.model.clock import HOUR, MINUTE, Moment
from troth.model.errors import NotProved
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId
from troth.store.sql import Row, Store

IDLE: Final = 30 * MINUTE
LIFE: Final = 12 * HOUR
STEPPED_FOR: Final = 10 * MINUTE
SEEN_EVERY: Final = MINUTE

# Remembers a session by its token's hash.
START: Final = (
    "INSERT INTO sessions (subject_id, token_hash, made, seen, stepped) VALUES (?, ?, ?, ?, ?)"
)
# Finds one session.
FIND: Final = (
    "SELECT token_hash, made, seen, stepped FROM sessions WHERE subject_id = ? AND token_hash = ?"
)
# Lists a subject's sessions, newest first.
LIST: Final = (
    "SELECT token_hash, made, seen, stepped FROM sessions WHERE subject_id = ? ORDER BY made DESC"
)
# Moves the idle limit on.
SEEN: Final = "UPDATE sessions SET seen = ? WHERE subject_id = ? AND token_hash = ?"
# Ends one session.
END: Final = "DELETE FROM sessions WHERE subject_id = ? AND token_hash = ?"
# Ends every session of a subject.
END_ALL: Final = "DELETE FROM sessions WHERE subject_id = ?"
# Takes away sessions past their last moment.
PURGE: Final = "DELETE FROM sessions WHERE made <= ?"


class Session(Struct, frozen=True, kw_only=True):
    """A session that stands. ``assurance`` is 1 signed in, 2 freshly stepped up."""

    subject: SubjectId
    id: str
    made: Moment
    seen: Moment
    assurance: int


class Sessions:
    """The sessions of a house, each in the store of its subject's region."""

    def __init__(self, stores: Mapping[Region, Store]) -> None:
        self._stores = stores

    def start(
        self, subject: SubjectId, *, at: Moment, stepped: bool = False, origin: Origin = NOWHERE
    ) -> Secret:
        """Sign a subject in and return the token; nothing can bring it back later."""
        secret = secrets.token_urlsafe(32)
        row = (str(subject), _hash(secret), at, at, at if stepped else None)
        self._store(subject).transact(lambda tx: tx.run(START, row))
        return Secret(f"{subject}.{secret}")

    def check(self, token: Secret, *, at: Moment) -> Session:
        """Return the session a token stands for. Raises ``NotProved`` when it is wrong or over."""
        subject, digest = self._read(token)
        store = self._store(subject)
        rows = store.query(FIND, (str(subject), digest))
        if not rows:
            raise no_session()
        session = _session(subject, rows[0], at)
        if _over(session, at):
            store.transact(lambda tx: tx.run(END, (str(subject), digest)))
            raise no_session()
        if at - session.seen >= SEEN_EVERY:
            store.transact(lambda tx: tx.run(SEEN, (at, str(subject), digest)))
        return session

    def step_up(self, token: Secret, *, at: Moment) -> Secret:
        """Raise a session's assurance for ten minutes under a new token; the old one is void."""
        session = self.check(token, at=at)
        self.end(token)
        return self.start(session.subject, at=at, stepped=True)

    def end(self, token: Secret) -> None:
        """Sign out; a token that is no session's is no error."""
        try:
            subject, digest = self._read(token)
        except NotProved:
            return
        self._store(subject).transact(lambda tx: tx.run(END, (str(subject), digest)))

    def of(self, subject: SubjectId, *, at: Moment) -> tuple[Session, ...]:
        """Return the sessions that stand, newest first."""
        rows = self._store(subject).query(LIST, (str(subject),))
        found = (_session(subject, row, at) for row in rows)
        return tuple(session for session in found if not _over(session, at))

    def end_one(self, subject: SubjectId, session_id: str) -> bool:
        """End the session of that ``id``; tell whether there was one."""
        digest = bytes.fromhex(session_id) if _is_hex(session_id) else b""
        changed = self._store(subject).transact(lambda tx: tx.change(END, (str(subject), digest)))
        return changed == 1

    def end_all(self, subject: SubjectId) -> int:
        """End every session of a subject; return how many."""
        return self._store(subject).transact(lambda tx: tx.change(END_ALL, (str(subject),)))

    def purge(self, at: Moment) -> int:
        """Delete sessions past their twelve hours in every region; return how many."""
        return sum(
            store.transact(lambda tx: tx.change(PURGE, (at - LIFE,)))
            for store in self._stores.values()
        )

    def _store(self, subject: SubjectId) -> Store:
        try:
            return self._stores[subject.region]
        except KeyError:
            raise no_session() from None

    def _read(self, token: Secret) -> tuple[SubjectId, bytes]:
        name, _, secret = token.reveal().partition(".")
        try:
            return SubjectId(name), _hash(secret)
        except ValueError:
            raise no_session() from None


def no_session() -> NotProved:
    """Return the one answer to a token that proves nothing."""
    return NotProved("nobody is signed in with this session", remedy="sign in")


def _session(subject: SubjectId, row: Row, at: Moment) -> Session:
    digest, made, seen, stepped = row
    fresh = stepped is not None and 0 <= at - stepped < STEPPED_FOR
    return Session(
        subject=subject,
        id=bytes(digest).hex(),
        made=Moment(made),
        seen=Moment(seen),
        assurance=2 if fresh else 1,
    )


def _over(session: Session, at: Moment) -> bool:
    return at - session.made >= LIFE or at - session.seen >= IDLE


def _hash(secret: str) -> bytes:
    # 32 random bytes need no slow hash: there is nothing to guess.
    return hashlib.sha256(secret.encode()).digest()


def _is_hex(text: str) -> bool:
    return len(text) == hashlib.sha256().digest_size * 2 and all(
        letter in "0123456789abcdef" for letter in text
    )
