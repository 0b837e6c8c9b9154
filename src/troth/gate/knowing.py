"""What may be known without opening anything, and without recording it (policy 9.1, 10.1, 11.4).

The half of the gate that reads: editions, decisions, standings, trails, proofs. ``door`` does.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from troth.gate import views
from troth.gate.batch import UseBatch
from troth.gate.judge import asks, stranger
from troth.gate.passage import absent
from troth.gate.rooms import Rooms
from troth.gate.weighing import Scales, Weighed, forms_of
from troth.ledger.checkpoint import InclusionProof
from troth.ledger.entry import Entry
from troth.model.acts import SUBJECT, Act, Actor, Publish
from troth.model.clock import Clock, Moment
from troth.model.errors import BadInput, NotFound
from troth.model.standing import Owed, Standing
from troth.model.terms import Region, SubjectId
from troth.policy import reader
from troth.policy.decide import Decision, Policy
from troth.policy.edition import Edition
from troth.policy.shelf import Shelf, Slot
from troth.vault.cells import Handle
from troth.vault.forms import Form


class Knowing:
    """Every region's rooms, the shelf of editions, and what can be read there."""

    def __init__(
        self, regions: Mapping[Region, Rooms], shelf: Shelf, *, home: Region, clock: Clock
    ) -> None:
        self.regions = regions
        self.clock = clock
        self.home = home
        self._shelf = shelf
        self._forms: dict[str, dict[str, Form]] = {}
        self._batches = {region: UseBatch(rooms) for region, rooms in regions.items()}

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
                    return Policy(edition_of(act))
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
        return list(self.walk(subject))

    def walk(self, subject: SubjectId) -> Iterator[Entry]:
        """Go through every entry about a subject, oldest first, in flat memory."""
        rooms = self._rooms(subject.region)
        self._batches[rooms.region].flush()
        return rooms.log.walk(self._handle(rooms, subject).who)

    def certified(self, region: Region, who: str) -> list[views.Certified]:
        """Return every certificate of an erasure, oldest first, by the pseudonym it was given to.

        Nothing else is told under a pseudonym, and no link from it to anybody is left.
        """
        rooms = self._rooms(region)
        trail = rooms.log.trail(who) if who else []
        owed = rooms.standings.read(who).owed if trail else {}
        return [views.certified(one, owed) for one in trail if one.kind == "erasure.certified"]

    def prove(self, region: Region, entry: str) -> InclusionProof:
        """Return the proof that an entry stands in a region's ledger, integrated and signed."""
        rooms = self._rooms(region)
        rooms.log.integrate(self.clock.now())
        rooms.log.checkpoint(self.clock.now())
        return rooms.log.inclusion(entry)

    def new_subject(self, residence: str, once: bytes = b"") -> SubjectId:
        """Draw an id in the region where somebody who lives in ``residence`` is kept.

        ``once``, a keyed digest of at least 16 octets, draws the same one again.
        """
        return SubjectId.new(Region(self.policy().residence(residence).region), once)

    def subjects(self) -> Iterator[SubjectId]:
        """Give every subject's id, region by region: for what has to reach everybody."""
        for rooms in self.regions.values():
            yield from rooms.vault.subjects()

    def due(self, limit: int = 1000) -> list[SubjectId]:
        """Return subjects of whom something has reached its retention date."""
        at, regions = self.clock.now(), self.regions.values()
        return [one for rooms in regions for one in rooms.vault.due(at, limit)]

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

    def forms(self) -> dict[str, Form]:
        """Return the forms of the fields of the policy in force."""
        return self._forms_of(self.policy())

    def _forms_of(self, policy: Policy) -> dict[str, Form]:
        forms = self._forms.get(policy.hash)
        if forms is None:
            forms = self._forms[policy.hash] = forms_of(policy.edition)
        return forms


def edition_of(act: Publish) -> Edition:
    """Read the edition that is published. Raises ``BadInput`` for another than the act names."""
    edition = reader.load(act.source, "the published document")
    if edition.hash != act.edition:
        raise BadInput("the document is not the edition it says it is", clause="11.5")
    return edition
