"""The banner in a real browser: with and without scripts, with and without cookies (3, A.5)."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.pages.site import SIZES, TAGS, Person, Site, browsing
from tests.support import browser
from troth.interfaces.pages.static import served
from troth.model.cookies import COOKIE, read

pytestmark = pytest.mark.browser
BANNER = "#cookie-banner"
MOST_SCRIPT, MOST_STYLE = 5 * 1024, 2 * 1024
LOOKS = [(language, size, dark) for language in TAGS for size in SIZES for dark in (False, True)]
ALIKE = (
    *("width", "height", "color", "background-color", "border", "border-radius", "padding"),
    *(
        "font-size",
        "font-weight",
        "font-family",
        "text-decoration",
        "opacity",
        "cursor",
        "box-shadow",
    ),
)
STYLES = """(button, names) => Object.fromEntries(
  names.map(name => [name, getComputedStyle(button).getPropertyValue(name)]))"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = """rules => axe.run({ runOnly: rules }).then(told =>
  told.violations.map(one => one.id + ': ' + one.nodes[0].html.slice(0, 160)))"""
SHIFTED = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => { for (const one of list.getEntries()) sum += one.value; })
    .observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => done(sum), 300);
})"""


def names(page: Page) -> set[str]:
    """Return the cookies that the browser keeps."""
    return {cookie["name"] for cookie in page.context.cookies()}


def said(page: Page) -> dict[str, bool]:
    """Return what the browser's choice says."""
    value = next(one["value"] for one in page.context.cookies() if one["name"] == COOKIE)
    choice = read(value)
    assert choice is not None
    return choice.said


def answer(page: Page, value: str) -> None:
    page.locator(f"{BANNER} button[value={value}]").click()


def part(name: str) -> bytes:
    stem, _, ending = name.partition(".")
    return next(
        one.data
        for file, one in served().items()
        if file.startswith(f"{stem}-") and file.endswith(ending)
    )


# --- what it weighs ----------------------------------------------------------------------------


def test_script_and_style_are_small(site: Site, page: Page) -> None:
    assert len(gzip.compress(part("cookies.js"))) <= MOST_SCRIPT
    assert len(gzip.compress(part("cookies.css"))) <= MOST_STYLE
    whole = page.context.request.get(f"{site.base}/cookies/banner.js").body()
    assert len(gzip.compress(whole)) <= MOST_SCRIPT + MOST_STYLE


def test_its_colours_are_those_of_our_pages() -> None:
    ours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+)", part("centre.css").decode().split("}")[0]))
    banner = re.findall(r"--tc-([a-z-]+): (#[0-9a-f]+)", part("cookies.css").decode().split("}")[0])
    ours["paper"] = ours["sheet"]
    assert len(banner) >= 8
    assert [(name, colour) for name, colour in banner if ours[name] != colour] == []


# --- the first layer ---------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "size", "dark"), LOOKS)
def test_yes_and_no_look_the_same_and_take_one_click(
    language: str, size: str, dark: bool, chromium: Browser, site: Site
) -> None:
    with browsing(chromium, site, language=language, size=size, dark=dark, scripts=True) as page:
        page.goto("/")
        yes, no = (page.locator(f"{BANNER} button[value={name}]") for name in ("all", "none"))
        expect(yes).to_be_visible()
        expect(no).to_be_visible()
        assert yes.evaluate(STYLES, ALIKE) == no.evaluate(STYLES, ALIKE)
        first, second = yes.bounding_box(), no.bounding_box()
        assert first is not None
        assert second is not None
        assert abs(first["y"] - second["y"]) < 1
        assert first["width"] >= 44


@pytest.mark.clause("A.5")
def test_the_first_page_asks_and_keeps_nothing(chromium: Browser, site: Site) -> None:
    with browsing(chromium, site, scripts=True) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto("/")
        expect(page.locator(BANNER)).to_be_visible()
        expect(page.locator(".banner a[href='/policy']")).to_be_visible()
        expect(page.locator(f"{BANNER} input:checked")).to_have_count(0)
        assert names(page) == set()
        assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
        assert all(url.startswith((site.base, "data:")) for url in asked)


@pytest.mark.parametrize("size", SIZES)
def test_it_covers_nothing_and_moves_nothing(size: str, chromium: Browser, site: Site) -> None:
    with browsing(chromium, site, size=size, scripts=True) as page:
        page.goto("/")
        assert page.evaluate(SHIFTED) == 0
        place = page.locator(BANNER).evaluate("one => getComputedStyle(one).position")
        assert place == "static"
        banner, head = page.locator(BANNER).bounding_box(), page.locator("header").bounding_box()
        assert banner is not None
        assert head is not None
        assert banner["y"] + banner["height"] <= head["y"] + 1


@pytest.mark.parametrize("language", TAGS)
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_in_the_banner_folded_or_not(
    language: str, dark: bool, chromium: Browser, site: Site
) -> None:
    with browsing(chromium, site, language=language, dark=dark, scripts=True) as page:
        for path in ("/", "/?cookies=said", "/cookies"):
            page.goto(path)
            page.evaluate(AXE_SCRIPT)
            assert page.evaluate(AXE, RULES) == []
            if path == "/":
                page.locator(f"{BANNER} summary").click()
                assert page.evaluate(AXE, RULES) == []


# --- choosing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("value", ["all", "none"])
def test_one_click_is_a_choice_and_one_stays_where_one_was(
    value: str, scripts: bool, chromium: Browser, site: Site
) -> None:
    with browsing(chromium, site, language="en", scripts=scripts) as page:
        page.goto("/clauses?status=open")
        answer(page, value)
        expect(page.locator(f"{BANNER} [role=status]")).to_be_visible()
        assert "/clauses?status=open" in page.url
        assert set(said(page).values()) == {value == "all"}
        page.locator(f"{BANNER} [data-cookies=hide]").click()
        expect(page.locator(BANNER)).to_have_count(0)
        assert page.url == f"{site.base}/clauses?status=open"
        page.goto("/policy")
        expect(page.locator(BANNER)).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False])
def test_one_by_one_by_keyboard(scripts: bool, chromium: Browser, site: Site) -> None:
    with browsing(chromium, site, size="phone", scripts=scripts) as page:
        person = Person(page, site)
        page.goto("/")
        person.reach(f"{BANNER} summary")
        page.keyboard.press("Enter")
        person.reach("[name='give.personalise']")
        page.keyboard.press("Space")
        person.reach(f"{BANNER} button[value=some]")
        page.keyboard.press("Enter")
        expect(page.locator(f"{BANNER} [role=status]")).to_be_visible()
        assert said(page) == {"analytics": False, "personalise": True}


def test_the_keyboard_goes_through_the_banner_and_out_of_it(chromium: Browser, site: Site) -> None:
    with browsing(chromium, site, scripts=True) as page:
        page.goto("/")
        Person(page, site).reach("header .brand")
        assert page.locator(BANNER).is_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_choice_is_changed_from_any_page_in_two_steps(
    scripts: bool, chromium: Browser, site: Site
) -> None:
    with browsing(chromium, site, scripts=scripts) as page:
        page.goto("/")
        answer(page, "all")
        expect(page.locator(f"{BANNER} [role=status]")).to_be_visible()
        page.locator("footer a[href='/cookies']").click()
        expect(page.locator("main input:checked")).to_have_count(2)
        page.locator("main button[value=none]").click()
        expect(page.locator("main input:checked")).to_have_count(0)
        assert set(said(page).values()) == {False}


def test_a_script_that_gets_no_answer_lets_the_plain_form_go(chromium: Browser, site: Site) -> None:
    with browsing(chromium, site, scripts=True) as page:
        page.goto("/")

        def first_fails(route: Route) -> None:
            data = route.request.headers.get("accept", "") == "application/json"
            route.abort() if data else route.continue_()

        page.route("**/cookies/choice", first_fails)
        answer(page, "none")
        expect(page.locator(f"{BANNER} [role=status]")).to_be_visible()
        assert set(said(page).values()) == {False}


# --- privacy signals ---------------------------------------------------------------------------


def signalling(chromium: Browser, site: Site, *, header: bool) -> BrowserContext:
    """Return a browser that sends Global Privacy Control, or only tells scripts of it."""
    context = chromium.new_context(
        base_url=site.base,
        locale="en-GB",
        extra_http_headers={"sec-gpc": "1"} if header else {},
    )
    context.add_init_script(
        "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })"
    )
    return context


@pytest.mark.parametrize("header", [True, False])
def test_a_signal_is_part_of_the_choice_by_header_or_by_script(
    header: bool, chromium: Browser, site: Site
) -> None:
    context = signalling(chromium, site, header=header)
    page = context.new_page()
    page.goto("/")
    told = page.get_by_text("Honoured: nothing is sold or shared")
    expect(told).to_have_count(2 if header else 0)
    answer(page, "all")
    expect(page.locator(f"{BANNER} [role=status]")).to_be_visible()
    choice = read(next(one["value"] for one in context.cookies() if one["name"] == COOKIE))
    assert choice is not None
    assert choice.signal
    context.close()


# --- with cookies off --------------------------------------------------------------------------


@pytest.fixture
def refusing(chromium: Browser, site: Site, tmp_path: Path) -> Iterator[Page]:
    """Return a window of a browser whose owner blocks every cookie."""
    profile = tmp_path / "profile" / "Default"
    profile.mkdir(parents=True)
    blocked = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (profile / "Preferences").write_text(json.dumps(blocked))
    context = chromium.browser_type.launch_persistent_context(
        profile.parent,
        executable_path=browser.program(),
        args=["--no-sandbox", "--disable-dev-shm-usage"],
        base_url=site.base,
        locale="en-GB",
    )
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def test_the_browser_really_keeps_nothing(refusing: Page) -> None:
    refusing.goto("/?lang=en")
    refusing.evaluate("document.cookie = 'x=1'")
    assert refusing.evaluate("document.cookie") == ""
    assert names(refusing) == set()


@pytest.mark.parametrize("value", ["all", "none"])
def test_with_cookies_off_the_banner_lets_go(value: str, refusing: Page) -> None:
    refusing.goto("/policy")
    answer(refusing, value)
    expect(refusing.get_by_text("Your browser keeps no cookies")).to_be_visible()
    expect(refusing.locator(f"{BANNER} form")).to_have_count(0)
    assert names(refusing) == set()
    expect(refusing.locator("h1")).to_be_visible()


def test_with_cookies_off_everything_can_be_read(refusing: Page) -> None:
    for path in ("/", "/policy", "/policy/collected", "/policy/shared", "/cookies", "/clauses"):
        answered = refusing.goto(path)
        assert answered is not None
        assert answered.status == 200
        expect(refusing.locator("h1")).to_be_visible()
    refusing.goto("/policy")
    assert refusing.locator(".clause").count() > 100
    refusing.goto("/policy?lang=zh")
    expect(refusing.locator("html")).to_have_attribute("lang", "zh-CN")


@pytest.mark.clause("3.2")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_with_cookies_off_one_reads_asks_for_ones_rights_and_opts_out(
    language: str, refusing: Page, site: Site
) -> None:
    member = Person(refusing, site)
    subject = site.troth.accounts.who(member.has_account())[0].subject
    refusing.goto(f"/policy?lang={language}")
    expect(refusing.locator("html")).to_have_attribute("lang", TAGS[language].partition("-GB")[0])
    assert refusing.locator(".clause").count() > 100
    refusing.goto(f"/cookies?lang={language}")
    lost = {
        "zh": "仍可阅读政策和各项清单、提交行使权利的请求",
        "en": "Registering, staying signed in",
    }
    expect(refusing.get_by_text(lost[language])).to_be_visible()
    refusing.goto("/rights")
    refusing.select_option("main [name=kind]", "opt_out_sale")
    refusing.fill("main [name='contact.email']", member.email)
    refusing.fill("main [name=text]", "Sell and share nothing of mine.")
    refusing.locator("main form[action='/rights'] button").click()
    expect(refusing.locator("main .told.good .value")).to_be_visible()
    link = site.troth.proof.links.write(subject, "stop/marketing")
    refusing.goto(f"/stop/{link}")
    refusing.locator("main form button").click()
    refusing.wait_for_load_state()
    assert "marketing" in site.troth.gate.standing(subject).objections
    refusing.goto("/")
    answer(refusing, "none")
    expect(refusing.locator(f"{BANNER} form")).to_have_count(0)
    assert names(refusing) == set()
