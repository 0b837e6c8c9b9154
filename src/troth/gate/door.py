"""The door itself: ``perform``, ``ask`` and what may be known without opening anything.

House decisions 5 to 13. Every perform is one durable transaction in one region; a refusal is
recorded too, in a transaction of its own, because the one it refused was rolled back.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from troth.gate import after, views
from troth.gate.batch import UseBatch
from troth.gate.judge import asks, stranger
from troth.gate.passage import IS_GONE, WAS_HERE, Passage
from troth.gate.rooms import Outcome, Rooms
from troth.ledger.entry import Entry
from troth.ledger.checkpoint import InclusionProof
from troth.model.acts import SUBJECT, Act, Actor, Erase, Export, Find, Publish, Show, Use
from troth.model.clock import Clock, Moment
from troth.model.errors import BadInput, Erased, KeyReused, NotFound, Refused
from troth.model.standing import Owed, Standing
from troth.model.terms import ALL, Fields, Region, SubjectId
from troth.policy import reader
from troth.policy.decide import Decision, Policy
from troth.policy.edition import Edition
from troth.policy.shelf import Shelf, Slot
from troth.store.sql import Tx
from troth.vault.cells import Handle
from troth.vault.forms import Form

DONE_BEFORE: Final = "SELECT digest, outcome FROM performed WHERE subject_id = ? AND key = ?"
NOTE_DONE: Final = (
    "INSERT INTO performed (subject_id, key, digest, outcome, at) VALUES (?, ?, ?, ?, ?)"
)
FORGET_DONE: Final = "DELETE FROM performed WHERE at < ?"

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
        again. Raises ``Refused`` or ``ConsentMissing`` (with ``decision``), ``NotFound``,
        ``Erased``, ``BadValue``, ``Taken``, ``KeyReused``, ``StoreFull``.
        """
        at = self.clock.now()
        if len(acts) == 1 and isinstance(acts[0], Find):
            return self._find(acts[0], by, at)
        rooms = self._rooms_of(acts)
        policy = self._policy_for(acts, at)
        if len(acts) == 1 and isinstance(acts[0], Use) and _batched(acts[0], policy):
            return self._batches[rooms.region].use(acts[0], by, policy, at)
        if any(isinstance(act, Erase) for act in acts):
            self._batches[rooms.region].flush()
        try:
            return self._pass(rooms, policy, acts, by, key, at)
        except Refused as refusal:
            self._remember_refusal(rooms, policy, acts, by, at, refusal)
            raise

    def _pass(
        self, rooms: Rooms, policy: Policy, acts: tuple[Act, ...], by: Actor, key: str, at: Moment
    ) -> Outcome:
        name = next((act.subject for act in acts if act.subject), "") or ""
        digest = _digest(acts) if key else b""

        def work(tx: Tx) -> Passage | Outcome:
            if key:
                done = self._done_before(tx, name, key, digest)
                if done is not None:
                    return done
            passage = Passage(tx, rooms, policy, self._forms_of(policy), by, at)
            passage.run(acts)
            for act in acts:
                if isinstance(act, Publish):
                    self._shelf.publish(tx, act.source, _edition_of(act), at)
            if key:
                tx.run(NOTE_DONE, (name, key, digest, _packed(passage, at), at))
            return passage

        passage = rooms.store.transact(work)
        if isinstance(passage, Outcome):
            return msgspec.structs.replace(
                passage, values=self._open_again(rooms, acts), replayed=True
            )
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
                farewells=len(passage.queued),
            )
        return Outcome(
            at=at,
            entries=tuple(entry.id for entry in passage.entries),
            decisions=tuple(passage.decisions),
            values=passage.values,
            replies=after.hand_over(rooms, passage),
            certificate=certificate,
        )

    def _done_before(self, tx: Tx, name: str, key: str, digest: bytes) -> Outcome | None:
        rows = tx.run(DONE_BEFORE, (name, key))
        if not rows:
            return None
        if bytes(rows[0][0]) != digest:
            raise KeyReused(remedy="draw a new idempotency key for a new act")
        return msgspec.msgpack.decode(bytes(rows[0][1]), type=Outcome)

    def _open_again(self, rooms: Rooms, acts: tuple[Act, ...]) -> dict[str, object]:
        values: dict[str, object] = {}
        for act in acts:
            if isinstance(act, Use | Show | Export) and act.subject is not None:
                values.update(rooms.vault.open(rooms.vault.handle(act.subject), act.fields))
        return values

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
        except NotFound:
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

    def _find(self, act: Find, by: Actor, at: Moment) -> Outcome:
        policy = self.policy(at)
        form = self._forms_of(policy)[_declared(act.field, policy)]
        for rooms in self.regions.values():
            nobody = stranger(rooms.region, policy)
            decision = policy.decide(asks(act, by, nobody)[0], nobody, at)
            if decision.effect != "allow":
                raise Refused(decision.reason["en"], decision=decision, remedy=decision.remedy)
            found = rooms.vault.find(act.field, act.value, form)
            if found:
                return Outcome(at=at, decisions=(decision,), found=tuple(found))
        return Outcome(at=at)

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

    def _policy_for(self, acts: tuple[Act, ...], at: Moment) -> Policy:
        """The policy in force; for the very first edition, the one that is being published."""
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

    def standing(self, subject: SubjectId) -> Standing:
        """Return what a subject has said and what we owe them. Raises ``NotFound``, ``Erased``."""
        rooms = self._rooms(subject.region)
        return rooms.standings.read(self._handle(rooms, subject).who)

    def inventory(self, subject: SubjectId) -> list[views.Holding]:
        """Say what is held, why and until when, without opening it (policy 9.1)."""
        at = self.clock.now()
        return views.inventory(self.standing(subject), self.policy(at), at)

    def erasure_plan(self, subject: SubjectId, fields: Fields = ALL) -> list[views.Fate]:
        """Say what an erasure would do, field by field (policy 6.4)."""
        return views.plan(self.standing(subject), fields, self.clock.now())

    def owed(self, subject: SubjectId) -> dict[str, Owed]:
        """Return what we owe a subject and by when."""
        return self.standing(subject).owed

    def trail(self, subject: SubjectId) -> list[Entry]:
        """Return every entry about a subject, oldest first: who looked, when and why."""
        rooms = self._rooms(subject.region)
        self._batches[rooms.region].flush()
        return rooms.log.trail(self._handle(rooms, subject).who)

    def prove(self, region: Region, entry: str) -> InclusionProof:
        """Return the proof that an entry stands in a region's ledger, integrating it first."""
        rooms = self._rooms(region)
        rooms.log.integrate(self.clock.now())
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
            delivered += after.deliver(rooms, at, edition=edition)
            asked += after.run_errands(rooms, at, edition=edition)
            integrated += rooms.log.integrate(at)
        return {"delivered": delivered, "integrated": integrated, "asked": asked}

    def due(self, limit: int = 1000) -> list[SubjectId]:
        """Return subjects of whom something has reached its retention date."""
        at = self.clock.now()
        return [
            subject
            for rooms in self.regions.values()
            for subject in rooms.vault.due(at, limit)
        ]

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
            if rooms.store.query(WAS_HERE, (subject,)):
                raise Erased(clause="6.4") from None
            raise

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
            forms = {
                name: Form(
                    kind=category.form,
                    indexed=category.indexed,
                    unique=category.unique,
                    mask=category.mask,
                )
                for name, category in policy.edition.categories.items()
            }
            self._forms[policy.hash] = forms
        return forms


def _edition_of(act: Publish) -> Edition:
    edition = reader.load(act.source, "the published document")
    if edition.hash != act.edition:
        raise BadInput("the document is not the edition it says it is", clause="11.5")
    return edition


def _batched(act: Use, policy: Policy) -> bool:
    purpose = policy.edition.purposes.get(act.purpose)
    return purpose is not None and purpose.batched is not None


def _declared(field: str, policy: Policy) -> str:
    if field not in policy.edition.categories:
        raise NotFound(f"the policy declares no field `{field}`")
    return field


def _digest(acts: tuple[Act, ...]) -> bytes:
    """Recognise the same acts again, by what may be remembered of them."""
    told = [(act.kind, act.subject or "", act.record()) for act in acts]
    return hashlib.sha256(msgspec.json.encode(told, enc_hook=str, order="sorted")).digest()


def _packed(passage: Passage, at: Moment) -> bytes:
    outcome = Outcome(
        at=at,
        entries=tuple(entry.id for entry in passage.entries),
        decisions=tuple(passage.decisions),
    )
    return msgspec.msgpack.encode(outcome)
