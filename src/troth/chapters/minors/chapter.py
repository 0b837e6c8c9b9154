"""Minors, all of it: the gate of ages, guardians, findings, birthdays (policy 8)."""

from troth.chapters.minors.asking import Application, Asked, Asking, Reading
from troth.chapters.minors.consenting import Answer, Consenting, Opened
from troth.chapters.minors.desk import Desk
from troth.chapters.minors.entrance import Entrance
from troth.chapters.minors.finding import Finding
from troth.chapters.minors.ground import Ground
from troth.chapters.minors.growing import Growing
from troth.chapters.minors.guardian import Guardian
from troth.chapters.minors.requests import Requests
from troth.chapters.minors.sweeping import Sweeping
from troth.documents.certificate import ErasureCertificate
from troth.documents.proof.age import Marks
from troth.documents.proof.origin import NOWHERE, Origin
from troth.model.acts import SYSTEM, Act, Actor
from troth.model.clock import Moment
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId


class Minors:
    """Who is too young, who speaks for them, and what happens when one is found.

    ``guardian`` is what guardians do afterwards, ``requests`` their way without an account,
    ``desk`` what people and services decide, ``growing`` what a birthday changes.
    """

    def __init__(self, ground: Ground, marks: Marks) -> None:
        self._ground = ground
        self._entrance = Entrance(ground.gate, marks)
        self._asking = Asking(ground, self._entrance)
        self._consenting = Consenting(ground)
        self._finding = Finding(ground)
        self.growing = Growing(ground)
        self.guardian = Guardian(ground, self._consenting)
        self.requests = Requests(ground)
        self.desk = Desk(ground, self._consenting, self.requests, self._finding)
        self._sweeping = Sweeping(ground, self._consenting, self._finding, self.growing)

    # --- the gate of ages ----------------------------------------------------------------------

    def enter(
        self,
        residence: str,
        *,
        browser: Secret,
        born: Secret | None = None,
        id_number: Secret | None = None,
    ) -> AgeBand:
        """Return the age band under which somebody may go on; see ``Entrance.enter``."""
        return self._entrance.enter(residence, browser=browser, born=born, id_number=id_number)

    def band(
        self, residence: str, *, born: Secret | None = None, id_number: Secret | None = None
    ) -> AgeBand:
        """Tell the age band of somebody by their law; keeps nothing. Raises ``BadValue``."""
        return self._entrance.band(residence, born=born, id_number=id_number)

    def refuse(self, residence: str, age: AgeBand) -> None:
        """Have the gate refuse somebody too young. Raises ``NotOfAge``; see ``Entrance.refuse``."""
        self._entrance.refuse(residence, age)

    def note(self, language: str = "zh") -> str:
        """Return what stands beside every field after the gate: that minors give nothing (8.1)."""
        return self._entrance.note(language)

    # --- a service for minors ------------------------------------------------------------------

    def ask(self, form: Application, *, browser: Secret, origin: Origin = NOWHERE) -> Asked:
        """Take a minor's user name and a guardian's address, and ask them; see ``Asking.ask``."""
        return self._asking.ask(form, browser=browser, origin=origin)

    def step(self, token: str) -> str:
        """Say which step a link is for: ``answer``, ``again``, ``open``, ``manage``, ``proof``.

        Raises ``NotProved`` for one that is not ours, or whose matter is over.
        """
        return self._ground.read(token)[1]

    def reading(self, token: str, *, language: str = "") -> Reading:
        """Return the direct notice and the special rules; see ``Asking.reading``."""
        return self._asking.reading(token, language=language)

    def answer(self, token: str, given: Answer) -> str:
        """Take a guardian's answer; return ``checking`` or ``refused``; see ``Consenting``."""
        return self._consenting.answer(token, given)

    def confirm(self, token: str) -> None:
        """Take a guardian's second answer, by the link of the second letter."""
        self._consenting.confirm(token)

    def open(self, token: str, password: Secret, confirm: Secret) -> Opened:
        """Set a minor's password and sign them in, by the link in their guardian's letter."""
        return self._consenting.open(token, password, confirm)

    # --- findings ------------------------------------------------------------------------------

    def found(self, subject: SubjectId, *, by: Actor, age: AgeBand = AgeBand.CHILD) -> None:
        """Note that an account is a child's: frozen at once, told, erased in time."""
        self._finding.found(subject, by=by, age=age)

    def erase(self, subject: SubjectId, *, by: Actor = SYSTEM) -> ErasureCertificate:
        """Erase a child's data that was found, before the clock does. Raises ``NotFound``."""
        return self._finding.erase(subject, by=by)

    def appeal(self, token: str, proof: Secret) -> Moment:
        """Take a proof that somebody is no child; return by when it is decided."""
        return self._finding.appeal(token, proof)

    # --- the clock -----------------------------------------------------------------------------

    def sweep(self) -> int:
        """Do what has come due: waiting ends, data goes, birthdays are found; return how many."""
        return self._sweeping.sweep()

    def beside(self, ward: SubjectId) -> list[Act]:
        """Return what the end of one subject does to their guardians, in the same passage."""
        return self._sweeping.beside(ward)
