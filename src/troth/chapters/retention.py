"""Retention: what is due goes, what a law holds stays set aside until its date (policy 7.2, 9.4).

The scheduler calls ``sweep``. A field is due when the term that the policy gives it is over for the
purposes it was kept for; a held one is restricted instead and goes when its hold ends.
"""

from collections.abc import Iterable

from msgspec import Struct

from troth.documents import ending
from troth.documents.notice import Notices, language_of
from troth.gate import Gate, Outcome
from troth.model.acts import SYSTEM, Act, Actor, Hold, HoldLifted
from troth.model.clock import Moment
from troth.model.errors import BadInput, Erased, NotFound
from troth.model.terms import Fields, SubjectId


class Due(Struct, frozen=True, kw_only=True):
    """What a sweep would do, or did, to one subject."""

    subject: SubjectId
    gone: tuple[str, ...]
    held: tuple[str, ...]
    complete: bool | None = None


class Retention:
    """The terms of what is held."""

    def __init__(self, gate: Gate, notices: Notices) -> None:
        self._gate = gate
        self._notices = notices

    def due(self, subject: SubjectId) -> ending.Plan:
        """Say what of a subject's data has reached its term, and what of that a law holds.

        Of a closed account everything has: its purposes ended with it.
        """
        at = self._gate.clock.now()
        standing = self._gate.standing(subject)
        closed = standing.life == "closed"
        fields = tuple(
            each.field
            for each in self._gate.inventory(subject)
            if closed or (each.until is not None and each.until <= at)
        )
        edition = self._gate.policy().edition
        return ending.plan(standing, fields, edition, at) if fields else _NOTHING

    def sweep(
        self,
        subjects: Iterable[SubjectId] | None = None,
        *,
        dry_run: bool = False,
        limit: int = 1000,
    ) -> list[Due]:
        """Erase what is due, of the subjects given or of those the vault names; say what was done.

        With ``dry_run`` nothing is changed. Somebody erased meanwhile is no error.
        """
        found = self._gate.due(limit) if subjects is None else subjects
        swept = []
        for subject in found:
            try:
                swept.append(self._sweep_one(subject, dry_run=dry_run))
            except (NotFound, Erased):
                continue
        return [each for each in swept if each is not None]

    def _sweep_one(self, subject: SubjectId, *, dry_run: bool) -> Due | None:
        what = self.due(subject)
        standing = self._gate.standing(subject)
        closed = standing.life == "closed"
        new = tuple(each for each in what.held if each.field not in standing.restrictions)
        if not what.gone and not new:
            return None
        told = Due(subject=subject, gone=what.gone, held=tuple(each.field for each in what.held))
        if dry_run:
            return told
        everything = closed and set(what.gone) == set(standing.held)
        acts: list[Act] = []
        if not everything:
            language = language_of(standing)
            named = ending.in_words(what.gone, self._gate.policy().edition, language)
            acts += self._notices.tell(subject, standing, "ended_term", {"fields": named})
        whole = ending.Plan(gone=what.gone, held=what.held)
        acts += ending.acts(
            subject, whole, ground="term_over", close=everything, placed=standing.holds
        )
        outcome = self._gate.perform(*acts, by=SYSTEM)
        asked = outcome.certificate
        return Due(
            subject=subject,
            gone=told.gone,
            held=told.held,
            complete=asked.complete if asked else None,
        )

    # --- holds ---------------------------------------------------------------------------------

    def hold(
        self,
        subject: SubjectId,
        name: str,
        *,
        law: str,
        fields: Fields,
        until: Moment,
        by: Actor,
    ) -> Outcome:
        """Place a hold: named, dated, by a member of staff (policy 9.4).

        Raises ``BadInput`` for one without a law or with a date that has passed.
        """
        if not law or until <= self._gate.clock.now() or by.kind != "staff":
            raise BadInput(
                "a hold names its law, ends later than now, and is placed by staff",
                clause="9.4",
                remedy="state law, fields and the last day",
                field="hold",
            )
        act = Hold(subject=subject, name=name, law=law, fields=fields, until=until)
        return self._gate.perform(act, by=by)

    def lift(self, subject: SubjectId, name: str, *, by: Actor) -> Outcome:
        """Lift a hold; what it held is due at the next sweep. Raises ``NotFound``."""
        if name not in self._gate.standing(subject).holds:
            raise NotFound(f"no hold is called `{name}`")
        return self._gate.perform(HoldLifted(subject=subject, name=name), by=by)


_NOTHING = ending.Plan(gone=(), held=())
