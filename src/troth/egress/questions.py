"""Questions to an identity authority: how often, what it said before, what it still owes (2.1.1).

The rules, kept by one atomic statement each:

* a question is counted *before* it is asked: by subject, by each number in it whoever asks, and for
  the whole house, so that a thousand at once get no more than one after another;
* the same elements are not sent twice: a keyed digest recognises them, an outcome answers;
* a check that ends later waits in a row until it is answered, locked or out of time; whatever comes
  twice (a call, a try, a tick) finds it ended and changes nothing.

No element is kept here, and everything under a subject's id goes with the subject.
"""

import hmac
import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, Literal

import msgspec
from msgspec import Struct

from troth.egress.authorities import LATER, TELLING, Check, CheckOutcome, digest
from troth.egress.post import WINDOW
from troth.model.clock import DAY, HOUR, MINUTE, Moment
from troth.model.secret import Secret
from troth.model.terms import SubjectId
from troth.store.sql import Row, Store, Tx

TRIES: Final = 3
"""Wrong answers that lock a check: 99 amounts are few."""
LIFE: Final[Mapping[Check, int]] = {
    Check.FACE: HOUR,
    Check.DEPOSIT: 7 * DAY,
    Check.REVERSE_DEPOSIT: 7 * DAY,
}
"""How long a check that ends later may take, in milliseconds."""
FIRST_LOOK: Final = 10 * MINUTE
"""When a check nobody came back to is asked about first; then ever more rarely."""
LONGEST_WAIT: Final = 6 * HOUR
LOOKS: Final = 60
"""How often in an hour a person may have it asked about."""
SHOWN_FOR: Final = 30 * DAY
"""How long the person still sees a check that has ended."""
KNOWN_FOR: Final = 30 * DAY
"""How long an outcome stands in for asking again; after that, registers have moved on."""

State = Literal["starting", "waiting", "answered", "ended"]

# Counts one question, unless as many were asked as may be until the window's end.
COUNT: Final = (
    "INSERT INTO identity_counts (what, count, until) VALUES (?, 1, ?)"
    " ON CONFLICT (what) DO UPDATE SET"
    " count = CASE WHEN identity_counts.until <= ? THEN 1 ELSE identity_counts.count + 1 END,"
    " until = CASE WHEN identity_counts.until <= ? THEN excluded.until"
    " ELSE identity_counts.until END"
    " WHERE identity_counts.until <= ? OR identity_counts.count < ? RETURNING count"
)
# Tells whether one more question would be too many.
COUNTED: Final = "SELECT 1 FROM identity_counts WHERE what = ? AND until > ? AND count >= ?"
# Takes away counts whose window is over.
PURGE_COUNTS: Final = "DELETE FROM identity_counts WHERE until <= ?"
# What was said of the same elements.
KNOWN: Final = (
    "SELECT outcome FROM identity_outcomes"
    " WHERE subject_id = ? AND task = ? AND digest = ? AND at > ?"
)
# Remembers what was said.
REMEMBER: Final = (
    "INSERT INTO identity_outcomes (subject_id, task, digest, outcome, at) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (subject_id, task, digest) DO UPDATE SET"
    " outcome = excluded.outcome, at = excluded.at"
)
# Begins a check that ends later.
BEGIN: Final = (
    "INSERT INTO identity_flows (subject_id, id, task, fields, digest, provider, url, memo, state,"
    " outcome, tries, made_at, expires_at, next_at)"
    " VALUES (?, ?, ?, ?, ?, '', '', ?, 'starting', ?, 0, ?, ?, ?)"
)
# The authority has started it.
STARTED: Final = (
    "UPDATE identity_flows SET state = 'waiting', provider = ?, url = ?, memo = ?"
    " WHERE subject_id = ? AND id = ?"
)
# The authority has not: there is nothing to wait for.
DROP: Final = "DELETE FROM identity_flows WHERE subject_id = ? AND id = ?"
COLUMNS: Final = (
    "subject_id, id, task, fields, digest, provider, url, memo, state, outcome, tries, made_at,"
    " expires_at"
)
# One subject's checks, newest first.
OF_SUBJECT: Final = (
    f"SELECT {COLUMNS} FROM identity_flows WHERE subject_id = ? AND state <> 'starting'"
    " ORDER BY made_at DESC, id"
)
# One check.
ONE: Final = f"SELECT {COLUMNS} FROM identity_flows WHERE subject_id = ? AND id = ?"
# The checks an authority can mean when it calls.
BY_PROVIDER: Final = (
    f"SELECT {COLUMNS} FROM identity_flows WHERE provider = ? AND state = 'waiting'"
)
# Counts a try before the answer is looked at; gives nothing when there is none left.
TAKE_TRY: Final = (
    "UPDATE identity_flows SET tries = tries + 1 WHERE subject_id = ? AND id = ?"
    " AND state = 'waiting' AND tries < ? AND expires_at > ? RETURNING tries"
)
# Gives a try back that nobody judged.
GIVE_BACK: Final = (
    "UPDATE identity_flows SET tries = tries - 1 WHERE subject_id = ? AND id = ? AND tries > 0"
)
# An outcome has come: the first one counts.
ANSWER: Final = (
    "UPDATE identity_flows SET state = 'answered', outcome = ?, next_at = ?"
    " WHERE subject_id = ? AND id = ? AND state = 'waiting'"
)
# It was remembered and told.
END: Final = (
    "UPDATE identity_flows SET state = 'ended', url = '', memo = ?, next_at = ?"
    " WHERE subject_id = ? AND id = ? AND state = 'answered'"
)
# What is to be looked at.
DUE: Final = (
    f"SELECT {COLUMNS} FROM identity_flows WHERE next_at <= ? ORDER BY next_at, subject_id, id"
    " LIMIT ?"
)
# Takes one to look at, unless another was faster.
LATER_ON: Final = (
    "UPDATE identity_flows SET next_at = ? WHERE subject_id = ? AND id = ? AND next_at <= ?"
)
# Notes a call; of two with the same id, one gets in.
NOTE_CALL: Final = "INSERT INTO identity_calls (id, at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING"
# Takes away calls whose signature has run out.
PURGE_CALLS: Final = "DELETE FROM identity_calls WHERE at <= ?"
FORGET: Final = (
    "DELETE FROM identity_flows WHERE subject_id = ?",
    "DELETE FROM identity_outcomes WHERE subject_id = ?",
)
"""What an erasure takes away besides, in its own transaction."""


class Limits(Struct, frozen=True, kw_only=True):
    """How often may be asked: a day by one subject, about one number, by all; deposits a month."""

    subject: int = 5
    number: int = 5
    house: int = 10_000
    deposits: int = 3


class Flow(Struct, frozen=True, kw_only=True):
    """A check that ends later, without what it is about.

    ``url`` is where the person goes on, ``memo`` whether a code in the payment's remark is asked
    for. ``outcome`` is there from the state ``answered`` on.
    """

    subject: SubjectId
    id: str
    task: Check
    fields: tuple[str, ...]
    state: State
    outcome: CheckOutcome | None
    url: str
    memo: bool
    tries: int
    made: Moment
    expires: Moment
    provider: str = ""


# Made here, once: msgspec crashes when several threads are the first to read into one type.
_READER: Final = msgspec.json.Decoder(CheckOutcome)


class Questions:
    """What one region asked an authority, and waits for. Safe from many threads and processes.

    ``key`` keys every digest.
    """

    def __init__(self, store: Store, key: bytes, limits: Limits | None = None) -> None:
        self._store = store
        self._key = key
        self._limits = limits or Limits()

    def digest(self, elements: Mapping[str, Secret]) -> str:
        """Return the digest by which the same elements are recognised."""
        return digest(elements, self._key)

    # --- how often -----------------------------------------------------------------------------

    def count(self, subject: str, task: Check, elements: Mapping[str, Secret], at: Moment) -> bool:
        """Count one question against every limit it falls under, or none; tell whether it may be.

        A day is counted from its first question. ``subject`` is empty where nobody is known.
        """
        rows = self._counted(subject, task, elements)

        def work(tx: Tx) -> bool:
            for what, window, most in rows:
                if not tx.run(COUNT, (what, at + window, at, at, at, most)):
                    raise _OverError
            return True

        try:
            return self._store.transact(work)
        except _OverError:
            return False

    def over(self, subject: str, task: Check, elements: Mapping[str, Secret], at: Moment) -> bool:
        """Tell whether one more question would be too many; nothing is counted."""
        return any(
            self._store.query(COUNTED, (what, at, most))
            for what, _, most in self._counted(subject, task, elements)
        )

    def _counted(
        self, subject: str, task: Check, elements: Mapping[str, Secret]
    ) -> list[tuple[bytes, int, int]]:
        """List the counts that a question falls under: digest, window, how many; in one order."""
        limits = self._limits
        numbers = sorted(elements.keys() & TELLING)
        spans = [("day", DAY, limits.subject, limits.number)]
        if task in LATER and task is not Check.FACE:
            spans.append(("month", 30 * DAY, limits.deposits, limits.deposits))
        found = [(self._what("house"), DAY, limits.house)]
        for span, window, own, anybody in spans:
            if subject:
                found.append((self._what(span, "subject", subject), window, own))
            found += [
                (self._what(span, name, elements[name].fingerprint(self._key)), window, anybody)
                for name in numbers
            ]
        return sorted(found)

    def _what(self, *parts: str) -> bytes:
        return hmac.new(self._key, "\x1f".join(("count", *parts)).encode(), sha256).digest()

    # --- what was said before ------------------------------------------------------------------

    def known(self, subject: SubjectId, task: Check, seen: str, at: Moment) -> CheckOutcome | None:
        """Return what was said of the same elements within thirty days, if anything."""
        rows = self._store.query(KNOWN, (subject, task.value, seen, at - KNOWN_FOR))
        return _READER.decode(bytes(rows[0][0])) if rows else None

    def remember(
        self, subject: SubjectId, task: Check, seen: str, outcome: CheckOutcome, at: Moment
    ) -> None:
        """Remember what was said of some elements."""
        row = (subject, task.value, seen, msgspec.json.encode(outcome), at)
        self._store.transact(lambda tx: tx.run(REMEMBER, row))

    # --- checks that end later -----------------------------------------------------------------

    def begin(
        self, subject: SubjectId, task: Check, fields: tuple[str, ...], seen: str, at: Moment
    ) -> str:
        """Note that a check is being started; return its id."""
        flow = secrets.token_hex(8)
        row = (subject, flow, task.value, " ".join(fields), seen, b"", b"")
        times = (at, at + LIFE[task], at + FIRST_LOOK)
        self._store.transact(lambda tx: tx.run(BEGIN, (*row, *times)))
        return flow

    def started(self, subject: SubjectId, flow: str, reference: str, url: str, memo: str) -> None:
        """Note what the authority calls it, where the person goes on, and our code's digest."""
        kept = self._memo(flow, memo) if memo else b""
        row = (reference, url, kept, subject, flow)
        self._store.transact(lambda tx: tx.run(STARTED, row))

    def drop(self, subject: SubjectId, flow: str) -> None:
        """Forget a check that was not started."""
        self._store.transact(lambda tx: tx.run(DROP, (subject, flow)))

    def of(self, subject: SubjectId) -> list[Flow]:
        """List a subject's checks that end later, newest first, those that ended included."""
        return [_flow(row) for row in self._store.query(OF_SUBJECT, (subject,))]

    def one(self, subject: SubjectId, flow: str) -> Flow | None:
        """Return one check, if the subject has it."""
        rows = self._store.query(ONE, (subject, flow))
        return _flow(rows[0]) if rows else None

    def open(self, subject: SubjectId, task: Check, seen: str, at: Moment) -> Flow | None:
        """Return the check that waits already for an answer about the same elements, if any."""
        for row in self._store.query(OF_SUBJECT, (subject,)):
            flow = _flow(row)
            if (flow.task, row[4], flow.state) == (task, seen, "waiting") and flow.expires > at:
                return flow
        return None

    def called(self, reference: str) -> Flow | None:
        """Return the check that an authority means by its own name for it, if one waits."""
        rows = self._store.query(BY_PROVIDER, (reference,)) if reference else []
        return _flow(rows[0]) if len(rows) == 1 else None

    def take_try(self, flow: Flow, at: Moment) -> int:
        """Count a try before it is judged; return which it is, 0 where there is none left."""
        row = (flow.subject, flow.id, TRIES, at)
        rows = self._store.transact(lambda tx: tx.run(TAKE_TRY, row))
        return int(rows[0][0]) if rows else 0

    def give_back(self, flow: Flow) -> None:
        """Give a try back that the authority did not judge."""
        self._store.transact(lambda tx: tx.run(GIVE_BACK, (flow.subject, flow.id)))

    def memo_is(self, flow: Flow, told: Secret) -> bool:
        """Tell, in constant time, whether a code is the one in the payment's remark."""
        rows = self._store.query(ONE, (flow.subject, flow.id))
        kept = bytes(rows[0][7]) if rows else b""
        return hmac.compare_digest(self._memo(flow.id, told.reveal()), kept)

    def _memo(self, flow: str, memo: str) -> bytes:
        return hmac.new(self._key, f"memo\x1f{flow}\x1f{memo}".encode(), sha256).digest()

    def may_look(self, flow: Flow, at: Moment) -> bool:
        """Tell whether an authority may be asked once more how a check stands, for a person."""
        what = self._what("look", flow.id)
        row = (what, at + HOUR, at, at, at, LOOKS)
        return bool(self._store.transact(lambda tx: tx.run(COUNT, row)))

    def answer(self, flow: Flow, outcome: CheckOutcome, at: Moment) -> bool:
        """Note how a check came out; tell whether this was the first outcome."""
        row = (msgspec.json.encode(outcome), at, flow.subject, flow.id)
        return self._store.transact(lambda tx: tx.change(ANSWER, row)) == 1

    def end(self, flow: Flow, at: Moment) -> None:
        """Note that an outcome was remembered and told; the row is shown for a month more."""
        row = (b"", at + SHOWN_FOR, flow.subject, flow.id)
        self._store.transact(lambda tx: tx.run(END, row))

    def due(self, at: Moment, limit: int = 16) -> list[Flow]:
        """Take the checks that are to be looked at; nobody else gets them for a while.

        What ended long ago, or was never started, is swept away instead.
        """

        def work(tx: Tx) -> list[Flow]:
            taken = []
            for flow in map(_flow, tx.run(DUE, (at, limit))):
                whose = (flow.subject, flow.id)
                if flow.state in ("starting", "ended"):
                    tx.run(DROP, whose)
                elif tx.change(LATER_ON, (_next(flow, at), *whose, at)):
                    taken.append(flow)
            return taken

        return self._store.transact(work)

    # --- calls ---------------------------------------------------------------------------------

    def first_time(self, call: str, at: Moment) -> bool:
        """Note the id of a signed call; tell whether it came for the first time."""
        return self._store.transact(lambda tx: tx.change(NOTE_CALL, (call, at))) == 1

    def purge(self, at: Moment) -> int:
        """Delete counts and calls that say nothing any more; return how many."""

        def work(tx: Tx) -> int:
            return tx.change(PURGE_COUNTS, (at,)) + tx.change(PURGE_CALLS, (at - 2 * WINDOW,))

        return self._store.transact(work)


class _OverError(Exception):
    """Rolls back the counts of a question that may not be asked."""


def _next(flow: Flow, at: Moment) -> Moment:
    """Say when to look again: ever more rarely, and at the end of its time at the latest."""
    wait = min(max(at - flow.made, FIRST_LOOK), LONGEST_WAIT)
    soon = Moment(at + wait)
    return min(soon, flow.expires) if flow.expires > at else soon


def _flow(row: Row) -> Flow:
    subject, flow, task, fields, _, provider, url, memo, state, outcome, tries, made, expires = row
    return Flow(
        subject=SubjectId(subject),
        id=flow,
        task=Check(task),
        fields=tuple(fields.split()),
        state=state,
        outcome=_READER.decode(bytes(outcome)) if outcome else None,
        url=url,
        memo=bool(memo),
        tries=int(tries),
        made=Moment(made),
        expires=Moment(expires),
        provider=provider,
    )
