"""Codes and warnings on their way: a code to an address that is not kept (2.1.2, 7.2).

A known and an unknown address are sent the same; a warning goes to every contact that is bound. Who
cannot read messages has a code read out to them: the same code, by telephone.
"""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from troth.documents.notice import Notices, language_of
from troth.documents.proof import Proof
from troth.documents.proof.codes import LIFE_MINUTES, PHONE, Flow, Issued
from troth.documents.proof.origin import NOWHERE, Origin
from troth.gate import Gate
from troth.model.acts import SYSTEM, Actor, Find, Notify
from troth.model.clock import iso
from troth.model.errors import BadInput, BadValue
from troth.model.secret import Secret
from troth.model.terms import SubjectId

VISITOR: Final = Actor(kind="visitor")
CHANNEL: Final = {"contact.email": "email", "contact.phone": "sms"}
BY_CALL: Final = "phone_call"
"""The other way to a telephone: somebody of ours calls and reads the code out."""
WORDS: Final = {
    "register": ("注册账号", "open an account"),
    "login": ("登录", "sign in"),
    "bind": ("绑定新的联系方式", "bind a new contact"),
    "recover": ("找回密码", "recover your password"),
}
"""What each flow is called in a code's message."""


class Sending:
    """Makes codes and sends them where they were asked for."""

    def __init__(self, gate: Gate, notices: Notices, proof: Proof) -> None:
        self.gate = gate
        self.notices = notices
        self.proof = proof

    def find(self, field: str, value: Secret) -> SubjectId | None:
        """Return who holds an identifier, if anybody. Raises ``BadValue`` when it is none."""
        asked = Find(subject=None, field=field, value=value, purpose="authenticate")
        found = self.gate.perform(asked, by=VISITOR).found
        return found[0] if found else None

    def known(self, field: str, value: Secret) -> SubjectId | None:
        """Return who holds an identifier; a malformed one is held by nobody."""
        try:
            return self.find(field, value)
        except BadValue:
            return None

    def send(
        self,
        flow: Flow,
        field: str,
        address: Secret,
        *,
        stranger: SubjectId,
        real: bool,
        instead: str,
        language: str,
        about: str = "",
        via: str = "",
        origin: Origin = NOWHERE,
    ) -> Issued:
        """Make a code and send it; where it would prove nothing, send another letter instead.

        Both ways cost the same: one code is stored, one message queued, to the address that was
        given and not to one that is kept. ``via="phone_call"`` has it read out by telephone. Raises
        ``TooMany``, and ``BadInput`` for a call to what is no telephone.
        """
        channel, at = way(field, via), self.gate.clock.now()
        issued = self.proof.codes.issue(flow, address, at=at, about=about, real=real, origin=origin)
        told = (
            self._code(flow, issued, stranger, channel, address, language)
            if real
            else self.notices.notify(
                stranger, instead, channels=(channel,), language=language, to={channel: address}
            )
        )
        self.gate.perform(replace(told, until=issued.expires), by=VISITOR)
        return issued

    def warn(self, subject: SubjectId, change: tuple[str, str]) -> list[Notify]:
        """Tell every bound contact of a change (in Chinese, in English), each by its own message.

        The acts go into the passage of the change itself, so that none happens untold.
        """
        when = iso(self.gate.clock.now())
        values = {"change_zh": change[0], "change_en": change[1], "when": when}
        return self.tell_all(subject, "security_change", values)

    def arrived(self, subject: SubjectId, origin: Origin) -> None:
        """Tell every bound contact of a sign-in from a place that was not seen before (7.2).

        It is told before the place is known: whoever stops the machine in between has it told
        twice, and never not at all.
        """
        at = self.gate.clock.now()
        if self.proof.devices.knows(subject, origin, at=at):
            return
        values = {
            "device": origin.device or "-",
            "place": origin.place or "-",
            "when": iso(at),
        }
        told = self.tell_all(subject, "new_device", values)
        if told:
            self.gate.perform(*told, by=SYSTEM)
        self.proof.devices.meet(subject, origin, at=at)

    def tell_all(
        self,
        subject: SubjectId,
        notice: str,
        values: Mapping[str, str | Secret],
        fields: tuple[str, ...] = tuple(CHANNEL),
    ) -> list[Notify]:
        """Return a message of its own for every bound contact, or for those of some fields."""
        standing = self.gate.standing(subject)
        return [
            self.notices.notify(
                subject,
                notice,
                values,
                channels=(CHANNEL[field],),
                language=language_of(standing),
            )
            for field in fields
            if field in standing.held
        ]

    def _code(
        self,
        flow: Flow,
        issued: Issued,
        stranger: SubjectId,
        channel: str,
        address: Secret,
        language: str,
    ) -> Notify:
        chinese, english = WORDS[flow]
        return self.notices.notify(
            stranger,
            "code",
            {
                "code": issued.code,
                "minutes": str(LIFE_MINUTES),
                "flow_zh": chinese,
                "flow_en": english,
            },
            channels=(channel,),
            language=language,
            to={channel: address},
        )


def way(field: str, via: str = "") -> str:
    """Return the channel by which a code goes. Raises ``BadInput``.

    >>> way("contact.phone"), way("contact.phone", "phone_call")
    ('sms', 'phone')
    """
    if not via:
        return CHANNEL[field]
    if via != BY_CALL or field != PHONE:
        raise BadInput(
            "only a code for a telephone can be read out",
            clause="2.1.2",
            remedy="enter a phone number, or have the code sent",
            field="via",
        )
    return "phone"
