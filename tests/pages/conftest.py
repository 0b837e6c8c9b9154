"""A running service with a real instance behind it, shared by the tests of one file."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.pages.site import Site, browsing, served
from troth import app
from troth.app import Troth


@pytest.fixture(scope="module")
def troth() -> Iterator[Troth]:
    """Return an instance in memory with its agreement with the identity authority."""
    with app.memory() as made:
        made.agree(
            "id-authority",
            reference="C-1",
            purposes=("realname",),
            fields=("identity", "contact"),
        )
        yield made


@pytest.fixture(scope="module")
def site(troth: Troth) -> Iterator[Site]:
    """Return the instance's address on this machine."""
    with served(troth) as found:
        yield found


@pytest.fixture
def phone(chromium: Browser, site: Site) -> Iterator[Page]:
    """Return a window as wide as a telephone, without scripts."""
    with browsing(chromium, site, size="phone") as page:
        yield page
