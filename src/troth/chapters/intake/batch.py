"""A list of requests that were taken elsewhere, brought in row by row (policy 9.7b; F7).

Each row stands for itself: one that is wrong is named by its line and the others are taken. A row
that was brought in before is known by its reference, or by all that stands in it.
"""

from pathlib import Path

from msgspec import Struct

from troth.chapters.intake.ground import Ground, kind_of, residence_of
from troth.documents.intake import rows
from troth.documents.intake.rows import Row
from troth.documents.requests.answer import KINDS
from troth.documents.requests.claims import Claim
from troth.model.acts import SYSTEM, Actor
from troth.model.errors import BadInput


class Wrong(Struct, frozen=True, kw_only=True):
    """A row that was not taken: its line, why, and in which column."""

    line: int
    why: str
    field: str = ""


class Tally(Struct, frozen=True, kw_only=True):
    """What became of a list: the numbers that were opened, how many were known, what was wrong."""

    opened: tuple[str, ...]
    known: int
    wrong: tuple[Wrong, ...]


class Batch:
    """Brings in lists."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def take(self, path: Path, *, by: Actor = SYSTEM, dry_run: bool = False) -> Tally:
        """Bring in a list; ``dry_run`` only reads it.

        Raises ``NotFound``, ``BadInput`` for a list that cannot be read at all.
        """
        opened: list[str] = []
        wrong: list[Wrong] = []
        known = 0
        for row in rows.read(path):
            why = _wrong(row)
            if why is not None:
                wrong.append(why)
                continue
            if self._known(row):
                known += 1
            elif not dry_run:
                try:
                    opened.append(self._open(row, by))
                except BadInput as error:
                    wrong.append(Wrong(line=row.line, why=error.message, field=error.field))
        return Tally(opened=tuple(opened), known=known, wrong=tuple(wrong))

    def _known(self, row: Row) -> bool:
        return self._ground.register.by_reference(self._reference(row)) is not None

    def _open(self, row: Row, by: Actor) -> str:
        reply = {
            way: row.claimed[field]
            for way, field in (("email", "contact.email"), ("letter", "contact.address"))
            if field in row.claimed
        }
        opened = self._ground.ways.open(
            kind_of(row.kind),
            Claim(values=row.claimed, reply=reply),
            channel=row.channel,
            text=row.text or None,
            language=row.language or "zh",
            residence=residence_of(self._ground.gate, row.residence),
            received=row.received,
            once=self._ground.once(self._reference(row)),
            by=by,
        )
        self._ground.enter(opened, "desk", reference=self._reference(row))
        return opened.number

    def _reference(self, row: Row) -> bytes:
        register = self._ground.register
        if row.reference:
            return register.digest("list", row.reference)
        told = [f"{field}={register.known_as(row.claimed[field])}" for field in sorted(row.claimed)]
        return register.digest(
            "list", row.kind, str(row.received), register.known_as(row.text), *told
        )


def _wrong(row: Row) -> Wrong | None:
    if row.wrong:
        return Wrong(line=row.line, why=row.wrong, field=row.field)
    if row.kind not in KINDS:
        return Wrong(line=row.line, why=f"it is one of {', '.join(KINDS)}", field="kind")
    return None
