"""Codes on their way: to an address that is not kept, the same for known and unknown (2.1.2)."""

from typing import Final

from troth.documents.notice import Notices
from troth.documents.proof import Proof
from troth.documents.proof.codes import LIFE_MINUTES, Flow, Issued
from troth.gate import Gate
from troth.model.acts import Actor, Find, Notify
from troth.model.errors import BadValue
from troth.model.secret import Secret
from troth.model.terms import SubjectId

VISITOR: Final = Actor(kind="visitor")
CHANNEL: Final = {"contact.email": "email", "contact.phone": "sms"}
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
    ) -> Issued:
        """Make a code and send it; where it would prove nothing, send another letter instead.

        Both ways cost the same: one code is stored, one message queued, to the address that was
        given and not to one that is kept. Raises ``TooMany``.
        """
        at = self.gate.clock.now()
        issued = self.proof.codes.issue(flow, address, at=at, about=about, real=real)
        channel = CHANNEL[field]
        told = (
            self._code(flow, issued, stranger, channel, address, language)
            if real
            else self.notices.notify(
                stranger, instead, channels=(channel,), language=language, to={channel: address}
            )
        )
        self.gate.perform(told, by=VISITOR)
        return issued

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
