"""Birthdays: a child becomes a minor, a minor comes of age (policy 8.2).

No birth date is kept of a minor, only the moments at which another rule begins, sealed and found
by the blind index. When one has come, the age band changes, what others consented to in their name
ends, both sides are told, and the person is asked themselves.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from troth.chapters.minors.ground import LOGIN, UNDER_AGE, Ground
from troth.documents.agreement import Shown, Tick, accept, consents
from troth.documents.guardian.speakers import Speaker
from troth.documents.proof.age import beginnings
from troth.gate import Outcome
from troth.model.acts import (
    SUBJECT,
    SYSTEM,
    Act,
    Actor,
    AgeLearned,
    Correct,
    Erase,
    Find,
    Owe,
    Settle,
    Use,
)
from troth.model.clock import Moment, after, iso
from troth.model.errors import Erased, NotFound, Refused
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import AgeBand, SubjectId

TURNS: Final = "identity.turns"
GROWN: Final = "identity.grown"
ASK_ANEW: Final = "ask_anew"
"""The duty to ask a person themselves, who is now able to decide."""
ASK_DAYS: Final = 30
MOST: Final = 60
"""Moments that one look goes through: twelve days of them."""
WORDS: Final = {
    AgeBand.MINOR: (
        "按照您所在地的法律，您不再是儿童。您的监护人的同意继续有效。",
        "By the law where you live you are no longer a child. Your guardian's consent stands.",
    ),
    AgeBand.ADULT: (
        "您已成年，不再需要监护人的同意，监护人的关联已经结束。",
        "You have come of age and need no guardian's consent; nobody stands in for you any more.",
    ),
}
OVER: Final = ("用户已成年", "The user has come of age")


class Growing:
    """Looks for birthdays, and lets people grow up."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._gate = ground.gate

    def look(self) -> int:
        """Find those whose age rule changed since the last look; return how many.

        Where nobody looked for long, it is done bit by bit, one look after the other.
        """
        at, speakers = self._gate.clock.now(), self._ground.speakers
        since = speakers.looked()
        if since is None or not speakers.any():
            speakers.look_on(at)
            return 0
        grown = 0
        for moment in islice(beginnings(since, at), MOST):
            grown += self._turned(moment)
            speakers.look_on(moment)
        return grown

    def _turned(self, moment: Moment) -> int:
        """Turn everybody whose moment it is; each region is found once the one before is done."""
        asked = Find(subject=None, field=TURNS, value=Secret(iso(moment)), purpose="age")
        seen = set[SubjectId]()
        while new := set(self._gate.perform(asked, by=SYSTEM).found) - seen:
            for subject in sorted(new):
                self._turn(subject)
            seen |= new
        return len(seen)

    def _turn(self, subject: SubjectId) -> None:
        try:
            standing = self._gate.standing(subject)
            kept = Use(subject=subject, fields=(TURNS, GROWN), purpose="age")
            values = self._gate.perform(kept, by=SYSTEM).values
        except (NotFound, Erased, Refused):
            # Erased meanwhile, or set aside because it is to be erased.
            return
        if standing.age not in UNDER_AGE:
            return
        if values[TURNS] == values[GROWN]:
            self._of_age(subject, standing)
        else:
            self._no_child(subject, standing, values[GROWN])

    def _of_age(self, subject: SubjectId, standing: Standing) -> None:
        self._gate.perform(
            AgeLearned(subject=subject, age=AgeBand.ADULT, method="birthday"),
            Erase(subject=subject, fields=(TURNS, GROWN), ground="of_age"),
            *self._asked_anew(subject, standing, AgeBand.ADULT),
            *self.farewells(self._of(subject), OVER),
            by=SYSTEM,
        )

    def _no_child(self, subject: SubjectId, standing: Standing, grown: Secret) -> None:
        fetch = Use(subject=subject, fields=(LOGIN,), purpose="guardian")
        login = self._gate.perform(fetch, by=SYSTEM).values[LOGIN]
        told = [
            letter
            for one in self._of(subject)
            for letter in self._ground.letter(one, "guardian_changed", {"login": login})
        ]
        self._gate.perform(
            AgeLearned(subject=subject, age=AgeBand.MINOR, method="birthday"),
            Correct(subject=subject, values={TURNS: grown}, purpose="age"),
            *self._asked_anew(subject, standing, AgeBand.MINOR),
            *told,
            by=SYSTEM,
        )

    def _of(self, ward: SubjectId) -> list[Speaker]:
        return [one for one in self._ground.speakers.of(ward) if one.kind == "consent"]

    def _asked_anew(self, subject: SubjectId, standing: Standing, age: AgeBand) -> list[Act]:
        at = self._gate.clock.now()
        chinese, english = WORDS[age]
        told = self._ground.notices.tell(
            subject, standing, "age_changed", {"what_zh": chinese, "what_en": english}
        )
        by = after(at, days=ASK_DAYS)
        return [*told, Owe(subject=subject, duty=f"anew-{at}", what=ASK_ANEW, by=by)]

    def farewells(self, ended: Iterable[Speaker], why: tuple[str, str]) -> list[Act]:
        """Return the acts that tell guardians that they stand for nobody, and erase their files."""
        acts: list[Act] = []
        for one in ended:
            words = {"why_zh": why[0], "why_en": why[1]}
            acts += self._ground.letter(one, "guardian_over", words)
            acts += self._ground.ended(one.guardian, "guardian_over")
        return acts

    # --- asked anew ----------------------------------------------------------------------------

    def is_asked_anew(self, subject: SubjectId) -> bool:
        """Tell whether a person has to be asked themselves what others decided before."""
        owed = self._gate.owed(subject).values()
        return any(each.what == ASK_ANEW and each.state == "open" for each in owed)

    def decide_anew(
        self,
        subject: SubjectId,
        ticks: Sequence[Tick] = (),
        *,
        shown: Shown,
        means: str,
        confirmed: bool,
        by: Actor = SUBJECT,
    ) -> Outcome:
        """Take what a person says themselves: the terms, and each consent apart.

        Raises ``BadInput`` as every agreement does.
        """
        policy = self._gate.policy()
        said = consents(subject, ticks, shown=shown, means=means, known=policy.consent_keys())
        done = [
            Settle(subject=subject, duty=name, state="fulfilled")
            for name, each in self._gate.owed(subject).items()
            if each.what == ASK_ANEW and each.state == "open"
        ]
        agreed = accept(subject, shown, means=means, confirmed=confirmed)
        return self._gate.perform(agreed, *said, *done, by=by)
