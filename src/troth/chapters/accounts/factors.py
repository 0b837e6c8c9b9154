"""Second factors: added, removed, and used to sign in and to step up (policy 6.1, 7.1, 7.2).

What is added or removed asks for a proof made just now, is told to every bound contact in the same
passage, and ends every other session. Whoever has a factor is let in and steps up by it alone; a
password reset by a code does not change that.
"""

from typing import Final

from msgspec import Struct

from troth import documents
from troth.chapters.accounts.drawer import PURPOSE, Work, clear, put
from troth.chapters.accounts.proving import Asked, Given, PasskeyAnswer
from troth.chapters.accounts.sending import Sending
from troth.chapters.accounts.signing import SignedIn, Signing
from troth.documents.proof.codes import wrong_code
from troth.documents.proof.origin import NOWHERE, Origin
from troth.documents.proof.passkeys import (
    MOST,
    Passkey,
    called,
    for_vault,
    in_vault,
    new_challenge,
    wrong_passkey,
)
from troth.documents.proof.recovery import left
from troth.documents.proof.sessions import Session
from troth.documents.proof.ways import FACTORS, PASSKEYS, RECOVERY, TOTP, ways
from troth.model.acts import SYSTEM, Act, Use, Verified
from troth.model.clock import after
from troth.model.errors import BadInput, NotFound, Taken
from troth.model.secret import Secret
from troth.model.terms import SubjectId

LABELS: Final = ("contact.email", "contact.phone", "account.login")
"""What an authenticator lists an account under: the first of these that is held."""
SETTING_UP: Final = "an authenticator app"
SET_UP_MINUTES: Final = 15

TOTP_ON: Final = ("已添加身份验证器应用", "an authenticator app was added")
TOTP_OFF: Final = ("已移除身份验证器应用", "the authenticator app was removed")
PASSKEY_ON: Final = ("已添加一个通行密钥", "a passkey was added")
PASSKEY_OFF: Final = ("已移除一个通行密钥", "a passkey was removed")
DRAWN: Final = ("已生成恢复码", "recovery codes were made")
RENEWED: Final = ("已重新生成恢复码，旧恢复码作废", "recovery codes were renewed, the old are void")


class Begun(Struct, frozen=True, kw_only=True):
    """An authenticator app to be: its secret, as text, address and drawing; nothing is kept yet.

    ``state`` comes back with the first code the app shows.
    """

    secret: Secret
    address: Secret
    drawing: Secret
    state: Secret


class Had(Struct, frozen=True, kw_only=True):
    """What a subject has set up: an authenticator app, passkeys, and recovery codes left."""

    totp: bool
    passkeys: tuple[Passkey, ...]
    codes: int


class Factors:
    """Everything about second factors; hangs on ``Accounts``."""

    def __init__(self, sending: Sending, signing: Signing) -> None:
        self._gate = sending.gate
        self._proof = sending.proof
        self._sending = sending
        self._signing = signing
        self._proving = signing.proving
        self._drawer = signing.proving.drawer

    def had(self, token: Secret) -> Had:
        """Say what whoever is signed in has set up. Raises ``NotProved``."""
        session, _ = self._signing.who(token)
        held = self._gate.standing(session.subject).held
        kept = {
            field: self._drawer.open(session.subject, field)
            for field in (PASSKEYS, RECOVERY)
            if field in held
        }
        return Had(
            totp=TOTP in held,
            passkeys=in_vault(kept.get(PASSKEYS)),
            codes=left(kept.get(RECOVERY)),
        )

    def ways(self, token: Secret) -> tuple[str, ...]:
        """Say by what whoever is signed in proves a second factor; nothing is opened for it.

        Empty for who has none. Raises ``NotProved``.
        """
        return ways(self._gate.standing(self._signing.who(token)[0].subject))

    # --- an authenticator app ------------------------------------------------------------------

    def begin_totp(self, token: Secret) -> Begun:
        """Draw the secret of an authenticator app, to be shown once and never again.

        Raises ``NotProved`` or ``FactorMissing`` without a proof made just now.
        """
        session = self._stepped(token)
        secret = documents.totp.new_secret()
        address = documents.totp.address(
            secret, label=self._label(session.subject), issuer=self._service()
        )
        until = after(self._gate.clock.now(), minutes=SET_UP_MINUTES)
        state = self._proof.tickets.seal(SETTING_UP, secret, until=until, bound=session.subject)
        return Begun(
            secret=secret, address=address, drawing=documents.totp.drawn(address), state=state
        )

    def confirm_totp(self, token: Secret, state: Secret, code: Secret) -> tuple[Secret, ...]:
        """Add the app that shows this code, in place of one there may be.

        Returns recovery codes, to be shown once, where there were none; else nothing. Raises
        ``NotProved`` for a wrong code, a late state, or without a proof made just now; ``TooMany``.
        """
        session, at = self._stepped(token), self._gate.clock.now()
        subject, name = session.subject, Secret(f"{session.subject}/{SETTING_UP}")
        opened = self._proof.tickets.open(SETTING_UP, state, at=at, bound=subject)
        self._proof.throttle.begin(name, at=at)
        if not self._proving.once(subject, opened.told, code, at):
            raise wrong_code()
        self._proof.throttle.succeeded(name)
        self._proof.tickets.spend(opened)
        self._change(
            session,
            TOTP,
            lambda kept: [
                put(subject, TOTP, opened.told, over=kept),
                Verified(subject=subject, fact=TOTP, result="verified", method="code"),
            ],
            TOTP_ON,
        )
        return self._first_codes(session)

    def remove_totp(self, token: Secret, *, password: Secret | None = None) -> None:
        """Remove the authenticator app; see ``remove_passkey`` for ``password``.

        Raises ``NotFound`` where there is none.
        """
        session = self._stepped(token)
        self._demand_password_alone(session, TOTP, password)
        self._change(session, TOTP, lambda kept: self._without(session, TOTP, kept), TOTP_OFF)

    # --- passkeys ------------------------------------------------------------------------------

    def begin_passkey(self, token: Secret, *, browser: str) -> Asked:
        """Ask a browser to make a passkey; ``browser`` is what the interface knows it by.

        Raises ``NotProved`` or ``FactorMissing`` without a proof made just now, ``Misconfigured``
        where the service's address was not set.
        """
        subject = self._stepped(token).subject
        challenge = new_challenge()
        options = self._proof.passkeys.creation(
            subject,
            challenge=challenge,
            label=self._label(subject),
            service=self._service(),
            had=in_vault(self._drawer.open(subject, PASSKEYS)),
        )
        return Asked(options=options, state=self._proving.remember(challenge, browser, subject))

    def add_passkey(self, token: Secret, given: PasskeyAnswer, name: Secret) -> tuple[Secret, ...]:
        """Add the passkey a browser made, under a name of the subject's choice.

        Returns recovery codes, to be shown once, where there were none; else nothing. Raises
        ``NotProved``, ``BadInput`` for a name that is empty or too long, or when there are twenty.
        """
        session = self._stepped(token)
        subject, passkey = session.subject, self._made(session, given, called(name))

        def add(kept: Secret | None) -> list[Act]:
            there = in_vault(kept)
            if any(each.id == passkey.id for each in there):
                raise wrong_passkey()
            if len(there) >= MOST:
                raise BadInput(
                    f"there are {MOST} passkeys already", remedy="remove one you no longer use"
                )
            return [
                put(subject, PASSKEYS, for_vault((*there, passkey)), over=kept),
                Verified(subject=subject, fact=PASSKEYS, result="verified", method="passkey"),
            ]

        self._change(session, PASSKEYS, add, PASSKEY_ON)
        return self._first_codes(session)

    def _made(self, session: Session, given: PasskeyAnswer, name: Secret) -> Passkey:
        challenge = self._proving.challenge(given, session.subject)
        made = documents.webauthn.made(
            given.answer, challenge=challenge, passkeys=self._proof.passkeys
        )
        return Passkey(
            id=made.id,
            key=made.key,
            name=name,
            made=self._gate.clock.now(),
            count=made.count,
            transports=made.transports,
        )

    def remove_passkey(
        self, token: Secret, passkey: str, *, password: Secret | None = None
    ) -> None:
        """Remove one passkey by its id.

        Where it is the last second factor, ``password`` is asked for too: what stands alone from
        then on must be long enough to (7.2). Raises ``NotFound``, ``NotProved``, ``BadInput`` where
        the password is missing, ``WeakPassword`` where it is too short.
        """
        session = self._stepped(token)
        there = in_vault(self._drawer.open(session.subject, PASSKEYS))
        if len(there) == 1:
            self._demand_password_alone(session, PASSKEYS, password)

        def remove(kept: Secret | None) -> list[Act]:
            rest = tuple(each for each in in_vault(kept) if each.id != passkey)
            if len(rest) == len(in_vault(kept)):
                raise NotFound("there is no such passkey")
            if not rest:
                return self._without(session, PASSKEYS, kept)
            return [put(session.subject, PASSKEYS, for_vault(rest), over=kept)]

        self._change(session, PASSKEYS, remove, PASSKEY_OFF)

    # --- recovery codes ------------------------------------------------------------------------

    def renew_codes(self, token: Secret) -> tuple[Secret, ...]:
        """Draw ten new recovery codes, to be shown once; the old ones are void.

        Raises ``NotProved`` or ``FactorMissing`` without a proof made just now, ``NotFound`` where
        there is no factor they could stand in for.
        """
        session = self._stepped(token)
        if not ways(self._gate.standing(session.subject)):
            raise NotFound("there is no second factor", remedy="add one first")
        return self._draw(session, RENEWED)

    def _first_codes(self, session: Session) -> tuple[Secret, ...]:
        if RECOVERY in self._gate.standing(session.subject).held:
            return ()
        try:
            return self._draw(session, DRAWN)
        except Taken:
            return ()

    def _draw(self, session: Session, words: tuple[str, str]) -> tuple[Secret, ...]:
        codes, kept = self._proof.recovery.draw(session.subject)

        def renew(old: Secret | None) -> list[Act]:
            if old is not None and words is DRAWN:
                # Two factors were added at once: the codes that were shown first are the good ones.
                raise Taken
            return [put(session.subject, RECOVERY, kept, over=old)]

        self._change(session, RECOVERY, renew, words)
        return codes

    # --- in and up -----------------------------------------------------------------------------

    def ask(
        self, *, browser: str, ticket: Secret | None = None, token: Secret | None = None
    ) -> Asked:
        """Ask a browser for a passkey: any, to sign in by it alone, or one of a certain subject.

        That is whoever a ``ticket`` (to ``finish``) or a session (to ``step_up``) is of. Raises
        ``NotProved`` for a ticket or a session that is over, ``Misconfigured``.
        """
        about = self._signing.of_ticket(ticket) if ticket else None
        if token:
            about = self._signing.who(token)[0].subject
        return self._proving.ask(browser=browser, about=about)

    def sign_in(self, given: PasskeyAnswer, *, origin: Origin = NOWHERE) -> SignedIn:
        """Sign in by a passkey alone; see ``Signing.sign_in_with_passkey``."""
        return self._signing.sign_in_with_passkey(given, origin=origin)

    def finish(self, ticket: Secret, given: Given, *, origin: Origin = NOWHERE) -> SignedIn:
        """Go on with a sign-in that raised ``FactorMissing``; see ``Signing.finish``."""
        return self._signing.finish(ticket, given, origin=origin)

    def step_up(self, token: Secret, given: Given, *, origin: Origin = NOWHERE) -> Secret:
        """Prove a second factor for a delicate act; return the session's new token."""
        return self._signing.step_up_by(token, given, origin=origin)

    # --- what all of it rests on ---------------------------------------------------------------

    def _stepped(self, token: Secret) -> Session:
        session, _ = self._signing.who(token)
        self._signing.demand_stepped(session)
        return session

    def _change(self, session: Session, field: str, work: Work, words: tuple[str, str]) -> None:
        """Change one field, tell every bound contact, and end every other session."""
        subject = session.subject
        self._drawer.change(
            subject, field, lambda kept: [*work(kept), *self._sending.warn(subject, words)]
        )
        self._proof.sessions.end_others(subject, session.id)

    def _without(self, session: Session, field: str, kept: Secret | None) -> list[Act]:
        """Return the acts that end a factor, and with the last one the codes that stood in."""
        if kept is None:
            raise NotFound("there is no such second factor")
        gone = (field,) if self._others(session, field) else (field, RECOVERY)
        held = self._gate.standing(session.subject).held
        return [clear(session.subject, *(each for each in gone if each in held))]

    def _others(self, session: Session, field: str) -> bool:
        held = self._gate.standing(session.subject).held
        return any(each in held for each in FACTORS if each != field)

    def _demand_password_alone(self, session: Session, field: str, password: Secret | None) -> None:
        """Demand a password that can stand alone from now on, where there is one at all (7.2)."""
        subject = session.subject
        if self._others(session, field) or self._signing.password_of(subject) is None:
            return
        if not password:
            raise BadInput(
                "your last second factor goes only with your password",
                clause="7.2",
                remedy="enter your password",
                field="password",
            )
        self._signing.demand_password(subject, password)
        self._proof.passwords.judge(password, password)

    def _label(self, subject: SubjectId) -> Secret:
        """Fetch what the subject will know the account by, in an app or a keychain."""
        held = self._gate.standing(subject).held
        for field in LABELS:
            if field in held:
                asked = Use(subject=subject, fields=(field,), purpose=PURPOSE)
                return self._gate.perform(asked, by=SYSTEM).values[field]
        return Secret(self._service())

    def _service(self) -> str:
        return self._gate.policy().edition.controller.legal_name
