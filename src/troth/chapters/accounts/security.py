"""What proves a subject, changed and ended: passwords, contacts, the account itself (6.4, 7.2).

Every change of it is told to all contacts that were bound before, and ends every other session.
"""

from collections.abc import Callable
from typing import Final

from troth.chapters.accounts.registration import Begun, Opening, Registration, Welcome
from troth.chapters.accounts.sending import Sending
from troth.chapters.accounts.signing import SignedIn, Signing
from troth.documents.ending import Plan
from troth.documents.notice import Notices, language_of
from troth.documents.proof import Proof
from troth.documents.proof.codes import field_of
from troth.documents.proof.sessions import Session
from troth.documents.receipt import ErasureCertificate
from troth.gate import Gate, Outcome
from troth.model.acts import SUBJECT, Act, Actor, Collect, Correct, Notify, Verified
from troth.model.clock import iso
from troth.model.errors import BadInput, Taken
from troth.model.secret import Secret
from troth.model.terms import SubjectId

PASSWORD: Final = ("登录密码已更改", "your password was changed")
RECOVERED: Final = ("登录密码已通过验证码找回并更改", "your password was recovered with a code")
BOUND: Final = ("联系方式已更换", "one of your contacts was replaced")

PlanOf = Callable[[SubjectId], Plan]
EndOf = Callable[[SubjectId, Actor], ErasureCertificate]


class Accounts:
    """Everything about an account, from registration to the end.

    ``plan`` and ``end`` are the rights chapter's: what an erasure would do, and doing it.
    """

    def __init__(
        self, gate: Gate, notices: Notices, proof: Proof, *, plan: PlanOf, end: EndOf
    ) -> None:
        self._gate = gate
        self._notices = notices
        self._proof = proof
        self._plan = plan
        self._end = end
        self._sending = Sending(gate, notices, proof)
        self._opening = Opening(self._sending)
        self._signing = Signing(self._sending)

    # --- opening -------------------------------------------------------------------------------

    def begin_registration(
        self, email: Secret, phone: Secret, *, residence: str = "CN", language: str = "zh"
    ) -> Begun:
        """Send a code to each address; see ``Opening.begin``."""
        return self._opening.begin(email, phone, residence=residence, language=language)

    def register(self, form: Registration) -> Welcome:
        """Open an account in one passage; see ``Opening.register``."""
        return self._opening.register(form)

    # --- coming and going ----------------------------------------------------------------------

    def sign_in(self, identifier: Secret, password: Secret) -> SignedIn:
        """Sign in by e-mail, phone or user name. Raises ``NotProved``, ``TooMany``."""
        return self._signing.sign_in(identifier, password)

    def begin_sign_in(self, identifier: Secret, *, language: str = "zh") -> str:
        """Send a code to sign in with; return its challenge. Raises ``TooMany``, ``BadInput``."""
        return self._signing.begin("login", identifier, language=language)

    def sign_in_with_code(self, identifier: Secret, challenge: str, code: Secret) -> SignedIn:
        """Sign in by that code. Raises ``NotProved``."""
        return self._signing.sign_in_with_code(identifier, challenge, code)

    def who(self, token: Secret) -> tuple[Session, Actor]:
        """Return the session of a token and its subject as an actor. Raises ``NotProved``."""
        return self._signing.who(token)

    def step_up(self, token: Secret, password: Secret) -> Secret:
        """Prove the password once more for a delicate act; return the session's new token."""
        return self._signing.step_up(token, password)

    def sign_out(self, token: Secret) -> None:
        """End one session."""
        self._signing.sign_out(token)

    def sessions(self, token: Secret) -> tuple[Session, ...]:
        """List the sessions of whoever is signed in, newest first."""
        at = self._gate.clock.now()
        return self._proof.sessions.of(self._proof.sessions.check(token, at=at).subject, at=at)

    def end_session(self, token: Secret, session_id: str) -> bool:
        """End one other session by its id; tell whether there was one."""
        session, _ = self.who(token)
        return self._proof.sessions.end_one(session.subject, session_id)

    def sign_out_everywhere(self, token: Secret) -> int:
        """End every session, this one included; return how many."""
        session, _ = self.who(token)
        return self._proof.sessions.end_all(session.subject)

    # --- passwords -----------------------------------------------------------------------------

    def change_password(self, token: Secret, old: Secret, new: Secret, confirm: Secret) -> SignedIn:
        """Change the password; every session ends and a new one begins (policy 7.2).

        Raises ``NotProved`` when the old one is wrong, ``WeakPassword``, ``BadInput``.
        """
        session, _ = self.who(token)
        self._signing.demand_password(session.subject, old)
        self._set_password(session.subject, new, confirm, PASSWORD)
        return self._signed_in(session.subject)

    def begin_recovery(self, identifier: Secret, *, language: str = "zh") -> str:
        """Send a code to recover a password with; return its challenge."""
        return self._signing.begin("recover", identifier, language=language)

    def recover(
        self, identifier: Secret, challenge: str, code: Secret, new: Secret, confirm: Secret
    ) -> SignedIn:
        """Set a new password by that code; every session ends and a new one begins.

        The new password is judged before the code is spent. Raises ``WeakPassword``, ``BadInput``,
        ``NotProved``.
        """
        self._proof.passwords.judge(new, confirm, about=[identifier])
        subject = self._signing.redeem("recover", identifier, challenge, code)
        self._set_password(subject, new, confirm, RECOVERED)
        for name in (identifier, Secret(subject)):
            self._proof.throttle.succeeded(name)
        return self._signed_in(subject)

    def _set_password(
        self, subject: SubjectId, new: Secret, confirm: Secret, change: tuple[str, str]
    ) -> None:
        self._proof.passwords.judge(new, confirm)
        values = {"account.password": self._proof.passwords.hash(new)}
        self._gate.perform(
            Correct(subject=subject, values=values, purpose="authenticate"),
            *self._warn(subject, change),
            by=SUBJECT,
        )
        self._proof.sessions.end_all(subject)

    def _signed_in(self, subject: SubjectId) -> SignedIn:
        token = self._proof.sessions.start(subject, at=self._gate.clock.now())
        return SignedIn(subject=subject, token=token)

    def _warn(self, subject: SubjectId, change: tuple[str, str]) -> list[Notify]:
        """Tell every bound contact, each by a message of its own."""
        standing = self._gate.standing(subject)
        when = iso(self._gate.clock.now())
        values = {"change_zh": change[0], "change_en": change[1], "when": when}
        return [
            self._notices.notify(
                subject,
                "security_change",
                values,
                channels=(channel,),
                language=language_of(standing),
            )
            for field, channel in (("contact.email", "email"), ("contact.phone", "sms"))
            if field in standing.held
        ]

    # --- contacts ------------------------------------------------------------------------------

    def begin_bind(self, token: Secret, address: Secret, *, language: str = "zh") -> str:
        """Send a code to a new e-mail address or phone; return its challenge.

        One that has an account gets a letter instead, and the answer is the same. Raises
        ``BadValue``, ``TooMany``.
        """
        session, _ = self.who(token)
        field = _contact(address)
        issued = self._sending.send(
            "bind",
            field,
            address,
            stranger=SubjectId.new(session.subject.region),
            real=self._sending.find(field, address) is None,
            instead="already_registered",
            language=language,
            about=session.subject,
        )
        return issued.challenge

    def bind(self, token: Secret, address: Secret, challenge: str, code: Secret) -> Outcome:
        """Bind a new contact in place of the old one, which is told. Raises ``NotProved``."""
        session, by = self.who(token)
        subject, field = session.subject, _contact(address)
        at = self._gate.clock.now()
        self._proof.codes.redeem(challenge, "bind", address, code, at=at, about=subject)
        values = {field: address}
        held = field in self._gate.standing(subject).held
        kept: Act = (
            Correct(subject=subject, values=values, purpose="authenticate")
            if held
            else Collect(subject=subject, values=values, purpose="authenticate")
        )
        try:
            return self._gate.perform(
                *self._warn(subject, BOUND),
                kept,
                Verified(subject=subject, fact=field, result="verified", method="code"),
                by=by,
            )
        except Taken:
            self._proof.codes.give_back(challenge, at=at)
            raise

    # --- the end -------------------------------------------------------------------------------

    def closing_plan(self, token: Secret) -> Plan:
        """Say what closing the account would do: what goes, what a law holds (policy 6.4)."""
        session, _ = self.who(token)
        return self._plan(session.subject)

    def close(self, token: Secret) -> ErasureCertificate:
        """Close the account: services end, everything no law holds is erased, sessions end.

        Raises ``NotProved`` unless the session was stepped up just now.
        """
        session, by = self.who(token)
        certificate = self._end(session.subject, by)
        self._proof.sessions.end_all(session.subject)
        return certificate


def _contact(address: Secret) -> str:
    field = field_of(address)
    if field == "account.login":
        raise BadInput(
            "this is neither an e-mail address nor a phone number",
            clause="2.1.2",
            field="address",
        )
    return field
