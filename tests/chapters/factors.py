"""Second factors for tests: an app that shows codes, a device with passkeys, ways to sign in."""

import pyotp
import pytest

from tests.chapters.people import EMAIL, PASSWORD, House
from tests.support.authenticator import Authenticator, Manner
from troth.app import AppCode, PasskeyAnswer, RecoveryCode
from troth.model.clock import SECOND
from troth.model.errors import FactorMissing
from troth.model.secret import Secret

BROWSER = "browser 1"
NAME = Secret("我的手机")
WRONG = ("000000", "111111", "222222", "333333")


class Person:
    """Somebody with an account, signed in, and whatever proves them besides a password."""

    def __init__(self, house: House, email: Secret = EMAIL) -> None:
        self.house, self.email = house, email
        self.accounts, self.factors = house.accounts, house.accounts.factors
        self.device = Authenticator()
        self.app: pyotp.TOTP | None = None
        self.codes: tuple[Secret, ...] = ()
        self.token = self.accounts.sign_in(email, PASSWORD).token
        self.subject = self.accounts.who(self.token)[0].subject
        self.step_up()

    # --- a session -----------------------------------------------------------------------------

    def step_up(self) -> None:
        """Prove it once more, by whatever there is."""
        if self.app:
            self.later()
            self.token = self.factors.step_up(self.token, self.app_code())
        elif self.device.made:
            self.token = self.factors.step_up(self.token, self.signed(token=self.token))
        else:
            self.token = self.accounts.step_up(self.token, PASSWORD)

    def later(self, seconds: int = 30) -> None:
        """Wait for the next code."""
        self.house.clock.forward(seconds=seconds)

    def sign_in(self) -> FactorMissing:
        """Sign in by password; return what asks for more."""
        with pytest.raises(FactorMissing) as missing:
            self.accounts.sign_in(self.email, PASSWORD)
        return missing.value

    # --- an app --------------------------------------------------------------------------------

    def add_app(self) -> None:
        begun = self.factors.begin_totp(self.token)
        self.app = pyotp.TOTP(begun.secret.reveal())
        given = self.app_code().code
        self.codes += self.factors.confirm_totp(self.token, begun.state, given)

    def app_code(self, steps: int = 0) -> AppCode:
        """Return what the app shows now, or some steps from now."""
        assert self.app
        now = self.house.clock.now() // SECOND
        return AppCode(code=Secret(self.app.at(now + 30 * steps)))

    def wrong_code(self) -> AppCode:
        near = {self.app_code(steps).code.reveal() for steps in (-1, 0, 1)}
        return AppCode(code=Secret(next(c for c in WRONG if c not in near)))

    # --- passkeys ------------------------------------------------------------------------------

    def add_passkey(self, device: Authenticator | None = None, name: Secret = NAME) -> None:
        asked = self.factors.begin_passkey(self.token, browser=BROWSER)
        answer = (device or self.device).create(asked.options.reveal())
        given = PasskeyAnswer(state=asked.state, answer=Secret(answer), browser=BROWSER)
        self.codes += self.factors.add_passkey(self.token, given, name)

    def signed(
        self,
        manner: Manner | None = None,
        *,
        token: Secret | None = None,
        ticket: Secret | None = None,
    ) -> PasskeyAnswer:
        """Return the device's signature: to sign in, to finish with a ticket, to step up."""
        asked = self.factors.ask(browser=BROWSER, ticket=ticket, token=token)
        answer = self.device.get(asked.options.reveal(), manner)
        return PasskeyAnswer(state=asked.state, answer=Secret(answer), browser=BROWSER)

    def recovery(self, which: int = 0) -> RecoveryCode:
        return RecoveryCode(code=self.codes[which])

    # --- what was told -------------------------------------------------------------------------

    def told(self) -> list[str]:
        """Return the messages since the last call, those by e-mail and those by SMS."""
        self.house.deliver()
        texts = [m.text.reveal() for m in (*self.house.email.sent, *self.house.sms.sent)]
        self.house.email.sent.clear()
        self.house.sms.sent.clear()
        return texts
