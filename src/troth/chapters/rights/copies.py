"""A copy of everything held: made at once, or ordered, packed and fetched for a week (9.1, 6.1).

What is ordered is packed when the clock ticks. It lies sealed under a key of its own, which dies
with the copy: after a week, at the subject's word, and with any erasure.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from troth.chapters.rights.assurance import demand, permitted
from troth.documents.answer import owe_answer, request_id
from troth.documents.notice import Notices, language_of
from troth.documents.portable import Around, Told, Withheld, archive
from troth.gate import Gate, Holding
from troth.gate.deposits import Deposit, Deposits
from troth.model.acts import SUBJECT, SYSTEM, Act, Actor, Export, Json, Record, Settle
from troth.model.clock import Moment, after, iso
from troth.model.errors import Erased, NotFound, TrothError
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import SubjectId

WITHHELD: Final = {"account.id": "not_obtainable", "account.password": "security"}
"""What no copy holds, and why (policy 6.1)."""
CREDENTIALS: Final = ("account.totp", "account.passkeys", "account.recovery_codes")
"""What proves a subject, where they have it: as little to be given out as the password."""
KEPT_DAYS: Final = 7
"""How long a copy waits to be fetched."""
MOST: Final = 3
"""How many copies wait at a time; a new one takes the oldest one's place."""
GIVING: Final = ("data.shared", "data.entrusted", "data.transferred", "data.disclosed")
LOOKING: Final = ("data.shown", "use.denied")
OPENED: Final = 30
"""Of a hundred steps: what is done when everything has been opened."""


class Copy(Struct, frozen=True, kw_only=True):
    """A copy of what is held: the zip, sealed, and what it leaves out."""

    archive: Secret
    fields: tuple[str, ...]
    withheld: tuple[Withheld, ...]
    entries: tuple[str, ...]


class Copies:
    """Copies of what is held."""

    def __init__(self, gate: Gate, notices: Notices) -> None:
        self._gate = gate
        self._notices = notices
        self._deposits = Deposits(gate)

    def make(self, subject: SubjectId, *, by: Actor = SUBJECT, language: str = "") -> Copy:
        """Make a copy at once and tell the subject; see ``Rights.copy``."""
        demand(by, "copy")
        standing = self._gate.standing(subject)
        fields, withheld = self._fields(subject)
        told = self._notices.tell(
            subject,
            standing,
            "copy_ready",
            {"files": str(len(fields)), "withheld": ", ".join(each.what for each in withheld)},
        )
        return self._packed(subject, standing, *told, by=by, language=language)

    # --- ordered -------------------------------------------------------------------------------

    def order(self, subject: SubjectId, *, by: Actor = SUBJECT, language: str = "zh") -> str:
        """Order a copy and return its number; what is under way already is not ordered twice.

        Raises ``NotProved`` without a proof made just now.
        """
        demand(by, "copy")
        waiting = self._deposits.of(subject)
        for one in waiting:
            if one.state in ("ordered", "made"):
                return one.id
        at, number = self._gate.clock.now(), request_id()
        regimes = self._gate.standing(subject).regimes
        owed = owe_answer(subject, "copy", duty=number, regimes=regimes, received=at)
        self._gate.perform(owed, by=by)
        for old in waiting[MOST - 1 :]:
            self._deposits.drop(subject, old.id)
        self._deposits.order(subject, number, language=language, until=after(at, days=KEPT_DAYS))
        return number

    def work(self) -> int:
        """Pack what was ordered; return how many are ready now. The clock calls this."""
        return sum(self._worked(deposit) for deposit in self._deposits.due())

    def _worked(self, deposit: Deposit) -> bool:
        try:
            if deposit.state == "ordered" and not self._pack(deposit):
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
        copy = self._packed(
            deposit.subject, standing, by=SYSTEM, language=deposit.language, deposit=deposit
        )
        return self._deposits.fill(deposit, copy.archive)

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

    def fetch(self, subject: SubjectId, number: str, *, by: Actor = SUBJECT) -> Secret:
        """Hand out a copy that is ready, remembered first.

        Raises ``NotProved`` without a proof made just now, ``NotFound`` for one that is over.
        """
        demand(by, "copy")
        return self._deposits.fetch(subject, number, by=by)

    def drop(self, subject: SubjectId, number: str) -> bool:
        """Destroy a copy before its date; tell whether there was one."""
        return self._deposits.drop(subject, number)

    # --- what is in it -------------------------------------------------------------------------

    def _fields(self, subject: SubjectId) -> tuple[tuple[str, ...], tuple[Withheld, ...]]:
        """Return what a copy holds, and what is left out with its reason."""
        held = tuple(each.field for each in self._gate.inventory(subject))
        asked = tuple(field for field in held if field not in WITHHELD)
        given = permitted(
            self._gate,
            asked,
            lambda fields: Export(subject=subject, fields=fields, purpose="rights"),
        )
        why = WITHHELD | {
            field: "security" if field in CREDENTIALS else "not_obtainable"
            for field in asked
            if field not in given
        }
        return given, tuple(Withheld(what=what, reason=reason) for what, reason in why.items())

    def _packed(
        self,
        subject: SubjectId,
        standing: Standing,
        *told: Act,
        by: Actor,
        language: str = "",
        deposit: Deposit | None = None,
    ) -> Copy:
        fields, withheld = self._fields(subject)
        holdings = [each for each in self._gate.inventory(subject) if each.field in fields]
        act = Export(subject=subject, fields=fields, purpose="rights")
        outcome = self._gate.perform(act, *told, by=by)
        if deposit is not None:
            self._deposits.advance(deposit, OPENED)
        around = self._around(
            subject, standing, holdings, withheld, outcome.at, language or language_of(standing)
        )
        return Copy(
            archive=archive(outcome.values, around),
            fields=fields,
            withheld=withheld,
            entries=outcome.entries,
        )

    def _around(
        self,
        subject: SubjectId,
        standing: Standing,
        holdings: Iterable[Holding],
        withheld: tuple[Withheld, ...],
        at: Moment,
        language: str,
    ) -> Around:
        edition = self._gate.policy().edition
        trail = self._lines(subject)
        return Around(
            made=at,
            edition=edition.policy.edition,
            told=tuple(_told(each) for each in holdings),
            consents=_consents(standing),
            given=[_flat(line) for line in trail if line["kind"] in GIVING],
            looks=[
                _flat(line) | {"allowed": line["kind"] == LOOKING[0]}
                for line in trail
                if line["kind"] in LOOKING and str(line["by"]).startswith("staff")
            ],
            trail=trail,
            withheld=withheld,
            language=language,
            names=self._names(standing, language),
            who=edition.controller.legal_name,
        )

    def _names(self, standing: Standing, language: str) -> Mapping[str, str]:
        """Return what the policy calls its fields, purposes, recipients and consents."""
        policy = self._gate.policy()
        edition = policy.edition
        parts = (edition.categories, edition.purposes, edition.recipients)
        named = {
            name: one.words.get(language, name) for part in parts for name, one in part.items()
        }
        return named | {key: policy.describe(key)[language] for key in standing.consents}

    def _lines(self, subject: SubjectId) -> list[Record]:
        """Tell who did what with the data, when and under which clauses."""
        return [
            {
                "at": iso(entry.at),
                "kind": entry.kind,
                "by": entry.by,
                "clauses": list(entry.clauses),
                "entry": entry.id,
                "what": entry.what,
            }
            for entry in self._gate.trail(subject)
        ]


def _flat(line: Record) -> Record:
    """Put what an entry says beside when and who."""
    what = line["what"]
    return line | (what if isinstance(what, dict) else {})


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
