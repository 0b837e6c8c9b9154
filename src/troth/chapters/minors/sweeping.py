"""What the clock does for minors: it ends waiting, erases in time, finds birthdays (policy 8).

Nobody at the desk has to act for a child's data to go. Each step is done in its own passage, so one
that cannot be done keeps no other from being done.
"""

from collections.abc import Mapping
from typing import Final

from troth.chapters.minors.consenting import Consenting
from troth.chapters.minors.finding import Finding, waits_for_appeal
from troth.chapters.minors.ground import APPEAL_DUE, CONSENT_DUE, OPEN_DUE, Ground
from troth.chapters.minors.growing import Growing
from troth.documents import ending
from troth.documents.requests.answer import request_id
from troth.model.acts import SYSTEM, Act, ConsentWithdrawn, Owe, Settle
from troth.model.clock import DAY, MINUTE, Moment, after
from troth.model.errors import Erased, NotFound, Refused
from troth.model.standing import GUARDIAN_COLLECTS, GUARDIAN_DISCLOSES, Owed
from troth.model.terms import SubjectId

EVERY: Final = MINUTE
"""How long at least between two looks: what is due is due by the day."""
GUARDIANS: Final = (GUARDIAN_COLLECTS, GUARDIAN_DISCLOSES)
WAITING: Final = (CONSENT_DUE, OPEN_DUE)
WARD_GONE: Final = ("对应的账号已不存在", "The account that you stood for is gone")


class Sweeping:
    """The clock's hand in this chapter."""

    def __init__(
        self, ground: Ground, consenting: Consenting, finding: Finding, growing: Growing
    ) -> None:
        self._ground = ground
        self._gate = ground.gate
        self._consenting = consenting
        self._finding = finding
        self._growing = growing
        self._looked: Moment | None = None

    def sweep(self, limit: int = 1000) -> int:
        """Do what has come due; return how many matters were moved."""
        at = self._gate.clock.now()
        if self._looked is not None and 0 <= at - self._looked < EVERY:
            return 0
        self._looked = at
        moved = sum(self._due(subject, at) for subject in self._gate.due(limit))
        return moved + self._letters(at) + self._left_alone() + self._growing.look()

    def _due(self, subject: SubjectId, at: Moment) -> int:
        try:
            standing = self._gate.standing(subject)
            duties = [
                (name, owed.what)
                for name, owed in standing.owed.items()
                if owed.by_clock and owed.by <= at
            ]
            return sum(self._one(subject, *duty) for duty in sorted(duties, key=_order))
        except (NotFound, Erased):
            return 0

    def _one(self, subject: SubjectId, duty: str, what: str) -> bool:
        """Do one thing that is due. An erasure comes last: after it there is nobody."""
        if what == ending.TELL_CHILD_FOUND:
            self._finding.tell(subject)
        elif what == APPEAL_DUE:
            self._finding.lapse(subject, duty)
        elif what in WAITING:
            self._ground.ways.erase(subject, ("*",), "no_consent", SYSTEM)
        elif what == ending.ERASE_CHILD and not waits_for_appeal(self._gate.standing(subject)):
            self._ground.ways.erase(subject, ("*",), "child", SYSTEM)
        else:
            return False
        return True

    def _letters(self, at: Moment) -> int:
        """Send second letters whose time has come; finish what a crash left verified."""
        speakers, done = self._ground.speakers, 0
        for one in speakers.since("checking", at):
            if one.kind == "consent" and self._consenting.waits_long_enough(one):
                self._consenting.write_again(one)
                done += 1
        for one in speakers.since("verified", Moment(at - EVERY)):
            if one.kind == "consent" and one.ward is not None:
                self._consenting.finish(one)
                done += 1
        return done

    def _left_alone(self) -> int:
        """Erase guardians whose minor was erased; drop rows of those who never had a file."""
        ended = self._ground.speakers.alone()
        waited = self._ground.terms.consent_days * DAY + EVERY
        ended += self._ground.speakers.since("asked", Moment(self._gate.clock.now() - waited))
        for one in ended:
            if one.kind != "consent":
                continue
            try:
                acts = self._growing.farewells([one], WARD_GONE)
                self._gate.perform(*acts, by=SYSTEM)
            except (NotFound, Erased, Refused):
                # Gone, or closed already and only a law's hold still lies in their file.
                self._ground.speakers.drop(one.guardian)
        return len(ended)

    def beside(self, subject: SubjectId) -> list[Act]:
        """Return what the end of a minor does to their guardians, and of a guardian to a minor."""
        try:
            owed = self._gate.owed(subject)
        except (NotFound, Erased):
            return []
        one = self._ground.speakers.find(subject)
        if one is not None and one.kind == "consent" and one.ward is not None:
            return self._orphaned(one.ward)
        return self._ended(subject, owed)

    def _orphaned(self, ward: SubjectId) -> list[Act]:
        """Return what happens to a minor whose guardian had their own file erased.

        Nobody stands by the consent any more: it ends, and the minor's data with it, in time.
        """
        at = self._gate.clock.now()
        try:
            standing = self._gate.standing(ward)
        except (NotFound, Erased):
            return []
        until = after(at, days=self._ground.terms.erase_days)
        said = [key for key in GUARDIANS if standing.consents_to(key, at)]
        ended: list[Act] = [ConsentWithdrawn(subject=ward, to=key) for key in said]
        return [*ended, Owe(subject=ward, duty=request_id(), what=ending.ERASE_CHILD, by=until)]

    def _ended(self, ward: SubjectId, owed: Mapping[str, Owed]) -> list[Act]:
        settled = [
            Settle(
                subject=ward,
                duty=name,
                state="expired" if each.what in WAITING else "fulfilled",
            )
            for name, each in owed.items()
            if each.by_clock
        ]
        speakers = [one for one in self._ground.speakers.of(ward) if one.kind == "consent"]
        return [*settled, *self._growing.farewells(speakers, WARD_GONE)]


def _order(duty: tuple[str, str]) -> bool:
    """Put erasures last."""
    return duty[1] in (ending.ERASE_CHILD, *WAITING)
