"""Pages on their way out: what needs a yes made inert, and the banner put in (policy 3.1.2, A.5).

``Rewriter`` takes a page in pieces, wherever they are cut, and gives it on in pieces; it holds back
only what could be the beginning of a tag. Bytes stay bytes: any encoding will do in which the
letters of ASCII are themselves.

>>> page = Rewriter(frozenset({"essential"}), head=b"<link>", top=b"<aside>", foot=b"<p>")
>>> page.feed(b"<html><head></head><body><script data-cate")
b'<html><head><link></head><body><aside>'
>>> page.feed(b'gory="analytics" src="/a.js"></script></body>') + page.end()
b'<script type="text/plain" data-category="analytics" src="/a.js"></script><p></body>'
"""

import re
from collections.abc import Callable
from html import unescape
from typing import Final

LONGEST_TAG: Final = 64 * 1024
"""A tag longer than this is given on as it is: nobody writes one."""
GATED: Final = (b"script", b"iframe", b"img", b"embed", b"link", b"audio", b"video", b"source")
RAW: Final = (b"script", b"style", b"textarea", b"title", b"xmp", b"noembed", b"noframes")
"""Elements in which nothing is a tag but their own end."""
_FIND: Final = re.compile(rb"<!--|<(/?)([A-Za-z][^\s/>]*)(?=[\s/>])")
_OPEN: Final = re.compile(rb"<(?:/?|/?[A-Za-z][^<>\s/]{0,60}|!-?)$")
"""What may go on to be a tag in the next piece."""
_ATTRIBUTE: Final = re.compile(
    rb"""([^\s"'<>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+))?""", re.IGNORECASE
)
_END: Final = re.compile(rb"""(?>=\s*"[^"]*"|=\s*'[^']*'|=(?!\s*["'])|[^>=])*+>""")
"""The rest of a tag; only what follows an equals sign can be quoted."""
_ENDS: Final = {name: re.compile(rb"</" + name + rb"(?=[\s/>])", re.IGNORECASE) for name in RAW} | {
    b"!": re.compile(rb"--!?>")
}
"""What ends an element in which nothing is a tag, and a comment."""
LONGEST_END: Final = 16
LONGEST_NAME: Final = 64
_PLAIN: Final = re.compile(
    rb"(?:[^<]++|<(?!!--|/?(?:"
    + b"|".join(dict.fromkeys((*GATED, *RAW, b"head", b"body")))
    + rb""")[\s/>])/?[A-Za-z](?>=\s*"[^"]*"|=\s*'[^']*'|=(?!\s*["'])|[^>=])*+>)*+""",
    re.IGNORECASE,
)
"""Words and whole tags that nobody looks at: gone past in one step."""
CATEGORY: Final = b"data-category"
INERT: Final = b"text/plain"


class Rewriter:
    """Goes through one page."""

    def __init__(
        self,
        allowed: frozenset[str],
        *,
        head: bytes = b"",
        top: bytes = b"",
        foot: bytes = b"",
    ) -> None:
        """Let categories in that are ``allowed``.

        ``head`` is put at the end of the head, ``top`` at the beginning of the body and ``foot`` at
        its end, each once and only where the page has that place.
        """
        self._allowed = allowed
        self._put = {(b"/", b"head"): head, (b"", b"body"): top, (b"/", b"body"): foot}
        self._held = b""
        self._inside = b""

    def feed(self, piece: bytes) -> bytes:
        """Take the next piece and give on what is certain."""
        return self._go(self._held + piece, last=False)

    def end(self) -> bytes:
        """Give on what was held back."""
        return self._go(self._held, last=True)

    def _go(self, text: bytes, *, last: bool) -> bytes:
        out: list[bytes] = []
        at = 0
        while at < len(text):
            step = self._skip if self._inside else self._tag
            moved = step(text, at, out, last=last)
            if moved is None:
                break
            at = moved
        self._held = b"" if last else text[at:]
        if last:
            out.append(text[at:])
        return b"".join(out)

    def _skip(self, text: bytes, at: int, out: list[bytes], *, last: bool) -> int | None:
        """Go to the end of a comment or of an element in which nothing is a tag."""
        found = _ENDS[self._inside].search(text, at)
        if found is None:
            stop = max(at, len(text) - (0 if last else LONGEST_END))
            out.append(text[at:stop])
            return stop if stop > at else None
        stop = found.end() if self._inside == b"!" else found.start()
        out.append(text[at:stop])
        self._inside = b""
        return stop

    def _tag(self, text: bytes, at: int, out: list[bytes], *, last: bool) -> int | None:
        """Go to the next tag that matters and past it; ``None`` where it is not whole yet."""
        plain = _PLAIN.match(text, at)
        found = _FIND.search(text, plain.end() if plain else at)
        if found is None:
            begun = None if last else _OPEN.search(text, max(at, len(text) - LONGEST_NAME))
            stop = begun.start() if begun else len(text)
            out.append(text[at:stop])
            return stop if stop > at else None
        out.append(text[at : found.start()])
        if found[0] == b"<!--":
            # Its two dashes can be those of its end: `<!-->` is a whole comment.
            self._inside = b"!"
            out.append(b"<!")
            return found.start() + 2
        whole = _END.match(text, found.end())
        if whole is None and not last and len(text) - found.start() < LONGEST_TAG:
            return found.start() if found.start() > at else None
        stop = whole.end() if whole else len(text)
        closing, name = found[1], found[2].lower()
        tag = text[found.start() : stop]
        out.append(self._written(tag, closing, name))
        if not closing and name in RAW:
            self._inside = name
        return stop

    def _written(self, tag: bytes, closing: bytes, name: bytes) -> bytes:
        put = self._put.pop((closing, name), b"")
        if put:
            return put + tag if closing else tag + put
        return tag if closing or name not in GATED else gated(tag, self._allowed)


def gated(tag: bytes, allowed: frozenset[str]) -> bytes:
    """Return a tag as it may stand: made inert where its category is not allowed, else alive.

    >>> gated(b'<script data-category="a" type="module">', frozenset())
    b'<script type="text/plain" data-category="a" data-type="module">'
    >>> gated(b'<iframe data-category=a src="/x">', frozenset())
    b'<iframe data-category=a data-src="/x">'
    >>> gated(b'<script type="text/plain" data-category="a" data-type="module">', frozenset({"a"}))
    b'<script data-category="a" type="module">'
    """
    head = re.match(rb"<[A-Za-z]+", tag)
    body = tag[head.end() :] if head else b""
    found = {
        match[1].lower(): (match[2] or b"").strip(b"\"'") for match in _ATTRIBUTE.finditer(body)
    }
    if head is None or CATEGORY not in found:
        return tag
    category = unescape(found[CATEGORY].decode("latin-1"))
    script = head[0].lower() == b"<script"
    if category in allowed:
        return head[0] + _sub(body, _revived(script=script))
    if found.get(b"type", b"").lower() == INERT:
        return tag
    return (
        head[0] + (b' type="text/plain"' if script else b"") + _sub(body, _stilled(script=script))
    )


def _revived(*, script: bool) -> Callable[[bytes, bytes], bytes | None]:
    def one(name: bytes, whole: bytes) -> bytes | None:
        if script and name == b"type" and INERT in whole.lower():
            return None
        put_back = (b"data-type",) if script else (b"data-src", b"data-srcset", b"data-href")
        return whole[len(b"data-") :] if name in put_back else whole

    return one


def _stilled(*, script: bool) -> Callable[[bytes, bytes], bytes | None]:
    taken = (b"type",) if script else (b"src", b"srcset", b"href")
    return lambda name, whole: b"data-" + whole if name in taken else whole


def _sub(body: bytes, change: Callable[[bytes, bytes], bytes | None]) -> bytes:
    """Change the attributes of a tag one by one; with ``None`` one goes, and the space before."""
    out, at = [], 0
    for match in _ATTRIBUTE.finditer(body):
        changed = change(match[1].lower(), match[0])
        before = body[at : match.start()]
        out.append(before.rstrip() if changed is None else before + changed)
        at = match.end()
    return b"".join((*out, body[at:]))
