"""Every page as everybody gets it: axe finds nothing, 320 px suffice, nothing runs."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from tests.pages.site import Person, Site, browsing

pytestmark = pytest.mark.browser
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
EVERY = {"runOnly": list(TAGS)}
BY_LOOK = {"runOnly": {"type": "rule", "values": ["color-contrast", "target-size"]}}
"""What another scheme, size or language can change; the rest is the same page."""
OPEN = (
    *("/", "/policy", "/policy/collected", "/policy/shared", "/policy/changes", "/cookies"),
    *(
        "/clauses",
        "/clauses/9.3b",
        "/stop/some-link",
        "/register",
        "/sign-in",
        "/sign-in/code",
        "/recover",
    ),
    *("/desk/sign-in", "/nowhere"),
)
OWN = (
    *("/me", "/me/correct", "/me/contact", "/me/password", "/me/trail", "/me/consents"),
    *("/me/copy", "/me/realname", "/me/cancel", "/me/sessions", "/me/requests"),
)
WAYS = [("zh", "desk", False, EVERY), ("en", "phone", True, BY_LOOK)]
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


def pages(page: Page, site: Site) -> Iterator[str]:
    """Show every page in turn, those in the middle of a form and after it too."""
    for path in OPEN:
        page.goto(path)
        yield path
    person = Person(page, site)
    person.ask_codes()
    yield "the second step"
    page.locator("button[value=agree]").click()
    yield "the second step with mistakes"
    person.register("marketing")
    for path in OWN:
        page.goto(path)
        yield path
    page.goto("/me/consents")
    page.locator("button[value=withdraw]").first.click()
    yield "a consent taken back"
    page.goto("/me")
    page.locator("main form button").first.click()
    yield "the password once more"
    person.step_up()
    yield "values shown"
    page.goto("/me/cancel")
    page.locator("main button.grave").click()
    yield "the end without the box"
    page.locator("main [name=understood]").check()
    page.locator("main button.grave").click()
    yield "the certificate"


def looked_at(page: Page, rules: dict[str, object]) -> list[str]:
    """Return what axe finds wrong on a page; that it found something right is checked too."""
    told = Axe().run(page, options=rules).response
    assert told["passes"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in told["violations"]]


def test_axe_would_find_a_mistake(chromium: Browser, site: Site) -> None:
    with browsing(chromium, site, scripts=True) as page:
        page.goto("/")
        page.evaluate("document.querySelector('h1').outerHTML = '<img src=\"data:,\">'")
        wrong = [line.partition(":")[0] for line in looked_at(page, EVERY)]
    assert {"image-alt", "page-has-heading-one"} <= set(wrong)


@pytest.mark.parametrize(("language", "size", "dark", "rules"), WAYS, ids=["zh", "en dark"])
def test_axe_finds_nothing_on_any_page(
    language: str,
    size: str,
    dark: bool,
    rules: dict[str, object],
    chromium: Browser,
    site: Site,
) -> None:
    found: dict[str, list[str]] = {}
    with browsing(chromium, site, language=language, size=size, dark=dark, scripts=True) as page:
        for name in pages(page, site):
            found |= {name: wrong} if (wrong := looked_at(page, rules)) else {}
    assert found == {}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_page_is_wider_than_320_pixels(language: str, chromium: Browser, site: Site) -> None:
    wide: dict[str, int] = {}
    with browsing(chromium, site, language=language, size="small") as page:
        for name in pages(page, site):
            width = page.evaluate("document.documentElement.scrollWidth")
            if width > 320:
                wide[name] = width
    assert wide == {}


def test_with_scripts_on_nothing_runs_nothing_complains_and_nothing_is_fetched_elsewhere(
    chromium: Browser, site: Site
) -> None:
    told: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        # A refused form is answered with 4xx, which the console calls a failed load.
        if message.type == "error" and "Failed to load resource" not in message.text:
            told.append(message.text)

    def asked(request: Request) -> None:
        if not request.url.startswith((site.base, "data:")):
            told.append(request.url)

    with browsing(chromium, site, scripts=True) as page:
        page.on("console", heard)
        page.on("request", asked)
        page.on("dialog", lambda dialog: told.append(dialog.message))
        for _ in pages(page, site):
            assert page.locator("script").count() == 0
    assert told == []


def test_what_was_stored_runs_nowhere(chromium: Browser, site: Site) -> None:
    told: list[str] = []
    with browsing(chromium, site, scripts=True) as page:
        page.on("dialog", lambda dialog: told.append(dialog.message))
        person = Person(page, site)
        person.register()
        page.goto("/me/correct")
        page.fill("main [name='contact.address']", HOSTILE)
        page.locator("main form button").click()
        page.goto("/me")
        page.locator("main form button").first.click()
        person.step_up()
        assert page.get_by_text("<script>alert(1)</script>").is_visible()
    assert told == []
