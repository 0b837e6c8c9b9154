"""A browser that looks what a site sets: before a choice, after a no, after a yes (3.1, A.5).

It needs playwright and a Chromium, which a running house does not: this module is loaded when a
scan is asked for. It opens pages by their links alone, sends no form but the banner's, and never
more pages than it was told to.
"""

import os
import shutil
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urldefrag, urljoin, urlsplit

from msgspec import Struct
from playwright.sync_api import Browser, BrowserContext, Error, Page, Request, sync_playwright

from troth.interfaces.cookies.banner import ANSWER
from troth.interfaces.cookies.findings import (
    REQUEST,
    Scan,
    Seen,
    Visit,
    absent,
    judged,
    same_site,
)
from troth.model.clock import DAY, SECOND, SystemClock
from troth.model.cookies import Register
from troth.model.errors import Misconfigured, Unreachable

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER: Final = "TROTH_CHROMIUM"
"""The variable that names the browser's program, where it is not found by itself."""
OPTIONS: Final = ("--disable-background-networking", "--disable-dev-shm-usage")
PATIENCE_MS: Final = 15_000
SETTLED_MS: Final = 400
"""How long a page's scripts have, after it is loaded, to set what they set."""
NO: Final = f"[data-cookies=ask] button[name={ANSWER}][value=none]"
YES: Final = f"[data-cookies=ask] button[name={ANSWER}][value=all]"
KEPT: Final = """async () => {
  const names = (box) => { try { return Object.keys(window[box]); } catch { return []; } };
  const bases = indexedDB.databases ? await indexedDB.databases() : [];
  return { local_storage: names("localStorage"), session_storage: names("sessionStorage"),
    database: bases.map((one) => one.name) };
}"""
LINKS: Final = "all => all.map(one => one.href)"
NOT_PAGES: Final = ("/sign-out", "/logout", "/log-out", "/signout")
"""Where a link may lead that ends something."""


class Ways(Struct, frozen=True, kw_only=True):
    """How far a scan goes, and how a choice is made: the buttons, as CSS selects them.

    ``ours`` are hosts that are no third parties though they are called otherwise.
    """

    pages: int = 20
    ours: tuple[str, ...] = ()
    reject: str = NO
    accept: str = YES


class Visited(Struct, kw_only=True):
    """What one visit saw."""

    seen: list[Seen]
    pages: list[str]
    chose: bool = False


def scan(site: str, register: Register, ways: Ways | None = None) -> Scan:
    """Look at a site, three visits long. Raises ``Misconfigured``, ``Unreachable``."""
    ways = ways or Ways()
    visits: dict[Visit, Visited] = {}
    with _chromium() as browser:
        visits["before"] = _visit(browser, site, "before", "", ways)
        pages = visits["before"].pages
        visits["rejected"] = _visit(browser, site, "rejected", ways.reject, ways, pages)
        visits["accepted"] = _visit(browser, site, "accepted", ways.accept, ways, pages)
    seen = [one for visit in visits.values() for one in visit.seen]
    return Scan(
        site=site,
        pages=tuple(pages),
        chose={name: visit.chose for name, visit in visits.items() if name != "before"},
        findings=judged(register, seen, site=site),
        absent=absent(register, seen),
    )


@contextmanager
def _chromium() -> Iterator[Browser]:
    told = os.environ.get(BROWSER)
    program = told or next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=program, args=[*OPTIONS, *root])
        except Error as error:
            raise Misconfigured(
                "no Chromium could be started",
                remedy=f"apt-get install chromium, or name it in {BROWSER}",
            ) from error
        try:
            yield browser
        finally:
            browser.close()


def _visit(
    browser: Browser,
    site: str,
    visit: Visit,
    button: str,
    ways: Ways,
    pages: list[str] | None = None,
) -> Visited:
    """Go through a site's pages in a fresh profile, after a choice where a button is named."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    try:
        return _Walk(context, site, visit, ways).go(button, pages)
    finally:
        context.close()


class _Walk:
    """One profile's way through a site."""

    def __init__(self, context: BrowserContext, site: str, visit: Visit, ways: Ways) -> None:
        self._context = context
        self._site = site
        self._host = urlsplit(site).hostname or ""
        self._visit = visit
        self._ways = ways
        self._found: dict[tuple[str, str, str], Seen] = {}
        self._page: Page = context.new_page()
        self._page.on("request", self._asked)
        self._at = site

    def go(self, button: str, pages: list[str] | None) -> Visited:
        """Open pages: those given, or what links lead to, as many as may be."""
        self._open(self._site, first=True)
        chose = bool(button) and self._choose(button)
        if chose:
            # What was there before the choice was seen by the visit before.
            self._found.clear()
        waiting = deque(pages or [self._site])
        opened: list[str] = []
        while waiting and len(opened) < self._ways.pages:
            address = waiting.popleft()
            if address in opened:
                continue
            links = self._open(address, first=not opened)
            opened.append(address)
            if pages is None:
                waiting.extend(one for one in links if one not in opened)
        return Visited(seen=list(self._found.values()), pages=opened, chose=chose)

    def _open(self, address: str, *, first: bool) -> list[str]:
        """Open a page, note what it keeps, and return where its links lead within the site."""
        self._at = address
        try:
            self._page.goto(address)
            self._page.wait_for_timeout(SETTLED_MS)
            self._note()
            links: list[str] = self._page.eval_on_selector_all("a[href]", LINKS)
        except Error as error:
            if first:
                raise Unreachable(
                    "the site does not answer", remedy="check the address, and that it is served"
                ) from error
            return []
        return list(dict.fromkeys(urldefrag(one)[0] for one in links if self._is_ours(one)))

    def _is_ours(self, link: str) -> bool:
        there, here = urlsplit(urljoin(self._site, link)), urlsplit(self._site)
        ends = there.path.rstrip("/").endswith(NOT_PAGES)
        return (there.scheme, there.netloc) == (here.scheme, here.netloc) and not ends

    def _choose(self, button: str) -> bool:
        """Press the banner's button; tell whether there was one."""
        pressed = self._page.locator(button).first
        if not pressed.count():
            return False
        pressed.click()
        self._page.wait_for_load_state()
        self._page.wait_for_timeout(SETTLED_MS)
        return True

    def _note(self) -> None:
        """Note everything that is kept by now."""
        now = SystemClock().now()
        for cookie in self._context.cookies():
            expires = float(cookie.get("expires", -1))
            days = max(0.0, (expires * SECOND - now) / DAY) if expires > 0 else 0.0
            self._put(cookie["name"], "cookie", cookie["domain"].lstrip("."), days)
        kept: dict[str, list[Any]] = self._page.evaluate(KEPT)
        for kind, names in kept.items():
            for name in names:
                self._put(str(name), kind, self._host)

    def _asked(self, request: Request) -> None:
        host = urlsplit(request.url).hostname or ""
        if host and not any(same_site(host, one) for one in (self._host, *self._ways.ours)):
            self._put(host, REQUEST, host)

    def _put(self, name: str, kind: str, host: str, days: float = 0) -> None:
        seen = Seen(name=name, kind=kind, visit=self._visit, host=host, days=days, page=self._at)
        self._found.setdefault((kind, name, host), seen)
