"""Amendments: what a new edition changes, and by when people must have been told (policy 10.2).

A change that widens what is collected or used, or takes a right, is material: people are told
before it takes effect, at least seven days. Nobody decides by hand whether it is; the editions are
compared.
"""

from typing import Final

from msgspec import Struct

from troth.model.acts import Publish
from troth.model.clock import DAY, Moment, after, date
from troth.model.errors import PolicyBroken
from troth.policy.compare import Comparison, compare
from troth.policy.edition import Edition
from troth.policy.reader import read

LEAD_DAYS: Final = 7
"""How long before it takes effect a material change is told (E-Commerce Law 34, as a default)."""
LISTED: Final = 12
"""How many changes a letter lists; all of them stand in the policy's own page."""


class Amendment(Struct, frozen=True, kw_only=True):
    """A new edition beside the one in force, and what it changes."""

    source: str
    edition: Edition
    hash: str
    comparison: Comparison

    @property
    def material(self) -> bool:
        """Whether people must be told before it takes effect."""
        return self.comparison.material

    @property
    def effective(self) -> Moment:
        """The moment from which it applies."""
        return self.edition.effective

    def publish(self) -> Publish:
        """Return the act that publishes it."""
        return Publish(
            subject=None, edition=self.hash, effective=self.effective, source=self.source
        )

    def letter(self) -> dict[str, str]:
        """Return the variables of the notice ``policy_change``."""
        return {
            "edition": self.edition.policy.edition,
            "effective": date(self.effective),
            "changes_zh": self.in_words("zh"),
            "changes_en": self.in_words("en"),
        }

    def in_words(self, language: str) -> str:
        """Say what changes, what widens first, in one language."""
        changes = (*self.comparison.widened, *self.comparison.narrowed)
        told = [change.how[language] for change in changes[:LISTED]]
        more = len(changes) - len(told)
        if more:
            told.append(f"另有 {more} 项" if language == "zh" else f"and {more} more")
        nothing = "仅文字调整" if language == "zh" else "only the wording changes"
        return ("；" if language == "zh" else "; ").join(told) or nothing

    def demand_lead(self, at: Moment) -> None:
        """Raise ``PolicyBroken`` when a material change would bind before people were told."""
        if self.material and self.effective < after(at, days=LEAD_DAYS):
            raise PolicyBroken(
                f"this edition widens {len(self.comparison.widened)} things and takes effect in"
                f" less than {LEAD_DAYS} days",
                clause="10.2",
                remedy=f"let it take effect on {date(Moment(at + LEAD_DAYS * DAY))} or later",
            )


def amend(source: str, old: Edition, name: str = "policy.yaml") -> Amendment:
    """Read a new edition's document and compare it with the one in force.

    Raises ``PolicyBroken`` with the first findings when the document does not compile.
    """
    edition, findings = read(source, name)
    wrong = [found for found in findings if found.level == "error"]
    if edition is None or wrong:
        raise PolicyBroken(
            "; ".join(f"{found.file}:{found.line}: {found.message}" for found in wrong[:5]),
            remedy="see every finding with: troth policy check",
        )
    return Amendment(
        source=source, edition=edition, hash=edition.hash, comparison=compare(old, edition)
    )


def compared(old: Edition, new: Edition) -> Comparison:
    """Return what changed from one edition to another, as for "since you agreed"."""
    return compare(old, new)
