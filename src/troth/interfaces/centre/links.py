"""Links that lead away: marked, and said to be outside this policy (policy 1.2, 10.5)."""

import re
from typing import Final
from urllib.parse import urlsplit

from markupsafe import Markup, escape

ADDRESS: Final = re.compile(r"https?://[^\s<>\"'，。；、）)]+")
REL: Final = "external noopener noreferrer nofollow"
MARK: Final = Markup('<a class="outside" href="{}" rel="{}">{}</a> <small>{}</small>')


def outward(text: str, notice: str, hosts: tuple[str, ...] = ()) -> Markup:
    """Return a text, escaped, in which every address outside ``hosts`` is a marked link.

    >>> marked = outward("see https://example.org/a", "(not ours)")
    >>> 'rel="external' in marked, marked.endswith("<small>(not ours)</small>")
    (True, True)
    >>> print(outward("<b>", ""))
    &lt;b&gt;
    """
    told, at = Markup(), 0
    for found in ADDRESS.finditer(text):
        told += escape(text[at : found.start()])
        ours = urlsplit(found[0]).hostname in hosts
        told += escape(found[0]) if ours else MARK.format(found[0], REL, found[0], notice)
        at = found.end()
    return told + escape(text[at:])
