"""Proving a second factor: an authenticator's code, a passkey, a recovery code (7.1, 7.2).

Every try is counted before it is judged; nothing is good twice; and what is wrong, used, late or
not there at all is one answer. Only what can be guessed, an app's code, is locked by a hundred
wrong tries: else whoever knows the password could lock its owner out of all that would help them.
"""

from typing import Final

import msgspec
from msgspec import Struct

from troth import documents
from troth.chapters.accounts.drawer import Drawer, put
from troth.chapters.accounts.sending import Sending
from troth.documents.proof.codes import wrong_code
from troth.documents.proof.origin import NOWHERE, Origin
from troth.documents.proof.passkeys import (
    PATIENCE,
    Passkey,
    for_vault,
    in_vault,
    named_in,
    new_challenge,
    wrong_passkey,
)
from troth.documents.proof.recovery import FEW, left
from troth.documents.proof.ways import PASSKEYS, RECOVERY, TOTP
from troth.model.acts import SYSTEM, Act, Event
from troth.model.clock import Moment, date
from troth.model.secret import Secret
from troth.model.terms import SubjectId

CHALLENGE: Final = "passkey"
USED: Final = ("已使用一个恢复码，剩余 {} 个", "a recovery code was used, {} are left")
USED_FEW: Final = (
    "已使用一个恢复码，仅剩 {} 个，请重新生成",
    "a recovery code was used, only {} are left: make new ones",
)
TURNED_BACK: Final = (
    "有人使用了与您的通行密钥相同的副本，登录已被拒绝；请删除该通行密钥",
    "somebody tried a copy of one of your passkeys and was refused: remove that passkey",
)


class AppCode(Struct, frozen=True, kw_only=True):
    """The six digits that an authenticator app shows."""

    code: Secret


class RecoveryCode(Struct, frozen=True, kw_only=True):
    """One of the codes that were shown once."""

    code: Secret


class PasskeyAnswer(Struct, frozen=True, kw_only=True):
    """What a browser answered (JSON), the state it was asked with, and which browser it is."""

    state: Secret
    answer: Secret
    browser: str


Given = AppCode | RecoveryCode | PasskeyAnswer


class Asked(Struct, frozen=True, kw_only=True):
    """What a browser is asked (JSON for its ``parse…OptionsFromJSON``), and what it brings back."""

    options: Secret
    state: Secret


class Proving:
    """Judges second factors."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self._gate = sending.gate
        self._proof = sending.proof
        self.drawer = Drawer(sending.gate)

    def prove(self, subject: SubjectId, given: Given, *, origin: Origin = NOWHERE) -> None:
        """Accept one factor of a subject. Raises ``NotProved``, ``TooMany``."""
        match given:
            case AppCode(code=code):
                self._app(subject, code, origin)
            case RecoveryCode(code=code):
                self._recovery(subject, code, origin)
            case PasskeyAnswer():
                self.whose(given, about=subject, origin=origin)

    # --- an authenticator app ------------------------------------------------------------------

    def _app(self, subject: SubjectId, code: Secret, origin: Origin) -> None:
        at, name = self._gate.clock.now(), _named(subject, TOTP)
        self._proof.throttle.begin(name, at=at, origin=origin)
        secret = self.drawer.open(subject, TOTP)
        if secret is None or not self.once(subject, secret, code, at):
            raise wrong_code()
        self._succeeded(subject, name, at, origin)

    def _succeeded(self, subject: SubjectId, name: Secret, at: Moment, origin: Origin) -> None:
        """Forget failures, also of the app: what was proved is the way out where it is locked."""
        names = (name, _named(subject, TOTP), Secret(subject))
        self._proof.throttle.succeeded(*names, at=at, origin=origin)

    def once(self, subject: SubjectId, secret: Secret, code: Secret, at: Moment) -> bool:
        """Tell whether a code is right and its time step was not used; it is used by asking."""
        step = documents.totp.step_of(secret, code, at=at)
        if step is None:
            return False
        used = f"totp|{subject}|{secret.fingerprint(TOTP.encode())[:16]}|{step}"
        return self._proof.tickets.once(used, until=documents.totp.gone_by(step))

    # --- a recovery code -----------------------------------------------------------------------

    def _recovery(self, subject: SubjectId, code: Secret, origin: Origin) -> None:
        at = self._gate.clock.now()
        # By the day: waits, and no lock that would outlast it.
        name = Secret(f"{subject}/{RECOVERY}/{date(at)}")
        self._proof.throttle.begin(name, at=at, origin=origin)

        def use(kept: Secret | None) -> list[Act]:
            rest = self._proof.recovery.without(subject, kept, code) if kept else None
            if rest is None:
                raise wrong_code()
            many = left(rest)
            words = USED if many > FEW else USED_FEW
            return [
                put(subject, RECOVERY, rest, over=kept),
                Event(subject=subject, name="recovery_code.used", detail={"left": many}),
                *self._sending.warn(subject, (words[0].format(many), words[1].format(many))),
            ]

        self.drawer.change(subject, RECOVERY, use)
        self._succeeded(subject, name, at, origin)

    # --- a passkey -----------------------------------------------------------------------------

    def ask(self, *, browser: str, about: SubjectId | None = None) -> Asked:
        """Ask a browser for a passkey: any, or one of a subject.

        ``browser`` is what the interface knows it by; its answer counts from nowhere else. Raises
        ``Misconfigured`` where the service's address was not set.
        """
        kept = self.drawer.open(about, PASSKEYS) if about else None
        challenge = new_challenge()
        options = self._proof.passkeys.request(challenge=challenge, had=in_vault(kept))
        return Asked(options=options, state=self.remember(challenge, browser, about))

    def remember(self, challenge: Secret, browser: str, about: SubjectId | None) -> Secret:
        """Seal a challenge for the browser it was given to."""
        until = Moment(self._gate.clock.now() + PATIENCE)
        return self._proof.tickets.seal(
            CHALLENGE, challenge, until=until, bound=f"{browser}|{about or ''}"
        )

    def challenge(self, given: PasskeyAnswer, about: SubjectId | None) -> Secret:
        """Return the challenge that was put, and use it up, whatever comes of the answer.

        Raises ``NotProved``.
        """
        at, bound = self._gate.clock.now(), f"{given.browser}|{about or ''}"
        ticket = self._proof.tickets.open(CHALLENGE, given.state, at=at, bound=bound)
        self._proof.tickets.spend(ticket)
        return ticket.told

    def whose(
        self, given: PasskeyAnswer, *, about: SubjectId | None = None, origin: Origin = NOWHERE
    ) -> SubjectId:
        """Return whose passkey answered, the one it was asked ``about`` where it was.

        Raises ``NotProved``, for known and unknown passkeys alike, and ``TooMany``.
        """
        at, said = self._gate.clock.now(), named_in(given.answer)
        challenge = self.challenge(given, about)
        # Under a name of its own: it counts for the network and the house, and locks no passkey.
        self._proof.throttle.begin(challenge, at=at, origin=origin)
        subject = self._proof.passkeys.owner(said.handle) if said.handle else about
        if subject is None or subject != (about or subject):
            raise wrong_passkey()
        passkey = _one(self.drawer.open(subject, PASSKEYS), said.id)
        count = documents.webauthn.counted(
            given.answer, passkey, challenge=challenge, passkeys=self._proof.passkeys
        )
        self._go_up(subject, passkey, count)
        self._succeeded(subject, challenge, at, origin)
        return subject

    def _go_up(self, subject: SubjectId, passkey: Passkey, count: int) -> None:
        """Keep how many signatures a passkey has made; one that goes back was copied (7.2.2)."""
        if count == passkey.count == 0:
            return

        def keep(kept: Secret | None) -> list[Act]:
            if count <= _one(kept, passkey.id).count:
                raise _CopiedError
            counted = [
                msgspec.structs.replace(each, count=count) if each.id == passkey.id else each
                for each in in_vault(kept)
            ]
            return [put(subject, PASSKEYS, for_vault(counted), over=kept)]

        try:
            self.drawer.change(subject, PASSKEYS, keep, by=SYSTEM)
        except _CopiedError:
            seen = Event(subject=subject, name="passkey.counted_back", detail={})
            self._gate.perform(seen, *self._sending.warn(subject, TURNED_BACK), by=SYSTEM)
            raise wrong_passkey() from None


class _CopiedError(Exception):
    """Two authenticators answer for one passkey."""


def _named(subject: SubjectId, field: str) -> Secret:
    """Return the name under which tries with one factor are counted."""
    return Secret(f"{subject}/{field}")


def _one(kept: Secret | None, passkey: str) -> Passkey:
    """Return one passkey of those kept. Raises ``NotProved`` when it is none of them."""
    for each in in_vault(kept):
        if each.id == passkey:
            return each
    raise wrong_passkey()
