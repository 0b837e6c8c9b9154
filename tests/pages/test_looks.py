"""Every page as everybody gets it: axe finds nothing, 320 px suffice, nothing runs, nothing leaves.

A browser goes through all pages once in each language and notes what it sees of each; the tests ask
about the notes. The addresses are read off the application: a new page cannot be forgotten.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from msgspec import Struct
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

from tests.pages.looking import EVERY, SIZES, Look, looked_at, seen
from tests.pages.site import SOME_LINK, Person, Site, addresses, browsing, visited
from troth.model.secret import Secret

pytestmark = pytest.mark.browser
OF_A_CASE = (
    *("/desk/reviews/{subject:str}/{case:str}", "/desk/changes/{subject:str}"),
    *("/desk/changes/{subject:str}/{case:str}", "/desk/minors/{guardian:str}"),
    *("/desk/databases/{subject:str}", "/desk/paper/{number:str}", "/powers/{token:str}"),
    *("/desk/requests/{subject:str}/{number:str}", "/erasure/{region:str}/{who:str}"),
    "/desk/requests/{subject:str}/{number:str}/code/{whose:str}/{challenge:str}",
    "/opendsr/v2/requests/{reference:str}",
)
"""Pages about a case that nobody has here, and a program's; the walks come by some of them."""
FILES_TO_KEEP = ("/file", "/proof", ".csv")
CLOSED = ("/minors", "/me/consents/receipt")
"""What is there only for a service meant for minors, or with the name of a consent."""
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
ROLES = ("privacy", "identity", "telephone", "minors", "support")
PASSPHRASE = "quarry lantern seven spoons"
MOST_BYTES = {"text/html": 160_000, "text/css": 16_384, "text/javascript": 8_192}
"""What a page, the sheet and a script may weigh, as they are, before anything is compressed."""


class Tour(Struct):
    """What was seen in one language."""

    looks: dict[str, Look]
    weights: dict[str, tuple[str, int]]
    told: list[str]
    unreached: list[str]


# --- looking -----------------------------------------------------------------------------------


@contextmanager
def listening(page: Page, site: Site) -> Iterator[Tour]:
    """Note every answer's weight, every complaint, every dialog and whatever goes elsewhere."""
    tour = Tour({}, {}, [], [])

    def heard(message: ConsoleMessage) -> None:
        # A refused form is answered with 4xx, which the console calls a failed load.
        if message.type == "error" and "Failed to load resource" not in message.text:
            tour.told.append(message.text)

    def asked(request: Request) -> None:
        if not request.url.startswith((site.base, "data:")):
            tour.told.append(request.url)

    def answered(response: Response) -> None:
        media = response.headers.get("content-type", "").partition(";")[0]
        if media in MOST_BYTES and "location" not in response.headers:
            tour.weights[response.url] = media, len(response.body())

    page.on("console", heard)
    page.on("request", asked)
    page.on("response", answered)
    page.on("dialog", lambda dialog: tour.told.append(dialog.message))
    yield tour


def pages(page: Page, site: Site, unreached: list[str]) -> Iterator[str]:
    """Show every page in turn, those in the middle of a form and after it too."""
    paths = addresses(site.troth)
    visit = partial(visited, page, unreached=unreached)
    yield from visit(["/nowhere", *paths["anybody"]])
    person = Person(page, site)
    person.ask_codes()
    yield "the second step"
    page.locator("button[value=agree]").click()
    yield "the second step with mistakes"
    person.register("marketing")
    person.ask_for("question", "What is this for?")
    yield "a question asked"
    page.goto("/me/copy")
    page.locator("main form[action='/me/copy'] button").click()
    yield "the password once more"
    person.step_up()
    site.troth.tick()
    yield from visit(["/", *paths["subject"]])
    yield from in_the_middle(page, person)
    yield from at_the_desks(page, paths["staff"], unreached)


def at_the_desks(page: Page, paths: list[str], unreached: list[str]) -> Iterator[str]:
    """Show each page of the console to whose role may open it."""
    left = dict.fromkeys(paths)
    for role in ROLES:
        page.goto("/desk/sign-in")
        page.fill("main [name=login]", role)
        page.fill("main [name=password]", PASSPHRASE)
        page.locator("main form button").first.click()
        page.wait_for_url(lambda url: not url.endswith("/desk/sign-in"))
        for path in visited(page, list(left), []):
            yield path
            left.pop(path)
    unreached += left


def in_the_middle(page: Page, person: Person) -> Iterator[str]:
    """Show what stands between a form and its end, for somebody who is signed in."""
    page.goto("/me/consents")
    page.locator("button[value=withdraw]").first.click()
    yield "a consent taken back"
    page.goto("/me")
    page.locator("main form[action='/me/show'] button").first.click()
    yield "values shown"
    page.goto("/me/cancel")
    page.locator("main button.grave").click()
    yield "the end without the box"
    page.locator("main [name=understood]").check()
    page.locator("main button.grave").click()
    yield "the certificate"


@pytest.fixture(scope="module", params=["zh", "en"])
def tour(request: pytest.FixtureRequest, chromium: Browser, site: Site) -> Tour:
    """Go through every page once in a language."""
    if request.param == "zh":
        for role in ROLES:
            site.troth.add_staff(role, role, region="cn", password=Secret(PASSPHRASE))
    with (
        browsing(chromium, site, language=request.param, scripts=True) as page,
        listening(page, site) as noted,
    ):
        for name in pages(page, site, noted.unreached):
            noted.looks[name] = seen(page, SIZES[request.param])
    return noted


# --- what is asked -----------------------------------------------------------------------------


def test_axe_would_find_a_mistake(chromium: Browser, site: Site) -> None:
    with browsing(chromium, site, scripts=True) as page:
        page.goto("/")
        page.evaluate("document.querySelector('h1').outerHTML = '<img src=\"data:,\">'")
        wrong = [line.partition(":")[0] for line in looked_at(page, EVERY)]
    assert {"image-alt", "page-has-heading-one"} <= set(wrong)


def test_many_pages_are_looked_at(tour: Tour) -> None:
    assert len(tour.looks) > 40


def test_every_address_leads_to_a_page(tour: Tour) -> None:
    pages = [path for path in tour.unreached if not path.endswith(FILES_TO_KEEP)]
    assert [path for path in pages if path not in OF_A_CASE] == []
    lost = {name for name, look in tour.looks.items() if look.status == 404}
    assert {name for name in lost if SOME_LINK not in name} == {"/nowhere", *CLOSED}


def test_axe_finds_nothing_in_the_light(tour: Tour) -> None:
    assert {name: look.light for name, look in tour.looks.items() if look.light} == {}


def test_axe_finds_nothing_in_the_dark(tour: Tour) -> None:
    assert {name: look.dark for name, look in tour.looks.items() if look.dark} == {}


def test_no_page_is_wider_than_320_pixels(tour: Tour) -> None:
    assert {name: look.width for name, look in tour.looks.items() if look.width > 320} == {}


def test_no_page_is_wider_when_its_text_is_spread(tour: Tour) -> None:
    assert {name: look.spaced for name, look in tour.looks.items() if look.spaced > 320} == {}


def test_every_page_has_one_heading_and_its_landmarks(tour: Tour) -> None:
    for name, look in tour.looks.items():
        assert (name, look.heads, look.marks) == (name, 1, ["header", "main", "footer"])


def test_every_address_has_a_title_of_its_own(tour: Tour) -> None:
    titles = Counter(
        (name.startswith("/desk"), look.title)
        for name, look in tour.looks.items()
        if name.startswith("/") and look.status == 200 and name != "/registration"
    )
    assert [title for title, count in titles.items() if count > 1] == []


def test_nothing_is_inline_and_scripts_come_from_here(tour: Tour) -> None:
    for name, look in tour.looks.items():
        assert (name, look.bare) == (name, [])
        assert all("/static/" in script for script in look.scripts)


def test_nothing_complains_and_nothing_is_fetched_elsewhere(tour: Tour) -> None:
    assert tour.told == []


def test_no_page_is_heavy(tour: Tour) -> None:
    heavy = {
        url: weight for url, (media, weight) in tour.weights.items() if weight > MOST_BYTES[media]
    }
    assert heavy == {}


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
