"""The paper register: what is held on paper, of whom, where, until when, how it ended (9.4-7).

A row says which category lies on how many pages of what kind and in which place; it takes nothing
of what is written there. It outlives its subject: whoever was erased has paper until somebody
destroyed it and said how. What is sensitive is destroyed by two people.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from troth.model.clock import Moment
from troth.model.errors import BadInput, NotFound, Refused
from troth.model.terms import Region, SubjectId
from troth.store.sql import Row, Store

Kind = Literal["letter", "form", "copy", "contract", "card", "other"]
Method = Literal["shredded", "burnt", "pulped"]
State = Literal["held", "proposed", "destroyed"]
KINDS: Final = ("letter", "form", "copy", "contract", "card", "other")
METHODS: Final = ("shredded", "burnt", "pulped")
LEVELS: Final = ("P-3", "P-4", "P-5", "P-6", "P-7")
"""Security levels of DIN 66399 for paper; below P-3 strips can be put together again."""
PERSONAL: Final = "P-4"
"""The lowest level for what is about somebody."""
SENSITIVE: Final = "P-5"
"""The lowest level for what is sensitive."""
PLACE: Final = re.compile(r"[\w][\w .,/#-]{0,39}")
MANY_DIGITS: Final = re.compile(r"\d{5}")
MOST_PAGES: Final = 10_000
LETTER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9./-]{0,31}")

COLUMNS: Final = (
    "id, subject_id, letter, category, kind, pages, place, since, due_at, state, method, level,"
    " proposed_by, done_by, done_at"
)
# Paper came in.
ADD: Final = (
    f"INSERT INTO papers ({COLUMNS})"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'held', '', '', '', '', NULL)"
)
ONE: Final = f"SELECT {COLUMNS} FROM papers WHERE id = ?"
# What there is, soonest due first; what has no date yet comes last.
LIST: Final = (
    f"SELECT {COLUMNS} FROM papers WHERE state <> 'destroyed'"
    " ORDER BY CASE WHEN due_at IS NULL THEN 1 ELSE 0 END, due_at, id LIMIT ?"
)
OF_SUBJECT: Final = f"SELECT {COLUMNS} FROM papers WHERE subject_id = ? ORDER BY since, id"
# What was destroyed, newest first.
GONE: Final = (
    f"SELECT {COLUMNS} FROM papers WHERE state = 'destroyed' ORDER BY done_at DESC, id LIMIT ?"
)
MOVE: Final = "UPDATE papers SET place = ? WHERE id = ? AND state <> 'destroyed'"
DATE: Final = "UPDATE papers SET due_at = ? WHERE id = ? AND state <> 'destroyed'"
# The first of two says that it was destroyed.
PROPOSE: Final = (
    "UPDATE papers SET state = 'proposed', method = ?, level = ?, proposed_by = ?"
    " WHERE id = ? AND state = 'held'"
)
# It is gone; of two at once, one says so. What names its subject goes with it.
DESTROY: Final = (
    "UPDATE papers SET state = 'destroyed', method = ?, level = ?, done_by = ?, done_at = ?,"
    " subject_id = '' WHERE id = ? AND state = ? AND proposed_by <> ?"
)
HELD: Final = "SELECT COUNT(*) FROM papers WHERE subject_id = ?"
"""How much paper there still is of a subject: what an erasure asks again."""
LEFT: Final = f"{HELD} AND EXISTS (SELECT 1 FROM gone WHERE gone.subject_id = papers.subject_id)"
"""The same of whoever is gone: their erasure is open until somebody destroyed it."""
DUE_NOW: Final = "UPDATE papers SET due_at = 0 WHERE subject_id = ? AND state <> 'destroyed'"
"""What an erasure does: the paper of whoever is gone is due at once."""


class Paper(Struct, frozen=True, kw_only=True):
    """Something on paper. ``letter`` is the number of a letter that is of no subject we know.

    ``due`` is nothing while its term waits for an event; 0 is at once. Staff are random ids.
    """

    id: str
    subject: SubjectId | None
    letter: str
    category: str
    kind: Kind
    pages: int
    place: str
    since: Moment
    due: Moment | None
    state: State
    method: str
    level: str
    first: str
    second: str
    done: Moment | None


class Destruction(Struct, frozen=True, kw_only=True):
    """The certificate: which paper, what it was, who destroyed it when, how, and who saw it."""

    paper: str
    category: str
    kind: str
    pages: int
    method: str
    level: str
    standard: str
    by: str
    witness: str
    at: Moment


class Register:
    """The paper of a house: a subject's in the store of their region, the rest at home."""

    def __init__(self, stores: Mapping[Region, Store], home: Region) -> None:
        self._stores = stores
        self._home = home

    def enter(
        self,
        *,
        subject: SubjectId | None,
        letter: str,
        category: str,
        kind: Kind,
        pages: int,
        place: str,
        at: Moment,
        due: Moment | None,
    ) -> Paper:
        """Enter paper that came in, or was found.

        Raises ``BadInput`` for one that is of nobody, lies nowhere, or whose place tells of
        somebody.
        """
        if (subject is None) == (not letter):
            raise BadInput(
                "paper is of one subject, or has one letter's number",
                clause="9.4",
                remedy="give the one or the other",
                field="subject",
            )
        if letter and not LETTER.fullmatch(letter):
            raise BadInput("a letter's number is letters, digits, `.`, `/`, `-`", field="letter")
        if kind not in KINDS or not 1 <= pages <= MOST_PAGES:
            raise BadInput(f"`{kind}` of {pages} pages is nothing we keep", field="kind")
        paper = secrets.token_hex(6)
        row = (paper, subject or "", letter, category, kind, pages, _place(place), at, due)
        self._store(subject).transact(lambda tx: tx.run(ADD, row))
        return self.get(paper)

    def move(self, paper: str, place: str) -> Paper:
        """Note that paper lies elsewhere now. Raises ``NotFound``, ``BadInput``."""
        store, where = self._find(paper)[0], _place(place)
        store.transact(lambda tx: tx.run(MOVE, (where, paper)))
        return self.get(paper)

    def date(self, paper: Paper, due: Moment | None) -> None:
        """Note when paper is due."""
        store = self._find(paper.id)[0]
        store.transact(lambda tx: tx.run(DATE, (due, paper.id)))

    def destroy(
        self, paper: str, method: Method, level: str, *, by: str, at: Moment, sensitive: bool
    ) -> Paper:
        """Say that paper was destroyed; what is sensitive is gone when a second person says so.

        Raises ``BadInput`` for a method that leaves something to read, ``Refused`` where the second
        is the first or says something else.
        """
        store, known = self._find(paper)
        _demand(method, level, sensitive=sensitive)
        second = known.state == "proposed"
        if second and (known.method, known.level) != (method, level):
            raise Refused("the two do not say the same", clause="9.4", remedy="look again")
        row: list[object]
        if sensitive and not second:
            sql, row = PROPOSE, [method, level, by, paper]
        else:
            sql, row = DESTROY, [method, level, by, at, paper, known.state, by]
        done = store.transact(lambda tx: tx.change(sql, row))
        if not done:
            raise Refused(
                f"paper `{paper}` is not yours to destroy any more",
                clause="9.4",
                remedy="somebody else has to confirm it, or did already",
            )
        return self.get(paper)

    # --- knowing -------------------------------------------------------------------------------

    def get(self, paper: str) -> Paper:
        """Return one. Raises ``NotFound``."""
        return self._find(paper)[1]

    def all(self, limit: int = 200) -> list[Paper]:
        """Return what there is, soonest due first."""
        rows = [row for store in self._stores.values() for row in store.query(LIST, (limit,))]
        found = sorted(map(_paper, rows), key=_order)
        return found[:limit]

    def of(self, subject: SubjectId) -> list[Paper]:
        """Return what there is of a subject, alive or erased."""
        return [_paper(row) for row in self._stores[subject.region].query(OF_SUBJECT, (subject,))]

    def gone(self, limit: int = 200) -> list[Paper]:
        """Return what was destroyed, newest first."""
        rows = [row for store in self._stores.values() for row in store.query(GONE, (limit,))]
        return sorted(map(_paper, rows), key=lambda one: -(one.done or 0))[:limit]

    def _store(self, subject: SubjectId | None) -> Store:
        return self._stores[self._home if subject is None else subject.region]

    def _find(self, paper: str) -> tuple[Store, Paper]:
        for store in self._stores.values():
            for row in store.query(ONE, (paper,)):
                return store, _paper(row)
        raise NotFound(f"no paper has the number `{paper}`")


def certificate(paper: Paper) -> Destruction:
    """Return the certificate of paper that was destroyed. Raises ``NotFound`` before it was."""
    if paper.state != "destroyed" or paper.done is None:
        raise NotFound(f"paper `{paper.id}` was not destroyed yet")
    return Destruction(
        paper=paper.id,
        category=paper.category,
        kind=paper.kind,
        pages=paper.pages,
        method=paper.method,
        level=paper.level,
        standard="DIN 66399" if paper.method == "shredded" else "",
        by=paper.first or paper.second,
        witness=paper.second if paper.first else "",
        at=paper.done,
    )


def _demand(method: str, level: str, *, sensitive: bool) -> None:
    least = SENSITIVE if sensitive else PERSONAL
    shredded = method == "shredded"
    fine = shredded and level in LEVELS and LEVELS.index(level) >= LEVELS.index(least)
    if method not in METHODS or (shredded and not fine) or (not shredded and level):
        raise BadInput(
            f"`{method}` `{level}` does not destroy this paper",
            clause="9.4",
            remedy=f"shred it at {least} or finer (DIN 66399), burn it, or pulp it",
            field="method",
        )


def _place(text: str) -> str:
    place = text.strip()
    if not PLACE.fullmatch(place) or MANY_DIGITS.search(place):
        raise BadInput(
            "a place is a room, a cabinet, a shelf: a few words, and nothing about anybody",
            clause="9.4",
            remedy="write it like `Hong Kong, cabinet 3, shelf 2`",
            field="place",
        )
    return place


def _order(paper: Paper) -> tuple[bool, int, str]:
    return paper.due is None, paper.due or 0, paper.id


def _paper(row: Row) -> Paper:
    (
        paper, subject, letter, category, kind, pages, place, since, due, state, method, level,
        first, second, done,
    ) = row  # fmt: skip
    return Paper(
        id=paper,
        subject=SubjectId(subject) if subject else None,
        letter=letter,
        category=category,
        kind=kind,
        pages=pages,
        place=place,
        since=Moment(since),
        due=None if due is None else Moment(due),
        state=state,
        method=method,
        level=level,
        first=first,
        second=second,
        done=None if done is None else Moment(done),
    )
