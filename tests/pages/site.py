"""A site that a browser can open: the whole service on a port of this machine, in a thread."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page

from troth.app import Troth
from troth.interfaces.server import application

SIZES = {"phone": (360, 780), "desk": (1280, 900)}
TAGS = {"zh": "zh-CN", "en": "en-GB"}


@contextmanager
def served(troth: Troth) -> Iterator[str]:
    """Serve an instance for a while; the address is yielded."""
    config = uvicorn.Config(
        application(troth), port=0, log_level="error", lifespan="off", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@contextmanager
def browsing(
    chromium: Browser, base: str, *, language: str = "zh", size: str = "desk", dark: bool = False
) -> Iterator[Page]:
    """Open a browser window without scripts: a profile of its own, a language, a size."""
    width, height = SIZES[size]
    context: BrowserContext = chromium.new_context(
        base_url=base,
        locale=TAGS[language],
        viewport={"width": width, "height": height},
        java_script_enabled=False,
        color_scheme="dark" if dark else "light",
        accept_downloads=True,
    )
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()
