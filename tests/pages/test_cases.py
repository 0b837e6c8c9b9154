"""Pages about a case, as everybody gets them: axe finds nothing, 320 px suffice, in the dark too.

A browser is led through the cases once in each language: one on a desk, the other on a phone.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.egress.shops import Shop
from tests.pages.cases import cases
from tests.pages.looking import SIZES, Look, seen
from tests.pages.site import Site, browsing, served
from troth import app

pytestmark = pytest.mark.browser
Looks = dict[str, Look]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Serve an instance with an authority, and another database that is down."""
    with app.memory(databases=(Shop("shop", by=("contact.email",), down=10_000),)) as troth:
        troth.agree(
            "id-authority", reference="C-1", purposes=("realname",), fields=("identity", "contact")
        )
        with served(troth) as found:
            yield found


@pytest.fixture(scope="module", params=["zh", "en"])
def looks(request: pytest.FixtureRequest, chromium: Browser, site: Site) -> Looks:
    """Go through every case once in a language."""
    with browsing(chromium, site, language=request.param, scripts=True) as page:
        page.set_viewport_size(SIZES[request.param])
        return {name: seen(page, SIZES[request.param]) for name in cases(page, site)}


def test_many_cases_are_looked_at(looks: Looks) -> None:
    assert len(looks) > 30
    wrong = {name for name, look in looks.items() if look.status in (403, 404, 500)}
    assert wrong == {"desk: of nobody", "desk: a power with mistakes"}


def test_axe_finds_nothing_in_the_light(looks: Looks) -> None:
    assert {name: look.light for name, look in looks.items() if look.light} == {}


def test_axe_finds_nothing_in_the_dark(looks: Looks) -> None:
    assert {name: look.dark for name, look in looks.items() if look.dark} == {}


def test_no_page_is_wider_than_320_pixels(looks: Looks) -> None:
    assert {name: look.width for name, look in looks.items() if look.width > 320} == {}
    assert {name: look.spaced for name, look in looks.items() if look.spaced > 320} == {}


def test_every_page_has_one_heading_and_its_landmarks(looks: Looks) -> None:
    for name, look in looks.items():
        assert (name, look.heads, look.marks) == (name, 1, ["header", "main", "footer"])


def test_nothing_is_inline(looks: Looks) -> None:
    assert {name: look.bare for name, look in looks.items() if look.bare} == {}
