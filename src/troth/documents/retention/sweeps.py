"""The certificate of a sweep: what went of how many, how, and what a law holds (7.2e, 9.4-8).

It has no subject and no value in it: categories, figures, methods. Each subject's own entry stands
on their own trail; this is what the house shows of all of them together.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from troth.documents.certificate import StillHeld
from troth.documents.ending import longest
from troth.documents.receipt import plain
from troth.model.acts import Record
from troth.model.clock import Moment
from troth.policy.edition import Edition
from troth.policy.keeping import methods

SWEPT: Final = "retention.swept"
"""What the house's entry is called that is the certificate."""


class SweptField(Struct, frozen=True, kw_only=True):
    """A category: of how many subjects it went, and how each store that can hold it forgets it."""

    field: str
    subjects: int
    methods: dict[str, str]


class HeldField(Struct, frozen=True, kw_only=True):
    """A category that was due and that a law holds: of how many, until when at the longest."""

    field: str
    law: str
    subjects: int
    until: Moment | None


class SweepCertificate(Struct, frozen=True, kw_only=True):
    """What one run of the sweep did.

    ``plan`` is the plan that was approved; "" where only what subjects or laws had decided went.
    ``complete``: every key that had to die was looked for again and is gone. ``refused`` are
    subjects of whom something could not be done.
    """

    plan: str
    edition: str
    began: Moment
    ended: Moment
    subjects: int
    values: int
    gone: tuple[SweptField, ...]
    held: tuple[HeldField, ...]
    refused: int
    complete: bool

    def record(self) -> Record:
        """Return it as plain JSON, for the ledger."""
        return plain(self)


class Sums:
    """What a sweep adds up for its certificate, category by category."""

    def __init__(self) -> None:
        self._gone: Counter[str] = Counter()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._last: dict[tuple[str, str], StillHeld] = {}
        self.alive = 0

    def gone(self, fields: Mapping[str, int] | Iterable[str]) -> None:
        """Note fields that went: of one subject, or of how many each."""
        self._gone.update(fields)

    def held(self, fields: Iterable[StillHeld]) -> None:
        """Note fields of one subject that a law holds."""
        for each in fields:
            key = each.field, each.law
            self._counts[key] += 1
            known = self._last.get(key)
            self._last[key] = longest([each, known] if known else [each]) or each

    def __bool__(self) -> bool:
        """Tell whether anything went: a sweep that found nothing has nothing to certify."""
        return bool(self._gone)

    def certificate(
        self,
        edition: Edition,
        *,
        plan: str,
        began: Moment,
        ended: Moment,
        subjects: int,
        refused: int,
    ) -> SweepCertificate:
        """Make out the certificate."""
        return SweepCertificate(
            plan=plan,
            edition=edition.hash[:16],
            began=began,
            ended=ended,
            subjects=subjects,
            values=self._gone.total(),
            gone=tuple(
                SweptField(field=field, subjects=many, methods=_methods(field, edition))
                for field, many in sorted(self._gone.items())
            ),
            held=tuple(
                HeldField(field=field, law=law, subjects=many, until=self._last[field, law].until)
                for (field, law), many in sorted(self._counts.items())
            ),
            refused=refused,
            complete=not self.alive,
        )


def read(what: Record) -> SweepCertificate:
    """Read a certificate back from what its entry says."""
    return msgspec.convert(what, SweepCertificate)


def _methods(field: str, edition: Edition) -> dict[str, str]:
    """Return the methods of a category; one that only an older edition knew lay in the vault."""
    known = field in edition.categories
    return dict(methods.of(field, edition)) if known else {"vault": "shred_key"}
