"""Asking an identity authority beyond one act: what waits, what was answered (policy 2.1.1).

Values go to an authority by an act alone, like to every recipient. This is what chapters need
besides: whether it may be asked, what it said before, and the checks that end days later.
"""

from collections.abc import Iterator, Mapping

from troth.egress.inquiry import AuthorityPort
from troth.egress.questions import Flow
from troth.egress.recipients import Reply
from troth.gate.door import Gate
from troth.model.errors import NotFound
from troth.model.secret import Secret
from troth.model.terms import SubjectId

Answered = tuple[Flow, Reply]
"""A check that ended, and how."""


class Asking:
    """One identity authority, in every region of a house."""

    def __init__(self, gate: Gate, recipient: str) -> None:
        self._gate = gate
        self._recipient = recipient

    def _ports(self) -> Iterator[AuthorityPort]:
        for rooms in self._gate.regions.values():
            port = rooms.recipients.get(self._recipient)
            if isinstance(port, AuthorityPort):
                yield port

    def _port(self, subject: SubjectId) -> AuthorityPort | None:
        rooms = self._gate.regions.get(subject.region)
        port = rooms.recipients.get(self._recipient) if rooms else None
        return port if isinstance(port, AuthorityPort) else None

    def _at(self, subject: SubjectId) -> AuthorityPort:
        port = self._port(subject)
        if port is None:
            raise NotFound("there is no such check", clause="2.1.1")
        return port

    def connected(self, subject: SubjectId) -> bool:
        """Tell whether there is anybody to ask about a subject."""
        rooms = self._gate.regions.get(subject.region)
        return rooms is not None and self._recipient in rooms.recipients

    def checks(self, subject: SubjectId) -> frozenset[str]:
        """Return what can be asked about a subject, by name."""
        port = self._port(subject)
        return frozenset(check.value for check in port.checks) if port else frozenset()

    def task(self, subject: SubjectId, values: Mapping[str, Secret], task: str = "") -> str:
        """Return the check that takes just these values. Raises ``BadInput``: there is none."""
        port = self._port(subject)
        return port.task(values, task).value if port else task

    def over(self, subject: SubjectId, values: Mapping[str, Secret], task: str = "") -> bool:
        """Tell whether one more question would be too many; nothing is counted."""
        port = self._port(subject)
        return port is not None and port.over(subject, values, task)

    def known(
        self, subject: SubjectId, values: Mapping[str, Secret], task: str = ""
    ) -> Reply | None:
        """Return what is known of the same values already, if anything; nobody is asked."""
        port = self._port(subject)
        return port.known(subject, values, task) if port else None

    # --- checks that end later -----------------------------------------------------------------

    def flows(self, subject: SubjectId) -> list[Flow]:
        """List a subject's checks that end later, newest first."""
        port = self._port(subject)
        return port.flows(subject) if port else []

    def reply(self, flow: Flow) -> Reply:
        """Return the outcome of a check that has one."""
        return self._at(flow.subject).answered(flow)

    def confirm(self, subject: SubjectId, flow: str, answer: Secret) -> Flow:
        """Hand in what the person found; see ``AuthorityPort.confirm`` for what it raises."""
        return self._at(subject).confirm(subject, flow, answer)

    def called(self, headers: Mapping[str, str], body: bytes) -> Flow | None:
        """Take a signed call; return the check it ends, if it ends one that waits.

        Raises ``Unverifiable``, ``NotFound`` where nobody is connected, ``BadInput``.
        """
        heard = False
        for port in self._ports():
            heard = True
            flow = port.called(headers, body)
            if flow is not None:
                return flow
        if not heard:
            raise NotFound("no authority calls here", clause="2.1.1")
        return None

    def due(self) -> list[Flow]:
        """Look at what waits, in every region; return what has an outcome nobody was told yet."""
        return [flow for port in self._ports() for flow in port.due()]

    def ended(self, flow: Flow) -> None:
        """Note that an outcome was remembered and the person told."""
        self._at(flow.subject).ended(flow)
