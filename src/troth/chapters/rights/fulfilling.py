"""Fulfilled means done: every right has a handler that does it, and none is without (9.0, 6.3).

There is one way in, ``fulfil``, and it asks first whether this request was proved to be this
subject's, then whether it waits for anything, then for a second person where the act is grave.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from msgspec import Struct

from troth.chapters.rights.assurance import demand_power
from troth.chapters.rights.ground import PROVED_BY, REPLIES, Ground
from troth.chapters.rights.timeline import PACKED
from troth.chapters.rights.working import Working
from troth.chapters.rights.writing import Writing
from troth.documents.requests.register import Matter
from troth.documents.requests.states import moved
from troth.documents.requests.warrants import demand_asked, demand_ground
from troth.model.acts import SYSTEM, Actor, Settle, Use
from troth.model.errors import BadInput, Erased, NotFound
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import ALL, Fields, SubjectId

GIVES_NOTHING: Final = ("negotiation",)
"""What hands nothing out and changes nothing: two sides talk."""
FOR_OTHERS: Final = ("staff", "service")
"""Who ends or hands out what is somebody else's, and needs a warrant for it."""
OWN_PROOF: Final = ("signed_in", "code")
"""Proofs that the subject made themselves; any other rests on what staff saw."""


class Particulars(Struct, frozen=True, kw_only=True):
    """What a handler needs to know besides the request.

    ``fields`` for a deletion or a restriction, ``values`` for a correction, ``purpose`` for a
    refusal of a use, ``consent`` for one that is withdrawn, ``text`` for an answer in words.
    """

    fields: Fields = ()
    values: Mapping[str, Secret] = {}
    purpose: str = ""
    consent: str = ""
    text: Secret | None = None


Handler = Callable[["Fulfilling", Matter, Particulars, Actor], bool]
"""Does what was asked; tells whether that is over at once, or later and settled then."""


class Fulfilling:
    """Does what was asked."""

    def __init__(self, ground: Ground, working: Working, writing: Writing) -> None:
        self._ground = ground
        self._gate = ground.gate
        self._working = working
        self._writing = writing

    def fulfil(
        self, subject: SubjectId, number: str, what: Particulars, *, by: Actor
    ) -> Matter | None:
        """Do what a request asks, and settle it; ``None`` where its subject is gone by it.

        Raises ``Refused`` for another role, ``NotFound`` for one that is not open, ``NotProved``
        before it is proved who asks, ``BadInput`` where it waits, takes two, or lacks particulars.
        """
        matter = self._ground.to_decide(subject, number, by)
        standing = self._gate.standing(subject)
        self.demand(matter, standing, by)
        handler = HANDLERS[matter.kind]
        if what.text:
            self._writing.reply(subject, number, what.text, by=by)
            matter = self._ground.live(subject, number)
        if not handler(self, matter, what, by):
            return self._ground.register.maybe(subject, number)
        self._settle(matter, by)
        return self._ground.register.maybe(subject, number)

    def demand(self, matter: Matter, standing: Standing, by: Actor) -> None:
        """Raise why a request may not be handed over yet."""
        self._demand_ready(matter, standing)
        self._working.demand_second(matter, standing, by)

    def _demand_ready(self, matter: Matter, standing: Standing) -> None:
        proved = self._ground.proved(standing, matter.number) or matter.kind in GIVES_NOTHING
        moved(matter.state, "fulfil", proved=proved, waits=matter.said.reason)
        if matter.said.agent:
            covers = partial(self._ground.ways.covers, matter.subject)
            demand_power(matter.kind, matter.said.delegate, covers)
        self._working.demand_cooled(matter)

    # --- outside the desk ----------------------------------------------------------------------

    def warrant(
        self, subject: SubjectId, act: str, number: str, ground: str, *, by: Actor
    ) -> Matter | None:
        """Return the proved request on which staff or a program act; see ``Desk.warrant``."""
        if by.kind not in FOR_OTHERS:
            return None
        if number:
            return self._asked(subject, act, number, by)
        if act == "erase":
            demand_ground(ground)
        else:
            demand_asked(act, "")
        if by.kind == "staff":
            self._ground.demand_desk(by, subject)
        return None

    def _asked(self, subject: SubjectId, act: str, number: str, by: Actor) -> Matter:
        """Return a request that somebody may fulfil: staff as at the desk, two where it takes two.

        A program is no second pair of eyes; it acts where the subject made the proof themselves.
        """
        staff = by.kind == "staff"
        found = self._ground.to_decide if staff else self._to_serve
        matter = found(subject, number, by)
        demand_asked(act, matter.kind)
        standing = self._gate.standing(subject)
        fact = standing.facts.get(PROVED_BY + number)
        if staff or fact is None or fact.method not in OWN_PROOF:
            self.demand(matter, standing, by)
        else:
            self._demand_ready(matter, standing)
        return matter

    def _to_serve(self, subject: SubjectId, number: str, _: Actor) -> Matter:
        return self._ground.live(subject, number)

    def rested(self, matter: Matter, *, by: Actor) -> None:
        """Let the register follow what was done on a request, once every database has done it."""
        try:
            owed = self._gate.owed(matter.subject)[matter.number]
        except (Erased, NotFound):
            pass
        else:
            if owed.state == "open":
                return
        self._settle(matter, by)

    # --- settled -------------------------------------------------------------------------------

    def _settle(self, matter: Matter, by: Actor) -> None:
        """Settle a request that was done, and end its papers; an erasure settled it itself."""
        try:
            standing = self._gate.standing(matter.subject)
        except (Erased, NotFound):
            self._ground.settle_row(matter, "fulfilled", by=by)
            return
        if standing.owed[matter.number].state == "open":
            done = Settle(subject=matter.subject, duty=matter.number, state="fulfilled")
            self._gate.perform(done, by=by)
        self._papers_gone(matter)
        self._ground.settle_row(matter, "fulfilled", by=by)

    def _papers_gone(self, matter: Matter) -> None:
        gone = self._ground.papers_gone(matter, self._gate.standing(matter.subject))
        if gone:
            self._gate.perform(*gone, by=SYSTEM)

    # --- what each right takes -----------------------------------------------------------------

    def _pack(self, matter: Matter, _: Particulars, by: Actor) -> bool:
        """Let the package be fetched as it was packed; where it is not yet, once it is."""
        if not matter.said.prepared:
            self._gate.perform(self._ground.event(matter, PACKED), by=by)
            self._ground.ways.prepare(self._working.ordered(matter))
        known = self._ground.register.change(
            matter,
            at=self._ground.now,
            state="in_progress",
            reason="packing",
            decider=by.id,
            prepared=True,
        )
        self.release(known)
        return False

    def release(self, matter: Matter) -> bool:
        """Release a package that was decided on, if it is packed; tell whether it was.

        The clock asks again for those that were not. It was proved who asks, or nobody decided.
        """
        standing = self._gate.standing(matter.subject)
        if matter.said.reason != "packing" or not self._ground.proved(standing, matter.number):
            return False
        try:
            self._ground.ways.release(matter.subject, matter.number)
        except NotFound:
            return False
        self._papers_gone(matter)
        self._ground.settle_row(matter, "fulfilled", by=Actor(kind="staff", id=matter.said.decider))
        return True

    def _erase(self, matter: Matter, what: Particulars, by: Actor) -> bool:
        ground = matter.said.ground or "request"
        fields = ALL if matter.kind == "cancel" else what.fields or ALL
        self._ground.ways.erase(matter.subject, fields, ground, matter.number, by)
        try:
            owed = self._gate.owed(matter.subject)[matter.number]
        except (Erased, NotFound):
            return True
        # Where other databases erase too, the request is settled when all of them have.
        return owed.state != "open"

    def _correct(self, matter: Matter, what: Particulars, by: Actor) -> bool:
        if not what.values:
            raise _lacking("values", "enter what is right")
        self._ground.ways.correct(matter.subject, what.values, by)
        return True

    def _restrict(self, matter: Matter, what: Particulars, _: Actor) -> bool:
        self._ground.ways.restrict(matter.subject, what.fields or ALL, asked_by(matter))
        return True

    def _refuse(self, matter: Matter, what: Particulars, _: Actor) -> bool:
        if not what.purpose:
            raise _lacking("purpose", "name the purpose that is refused")
        self._ground.ways.refuse(matter.subject, what.purpose, asked_by(matter))
        return True

    def _withdraw(self, matter: Matter, what: Particulars, _: Actor) -> bool:
        if not what.consent:
            raise _lacking("consent", "name the consent that is withdrawn")
        self._ground.ways.withdraw(matter.subject, what.consent, asked_by(matter))
        return True

    def _limit(self, matter: Matter, _: Particulars, __: Actor) -> bool:
        self._ground.ways.limit_sensitive(matter.subject, asked_by(matter))
        return True

    def _opt_out(self, matter: Matter, _: Particulars, __: Actor) -> bool:
        self._ground.ways.opt_out(matter.subject, asked_by(matter))
        return True

    def _words(self, matter: Matter, what: Particulars, _: Actor) -> bool:
        """Take an answer in words, written here or before."""
        if what.text or self._replied(matter):
            return True
        raise BadInput(
            "an answer has words", clause="9.7", remedy="write them down", field="answer"
        )

    def _replied(self, matter: Matter) -> bool:
        if REPLIES not in self._gate.standing(matter.subject).held:
            return False
        return any(
            entry.what.get("event") == "request.replied" and entry.what.get("duty") == matter.number
            for entry in self._gate.trail(matter.subject)
        )

    def _talked(self, _: Matter, __: Particulars, ___: Actor) -> bool:
        """End a negotiation, when both have said what they had to say (10.4)."""
        return True

    # --- what goes by itself -------------------------------------------------------------------

    def unconsented(self, subject: SubjectId) -> tuple[str, ...]:
        """Name the fields that are held for purposes of which none has a consent it needs (6.3.2).

        The ledger says so: a use for each of their purposes is asked for, and not done.
        """
        standing = self._gate.standing(subject)
        return tuple(
            field
            for field, held in standing.held.items()
            if held.purposes
            and all(self._lacks(subject, field, purpose) for purpose in held.purposes)
        )

    def _lacks(self, subject: SubjectId, field: str, purpose: str) -> bool:
        try:
            asked = Use(subject=subject, fields=(field,), purpose=purpose)
            decision = self._gate.ask(asked)[0]
        except BadInput:
            return False
        return not decision.allowed and bool(decision.missing)

    def grant_at_once(self, subject: SubjectId, number: str) -> tuple[str, ...]:
        """Erase what was kept without an express consent, as soon as it is proved who asks (6.3.2).

        Nobody has to decide what the ledger shows. Returns what went; nothing where people decide.
        """
        standing = self._gate.standing(subject)
        matter = self._ground.live(subject, number)
        grounds = (matter.kind, matter.said.ground) == ("delete", "no_consent")
        if not grounds or not self._ground.proved(standing, number):
            return ()
        gone = self.unconsented(subject)
        if gone:
            self._ground.ways.erase(subject, gone, "no_consent", number, SYSTEM)
            self._ground.reconcile()
        return gone


def asked_by(matter: Matter) -> Actor:
    """Return the subject as who speaks: it was proved that the request is theirs."""
    del matter
    return Actor(kind="subject", assurance=2)


def _lacking(field: str, remedy: str) -> BadInput:
    return BadInput(
        f"this request is done with its `{field}`", clause="9.7", remedy=remedy, field=field
    )


HANDLERS: Final[Mapping[str, Handler]] = {
    "access": Fulfilling._pack,  # noqa: SLF001  # the table names the methods of its own class
    "copy": Fulfilling._pack,  # noqa: SLF001
    "port": Fulfilling._pack,  # noqa: SLF001
    "correct": Fulfilling._correct,  # noqa: SLF001
    "complete": Fulfilling._correct,  # noqa: SLF001
    "delete": Fulfilling._erase,  # noqa: SLF001
    "cancel": Fulfilling._erase,  # noqa: SLF001
    "restrict": Fulfilling._restrict,  # noqa: SLF001
    "object": Fulfilling._refuse,  # noqa: SLF001
    "withdraw": Fulfilling._withdraw,  # noqa: SLF001
    "limit_sensitive": Fulfilling._limit,  # noqa: SLF001
    "opt_out_sale": Fulfilling._opt_out,  # noqa: SLF001
    "explain": Fulfilling._words,  # noqa: SLF001
    "human_review": Fulfilling._words,  # noqa: SLF001
    "no_retaliation": Fulfilling._words,  # noqa: SLF001
    "question": Fulfilling._words,  # noqa: SLF001
    "negotiation": Fulfilling._talked,  # noqa: SLF001
}
"""What does each right that can be asked for; none is without (9.0)."""
