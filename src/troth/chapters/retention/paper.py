"""Paper: entered when it comes, due like its category, destroyed by people, certified (9.4-7).

Whoever is erased has paper until somebody destroyed it: the certificate of the erasure names it and
is not complete before.
"""

from contextlib import suppress
from typing import cast

from troth.chapters.retention.ground import Ground
from troth.documents.retention.fates import paper_due
from troth.documents.retention.papers import Destruction, Kind, Method, Paper, certificate
from troth.model.acts import Actor, Event, Record
from troth.model.clock import Moment
from troth.model.errors import BadInput, Erased, NotFound, Refused
from troth.model.standing import Standing
from troth.model.terms import SubjectId


class Papers:
    """What lies in cabinets."""

    def __init__(self, ground: Ground) -> None:
        self._gate = ground.gate
        self._register = ground.books.papers

    def enter(
        self,
        *,
        category: str,
        kind: Kind,
        pages: int,
        place: str,
        subject: SubjectId | None = None,
        letter: str = "",
        by: Actor,
    ) -> Paper:
        """Enter paper of a subject, or a letter of somebody we do not know; say when it is due.

        Raises ``UnknownTerm`` for a category that the policy does not declare, ``BadInput``, and
        ``NotFound`` for a subject that never was.
        """
        _demand_staff(by)
        policy, at = self._gate.policy(), self._gate.clock.now()
        policy.field(category)
        standing = self._standing(subject) if subject is not None else None
        known = paper_due(category, standing, policy, at)
        if subject is not None and standing is None:
            known = Moment(0)
        paper = self._register.enter(
            subject=subject,
            letter=letter,
            category=category,
            kind=kind,
            pages=pages,
            place=place,
            at=at,
            due=known,
        )
        self._note(paper, "paper.entered", by, subject if standing else None)
        return paper

    def move(self, paper: str, place: str, *, by: Actor) -> Paper:
        """Note that paper lies elsewhere now. Raises ``NotFound``, ``BadInput``."""
        _demand_staff(by)
        moved = self._register.move(paper, place)
        self._note(moved, "paper.moved", by, self._alive(moved.subject))
        return moved

    def destroy(self, paper: str, method: Method, level: str = "", *, by: Actor) -> Paper:
        """Say that paper was destroyed, and how; what is sensitive takes two people.

        Raises ``NotFound``, ``BadInput`` for a method that leaves something to read, ``Refused``
        for the same person twice, and for paper that a law holds.
        """
        _demand_staff(by)
        known = self._register.get(paper)
        subject = self._alive(known.subject)
        self._demand_free(known, subject)
        done = self._register.destroy(
            paper,
            method,
            level,
            by=by.id,
            at=self._gate.clock.now(),
            sensitive=self._sensitive(known.category),
        )
        word = "paper.destroyed" if done.state == "destroyed" else "paper.proposed"
        self._note(done, word, by, subject)
        if done.state == "destroyed" and subject is None and known.subject is not None:
            self._complete(known.subject, by)
        return done

    def _complete(self, subject: SubjectId, by: Actor) -> None:
        """Have the erasure of whoever is gone certified anew: it waited for this paper."""
        for order in self._gate.databases.owed(subject):
            with suppress(NotFound):
                self._gate.databases.hurry(subject, order.id, by=by)

    def _demand_free(self, paper: Paper, subject: SubjectId | None) -> None:
        if subject is None:
            return
        standing, at = self._gate.standing(subject), self._gate.clock.now()
        held = standing.holding(paper.category, at)
        if held is not None:
            raise Refused(
                f"this paper may not be destroyed yet: {held[1].law}",
                clause="9.4",
                remedy="wait until the law lets go",
            )

    def two(self, paper: Paper) -> bool:
        """Tell whether two people are needed to destroy paper."""
        return self._sensitive(paper.category)

    def certificate(self, paper: str) -> Destruction:
        """Return the certificate of paper that was destroyed. Raises ``NotFound``."""
        return certificate(self._register.get(paper))

    def get(self, paper: str) -> Paper:
        """Return one. Raises ``NotFound``."""
        return self._register.get(paper)

    def all(self, limit: int = 200) -> list[Paper]:
        """Return what lies there, soonest due first."""
        return self._register.all(limit)

    def gone(self, limit: int = 200) -> list[Paper]:
        """Return what was destroyed, newest first."""
        return self._register.gone(limit)

    def of(self, subject: SubjectId) -> list[Paper]:
        """Return what lies there of a subject, alive or erased."""
        return self._register.of(subject)

    def review(self, limit: int = 500) -> int:
        """Work out anew when paper is due; return how much of it is due sooner or later now."""
        moved = 0
        for paper in self._register.all(limit):
            if paper.subject is None:
                continue
            standing = self._standing(paper.subject)
            due = self._due(paper, standing)
            if due != paper.due and paper.due != 0:
                self._register.date(paper, due)
                moved += 1
        return moved

    def _due(self, paper: Paper, standing: Standing | None) -> Moment | None:
        """Return when paper is due: at once, where nobody is left or the value was erased."""
        if standing is None or (paper.subject and self._erased_since(paper, paper.subject)):
            return Moment(0)
        return paper_due(paper.category, standing, self._gate.policy(), paper.since)

    def _standing(self, subject: SubjectId) -> Standing | None:
        try:
            return self._gate.standing(subject)
        except Erased:
            return None
        except NotFound:
            return None

    def _erased_since(self, paper: Paper, subject: SubjectId) -> bool:
        """Tell whether the value that the paper carries was erased after the paper came."""
        return any(
            entry.kind == "data.erased"
            and entry.at >= paper.since
            and paper.category in cast(list[str], entry.what.get("fields", []))
            for entry in self._gate.trail(subject)
        )

    def _alive(self, subject: SubjectId | None) -> SubjectId | None:
        return subject if subject is not None and self._standing(subject) is not None else None

    def _sensitive(self, category: str) -> bool:
        declared = self._gate.policy().edition.categories.get(category)
        return declared is not None and declared.sensitive is not None

    def _note(self, paper: Paper, word: str, by: Actor, subject: SubjectId | None) -> None:
        detail: Record = {"paper": paper.id, "category": paper.category, "pages": paper.pages}
        if paper.method:
            detail |= {"method": paper.method, "level": paper.level}
        self._gate.perform(Event(subject=subject, name=word, detail=detail), by=by)


def _demand_staff(by: Actor) -> None:
    if by.kind != "staff" or not by.id:
        raise BadInput("paper is in the hands of staff", clause="9.4", field="by")
