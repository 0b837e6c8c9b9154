"""Minors: who is too young, what happens when one is found, and a guardian's way to us (policy 8).

The gate refuses to admit anybody under the age the policy sets, and remembers that it did without
remembering whom. Data of a child that was collected unknowingly is frozen at once and erased in
time (8.2, 8.3).
"""

from troth.documents import ending
from troth.documents.answer import owe_answer, request_id
from troth.documents.proof.age import band
from troth.gate import Gate, Outcome
from troth.model.acts import SYSTEM, Actor, Admit, Collect, Owe
from troth.model.errors import NotFound
from troth.model.secret import Secret
from troth.model.terms import ALL, AgeBand, SubjectId


class Minors:
    """The age gate, findings and guardians."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

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
        if age is AgeBand.ADULT:
            return
        regimes = self._gate.policy().residence(residence).regimes
        nobody = self._gate.new_subject(residence)
        self._gate.perform(Admit(subject=nobody, residence=residence, regimes=regimes, age=age))

    def found(self, subject: SubjectId, *, by: Actor) -> Outcome:
        """Note that an account is a child's: freeze everything at once, owe its erasure.

        The account can do nothing from this moment on; ``erase`` ends it, within fifteen days.
        """
        acts = ending.child_found(subject, request_id(), self._gate.clock.now())
        return self._gate.perform(*acts, by=by)

    def erase(self, subject: SubjectId, *, by: Actor = SYSTEM) -> Outcome:
        """Erase a child's data that was found; what a law holds stays frozen.

        Raises ``NotFound`` when nobody found so before.
        """
        standing = self._gate.standing(subject)
        duty = next(
            (
                Owe(subject=subject, duty=name, what=owed.what, by=owed.by)
                for name, owed in standing.owed.items()
                if owed.what == ending.ERASE_CHILD and owed.state == "open"
            ),
            None,
        )
        if duty is None:
            raise NotFound("no finding of a child stands for this account")
        edition = self._gate.policy().edition
        what = ending.plan(standing, ALL, edition, self._gate.clock.now())
        acts = ending.acts(
            subject, what, ground="child", duty=duty, close=True, placed=standing.holds
        )
        return self._gate.perform(*acts, by=by)

    def guardian_asks(
        self, subject: SubjectId, *, name: Secret, email: Secret, relation: Secret
    ) -> str:
        """Take a guardian's request and return its number; their proof is asked for apart (8.4).

        The guardian's own data is kept for this alone, and the answer is owed in time.
        """
        guardian = Actor(kind="guardian")
        regimes = self._gate.standing(subject).regimes
        received = self._gate.clock.now()
        number = request_id()
        self._gate.perform(
            Collect(
                subject=subject,
                values={
                    "guardian.name": name,
                    "guardian.email": email,
                    "guardian.relation": relation,
                },
                purpose="age",
            ),
            owe_answer(subject, "question", duty=number, regimes=regimes, received=received),
            by=guardian,
        )
        return number
