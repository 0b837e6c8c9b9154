"""How a page is looked at: by axe, in the dark, on a narrow window, with its text spread."""

from axe_playwright_python.base import AXE_SCRIPT
from msgspec import Struct
from playwright.sync_api import Page, ViewportSize

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
EVERY = {"runOnly": list(TAGS)}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
"""What another scheme can change; the rest is the same page."""
NARROW: ViewportSize = {"width": 320, "height": 640}
SIZES: dict[str, ViewportSize] = {
    "zh": {"width": 1280, "height": 900},
    "en": {"width": 360, "height": 780},
}
"""One language is looked at on a desk, the other on a phone."""
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important; } p { margin-bottom: 2em !important; }`);
  document.adoptedStyleSheets = [sheet];
}"""
"""The spacing that a reader may set, and nothing may be lost by (WCAG 1.4.12)."""
AXE = """rules => axe.run(rules).then(told => ({
  right: told.passes.length,
  wrong: told.violations.map(one => one.id + ': ' + one.nodes[0].html.slice(0, 160)),
}))"""
THINNED = """() => {
  for (const whole of document.querySelectorAll('main tbody, main section, main dd ul'))
    [...whole.children].slice(4).forEach(one => one.remove());
  [...document.querySelectorAll('main > section')].slice(5).forEach(one => one.remove());
}"""
"""What repeats a hundred times is looked at a few times; all of it is weighed and measured."""


class Look(Struct, kw_only=True):
    """What was seen of one page."""

    status: int
    title: str
    heads: int
    marks: list[str]
    bare: list[str]
    light: list[str]
    dark: list[str]
    width: int
    spaced: int
    scripts: list[str]


def seen(page: Page, size: ViewportSize) -> Look:
    """Look at the page that is open: as it is, in the dark, narrow, with its text spread."""
    ask = page.evaluate
    look = Look(
        status=ask("performance.getEntriesByType('navigation')[0].responseStatus"),
        title=page.title(),
        heads=page.locator("h1").count(),
        marks=ask("[...document.querySelectorAll('header, main, footer')].map(e => e.localName)"),
        bare=ask(
            "[...document.querySelectorAll('[style], [onclick], script:not([src]), style')]"
            ".map(e => e.outerHTML)"
        ),
        scripts=ask("[...document.scripts].map(e => e.src)"),
        light=[],
        dark=[],
        width=0,
        spaced=0,
    )
    page.set_viewport_size(NARROW)
    look.width = ask("document.documentElement.scrollWidth")
    ask(SPACED)
    look.spaced = ask("document.documentElement.scrollWidth")
    ask("() => { document.adoptedStyleSheets = [] }")
    page.set_viewport_size(size)
    ask(THINNED)
    look.light = looked_at(page, EVERY)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    look.dark = looked_at(page, CONTRAST)
    page.emulate_media(color_scheme="light")
    return look


def looked_at(page: Page, rules: dict[str, object]) -> list[str]:
    """Return what axe finds wrong on a page; that it found something right is checked too."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    told = page.evaluate(AXE, rules)
    assert told["right"] > 0
    wrong: list[str] = told["wrong"]
    return wrong
