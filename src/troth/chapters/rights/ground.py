"""What every step of a request stands on: the gate, the register, the terms, and who may work here.

The ledger is the truth: whether a request is open, how it ended, and whether it was proved to be
its subject's is read from the standing that is folded from it. The register only helps people find
and share the work; where the two differ it follows.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from troth.chapters.rights.assurance import needed_for
from troth.chapters.rights.timeline import PAUSED, RESUMED
from troth.documents import ending
from troth.documents.cases import demand_second_mind
from troth.documents.notice import Notices
from troth.documents.proof import Proof
from troth.documents.requests import claims, times
from troth.documents.requests.answer import KINDS
from troth.documents.requests.register import UNSENT, Matter, Register, Said
from troth.documents.requests.states import State
from troth.documents.requests.times import Calendars, Pause, Term
from troth.gate import Gate
from troth.gate.owing import Owing
from troth.model.acts import SYSTEM, Act, Actor, Erase, Event, Notify, Owe, Use
from troth.model.clock import MINUTE, Moment
from troth.model.errors import Erased, NotFound, Refused
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import ALL, Fields, SubjectId, matches

ASKED: Final = "rights.request"
REPLIES: Final = "rights.reply"
DISPUTES: Final = "rights.complaint"
"""The fields that hold what was written: by subjects, by us, in a dispute."""
CLAIM: Final = "rights.claim"
"""The field of a provisional file that holds who somebody says they are."""
PAPERS: Final = (
    *("rights.identity_proof", "rights.residence_proof"),
    *("rights.business_licence", "rights.power_of_attorney"),
)
"""The papers that prove something for a request; they go with its decision."""
LETTER: Final = "rights.letter"
"""What was sent along and proves nothing; it stays with the words."""
NEGOTIATION: Final = "negotiation"
ANSWERED: Final = (*KINDS, NEGOTIATION)
"""What people answer."""
PURPOSE: Final = "rights"
PROVED_BY: Final = "request/"
"""How the fact is called that a request was proved to be its subject's; the number follows."""


WAITS_FOR_PROOF: Final = ("need_user_verification", "needs_documents")
"""The reasons for which a request waits for who asks."""


class Rules(Struct, frozen=True, kw_only=True):
    """What the operator sets for the desk.

    ``internal_days`` is when we mean to answer, ``alarm_days`` how long before the legal day an
    alarm rings, ``cooling_days`` how long a grave act waits after a proof without sign-in, so that
    whoever really has the account can object; ``desk_email`` where alarms go, ``base`` our address.
    """

    internal_days: int = 20
    alarm_days: int = 5
    cooling_days: int = 2
    desk_email: str = ""
    base: str = ""


class Ordered(Struct, frozen=True, kw_only=True):
    """A package that is to be handed over: for which request, without which parts, in which words.

    ``left_out`` names fields and ledger entries, each with why.
    """

    subject: SubjectId
    number: str
    language: str
    left_out: Mapping[str, str] = {}


class Found(Struct, frozen=True, kw_only=True):
    """What one store holds of a subject, by names alone; ``state``: found, empty, silent."""

    store: str
    fields: tuple[str, ...] = ()
    rows: int = 0
    state: str = "found"


class Ways(Struct, frozen=True, kw_only=True):
    """What other parts of the house do for a request, each as a function.

    ``prepare`` has a package packed, ``preview`` says what exactly is in it, ``release`` lets its
    subject fetch it as it was packed, and settles the request (all raise ``NotFound`` before it is
    packed); ``erase`` takes the number of the request that it settles.
    """

    prepare: Callable[[Ordered], object]
    preview: Callable[[SubjectId, str], object]
    release: Callable[[SubjectId, str], object]
    erase: Callable[[SubjectId, Fields, str, str, Actor], object]
    correct: Callable[[SubjectId, Mapping[str, Secret], Actor], object]
    restrict: Callable[[SubjectId, Fields, Actor], object]
    refuse: Callable[[SubjectId, str, Actor], object]
    withdraw: Callable[[SubjectId, str, Actor], object]
    limit_sensitive: Callable[[SubjectId, Actor], object]
    opt_out: Callable[[SubjectId, Actor], object]
    discover: Callable[[SubjectId], Sequence[Found]]
    elsewhere: Callable[[SubjectId, str], bool] = lambda _subject, _number: False
    covers: Callable[[SubjectId, str, str], bool] = lambda _subject, _agent, _kind: False


class Ground:
    """The gate and what lies around it, for every step of a request."""

    def __init__(
        self,
        gate: Gate,
        notices: Notices,
        proof: Proof,
        register: Register,
        ways: Ways,
        rules: Rules | None = None,
        calendars: Calendars | None = None,
        mark: Callable[[str], str] = lambda _number: "",
    ) -> None:
        self.gate = gate
        self.notices = notices
        self.proof = proof
        self.register = register
        self.ways = ways
        self.rules = rules or Rules()
        self.calendars = calendars
        self._mark = mark

    @property
    def now(self) -> Moment:
        """The present moment."""
        return self.gate.clock.now()

    # --- who may -------------------------------------------------------------------------------

    def demand_desk(self, by: Actor, subject: SubjectId) -> None:
        """Raise ``Refused`` unless somebody's role is for requests and their region the subject's.

        The house itself may. A refusal is remembered (7.1d).
        """
        if by.kind == "system":
            return
        if by.kind == "staff" and self.works_here(by) and by.region in (None, subject.region):
            return
        detail = {"desk": "requests", "role": by.role}
        self.gate.perform(Event(subject=None, name="desk.refused", detail=detail), by=by)
        raise Refused(
            "this is for the privacy desk of the subject's region",
            clause="7.1",
            remedy="ask a colleague whose role is for it",
        )

    def demand_role(self, by: Actor) -> None:
        """Raise ``Refused`` unless somebody's role is for requests."""
        if by.kind != "system" and not (by.kind == "staff" and self.works_here(by)):
            raise Refused(
                "this is for the privacy desk",
                clause="7.1",
                remedy="ask a colleague whose role is for it",
            )

    def works_here(self, by: Actor) -> bool:
        """Tell whether a member of staff's role is for requests, and may read them."""
        if not by.role:
            return False
        role = self.gate.policy().role(by.role)
        return PURPOSE in role.purposes and any(matches(each, ASKED) for each in role.shows)

    # --- finding -------------------------------------------------------------------------------

    def live(self, subject: SubjectId, number: str) -> Matter:
        """Return a request that waits for people. Raises ``NotFound``, ``Erased``."""
        standing = self.gate.standing(subject)
        owed = standing.owed.get(number)
        if owed is None or owed.state != "open" or owed.what.partition("/")[0] not in ANSWERED:
            raise NotFound(f"no open request has the number `{number}`")
        return self.register.maybe(subject, number) or self.adopt(subject, number, standing)

    def to_decide(self, subject: SubjectId, number: str, by: Actor) -> Matter:
        """Return a request that somebody may decide: who decided before may not hear its appeal.

        Raises ``Refused``, ``NotFound``, ``BadInput``.
        """
        self.demand_desk(by, subject)
        matter = self.live(subject, number)
        demand_second_mind(matter.said.barred, by.id)
        return matter

    def adopt(self, subject: SubjectId, number: str, standing: Standing) -> Matter:
        """Enter a duty that another room owed, as the ledger knows it."""
        owed = standing.owed[number]
        kind, _, ground = owed.what.partition("/")
        proved = self.proved(standing, number)
        matter = self.timed(
            Matter(
                subject=subject,
                number=number,
                kind=kind,
                state="open",
                received=owed.since,
                due=owed.by,
                moved=self.now,
                said=Said(
                    ground=ground,
                    verified=owed.since if proved else None,
                    elsewhere=self.ways.elsewhere(subject, number) or _of_guardian(standing),
                ),
            ),
            standing.regimes,
        )
        self.register.enter(matter)
        return self.register.one(subject, number)

    def complete(self) -> None:
        """Note once what was owed before there was an index of it."""
        Owing(self.gate.regions, self.gate.standing).complete()

    def reconcile(self, limit: int = 200) -> int:
        """Let the register follow the ledger: what others owed, what others settled."""
        count = 0
        for one in self.register.unlisted(limit):
            count += self._followed(one.subject, one.number)
        for matter in self.register.settled_elsewhere(limit):
            count += self._followed(matter.subject, matter.number, matter)
        return count

    def _followed(self, subject: SubjectId, number: str, known: Matter | None = None) -> bool:
        try:
            standing = self.gate.standing(subject)
        except (Erased, NotFound):
            # A row is entered a moment before its file is opened.
            if known is not None and known.moved < self.now - MINUTE:
                self.register.drop(known)
            return False
        owed = standing.owed.get(number)
        if known is None:
            if owed is not None and owed.state == "open":
                self.adopt(subject, number, standing)
        elif owed is None:
            self.register.drop(known)
        elif owed.state != "open":
            self.register.change(known, at=self.now, state=owed.state, reason="", code=owed.code)
        return True

    # --- what is proved ------------------------------------------------------------------------

    def proved(self, standing: Standing, number: str) -> bool:
        """Tell whether a request was proved to be its subject's: this one, of this subject."""
        fact = standing.facts.get(PROVED_BY + number)
        return fact is not None and fact.result == "verified"

    def needed(self, kind: str, standing: Standing) -> int:
        """Return how sure we must be of who asks, by the harm that a mistake would do."""
        return needed_for(kind, standing, self.sensitive)

    def sensitive(self, field: str) -> bool:
        """Tell whether the edition in force holds a field for sensitive."""
        category = self.gate.policy().edition.categories.get(field)
        return category is not None and category.sensitive is not None

    # --- when ----------------------------------------------------------------------------------

    def terms(self, matter: Matter, regimes: tuple[str, ...]) -> tuple[Term, ...]:
        """Return every term that binds an answer, the earliest first."""
        return times.terms(matter, regimes, self.now, self.calendars)

    def timed(self, matter: Matter, regimes: tuple[str, ...]) -> Matter:
        """Return a request with the days that we set ourselves, and its first alarm."""
        return times.timed(
            matter,
            regimes,
            self.calendars,
            internal=self.rules.internal_days,
            near=self.rules.alarm_days,
        )

    def alarmed(self, matter: Matter) -> Matter:
        """Return a request with the moment of its next alarm."""
        return times.alarmed(matter, self.rules.alarm_days)

    def rung(self, matter: Matter, stage: str) -> Matter:
        """Return a request after an alarm, with the moment of the next."""
        return self.alarmed(replace(matter, said=replace(matter.said, alarm=stage)))

    def waited(self, matter: Matter, *, by: Actor, begins: bool) -> Matter:
        """Note that waiting for a proof begins or ends, and what of the terms that moves."""
        now, open_ = self.now, any(pause.until is None for pause in matter.said.pauses)
        if begins == open_:
            return matter
        pauses = tuple(
            pause if pause.until is not None else Pause(pause.since, max(now, pause.since))
            for pause in matter.said.pauses
        )
        pauses = (*pauses, Pause(now)) if begins else pauses
        after = replace(matter, said=replace(matter.said, pauses=pauses))
        due = times.due(after, self.gate.standing(matter.subject).regimes, now, self.calendars)
        acts: list[Act] = [self.event(matter, PAUSED if begins else RESUMED)]
        if due != matter.due:
            acts.append(self.owed_later(matter, due))
        self.gate.perform(*acts, by=by)
        alarm = self.alarmed(replace(after, due=due)).alarm
        return self.register.change(matter, at=now, pauses=pauses, due=due, alarm=alarm)

    def owed_later(self, matter: Matter, due: Moment) -> Owe:
        """Return the duty with another day."""
        what = f"{matter.kind}/{matter.said.ground}" if matter.said.ground else matter.kind
        return Owe(subject=matter.subject, duty=matter.number, what=what, by=due)

    # --- telling -------------------------------------------------------------------------------

    def tell(
        self, matter: Matter, standing: Standing, notice: str, values: Mapping[str, str | Secret]
    ) -> list[Notify]:
        """Return the act that tells who asked: a subject, or a stranger where they want it."""
        if not matter.said.provisional:
            told = self.notices.tell(matter.subject, standing, notice, values)
            return [self.marked(one, matter) for one in told]
        to = self.reply_to(matter.subject, standing)
        if not to:
            return []
        letter = self.notices.notify(
            matter.subject,
            notice,
            values,
            channels=tuple(to),
            language=matter.said.language,
            to=to,
        )
        return [self.marked(letter, matter)]

    def marked(self, letter: Notify, matter: Matter) -> Notify:
        """Return a letter about what came by mail, marked so that a reply finds its request."""
        mark = self._mark(matter.number) if matter.said.channel == "email" else ""
        return replace(letter, title=f"{letter.title} [{mark}]") if mark else letter

    def reply_to(self, requester: SubjectId, standing: Standing) -> dict[str, Secret]:
        """Return where a stranger wants their answer; it is never where their data goes."""
        return claims.reply_to(self.used(requester, CLAIM)) if CLAIM in standing.held else {}

    def used(self, subject: SubjectId, field: str) -> Secret:
        """Open a field for the house itself, recorded."""
        act = Use(subject=subject, fields=(field,), purpose=PURPOSE)
        return self.gate.perform(act, by=SYSTEM).values.get(field, Secret(""))

    def papers_gone(self, matter: Matter, standing: Standing) -> list[Act]:
        """Return the acts that end the papers of a request with its decision (9.5c, 9.6d).

        Another request of the subject that still waits for its proof keeps them until its own.
        """
        held = tuple(field for field in PAPERS if field in standing.held)
        others = any(
            one.live and one.number != matter.number and one.said.reason in WAITS_FOR_PROOF
            for one in self.register.of(matter.subject)
        )
        gone = Erase(subject=matter.subject, fields=held, ground="decided")
        return [] if not held or others else [gone]

    def forgotten(self, requester: SubjectId, standing: Standing) -> list[Act]:
        """Return the acts that end a provisional file; words that a law keeps are set aside.

        California has the words of a request kept for two years (11 CCR 7101); who asked goes.
        """
        what = ending.plan(standing, ALL, self.gate.policy().edition, self.now)
        if what.everything:
            return [Erase(subject=requester, ground="decided")]
        return [*ending.acts(requester, what, ground="decided", placed=standing.holds)]

    def event(self, matter: Matter, name: str, **more: str) -> Event:
        """Return the word for the ledger of a step."""
        return Event(subject=matter.subject, name=name, detail={"duty": matter.number, **more})

    def settle_row(self, matter: Matter, state: State, *, code: str = "", by: Actor) -> None:
        """Let the register say how a request ended; its subject may be gone with it."""
        try:
            known = self.register.one(matter.subject, matter.number)
        except NotFound:
            region = matter.subject.region
            self.register.settle_gone(region, matter.number, state, self.now, code=code)
            return
        self.register.change(
            known, at=self.now, state=state, reason="", code=code, decider=by.id, first="", **UNSENT
        )


def _of_guardian(standing: Standing) -> bool:
    """Tell whether a file is a guardian's, whose matters lie with the minors desk."""
    return any(field.startswith("guardian.") for field in standing.held)
