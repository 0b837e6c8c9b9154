"""What proves a subject, changed and ended: passwords, contacts, the account itself (6.4, 7.2).

Every change of it is told to all contacts that were bound before, and ends every other session.
"""

from collections.abc import Callable, Mapping
from typing import Final

from troth.chapters.accounts.completing import Completing
from troth.chapters.accounts.enterprise import Enterprise
from troth.chapters.accounts.factors import Factors
from troth.chapters.accounts.fields import FormField, Kind, fields
from troth.chapters.accounts.importing import Importing
from troth.chapters.accounts.registration import Begun, Opening, Registration, Welcome
from troth.chapters.accounts.sending import CHANNEL, Sending
from troth.chapters.accounts.signing import SignedIn, Signing
from troth.documents.agreement import Shown, Tick
from troth.documents.certificate import ErasureCertificate
from troth.documents.contacts import contact_age
from troth.documents.ending import Plan
from troth.documents.imports.register import Imports
from troth.documents.notice import Notices, language_of
from troth.documents.proof import Proof
from troth.documents.proof.codes import field_of
from troth.documents.proof.origin import NOWHERE, Origin
from troth.documents.proof.sessions import Session
from troth.documents.proof.ways import ways
from troth.gate import Gate, Outcome
from troth.model.acts import SUBJECT, Act, Actor, Collect, Correct, Notify, Verified
from troth.model.clock import iso
from troth.model.errors import BadInput, Taken
from troth.model.secret import Secret
from troth.model.terms import SubjectId

PASSWORD: Final = ("登录密码已更改", "your password was changed")
RECOVERED: Final = ("登录密码已通过验证码找回并更改", "your password was recovered with a code")
BOUND: Final = ("联系方式已更换", "one of your contacts was replaced")
BOUND_HERE: Final = ("已绑定这个联系方式", "this contact was bound to it")

PlanOf = Callable[[SubjectId], Plan]
EndOf = Callable[[SubjectId, Actor], ErasureCertificate]


class Accounts:
    """Everything about an account, from registration to the end.

    ``plan`` and ``end`` are the rights chapter's: what an erasure would do, and doing it;
    ``imports`` remembers how far each import of existing accounts got.
    """

    def __init__(
        self,
        gate: Gate,
        notices: Notices,
        proof: Proof,
        *,
        plan: PlanOf,
        end: EndOf,
        imports: Imports,
    ) -> None:
        self._gate = gate
        self._notices = notices
        self._proof = proof
        self._plan = plan
        self._end = end
        self._sending = Sending(gate, notices, proof)
        self._opening = Opening(self._sending)
        self._signing = Signing(self._sending)
        self.factors = Factors(self._sending, self._signing)
        self.enterprise = Enterprise(gate, notices, proof, self._signing.who)
        self.importing = Importing(gate, imports)
        self._completing = Completing(gate, self._signing.who)

    # --- opening -------------------------------------------------------------------------------

    def begin_registration(
        self,
        email: Secret,
        phone: Secret,
        *,
        residence: str = "CN",
        language: str = "zh",
        via: str = "",
        origin: Origin = NOWHERE,
    ) -> Begun:
        """Send a code to each address; see ``Opening.begin``."""
        return self._opening.begin(
            email, phone, residence=residence, language=language, via=via, origin=origin
        )

    def register(self, form: Registration, *, origin: Origin = NOWHERE) -> Welcome:
        """Open an account in one passage; see ``Opening.register``.

        The place it is opened from is known from then on, and nobody is told of it.
        """
        welcome = self._opening.register(form, origin=origin)
        self._proof.devices.meet(welcome.subject, origin, at=self._gate.clock.now())
        return welcome

    def fields(self, kind: Kind = "person", *, residence: str = "CN") -> tuple[FormField, ...]:
        """Describe every field of one kind of account, for a page to be made of; see ``fields``."""
        return fields(self._gate, kind, residence)

    def complete(
        self,
        token: Secret,
        values: Mapping[str, Secret],
        *,
        ticks: tuple[Tick, ...] = (),
        shown: Shown | None = None,
    ) -> Outcome:
        """Keep what the registration left blank; see ``Completing.complete``."""
        return self._completing.complete(token, values, ticks=ticks, shown=shown)

    # --- coming and going ----------------------------------------------------------------------

    def sign_in(
        self, identifier: Secret, password: Secret, *, origin: Origin = NOWHERE
    ) -> SignedIn:
        """Sign in by e-mail, phone or user name; see ``Signing.sign_in`` for what it raises.

        A place that somebody signs in from for the first time is told to all their contacts.
        """
        return self._signing.sign_in(identifier, password, origin=origin)

    def begin_sign_in(
        self,
        identifier: Secret,
        *,
        language: str = "zh",
        via: str = "",
        origin: Origin = NOWHERE,
    ) -> str:
        """Send a code to sign in with; return its challenge. Raises ``TooMany``, ``BadInput``.

        ``via="phone_call"`` has it read out by telephone, here and wherever a code is asked for.
        """
        return self._signing.begin("login", identifier, language=language, via=via, origin=origin)

    def sign_in_with_code(
        self, identifier: Secret, challenge: str, code: Secret, *, origin: Origin = NOWHERE
    ) -> SignedIn:
        """Sign in by that code. Raises ``NotProved``, ``FactorMissing``."""
        return self._signing.sign_in_with_code(identifier, challenge, code, origin=origin)

    def who(self, token: Secret) -> tuple[Session, Actor]:
        """Return the session of a token and its subject as an actor. Raises ``NotProved``."""
        return self._signing.who(token)

    def step_up(self, token: Secret, password: Secret, *, origin: Origin = NOWHERE) -> Secret:
        """Prove the password once more for a delicate act; return the session's new token.

        Raises ``NotProved``, ``TooMany``; ``FactorMissing`` where ``factors.step_up`` is the way.
        """
        return self._signing.step_up(token, password, origin=origin)

    def sign_out(self, token: Secret) -> None:
        """End one session."""
        self._signing.sign_out(token)

    def sessions(self, token: Secret) -> tuple[Session, ...]:
        """List the sessions of whoever is signed in, newest first; this one is marked ``here``."""
        at = self._gate.clock.now()
        here = self._proof.sessions.check(token, at=at)
        return self._proof.sessions.of(here.subject, at=at, here=here.id)

    def end_session(self, token: Secret, session_id: str) -> bool:
        """End one other session by its id; tell whether there was one."""
        session, _ = self.who(token)
        return self._proof.sessions.end_one(session.subject, session_id)

    def sign_out_everywhere(self, token: Secret, *, but_here: bool = False) -> int:
        """End every session, this one included unless told otherwise; return how many."""
        session, _ = self.who(token)
        sessions, subject = self._proof.sessions, session.subject
        return sessions.end_others(subject, session.id) if but_here else sessions.end_all(subject)

    # --- passwords -----------------------------------------------------------------------------

    def change_password(
        self,
        token: Secret,
        old: Secret,
        new: Secret,
        confirm: Secret,
        *,
        origin: Origin = NOWHERE,
    ) -> SignedIn:
        """Change the password; every session ends and a new one begins (policy 7.2).

        Raises ``NotProved`` when the old one is wrong, ``WeakPassword``, ``BadInput``.
        """
        session, _ = self.who(token)
        self._signing.demand_password(session.subject, old)
        self._set_password(session.subject, new, confirm, PASSWORD)
        token = self._proof.sessions.start(
            session.subject, at=self._gate.clock.now(), origin=origin, means=("pwd",)
        )
        return SignedIn(subject=session.subject, token=token)

    def begin_recovery(
        self,
        identifier: Secret,
        *,
        language: str = "zh",
        via: str = "",
        origin: Origin = NOWHERE,
    ) -> str:
        """Send a code to recover a password with; return its challenge."""
        return self._signing.begin("recover", identifier, language=language, via=via, origin=origin)

    def recover(
        self,
        identifier: Secret,
        challenge: str,
        code: Secret,
        new: Secret,
        confirm: Secret,
        *,
        origin: Origin = NOWHERE,
    ) -> SignedIn:
        """Set a new password by that code; every session ends and a new one begins.

        The new password is judged before the code is spent. Raises ``WeakPassword``, ``BadInput``,
        ``NotProved``, and ``FactorMissing`` with a ticket for whoever has a second factor: the
        password is changed then, and the sign-in goes on.
        """
        self._proof.passwords.judge(new, confirm, about=[identifier])
        subject = self._signing.redeem("recover", identifier, challenge, code)
        self._set_password(subject, new, confirm, RECOVERED)
        self._proof.throttle.forget(identifier, Secret(subject))
        return self._signing.half_way(subject, origin=origin, means="otp")

    def _set_password(
        self, subject: SubjectId, new: Secret, confirm: Secret, change: tuple[str, str]
    ) -> None:
        second = bool(ways(self._gate.standing(subject)))
        self._proof.passwords.judge(new, confirm, second_factor=second)
        values = {"account.password": self._proof.passwords.hash(new)}
        self._gate.perform(
            Correct(subject=subject, values=values, purpose="authenticate"),
            *self._sending.warn(subject, change),
            by=SUBJECT,
        )
        self._proof.sessions.end_all(subject)

    # --- contacts ------------------------------------------------------------------------------

    def contact_age(self, subject: SubjectId, field: str) -> int | None:
        """Return for how many milliseconds a contact has been bound; ``None``: it is not held."""
        return contact_age(self._gate.standing(subject), field, self._gate.clock.now())

    def begin_bind(
        self,
        token: Secret,
        address: Secret,
        *,
        language: str = "zh",
        via: str = "",
        origin: Origin = NOWHERE,
    ) -> str:
        """Send a code to a new e-mail address or phone; return its challenge.

        One that has an account gets a letter instead, and the answer is the same. Raises
        ``BadValue``, ``TooMany``, ``FactorMissing`` where a second factor is not proved just now.
        """
        session, _ = self.who(token)
        self._signing.demand_factor(session)
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
            via=via,
            origin=origin,
        )
        return issued.challenge

    def bind(self, token: Secret, address: Secret, challenge: str, code: Secret) -> Outcome:
        """Bind a new contact in place of the old one; every other session ends (A17).

        All contacts are told, the one that is replaced and the new one too. Raises ``NotProved``,
        ``Taken``, ``FactorMissing`` where a second factor is not proved just now.
        """
        session, by = self.who(token)
        self._signing.demand_factor(session)
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
        told = self._sending.warn(subject, BOUND)
        proved = Verified(subject=subject, fact=field, result="verified", method="code")
        try:
            # In this order, so that the first messages go to the contacts of before.
            outcome = self._gate.perform(*told, kept, proved, self._welcome(subject, field), by=by)
        except Taken:
            self._proof.codes.give_back(challenge, at=at)
            raise
        self._proof.sessions.end_others(subject, session.id)
        return outcome

    def _welcome(self, subject: SubjectId, field: str) -> Notify:
        """Tell a new contact that it was bound."""
        when = iso(self._gate.clock.now())
        return self._notices.notify(
            subject,
            "security_change",
            {"change_zh": BOUND_HERE[0], "change_en": BOUND_HERE[1], "when": when},
            channels=(CHANNEL[field],),
            language=language_of(self._gate.standing(subject)),
        )

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
        self._proof.forget(session.subject)
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
