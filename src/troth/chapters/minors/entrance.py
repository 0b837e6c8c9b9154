"""The age gate: neutral, judged by the law of the residence, not to be tried again (policy 8.1).

It asks for a whole date, never says which age would do, and holds a browser for a day to the
youngest age it told. Where the policy admits adults alone the gate of the house refuses, and
remembers that it did, not whom.
"""

from troth.documents.proof.age import Marks, band
from troth.gate import Gate
from troth.model.acts import Actor, Admit
from troth.model.errors import BadInput
from troth.model.secret import Secret
from troth.model.terms import AgeBand


class Entrance:
    """Asks for an age and lets in, or shows to the guardian's way, or refuses."""

    def __init__(self, gate: Gate, marks: Marks) -> None:
        self._gate = gate
        self._marks = marks

    def enter(
        self,
        residence: str,
        *,
        browser: Secret,
        born: Secret | None = None,
        id_number: Secret | None = None,
    ) -> AgeBand:
        """Return the age band under which somebody may go on; the date is not kept.

        ``browser`` is the random token that the browser's forms carry. ``ADULT`` registers as
        everybody does; a minor, where the policy serves them, through a guardian. Raises
        ``NotOfAge`` where it does not, ``BadValue`` for no date, ``BadInput`` for none at all.
        """
        told = self.band(residence, born=born, id_number=id_number)
        if told is AgeBand.UNKNOWN:
            raise BadInput(
                "the birth date is missing",
                clause="8.1",
                remedy="say when you were born; it is not kept",
                field="identity.birth_date",
            )
        held = self._marks.hold(browser, told, at=self._gate.clock.now())
        if held is not AgeBand.ADULT and not self._gate.policy().edition.ages.minors_service:
            self.refuse(residence, held)
        return held

    def band(
        self, residence: str, *, born: Secret | None = None, id_number: Secret | None = None
    ) -> AgeBand:
        """Tell the age band of somebody by their law; an ID number overrides a claimed date.

        Keeps nothing. Raises ``BadValue`` when the date is none.
        """
        edition = self._gate.policy().edition
        at = self._gate.clock.now()
        return band(edition, residence, born=born, id_number=id_number, at=at)

    def refuse(self, residence: str, age: AgeBand) -> None:
        """Have the gate refuse somebody too young, and remember that it did, not whom.

        Raises ``NotOfAge`` for everybody the policy does not admit; returns for the others.
        """
        if age is AgeBand.ADULT or self._gate.policy().edition.ages.minors_service:
            return
        regimes = self._gate.policy().residence(residence).regimes
        nobody = self._gate.new_subject(residence)
        act = Admit(subject=nobody, residence=residence, regimes=regimes, age=age)
        self._gate.perform(act, by=Actor(kind="visitor"))

    def note(self, language: str) -> str:
        """Return what stands beside every field that comes after the gate (policy 8.1)."""
        return self._gate.policy().clause("8.1b").words[language]
