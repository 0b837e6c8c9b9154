"""Weighing: what ``perform`` would say to acts, one upon the other, with none of them done (2.1.1).

For whoever has to know beforehand, such as an import that is tried first. Nothing is written, sent
or remembered, and no value is opened.
"""

import hmac
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from msgspec import Struct

from troth.gate.judge import judge, spelled
from troth.gate.rooms import Rooms
from troth.ledger import entry as entries
from troth.ledger import fold
from troth.model.acts import Act, Actor, Admit, Collect, Correct
from troth.model.clock import Moment
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import SubjectId
from troth.policy.decide import Policy
from troth.policy.edition import Edition
from troth.vault.forms import Form, canonical, comparable

KEY: Final = os.urandom(32)
"""What marks are made with: they mean nothing to another process, or after this one."""
NOBODY: Final = "nobody"
"""The pseudonym of somebody who is only weighed."""


class Weighed(Struct, frozen=True, kw_only=True):
    """What was found: no rule stands against the acts, and every value is well formed.

    ``taken`` are the unique fields whose value somebody holds already, ``holders`` how many
    subjects those are. ``marks`` says of every unique field what its value is recognised by: two
    values that are one to the house have one mark.
    """

    taken: tuple[str, ...] = ()
    holders: int = 0
    marks: Mapping[str, bytes] = {}


class Scales:
    """Weighs the acts of one passage; ``standing`` is how to find that of somebody known."""

    def __init__(
        self,
        regions: Iterable[Rooms],
        policy: Policy,
        forms: Mapping[str, Form],
        standing: Callable[[Act], Standing],
    ) -> None:
        self._regions = tuple(regions)
        self._policy = policy
        self._forms = forms
        self._standing = standing

    def weigh(self, acts: Iterable[Act], by: Actor, at: Moment) -> Weighed:
        """Judge every act on the standing that those before it would leave.

        Raises what ``perform`` would for a rule or a form: ``Refused``, ``ConsentMissing``,
        ``NotOfAge``, ``UnknownTerm``, ``BadValue``.
        """
        so_far: dict[SubjectId | None, Standing] = {}
        unique: dict[str, Secret] = {}
        for asked in acts:
            standing = so_far.get(asked.subject) or self._first(asked)
            act = spelled(asked, standing, self._policy, at)
            judge(act, by, standing, self._policy, at)
            if isinstance(act, Collect | Correct):
                unique |= self._formed(act.values, at)
            so_far[act.subject] = self._after(standing, act, by, at)
        holders = {field: self._holders(field, value) for field, value in unique.items()}
        return Weighed(
            taken=tuple(field for field, found in holders.items() if found),
            holders=len(set().union(*holders.values())),
            marks={field: self._mark(field, value) for field, value in unique.items()},
        )

    def _first(self, act: Act) -> Standing:
        return Standing(pseudonym=NOBODY) if isinstance(act, Admit) else self._standing(act)

    def _after(self, standing: Standing, act: Act, by: Actor, at: Moment) -> Standing:
        if not standing.pseudonym:
            return standing
        entry = entries.of(
            act, who=standing.pseudonym, at=at, by=by, edition=self._policy.hash[:16]
        )
        return fold.after(standing, entry)

    def _formed(self, values: Mapping[str, Secret], at: Moment) -> dict[str, Secret]:
        """Check the form of every value; return the unique ones in their one spelling."""
        # The judge let them pass, so every one is declared and has its form.
        formed = {
            name: canonical(name, value, self._forms[name], at=at) for name, value in values.items()
        }
        return {name: value for name, value in formed.items() if self._forms[name].unique}

    def _holders(self, field: str, value: Secret) -> set[SubjectId]:
        form = self._forms[field]
        return {who for rooms in self._regions for who in rooms.vault.find(field, value, form)}

    def _mark(self, field: str, value: Secret) -> bytes:
        told = field.encode() + b"\x1f" + comparable(value, self._forms[field])
        return hmac.digest(KEY, told, "sha256")[:16]


def forms_of(edition: Edition) -> dict[str, Form]:
    """Return the form of every field that an edition declares."""
    return {
        name: Form(
            kind=category.form,
            indexed=category.indexed,
            unique=category.unique,
            mask=category.mask,
        )
        for name, category in edition.categories.items()
    }
