"""What every part of this chapter stands on: the gate, the registers, the desk's own ways (11.2).

Whatever comes in ends at the desk of rights, by functions that are handed in: this chapter reads
what comes, the desk decides what becomes of it.
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from troth.documents.intake.agents import Agents
from troth.documents.intake.powers import Powers
from troth.documents.intake.register import Came, Register, Sealing, Way
from troth.documents.intake.seals import Voice
from troth.documents.intake.threads import Threads
from troth.documents.notice import Notices
from troth.documents.proof.links import Links
from troth.documents.requests.answer import KINDS, Kind
from troth.documents.requests.claims import Claim
from troth.gate import Gate
from troth.model.acts import Actor, Event, Json, Notify
from troth.model.clock import Moment
from troth.model.errors import NotFound, Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId

PURPOSE: Final = "rights"
VISITOR: Final = Actor(kind="visitor")
ANYWHERE: Final = "*"
"""The residence of who did not say where they live."""
LIVE: Final = ("open", "in_progress")

Carry = Callable[[str, bytes, Mapping[str, str]], None]
"""Takes a body and its headers to an address. Raises ``NotDelivered``."""


class Seal(Protocol):
    """Signs what other controllers are answered, in the name of one domain."""

    @property
    def domain(self) -> str:
        """The domain its certificate is issued to."""
        ...

    @property
    def certificate(self) -> bytes:
        """The certificate, PEM."""
        ...

    def sign(self, body: bytes) -> str:
        """Return the signature of a body, base64."""
        ...


class Opened(Protocol):
    """A request that was opened, and whose file it lies in until it is proved who asks."""

    @property
    def requester(self) -> SubjectId:
        """The provisional file."""
        ...

    @property
    def number(self) -> str:
        """The request's number."""
        ...


class Status(Protocol):
    """How far a request is, as the Data Rights Protocol says it; even once its file is gone."""

    @property
    def number(self) -> str:
        """The request's number."""
        ...

    @property
    def state(self) -> str:
        """Open, in progress, fulfilled, denied, revoked or expired."""
        ...

    @property
    def reason(self) -> str:
        """What it waits for, or why it was refused."""
        ...

    @property
    def received(self) -> Moment:
        """When it was received."""
        ...

    @property
    def due(self) -> Moment:
        """The day an answer is due."""
        ...


class Opens(Protocol):
    """Takes a request of somebody of whom nothing is proved."""

    def __call__(
        self,
        kind: Kind,
        claim: Claim,
        *,
        channel: str,
        text: Secret | None,
        language: str,
        residence: str,
        received: Moment | None,
        once: bytes = b"",
        by: Actor,
    ) -> Opened:
        """Open it, the same under the same ``once``; raises ``BadInput``."""
        ...


class Ways(Struct, frozen=True, kw_only=True):
    """What is the desk's to do with a request: each by its number and whose file it lies in.

    ``find`` tells whose file that is; ``write`` adds a message, once under a key (else it raises
    ``KeyReused``), ``attach`` a paper, ``revoke`` takes the request back, ``status`` says how far
    it is. All raise ``NotFound``.
    """

    open: Opens
    find: Callable[[str], SubjectId]
    write: Callable[[SubjectId, str, Secret, Actor, str], object]
    attach: Callable[[SubjectId, str, str, Secret, Actor], object]
    revoke: Callable[[SubjectId, str, Actor], object]
    status: Callable[[str], Status]


class Terms(Struct, frozen=True, kw_only=True):
    """How this house is reached: its receiving address, its id among businesses, where it stands.

    ``address`` is empty where no mail is taken, ``business`` where no agents are; ``residence`` is
    where whoever does not say is taken to live; ``base`` is the address that links begin with,
    ``callbacks`` where other controllers may be told of a state.
    """

    address: str = ""
    residence: str = ANYWHERE
    business: str = ""
    base: str = ""
    callbacks: tuple[str, ...] = ()


class Ground(Struct, frozen=True, kw_only=True):
    """The floor of the chapter."""

    gate: Gate
    notices: Notices
    links: Links
    register: Register
    threads: Threads
    agents: Agents
    powers: Powers
    ways: Ways
    terms: Terms
    carry: Carry
    voice: Voice
    seal: Seal | None

    def enter(
        self,
        opened: Opened,
        way: Way,
        *,
        party: str = "",
        reference: bytes = b"",
        sender: bytes = b"",
        register: str = "",
        sealing: Sealing | None = None,
    ) -> None:
        """Enter in the register what came and which request it became."""
        self.register.enter(
            opened.number,
            way,
            at=self.gate.clock.now(),
            party=party,
            reference=reference,
            sender=sender,
            register=register,
            sealing=sealing,
        )

    def once(self, reference: bytes) -> bytes:
        """Return what draws the number and the file of what came; nothing where it has no name.

        Whoever was interrupted goes on with the same request. Who sees the register cannot tell the
        file from it.
        """
        return self.register.digest("once", reference.hex()) if reference else b""

    def came(self, number: str, party: str) -> Came:
        """Return what a program sent. Raises ``NotFound`` for what is another's, or nobody's."""
        found = self.register.find(number)
        if found is None or not found.party or found.party != party:
            raise NotFound("no request of yours has this number", clause="9.7")
        return found

    def marked(self, letter: Notify, number: str) -> Notify:
        """Return a letter with the mark of a request in its subject line."""
        return replace(letter, title=f"{letter.title} [{self.threads.mark(number)}]")

    def note(self, name: str, by: Actor, **detail: Json) -> None:
        """Remember something of the intake that concerns nobody in particular."""
        self.gate.perform(Event(subject=None, name=name, detail=detail), by=by)


def kind_of(wish: str) -> Kind:
    """Return the kind of request that the desk knows for a wish; a question for any other.

    >>> kind_of("delete"), kind_of("complaint")
    ('delete', 'question')
    """
    return next((kind for kind in KINDS if kind == wish), "question")


def residence_of(gate: Gate, named: str) -> str:
    """Return a residence as the policy names it; ``*`` for one that it does not name."""
    return named if named in gate.policy().edition.residences else ANYWHERE


def demand_desk(gate: Gate, by: Actor) -> None:
    """Raise ``Refused`` for everybody but staff whose role has this purpose."""
    role = gate.policy().edition.staff.get(by.role)
    if by.kind != "staff" or role is None or PURPOSE not in role.purposes:
        raise Refused(
            "this is for the privacy desk",
            clause="7.1",
            remedy="let somebody do it whose role has this purpose",
        )
