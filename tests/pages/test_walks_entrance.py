"""Ways in, in a real browser: opening an account, and every way to prove that one is its holder."""

import re
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.interfaces.oidc.stand import served
from tests.pages.site import PASSWORD, Person, Site, browsing
from tests.pages.test_looks import seen
from tests.support.browser import with_authenticator
from tests.support.letters import last_code
from troth import app
from troth.app import Troth
from troth.model.acts import Actor
from troth.model.clock import SECOND, SetClock, moment
from troth.model.secret import Secret

pytestmark = pytest.mark.browser
NEW = "quiet lanterns over the estuary"
CALLER = Actor(kind="staff", id="t1", role="telephone")
COMPANY = {
    "enterprise.name": "杭州测试科技有限公司",
    "enterprise.uscc": "91110105MA00014212",
    "legal_rep.name": "王五",
    "handler.name": "李四",
    "handler.phone": "+8613700002222",
    "handler.email": "lisi@example.com",
}


@pytest.fixture(scope="module")
def clock() -> SetClock:
    """Return the clock of the house: an authenticator app shows another code when it moves."""
    return SetClock(moment("2026-11-22T12:00:00"))


@pytest.fixture(scope="module")
def troth(clock: SetClock) -> Iterator[Troth]:
    """Return an instance in memory, its time in hand."""
    with app.memory(clock=clock) as made:
        yield made


@pytest.fixture(scope="module")
def site(troth: Troth) -> Iterator[Site]:
    """Return the instance's address: passkeys are made for a name, not for a number."""
    with served(troth) as base:
        # An instance in memory was built before its port was known; one of an operator's is told.
        troth.proof.passkeys._origin = base
        yield Site(troth, base)


@pytest.fixture(autouse=True)
def _later(clock: SetClock) -> None:
    """Begin each walk on a day of its own: what was counted against others is over."""
    clock.forward(days=1)


def is_in(person: Person) -> None:
    """Expect the centre's first page."""
    expect(person.page).to_have_url(re.compile(r"/me(\?.*)?$"))


# --- opening an account ------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_person_opens_an_account_with_details_they_may_leave_out(
    language: str, chromium: Browser, site: Site
) -> None:
    with browsing(chromium, site, language=language, size="phone") as page:
        person = Person(page, site)
        person.ask_codes()
        person.answer_codes()
        person.was_born("1988")
        person.reach("main details summary")
        page.keyboard.press("Enter")
        person.type("identity.name", "张三")
        person.type("contact.address", "1 Nathan Road")
        person.choose_password()
        person.tick("terms")
        person.press("button[value=agree]")
        is_in(person)
        expect(page.locator("main")).to_contain_text({"zh": "姓名", "en": "Name"}[language])


def test_a_company_says_who_stands_for_it_and_that_they_know(phone: Page, site: Site) -> None:
    person = Person(phone, site)
    phone.goto("/register")
    person.choose("kind", "enterprise")
    person.type("contact.email", person.email)
    person.type("contact.phone", person.phone)
    person.press("main form button")
    expect(phone.locator("main [name='born_year']")).to_have_count(0)
    person.answer_codes()
    for name, text in COMPANY.items():
        person.type(name, text)
    person.choose_password()
    person.tick("terms")
    person.press("button[value=agree]")
    expect(phone.locator("#e-about_others")).to_be_visible()
    expect(phone.locator("main [name='handler.name']")).to_have_value("李四")
    person.tick("about_others")
    person.choose_password()
    person.press("button[value=agree]")
    is_in(person)


def test_a_minor_is_refused_and_another_date_does_not_help(phone: Page, site: Site) -> None:
    for year in ("2014", "1988"):
        person = Person(phone, site)
        person.ask_codes()
        person.answer_codes()
        person.was_born(year)
        person.choose_password()
        person.tick("terms")
        person.press("button[value=agree]")
        expect(phone.locator("h1")).to_have_text("无法开通账号")
        assert not re.search(r"1[48]\s*岁|成年", phone.locator("main").inner_text())


# --- signing in --------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_a_code_signs_in(channel: str, phone: Page, site: Site) -> None:
    person = Person(phone, site)
    person.has_account()
    ask_code(person, "/sign-in/code", person.email if channel == "email" else person.phone)
    person.type("code", last_code(site.troth, channel))
    person.press("main form button")
    is_in(person)


def test_a_code_that_is_read_out_signs_in(phone: Page, site: Site) -> None:
    person = Person(phone, site)
    person.has_account()
    ask_code(person, "/sign-in/code", person.phone, "by_phone")
    person.type("code", read_out(site.troth))
    person.press("main form button")
    is_in(person)


def ask_code(person: Person, path: str, identifier: str, *boxes: str) -> None:
    """Have a code sent, or read out, to sign in or to recover."""
    person.page.goto(path)
    person.type("identifier", identifier)
    for box in boxes:
        person.tick(box)
    person.press("main form button")


def read_out(troth: Troth) -> str:
    """Make the call that waits, as staff do; return the code that is read out."""
    troth.tick()
    [call] = troth.calls.waiting(CALLER)
    found = re.search(r"(?<!\d)\d{6}(?!\d)", troth.calls.open(call.id, CALLER).text.reveal())
    troth.calls.report(call.id, "reached", CALLER)
    assert found
    return found[0]


def test_a_wrong_password_is_told_and_the_name_is_kept(phone: Page, site: Site) -> None:
    person = Person(phone, site)
    person.has_account()
    person.sign_in("not the password of anybody")
    expect(phone.locator(".told.bad")).to_be_visible()
    expect(phone.locator("main [name=identifier]")).to_have_value(person.email)
    person.type("password", PASSWORD)
    person.press("main form[action='/sign-in'] button")
    is_in(person)


# --- a second factor ---------------------------------------------------------------------------


def test_an_authenticator_app_and_a_recovery_code(phone: Page, site: Site, clock: SetClock) -> None:
    person = Person(phone, site)
    person.has_account()
    person.sign_in()
    totp, codes = add_app(person, clock)
    person.sign_out()

    person.sign_in()
    expect(phone.locator("h1")).to_have_text("还需要一步验证")
    person.type("factor_code", "000000")
    person.press("main form button")
    expect(phone.locator(".told.bad")).to_be_visible()
    clock.forward(seconds=30)
    person.type("factor_code", totp.at(clock.now() // SECOND))
    person.press("main form button")
    is_in(person)

    person.sign_out()
    person.sign_in()
    person.type("factor_code", codes[0])
    person.press("main form button")
    is_in(person)


def add_app(person: Person, clock: SetClock) -> tuple[pyotp.TOTP, list[str]]:
    """Add an authenticator app; return it and the recovery codes that were shown."""
    page = person.page
    page.goto("/me/security")
    person.press("main form[action='/me/security/app'] button")
    person.step_up()
    totp = pyotp.TOTP(page.locator("main pre code").inner_text().replace(" ", ""))
    person.type("code", totp.at(clock.now() // SECOND))
    person.press("main form button")
    return totp, page.locator("main pre code").inner_text().split()


def test_a_passkey_alone_and_as_a_second_factor(chromium: Browser, site: Site) -> None:
    with browsing(chromium, site, size="phone", scripts=True) as page:
        with_authenticator(page)
        person = Person(page, site)
        person.has_account()
        person.sign_in()
        add_passkey(person)
        person.sign_out()

        page.goto("/sign-in")
        person.press("main form[action='/sign-in/passkey'] button")
        is_in(person)

        person.sign_out()
        person.sign_in()
        person.press("main form[data-passkey=get] button")
        is_in(person)


def add_passkey(person: Person) -> None:
    """Make a passkey under the name that is proposed."""
    page = person.page
    page.goto("/me/security")
    person.press("main form[action='/me/security/passkey'] button")
    person.step_up()
    person.press("main form[data-passkey=create] button")
    expect(page.locator("main pre code")).to_be_visible()


def test_without_scripts_a_passkey_is_not_offered(phone: Page, site: Site) -> None:
    phone.goto("/sign-in")
    expect(phone.locator("form[data-passkey]")).to_be_hidden()
    expect(phone.locator("main noscript, main .hint").first).to_be_visible()


# --- what was lost, what is new ----------------------------------------------------------------


@pytest.mark.parametrize(("language", "size"), [("zh", "phone"), ("en", "desk")])
def test_a_lost_password_is_replaced(
    language: str, size: str, chromium: Browser, site: Site
) -> None:
    with browsing(chromium, site, language=language, size=size) as page:
        person = Person(page, site)
        person.has_account()
        ask_code(person, "/recover", person.email)
        person.type("code", last_code(site.troth, "email"))
        person.choose_password(NEW)
        person.press("main form button")
        is_in(person)
        person.sign_out()
        person.sign_in(NEW)
        is_in(person)


def test_a_new_phone_is_bound_by_its_code(phone: Page, site: Site) -> None:
    person, other = Person(phone, site), Person(phone, site)
    person.has_account()
    person.sign_in()
    phone.goto("/me/contact")
    person.type("address", other.phone)
    person.press("main form[action='/me/contact'] button")
    person.step_up()
    person.type("code", last_code(site.troth, "sms"))
    person.press("main form button")
    is_in(person)
    expect(phone.locator(".told.good")).to_be_visible()
    signed = site.troth.accounts.sign_in(Secret(other.phone), Secret(PASSWORD))
    assert site.troth.accounts.who(signed.token)


# --- how the pages in the middle look ----------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_in_the_middle_are_clean(
    language: str, chromium: Browser, site: Site, clock: SetClock
) -> None:
    with browsing(chromium, site, language=language, scripts=True) as page:
        with_authenticator(page)
        person = Person(page, site)
        person.has_account()
        person.sign_in()
        add_passkey(person)
        is_clean(page)
        person.sign_out()
        person.sign_in()
        is_clean(page)
        person.sign_in()
        person.type("factor_code", "000000")
        person.press("main form:not([data-passkey]) button")
        is_clean(page)
        ask_code(person, "/recover", person.email)
        is_clean(page)


def is_clean(page: Page) -> None:
    """Expect nothing that axe finds, in the light and the dark, and nothing wider than 320 px."""
    assert page.viewport_size
    look = seen(page, page.viewport_size)
    assert (look.light, look.dark, look.heads) == ([], [], 1), page.url
    assert max(look.width, look.spaced) <= 320, page.url
