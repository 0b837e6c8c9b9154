"""The headers of requests and answers that are about cookies and pages (RFC 6265, RFC 9110)."""

import re
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from typing import Final

from troth.model.clock import SECOND, Moment

Header = tuple[bytes, bytes]
HTML: Final = b"text/html"
_GONE: Final = re.compile(r";\s*max-age\s*=\s*\"?(0+|-[0-9]+)\"?\s*(;|$)", re.IGNORECASE)
_EXPIRES: Final = re.compile(r";\s*expires\s*=\s*([^;]+)", re.IGNORECASE)
OF_THE_OLD_BODY: Final = (b"content-length", b"etag", b"content-md5", b"accept-ranges", b"digest")
VARIES: Final = b"Cookie, Sec-GPC"


def is_page(status: int, headers: Iterable[Header]) -> bool:
    """Tell whether an answer is a page that can be looked into: HTML, whole, in letters we know."""
    named = {name.lower(): value.lower() for name, value in headers}
    media = named.get(b"content-type", b"")
    coding = named.get(b"content-encoding", b"identity").strip()
    return (
        media.partition(b";")[0].strip() == HTML
        and b"utf-16" not in media
        and b"utf-32" not in media
        and coding in (b"identity", b"", b"gzip", b"x-gzip")
        and status not in (204, 205, 206, 304)
        and status >= 200
    )


def dressed(headers: Iterable[Header], length: int | None) -> list[Header]:
    """Return the headers of a page that was gone through; ``length`` where it is known."""
    gone = (*OF_THE_OLD_BODY, b"content-encoding")
    kept = [(name, value) for name, value in headers if name.lower() not in gone]
    varies = [value for name, value in kept if name.lower() == b"vary"]
    kept = [(name, value) for name, value in kept if name.lower() != b"vary"]
    kept.append((b"vary", b", ".join((*varies, VARIES))))
    return kept if length is None else [*kept, (b"content-length", b"%d" % length)]


def is_packed(headers: Iterable[Header]) -> bool:
    """Tell whether a body is packed by gzip."""
    return any(
        name.lower() == b"content-encoding" and value.strip().lower() in (b"gzip", b"x-gzip")
        for name, value in headers
    )


def cookies_of(headers: Iterable[Header]) -> dict[str, str]:
    """Return the cookies that a browser sent, by name; the first of a name counts.

    >>> cookies_of([(b"cookie", b"a=1; b=x=y"), (b"cookie", b"a=2")])
    {'a': '1', 'b': 'x=y'}
    """
    found: dict[str, str] = {}
    for name, value in headers:
        if name == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                key, told, text = pair.strip().partition("=")
                if told:
                    found.setdefault(key, text)
    return found


def takes_away(line: str, at: Moment) -> bool:
    """Tell whether a ``Set-Cookie`` only takes a cookie away.

    >>> takes_away("a=; Max-Age=0", Moment(0)), takes_away("a=1; Max-Age=10", Moment(0))
    (True, False)
    """
    if _GONE.search(line):
        return True
    if "max-age" in line.lower():
        return False
    found = _EXPIRES.search(line)
    try:
        return found is not None and parsedate_to_datetime(found[1]).timestamp() * SECOND <= at
    except ValueError:
        return False


def without(value: bytes, names: frozenset[str]) -> bytes:
    """Return the cookies that a browser sent, without some.

    >>> without(b"a=1; b=2", frozenset({"a"}))
    b'b=2'
    """
    pairs = [pair.strip() for pair in value.split(b";")]
    return b"; ".join(p for p in pairs if p.partition(b"=")[0].decode("latin-1") not in names)
