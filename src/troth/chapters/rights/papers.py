"""Papers: every receipt and certificate that was ever issued to a subject, with its proof (9.3).

Nothing is kept for this: a paper is an entry of the ledger, told for people. What proves it is the
ledger itself, which nobody can alter afterwards.
"""

from collections.abc import Container, Mapping
from typing import Final

from msgspec import Struct

from troth.chapters.rights import timeline
from troth.documents import testimony
from troth.documents.receipt import Statement, statement
from troth.gate import Entry, Gate
from troth.model.acts import Record
from troth.model.clock import DAY, Moment
from troth.model.errors import NotFound
from troth.model.terms import SubjectId

ISSUED: Final = (
    *("terms.accepted", "consent.given", "consent.refused", "consent.withdrawn"),
    *("purpose.objected", "objection.lifted", "data.restricted", "data.released"),
    *("data.corrected", "data.erased", "data.exported", "fact.verified"),
    "erasure.certified",
)
"""Kinds of entries that are papers by themselves; requests and their answers are, too."""
REQUESTS: Final = {"duty.owed": "request.received", "duty.settled": "request.settled"}
CHECKED: Final = ("realname", "guardianship")
"""Facts whose checking is a paper; that a code arrived is none."""


class Paper(Struct, frozen=True, kw_only=True):
    """One paper: the entry it is of, its kind and day, and what it says, field names included.

    ``title`` names it for people: the entry's kind, or ``request.received``, ``request.settled``.
    """

    entry: str
    kind: str
    title: str
    at: Moment
    what: Record
    clauses: tuple[str, ...]
    edition: str


class Papers:
    """What a subject can keep and hold against us."""

    def __init__(self, gate: Gate, *, irreversible_days: int) -> None:
        self._gate = gate
        self._days = irreversible_days

    def list(self, subject: SubjectId) -> list[Paper]:
        """List every paper of a subject, newest first."""
        trail = self._gate.trail(subject)
        asked = {one.number: one.what for one in timeline.requests(trail)}
        papers = (_paper(entry, asked) for entry in trail)
        return [paper for paper in reversed(list(papers)) if paper is not None]

    def one(self, subject: SubjectId, entry: str) -> Paper:
        """Return one paper of a subject. Raises ``NotFound``."""
        found = [paper for paper in self.list(subject) if paper.entry == entry]
        if not found:
            raise NotFound("no paper of yours has this number")
        return found[0]

    def statement(self, subject: SubjectId, entry: str) -> Statement:
        """Return one paper as its subject keeps it, with the proof that it stands in the ledger.

        Raises ``NotFound``.
        """
        paper = self.one(subject, entry)
        region = subject.region
        proof = self._gate.prove(region, entry)
        more: Record = {}
        if paper.kind == "data.erased":
            more = {"irreversible_by": Moment(paper.at + self._days * DAY)}
        return statement(
            paper.kind,
            paper.at,
            paper.what | more,
            paper.clauses,
            entry=entry,
            who=self._gate.standing(subject).pseudonym,
            region=region,
            edition=self._gate.policy(paper.at).edition,
            proof=proof.text(),
            key=self._gate.regions[region].log.vkey,
        )

    def proof(self, subject: SubjectId, entry: str) -> bytes:
        """Return the proof of any entry about a subject, as a zip to check offline.

        Raises ``NotFound`` for an entry that is not about them.
        """
        if entry not in {one.id for one in self._gate.trail(subject)}:
            raise NotFound("no entry about you has this number")
        region = subject.region
        return testimony.packed(
            self._gate.prove(region, entry), self._gate.regions[region].log.vkey, region
        )


def _paper(entry: Entry, asked: Mapping[str, str]) -> Paper | None:
    title = _title(entry, asked)
    if not title:
        return None
    what = entry.what
    if entry.kind in REQUESTS:
        # What was asked for stands in the entry that received it alone.
        what = {**what, "what": asked[str(what["duty"])]}
    return Paper(
        entry=entry.id,
        kind=entry.kind,
        title=title,
        at=entry.at,
        what=what,
        clauses=entry.clauses,
        edition=entry.edition,
    )


def _title(entry: Entry, asked: Container[object]) -> str:
    """Name the paper that an entry is; empty for one that is none."""
    if entry.kind in REQUESTS:
        return REQUESTS[entry.kind] if entry.what.get("duty") in asked else ""
    checked = entry.kind != "fact.verified" or entry.what.get("fact") in CHECKED
    return entry.kind if checked and entry.kind in ISSUED else ""
