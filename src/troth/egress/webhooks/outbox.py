"""Signed webhooks: the operator's services and recipients hear what happened (policy 9.3c, 4.1).

As Standard Webhooks lays down, with a body in the shape of CloudEvents 1.0. It names the subject by
the house's own id, or by the numbers under which a recipient was given data; never by a value. A
word is written with the act that causes it, sealed, and tried ever more slowly for three days; an
address that takes none of it by then is left alone until somebody mends it. What waits longer than
thirty days is dropped, and with each word dies the key that sealed it. What a recipient has to hear
is never dropped, and outlives its subject: by then the row is nobody's.
"""

import secrets
from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec
from msgspec import Struct

from troth.egress.courier import Sealer
from troth.egress.post import Line
from troth.egress.webhooks.words import (
    COMPLETED,
    MEDIA,
    TEST,
    Telling,
    Told,
    body,
    event_of,
    new_id,
    read_told,
    write_told,
)
from troth.model.acts import Act, Owe, Record
from troth.model.clock import DAY, HOUR, MINUTE, SECOND, Moment
from troth.model.errors import NotDelivered, NotFound, Sealed, StoreBusy
from troth.model.standing import Standing
from troth.model.terms import KeyId, SubjectId
from troth.store.sql import Rows, Store, Tx

WAITS: Final = (
    *(5 * SECOND, 5 * MINUTE, 30 * MINUTE),
    *(2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR),
)
"""How long is waited after each try that failed; after the last, the address is left alone."""
KEPT_FOR: Final = 30 * DAY
LEASE_FOR: Final = 5 * MINUTE
GONE: Final = "http_410"
"""The receiver says that it is no more: the address is left alone at once."""
TELL: Final = "tell_recipient/"
"""How a duty begins that somebody who received data is told; the recipient's id follows."""
RECIPIENT: Final = "recipient/"
EVER: Final = Moment(2**62)

# Write one word for one address.
WRITE: Final = (
    "INSERT INTO webhooks (subject_id, id, endpoint, key_id, sealed, tries, queued_at, next_at,"
    " lease, code) VALUES (?, ?, ?, ?, ?, 0, ?, ?, '', '')"
)
# For which addresses something is due.
WAITING: Final = (
    "SELECT DISTINCT endpoint FROM webhooks WHERE next_at <= ? AND endpoint NOT IN"
    " (SELECT endpoint FROM webhooks_off)"
)
# Whose turn it is at one address.
READY: Final = (
    "SELECT subject_id, id FROM webhooks WHERE endpoint = ? AND next_at <= ?"
    " ORDER BY next_at, id LIMIT 1"
)
# Take it, unless another was faster.
LEASE: Final = (
    "UPDATE webhooks SET lease = ?, next_at = ?, tries = tries + 1"
    " WHERE subject_id = ? AND id = ? AND endpoint = ? AND next_at <= ?"
    " RETURNING key_id, sealed, tries"
)
# It was taken, or is not to be told any more.
DROP: Final = (
    "DELETE FROM webhooks WHERE subject_id = ? AND id = ? AND endpoint = ? RETURNING key_id"
)
# Try again later; only the lease's holder may say so.
LATER: Final = (
    "UPDATE webhooks SET next_at = ?, code = ?, lease = ''"
    " WHERE subject_id = ? AND id = ? AND endpoint = ? AND lease = ?"
)
# What recipients have to hear of an erased subject is about nobody from then on.
DISOWN: Final = (
    "UPDATE webhooks SET subject_id = '-' || id"
    " WHERE subject_id = ? AND endpoint LIKE 'recipient/%'"
)
# What waits for one subject goes with the subject.
RECALL: Final = "DELETE FROM webhooks WHERE subject_id = ? RETURNING key_id"
HELD: Final = "SELECT COUNT(*) FROM webhooks WHERE subject_id = ? AND queued_at < ?"
# What nobody took for too long.
OUTDATED: Final = (
    "DELETE FROM webhooks WHERE queued_at <= ? AND endpoint NOT LIKE 'recipient/%' RETURNING key_id"
)
# What recipients have yet to hear, the oldest first.
UNTOLD: Final = (
    "SELECT subject_id, id, endpoint, key_id, sealed, queued_at FROM webhooks"
    " WHERE endpoint LIKE 'recipient/%' ORDER BY queued_at, id LIMIT ?"
)
# An address is left alone.
LEAVE: Final = (
    "INSERT INTO webhooks_off (endpoint, at, code) VALUES (?, ?, ?)"
    " ON CONFLICT (endpoint) DO NOTHING"
)
# It is mended: everything that waits for it is due at once.
MEND: Final = "DELETE FROM webhooks_off WHERE endpoint = ?"
AGAIN: Final = "UPDATE webhooks SET next_at = ?, tries = 0, lease = '' WHERE endpoint = ?"
# How each address stands.
COUNT: Final = (
    "SELECT endpoint, COUNT(*), MIN(queued_at), MAX(tries), MAX(code) FROM webhooks"
    " GROUP BY endpoint"
)
OFF: Final = "SELECT endpoint, at, code FROM webhooks_off"


class Endpoint(Struct, frozen=True, kw_only=True):
    """An address that is told: its line, and which events it hears (``*``, ``consent.*``)."""

    name: str
    line: Line
    events: tuple[str, ...] = ("*",)

    def hears(self, event: str) -> bool:
        """Tell whether an event is one it wants."""
        return any(
            event == wanted or (wanted.endswith("*") and event.startswith(wanted[:-1]))
            for wanted in self.events
        )


class Hook(Struct, frozen=True, kw_only=True):
    """One word for one address, under lease."""

    subject_id: str
    id: str
    endpoint: str
    key_id: KeyId
    sealed: bytes
    tries: int
    lease: str


class Sent(Struct, frozen=True, kw_only=True):
    """What one try came to. ``duty`` is what is fulfilled with it, owed to ``who``."""

    hook: Hook
    code: str = ""
    who: str = ""
    duty: str = ""

    @property
    def ok(self) -> bool:
        """Whether the address took it."""
        return not self.code


class Settled(Struct, frozen=True, kw_only=True):
    """What was written: the key to destroy after the commit, where one is to die."""

    state: Literal["told", "retry", "left_alone", "gone"]
    key_id: KeyId | None = None


class EndpointState(Struct, frozen=True, kw_only=True):
    """How an address stands: what waits for it, since when, and whether it is left alone."""

    name: str
    events: tuple[str, ...]
    waiting: int = 0
    oldest: Moment | None = None
    tries: int = 0
    code: str = ""
    off_since: Moment | None = None


class Webhooks:
    """The words of one region that wait for machines. Safe from many threads.

    ``source`` is what this house is called in every event.
    """

    def __init__(
        self,
        store: Store,
        sealer: Sealer,
        endpoints: Iterable[Endpoint] = (),
        *,
        source: str = "troth",
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._endpoints = {each.name: each for each in endpoints}
        self._source = source

    # --- writing -------------------------------------------------------------------------------

    def queue(self, tx: Tx, act: Act, standing: Standing, at: Moment) -> None:
        """Write what machines are to hear of an act, in the transaction of the act.

        ``standing`` is its subject's before the act: what a settled duty was about stands there.
        """
        if act.subject is None:
            return
        if isinstance(act, Owe) and act.what.startswith(TELL):
            self._tell(tx, act, standing.pseudonym, at)
            return
        event, told = event_of(act, standing) if self._endpoints else ("", {})
        if event:
            self._write(tx, act.subject, event, told, at)

    def completed(self, subject: SubjectId, stores: Mapping[str, int], at: Moment) -> None:
        """Write that an erasure is complete: every store was asked again and holds nothing."""
        told: Record = {"stores": sorted(stores)}
        if any(each.hears(COMPLETED) for each in self._endpoints.values()):
            self._store.transact(
                lambda tx: self._write(tx, subject, COMPLETED, told, at), urgent=True
            )

    def _write(self, tx: Tx, subject: SubjectId, event: str, told: Record, at: Moment) -> None:
        word = new_id(at)
        written = body(word, event, str(subject), told, source=self._source, at=at)
        for name, endpoint in self._endpoints.items():
            if endpoint.hears(event) and not name.startswith(RECIPIENT):
                self._seal(tx, subject, Told(word, name, "", "", written), at)

    def _tell(self, tx: Tx, owed: Owe, who: str, at: Moment) -> None:
        """Write to a recipient; where it has no address the word waits for people."""
        name = RECIPIENT + owed.what.removeprefix(TELL)
        if owed.word and owed.subject is not None:
            told: Record = {key: value for key, value in owed.word.items() if key != "event"}
            word, event = new_id(at), str(owed.word.get("event", "data.changed"))
            written = body(word, event, owed.duty, told, source=self._source, at=at)
            self._seal(tx, owed.subject, Told(word, name, who, owed.duty, written), at)

    def _seal(self, tx: Tx, subject: SubjectId, told: Told, at: Moment) -> None:
        key_id, sealed = self._sealer.seal_parcel(write_told(told))
        tx.run(WRITE, (subject, told.id, told.endpoint, key_id, sealed, at, at))

    def recall(self, tx: Tx, subject: SubjectId) -> list[KeyId]:
        """Take out what waits for a subject who is erased; return the keys' ids.

        What recipients have to hear stays, and is nobody's from then on.
        """
        tx.run(DISOWN, (subject,))
        return _keys(tx.run(RECALL, (subject,)))

    def held(self, subject: SubjectId, before: Moment = EVER) -> int:
        """Count the words that wait for a subject, and were written before a moment."""
        return int(self._store.query(HELD, (subject, before))[0][0])

    # --- what people tell ----------------------------------------------------------------------

    def untold(self, limit: int = 200) -> list[Telling]:
        """Return what recipients have yet to hear, the oldest first; what opens nowhere is left."""
        left_alone = {name for name, *_ in self._store.query(OFF)}
        return [
            Telling(
                subject=subject_id,
                id=told.id,
                recipient=name.removeprefix(RECIPIENT),
                key_id=KeyId(key_id),
                who=told.who,
                duty=told.duty,
                event=told.event,
                fields=told.list("fields"),
                references=told.list("references"),
                since=Moment(queued),
                addressed=name in self._endpoints and name not in left_alone,
            )
            for subject_id, _, name, key_id, sealed, queued in self._store.query(UNTOLD, (limit,))
            if (told := self._opened(KeyId(key_id), bytes(sealed))) is not None
        ]

    def told(self, tx: Tx, telling: Telling) -> list[KeyId]:
        """Take out what people told; return the key's id, or nothing where it was told before."""
        whose = (telling.subject, telling.id, RECIPIENT + telling.recipient)
        return _keys(tx.run(DROP, whose))

    def _opened(self, key_id: KeyId, sealed: bytes) -> Told | None:
        try:
            return read_told(self._sealer.open_parcel(key_id, sealed))
        except (Sealed, NotFound, StoreBusy, msgspec.DecodeError):
            return None

    # --- telling -------------------------------------------------------------------------------

    def waiting(self, at: Moment) -> list[str]:
        """Name the addresses for which something is due, and which are not left alone."""
        if not self._endpoints:
            return []
        return sorted({name for (name,) in self._store.query(WAITING, (at,))} & {*self._endpoints})

    def next(self, endpoint: str, at: Moment) -> Hook | None:
        """Lease the next word for an address, if one is due."""
        lease = secrets.token_hex(8)

        def work(tx: Tx) -> Hook | None:
            for subject_id, word in tx.run(READY, (endpoint, at)):
                row = (lease, at + LEASE_FOR, subject_id, word, endpoint, at)
                for key_id, sealed, tries in tx.run(LEASE, row):
                    return Hook(
                        subject_id=subject_id,
                        id=word,
                        endpoint=endpoint,
                        key_id=KeyId(key_id),
                        sealed=bytes(sealed),
                        tries=tries,
                        lease=lease,
                    )
            return None

        return self._store.transact(work)

    def attempt(self, hook: Hook) -> Sent:
        """Post one word; never call it inside a transaction."""
        told = self._opened(hook.key_id, hook.sealed)
        if told is None:
            return Sent(hook=hook, code="sealed")
        endpoint = self._endpoints.get(hook.endpoint)
        if endpoint is None or (told.id, told.endpoint) != (hook.id, hook.endpoint):
            return Sent(hook=hook, code="no_endpoint")
        try:
            endpoint.line.post(told.id, told.body, media=MEDIA)
        except NotDelivered as error:
            return Sent(hook=hook, code=error.reason)
        return Sent(hook=hook, who=told.who, duty=told.duty)

    def settle(self, tx: Tx, sent: Sent, at: Moment) -> Settled:
        """Write what came of a try, in the caller's transaction."""
        hook = sent.hook
        whose = (hook.subject_id, hook.id, hook.endpoint)
        if sent.ok:
            keys = _keys(tx.run(DROP, whose))
            return Settled(state="told", key_id=keys[0]) if keys else Settled(state="gone")
        last = hook.tries > len(WAITS) or sent.code == GONE
        wait = KEPT_FOR if last else WAITS[hook.tries - 1]
        if not tx.change(LATER, (at + wait, sent.code, *whose, hook.lease)):
            return Settled(state="gone")
        if last and tx.change(LEAVE, (hook.endpoint, at, sent.code)):
            return Settled(state="left_alone")
        return Settled(state="retry")

    def purge(self, tx: Tx, at: Moment) -> list[KeyId]:
        """Take out what nobody took for thirty days; return the keys' ids."""
        return _keys(tx.run(OUTDATED, (at - KEPT_FOR,)))

    # --- for whoever keeps the addresses -------------------------------------------------------

    def states(self) -> list[EndpointState]:
        """Say how every address of the settings stands."""
        counted = {name: tuple(rest) for name, *rest in self._store.query(COUNT)}
        off = {name: (since, code) for name, since, code in self._store.query(OFF)}
        found = []
        for name, endpoint in self._endpoints.items():
            waiting, oldest, tries, code = counted.get(name, (0, None, 0, ""))
            since, why = off.get(name, (None, code))
            found.append(
                EndpointState(
                    name=name,
                    events=endpoint.events,
                    waiting=int(waiting),
                    oldest=oldest,
                    tries=int(tries),
                    code=why,
                    off_since=since,
                )
            )
        return found

    def enable(self, name: str, at: Moment) -> bool:
        """Tell an address again that was left alone; False: it was not. Raises ``NotFound``."""
        self._endpoint(name)

        def work(tx: Tx) -> bool:
            tx.run(AGAIN, (at, name))
            return tx.change(MEND, (name,)) == 1

        return self._store.transact(work)

    def test(self, name: str, at: Moment) -> None:
        """Post a word of no consequence to an address. Raises ``NotDelivered``, ``NotFound``."""
        word = new_id(at)
        written = body(word, TEST, "", {"endpoint": name}, source=self._source, at=at)
        self._endpoint(name).line.post(word, written, media=MEDIA)

    def _endpoint(self, name: str) -> Endpoint:
        try:
            return self._endpoints[name]
        except KeyError:
            raise NotFound(
                f"no webhook is called `{name}`", remedy="troth webhooks list names them"
            ) from None


def _keys(rows: Rows) -> list[KeyId]:
    return [KeyId(key_id) for (key_id,) in rows]
