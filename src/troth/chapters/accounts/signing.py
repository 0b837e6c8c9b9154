"""Signing in and out, by password or code; sessions and recovery (policy 2.1.2, 3.1.1, 7.1).

Whoever asks learns nothing about who has an account: a wrong password, an unknown name and a closed
account are one answer, after the same work.
"""

from msgspec import Struct

from troth.chapters.accounts.sending import CHANNEL, Sending
from troth.documents.proof.codes import Flow, field_of, wrong_code
from troth.documents.proof.sessions import Session
from troth.model.acts import SYSTEM, Actor, Event, Use
from troth.model.errors import BadInput, NotProved, Refused
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId


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

    # --- by password ---------------------------------------------------------------------------

    def sign_in(self, identifier: Secret, password: Secret) -> SignedIn:
        """Sign in by e-mail, phone or user name, and password.

        Raises ``NotProved`` with one answer for everything that is wrong, ``TooMany`` after too
        many tries, counted before they are judged.
        """
        at = self._gate.clock.now()
        self._proof.throttle.begin(identifier, at=at)
        subject, kept = self._kept(identifier)
        if not self._proof.passwords.verify(kept, password) or subject is None:
            raise wrong()
        self._proof.throttle.succeeded(identifier)
        return self._started(subject)

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

    def begin(self, flow: Flow, identifier: Secret, *, language: str) -> str:
        """Send a code to an address that has an account, another letter to one that has none.

        The challenge that comes back is the same either way. Raises ``TooMany``, and ``BadInput``
        for what is neither an e-mail address nor a phone number.
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
        )
        return issued.challenge

    def sign_in_with_code(self, identifier: Secret, challenge: str, code: Secret) -> SignedIn:
        """Sign in by a code that was sent to an address. Raises ``NotProved``."""
        return self._started(self.redeem("login", identifier, challenge, code))

    def redeem(self, flow: Flow, identifier: Secret, challenge: str, code: Secret) -> SubjectId:
        """Redeem a code and return whose address it proved. Raises ``NotProved``."""
        at = self._gate.clock.now()
        self._proof.codes.redeem(challenge, flow, identifier, code, at=at)
        subject = self._sending.known(field_of(identifier), identifier)
        if subject is None or self._gate.standing(subject).life != "active":
            raise wrong_code()
        return subject

    # --- sessions ------------------------------------------------------------------------------

    def _started(self, subject: SubjectId) -> SignedIn:
        if self._gate.standing(subject).life != "active":
            raise wrong()
        token = self._proof.sessions.start(subject, at=self._gate.clock.now())
        return SignedIn(subject=subject, token=token)

    def who(self, token: Secret, *, region: Region | None = None) -> tuple[Session, Actor]:
        """Return the session of a token and its subject as an actor. Raises ``NotProved``."""
        session = self._proof.sessions.check(token, at=self._gate.clock.now())
        return session, Actor(kind="subject", assurance=session.assurance, region=region)

    def step_up(self, token: Secret, password: Secret) -> Secret:
        """Prove the password once more; return the session's new token (policy 6.1).

        Raises ``NotProved``, ``TooMany``.
        """
        at = self._gate.clock.now()
        session = self._proof.sessions.check(token, at=at)
        self.demand_password(session.subject, password)
        return self._proof.sessions.step_up(token, at=at)

    def demand_password(self, subject: SubjectId, password: Secret) -> None:
        """Raise ``NotProved`` unless it is the subject's password; tries are counted."""
        name = Secret(subject)
        self._proof.throttle.begin(name, at=self._gate.clock.now())
        if not self._proof.passwords.verify(self.password_of(subject), password):
            raise wrong()
        self._proof.throttle.succeeded(name)

    def sign_out(self, token: Secret) -> None:
        """End one session."""
        self._proof.sessions.end(token)


def wrong() -> NotProved:
    """Return the one answer to a sign-in that proves nothing."""
    return NotProved(
        "the name or the password is wrong", clause="2.1.2", remedy="try again, or recover it"
    )
