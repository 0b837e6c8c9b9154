"""A real browser makes a passkey and signs in by it: what we ask and what it says fit together."""

import json

import pytest
from playwright.sync_api import Page

from tests.chapters.factors import BROWSER, NAME, Person
from tests.chapters.people import House
from tests.support.authenticator import ORIGIN
from tests.support.browser import with_authenticator
from troth.app import PasskeyAnswer
from troth.chapters.accounts.proving import Asked
from troth.model.errors import NotProved
from troth.model.secret import Secret

pytestmark = pytest.mark.browser

CREATE = """async (options) => {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(options));
  return JSON.stringify(await navigator.credentials.create({publicKey}));
}"""
GET = """async (options) => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(options));
  return JSON.stringify(await navigator.credentials.get({publicKey}));
}"""


@pytest.fixture
def person(house: House) -> Person:
    house.register()
    return Person(house)


@pytest.fixture
def browser(page: Page) -> Page:
    """Return a page of ours in a browser that has an authenticator built in."""
    page.route("**/*", lambda route: route.fulfill(body="<!doctype html><title>-</title>"))
    page.goto(ORIGIN)
    with_authenticator(page)
    return page


def answered(browser: Page, script: str, asked: Asked) -> PasskeyAnswer:
    answer = browser.evaluate(script, asked.options.reveal())
    return PasskeyAnswer(state=asked.state, answer=Secret(answer), browser=BROWSER)


def test_a_browser_makes_a_passkey_and_signs_in_by_it(person: Person, browser: Page) -> None:
    asked = person.factors.begin_passkey(person.token, browser=BROWSER)
    codes = person.factors.add_passkey(person.token, answered(browser, CREATE, asked), NAME)
    assert len(codes) == 10
    for _ in range(2):
        given = answered(browser, GET, person.factors.ask(browser=BROWSER))
        assert person.factors.sign_in(given).subject == person.subject
    given = answered(browser, GET, person.factors.ask(browser=BROWSER, token=person.token))
    token = person.factors.step_up(person.token, given)
    assert person.accounts.who(token)[1].assurance == 2


def test_what_a_browser_says_it_can_sign_with_is_kept(person: Person, browser: Page) -> None:
    asked = person.factors.begin_passkey(person.token, browser=BROWSER)
    given = answered(browser, CREATE, asked)
    person.factors.add_passkey(person.token, given, NAME)
    (passkey,) = person.factors.had(person.token).passkeys
    assert passkey.transports == ("internal",)
    assert passkey.id == json.loads(given.answer.reveal())["id"]


def test_a_page_of_another_site_gets_nothing_that_counts(person: Person, browser: Page) -> None:
    asked = person.factors.begin_passkey(person.token, browser=BROWSER)
    person.factors.add_passkey(person.token, answered(browser, CREATE, asked), NAME)
    options = person.factors.ask(browser=BROWSER)
    browser.goto("http://localhost:8421")
    with pytest.raises(NotProved):
        person.factors.sign_in(answered(browser, GET, options))
