"""Ways in which somebody else takes part, in a real browser: authority, guardian, application."""

import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.chapters.minors.family import minors_policy
from tests.interfaces.oidc.conftest import entered
from tests.interfaces.oidc.second_app import SecondApp, running
from tests.interfaces.oidc.stand import served
from tests.pages.site import PASSWORD, Person, Site, browsing
from tests.pages.test_walks_entrance import is_clean
from tests.support.letters import last_code, letters
from troth import app
from troth.app import Troth
from troth.interfaces.oidc.upkeep import Upkeep
from troth.model.clock import SetClock, moment

pytestmark = pytest.mark.browser
LINK = re.compile(r"/minors/[\w.-]+")
NUMBER = "realname/identity.id_number"
SHARED = "share/id-authority/realname"
PHOTO = "document.id_photo"


@pytest.fixture(scope="module")
def clock() -> SetClock:
    """Return the clock of the house: a guardian is asked a second time after a day."""
    return SetClock(moment("2026-11-22T12:00:00"))


@pytest.fixture(scope="module")
def troth(clock: SetClock) -> Iterator[Troth]:
    """Return an instance in memory that is meant for minors, too, and knows an authority."""
    with app.memory(clock=clock) as made:
        made.publish(minors_policy())
        made.agree(
            "id-authority", reference="C-1", purposes=("realname",), fields=("identity", "contact")
        )
        yield made


@pytest.fixture(scope="module")
def second() -> Iterator[tuple[Site, SecondApp]]:
    """Serve an instance by the real time, and a second application beside it."""
    with app.memory() as made:
        made.agree(
            "affiliates-cn", reference="C-1", purposes=("sign_in",), fields=("account", "contact")
        )
        with served(made) as issuer, running(issuer, lambda base: entered(made, base)) as there:
            yield Site(made, issuer), there


def photo() -> FilePayload:
    """Return the picture of some paper, as a file that somebody chooses."""
    drawn = BytesIO()
    Image.new("RGB", (400, 300), "white").save(drawn, "PNG")
    return {"name": "paper.png", "mimeType": "image/png", "buffer": drawn.getvalue()}


# --- real names --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_name_is_compared_and_then_people_look_at_a_paper(
    language: str, chromium: Browser, site: Site
) -> None:
    with browsing(chromium, site, language=language, size="phone") as page:
        person = Person(page, site)
        person.has_account()
        person.sign_in()
        page.goto("/me/realname")
        person.press("main form[action='/me/realname/people'] button")
        person.press("main form[action='/me/realname/paper'] button")
        expect(page.locator(".told.bad")).to_be_visible()
        page.set_input_files(f"main [name='{PHOTO}']", [photo()])
        if page.locator(f"main [name='consent:realname/{PHOTO}']").count():
            person.tick(f"consent:realname/{PHOTO}")
        person.press("main form[action='/me/realname/paper'] button")
        expect(page.locator(".told.good")).to_be_visible()
        person.type("identity.name", "李雷")
        person.type("identity.id_number", "11010519491231002X")
        for key in (NUMBER, SHARED):
            person.tick(f"consent:{key}")
        person.press("main form[action='/me/realname'] button")
        expect(page.locator(".told[role=status]")).to_be_visible()


# --- minors and guardians ----------------------------------------------------------------------


def ask_guardian(child: Person) -> None:
    """Have a child ask for an account."""
    child.page.goto("/minors")
    if child.page.locator("main [name=residence]").input_value() != "CN":
        child.reach("main [name=residence]")
        child.page.keyboard.press("ArrowDown")
    child.was_born("2015")
    child.type("account.login", f"little_fox_{child.email.partition('@')[0]}")
    child.type("address", child.email)
    child.press("main form button")


def consent(guardian: Person) -> None:
    """Answer as a guardian who confirms it a second time by mail."""
    guardian.type("guardian.name", "陈洁")
    guardian.type("guardian.relation", "母亲")
    guardian.was_born("2015")
    guardian.choose("method", "email_plus")
    guardian.tick("collect")
    guardian.tick("confirmed")
    guardian.press("main button[value=agree]")


def linked(person: Person, nth: int = 0) -> str:
    """Return a link of the last letter: the only one, or the account's and the guardian's own."""
    told = [one["text"] for one in letters(person.troth, "email") if one["to"] == person.email]
    return str(LINK.findall(told[-1])[nth])


def test_a_guardian_reads_consents_confirms_and_the_minor_comes_in(
    chromium: Browser, site: Site, clock: SetClock
) -> None:
    with (
        browsing(chromium, site, size="phone") as own,
        browsing(chromium, site, size="phone") as other,
    ):
        child, guardian = Person(own, site), Person(other, site)
        ask_guardian(child)
        expect(own.locator("h1")).to_have_text("已联系您的监护人")
        other.goto(linked(child))
        guardian.press("main button[value=agree]")
        expect(other.locator("#e-collect")).to_be_visible()
        consent(guardian)
        clock.forward(days=2)
        site.troth.minors.sweep()
        other.goto(linked(child))
        guardian.press("main form button")
        path, manage = linked(child), linked(child, 1)
        own.goto(path)
        child.choose_password()
        child.press("main form button")
        expect(own).to_have_url(re.compile(r"/me\b"))
        look_after(guardian, manage)


def look_after(guardian: Person, path: str) -> None:
    """See what is held about a child, after a code; take a consent back; delete everything."""
    page = guardian.page
    page.goto(path)
    guardian.press("main form button")
    guardian.type("code", last_code(guardian.troth, "email"))
    guardian.press("main form button")
    expect(page.get_by_text("little_fox")).to_have_count(0)
    guardian.press("main form:has(input[value=see]) button")
    expect(page.get_by_text("little_fox")).to_be_visible()
    guardian.press("main form:has(input[value=withdraw]) button")
    expect(page.locator(".told.good")).to_be_visible()
    guardian.tick("understood")
    guardian.press("main button.grave")
    expect(page.locator("h1")).to_have_text("孩子的账号和信息已删除")


def test_a_grown_up_is_not_asked_for_a_guardian_and_a_minor_is(phone: Page, site: Site) -> None:
    person = Person(phone, site)
    person.ask_codes()
    person.answer_codes()
    person.was_born("2014")
    person.choose_password()
    person.tick("terms")
    person.press("button[value=agree]")
    expect(phone).to_have_url(f"{site.base}/minors")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_a_guardian_reads_is_clean(language: str, chromium: Browser, site: Site) -> None:
    with browsing(chromium, site, language=language, scripts=True) as page:
        child = Person(page, site)
        ask_guardian(child)
        is_clean(page)
        path = linked(child)
        page.goto(path)
        is_clean(page)
        page.goto(path)
        child.press("main button[value=agree]")
        is_clean(page)


# --- a second application ----------------------------------------------------------------------


def enter(person: Person, there: SecondApp) -> None:
    """Come from the second application, and sign in where that is asked."""
    person.page.goto(there.base)
    person.press("#enter")
    if "/sign-in" in person.page.url:
        person.type("identifier", person.email)
        person.type("password", PASSWORD)
        person.press("main form[action='/sign-in'] button")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_account_opens_a_second_application_until_it_is_disconnected(
    language: str, chromium: Browser, second: tuple[Site, SecondApp]
) -> None:
    site, there = second
    with browsing(chromium, site, language=language, size="phone") as page:
        person = Person(page, site)
        person.has_account()
        enter(person, there)
        expect(page.locator("main dl").first).to_contain_text("Shop Ltd")
        person.tick("scope:email")
        person.press("button[value=yes]")
        expect(page).to_have_url(f"{there.base}/")
        expect(page.locator("#who")).to_contain_text(person.email)

        page.goto(f"{site.base}/me/applications")
        expect(page.locator("main h2").first).to_have_text("Second")
        person.press("main form[action='/me/applications'] button")
        expect(page.locator(".told.good")).to_be_visible()
        Upkeep(site.troth).tick()
        enter(person, there)
        expect(page.locator("main button[value=no]")).to_be_visible()
        person.press("main button[value=no]")
        expect(page.locator("#why")).to_have_text("access_denied")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_an_application_asks_for_is_clean(
    language: str, chromium: Browser, second: tuple[Site, SecondApp]
) -> None:
    site, there = second
    with browsing(chromium, site, language=language, scripts=True) as page:
        person = Person(page, site)
        person.has_account()
        enter(person, there)
        is_clean(page)
        page.reload()
        person.press("button[value=yes]")
        expect(page).to_have_url(f"{there.base}/")
        page.goto(f"{site.base}/me/applications")
        is_clean(page)
