"""The machine's own Chromium, driven by playwright: one per module, a fresh profile per test."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def program() -> str | None:
    """Return the browser's path: ``TROTH_CHROMIUM``, or the first one found."""
    told = os.environ.get("TROTH_CHROMIUM")
    return told or next((path for name in NAMES if (path := shutil.which(name))), None)


def with_authenticator(page: Page) -> None:
    """Give a page an authenticator of its own, as telephones have one built in."""
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    wire = page.context.new_cdp_session(page)
    wire.send("WebAuthn.enable")
    wire.send("WebAuthn.addVirtualAuthenticator", {"options": options})


@contextmanager
def launched() -> Iterator[Browser]:
    """Run a browser for a while; it talks to nobody but the page's own server."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=program(),
            args=["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage"],
        )
        try:
            yield browser
        finally:
            browser.close()
