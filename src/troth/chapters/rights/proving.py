"""Who asks: proved for this request and this subject, as surely as the harm demands (6.3.3, 9.7).

Ways: a sign-in; a code to a contact that was the subject's for thirty days; papers that staff
looked at, never one paper alone; in California, without an account, two or three things that match
what we hold. A proof for one request is none for another. What proves is erased with the decision.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from troth.chapters.rights.assurance import demand_power
from troth.chapters.rights.ground import (
    CLAIM,
    LETTER,
    PAPERS,
    PROVED_BY,
    PURPOSE,
    WAITS_FOR_PROOF,
    Ground,
)
from troth.chapters.rights.opening import verified
from troth.chapters.rights.timeline import NOT_PROVED, OPENED, RESIDENCE
from troth.chapters.rights.writing import Writing
from troth.documents.agreement import Shown, Tick, consents
from troth.documents.contacts import seasoned
from troth.documents.notice import language_of
from troth.documents.proof.ways import demand_no_factor
from troth.documents.requests import claims
from troth.documents.requests.answer import owe_answer
from troth.documents.requests.claims import COMPARED
from troth.documents.requests.register import UNSENT, Matter
from troth.documents.upload import drawn
from troth.gate import Outcome
from troth.model.acts import SYSTEM, Act, Actor, Collect, Erase, Owe, Settle, Show
from troth.model.errors import BadInput, NotProved, Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId

Method = Literal["signed_in", "code", "documents", "points"]
"""How it was proved who asks."""
CODE_MINUTES: Final = "10"
POINTS: Final = {1: 2, 2: 3}
"""How many things must match, by how sure we must be (11 CCR 7060, 7062)."""
GRAVE: Final = 2
IDENTITY: Final = "rights.identity_proof"
RESIDENCE_PROOF: Final = "rights.residence_proof"
LACKED: Final = {"rights.business_licence", "rights.power_of_attorney"}
WITHOUT_ACCOUNT: Final = "ca"
"""Whose law lets a match of what is held prove somebody who has no account."""
PASSWORD: Final = "account.password"  # noqa: S105  # the name of a field


class Brought(Struct, frozen=True, kw_only=True):
    """What was brought to prove who asks.

    A ``code`` and the ``challenge`` it answers; whether they ``declared`` in a signed statement who
    they are; the fields with which a paper ``agrees`` that staff compared with their eyes; what the
    power of attorney calls the ``agent`` who asks, where no key of theirs says so.
    """

    challenge: str = ""
    code: Secret | None = None
    declared: bool = False
    agrees: tuple[str, ...] = ()
    agent: str = ""


class Proving:
    """Makes sure who asks."""

    def __init__(self, ground: Ground, writing: Writing) -> None:
        self._ground = ground
        self._gate = ground.gate
        self._writing = writing

    # --- papers --------------------------------------------------------------------------------

    def attach(
        self,
        subject: SubjectId,
        number: str,
        field: str,
        file: Secret,
        ticks: Sequence[Tick] = (),
        *,
        shown: Shown | None = None,
        means: str = "checkbox",
        by: Actor,
    ) -> Outcome:
        """Keep a picture of a paper that proves something for a request; see ``Desk.attach``."""
        matter = self._ground.live(subject, number)
        if field not in (*PAPERS, LETTER):
            raise BadInput(
                f"`{field}` is no paper", clause="9.7", remedy=f"use one of {', '.join(PAPERS)}"
            )
        acts: list[Act] = []
        if shown is not None:
            known = self._gate.policy().consent_keys()
            acts += consents(subject, ticks, shown=shown, means=means, known=known)
        acts.append(Collect(subject=subject, values={field: drawn(file, field)}, purpose=PURPOSE))
        outcome = self._gate.perform(*acts, by=by)
        self._supplied(matter, {field})
        return outcome

    def supply(
        self, subject: SubjectId, number: str, company: claims.Company, *, by: Actor
    ) -> None:
        """Add what a company had left out: its address, its e-mail, whom to speak to (11.3)."""
        matter = self._ground.live(subject, number)
        held = self._gate.standing(subject).held
        before = self._ground.used(subject, CLAIM) if CLAIM in held else Secret("{}")
        after = claims.supplied(before, company)
        keep = Collect(subject=subject, values={CLAIM: after}, purpose=PURPOSE)
        self._gate.perform(keep, by=by)
        said = {name for name in ("address", "email", "contact") if getattr(company, name)}
        self._supplied(matter, said)

    def _supplied(self, matter: Matter, parts: set[str]) -> None:
        """Strike off what came; once nothing is missing, the proof of who asks is next."""
        lacks = tuple(part for part in matter.said.lacks if part not in parts)
        if lacks == matter.said.lacks:
            return
        reason = matter.said.reason if lacks else "need_user_verification"
        self._ground.register.change(matter, at=self._ground.now, lacks=lacks, reason=reason)

    def look(self, subject: SubjectId, number: str, *, by: Actor) -> dict[str, Secret]:
        """Show the papers and the claim of a request to who decides; recorded first."""
        self._ground.demand_desk(by, subject)
        self._ground.live(subject, number)
        held = self._gate.standing(subject).held
        fields = tuple(field for field in (CLAIM, *PAPERS) if field in held)
        if not fields:
            return {}
        act = Show(subject=subject, fields=fields, purpose=PURPOSE, ticket=number)
        return self._gate.perform(act, by=by).values

    def residence(self, subject: SubjectId, number: str, *, shown: bool, by: Actor) -> Outcome:
        """Say whether a paper shows where somebody lives (9.5c, 9.6d); it is erased at once.

        Raises ``BadInput`` where none was sent.
        """
        matter = self._ground.to_decide(subject, number, by)
        if RESIDENCE_PROOF not in self._gate.standing(subject).held:
            raise BadInput(
                "no proof of residence was sent",
                clause="9.5",
                remedy="ask for one by a message",
                field="residence",
            )
        result = "verified" if shown else "failed"
        outcome = self._gate.perform(
            self._ground.event(matter, RESIDENCE, result=result),
            Erase(subject=subject, fields=(RESIDENCE_PROOF,), ground="decided"),
            by=by,
        )
        self._ground.register.change(matter, at=self._ground.now, residence=result)
        return outcome

    # --- a code --------------------------------------------------------------------------------

    def begin(self, requester: SubjectId, number: str, subject: SubjectId, *, by: Actor) -> str:
        """Send a code to an old contact of a subject, for this request alone; see ``Desk``."""
        if by.kind == "staff":
            self._ground.demand_desk(by, requester)
            self._ground.demand_desk(by, subject)
        matter = self._ground.live(requester, number)
        standing = self._gate.standing(subject)
        demand_no_factor(standing)
        at = self._ground.now
        ways = seasoned(standing, at)
        if not ways:
            raise Refused(
                "there is no contact that was bound for thirty days",
                clause="9.7",
                remedy="have them sign in, or ask for papers",
            )
        about = _about(number)
        issued = self._ground.proof.codes.issue("confirm", Secret(subject), at=at, about=about)
        values: dict[str, str | Secret] = {
            "code": issued.code,
            "minutes": CODE_MINUTES,
            "flow_zh": f"确认编号 {number} 的请求由您本人提出",
            "flow_en": f"confirm that request {number} is yours",
        }
        told = self._ground.notices.notify(
            subject, "code", values, channels=ways, language=language_of(standing)
        )
        self._gate.perform(told, by=SYSTEM)
        sent = {"candidate": str(subject), "challenge": issued.challenge}
        self._ground.register.change(matter, at=at, **sent)
        return issued.challenge

    # --- the decision --------------------------------------------------------------------------

    def verify(
        self,
        requester: SubjectId,
        number: str,
        *,
        subject: SubjectId,
        method: Method,
        by: Actor,
        brought: Brought,
    ) -> Matter:
        """Say that a request is this subject's, and bind it to their file; see ``Desk.verify``."""
        if by.kind == "staff":
            self._ground.demand_desk(by, requester)
            self._ground.demand_desk(by, subject)
        matter = self._ground.live(requester, number)
        if matter.said.lacks:
            raise BadInput(
                f"papers are missing: {', '.join(matter.said.lacks)}",
                clause="11.3",
                remedy="needs_documents: ask for them first",
                field="method",
            )
        if not matter.said.provisional and requester != subject:
            raise BadInput("this request is another subject's", clause="6.3.3", field="subject")
        delegate = matter.said.delegate or brought.agent
        if matter.said.agent:
            demand_power(matter.kind, delegate, partial(self._ground.ways.covers, subject))
        points = self._level(matter, subject, method, by, brought)
        if matter.said.bound not in ("", subject):
            raise BadInput("this request is another subject's", clause="6.3.3", field="subject")
        if matter.said.provisional:
            # Claimed before anything is written: of two who bind it at once, one does.
            matter = self._ground.register.change(
                matter, at=self._ground.now, bound=str(subject), delegate=delegate
            )
        return self._bound(matter, subject, method, points, by)

    def _level(
        self,
        matter: Matter,
        subject: SubjectId,
        method: Method,
        by: Actor,
        brought: Brought,
    ) -> tuple[str, ...]:
        """Raise ``NotProved`` unless a way proves it surely enough; return what matched."""
        standing = self._gate.standing(subject)
        wanted = self._ground.needed(matter.kind, standing)
        if method == "signed_in":
            own = by.kind in ("subject", "guardian") and matter.subject == subject
            self._demand(own and by.assurance >= wanted, matter, by)
            return ()
        if method == "code":
            given = brought.code or Secret("")
            self._ground.proof.codes.redeem(
                brought.challenge,
                "confirm",
                Secret(subject),
                given,
                at=self._ground.now,
                about=_about(matter.number),
            )
            return ()
        self._demand(by.kind == "staff", matter, by)
        points = self._matching(matter, subject, by)
        if method == "points":
            without = WITHOUT_ACCOUNT in standing.regimes and PASSWORD not in standing.held
            enough = len(points) >= POINTS[min(wanted, GRAVE)]
            self._demand(without and enough and (wanted < GRAVE or brought.declared), matter, by)
            return points
        seen = IDENTITY in self._gate.standing(matter.subject).held
        agrees = (field for field in brought.agrees if field in COMPARED and field in standing.held)
        points = tuple(dict.fromkeys((*points, *agrees)))
        # Never by the picture of a paper alone: what it says has to be what we hold.
        self._demand(seen and len(points) >= wanted, matter, by)
        return points

    def _demand(self, enough: bool, matter: Matter, by: Actor) -> None:
        if enough:
            return
        self._gate.perform(self._ground.event(matter, NOT_PROVED), by=by)
        raise NotProved(
            "this does not prove surely enough who asks",
            clause="6.3.3",
            remedy="have them sign in, send a code to an old contact, or ask for more",
        )

    def _matching(self, matter: Matter, subject: SubjectId, by: Actor) -> tuple[str, ...]:
        """Name what of a claim is the same in a subject's file; both looks are recorded."""
        if CLAIM not in self._gate.standing(matter.subject).held:
            return ()
        standing = self._gate.standing(subject)
        fields = tuple(field for field in COMPARED if field in standing.held)
        asked = (
            Show(subject=subject, fields=(field,), purpose=PURPOSE, ticket=matter.number)
            for field in fields
        )
        seen = tuple(act.fields[0] for act in asked if self._gate.ask(act, by=by)[0].allowed)
        if not seen:
            return ()
        show = Show(subject=subject, fields=seen, purpose=PURPOSE, ticket=matter.number)
        held = self._gate.perform(show, by=by).values
        return claims.matching(self._ground.used(matter.subject, CLAIM), held)

    # --- binding -------------------------------------------------------------------------------

    def _bound(
        self,
        matter: Matter,
        subject: SubjectId,
        method: Method,
        points: tuple[str, ...],
        by: Actor,
    ) -> Matter:
        """Record the proof in the subject's trail, and put the request where it belongs."""
        now, standing = self._ground.now, self._gate.standing(subject)
        acts: list[Act] = []
        if matter.said.provisional:
            acts.append(self._owed(matter, subject, standing.regimes))
            acts.append(
                self._ground.event(
                    replace(matter, subject=subject),
                    OPENED,
                    channel=matter.said.channel,
                    proved="no",
                )
            )
        acts.append(verified(subject, matter.number, method, " ".join(points)))
        if matter.said.provisional:
            acts += self._writing.moved(matter.subject, subject)
        if method != "signed_in":
            # Whoever has the account learns of it by every way there is to them (A21).
            acts += self._ground.notices.tell(
                subject, standing, "request_bound", {"request": matter.number}
            )
        self._gate.perform(*acts, by=by)
        after = self._moved(matter, subject)
        due = self._gate.owed(subject)[matter.number].by
        timed = self._ground.timed(replace(after, due=due), standing.regimes)
        return self._ground.register.change(
            after,
            at=now,
            due=due,
            alarm=timed.alarm,
            internal=timed.said.internal,
            acknowledge=timed.said.acknowledge,
            state="in_progress" if after.assignee else "open",
            reason="",
            verified=max(now, matter.received),
            points=points,
            provisional=False,
            bound="",
            **UNSENT,
            method=method,
        )

    def _moved(self, matter: Matter, subject: SubjectId) -> Matter:
        if not matter.said.provisional:
            return matter
        after = self._ground.register.move(matter, subject)
        done = Settle(subject=matter.subject, duty=matter.number, state="revoked", code="bound")
        standing = self._gate.standing(matter.subject)
        gone = self._ground.forgotten(matter.subject, standing)
        self._gate.perform(done, *gone, by=SYSTEM)
        return after

    def _owed(self, matter: Matter, subject: SubjectId, regimes: tuple[str, ...]) -> Owe:
        """Return the duty as the subject's own: since receipt, by the earliest day there is."""
        owed = owe_answer(
            subject,
            matter.kind,  # type: ignore[arg-type]  # a kind, or it would not have been taken
            duty=matter.number,
            regimes=regimes,
            received=matter.received,
            ground=matter.said.ground,
            calendars=self._ground.calendars,
            since=matter.received,
        )
        return replace(owed, by=min(owed.by, matter.due))

    def pause(self, subject: SubjectId, number: str, *, by: Actor) -> Matter:
        """Note that a proof is waited for; only a law that says so lets the clock stand still."""
        matter = self._ground.to_decide(subject, number, by)
        if matter.said.reason not in WAITS_FOR_PROOF:
            raise BadInput(
                "nothing is waited for: it is proved who asks",
                clause="9.7",
                remedy="answer by the day it is due",
                field="do",
            )
        return self._ground.waited(matter, by=by, begins=True)

    def resume(self, subject: SubjectId, number: str, *, by: Actor) -> Matter:
        """Note that what was waited for has come."""
        return self._ground.waited(self._ground.to_decide(subject, number, by), by=by, begins=False)


def _about(number: str) -> str:
    """Say what a code is good for: this one request."""
    return f"{PROVED_BY}{number}"
