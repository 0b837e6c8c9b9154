"""A site that a browser can open, and a person who uses it without scripts, by keyboard alone."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import uvicorn
from playwright.sync_api import Browser, Page

from tests.support.letters import last_code
from troth.app import Registration, Shown, Troth
from troth.interfaces.server import application
from troth.model.secret import Secret

SIZES = {"small": (320, 640), "phone": (360, 780), "desk": (1280, 900)}
TAGS = {"zh": "zh-CN", "en": "en-GB"}
PASSWORD = "seven kettles in the rain"
NTH = count(1)
MOST_TABS = 120


FILES = "/static/"
PLACE = re.compile(r"\{[^}]+\}")
TOKEN = "{token:str}"
SOME_LINK = "some-link"
"""What stands in letters only is opened with a token that is none."""


def addresses(troth: Troth) -> dict[str, list[str]]:
    """Return every address of a page: for anybody, for a subject, for staff.

    They are read off the application, so that no page can be forgotten; places stand in braces.
    """
    found: dict[str, list[str]] = {"anybody": [], "subject": [], "staff": []}
    app: Any = application(troth).app
    for route in app.routes:
        names = {getattr(handler, "name", None) for handler in getattr(route, "route_handlers", ())}
        path = route.path
        if path in names and not path.startswith(FILES):
            who = {"me": "subject", "desk": "staff"}.get(path.split("/")[1], "anybody")
            found[who].append(path.replace(TOKEN, SOME_LINK))
    return found


def visited(page: Page, paths: list[str], unreached: list[str]) -> Iterator[str]:
    """Open addresses; one that gives a file to keep shows no page, nor does one that is refused.

    Places are filled from the links of the pages that were opened before; an address that none of
    them leads to is noted.
    """
    links = list[str]()
    for path in sorted(paths, key=lambda path: "{" in path):
        form = re.compile("[^/?]+".join(map(re.escape, PLACE.split(path))))
        there = next((link for link in links if form.fullmatch(link)), None)
        if "{" in path and there is None:
            unreached.append(path)
            continue
        address = there if "{" in path and there else path
        answer = page.context.request.get(address, headers={"accept": "text/html"})
        if answer.status == 403:
            continue
        if answer.headers.get("content-type", "").startswith("text/html"):
            page.goto(address)
            links += page.eval_on_selector_all("a", "all => all.map(a => a.getAttribute('href'))")
            yield path


class Site:
    """Where an instance is served."""

    def __init__(self, troth: Troth, base: str) -> None:
        self.troth = troth
        self.base = base


@contextmanager
def served(troth: Troth) -> Iterator[Site]:
    """Serve an instance for a while, on a port that the machine chooses."""
    config = uvicorn.Config(
        application(troth), port=0, log_level="error", lifespan="off", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Site(troth, f"http://127.0.0.1:{port}")
    server.should_exit = True
    thread.join(timeout=10)


@contextmanager
def browsing(
    chromium: Browser,
    site: Site,
    *,
    language: str = "zh",
    size: str = "desk",
    dark: bool = False,
    scripts: bool = False,
) -> Iterator[Page]:
    """Open a browser window: a profile of its own, a language, a size, no scripts unless asked."""
    width, height = SIZES[size]
    context = chromium.new_context(
        base_url=site.base,
        locale=TAGS[language],
        viewport={"width": width, "height": height},
        java_script_enabled=scripts,
        color_scheme="dark" if dark else "light",
    )
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


class Person:
    """Somebody at a keyboard: reaches everything with Tab, ticks with Space, sends with Enter."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page = page
        self.troth = site.troth
        nth = next(NTH)
        self.email = f"person{nth}@example.com"
        self.phone = f"+86138{nth:08}"

    def reach(self, selector: str) -> None:
        """Press Tab until something has the focus."""
        wanted = self.page.locator(selector).first
        wanted.wait_for(state="visible")
        for _ in range(MOST_TABS):
            if wanted.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} is not reached by keyboard on {self.page.url}")

    def type(self, name: str, text: str) -> None:
        """Type into a field by its name."""
        self.reach(f"main [name='{name}']")
        self.page.keyboard.type(text)

    def tick(self, name: str) -> None:
        """Tick a box by its name."""
        self.reach(f"main input[type=checkbox][name='{name}']")
        self.page.keyboard.press("Space")

    def choose(self, name: str, value: str) -> None:
        """Choose one of a few: Tab leads to the first, the arrow to the others."""
        self.reach(f"main input[type=radio][name='{name}']")
        self.page.keyboard.press("Space")
        for _ in self.page.locator(f"main input[type=radio][name='{name}']").all():
            if self.page.locator(f"main [name='{name}'][value='{value}']").is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{value} cannot be chosen by keyboard on {self.page.url}")

    def press(self, selector: str) -> None:
        """Press a button or follow a link, and wait for the page it leads to."""
        self.reach(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    # --- walks ---------------------------------------------------------------------------------

    def ask_codes(self) -> None:
        """Take the first step of a registration."""
        self.page.goto("/register")
        if self.page.locator("main [name=residence]").input_value() != "CN":
            self.reach("main [name=residence]")
            self.page.keyboard.press("ArrowDown")
        self.type("contact.email", self.email)
        self.type("contact.phone", self.phone)
        self.press("main form button")

    def register(self, *consents: str) -> None:
        """Open an account."""
        self.ask_codes()
        self.type("email_code", last_code(self.troth, "email"))
        self.type("phone_code", last_code(self.troth, "sms"))
        for part, text in {"year": "1988", "month": "8", "day": "18"}.items():
            self.type(f"born_{part}", text)
        self.type("password", PASSWORD)
        self.type("password_confirm", PASSWORD)
        for key in consents:
            self.tick(f"consent:{key}")
        self.tick("terms")
        self.press("button[value=agree]")

    def answer_codes(self) -> None:
        """Type both codes of a registration."""
        self.type("email_code", last_code(self.troth, "email"))
        self.type("phone_code", last_code(self.troth, "sms"))

    def choose_password(self, password: str = PASSWORD) -> None:
        """Type a new password, twice."""
        self.type("password", password)
        self.type("password_confirm", password)

    def was_born(self, year: str, month: str = "8", day: str = "18") -> None:
        """Type a date of birth."""
        for part, text in {"year": year, "month": month, "day": day}.items():
            self.type(f"born_{part}", text)

    def has_account(self) -> Secret:
        """Have an account that was opened without the pages; return a session's token."""
        mail, phone = Secret(self.email), Secret(self.phone)
        accounts = self.troth.accounts
        begun = accounts.begin_registration(mail, phone, residence="CN", language="zh")
        edition = self.troth.gate.policy().edition.hash
        form = Registration(
            begun=begun,
            residence="CN",
            shown=Shown(edition=edition, language="zh", surface="centre"),
            means="checkbox",
            confirmed=True,
            email=mail,
            email_code=Secret(last_code(self.troth, "email")),
            phone=phone,
            phone_code=Secret(last_code(self.troth, "sms")),
            password=Secret(PASSWORD),
            password_confirm=Secret(PASSWORD),
            born=Secret("1988-08-18"),
        )
        return accounts.register(form).token

    def sign_in(self, password: str = PASSWORD) -> None:
        """Sign in by the contact and a password, as far as those lead."""
        self.page.goto("/sign-in")
        self.type("identifier", self.email)
        self.type("password", password)
        self.press("main form[action='/sign-in'] button")

    def sign_out(self) -> None:
        """Sign out by the button on top of every page."""
        self.press("header form[action='/sign-out'] button")

    def ask_for(self, kind: str, text: str) -> None:
        """Ask for something that people answer."""
        self.page.goto("/me/requests")
        self.page.select_option("main [name=kind]", kind)
        self.page.fill("main [name=text]", text)
        self.page.locator("main form[action='/me/requests'] button").click()

    def step_up(self) -> None:
        """Enter the password once more where it is asked for."""
        self.type("current_password", PASSWORD)
        self.press("main form button")
