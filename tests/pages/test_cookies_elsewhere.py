"""The banner on other people's sites: by a script tag, behind the guard; and the scan (3, 3.1)."""

import http.server
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import uvicorn
from axe_playwright_python.base import AXE_SCRIPT
from click.testing import CliRunner
from msgspec.structs import replace
from playwright.sync_api import Browser, BrowserContext, expect

from tests.pages.site import Person, Site, browsing
from tests.pages.test_cookies import AXE, BANNER, RULES, SHIFTED, answer, names
from troth.app import Troth
from troth.interfaces.cli import main
from troth.interfaces.cookies import scan
from troth.interfaces.cookies.asgi import CookieGuard
from troth.model.cookies import COOKIE, Register, read
from troth.model.errors import Unreachable

pytestmark = pytest.mark.browser
TITLE = "<title>A shop</title><style>html { background: #fff }</style>"
ANALYTICS = """
<script type="text/plain" data-category="analytics">
  document.cookie = "analytics=1; Max-Age=7776000; Path=/"; window.counted = 1;
</script>
<script type="text/plain" data-category="analytics" src="/count.js"></script>
<script type="text/plain" data-category="personalise">
  document.cookie = "interests=a; Max-Age=7776000; Path=/"; window.fitted = 1;
</script>"""
LAYER = """<script>window.dataLayer = []</script>"""
STATE = "() => [window.counted, window.more, window.fitted]"
SIGNALS = "() => window.dataLayer.map(one => [one[1], one[2]])"


class Shop(http.server.BaseHTTPRequestHandler):
    """A plain site. Class attributes say what its pages hold and set."""

    head, body, sets = "", ANALYTICS, ("",)

    def do_GET(self) -> None:
        script = self.path.startswith("/count.js")
        page = f"<!doctype html><html lang='en'><head>{self.head}{TITLE}</head><body><main>"
        page += f"<h1>Shop</h1><a href='/two'>Two</a>{self.body}</main></body></html>"
        data = b"window.more = 1;" if script else page.encode()
        self.send_response(200)
        self.send_header("content-type", "text/javascript" if script else "text/html")
        for line in self.sets if not script else ():
            if line:
                self.send_header("set-cookie", line)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def shop(**looks: object) -> Iterator[str]:
    """Serve a shop on this machine."""
    kind = type("OneShop", (Shop,), looks)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


@contextmanager
def with_script(site: Site, attributes: str = "data-consent-mode") -> Iterator[str]:
    """Serve a shop that has nothing of ours but one script tag."""
    tag = f'{LAYER}<script src="{site.base}/cookies/banner.js" {attributes}></script>'
    with shop(head=tag) as address:
        settings = site.troth.settings
        cookies = replace(settings.cookies, origins=(address,))
        site.troth.settings = replace(settings, cookies=cookies)
        yield address
        site.troth.settings = settings


@pytest.fixture
def window(chromium: Browser) -> Iterator[BrowserContext]:
    """Return a browser's window of its own."""
    context = chromium.new_context(locale="en-GB")
    context.set_default_timeout(15_000)
    yield context
    context.close()


# --- one script tag ----------------------------------------------------------------------------


def test_one_script_tag_asks_before_anything_is_set(site: Site, window: BrowserContext) -> None:
    with with_script(site) as address:
        page = window.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        expect(page.locator(BANNER)).to_be_visible()
        assert page.locator(BANNER).evaluate("one => one === document.body.firstElementChild")
        assert page.evaluate(SHIFTED) == 0
        assert names(page) == set()
        assert page.evaluate(STATE) == [None, None, None]
        others = [url for url in asked if not url.startswith(address)]
        assert others == [f"{site.base}/cookies/banner.js"]
        assert set(dict(page.evaluate(SIGNALS))["default"].values()) == {"denied"}
        page.evaluate(AXE_SCRIPT)
        assert page.evaluate(AXE, RULES) == []


def test_a_yes_lets_in_what_it_names_in_order_and_is_receipted(
    site: Site, window: BrowserContext
) -> None:
    with with_script(site) as address:
        page = window.new_page()
        page.goto(address)
        page.locator(f"{BANNER} summary").click()
        page.locator("[name='give.analytics']").check()
        answer(page, "some")
        expect(page.locator(f"{BANNER} [role=status]")).to_be_visible()
        page.wait_for_function("window.more")
        assert page.evaluate(STATE) == [1, 1, None]
        assert names(page) == {COOKIE, "analytics"}
        updated = dict(page.evaluate(SIGNALS))["update"]
        assert updated["analytics_storage"] == "granted"
        assert {updated[name] for name in ("ad_storage", "personalization_storage")} == {"denied"}
        choice = read(next(c["value"] for c in window.cookies() if c["name"] == COOKIE))
        assert choice is not None
        proof = site.troth.cookies.prove(choice.receipt)
        assert (proof.given, proof.surface) == (("analytics",), address)


def test_the_next_page_runs_what_was_agreed_to_and_asks_nothing(
    site: Site, window: BrowserContext
) -> None:
    with with_script(site) as address:
        page = window.new_page()
        page.goto(address)
        answer(page, "all")
        expect(page.locator(f"{BANNER} [role=status]")).to_be_visible()
        page.goto(f"{address}/two")
        page.wait_for_function("window.more")
        assert page.evaluate(STATE) == [1, 1, 1]
        expect(page.locator(BANNER)).to_have_count(0)


def test_a_no_sets_nothing_and_taking_a_yes_back_deletes_what_it_set(
    site: Site, window: BrowserContext
) -> None:
    with with_script(site) as address:
        page = window.new_page()
        page.goto(address)
        answer(page, "all")
        page.wait_for_function("window.more")
        assert names(page) == {COOKIE, "analytics", "interests"}
        page.locator("[data-cookies=open]").click()
        expect(page.locator("[name='give.analytics']")).to_be_checked()
        with page.expect_navigation():
            answer(page, "none")
        page.wait_for_function("document.readyState === 'complete'")
        assert page.evaluate(STATE) == [None, None, None]
        assert names(page) == {COOKIE}


def test_a_site_that_we_do_not_know_sets_nothing_and_says_so(
    site: Site, window: BrowserContext
) -> None:
    with shop(head=f'<script src="{site.base}/cookies/banner.js"></script>') as address:
        page = window.new_page()
        page.goto(address)
        answer(page, "all")
        expect(page.get_by_role("alert")).to_be_visible()
        assert names(page) == set()


def test_a_privacy_signal_turns_profiling_off_though_it_was_agreed_to(
    site: Site, window: BrowserContext
) -> None:
    with with_script(site) as address:
        page = window.new_page()
        page.goto(address)
        answer(page, "all")
        page.wait_for_function("window.fitted")
        window.add_init_script(
            "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })"
        )
        page.goto(f"{address}/two")
        page.wait_for_function("window.more")
        assert page.evaluate(STATE) == [1, 1, None]
        assert names(page) == {COOKIE, "analytics"}


# --- behind the guard --------------------------------------------------------------------------

EAGER = ANALYTICS.replace('type="text/plain" ', "")


async def eager(scope: dict, receive: object, send: object) -> None:  # type: ignore[type-arg]
    """Serve a shop that asks nobody: its scripts run at once, its server sets what it likes."""
    script = scope["path"] == "/count.js"
    page = f"<!doctype html><html lang='en'><head>{TITLE}</head><body><main><h1>Shop</h1>"
    page += f"<a href='/two'>Two</a>{EAGER}</main></body></html>"
    headers = [(b"content-type", b"text/javascript" if script else b"text/html")]
    headers += [(b"set-cookie", b"tracker=1; Path=/"), (b"set-cookie", b"interests=b; Path=/")]
    start = {"type": "http.response.start", "status": 200, "headers": headers}
    await send(start)  # type: ignore[operator]
    data = b"window.more = 1;" if script else page.encode()
    await send({"type": "http.response.body", "body": data})  # type: ignore[operator]


@contextmanager
def served(app: object) -> Iterator[str]:
    """Serve an ASGI application on this machine."""
    config = uvicorn.Config(app, port=0, log_level="error", lifespan="off", access_log=False)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(scope="module")
def guarded(troth: Troth) -> Iterator[str]:
    """Return a shop behind the guard, whose choices the house records."""
    with served(CookieGuard(eager, troth.cookies.register(), troth.cookies, surface="shop")) as at:
        yield at


@pytest.mark.parametrize("scripts", [True, False])
def test_behind_the_guard_a_no_sets_nothing(
    scripts: bool, guarded: str, site: Site, chromium: Browser
) -> None:
    with browsing(chromium, Site(site.troth, guarded), language="en", scripts=scripts) as page:
        page.goto("/")
        assert names(page) == set()
        answer(page, "none")
        expect(page.locator(f"{BANNER} [role=status]")).to_be_visible()
        page.goto("/two")
        expect(page.locator(BANNER)).to_have_count(0)
        expect(page.locator(".tc-back a")).to_be_visible()
        assert names(page) == {COOKIE}


def test_behind_the_guard_a_yes_runs_at_once_and_can_be_taken_back_without_a_script(
    guarded: str, window: BrowserContext
) -> None:
    page = window.new_page()
    page.goto(guarded)
    answer(page, "all")
    page.wait_for_function("window.more")
    assert page.evaluate(STATE) == [1, 1, 1]
    page.goto(f"{guarded}/two")
    assert names(page) == {COOKIE, "analytics", "interests"}
    page.locator(".tc-back a").click()
    page.locator("button[value=none]").click()
    page.goto(f"{guarded}/two")
    assert page.evaluate(STATE) == [None, None, None]
    assert names(page) == {COOKIE}


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("dark", ["light", "dark"])
def test_axe_finds_nothing_in_the_guards_own_page(
    language: str, dark: str, guarded: str, chromium: Browser
) -> None:
    context = chromium.new_context(locale=language, color_scheme=dark)  # type: ignore[arg-type]
    page = context.new_page()
    for path in ("/", "/.cookies/choice"):
        page.goto(guarded + path)
        page.evaluate(AXE_SCRIPT)
        assert page.evaluate(AXE, RULES) == []
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()


# --- the scan ----------------------------------------------------------------------------------


def scanned(*words: str) -> tuple[int, dict]:  # type: ignore[type-arg]
    """Run the command in a thread of its own: this one drives a browser already."""
    done: list[tuple[int, str]] = []

    def run() -> None:
        told = CliRunner().invoke(main, ["cookies", "scan", *words, "--json"])
        done.append((told.exit_code, told.stdout))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=240)
    return done[0][0], json.loads(done[0][1])


@pytest.mark.clause("3.1")
def test_our_own_faces_set_nothing_but_what_the_register_lists(site: Site) -> None:
    code, told = scanned(f"{site.base}/", "--pages", "6")
    assert [one for one in told["findings"] if one["verdict"] != "declared"] == []
    assert code == 0
    assert told["chose"] == {"rejected": True, "accepted": True}
    assert {one["name"] for one in told["findings"]} >= {COOKIE}
    assert len(told["pages"]) == 6


@pytest.mark.clause("3.1")
def test_what_a_subject_comes_by_is_listed_too(site: Site, chromium: Browser) -> None:
    with browsing(chromium, site, scripts=True) as page:
        person = Person(page, site)
        person.register("marketing")
        page.goto("/me/copy?lang=en")
        answered = names(page)
        register = site.troth.cookies.register()
        assert {"__Host-troth", "language"} <= answered
        assert [name for name in answered if register.find(name) is None] == []


def test_a_dirty_site_is_found_out(site: Site) -> None:
    dirty = """<script>
      document.cookie = "analytics=1; Max-Age=99999999; Path=/";
      localStorage.setItem("seen", "1");
      fetch("http://127.0.0.1:9/pixel").catch(() => 0);
    </script>"""
    with shop(body=dirty, sets=("tracker=1; Path=/", "__Host-troth=1; Path=/")) as address:
        code, told = scanned(address, "--policy", "itnio", "--pages", "3")
    assert code == 1
    found = {(one["kind"], one["name"]): one["verdict"] for one in told["findings"]}
    assert found[("cookie", "tracker")] == "undeclared"
    assert found[("cookie", "analytics")] == "too early"
    assert found[("local_storage", "seen")] == "undeclared"
    assert found[("request", "127.0.0.1")] == "undeclared"
    assert told["chose"] == {"rejected": False, "accepted": False}
    assert "language" in told["absent"]


def test_a_site_that_waits_for_the_yes_is_clean(site: Site) -> None:
    with with_script(site) as address:
        words = (address, "--policy", "itnio", "--pages", "2")
        assert scanned(*words)[0] == 1
        code, told = scanned(*words, "--ours", "127.0.0.1")
    found = {one["name"]: (one["verdict"], one["visits"]) for one in told["findings"]}
    assert found["analytics"] == ("declared", ["accepted"])
    assert found["interests"] == ("declared", ["accepted"])
    assert code == 0


def test_a_site_that_is_not_there_is_said_so() -> None:
    empty = Register(edition="", technologies=())
    # In a thread of its own: the browser of the other tests has this one.
    with ThreadPoolExecutor(1) as pool, pytest.raises(Unreachable):
        pool.submit(scan.scan, "http://127.0.0.1:9/", empty).result(timeout=60)
