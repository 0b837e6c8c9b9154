"""Contact: messages to a subject, each for a declared purpose (policy 2.1.2, 2.2.2, 2.2.4).

The address never passes through here: a message names its channels, the gate opens the address. An
advertisement always carries the way to stop it, which works with one click and without signing in.
"""

from collections.abc import Mapping
from typing import Final

from troth.documents.notice import Notices, channels_of, language_of
from troth.documents.proof import Proof
from troth.gate import Gate, Outcome
from troth.model.acts import SUBJECT, SYSTEM, Act, Actor, ConsentWithdrawn, Object
from troth.model.errors import BadInput, NotProved, Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId

MARKETING: Final = "marketing"


class Contact:
    """What the controller says to subjects."""

    def __init__(self, gate: Gate, notices: Notices, proof: Proof) -> None:
        self._gate = gate
        self._notices = notices
        self._proof = proof

    def send(
        self,
        subject: SubjectId,
        notice: str,
        values: Mapping[str, str | Secret] | None = None,
        *,
        purpose: str = "",
        channels: tuple[str, ...] = (),
        by: Actor = SYSTEM,
    ) -> Outcome:
        """Queue one notice to a subject, in their language.

        ``channels`` are tried in order; without any, those whose address is held. Raises
        ``BadInput`` for an advertisement in another notice's clothes, and what the gate raises.
        """
        if (purpose or self._notices.get(notice).purpose) == MARKETING and notice != MARKETING:
            raise BadInput(
                f"`{notice}` is no advertisement: it lacks the way to stop",
                clause="2.1.2",
                remedy="use `advertise`",
                field="notice",
            )
        return self._send(subject, notice, values or {}, purpose, channels, by)

    def advertise(
        self,
        subject: SubjectId,
        message: str,
        *,
        base: str,
        channels: tuple[str, ...] = (),
        by: Actor = SYSTEM,
    ) -> Outcome:
        """Queue an advertisement that ends with its one-click stop.

        ``base`` is the address of the page that stops, such as ``https://example.com/stop/``.
        Raises ``ConsentMissing`` or ``Refused`` where the law asks for a consent that is not there.
        """
        stop = base + self._proof.links.write(subject, f"stop/{MARKETING}")
        values = {"message": message, "stop": stop}
        return self._send(subject, MARKETING, values, MARKETING, channels, by)

    def _send(
        self,
        subject: SubjectId,
        notice: str,
        values: Mapping[str, str | Secret],
        purpose: str,
        channels: tuple[str, ...],
        by: Actor,
    ) -> Outcome:
        standing = self._gate.standing(subject)
        ways = channels or channels_of(standing)
        if not ways:
            raise Refused("no address is held", clause="7.4", remedy="announce it publicly")
        told = self._notices.notify(
            subject,
            notice,
            values,
            channels=ways,
            language=language_of(standing),
            purpose=purpose,
        )
        return self._gate.perform(told, by=by)

    def stop(self, token: str) -> Outcome:
        """Stop what a message's link stops, before the next one is sent.

        Raises ``NotProved`` for a link that is not ours. Using it twice is no error.
        """
        subject, what = self._proof.links.read(token)
        verb, _, purpose = what.partition("/")
        if verb != "stop" or not purpose:
            raise NotProved("this link stops nothing")
        return self.refuse(subject, purpose)

    def refuse(self, subject: SubjectId, purpose: str = MARKETING) -> Outcome:
        """Object to a purpose and take back the consent to it, where one stands."""
        at = self._gate.clock.now()
        acts: list[Act] = [Object(subject=subject, purpose=purpose)]
        if self._gate.standing(subject).consents_to(purpose, at):
            acts.append(ConsentWithdrawn(subject=subject, to=purpose))
        return self._gate.perform(*acts, by=SUBJECT)

    def announce(self, notice: str, reference: str, *, by: Actor = SYSTEM) -> Outcome:
        """Tell everybody by a public notice that stands at ``reference`` (policy 7.4)."""
        return self._gate.perform(self._notices.announce(notice, reference=reference), by=by)
