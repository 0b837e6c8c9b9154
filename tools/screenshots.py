"""Photograph every page: `python -m tools.screenshots [OUT] [--page /policy]` (issue: look at it).

Both languages, light and dark, phone and desk, of an instance with the demonstration's people in
it. The pictures and an `index.html` to leaf through them go to a folder that git ignores.
"""

import argparse
import re
import tempfile
import time
from collections.abc import Iterator
from html import escape
from itertools import product
from pathlib import Path

from msgspec import Struct
from playwright.sync_api import Browser, Page
from rich.console import Console

from tests.pages.site import Site, addresses, browsing, served, visited
from tests.support.browser import launched
from troth import app
from troth.app import Troth
from troth.interfaces.demo import PEOPLE, STAFF, populate
from troth.policy import packs

OUT = Path("var/screenshots")
LANGUAGES = ("zh", "en")
SIZES = ("phone", "desk")
CHANGED = {
    'edition: "2023-05-31"': 'edition: "2024-01-01"',
    "effective: 2023-05-31": "effective: 2024-01-01",
    "keep: P730D": "keep: P1096D",
    "本政策未声明的，我们不做": "本政策没有写明的，我们一概不做",
}
"""What the second edition says instead."""
WHO = {"zh": PEOPLE[0], "en": PEOPLE[1]}


class Way(Struct, frozen=True):
    """How a page is looked at."""

    language: str
    size: str
    dark: bool

    def __str__(self) -> str:
        return f"{self.language}-{self.size}-{'dark' if self.dark else 'light'}"


WAYS = [Way(*way) for way in product(LANGUAGES, SIZES, (False, True))]


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("out", nargs="?", type=Path, default=OUT, help=f"folder ({OUT})")
    parser.add_argument("--page", action="append", default=[], help="only this address; repeatable")
    parser.add_argument("--way", action="append", default=[], help="only zh-phone-dark and so on")
    told = parser.parse_args()
    ways = [way for way in WAYS if not told.way or str(way) in told.way]
    began = time.monotonic()
    told.out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        seeded(Path(folder)) as troth,
        served(troth) as site,
        launched() as browser,
    ):
        taken = [shot for way in ways for shot in photographed(browser, site, way, told)]
    (told.out / "index.html").write_text(index(taken), "utf-8")
    seconds = time.monotonic() - began
    print(f"{len(taken)} pictures in {seconds:.0f} s: open {told.out / 'index.html'}")


# --- what is looked at -------------------------------------------------------------------------


def seeded(folder: Path) -> Troth:
    """Build the demonstration's instance; publish a second edition, so that there are changes."""
    house = folder / "house"
    troth = app.create(house, name="demo.troth.local", identity="fake")
    populate(troth, house, Console(quiet=True))
    newer = packs.source("itnio")[0]
    for old, new in CHANGED.items():
        newer = newer.replace(old, new, 1)
    troth.publish(newer)
    return troth


def photographed(
    browser: Browser, site: Site, way: Way, told: argparse.Namespace
) -> Iterator[tuple[str, Way, str]]:
    """Take every page one way; yield its name, the way and the picture's file."""
    with browsing(browser, site, language=way.language, size=way.size, dark=way.dark) as page:
        for name in walked(page, site, way.language, told.page):
            file = f"{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-') or 'home'}.{way}.png"
            page.screenshot(path=told.out / file, full_page=True)
            yield name, way, file


def walked(page: Page, site: Site, language: str, only: list[str]) -> Iterator[str]:
    """Go through every page, signed out, signed in, and as staff."""
    person = WHO[language]
    paths = addresses(site.troth)
    yield from chosen(page, ["/nowhere", *paths["anybody"]], only, "")
    if not only or any(path.startswith(("/me", "own ")) for path in only):
        sign_in(page, "/sign-in", identifier=person.email, password=person.password)
        yield from chosen(page, ["/", "/policy/changes", *paths["subject"]], only, "own ")
        page.locator("header form button").first.click()
    if not only or any(path.startswith("/desk") for path in only):
        # The second of the privacy desk sees what the first sees.
        for login, role, password in STAFF[:2]:
            sign_in(page, "/desk/sign-in", login=login, password=password)
            yield from chosen(page, paths["staff"], only, f"{role} ")


def chosen(page: Page, paths: list[str], only: list[str], who: str) -> Iterator[str]:
    """Open addresses in turn, all of them or those that were asked for."""
    wanted = [path for path in paths if not only or path in only or who + path in only]
    for path in visited(page, wanted if not any("{" in path for path in wanted) else paths, []):
        if path in wanted:
            yield who + path


def sign_in(page: Page, path: str, **fields: str) -> None:
    """Fill in a form and send it."""
    page.goto(path)
    for name, value in fields.items():
        page.fill(f"main [name='{name}']", value)
    page.locator("main form button").first.click()
    page.wait_for_url(lambda url: not url.endswith(path))


# --- the page to leaf through ------------------------------------------------------------------

PAGE = """<!doctype html><meta charset="utf-8"><title>Every page</title>
<style>body{{font:15px system-ui;margin:2rem;background:#eee}}div{{display:flex;gap:1rem;
overflow-x:auto;align-items:start}}img{{height:22rem;border:1px solid #bbb}}
figure{{margin:0}}</style><h1>Every page, every way</h1>{rows}
"""


def index(taken: list[tuple[str, Way, str]]) -> str:
    """Return a page with a row of pictures for each page."""
    rows: dict[str, str] = {}
    for name, way, file in taken:
        picture = f'<a href="{file}"><img src="{file}" alt="{escape(name)}" loading="lazy"></a>'
        rows[name] = (
            rows.get(name, "") + f"<figure>{picture}<figcaption>{way}</figcaption></figure>"
        )
    told = "".join(f"<h2>{escape(name)}</h2><div>{shots}</div>" for name, shots in rows.items())
    return PAGE.format(rows=told)


if __name__ == "__main__":
    main()
