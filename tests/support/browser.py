"""The machine's own Chromium, driven by playwright: one per module, a fresh profile per test."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def program() -> str | None:
    """Return the browser's path: ``TROTH_CHROMIUM``, or the first one found."""
    told = os.environ.get("TROTH_CHROMIUM")
    return told or next((path for name in NAMES if (path := shutil.which(name))), None)


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
