"""A copy of everything held: made at once, or ordered, packed and fetched for a week (9.1, 6.1).

What is ordered is packed when the clock ticks, piece by piece, so that a long history costs no
memory. It lies sealed under a key of its own, which dies with the copy: after a week, at the
subject's word, and with any erasure. One that people review is packed first and released by them.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final

import msgspec
from msgspec import Struct

from troth.chapters.rights.assurance import demand, permitted
from troth.documents.notice import Notices, language_of
from troth.documents.packages.contents import (
    Around,
    Elsewhere,
    Line,
    Member,
    Record,
    Rows,
    Told,
    Withheld,
)
from troth.documents.packages.packing import Package
from troth.documents.requests.answer import owe_answer, request_id
from troth.gate import Entry, Gate, Holding, UsageLogs
from troth.gate.waiting.deposits import Deposit, Deposits
from troth.model.acts import SUBJECT, SYSTEM, Act, Actor, Export, Json, Settle
from troth.model.clock import after, iso
from troth.model.errors import Erased, NotFound, Refused, TrothError
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import SubjectId

WITHHELD: Final = {"account.id": "not_obtainable", "account.password": "security"}
"""What no copy holds, and why (policy 6.1)."""
CREDENTIALS: Final = ("account.totp", "account.passkeys", "account.recovery_codes")
"""What proves a subject, where they have it: as little to be given out as the password."""
KEPT_DAYS: Final = 7
"""How long a copy waits to be fetched."""
REVIEW_DAYS: Final = 30
"""How long one waits for the people who review it."""
MOST: Final = 3
"""How many copies wait at a time; a new one takes the oldest one's place."""
GIVING: Final = ("data.shared", "data.entrusted", "data.transferred", "data.disclosed")
LOOKING: Final = ("data.shown", "use.denied")
OWN: Final = "troth"
LOGGED: Final = "usage"
"""Our own store among the others in a copy, and what of it is kept line by line."""
OPENED: Final = 30
"""Of a hundred steps: what is done when everything has been opened."""


class Copy(Struct, frozen=True, kw_only=True):
    """A copy of what is held: the zip, sealed, and what it leaves out."""

    archive: Secret
    fields: tuple[str, ...]
    withheld: tuple[Withheld, ...]
    entries: tuple[str, ...]


class Preview(Struct, frozen=True, kw_only=True):
    """What a packed copy holds: its files with sizes and SHA-256, and what it does not hold.

    ``unanswered`` names the databases of ours that did not answer when it was packed.
    """

    made: str
    edition: str
    files: tuple[Member, ...]
    withheld: tuple[Withheld, ...]
    unanswered: tuple[str, ...] = ()


class _Opened(Struct, frozen=True, kw_only=True):
    """What a copy is packed of."""

    values: Mapping[str, Secret]
    around: Around
    fields: tuple[str, ...]
    withheld: tuple[Withheld, ...]
    entries: tuple[str, ...]


class _Visit(Struct, frozen=True, kw_only=True):
    """One visit of the usage log, as a record among those of other databases."""

    values: dict[str, Secret]
    store: str = OWN
    table: str = "visits"


class Copies:
    """Copies of what is held."""

    def __init__(self, gate: Gate, notices: Notices) -> None:
        self._gate = gate
        self._notices = notices
        self._deposits = Deposits(gate)
        self._logs = UsageLogs(gate)

    def make(
        self,
        subject: SubjectId,
        *,
        by: Actor = SUBJECT,
        language: str = "",
        settles: str = "",
        left_out: Mapping[str, str] | None = None,
    ) -> Copy:
        """Make a copy at once and tell the subject; ``settles`` is the request that it answers."""
        demand(by, "copy")
        standing = self._gate.standing(subject)
        fields, withheld = self._fields(subject, left_out or {})
        told = self._notices.tell(
            subject,
            standing,
            "copy_ready",
            {"files": str(len(fields)), "withheld": ", ".join(each.what for each in withheld)},
        )
        done = (Settle(subject=subject, duty=settles, state="fulfilled"),) if settles else ()
        opened = self._opened(
            subject, standing, *told, *done, by=by, language=language, left_out=left_out
        )
        return Copy(
            archive=Package(opened.values, opened.around).whole(),
            fields=opened.fields,
            withheld=opened.withheld,
            entries=opened.entries,
        )

    # --- ordered -------------------------------------------------------------------------------

    def order(self, subject: SubjectId, *, by: Actor = SUBJECT, language: str = "zh") -> str:
        """Order a copy and return its number; what is under way already is not ordered twice.

        Raises ``NotProved`` without a proof made just now.
        """
        demand(by, "copy")
        for one in self._deposits.of(subject):
            if one.state in ("ordered", "made") and not one.reviewed:
                return one.id
        at, number = self._gate.clock.now(), request_id()
        regimes = self._gate.standing(subject).regimes
        owed = owe_answer(subject, "copy", duty=number, regimes=regimes, received=at)
        self._gate.perform(owed, by=by)
        self._lay(subject, number, language)
        return number

    def prepare(
        self,
        subject: SubjectId,
        number: str,
        *,
        language: str = "zh",
        left_out: Mapping[str, str] | None = None,
    ) -> None:
        """Have the copy for a request packed, for people to review; the request is owed already.

        ``left_out`` names what the copy does not hold, each with its reason (``others``): a field,
        or ``database.table`` of another database. An earlier one of the same number goes.
        """
        self._deposits.drop(subject, number)
        self._lay(subject, number, language, reviewed=True, left_out=left_out)

    def _lay(
        self,
        subject: SubjectId,
        number: str,
        language: str,
        *,
        reviewed: bool = False,
        left_out: Mapping[str, str] | None = None,
    ) -> None:
        for old in self._deposits.of(subject)[MOST - 1 :]:
            self._deposits.drop(subject, old.id)
        self._deposits.order(
            subject,
            number,
            language=language,
            until=after(self._gate.clock.now(), days=REVIEW_DAYS if reviewed else KEPT_DAYS),
            reviewed=reviewed,
            left_out=left_out,
        )

    def preview(self, subject: SubjectId, number: str) -> Preview:
        """Say exactly what a packed copy holds: files, sizes, checksums; no value.

        Raises ``NotFound`` before it is packed.
        """
        return msgspec.json.decode(self._deposits.manifest(subject, number), type=Preview)

    def release(self, subject: SubjectId, number: str) -> None:
        """Let a reviewed copy be fetched, as it was packed, and tell the subject.

        Raises ``NotFound`` for one that is not packed, or not reviewed.
        """
        for one in self._deposits.of(subject):
            if one.id == number and one.state == "made" and one.reviewed:
                self._announce(one)
                return
        raise NotFound("no copy waits to be reviewed under this number", clause="9.7")

    def work(self) -> int:
        """Pack what was ordered; return how many are ready now. The clock calls this."""
        return sum(self._worked(deposit) for deposit in self._deposits.due())

    def _worked(self, deposit: Deposit) -> bool:
        try:
            if deposit.state == "ordered" and not self._pack(deposit):
                return False
            if deposit.reviewed:
                return False
            self._announce(deposit)
        except (Erased, NotFound):
            self._deposits.drop(deposit.subject, deposit.id)
            return False
        except TrothError:
            # Tried again after its lease, a few times; what is owed stays owed, for people to see.
            return False
        return True

    def _pack(self, deposit: Deposit) -> bool:
        """Seal a copy; tell whether it is still wanted. It was proved who asks when it was."""
        standing = self._gate.standing(deposit.subject)
        opened = self._opened(deposit.subject, standing, by=SYSTEM, deposit=deposit)
        self._deposits.advance(deposit, OPENED)
        package = Package(opened.values, opened.around)
        return self._deposits.fill(deposit, package.pieces(), lambda: package.manifest)

    def _announce(self, deposit: Deposit) -> None:
        """Settle what was owed, tell the subject, and let the copy be fetched."""
        subject = deposit.subject
        until = after(self._gate.clock.now(), days=KEPT_DAYS)
        told = self._notices.tell(
            subject,
            self._gate.standing(subject),
            "copy_waiting",
            {"number": deposit.id, "until": iso(until)},
        )
        done = Settle(subject=subject, duty=deposit.id, state="fulfilled")
        self._gate.perform(done, *told, by=SYSTEM)
        self._deposits.release(deposit, until=until)

    # --- fetched -------------------------------------------------------------------------------

    def of(self, subject: SubjectId) -> list[Deposit]:
        """List a subject's copies, newest first: how far each is, its size, until when it lies."""
        return self._deposits.of(subject)

    def fetch(self, subject: SubjectId, number: str, *, by: Actor = SUBJECT) -> Iterator[Secret]:
        """Hand out a copy that is ready, in pieces, remembered first.

        Raises ``NotProved`` without a proof made just now, ``NotFound`` for one that is over.
        """
        demand(by, "copy")
        return self._deposits.fetch(subject, number, by=by)

    def drop(self, subject: SubjectId, number: str) -> bool:
        """Destroy a copy before its date; tell whether there was one."""
        return self._deposits.drop(subject, number)

    # --- what is in it -------------------------------------------------------------------------

    def _fields(
        self, subject: SubjectId, left_out: Mapping[str, str]
    ) -> tuple[tuple[str, ...], tuple[Withheld, ...]]:
        """Return what a copy holds, and what is left out with its reason."""
        held = tuple(each.field for each in self._gate.inventory(subject))
        out = WITHHELD | dict(left_out)
        asked = tuple(field for field in held if field not in out)
        given = permitted(
            self._gate,
            asked,
            lambda fields: Export(subject=subject, fields=fields, purpose="rights"),
        )
        why = out | {
            field: "security" if field in CREDENTIALS else "not_obtainable"
            for field in asked
            if field not in given
        }
        return given, tuple(Withheld(what=what, reason=reason) for what, reason in why.items())

    def _opened(
        self,
        subject: SubjectId,
        standing: Standing,
        *told: Act,
        by: Actor,
        language: str = "",
        deposit: Deposit | None = None,
        left_out: Mapping[str, str] | None = None,
    ) -> _Opened:
        """Open what a copy holds, remembered first, and put together what goes beside it."""
        left_out = deposit.left_out if deposit else left_out or {}
        fields, withheld = self._fields(subject, left_out)
        holdings = [each for each in self._gate.inventory(subject) if each.field in fields]
        act = Export(subject=subject, fields=fields, purpose="rights")
        outcome = self._gate.perform(act, *told, by=by)
        spoken = language or (deposit.language if deposit else language_of(standing))
        edition = self._gate.policy().edition
        around = Around(
            made=outcome.at,
            edition=edition.policy.edition,
            told=tuple(_told(each) for each in holdings),
            consents=_consents(standing),
            given=self._rows(subject, GIVING),
            looks=self._rows(subject, LOOKING),
            trail=self._rows(subject),
            withheld=withheld,
            language=spoken,
            names=self._names(standing, spoken),
            who=edition.controller.legal_name,
            elsewhere=self._elsewhere(subject, left_out, by),
        )
        return _Opened(
            values=outcome.values,
            around=around,
            fields=fields,
            withheld=withheld,
            entries=outcome.entries,
        )

    def _elsewhere(self, subject: SubjectId, left_out: Mapping[str, str], by: Actor) -> Elsewhere:
        """Gather the visits, and what other databases hold, without what was left out."""
        gathered = self._gate.gather(subject, by=by)
        records: Iterator[Record] = chain(self._visits(subject, by), gathered)
        return Elsewhere(
            records=(one for one in records if f"{one.store}.{one.table}" not in left_out),
            unanswered=lambda: gathered.unanswered,
        )

    def _visits(self, subject: SubjectId, by: Actor) -> Iterator[Record]:
        """Go through the usage log, if there is one that may be shown (policy 9.1c)."""
        if not {*self._gate.policy().fields(LOGGED)} & {*self._gate.standing(subject).held}:
            return
        try:
            for line in self._logs.read(subject, by=by):
                yield _Visit(values={"at": Secret(iso(line.at)), **line.values})
        except Refused:
            # Set aside, or forbidden by a law: then it is not in the copy, as its fields are not.
            return

    def _rows(self, subject: SubjectId, kinds: tuple[str, ...] = ()) -> Rows:
        """Return the rows of the ledger about a subject, of some kinds or all."""

        def rows() -> Iterator[Line]:
            for entry in self._gate.walk(subject):
                if not kinds:
                    yield _line(entry)
                elif entry.kind in kinds and (kinds != LOOKING or entry.by.startswith("staff")):
                    yield _line(entry) | entry.what | {"allowed": entry.kind == LOOKING[0]}

        return rows

    def _names(self, standing: Standing, language: str) -> Mapping[str, str]:
        """Return what the policy calls its fields, purposes, recipients and consents."""
        policy = self._gate.policy()
        edition = policy.edition
        parts = (edition.categories, edition.purposes, edition.recipients)
        named = {
            name: one.words.get(language, name) for part in parts for name, one in part.items()
        }
        return named | {key: policy.describe(key)[language] for key in standing.consents}


def _line(entry: Entry) -> dict[str, Json]:
    """Tell who did what with the data, when and under which clauses."""
    return {
        "at": iso(entry.at),
        "kind": entry.kind,
        "by": entry.by,
        "clauses": list(entry.clauses),
        "entry": entry.id,
        "what": entry.what,
    }


def _told(each: Holding) -> Told:
    return Told(
        field=each.field,
        name_zh=each.name["zh"],
        name_en=each.name["en"],
        since=iso(each.since),
        purposes=each.purposes,
        source=each.source,
        until=iso(each.until) if each.until else "",
        recipients=each.recipients,
    )


def _consents(standing: Standing) -> list[dict[str, Json]]:
    return [
        {"to": key, "state": kept.state, "at": iso(kept.at), "entry": kept.entry}
        for key, kept in standing.consents.items()
    ]
