"""The door itself: ``perform``, ``ask`` and what may be known without opening anything.

House decisions 5 to 13. Every perform is one durable transaction in one region; a refusal is
recorded too, in a transaction of its own, because the one it refused was rolled back.

The controller's other databases are reached here too (``databases``):

- ``Gate.gather(subject, by=SUBJECT, purpose="rights") -> Gathered``: an export, judged and recorded
  first. Iterate it once for ``Held``, record by record; ``stores`` names the databases that were
  asked, ``unanswered`` those that did not answer (final when the iteration is over).
- ``Gate.foresee(subject, fields=ALL, task="erase", held={}) -> tuple[Foreseen, ...]``: for each
  database what an order would do: its ``steps`` with statements and row counts, or ``answered``
  false. Nothing is changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

import msgspec

from troth.gate import after, again
from troth.gate.again import Again
from troth.gate.databases import Databases, Foreseen, Gathered, certifying
from troth.gate.databases.certifying import Terms
from troth.gate.judge import judge, stranger
from troth.gate.knowing import Knowing, edition_of
from troth.gate.passage import IS_GONE, Passage, absent
from troth.gate.rooms import Outcome, Rooms
from troth.gate.together import COMPANY, Wanted, done_alone
from troth.ledger import entry as entries
from troth.model.acts import (
    SUBJECT,
    Act,
    Actor,
    Announce,
    Close,
    ConsentGiven,
    ConsentRefused,
    ConsentWithdrawn,
    Erase,
    Find,
    Kept,
    Notify,
    Object,
    ObjectionLifted,
    Owe,
    Publish,
    Restrict,
    Use,
)
from troth.model.clock import Clock, Moment
from troth.model.errors import Erased, NotFound, Refused, TrothError, UnknownTerm
from troth.model.terms import ALL, Fields, Region, SubjectId
from troth.policy.decide import Decision, Policy
from troth.policy.shelf import Shelf
from troth.store.sql import Tx
from troth.vault.cells import Handle

URGENT: Final = (Announce, Close, ConsentRefused, ConsentWithdrawn, Erase, Object, Restrict)
"""What must still work on a full disk (house decision 12); so must a notice the law demands."""
BREACH: Final = "breach"
WORDS: Final = (
    *(ConsentGiven, ConsentRefused, ConsentWithdrawn, Object, ObjectionLifted),
    *(Notify, Owe),
)
"""What may share a commit with others' (``perform_each``): words, and what is told or owed for
them. What opens, erases or is searched for is done by itself."""

__all__ = ["IS_GONE", "Gate"]


class Gate(Knowing):
    """The one door to personal data. Safe from many threads.

    ``home`` is the region whose store holds the shelf of editions and the entries that concern
    nobody in particular. ``epoch_days`` is the longest an erased key can survive anywhere.
    """

    def __init__(
        self,
        regions: Mapping[Region, Rooms],
        shelf: Shelf,
        *,
        home: Region,
        clock: Clock,
        epoch_days: int = 7,
    ) -> None:
        super().__init__(regions, shelf, home=home, clock=clock)
        self._epoch_days = epoch_days
        self.databases = Databases(self)

    # --- doing ---------------------------------------------------------------------------------

    def perform(self, *acts: Act, by: Actor = SUBJECT, key: str = "") -> Outcome:
        """Judge, do and remember acts: all of them, or none.

        ``key`` is an idempotency key: asked again with the same acts, the first outcome is given
        again, its values only where they may still be released. Raises ``Refused`` or
        ``ConsentMissing`` (with ``decision``), ``NotFound``, ``Erased``, ``WrongRegion``,
        ``UnknownTerm``, ``BadValue``, ``Taken``, ``KeyReused``, ``StoreFull``.
        """
        at = self.clock.now()
        rooms = self._rooms_of(acts)
        policy = self._policy_for(acts, at)
        try:
            if len(acts) == 1:
                act = acts[0]
                if isinstance(act, Find):
                    return self._find(act, by, policy, at)
                if isinstance(act, Use) and act.subject is not None and _batched(act, policy):
                    return self._use(rooms, act, act.subject, by, policy, at)
            return self._pass(rooms, policy, acts, by, key, at)
        except Refused as refusal:
            self._remember_refusal(rooms, policy, acts, by, at, refusal)
            raise

    def _pass(
        self, rooms: Rooms, policy: Policy, acts: tuple[Act, ...], by: Actor, key: str, at: Moment
    ) -> Outcome:
        if any(isinstance(act, Erase) for act in acts):
            self._batches[rooms.region].flush()
        wanted = Wanted(acts, by, key)
        passed = rooms.store.transact(
            lambda tx: self._within(tx, rooms, policy, wanted, at),
            urgent=any(map(_is_urgent, acts)),
        )
        return self._answer(rooms, policy, passed, by, at)

    def _within(
        self, tx: Tx, rooms: Rooms, policy: Policy, wanted: Wanted, at: Moment
    ) -> tuple[Passage, Outcome | None]:
        """Do acts in a transaction; with what was done before, where their key says so."""
        acts, by, key = wanted
        once = Again(key, acts, by, rooms.again_key) if key else None
        passage = Passage(tx, rooms, policy, self._forms_of(policy), by, at)
        done = once.claim(tx, at) if once else None
        if done is not None:
            passage.release_again(acts)
            return passage, done
        passage.run(acts)
        for act in acts:
            if isinstance(act, Publish):
                self._shelf.publish(tx, act.source, edition_of(act), at)
        if once:
            once.note(tx, passage.outcome())
        return passage, None

    def _answer(
        self,
        rooms: Rooms,
        policy: Policy,
        passed: tuple[Passage, Outcome | None],
        by: Actor,
        at: Moment,
    ) -> Outcome:
        passage, done = passed
        if done is not None:
            return msgspec.structs.replace(done, values=passage.values, replayed=True)
        return self._release(rooms, policy, passage, by, at)

    def perform_each(self, wanted: Sequence[Wanted]) -> list[Outcome | TrothError]:
        """Do what came at once under one commit, each asked for apart; return what came of each.

        Each is judged, recorded and answered as by ``perform``, and nothing of it leaves before the
        commit. Where one of them cannot be done none is, and each is done alone instead, so that a
        refusal of one is no other's. What comes together should be of different subjects.
        """
        told: dict[int, Outcome | TrothError] = {}
        for region, places in _by_region(wanted):
            some = [wanted[place] for place in places]
            done = self._together(region, some) if region and len(some) > 1 else []
            told.update(zip(places, done or [done_alone(self, one) for one in some], strict=True))
        return [told[place] for place in range(len(wanted))]

    def _together(self, region: Region, wanted: Sequence[Wanted]) -> list[Outcome | TrothError]:
        """Return what was done under one commit: nothing, where one of them cannot be."""
        at, every = self.clock.now(), [act for one in wanted for act in one.acts]
        try:
            rooms, policy = self._rooms(region), self.policy(at)
            passed = rooms.store.transact(
                lambda tx: [self._within(tx, rooms, policy, one, at) for one in wanted],
                urgent=all(map(_is_urgent, every)),
            )
        except TrothError:
            return []
        return [
            self._answered(rooms, policy, each, one.by, at)
            for one, each in zip(wanted, passed, strict=True)
        ]

    def _answered(
        self,
        rooms: Rooms,
        policy: Policy,
        passed: tuple[Passage, Outcome | None],
        by: Actor,
        at: Moment,
    ) -> Outcome | TrothError:
        try:
            return self._answer(rooms, policy, passed, by, at)
        except TrothError as error:
            return error

    def _release(
        self, rooms: Rooms, policy: Policy, passage: Passage, by: Actor, at: Moment
    ) -> Outcome:
        after.finish(rooms, passage)
        terms = self._terms(policy, at)
        for sent in passage.orders.sent if by.kind != "system" else ():
            certifying.send(rooms, sent, terms)
        certificate = None
        for ending in passage.orders.endings:
            if ending.everything or by.kind != "system":
                farewells = passage.farewells[ending.subject]
                certificate = certifying.certify(rooms, ending, terms, farewells=farewells)
        return msgspec.structs.replace(
            passage.outcome(),
            values=passage.values,
            replies=after.hand_over(rooms, passage),
            certificate=certificate,
        )

    def _terms(self, policy: Policy, at: Moment) -> Terms:
        return Terms(at=at, edition=policy.hash[:16], epoch_days=self._epoch_days)

    def _remember_refusal(
        self,
        rooms: Rooms,
        policy: Policy,
        acts: tuple[Act, ...],
        by: Actor,
        at: Moment,
        refusal: Refused,
    ) -> None:
        subject = next((act.subject for act in acts if act.subject), None)
        try:
            who = rooms.vault.handle(subject).who if subject else ""
        except (NotFound, Erased):
            who = ""
        decision = refusal.decision if isinstance(refusal.decision, Decision) else None
        word = after.Denied(
            subject=None,
            name="refused",
            detail={
                "acts": [act.kind for act in acts],
                "purpose": decision.purpose if decision else "",
                "fields": list(decision.fields) if decision else [],
                "code": decision.code if decision else refusal.code,
            },
        )
        after.remember(
            rooms,
            who,
            word,
            by=by,
            at=at,
            edition=policy.hash[:16],
            clauses=decision.clauses if decision else (refusal.clause,),
        )

    def _use(
        self, rooms: Rooms, act: Use, subject: SubjectId, by: Actor, policy: Policy, at: Moment
    ) -> Outcome:
        try:
            return self._batches[rooms.region].use(act, subject, by, policy, at)
        except NotFound:
            raise absent(subject, rooms.store.query) from None

    def _find(self, act: Find, by: Actor, policy: Policy, at: Moment) -> Outcome:
        """Look in every region; remember that somebody looked, whether or not anybody was found."""
        if act.field not in policy.edition.categories:
            raise UnknownTerm(f"the policy declares no field `{act.field}`", clause="2.1.1")
        form = self._forms_of(policy)[act.field]
        decisions: tuple[Decision, ...] = ()
        rooms, found = self._rooms(self.home), list[Handle]()
        for each in self.regions.values():
            if not found:
                decisions = judge(act, by, stranger(each.region, policy), policy, at)
            # Everywhere, found or not: how long it takes tells nobody who is known (A1).
            held = each.vault.seek(act.field, act.value, form)
            rooms, found = (each, held) if held and not found else (rooms, found)
        kept = [
            self._note_find(rooms, act, who, by, policy, decisions[0], at)
            for who in ([handle.who for handle in found] or [""])
        ]
        return Outcome(
            at=at,
            entries=tuple(kept),
            decisions=decisions,
            found=tuple(handle.subject for handle in found),
        )

    def _note_find(
        self,
        rooms: Rooms,
        act: Find,
        who: str,
        by: Actor,
        policy: Policy,
        decision: Decision,
        at: Moment,
    ) -> str:
        edition, clauses = policy.hash[:16], decision.clauses
        if _batched(act, policy):
            entry = entries.of(act, who=who, at=at, by=by, edition=edition, clauses=clauses)
            self._batches[rooms.region].note(entry, act.purpose, policy, at)
            return entry.id
        return after.remember(rooms, who, act, by=by, at=at, edition=edition, clauses=clauses).id

    # --- other databases -----------------------------------------------------------------------

    def gather(
        self, subject: SubjectId, *, by: Actor = SUBJECT, purpose: str = "rights"
    ) -> Gathered:
        """Give what other databases hold of a subject; see ``databases.Databases.gather``."""
        return self.databases.gather(subject, by=by, purpose=purpose)

    def foresee(
        self,
        subject: SubjectId,
        fields: Fields = ALL,
        *,
        task: Literal["erase", "correct", "restrict", "release"] = "erase",
        held: Mapping[str, Kept] | None = None,
        by: Actor = SUBJECT,
    ) -> tuple[Foreseen, ...]:
        """Say what an order would do in other databases; see ``databases.Databases.foresee``."""
        return self.databases.foresee(subject, fields, task=task, held=held, by=by)

    # --- what the clock brings -----------------------------------------------------------------

    def tick(self) -> dict[str, int]:
        """Deliver what is due, integrate the ledgers, finish what a crash left undone."""
        at = self.clock.now()
        edition = self.policy(at).hash[:16]
        delivered = integrated = asked = 0
        for region, rooms in self.regions.items():
            self._batches[region].flush()
            rooms.vault.finish_pending()
            after.purge(rooms, at)
            rooms.store.transact(lambda tx: again.forget_old(tx, at))
            delivered += after.deliver(rooms, at, edition=edition)
            asked += certifying.run_errands(rooms, self._terms(self.policy(at), at))
            integrated += rooms.log.integrate(at)
        return {"delivered": delivered, "integrated": integrated, "asked": asked}

    def close(self) -> None:
        """Write what is still in memory and let go of the stores."""
        for region, rooms in self.regions.items():
            self._batches[region].flush()
            rooms.store.close()


def _batched(act: Use | Find, policy: Policy) -> bool:
    purpose = policy.edition.purposes.get(act.purpose)
    return purpose is not None and purpose.batched is not None


def _by_region(wanted: Sequence[Wanted]) -> Iterator[tuple[Region | None, list[int]]]:
    """Give the places of what may share a commit, with its region; with none, what may not."""
    found: dict[Region | None, list[int]] = {}
    for place, one in enumerate(wanted):
        regions = {act.subject.region for act in one.acts if act.subject is not None}
        fit = len(regions) == 1 and all(isinstance(act, WORDS) for act in one.acts)
        found.setdefault(regions.pop() if fit else None, []).append(place)
    for region, places in found.items():
        for start in range(0, len(places), COMPANY):
            yield region, places[start : start + COMPANY]


def _is_urgent(act: Act) -> bool:
    warning = isinstance(act, Notify) and (act.notice == BREACH or act.purpose == "legal")
    return warning or isinstance(act, URGENT)
