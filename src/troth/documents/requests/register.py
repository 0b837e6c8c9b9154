"""The register of requests: how far people are with each, by names and numbers alone (policy 9.7).

A row holds no word of what was asked and nobody's name. Every change is one statement that takes
place only on the version that was read: of two who take a step at once, one does. What proves that
a request is its subject's stands in the ledger, not here.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec
from msgspec import Struct

from troth.documents.requests.answer import ERASURE_GROUNDS, KINDS
from troth.documents.requests.claims import Channel
from troth.documents.requests.states import LIVE, Reason, State
from troth.model.clock import DAY, Moment
from troth.model.errors import BadInput, NotFound
from troth.model.terms import Region, SubjectId
from troth.policy.regimes import Pause
from troth.store.sql import Row, Store

KEPT_DAYS: Final = 731
"""Two years and a day: how long a request's record is kept once it is decided (11 CCR 7101)."""
GONE: Final = "-"
"""How the place of an erased subject's id begins; the number follows."""

NOBODY: Final = "gone-aaaaaaaaaaaaaaaaaaaaaaaaaa"
"""The id in place of a subject's who is gone."""

WHATS: Final = (*KINDS, "negotiation", *(f"delete/{ground}" for ground in ERASURE_GROUNDS))
"""What people answer, as the ledger calls what is owed."""

COLUMNS: Final = (
    "subject_id, number, kind, state, assignee, received, due_at, alarm_at, moved_at, version, said"
)
# Enters a request.
ENTER: Final = (
    f"INSERT INTO requests ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)"
    " ON CONFLICT (subject_id, number) DO NOTHING"
)
# One request.
ONE: Final = f"SELECT {COLUMNS} FROM requests WHERE subject_id = ? AND number = ?"
# Whose a number is.
FIND: Final = f"SELECT {COLUMNS} FROM requests WHERE number = ?"
# One subject's, newest first.
OF_SUBJECT: Final = (
    f"SELECT {COLUMNS} FROM requests WHERE subject_id = ? ORDER BY received DESC, number"
)
# What waits, soonest due first.
WAITING: Final = (
    f"SELECT {COLUMNS} FROM requests WHERE state IN ('open', 'in_progress')"
    " ORDER BY due_at, subject_id, number LIMIT ?"
)
# What ended since a moment, for lists and figures.
SINCE: Final = (
    f"SELECT {COLUMNS} FROM requests WHERE moved_at >= ? ORDER BY moved_at DESC, number LIMIT ?"
)
# How many there are of each kind in each state, and since when they wait.
COUNT: Final = "SELECT kind, state, COUNT(*) FROM requests GROUP BY kind, state"
# Whose alarm rings.
RINGING: Final = (
    f"SELECT {COLUMNS} FROM requests WHERE alarm_at <= ? ORDER BY alarm_at, subject_id LIMIT ?"
)
# Takes a step, unless another took one first.
CHANGE: Final = (
    "UPDATE requests SET state = ?, assignee = ?, due_at = ?, alarm_at = ?, moved_at = ?, said = ?,"
    " version = version + 1 WHERE subject_id = ? AND number = ? AND version = ?"
)
# What people owe an answer to and the register does not know: entered by other rooms.
UNKNOWN: Final = (
    "SELECT owing.subject_id, owing.number, owing.what, owing.since, owing.due_at FROM owing"
    " LEFT JOIN requests ON requests.subject_id = owing.subject_id"
    " AND requests.number = owing.number WHERE requests.number IS NULL"
    f" AND owing.what IN ({', '.join('?' * len(WHATS))})"
    " ORDER BY owing.due_at, owing.subject_id LIMIT ?"
)
# What waits here and is owed no more: settled by other rooms.
STALE: Final = (
    f"SELECT {', '.join(f'requests.{name}' for name in COLUMNS.split(', '))} FROM requests"
    " LEFT JOIN owing ON owing.subject_id = requests.subject_id"
    " AND owing.number = requests.number"
    " WHERE requests.state IN ('open', 'in_progress') AND owing.number IS NULL LIMIT ?"
)
# A request goes to another file, or never came to be.
DROP: Final = "DELETE FROM requests WHERE subject_id = ? AND number = ?"
# What no law has us keep any more.
PURGE: Final = "DELETE FROM requests WHERE state NOT IN ('open', 'in_progress') AND moved_at <= ?"
# An erasure that was asked for ends its own request, which is nobody's by then.
SETTLE_GONE: Final = (
    "UPDATE requests SET state = ?, alarm_at = NULL, moved_at = ?, said = ? WHERE subject_id = ?"
)
FORGET: Final = (
    (
        "UPDATE requests SET alarm_at = NULL, subject_id = '-' || number,"
        " state = CASE WHEN state IN ('open', 'in_progress') THEN 'revoked' ELSE state END"
        " WHERE subject_id = ?"
    ),
    "DELETE FROM owing WHERE subject_id = ?",
)
"""What an erasure does besides: the record stays, about nobody; what is owed to nobody goes."""


UNSENT: Final = {"candidate": "", "challenge": ""}
"""What is known of a code once it proves nothing any more."""


class Fee(Struct, frozen=True, array_like=True):
    """What a request would cost, as it was told before: ``state`` quoted, accepted."""

    amount: str
    state: str
    at: Moment


class Said(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What people did about a request so far.

    ``reason`` is what it waits for; ``provisional``: it lies in a file of its own, since nobody
    knows yet whose it is; ``elsewhere``: another desk decides it; ``delegate`` what a power of
    attorney calls the ``agent``; ``lacks`` what a company or an agent has yet to send;
    ``candidate`` whom the code of ``challenge`` was sent to; ``bound`` whom it is being bound to,
    ``method`` how that was proved; ``left_out`` the fields and entries that the package leaves out,
    each with why; ``first`` who proposed to hand it over, ``decider`` who decided; ``barred`` who
    decided before and may not decide an appeal; ``merged_into`` the earlier one that asks the same;
    ``alarm`` the last alarm that rang.
    """

    ground: str = ""
    channel: Channel = "centre"
    language: str = "zh"
    reason: Reason = ""
    provisional: bool = False
    elsewhere: bool = False
    company: bool = False
    agent: bool = False
    delegate: str = ""
    lacks: tuple[str, ...] = ()
    bound: str = ""
    candidate: str = ""
    challenge: str = ""
    method: str = ""
    verified: Moment | None = None
    internal: Moment | None = None
    acknowledge: Moment | None = None
    acknowledged: Moment | None = None
    pauses: tuple[Pause, ...] = ()
    extended: Moment | None = None
    points: tuple[str, ...] = ()
    residence: str = ""
    left_out: Mapping[str, str] = {}
    prepared: bool = False
    reviewed: Moment | None = None
    stores: Mapping[str, str] = {}
    first: str = ""
    decider: str = ""
    fee: Fee | None = None
    appeal_of: str = ""
    merged_into: str = ""
    barred: tuple[str, ...] = ()
    alarm: str = ""
    code: str = ""


class Matter(Struct, frozen=True, kw_only=True):
    """One request as the desk has it; ``version`` is what a change has to be made on."""

    subject: SubjectId
    number: str
    kind: str
    state: State
    assignee: str = ""
    received: Moment
    due: Moment
    alarm: Moment | None = None
    moved: Moment
    version: int = 1
    said: Said = Said()

    @property
    def live(self) -> bool:
        """Whether it waits to be decided."""
        return self.state in LIVE


class Unlisted(Struct, frozen=True):
    """Something owed that the register does not know."""

    subject: SubjectId
    number: str
    what: str
    since: Moment
    due: Moment


class Register:
    """The requests of a house, each in the store of its subject's region."""

    def __init__(self, stores: Mapping[Region, Store]) -> None:
        self._stores = stores

    def enter(self, matter: Matter) -> None:
        """Enter a request; entered twice it stands once."""
        row = (
            *(matter.subject, matter.number, matter.kind, matter.state, matter.assignee),
            *(matter.received, matter.due, matter.alarm, matter.moved, _encode(matter.said)),
        )
        self._store(matter.subject).transact(lambda tx: tx.run(ENTER, row))

    def maybe(self, subject: SubjectId, number: str) -> Matter | None:
        """Return one request, if the register knows it."""
        rows = self._store(subject).query(ONE, (subject, number))
        return _matter(rows[0]) if rows else None

    def one(self, subject: SubjectId, number: str) -> Matter:
        """Return one request. Raises ``NotFound``."""
        found = self.maybe(subject, number)
        if found is None:
            raise NotFound(f"no request has the number `{number}`")
        return found

    def find(self, number: str) -> Matter:
        """Return a request by its number alone, whoever's it is now. Raises ``NotFound``."""
        for store in self._stores.values():
            for row in store.query(FIND, (number,)):
                if not str(row[0]).startswith(GONE):
                    return _matter(row)
        raise NotFound(f"no request has the number `{number}`")

    def any(self, number: str) -> Matter:
        """Return a request by its number, also one that is nobody's any more.

        Of one that was moved, where it lies now. Raises ``NotFound``.
        """
        found = [
            (str(row[0]).startswith(GONE), row)
            for store in self._stores.values()
            for row in store.query(FIND, (number,))
        ]
        if not found:
            raise NotFound(f"no request has the number `{number}`")
        gone, row = min(found, key=lambda one: one[0])
        return _matter((NOBODY, *row[1:]) if gone else row)

    def linked(self, subject: SubjectId, number: str) -> list[Matter]:
        """List the requests of a subject that were linked to one, as the same asked again."""
        return [one for one in self.of(subject) if one.said.merged_into == number]

    def stands_for(self, subject: SubjectId, number: str) -> str:
        """Return the number under which a subject's request goes on: another's, or its own."""
        found = self.maybe(subject, number)
        return number if found is None else found.said.merged_into or number

    def first(self, number: str) -> Matter:
        """Return the request that a number stands for: the one it was linked to, or its own.

        Raises ``NotFound``.
        """
        found = self.any(number)
        while found.said.merged_into:
            found = self.any(found.said.merged_into)
        return found

    def of(self, subject: SubjectId) -> list[Matter]:
        """List a subject's requests, newest first."""
        return [_matter(row) for row in self._store(subject).query(OF_SUBJECT, (subject,))]

    def waiting(self, limit: int = 1000) -> list[Matter]:
        """List what waits in every region, soonest due first."""
        return sorted(self._all(WAITING, (limit,)), key=lambda one: (one.due, one.number))[:limit]

    def since(self, at: Moment, limit: int = 1000) -> list[Matter]:
        """List what changed since a moment, newest first; what became nobody's is left out."""
        found = self._all(SINCE, (at, limit))
        return sorted(found, key=lambda one: (-one.moved, one.number))[:limit]

    def ringing(self, at: Moment, limit: int = 200) -> list[Matter]:
        """List requests whose next alarm has come."""
        return self._all(RINGING, (at, limit))

    def counts(self) -> dict[tuple[str, str], int]:
        """Count requests by kind and state, those that are nobody's any more too."""
        found: dict[tuple[str, str], int] = {}
        for store in self._stores.values():
            for kind, state, count in store.query(COUNT):
                found[kind, state] = found.get((kind, state), 0) + int(count)
        return found

    def unlisted(self, limit: int = 200) -> list[Unlisted]:
        """List what is owed that other rooms entered, soonest due first."""
        return [
            Unlisted(SubjectId(subject), number, what, Moment(since), Moment(due))
            for store in self._stores.values()
            for subject, number, what, since, due in store.query(UNKNOWN, (*WHATS, limit))
        ]

    def settled_elsewhere(self, limit: int = 200) -> list[Matter]:
        """List requests that wait here and were settled by other rooms."""
        return self._all(STALE, (limit,))

    def change(self, matter: Matter, *, at: Moment, **changes: Any) -> Matter:
        """Take a step on the version that was read; names of ``Said`` go there.

        Raises ``BadInput`` where somebody else was faster.
        """
        own = {name: value for name, value in changes.items() if name in Matter.__struct_fields__}
        more = {name: value for name, value in changes.items() if name not in own}
        if more:
            own["said"] = msgspec.structs.replace(matter.said, **more)
        after = msgspec.structs.replace(matter, moved=at, version=matter.version + 1, **own)
        row = (
            *(after.state, after.assignee, after.due, after.alarm if after.live else None, at),
            *(_encode(after.said), matter.subject, matter.number, matter.version),
        )
        if self._store(matter.subject).transact(lambda tx: tx.change(CHANGE, row)) != 1:
            raise BadInput(
                "somebody else took a step meanwhile",
                clause="9.7",
                remedy="look at the request again",
                field="do",
            )
        return after

    def move(self, matter: Matter, subject: SubjectId) -> Matter:
        """Put a request into another file; where a crash comes between, it stands in both."""
        there = msgspec.structs.replace(matter, subject=subject, version=1)
        self.enter(there)
        self.drop(matter)
        return self.one(subject, matter.number)

    def drop(self, matter: Matter) -> None:
        """Take a row away."""
        place = (matter.subject, matter.number)
        self._store(matter.subject).transact(lambda tx: tx.run(DROP, place))

    def settle_gone(
        self, region: Region, number: str, state: State, at: Moment, *, code: str = ""
    ) -> None:
        """Say how the request of somebody ended whose file was erased by it."""
        before = self.any(number).said
        said = msgspec.structs.replace(before, reason="", code=code, bound="", **UNSENT)
        row = (state, at, _encode(said), f"{GONE}{number}")
        self._stores[region].transact(lambda tx: tx.run(SETTLE_GONE, row))

    def purge(self, at: Moment) -> int:
        """Delete records that were decided more than two years ago; return how many."""
        last = at - KEPT_DAYS * DAY
        return sum(
            store.transact(lambda tx: tx.change(PURGE, (last,))) for store in self._stores.values()
        )

    def _all(self, sql: str, params: tuple[object, ...]) -> list[Matter]:
        return [
            _matter(row)
            for store in self._stores.values()
            for row in store.query(sql, params)
            if not str(row[0]).startswith(GONE)
        ]

    def _store(self, subject: SubjectId) -> Store:
        try:
            return self._stores[subject.region]
        except KeyError:
            raise NotFound(f"this instance has no region `{subject.region}`") from None


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Said)


def _encode(said: Said) -> bytes:
    return _ENCODER.encode(said)


def _matter(row: Row) -> Matter:
    subject, number, kind, state, assignee, received, due, alarm, moved, version, said = row
    return Matter(
        subject=SubjectId(subject),
        number=number,
        kind=kind,
        state=cast(State, state),
        assignee=assignee,
        received=Moment(received),
        due=Moment(due),
        alarm=None if alarm is None else Moment(alarm),
        moved=Moment(moved),
        version=version,
        said=_DECODER.decode(said),
    )
