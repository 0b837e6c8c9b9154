"""The words of an HTML mail: read past its tags in one pass, nothing fetched, nothing run (A11).

It is no browser: what is inside ``script``, ``style`` and their like is left out, a block begins a
new line, entities become characters. Every octet is passed once, so that no page takes long.
"""

import html
import re
from typing import Final

MOST: Final = 512 * 1024
"""Characters of a page that are looked at."""
SILENT: Final = ("script", "style", "head", "title", "template", "svg", "math", "noscript")
"""Elements whose insides are no words."""
BLOCKS: Final = frozenset(
    (
        *("p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol"),
        *("blockquote", "section", "article", "header", "footer", "hr", "pre", "dt", "dd"),
    )
)
NAME: Final = re.compile(r"/?([a-zA-Z][a-zA-Z0-9]{0,15})")


def words(page: str) -> str:
    r"""Return what a page says.

    >>> words("<p>Delete <b>my</b> account</p><script>alert(1)</script><!-- x --><img src=y>&amp;")
    'Delete my account\n&'
    """
    bounded = page[:MOST]
    # The same length letter by letter: `lower` would not keep it for every character.
    low = re.sub("[A-Z]", lambda letter: letter[0].lower(), bounded)
    told: list[str] = []
    at = 0
    while at < len(bounded):
        opened = bounded.find("<", at)
        if opened < 0:
            told.append(bounded[at:])
            break
        told.append(bounded[at:opened])
        at, mark = _past(bounded, low, opened)
        told.append(mark)
    return html.unescape("".join(told)).strip()


def _past(page: str, low: str, opened: int) -> tuple[int, str]:
    """Return the place after a tag and everything silent in it, and what stands for it."""
    if page.startswith("<!--", opened):
        return _after(page, "-->", opened + 4), ""
    named = NAME.match(page, opened + 1)
    if named is None:
        # No tag: a sign that people write, or a declaration.
        if page[opened + 1 : opened + 2] in ("!", "?"):
            return _after(page, ">", opened), ""
        return opened + 1, "<"
    name = named[1].lower()
    end = _after(page, ">", opened)
    if name in SILENT and page[opened + 1] != "/":
        closed = low.find(f"</{name}", end)
        return (len(page), "") if closed < 0 else (_after(page, ">", closed), "")
    return end, "\n" if name in BLOCKS else ""


def _after(page: str, mark: str, start: int) -> int:
    """Return the place after a mark; the page's end where there is none."""
    found = page.find(mark, start)
    return len(page) if found < 0 else found + len(mark)
