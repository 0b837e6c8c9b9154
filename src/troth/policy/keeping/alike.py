"""Terms and laws worked out once for the fields of a subject that came together (7.2d, 9.4).

A visit leaves a dozen fields at one moment and for one purpose. Where the policy and every law say
the same of them, they begin and end together, so one answer is the answer for all.
"""

import sys
from typing import Final

from troth.model.clock import Moment
from troth.model.standing import Standing
from troth.policy.declared import Declared
from troth.policy.edition import Names
from troth.policy.keeping.holds import Kept, binding, keeping
from troth.policy.keeping.remembered import Remembered
from troth.policy.keeping.terms import Term, demanded, term

Likeness = tuple[str, Names, Moment, Moment]
"""What decides when a field ends: what is laid down of it, its purposes, its first and last day."""

_KNOWN: Final = Remembered[tuple[str, Names], Remembered[tuple[str, Names], str]]()
"""What is laid down of a field by its purposes, for each edition and the regimes of a subject."""


class Alike:
    """The terms and laws of one standing. What is placed on a field by its name is never shared."""

    def __init__(self, standing: Standing, policy: Declared) -> None:
        self._standing = standing
        self._policy = policy
        key = policy.edition.hash, standing.regimes
        laid = _KNOWN.get(key)
        self._laid = _KNOWN.note(key, Remembered()) if laid is None else laid
        self._likes: dict[str, Likeness] = {}
        self._terms: dict[Likeness, Term] = {}
        self._kept: dict[tuple[Likeness, Moment], Kept | None] = {}

    def term(self, field: str) -> Term:
        """Return the term of a held field; its ``field`` may be that of another that is like it.

        Raises ``UnknownTerm`` for one the policy does not know.
        """
        like = self._likes.get(field) or self._likeness(field)
        found = self._terms.get(like)
        if found is None:
            found = self._terms[like] = term(field, self._standing, self._policy)
        return found

    def keeping(self, field: str, at: Moment) -> Kept | None:
        """Return what forbids erasing a field at a moment, as ``holds.keeping`` says it."""
        if self._standing.holds or field not in self._standing.held:
            return keeping(field, self._standing, self._policy.edition, at)
        asked = self._likes.get(field) or self._likeness(field), at
        if asked not in self._kept:
            self._kept[asked] = keeping(field, self._standing, self._policy.edition, at)
        return self._kept[asked]

    def _likeness(self, field: str) -> Likeness:
        held = self._standing.held[field]
        said = self._laid.get((field, held.purposes))
        if said is None:
            text = _laid_down(field, held.purposes, self._standing.regimes, self._policy)
            said = self._laid.note((field, held.purposes), text)
        like = self._likes[field] = (said, held.purposes, held.since, held.latest)
        return like


def _laid_down(field: str, purposes: Names, regimes: Names, policy: Declared) -> str:
    """Return all that the policy and the laws say of a field, purpose by purpose, to compare it."""
    laws = demanded(field, regimes), binding(field, regimes, policy.edition)
    if field not in policy.edition.categories:
        # Only an older edition knew it: it is like nothing else.
        return repr((field, laws))
    rows = [policy.retention_of(field, purpose) for purpose in purposes or ("",)]
    # Fields that are alike share one text, so that comparing them costs no reading of it.
    return sys.intern(repr((rows, laws)))


__all__ = ["Alike", "Likeness"]
