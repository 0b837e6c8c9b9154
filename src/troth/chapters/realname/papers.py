"""Papers for a review: taken while one waits, drawn anew, gone once it is decided (2.1.1, 7.2)."""

from collections.abc import Sequence
from typing import Final

from troth.chapters.realname.outcomes import PURPOSE, Outcomes
from troth.documents.agreement import Shown, Tick, consents
from troth.documents.upload import drawn
from troth.gate import Gate, Outcome
from troth.model.acts import Act, Actor, Collect
from troth.model.errors import BadInput
from troth.model.secret import Secret
from troth.model.terms import SubjectId

PAPERS: Final = ("document.id_photo", "document.licence", "document.power_of_attorney")
"""What can be asked for: the person's own document; for a company, its licence and an authority."""


class Papers:
    """Takes papers."""

    def __init__(self, gate: Gate, outcomes: Outcomes) -> None:
        self._gate = gate
        self._outcomes = outcomes

    def attach(
        self,
        subject: SubjectId,
        field: str,
        file: Secret,
        ticks: Sequence[Tick],
        *,
        shown: Shown | None,
        means: str,
        by: Actor,
    ) -> Outcome:
        """Keep a paper for the review that waits; a second one takes the place of the first.

        Raises ``BadInput`` where no review waits or the field is no paper, ``ConsentMissing`` for
        an identity document without its own consent, ``BadFile`` with its ``reason``.
        """
        if field not in PAPERS:
            raise BadInput(
                f"`{field}` is no paper", clause="2.1.1", remedy=f"use one of {', '.join(PAPERS)}"
            )
        if not self._outcomes.waiting(subject):
            raise BadInput(
                "no review waits, so no papers are wanted",
                clause="2.1.1",
                remedy="ask for people to look first",
                field=field,
            )
        acts: list[Act] = []
        if shown is not None:
            known = self._gate.policy().consent_keys()
            acts += consents(subject, ticks, shown=shown, means=means, known=known)
        picture = drawn(file, field)
        acts.append(Collect(subject=subject, values={field: picture}, purpose=PURPOSE))
        return self._gate.perform(*acts, by=by)
