"""Signing in and out, and stepping up: by password, code, passkey and second factor (2.1.2, 3.1.1).

Whoever asks learns nothing about who has an account: a wrong password, an unknown name and a closed
account are one answer, after the same work. Whoever has a second factor is let in by nothing less,
and steps up by nothing less (6.1, 7.1).
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from troth.chapters.accounts.proving import Given, PasskeyAnswer, Proving
from troth.chapters.accounts.sending import CHANNEL, Sending
from troth.documents.proof.codes import Flow, field_of, wrong_code
from troth.documents.proof.origin import NOWHERE, Origin
from troth.documents.proof.sessions import Session
from troth.documents.proof.ways import demand_no_factor, factor_missing, ways
from troth.model.acts import SYSTEM, Actor, Correct, Event, Use
from troth.model.clock import after
from troth.model.errors import BadInput, NotProved, Refused
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId

HALF_WAY: Final = "half a sign-in"
HALF_WAY_MINUTES: Final = 10


def means_of(given: Given) -> tuple[str, ...]:
    """Say by what somebody proved themselves, in the words of RFC 8176."""
    return ("hwk", "user") if isinstance(given, PasskeyAnswer) else ("otp",)


class SignedIn(Struct, frozen=True, kw_only=True):
    """A subject who is signed in, and the token that says so."""

    subject: SubjectId
    token: Secret


class Signing:
    """Lets subjects in and out."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self._gate = sending.gate
        self._proof = sending.proof
        self.proving = Proving(sending)

    # --- by password ---------------------------------------------------------------------------

    def sign_in(
        self, identifier: Secret, password: Secret, *, origin: Origin = NOWHERE
    ) -> SignedIn:
        """Sign in by e-mail, phone or user name, and password.

        Raises ``NotProved`` with one answer for everything that is wrong, ``TooMany`` after too
        many tries, counted before they are judged; ``FactorMissing`` with a ticket for ``finish``
        when it was right and a second factor is asked for.
        """
        at = self._gate.clock.now()
        self._proof.throttle.begin(identifier, at=at, origin=origin)
        subject, kept = self._kept(identifier)
        account = Secret(subject) if subject else identifier
        counted = self._proof.throttle.may_prove(account, at=at)
        proved = self._proof.passwords.verify(kept if counted else None, password)
        if not proved or subject is None:
            raise wrong()
        if self._proof.passwords.needs_rehash(kept):
            self._renew(subject, kept, password)
        return self.half_way(subject, origin=origin, tried=identifier, means="pwd")

    def _renew(self, subject: SubjectId, kept: Secret | None, password: Secret) -> None:
        """Keep a hash of ours in place of one that was made elsewhere, while the password is here.

        One that was changed meanwhile stays as it is.
        """
        values = {"account.password": self._proof.passwords.hash(password)}
        if self.password_of(subject) == kept:
            renewed = Correct(
                subject=subject, values=values, purpose="authenticate", reference="rehash"
            )
            self._gate.perform(renewed, by=SYSTEM)

    def _kept(self, identifier: Secret) -> tuple[SubjectId | None, Secret | None]:
        """Fetch the hash of whoever that is; for nobody, do as much work and find none."""
        subject = self._sending.known(field_of(identifier), identifier)
        if subject is None:
            self._gate.perform(Event(subject=None, name="sign_in.unknown", detail={}), by=SYSTEM)
            return None, None
        return subject, self.password_of(subject)

    def password_of(self, subject: SubjectId) -> Secret | None:
        """Return the password's hash; ``None`` for an account that may no longer be used."""
        asked = Use(subject=subject, fields=("account.password",), purpose="authenticate")
        try:
            return self._gate.perform(asked, by=SYSTEM).values.get("account.password")
        except Refused:
            return None

    # --- by code -------------------------------------------------------------------------------

    def begin(
        self,
        flow: Flow,
        identifier: Secret,
        *,
        language: str,
        via: str = "",
        origin: Origin = NOWHERE,
    ) -> str:
        """Send a code to an address that has an account, another letter to one that has none.

        The challenge that comes back is the same either way. ``via="phone_call"`` has it read out.
        Raises ``TooMany``, and ``BadInput`` for what is neither an e-mail address nor a phone
        number.
        """
        field = field_of(identifier)
        if field not in CHANNEL:
            raise BadInput(
                "a code goes to an e-mail address or a phone",
                clause="2.1.2",
                remedy="enter one of them",
                field="identifier",
            )
        subject = self._sending.find(field, identifier)
        issued = self._sending.send(
            flow,
            field,
            identifier,
            # The letter waits in the region of whoever it is for (policy 2.4).
            stranger=SubjectId.new(subject.region) if subject else self._gate.new_subject("*"),
            real=subject is not None,
            instead="no_account",
            language=language,
            via=via,
            origin=origin,
        )
        return issued.challenge

    def sign_in_with_code(
        self, identifier: Secret, challenge: str, code: Secret, *, origin: Origin = NOWHERE
    ) -> SignedIn:
        """Sign in by a code that was sent to an address.

        Raises ``NotProved``, ``FactorMissing``.
        """
        subject = self.redeem("login", identifier, challenge, code)
        return self.half_way(subject, origin=origin, means="otp")

    def redeem(self, flow: Flow, identifier: Secret, challenge: str, code: Secret) -> SubjectId:
        """Redeem a code and return whose address it proved. Raises ``NotProved``."""
        at = self._gate.clock.now()
        self._proof.codes.redeem(challenge, flow, identifier, code, at=at)
        subject = self._sending.known(field_of(identifier), identifier)
        if subject is None or self._gate.standing(subject).life != "active":
            raise wrong_code()
        return subject

    # --- by a passkey, and the second half -----------------------------------------------------

    def sign_in_with_passkey(self, given: PasskeyAnswer, *, origin: Origin = NOWHERE) -> SignedIn:
        """Sign in by a passkey alone, which verified its user.

        Raises ``NotProved``, ``TooMany``.
        """
        subject = self.proving.whose(given, origin=origin)
        self._demand_active(subject)
        return self._started(subject, origin, means_of(given))

    def half_way(
        self,
        subject: SubjectId,
        *,
        origin: Origin = NOWHERE,
        tried: Secret | None = None,
        means: str = "",
    ) -> SignedIn:
        """Let in whoever proved one factor and has no other; ``means`` says by what.

        ``tried`` is the name under which the try was counted. Raises ``FactorMissing`` with a
        ticket for ``finish`` for whoever has another, ``NotProved`` for an account not in use.
        """
        at, standing = self._gate.clock.now(), self._gate.standing(subject)
        if standing.life != "active":
            raise wrong()
        alone = not ways(standing)
        if tried is not None:
            # What was guessed at a second factor has a count of its own, which goes on.
            names, known = (tried, Secret(subject)), at if alone else None
            self._proof.throttle.succeeded(*names, at=known, origin=origin)
        if alone:
            return self._started(subject, origin, (means,))
        until = after(at, minutes=HALF_WAY_MINUTES)
        ticket = self._proof.tickets.seal(HALF_WAY, Secret(subject), until=until)
        raise factor_missing(standing, ticket=ticket)

    def finish(self, ticket: Secret, given: Given, *, origin: Origin = NOWHERE) -> SignedIn:
        """Sign in whoever brings a ticket and a second factor; the ticket is good once.

        Raises ``NotProved``, ``TooMany``; the ticket outlives a factor that was mistyped.
        """
        opened = self._proof.tickets.open(HALF_WAY, ticket, at=self._gate.clock.now())
        self.proving.prove(opened.subject, given, origin=origin)
        self._proof.tickets.spend(opened)
        self._demand_active(opened.subject)
        return self._started(opened.subject, origin, ("mfa", *means_of(given)))

    def of_ticket(self, ticket: Secret) -> SubjectId:
        """Return whose sign-in a ticket goes on with. Raises ``NotProved``."""
        return self._proof.tickets.open(HALF_WAY, ticket, at=self._gate.clock.now()).subject

    # --- sessions ------------------------------------------------------------------------------

    def _demand_active(self, subject: SubjectId) -> None:
        if self._gate.standing(subject).life != "active":
            raise wrong()

    def _started(self, subject: SubjectId, origin: Origin, means: Iterable[str]) -> SignedIn:
        at = self._gate.clock.now()
        token = self._proof.sessions.start(subject, at=at, origin=origin, means=means)
        self._sending.arrived(subject, origin)
        return SignedIn(subject=subject, token=token)

    def who(self, token: Secret, *, region: Region | None = None) -> tuple[Session, Actor]:
        """Return the session of a token and its subject as an actor. Raises ``NotProved``."""
        session = self._proof.sessions.check(token, at=self._gate.clock.now())
        return session, Actor(kind="subject", assurance=session.assurance, region=region)

    def sign_out(self, token: Secret) -> None:
        """End one session."""
        self._proof.sessions.end(token)

    # --- stepping up ---------------------------------------------------------------------------

    def step_up(self, token: Secret, password: Secret, *, origin: Origin = NOWHERE) -> Secret:
        """Prove the password once more; return the session's new token (policy 6.1).

        Raises ``NotProved``, ``TooMany``; ``FactorMissing`` for whoever has a second factor, whose
        password was not looked at.
        """
        session, _ = self.who(token)
        demand_no_factor(self._gate.standing(session.subject))
        self.demand_password(session.subject, password, origin=origin)
        return self._proof.sessions.step_up(token, at=self._gate.clock.now(), means=("pwd",))

    def step_up_by(self, token: Secret, given: Given, *, origin: Origin = NOWHERE) -> Secret:
        """Prove a second factor once more; return the session's new token.

        Raises ``NotProved``, ``TooMany``.
        """
        session, _ = self.who(token)
        self.proving.prove(session.subject, given, origin=origin)
        at = self._gate.clock.now()
        return self._proof.sessions.step_up(token, at=at, means=means_of(given))

    def demand_stepped(self, session: Session) -> None:
        """Raise unless the session was stepped up just now.

        ``FactorMissing`` for whoever has a second factor, ``NotProved`` for all others.
        """
        if session.assurance < 2:
            demand_no_factor(self._gate.standing(session.subject))
            raise NotProved(
                "this asks for a proof made just now",
                clause="6.1",
                remedy="enter your password once more",
            )

    def demand_factor(self, session: Session) -> None:
        """Raise ``FactorMissing`` where there is a second factor that was not proved just now."""
        if session.assurance < 2:
            demand_no_factor(self._gate.standing(session.subject))

    def demand_password(
        self, subject: SubjectId, password: Secret, *, origin: Origin = NOWHERE
    ) -> None:
        """Raise ``NotProved`` unless it is the subject's password; tries are counted."""
        name, at = Secret(subject), self._gate.clock.now()
        self._proof.throttle.begin(name, at=at, origin=origin)
        if not self._proof.passwords.verify(self.password_of(subject), password):
            raise wrong()
        self._proof.throttle.succeeded(name, at=at, origin=origin)


def wrong() -> NotProved:
    """Return the one answer to a sign-in that proves nothing."""
    return NotProved(
        "the name or the password is wrong", clause="2.1.2", remedy="try again, or recover it"
    )
