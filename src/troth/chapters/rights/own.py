"""What a subject does alone: see, copy, correct, erase, restrict, refuse (policy 6, 9).

Nothing is handed out, changed or erased before it is proved who asks, for *that* act (6.3.3, 9.7).
An erasure is a plan, then acts, then a check: the certificate says "complete" only when every store
was asked again and held nothing (walk 4).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from msgspec import structs

from troth.chapters.rights.assurance import (
    PROVED_CONTACTS,
    check_correctable,
    demand,
    level,
    locked,
    matrix,
    permitted,
)
from troth.chapters.rights.bench import Bench, ways_of
from troth.chapters.rights.copies import Copies, Copy
from troth.chapters.rights.desk import Desk
from troth.chapters.rights.ground import Ground
from troth.chapters.rights.limits import Limits
from troth.chapters.rights.papers import Papers
from troth.documents import ending
from troth.documents.certificate import ErasureCertificate, Gone
from troth.documents.contacts import seasoned
from troth.documents.notice import Notices, channels_of, language_of
from troth.documents.proof import Proof
from troth.documents.proof.ways import demand_no_factor
from troth.documents.requests.answer import owe_answer, request_id
from troth.gate import Gate, Holding, Outcome
from troth.model.acts import (
    SUBJECT,
    SYSTEM,
    Act,
    Actor,
    Collect,
    Correct,
    Notify,
    Object,
    ObjectionLifted,
    Owe,
    Release,
    Restrict,
    Show,
    Verified,
)
from troth.model.clock import DAY, Moment, iso
from troth.model.errors import Refused
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import ALL, Fields, SubjectId, matches

CODE_MINUTES: Final = "10"


RECORDS: Final = ("rights", "support")
"""What was said to us and answered: nobody corrects what was said, they say something new."""
GRAVE: Final = ("copy", "erase")
"""Requests that give or take everything."""


class Rights:
    """What a subject can ask of us, and how it is answered.

    ``beside`` says what the end of one subject does to others, in the same passage.
    """

    def __init__(
        self,
        gate: Gate,
        notices: Notices,
        proof: Proof,
        *,
        irreversible_days: int = 7,
        beside: Callable[[SubjectId], Sequence[Act]] | None = None,
        desk: Bench | None = None,
    ) -> None:
        self._gate = gate
        self._notices = notices
        self._proof = proof
        self._days = irreversible_days
        self._beside = beside
        self.copies = Copies(gate, notices)
        self.limits = Limits(gate)
        self.desk = Desk(self._ground(desk or Bench()))
        self.papers = Papers(gate, irreversible_days=irreversible_days)

    def _ground(self, bench: Bench) -> Ground:
        """Put together what the desk stands on: it does here what subjects do alone."""
        ways = ways_of(
            bench,
            self._gate,
            self.copies,
            self.limits,
            erase=self._erase,  # the desk asked for the proof before
            correct=lambda subject, values, by: self.correct(subject, values, by=by),
            restrict=lambda subject, fields, by: self.restrict(subject, fields, by=by),
            refuse=lambda subject, purpose, by: self.object(subject, purpose, by=by),
        )
        return bench.ground(self._gate, self._notices, self._proof, ways)

    # --- who asks ------------------------------------------------------------------------------

    def begin_proof(self, subject: SubjectId, act: str) -> str:
        """Send a code that proves one act of one subject; return its challenge (policy 9.7).

        It goes to a contact that was bound before, never to an address the request itself names.
        A copy or an erasure is proved only at one bound for thirty days, or since the account was
        opened (A21). Raises ``Refused`` where there is none, ``TooMany``, ``FactorMissing`` for
        whoever has a second factor, which no code stands in for: they sign in and step up.
        """
        standing = self._gate.standing(subject)
        demand_no_factor(standing)
        at = self._gate.clock.now()
        ways = seasoned(standing, at) if act in GRAVE else channels_of(standing)
        if not ways:
            raise Refused(
                f"`{act}` cannot be proved at a contact that is new",
                clause="9.7",
                remedy="sign in and ask there, or wait until it is bound for thirty days",
            )
        issued = self._proof.codes.issue("confirm", Secret(subject), at=at, about=act)
        told = self._notices.notify(
            subject,
            "code",
            {
                "code": issued.code,
                "minutes": CODE_MINUTES,
                "flow_zh": "确认一项重要操作",
                "flow_en": "confirm an important act",
            },
            channels=ways,
            language=language_of(standing),
        )
        self._gate.perform(told, by=SYSTEM)
        return issued.challenge

    def prove(self, subject: SubjectId, act: str, challenge: str, code: Secret) -> Actor:
        """Redeem that code; return the subject as an actor who has stepped up.

        Raises ``NotProved`` for a code that is wrong, late, used, or was sent for another act,
        ``FactorMissing`` for whoever has a second factor.
        """
        at = self._gate.clock.now()
        demand_no_factor(self._gate.standing(subject))
        self._proof.codes.redeem(challenge, "confirm", Secret(subject), code, at=at, about=act)
        self._gate.perform(
            Verified(subject=subject, fact=f"request/{act}", result="verified", method="code"),
            by=SUBJECT,
        )
        return Actor(kind="subject", assurance=2)

    def assurance(self) -> dict[tuple[str, str], int]:
        """Say how sure we must be of who asks, by field and act (policy 6.1b)."""
        return matrix(self._gate)

    # --- seeing --------------------------------------------------------------------------------

    def access(self, subject: SubjectId, *, by: Actor = SUBJECT) -> list[Holding]:
        """Say what is held, from where, for what, until when and who receives it (policy 9.1)."""
        demand(by, "access")
        return self._gate.inventory(subject)

    def showable(self, subject: SubjectId) -> tuple[str, ...]:
        """Name the fields held that their subject can be shown; the rest is refused (6.1)."""
        return permitted(
            self._gate,
            self._gate.standing(subject).held,
            lambda fields: Show(subject=subject, fields=fields, purpose="rights"),
        )

    def copy(self, subject: SubjectId, *, request: str = "", by: Actor = SUBJECT) -> Copy:
        """Give a copy of everything held, in portable files, and tell the subject that it was made.

        What is withheld is named with its reason: the account id is ``not_obtainable`` (6.1).
        Staff and programs give the number of the proved ``request`` that it answers, and settles.
        Raises ``NotProved`` without a proof made just now, ``Refused`` without such a request.
        """
        matter = self.desk.warrant(subject, "copy", request, by=by)
        if matter is None:
            return self.copies.make(subject, by=by)
        out = matter.said.left_out
        done = self.copies.make(subject, by=by, settles=matter.number, left_out=out)
        self.desk.rested(matter, by=by)
        return done

    # --- changing ------------------------------------------------------------------------------

    def correct(
        self, subject: SubjectId, values: Mapping[str, Secret], *, by: Actor = SUBJECT
    ) -> Outcome:
        """Supersede values that are wrong, complete ones that are missing; tell the subject (9.2).

        Whoever received one that was wrong is told too: that is owed to the subject (PIPL 46).
        Raises ``Refused`` (``contact support``) for what a confirmed identity rests on (6.2), and
        for a contact, which changes only with a proof of the new one.
        """
        demand(by, "correct")
        standing = self._gate.standing(subject)
        for field in values:
            check_correctable(field, standing)
        demand(by, "correct", least=self._least("correct", values))
        held = {name: value for name, value in values.items() if name in standing.held}
        new = {name: value for name, value in values.items() if name not in standing.held}
        acts: list[Act] = []
        if held:
            acts.append(Correct(subject=subject, values=held))
        if new:
            acts.append(Collect(subject=subject, values=new, purpose="rights"))
        acts += self.limits.owed_to_receivers(subject, held, "data.corrected")
        acts += self._notices.tell(
            subject, standing, "correction", {"fields": self._named(values, standing)}
        )
        return self._gate.perform(*acts, by=by)

    def _least(self, act: str, fields: Iterable[str]) -> int:
        """Return how sure we must be of who does an act, by the fields it touches (6.1b)."""
        table = self._gate.policy().edition.categories
        known = ((field, table.get(field)) for field in fields)
        return max(
            (
                level(field, act, sensitive=one is not None and one.sensitive is not None)
                for field, one in known
            ),
            default=0,
        )

    def correctable(self, subject: SubjectId) -> tuple[str, ...]:
        """Name the fields that a subject changes or adds by themselves, held or not (6.1, 9.2)."""
        standing = self._gate.standing(subject)
        open_to_them = (
            field
            for field, category in self._gate.policy().edition.categories.items()
            if category.source == "provided"
            and not locked(field, standing)
            and not any(matches(pattern, field) for pattern in RECORDS)
        )
        return permitted(
            self._gate,
            (field for field in open_to_them if field not in PROVED_CONTACTS),
            lambda fields: Collect(
                subject=subject, values=dict.fromkeys(fields, Secret("")), purpose="rights"
            ),
        )

    def restrict(self, subject: SubjectId, fields: Fields = ALL, *, by: Actor = SUBJECT) -> Outcome:
        """Only store and secure some fields from now on (GDPR 18, policy 9.4)."""
        demand(by, "restrict")
        standing = self._gate.standing(subject)
        named = standing.held if fields == ALL else fields
        told = self._notices.tell(
            subject, standing, "restriction", {"fields": self._named(named, standing)}
        )
        owed = self.limits.owed_to_receivers(subject, named, "restriction.made")
        return self._gate.perform(*told, *owed, Restrict(subject=subject, fields=fields), by=by)

    def release(self, subject: SubjectId, fields: Fields = ALL, *, by: Actor = SUBJECT) -> Outcome:
        """Lift a restriction that the subject asked for; one that a law demands stays."""
        demand(by, "restrict")
        standing = self._gate.standing(subject)
        for field, restriction in standing.restrictions.items():
            if restriction.ground != "request" and (fields == ALL or field in fields):
                raise Refused(
                    f"`{field}` is restricted by `{restriction.ground}`, not by you", clause="9.4"
                )
        return self._gate.perform(Release(subject=subject, fields=fields), by=by)

    def object(
        self, subject: SubjectId, purpose: str, *, by: Actor = SUBJECT, once: str = ""
    ) -> Outcome:
        """Refuse a purpose that needs no consent (GDPR 21, PIPL 44)."""
        demand(by, "object")
        return self._gate.perform(Object(subject=subject, purpose=purpose), by=by, key=once)

    def lift_objection(
        self, subject: SubjectId, purpose: str, *, by: Actor = SUBJECT, once: str = ""
    ) -> Outcome:
        """Take an objection back."""
        demand(by, "object")
        lifted = ObjectionLifted(subject=subject, purpose=purpose)
        return self._gate.perform(lifted, by=by, key=once)

    # --- ending --------------------------------------------------------------------------------

    def plan(self, subject: SubjectId, fields: Fields = ALL) -> ending.Plan:
        """Say what an erasure would do: what goes, what a law holds and until when (6.4)."""
        at = self._gate.clock.now()
        return ending.plan(self._gate.standing(subject), fields, self._gate.policy().edition, at)

    def erase(
        self,
        subject: SubjectId,
        fields: Fields = ALL,
        *,
        ground: str = "request",
        by: Actor = SUBJECT,
        settles: str = "",
    ) -> ErasureCertificate:
        """Erase what no law holds, restrict what one does, tell the subject, and certify it.

        Everything (the default) closes the account as well. ``settles`` is the number of the
        request that it fulfils; without one it is owed and settled by itself. Staff and programs
        need that of a proved request, or a ``ground`` on which we erase unasked. Raises
        ``NotProved`` without a proof made just now, ``Refused``; nothing is erased then.
        """
        demand(by, "erase")
        matter = self.desk.warrant(subject, "erase", settles, ground, by=by)
        why = matter.said.ground or "request" if matter is not None else ground
        done = self._erase(subject, fields, why, settles, by)
        if matter is not None:
            self.desk.rested(matter, by=by)
        return done

    def _erase(
        self, subject: SubjectId, fields: Fields, ground: str, settles: str, by: Actor
    ) -> ErasureCertificate:
        """Erase what it was made sure may be erased."""
        at = self._gate.clock.now()
        standing = self._gate.standing(subject)
        edition = self._gate.policy().edition
        what = ending.plan(standing, fields, edition, at)
        closing = fields == ALL
        elsewhere = fields if self._gate.databases.hold(subject.region, fields) else ()
        duty = self._duty(subject, standing, settles, at)
        acts = ending.acts(
            subject,
            what,
            ground=ground,
            farewell=(
                *(self._farewell(subject, standing, what, at) if closing else ()),
                *(self._later(subject, standing, at) if elsewhere else ()),
            ),
            duty=duty,
            close=closing,
            placed=standing.holds,
            elsewhere=elsewhere,
        )
        others = self._beside(subject) if closing and self._beside else ()
        outcome = self._gate.perform(*others, *acts, by=by)
        if closing:
            self._proof.forget(subject)
        return self._certificate(standing, what, outcome, edition.hash)

    def _duty(self, subject: SubjectId, standing: Standing, settles: str, at: Moment) -> Owe:
        """Return the duty that an erasure settles: a request's own, or one of its own."""
        known = standing.owed.get(settles)
        if known is not None:
            return Owe(subject=subject, duty=settles, what=known.what, by=known.by)
        regimes = standing.regimes
        return owe_answer(subject, "delete", duty=request_id(), regimes=regimes, received=at)

    def _farewell(
        self, subject: SubjectId, standing: Standing, what: ending.Plan, at: Moment
    ) -> list[Notify]:
        language = language_of(standing)
        edition = self._gate.policy().edition
        values = {
            "effective": iso(at),
            "irreversible_by": iso(Moment(at + self._days * DAY)),
            "held": ending.held_in_words(what.held, edition, language),
        }
        return self._notices.tell(subject, standing, "farewell", values)

    def _later(self, subject: SubjectId, standing: Standing, at: Moment) -> list[Notify]:
        """Return what is told, once, if other databases are clean only later (9.4)."""
        values = {"effective": iso(at), "who": standing.pseudonym}
        told = self._notices.tell(subject, standing, "erasure_complete", values)
        return [structs.replace(each, upon="complete") for each in told]

    def _certificate(
        self, standing: Standing, what: ending.Plan, outcome: Outcome, edition: str
    ) -> ErasureCertificate:
        asked = outcome.certificate
        irreversible = Moment(outcome.at + self._days * DAY)
        return ErasureCertificate(
            who=standing.pseudonym,
            edition=edition,
            gone=tuple(Gone(field=field, store="vault") for field in what.gone),
            held=what.held,
            effective=outcome.at,
            irreversible_by=asked.irreversible_by if asked else irreversible,
            stores=asked.stores if asked else {},
            # Where a law holds all that was asked for, nothing was erased and nobody is asked.
            complete=asked.complete if asked else bool(what.held),
            proofs=dict.fromkeys((*outcome.entries, *(asked.entries if asked else ()))),
            answers=asked.answers if asked else (),
            recipients=asked.recipients if asked else {},
        )

    def _named(self, fields: Iterable[str], standing: Standing) -> str:
        return ending.in_words(fields, self._gate.policy().edition, language_of(standing))
