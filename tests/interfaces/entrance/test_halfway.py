"""The second half of a sign-in, and the step before grave acts: app, recovery code, passkey."""

import html
import re

import pyotp
import pytest

from tests.interfaces.visitor import PASSWORD, Visitor
from tests.support.authenticator import Authenticator
from tests.support.letters import last_code
from troth.app import PasskeyAnswer, Troth
from troth.model.clock import SECOND
from troth.model.secret import Secret

OPTIONS = re.compile(r'data-options="([^"]*)"')
NAME = Secret("my key")


class Owner(Visitor):
    """A member who has set up a second factor."""

    def __init__(self, troth: Troth) -> None:
        super().__init__(troth)
        self.register()
        self.device = Authenticator()
        self.secret = ""
        self.codes: tuple[Secret, ...] = ()

    def token(self) -> Secret:
        found = self.troth.accounts.who(Secret(self.client.cookies["__Host-troth"]))[0]
        return self.troth.proof.sessions.start(found.subject, at=found.seen, stepped=True)

    def add_app(self) -> "Owner":
        factors, token = self.troth.accounts.factors, self.token()
        begun = factors.begin_totp(token)
        self.secret = begun.secret.reveal()
        # A step back, so that the one of now is still good.
        self.codes = factors.confirm_totp(token, begun.state, Secret(self.shown(-1)))
        return self

    def add_passkey(self) -> "Owner":
        factors, token = self.troth.accounts.factors, self.token()
        asked = factors.begin_passkey(token, browser="b")
        answer = Secret(self.device.create(asked.options.reveal()))
        given = PasskeyAnswer(state=asked.state, answer=answer, browser="b")
        self.codes = factors.add_passkey(token, given, NAME)
        return self

    def shown(self, steps: int = 0) -> str:
        now = self.troth.clock.now() // SECOND
        return pyotp.TOTP(self.secret).at(now + 30 * steps)

    def signed(self, page: str) -> str:
        """Answer what a page asks a browser's passkey for."""
        found = OPTIONS.search(page)
        assert found
        return self.device.get(html.unescape(found[1]))


@pytest.fixture
def owner(troth: Troth) -> Owner:
    return Owner(troth).add_app()


@pytest.fixture
def holder(troth: Troth) -> Owner:
    return Owner(troth).add_passkey()


def half(visitor: Visitor, owner: Owner) -> object:
    form = visitor.get("/sign-in")
    return visitor.send(form, "/sign-in", identifier=owner.email, password=PASSWORD)


def test_a_password_alone_leads_to_the_second_factor(troth: Troth, owner: Owner) -> None:
    visitor = Visitor(troth)
    second = half(visitor, owner)
    assert "还需要一步验证" in second.text
    assert "__Host-troth" not in visitor.client.cookies
    assert visitor.send(second, "/sign-in/second", factor_code=owner.shown()).url.path == "/me"


def test_a_wrong_code_is_told_at_its_field_and_not_shown_again(troth: Troth, owner: Owner) -> None:
    visitor = Visitor(troth)
    second = visitor.send(half(visitor, owner), "/sign-in/second", factor_code="not it")
    assert second.status_code == 401
    assert 'id="e-factor_code"' in second.text
    assert "not it" not in second.text
    assert visitor.send(second, "/sign-in/second", factor_code=owner.shown()).url.path == "/me"


def test_an_empty_field_is_named(troth: Troth, owner: Owner) -> None:
    visitor = Visitor(troth)
    second = visitor.send(half(visitor, owner), "/sign-in/second", factor_code="")
    assert 'id="e-factor_code"' in second.text


def test_a_recovery_code_stands_in(troth: Troth, owner: Owner) -> None:
    visitor = Visitor(troth)
    code = owner.codes[0].reveal()
    assert visitor.send(half(visitor, owner), "/sign-in/second", factor_code=code).url.path == "/me"


def test_a_code_from_the_mail_leads_there_too(troth: Troth, owner: Owner) -> None:
    visitor = Visitor(troth)
    enter = visitor.send(visitor.get("/sign-in/code"), "/sign-in/code", identifier=owner.email)
    second = visitor.send(enter, "/sign-in/enter", code=last_code(troth, "email"))
    assert "还需要一步验证" in second.text


def test_another_browser_cannot_bring_the_second_half(troth: Troth, owner: Owner) -> None:
    second, other = half(Visitor(troth), owner), Visitor(troth)
    state = re.search(r'name="state" value="([^"]+)"', second.text)
    assert state
    answer = other.send(
        other.get("/sign-in"),
        "/sign-in",
        identifier="x@example.com",
        password="",
    )
    fields = {"state": state[1], "factor_code": owner.shown()}
    token = re.search(r'name="form_token" value="([^"]+)"', answer.text)
    assert token
    refused = other.post("/sign-in/second", {"form_token": token[1], **fields})
    assert refused.status_code == 422
    assert "__Host-troth" not in other.client.cookies


def test_a_passkey_signs_in_alone(troth: Troth, holder: Owner) -> None:
    visitor = Visitor(troth)
    form = visitor.get("/sign-in")
    answer = visitor.send(form, "/sign-in/passkey", passkey_answer=holder.signed(form.text))
    assert answer.url.path == "/me"


def test_a_passkey_is_the_second_half_where_it_is_the_factor(troth: Troth, holder: Owner) -> None:
    visitor = Visitor(troth)
    second = half(visitor, holder)
    signed = holder.signed(second.text)
    assert visitor.send(second, "/sign-in/second", passkey_answer=signed).url.path == "/me"


def test_a_passkey_of_nobody_is_one_answer(troth: Troth, holder: Owner) -> None:
    visitor, stranger = Visitor(troth), Owner(troth)
    holder.device = stranger.device
    form = visitor.get("/sign-in")
    answer = visitor.send(form, "/sign-in/passkey", passkey_answer="{}")
    assert answer.status_code == 401
    assert "通行密钥未能通过验证" in answer.text


def test_the_step_before_a_grave_act_asks_for_the_factor(troth: Troth, owner: Owner) -> None:
    visitor = Visitor(troth)
    visitor.send(half(visitor, owner), "/sign-in/second", factor_code=owner.shown())
    page = visitor.get("/me/cancel")
    asked = visitor.send(page, "/me/cancel", understood="yes")
    assert 'name="factor_code"' in asked.text
    assert 'name="current_password"' not in asked.text
    code = owner.codes[1].reveal()
    done = visitor.send(asked, "/me/cancel", factor_code=code)
    assert done.status_code == 200
    assert "__Host-troth" not in visitor.client.cookies
