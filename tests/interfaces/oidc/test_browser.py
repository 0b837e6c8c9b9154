"""The same way in a real browser, without scripts: nothing of ours keeps it from going through."""

import pytest
from playwright.sync_api import Browser, Page

from tests.chapters.shop import person
from tests.interfaces.oidc.conftest import Neighbours
from troth.model.acts import Collect
from troth.model.secret import Secret
from troth.model.terms import SubjectId

pytestmark = pytest.mark.browser
PASSWORD = Secret("nine lanterns over the harbour")


@pytest.fixture
def who(neighbours: Neighbours) -> SubjectId:
    """Return somebody who signs in by a name and a password."""
    who = person(neighbours)
    hashed = neighbours.troth.proof.passwords.hash(PASSWORD)
    values = {"account.login": Secret(f"li-{who[-6:]}"), "account.password": hashed}
    neighbours.gate.perform(Collect(subject=who, values=values, purpose="account"))
    return who


@pytest.fixture
def window(chromium: Browser) -> Page:
    """Return a page of a browser that runs no scripts."""
    context = chromium.new_context(locale="en-GB", java_script_enabled=False)
    context.set_default_timeout(15_000)
    return context.new_page()


def sign_in(window: Page, who: SubjectId) -> None:
    """Sign in on the page that is shown."""
    window.fill("[name=identifier]", f"li-{who[-6:]}")
    window.fill("[name=password]", PASSWORD.reveal())
    window.click("main form button")


def test_somebody_walks_from_an_application_and_back(
    neighbours: Neighbours, window: Page, who: SubjectId
) -> None:
    there = neighbours.second.base
    window.goto(f"{there}/enter")
    assert window.url.startswith(f"{neighbours.issuer}/sign-in")
    sign_in(window, who)
    assert window.locator("h1").inner_text() == "Sign in to Second"
    window.check("[name='scope:email']")
    window.click("button[value=yes]")
    window.wait_for_url(f"{there}/")
    assert f"{who[-8:]}@mail.example" in window.inner_text("#who")

    window.goto(f"{there}/enter")
    window.wait_for_url(f"{there}/")
    window.click("#leave")
    window.wait_for_url(f"{there}/bye*")
    window.goto(f"{neighbours.issuer}/me")
    assert "/sign-in" in window.url


def test_after_signing_in_again_somebody_is_led_on_at_once(
    neighbours: Neighbours, window: Page, who: SubjectId
) -> None:
    there = neighbours.second.base
    window.goto(f"{there}/enter")
    sign_in(window, who)
    window.click("button[value=yes]")
    window.wait_for_url(f"{there}/")
    window.context.clear_cookies()
    window.goto(f"{there}/enter")
    sign_in(window, who)
    # A form of ours ends at a page of ours, and that leads on: the content policy stays strict.
    window.wait_for_url(f"{there}/")
    assert "Welcome" in window.content()


def test_a_no_comes_back_too(neighbours: Neighbours, window: Page, who: SubjectId) -> None:
    window.goto(f"{neighbours.second.base}/enter")
    sign_in(window, who)
    window.click("button[value=no]")
    window.wait_for_url(f"{neighbours.second.base}/back*")
    assert window.inner_text("#why") == "access_denied"
