"""The door itself: ``perform``, ``ask`` and what may be known without opening anything.

House decisions 5 to 13. Every perform is one durable transaction in one region; a refusal is
recorded too, in a transaction of its own, because the one it refused was rolled back.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Final

import msgspec

from troth.gate import after, again, views
from troth.gate.again import Again
from troth.gate.batch import UseBatch
from troth.gate.judge import asks, judge, stranger
from troth.gate.passage import IS_GONE, Passage, absent
from troth.gate.rooms import Outcome, Rooms
from troth.gate.weighing import Scales, Weighed, forms_of
from troth.ledger import entry as entries
from troth.ledger.checkpoint import InclusionProof
from troth.ledger.entry import Entry
from troth.model.acts import (
    SUBJECT,
    Act,
    Actor,
    Announce,
    Close,
    ConsentRefused,
    ConsentWithdrawn,
    Erase,
    Find,
    Notify,
    Object,
    Publish,
    Restrict,
    Use,
)
from troth.model.clock import Clock, Moment
from troth.model.errors import BadInput, Erased, NotFound, Refused, UnknownTerm
from troth.model.standing import Owed, Standing
from troth.model.terms import Region, SubjectId
from troth.policy import reader
from troth.policy.decide import Decision, Policy
from troth.policy.edition import Edition
from troth.policy.shelf import Shelf, Slot
from troth.store.sql import Tx
from troth.vault.cells import Handle
from troth.vault.forms import Form

URGENT: Final = (Announce, Close, ConsentRefused, ConsentWithdrawn, Erase, Object, Restrict)
"""What must still work on a full disk (house decision 12); so must a notice the law demands."""
BREACH: Final = "breach"

__all__ = ["IS_GONE", "Gate"]


class Gate:
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
        self.regions = regions
        self.clock = clock
        self.home = home
        self._shelf = shelf
        self._epoch_days = epoch_days
        self._forms: dict[str, dict[str, Form]] = {}
        self._batches = {region: UseBatch(rooms) for region, rooms in regions.items()}

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
        once = Again(key, acts, by, rooms.again_key) if key else None

        def work(tx: Tx) -> tuple[Passage, Outcome | None]:
            passage = Passage(tx, rooms, policy, self._forms_of(policy), by, at)
            done = once.claim(tx, at) if once else None
            if done is not None:
                passage.release_again(acts)
                return passage, done
            passage.run(acts)
            for act in acts:
                if isinstance(act, Publish):
                    self._shelf.publish(tx, act.source, _edition_of(act), at)
            if once:
                once.note(tx, passage.outcome())
            return passage, None

        passage, done = rooms.store.transact(work, urgent=any(map(_is_urgent, acts)))
        if done is not None:
            return msgspec.structs.replace(done, values=passage.values, replayed=True)
        return self._release(rooms, policy, passage, at)

    def _release(self, rooms: Rooms, policy: Policy, passage: Passage, at: Moment) -> Outcome:
        after.finish(rooms, passage)
        certificate = None
        for act, who in passage.erased:
            certificate = after.certify(
                rooms,
                act,
                who,
                at=at,
                edition=policy.hash[:16],
                epoch_days=self._epoch_days,
                farewells=passage.farewells[act.subject or ""],
            )
        return msgspec.structs.replace(
            passage.outcome(),
            values=passage.values,
            replies=after.hand_over(rooms, passage),
            certificate=certificate,
        )

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

    # --- knowing -------------------------------------------------------------------------------

    def ask(self, *acts: Act, by: Actor = SUBJECT) -> tuple[Decision, ...]:
        """Say what the policy would decide; nothing is done and nothing recorded."""
        at = self.clock.now()
        policy = self.policy(at)
        return tuple(
            policy.decide(ask, standing, at)
            for act in acts
            for standing in (self._standing_for(act, policy),)
            for ask in asks(act, by, standing)
        )

    def weigh(self, *acts: Act, by: Actor = SUBJECT) -> Weighed:
        """Say what ``perform`` would, one act upon the other, and do none; see ``weighing``."""
        at = self.clock.now()
        policy = self.policy(at)
        known = partial(self._standing_for, policy=policy)
        scales = Scales(self.regions.values(), policy, self._forms_of(policy), known)
        return scales.weigh(acts, by, at)

    def _policy_for(self, acts: tuple[Act, ...], at: Moment) -> Policy:
        """Return the policy in force; for the very first edition, the one being published."""
        try:
            return self.policy(at)
        except NotFound:
            for act in acts:
                if isinstance(act, Publish):
                    return Policy(_edition_of(act))
            raise

    def _standing_for(self, act: Act, policy: Policy) -> Standing:
        if act.subject is None:
            return stranger(self.home, policy)
        try:
            return self.standing(act.subject)
        except NotFound:
            return stranger(act.subject.region, policy)

    def policy(self, at: Moment | None = None) -> Policy:
        """Return the policy in force at a moment (now, if none is given)."""
        return self._shelf.at(self.clock.now() if at is None else at)

    def editions(self) -> tuple[Slot, ...]:
        """Return every published edition: its hash, name and moments."""
        return self._shelf.editions()

    def source(self, edition: str) -> str:
        """Return an edition's document as it was written, by its hash. Raises ``NotFound``."""
        return self._shelf.source(edition)

    def standing(self, subject: SubjectId) -> Standing:
        """Return what a subject has said and what we owe them. Raises ``NotFound``, ``Erased``."""
        rooms = self._rooms(subject.region)
        return rooms.standings.read(self._handle(rooms, subject).who)

    def inventory(self, subject: SubjectId) -> list[views.Holding]:
        """Say what is held, why and until when, without opening it (policy 9.1)."""
        at = self.clock.now()
        return views.inventory(self.standing(subject), self.policy(at), at)

    def owed(self, subject: SubjectId) -> dict[str, Owed]:
        """Return what we owe a subject and by when."""
        return self.standing(subject).owed

    def trail(self, subject: SubjectId) -> list[Entry]:
        """Return every entry about a subject, oldest first: who looked, when and why."""
        rooms = self._rooms(subject.region)
        self._batches[rooms.region].flush()
        return rooms.log.trail(self._handle(rooms, subject).who)

    def prove(self, region: Region, entry: str) -> InclusionProof:
        """Return the proof that an entry stands in a region's ledger, integrated and signed."""
        rooms = self._rooms(region)
        rooms.log.integrate(self.clock.now())
        rooms.log.checkpoint(self.clock.now())
        return rooms.log.inclusion(entry)

    def new_subject(self, residence: str) -> SubjectId:
        """Draw an id in the region where somebody who lives in ``residence`` is kept."""
        return SubjectId.new(Region(self.policy().residence(residence).region))

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
            asked += after.run_errands(rooms, at, edition=edition)
            integrated += rooms.log.integrate(at)
        return {"delivered": delivered, "integrated": integrated, "asked": asked}

    def subjects(self) -> Iterator[SubjectId]:
        """Give every subject's id, region by region: for what has to reach everybody."""
        for rooms in self.regions.values():
            yield from rooms.vault.subjects()

    def due(self, limit: int = 1000) -> list[SubjectId]:
        """Return subjects of whom something has reached its retention date."""
        at, regions = self.clock.now(), self.regions.values()
        return [one for rooms in regions for one in rooms.vault.due(at, limit)]

    def close(self) -> None:
        """Write what is still in memory and let go of the stores."""
        for region, rooms in self.regions.items():
            self._batches[region].flush()
            rooms.store.close()

    # --- finding the way -----------------------------------------------------------------------

    def _handle(self, rooms: Rooms, subject: SubjectId) -> Handle:
        try:
            return rooms.vault.handle(subject)
        except NotFound:
            raise absent(subject, rooms.store.query) from None

    def _rooms(self, region: Region) -> Rooms:
        try:
            return self.regions[region]
        except KeyError:
            raise NotFound(f"this instance has no region `{region}`") from None

    def _rooms_of(self, acts: Iterable[Act]) -> Rooms:
        regions = {act.subject.region for act in acts if act.subject is not None}
        if len(regions) > 1:
            raise BadInput(
                "acts on subjects of two regions cannot be one transaction",
                clause="2.4",
                remedy="perform them region by region",
            )
        return self._rooms(regions.pop() if regions else self.home)

    def _forms_of(self, policy: Policy) -> dict[str, Form]:
        forms = self._forms.get(policy.hash)
        if forms is None:
            forms = self._forms[policy.hash] = forms_of(policy.edition)
        return forms


def _edition_of(act: Publish) -> Edition:
    edition = reader.load(act.source, "the published document")
    if edition.hash != act.edition:
        raise BadInput("the document is not the edition it says it is", clause="11.5")
    return edition


def _batched(act: Use | Find, policy: Policy) -> bool:
    purpose = policy.edition.purposes.get(act.purpose)
    return purpose is not None and purpose.batched is not None


def _is_urgent(act: Act) -> bool:
    warning = isinstance(act, Notify) and (act.notice == BREACH or act.purpose == "legal")
    return warning or isinstance(act, URGENT)
