"""Requests come in: from somebody signed in, by staff, from outside without a proof (6.3, 9.7).

Whoever is signed in proves by that that a request is theirs, as far as it is sure enough for the
kind. Whoever is not gets a provisional file, under a key of its own: nothing is looked up in it and
nobody is told whether anybody is known.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from troth.chapters.rights.ground import (
    ASKED,
    CLAIM,
    PROVED_BY,
    PURPOSE,
    Ground,
)
from troth.chapters.rights.timeline import ACKNOWLEDGED, OPENED, WRITTEN
from troth.chapters.rights.writing import Writing
from troth.documents.notice import LANGUAGES, language_of
from troth.documents.requests import answer
from troth.documents.requests.answer import KINDS, Kind
from troth.documents.requests.claims import OUTSIDE, Channel, Claim
from troth.documents.requests.register import Matter, Said
from troth.gate import Outcome
from troth.model.acts import Act, Actor, Admit, Collect, Event, Owe, Verified
from troth.model.clock import Moment, date
from troth.model.errors import BadInput, Erased, NotFound, TrothError
from troth.model.secret import Secret, veiled
from troth.model.terms import AgeBand, SubjectId

TICKET: Final = "prove request"
PROVE: Final = "/prove/"
"""What a ticket opens as, and the page it leads to."""
SIGNED_IN: Final = "signed_in"
MERGED: Final = ("question", "explain", "human_review", "no_retaliation")
"""What is asked in words is another request each time; anything else is merged while it waits."""
LICENCE, AUTHORITY = "rights.business_licence", "rights.power_of_attorney"
WHOLE: Final = ("address", "email", "contact")
"""What a company says of itself beside its papers (11.3)."""


class Opened(Struct, frozen=True, kw_only=True):
    """A request that was opened: whose file it lies in, its number, by when it is due.

    ``lacks`` names what has to be sent before anybody works on it.
    """

    requester: SubjectId
    number: str
    due: Moment
    lacks: tuple[str, ...] = ()


class Opening:
    """Takes requests."""

    def __init__(self, ground: Ground, writing: Writing) -> None:
        self._ground = ground
        self._gate = ground.gate
        self._writing = writing

    # --- of somebody who is known --------------------------------------------------------------

    def request(
        self,
        subject: SubjectId,
        kind: Kind,
        *,
        text: Secret | None,
        ground: str,
        by: Actor,
        channel: Channel,
        received: Moment | None = None,
        appeal_of: str = "",
        barred: tuple[str, ...] = (),
    ) -> str:
        """Take a request of somebody whose file is known; see ``Desk.request``."""
        demand_kind(kind)
        standing = self._gate.standing(subject)
        same = None if appeal_of else self._same(subject, kind, ground)
        if same is not None:
            return self._again(same, text, by)
        number, sure = answer.request_id(), self._sure(by, kind, subject)
        owed = self._owed(subject, number, kind, standing.regimes, ground, received)
        said = Said(
            ground=ground,
            channel=channel,
            language=language_of(standing),
            reason="" if sure else "need_user_verification",
            verified=self._ground.now if sure else None,
            appeal_of=appeal_of,
            barred=barred,
        )
        matter = self._matter(owed, kind, said, self._began(received), standing.regimes)
        acts: list[Act] = [owed, self._opened(matter, proved=sure)]
        if sure:
            acts.append(verified(subject, number, SIGNED_IN))
        if text:
            acts.append(self._writing.put(subject, ASKED, number, text, by))
        told = self._ground.tell(
            matter, standing, "request_received", {"request": number, "by": date(owed.by)}
        )
        self._gate.perform(*acts, *told, by=by)
        self._enter(matter, told=bool(told))
        return number

    def _owed(
        self,
        subject: SubjectId,
        number: str,
        kind: Kind,
        regimes: tuple[str, ...],
        ground: str,
        received: Moment | None,
    ) -> Owe:
        return answer.owe_answer(
            subject,
            kind,
            duty=number,
            regimes=regimes,
            received=self._began(received),
            ground=ground,
            calendars=self._ground.calendars,
            since=None if received is None else self._began(received),
        )

    def _matter(
        self, owed: Owe, kind: str, said: Said, received: Moment, regimes: tuple[str, ...]
    ) -> Matter:
        """Return the row of a new request; one that waits for a proof is under way by that."""
        if owed.subject is None:
            raise ValueError("a request is somebody's")
        matter = Matter(
            subject=owed.subject,
            number=owed.duty,
            kind=kind,
            state="in_progress" if said.reason else "open",
            received=received,
            due=owed.by,
            moved=self._ground.now,
            said=said,
        )
        return self._ground.timed(matter, regimes)

    def _began(self, received: Moment | None) -> Moment:
        """Return since when the clock runs: a letter's day, never one yet to come."""
        now = self._ground.now
        return now if received is None else min(received, now)

    def _sure(self, by: Actor, kind: str, subject: SubjectId) -> bool:
        """Tell whether a sign-in proves, surely enough for the kind, that it is they who ask."""
        if by.kind not in ("subject", "guardian"):
            return False
        return by.assurance >= self._ground.needed(kind, self._gate.standing(subject))

    def _same(self, subject: SubjectId, kind: str, ground: str) -> Matter | None:
        """Return the request of the same kind that waits already, if any."""
        if kind in MERGED:
            return None
        owed = self._gate.owed(subject)
        for one in self._ground.register.of(subject):
            same = (one.kind, one.said.ground, one.said.elsewhere) == (kind, ground, False)
            waits = one.number in owed and owed[one.number].state == "open"
            if same and waits and not one.said.first:
                return one
        return None

    def _again(self, matter: Matter, text: Secret | None, by: Actor) -> str:
        """Add what was asked again to what waits; a proof counts only if this asking brings one."""
        acts: list[Act] = [self._ground.event(matter, WRITTEN)]
        if text:
            acts.insert(0, self._writing.put(matter.subject, ASKED, matter.number, text, by))
        standing = self._gate.standing(matter.subject)
        proves = not self._ground.proved(standing, matter.number) and self._sure(
            by, matter.kind, matter.subject
        )
        if proves:
            acts.append(verified(matter.subject, matter.number, SIGNED_IN))
        self._gate.perform(*acts, by=by)
        if proves:
            self._ground.register.change(
                matter, at=self._ground.now, state="open", reason="", verified=self._ground.now
            )
        return matter.number

    def _opened(self, matter: Matter, *, proved: bool) -> Event:
        return self._ground.event(
            matter, OPENED, channel=matter.said.channel, proved="yes" if proved else "no"
        )

    def _enter(self, matter: Matter, *, told: bool) -> None:
        """Enter a request; where its receipt was confirmed, that is done."""
        if told:
            said = msgspec.structs.replace(matter.said, acknowledged=self._ground.now)
            matter = self._ground.alarmed(msgspec.structs.replace(matter, said=said))
        self._ground.register.enter(matter)

    def acknowledge(self, subject: SubjectId, number: str, *, by: Actor) -> Outcome:
        """Say that receipt was confirmed by other means: in a letter, on the telephone."""
        self._ground.demand_desk(by, subject)
        matter = self._ground.live(subject, number)
        outcome = self._gate.perform(self._ground.event(matter, ACKNOWLEDGED), by=by)
        said = msgspec.structs.replace(matter.said, acknowledged=self._ground.now)
        after = self._ground.alarmed(msgspec.structs.replace(matter, said=said))
        self._ground.register.change(
            matter, at=self._ground.now, alarm=after.alarm, acknowledged=self._ground.now
        )
        return outcome

    # --- from outside --------------------------------------------------------------------------

    def open_unproved(
        self,
        kind: Kind,
        claim: Claim,
        *,
        channel: Channel,
        text: Secret | None,
        language: str,
        residence: str,
        ground: str,
        received: Moment | None,
        once: bytes,
        by: Actor,
    ) -> Opened:
        """Take a request from outside, of whom nobody knows yet; see ``Desk.open_unproved``."""
        demand_kind(kind)
        if channel not in OUTSIDE:
            raise BadInput(f"`{channel}` is no way in from outside", field="channel")
        home = self._gate.policy().residence(residence or "*")
        number = answer.request_id(once)
        requester = self._gate.new_subject(residence or "*", once)
        if once:
            before = self._before(requester, number)
            if before is not None:
                return before
            received = self._entered(requester, received)
        owed = self._owed(requester, number, kind, home.regimes, ground, received)
        said = _said(claim, channel, language, ground)
        matter = self._matter(owed, kind, said, self._began(received), home.regimes)
        admit = _admit(requester, residence or "*", home.regimes)
        try:
            self._keep(matter, claim, text, (admit, owed), by)
        except TrothError:
            # Of two that take the same at once, one opens it.
            before = self._by_another(matter, once)
            if before is None:
                raise
            return before
        return _opened(matter)

    def _before(self, requester: SubjectId, number: str) -> Opened | None:
        """Return what was opened before, by somebody who was interrupted; ``None`` for nothing."""
        try:
            self._gate.standing(requester)
        except NotFound:
            return None
        except Erased:
            # Whose it is has been found out: it lies in another file by now.
            pass
        return _opened(self._ground.register.any(number))

    def _entered(self, requester: SubjectId, received: Moment | None) -> Moment | None:
        """Return since when the clock runs: since a row was entered, if its file was not opened."""
        return next((row.received for row in self._ground.register.of(requester)), received)

    def _by_another(self, matter: Matter, once: bytes) -> Opened | None:
        """Return what another has opened meanwhile, if anybody has.

        A row that another may count on stays; without its file it goes in a minute.
        """
        before = self._before(matter.subject, matter.number)
        if before is None and not once:
            self._ground.register.drop(matter)
        return before

    def _keep(
        self, matter: Matter, claim: Claim, text: Secret | None, first: Sequence[Act], by: Actor
    ) -> None:
        """Open the provisional file with everything in it, and confirm receipt, in one transaction.

        Its row is entered before: killed in between, one without a file is left, which goes.
        """
        requester, number = matter.subject, matter.number
        keep = Collect(subject=requester, values={CLAIM: claim.sealed()}, purpose=PURPOSE)
        said = [self._writing.first(requester, number, text, by)] if text else []
        told = self._told(matter, claim)
        self._enter(matter, told=bool(told))
        opened = self._opened(matter, proved=False)
        self._gate.perform(*first, opened, keep, *said, *told, by=by)

    def _told(self, matter: Matter, claim: Claim) -> list[Act]:
        """Return the act that confirms receipt where an answer is wanted, and says what is needed.

        It says nothing of whether anybody is known.
        """
        if not claim.reply:
            return []
        needs = "request_papers" if matter.said.lacks else "request_prove"
        values: dict[str, str | Secret] = {"request": matter.number, "by": date(matter.due)}
        if needs == "request_prove":
            values["link"] = self._link(matter)
        told = self._ground.notices.notify(
            matter.subject,
            needs,
            values,
            channels=tuple(claim.reply),
            language=matter.said.language,
            to=dict(claim.reply),
        )
        return [self._ground.marked(told, matter)]

    def _link(self, matter: Matter) -> Secret:
        """Return where a code is typed that proves this request; it leads there until it is due."""
        ticket = self._ground.proof.tickets.seal(TICKET, Secret(matter.number), until=matter.due)
        place = f"{self._ground.rules.base}{PROVE}"
        return veiled(lambda opened: place + str(opened["ticket"]), {"ticket": ticket})


def _admit(requester: SubjectId, residence: str, regimes: tuple[str, ...]) -> Admit:
    return Admit(
        subject=requester,
        residence=residence,
        regimes=regimes,
        age=AgeBand.ADULT,
        subject_kind="requester",
    )


def _opened(matter: Matter) -> Opened:
    return Opened(
        requester=matter.subject, number=matter.number, due=matter.due, lacks=matter.said.lacks
    )


def _said(claim: Claim, channel: Channel, language: str, ground: str) -> Said:
    """Return what the register says of a request of whom nobody knows yet."""
    lacks = lacking(claim)
    return Said(
        ground=ground,
        channel=channel,
        language=language if language in LANGUAGES else LANGUAGES[0],
        reason="needs_documents" if lacks else "need_user_verification",
        provisional=True,
        company=claim.company is not None,
        agent=claim.agent is not None,
        delegate=claim.agent.id if claim.agent is not None else "",
        lacks=lacks,
    )


def verified(subject: SubjectId, number: str, method: str, reference: str = "") -> Verified:
    """Return the act that says: this request was proved to be this subject's."""
    return Verified(
        subject=subject,
        fact=f"{PROVED_BY}{number}",
        result="verified",
        method=method,
        reference=reference,
    )


def demand_kind(kind: str) -> Kind:
    """Return a kind of request. Raises ``BadInput`` for what is none."""
    if kind not in KINDS:
        raise BadInput(
            f"`{kind}` is nothing that can be asked for",
            clause="9.0",
            remedy=f"use one of {', '.join(KINDS)}",
            field="kind",
        )
    return kind


def lacking(claim: Claim) -> tuple[str, ...]:
    """Name what a company or an agent has to send before anybody works on a request (11.3).

    >>> from troth.documents.requests.claims import Company
    >>> lacking(Claim(company=Company(name=Secret("Acme"), email=Secret("a@acme.example"))))
    ('rights.business_licence', 'rights.power_of_attorney', 'address', 'contact')
    """
    if claim.company is not None:
        said = claim.company
        return (LICENCE, AUTHORITY, *(name for name in WHOLE if not getattr(said, name)))
    if claim.agent is not None and not claim.agent.authority:
        return (AUTHORITY,)
    return ()
