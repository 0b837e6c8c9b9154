"""Sessions: who is signed in, for how long, and how sure we are of them (policy 3.1.1, 7.1).

A token is the subject's id and 32 random bytes; only the bytes' hash is stored, in the subject's
own region. A session ends after 30 idle minutes or 12 hours, when it is ended, and all of them end
together at a password change, cancellation or erasure. Stepping up gives a new token. Where a
session began (device in coarse words, network) lies sealed, for the list its subject is shown.

Of the devices somebody has signed in from, a keyed digest of those words and the network is kept,
for ninety days after the last time. It opens nothing: it spares the subject a letter about a place
that they know.
"""

import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from troth.documents.proof import pace
from troth.documents.proof.origin import NOWHERE, Origin
from troth.documents.retention import activity
from troth.model.clock import DAY, HOUR, MINUTE, Moment
from troth.model.errors import NotProved
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId
from troth.store.sql import Row, Store, Tx

IDLE: Final = 30 * MINUTE
LIFE: Final = 12 * HOUR
STEPPED_FOR: Final = 10 * MINUTE
SEEN_EVERY: Final = MINUTE
KEPT_FOR: Final = 90 * DAY
NOTED_EVERY: Final = DAY
"""How long a device is known after it was last seen, and how often that is noted."""
LONGEST: Final = 80
"""Characters that are kept of a device's words."""
# Made here, once: msgspec crashes when several threads are the first to read into one type.
_READER: Final = msgspec.msgpack.Decoder(tuple[str, str])

# Remembers a session by its token's hash.
START: Final = (
    "INSERT INTO sessions (subject_id, token_hash, made, seen, stepped, began, means)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
# Finds one session.
FIND: Final = (
    "SELECT token_hash, made, seen, stepped, means FROM sessions"
    " WHERE subject_id = ? AND token_hash = ?"
)
# Lists a subject's sessions, newest first.
LIST: Final = (
    "SELECT token_hash, made, seen, stepped, means, began FROM sessions WHERE subject_id = ?"
    " ORDER BY made DESC, token_hash"
)
# Takes a session away for another that continues it; of two who try, one gets the row.
TAKE_OVER: Final = "DELETE FROM sessions WHERE subject_id = ? AND token_hash = ? RETURNING began"
# Moves the idle limit on.
SEEN: Final = "UPDATE sessions SET seen = ? WHERE subject_id = ? AND token_hash = ?"
# Ends one session.
END: Final = "DELETE FROM sessions WHERE subject_id = ? AND token_hash = ?"
# Ends every session of a subject.
END_ALL: Final = "DELETE FROM sessions WHERE subject_id = ?"
# Ends every session of a subject but one.
END_OTHERS: Final = "DELETE FROM sessions WHERE subject_id = ? AND token_hash <> ?"
# Takes away sessions past their last moment.
PURGE: Final = "DELETE FROM sessions WHERE made <= ?"
# Tells when a device was here last.
LAST_SEEN: Final = "SELECT seen FROM devices WHERE subject_id = ? AND device = ?"
# Remembers that it was here now; a clock put back takes no day from it.
MEET: Final = (
    "INSERT INTO devices (subject_id, device, seen) VALUES (?, ?, ?)"
    " ON CONFLICT (subject_id, device) DO UPDATE SET seen = excluded.seen"
    " WHERE devices.seen < excluded.seen"
)
# Forgets every device of a subject.
FORGET: Final = "DELETE FROM devices WHERE subject_id = ?"
# Takes away devices that were not seen for long.
PURGE_DEVICES: Final = "DELETE FROM devices WHERE seen <= ?"

BESIDES: Final = (END_ALL, FORGET, activity.FORGET)
"""What goes with a subject, in the transaction of their erasure."""


class Session(Struct, frozen=True, kw_only=True):
    """A session that stands. ``assurance`` is 1 signed in, 2 freshly stepped up.

    ``device`` and ``place`` tell where it began, in a list only: coarse words such as
    ``Firefox, Linux``, and a network. ``here`` marks the session that asked for the list. ``means``
    says by what it was proved, in the words of RFC 8176: ``pwd``, ``otp``, ``hwk``.
    """

    subject: SubjectId
    id: str
    made: Moment
    seen: Moment
    assurance: int
    means: tuple[str, ...] = ()
    device: str = ""
    place: str = ""
    here: bool = False


class Resting(Struct, frozen=True, kw_only=True):
    """Statements on rows of other rooms that rest on sessions, and end or go on with them.

    ``all`` take a subject, ``gone`` one whose account has ended; ``one`` and ``others`` a subject
    and a session's id; ``go_on`` the id of the session that continues another, the subject, and
    that other's id.
    """

    all: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    one: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    go_on: tuple[str, ...] = ()


class Sessions:
    """The sessions of a house, each in the store of its subject's region.

    ``key`` (32 bytes) seals where they began, under a key of its own for each region.
    """

    def __init__(self, stores: Mapping[Region, Store], key: bytes) -> None:
        self._stores = stores
        self._seals = {region: AESGCM(pace.digest(key, "sessions of", region)) for region in stores}
        self._resting = Resting()

    def bear(self, resting: Resting) -> None:
        """Let rows of another room rest on sessions: they end with them, in one transaction."""
        self._resting = resting

    def start(
        self,
        subject: SubjectId,
        *,
        at: Moment,
        stepped: bool = False,
        origin: Origin = NOWHERE,
        means: Iterable[str] = (),
    ) -> Secret:
        """Sign a subject in and return the token; nothing can bring it back later."""
        secret = secrets.token_urlsafe(32)
        row = (*self._row(subject, secret, at, origin, at if stepped else None), _words(means))

        def work(tx: Tx) -> None:
            tx.run(START, row)
            activity.note(tx, subject, at)

        self._store(subject).transact(work)
        return Secret(f"{subject}.{secret}")

    def _row(
        self, subject: SubjectId, secret: str, at: Moment, origin: Origin, stepped: Moment | None
    ) -> tuple[object, ...]:
        digest = _hash(secret)
        began = self._sealed(subject, digest, origin)
        return (str(subject), digest, at, at, stepped, began)

    def check(self, token: Secret, *, at: Moment) -> Session:
        """Return the session a token stands for. Raises ``NotProved`` when it is wrong or over."""
        subject, digest = self._read(token)
        store = self._store(subject)
        rows = store.query(FIND, (str(subject), digest))
        if not rows:
            raise no_session()
        session = _session(subject, rows[0], at)
        if _over(session, at):
            store.transact(lambda tx: self._end(tx, subject, digest))
            raise no_session()
        if at - session.seen >= SEEN_EVERY:
            store.transact(lambda tx: tx.run(SEEN, (at, str(subject), digest)))
        return session

    def step_up(self, token: Secret, *, at: Moment, means: Iterable[str] = ()) -> Secret:
        """Raise a session's assurance for ten minutes under a new token; the old one is void."""
        session = self.check(token, at=at)
        subject, secret = session.subject, secrets.token_urlsafe(32)
        old, proved = bytes.fromhex(session.id), _words((*session.means, *means))

        def go_on(tx: Tx) -> bool:
            rows = tx.run(TAKE_OVER, (str(subject), old))
            for (began,) in rows:
                origin = self._opened(subject, old, began)
                tx.run(START, (*self._row(subject, secret, at, origin, at), proved))
                for statement in self._resting.go_on:
                    tx.run(statement, (_hash(secret).hex(), str(subject), session.id))
            return bool(rows)

        if not self._store(subject).transact(go_on):
            raise no_session()
        return Secret(f"{subject}.{secret}")

    def end(self, token: Secret) -> None:
        """Sign out; a token that is no session's is no error."""
        try:
            subject, digest = self._read(token)
        except NotProved:
            return
        self._store(subject).transact(lambda tx: self._end(tx, subject, digest))

    def _end(self, tx: Tx, subject: SubjectId, digest: bytes) -> int:
        for statement in self._resting.one:
            tx.run(statement, (str(subject), digest.hex()))
        return tx.change(END, (str(subject), digest))

    def of(self, subject: SubjectId, *, at: Moment, here: str = "") -> tuple[Session, ...]:
        """Return the sessions that stand, newest first; ``here`` is the id of the one that asks."""
        rows = self._store(subject).query(LIST, (str(subject),))
        found = (self._listed(subject, row, at, here) for row in rows)
        return tuple(session for session in found if not _over(session, at))

    def _listed(self, subject: SubjectId, row: Row, at: Moment, here: str) -> Session:
        *told, began = row
        session = _session(subject, tuple(told), at)
        origin = self._opened(subject, bytes.fromhex(session.id), began)
        return msgspec.structs.replace(
            session, device=origin.device, place=origin.network, here=session.id == here
        )

    def end_one(self, subject: SubjectId, session_id: str) -> bool:
        """End the session of that ``id``; tell whether there was one."""
        digest = bytes.fromhex(session_id) if _is_hex(session_id) else b""
        return self._store(subject).transact(lambda tx: self._end(tx, subject, digest)) == 1

    def end_all(self, subject: SubjectId, *, for_good: bool = False) -> int:
        """End every session of a subject; return how many. ``for_good``: the account has ended."""
        resting = self._resting.gone if for_good else self._resting.all

        def end(tx: Tx) -> int:
            for statement in resting:
                tx.run(statement, (str(subject),))
            return tx.change(END_ALL, (str(subject),))

        return self._store(subject).transact(end)

    def end_others(self, subject: SubjectId, session_id: str) -> int:
        """End every session of a subject but the one of that ``id``; return how many."""
        row = (str(subject), bytes.fromhex(session_id) if _is_hex(session_id) else b"")

        def end(tx: Tx) -> int:
            for statement in self._resting.others:
                tx.run(statement, (str(subject), session_id))
            return tx.change(END_OTHERS, row)

        return self._store(subject).transact(end)

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

    def _sealed(self, subject: SubjectId, digest: bytes, origin: Origin) -> bytes | None:
        if origin == NOWHERE:
            return None
        nonce = os.urandom(12)
        told = msgspec.msgpack.encode((origin.device[:LONGEST], origin.place[:LONGEST]))
        # Bound to its row: what is moved to another session cannot be opened there.
        seal = self._seal(subject)
        return nonce + seal.encrypt(nonce, told, subject.encode() + digest)

    def _opened(self, subject: SubjectId, digest: bytes, began: bytes | None) -> Origin:
        if began is None:
            return NOWHERE
        raw, bound = bytes(began), subject.encode() + digest
        try:
            told = self._seal(subject).decrypt(raw[:12], raw[12:], bound)
        except InvalidTag:
            return NOWHERE
        device, place = _READER.decode(told)
        return Origin(network=place, device=device)

    def _seal(self, subject: SubjectId) -> AESGCM:
        try:
            return self._seals[subject.region]
        except KeyError:
            raise no_session() from None

    def _read(self, token: Secret) -> tuple[SubjectId, bytes]:
        name, _, secret = token.reveal().partition(".")
        try:
            return SubjectId(name), _hash(secret)
        except ValueError:
            raise no_session() from None


class Devices:
    """The devices subjects have signed in from; ``key`` (32 bytes) makes every digest."""

    def __init__(self, stores: Mapping[Region, Store], key: bytes) -> None:
        self._stores = stores
        self._key = key

    def knows(self, subject: SubjectId, origin: Origin, *, at: Moment) -> bool:
        """Tell whether a subject has signed in from there before.

        A call from inside comes from nowhere, which everybody knows.
        """
        if origin == NOWHERE:
            return True
        row = (str(subject), self._digest(subject, origin))
        seen = self._stores[subject.region].query(LAST_SEEN, row)
        if not seen or seen[0][0] <= at - KEPT_FOR:
            return False
        if seen[0][0] <= at - NOTED_EVERY:
            self.meet(subject, origin, at=at)
        return True

    def meet(self, subject: SubjectId, origin: Origin, *, at: Moment) -> None:
        """Remember where a subject signs in from; of a call from inside, nothing."""
        if origin != NOWHERE:
            row = (str(subject), self._digest(subject, origin), at)
            self._stores[subject.region].transact(lambda tx: tx.run(MEET, row))

    def _digest(self, subject: SubjectId, origin: Origin) -> bytes:
        return pace.digest(self._key, "device", subject, origin.device, origin.place)

    def forget(self, subject: SubjectId) -> int:
        """Forget every device of a subject; return how many there were."""
        store = self._stores.get(subject.region)
        return store.transact(lambda tx: tx.change(FORGET, (str(subject),))) if store else 0

    def purge(self, at: Moment) -> int:
        """Delete devices not seen for ninety days, in every region; return how many."""
        return sum(
            store.transact(lambda tx: tx.change(PURGE_DEVICES, (at - KEPT_FOR,)))
            for store in self._stores.values()
        )


def no_session() -> NotProved:
    """Return the one answer to a token that proves nothing."""
    return NotProved("nobody is signed in with this session", remedy="sign in")


def _session(subject: SubjectId, row: Row, at: Moment) -> Session:
    digest, made, seen, stepped, means = row
    fresh = stepped is not None and 0 <= at - stepped < STEPPED_FOR
    return Session(
        subject=subject,
        id=bytes(digest).hex(),
        made=Moment(made),
        seen=Moment(seen),
        assurance=2 if fresh else 1,
        means=tuple(means.split()),
    )


def _words(means: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(means))


def _over(session: Session, at: Moment) -> bool:
    return at - session.made >= LIFE or at - session.seen >= IDLE


def _hash(secret: str) -> bytes:
    # 32 random bytes need no slow hash: there is nothing to guess.
    return hashlib.sha256(secret.encode()).digest()


def _is_hex(text: str) -> bool:
    return len(text) == hashlib.sha256().digest_size * 2 and all(
        letter in "0123456789abcdef" for letter in text
    )
