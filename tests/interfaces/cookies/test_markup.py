"""Pages gone through: what needs a yes is inert, the rest is untouched, wherever pages are cut."""

from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.interfaces.cookies.markup import LONGEST_TAG, Rewriter, gated

NOBODY, ALL = frozenset({"essential"}), frozenset({"essential", "analytics"})
PAGE = b"""<!DOCTYPE html><html><head><title>a &lt; b</title>
<!-- <script data-category="analytics" src="/in-a-comment.js"></script> -->
<!--><script data-category="analytics" src="/after-an-empty-comment.js"></script>
<script>if (a < b && "<script data-category='analytics'>") {}</script>
<style>a > b { content: "<img data-category=analytics src=x>" }</style></head>
<BODY class="x>y">
<script type="module" data-category="analytics" src="/m.js" async></script>
<SCRIPT data-category='analytics'>run("</" + "script>")</SCRIPT>
<script data-category="essential" src="/e.js"></script>
<img alt="it's" data-category="analytics" src="https://t.example/p.gif">
<iframe data-category=analytics src=/frame></iframe>
<p title='<script data-category="analytics">'>text</p></BODY></html>"""


def whole(page: bytes, allowed: frozenset[str] = NOBODY, **put: bytes) -> bytes:
    rewriter = Rewriter(allowed, **put)
    return rewriter.feed(page) + rewriter.end()


class Running(HTMLParser):
    """Notes what a browser would run or fetch, by the address or the text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        gated = "data-category" in told and told["data-category"] != "essential"
        if tag == "script" and gated and told.get("type") != "text/plain":
            self.found.append(told.get("src") or "inline")
        if tag in ("img", "iframe") and gated and told.get("src"):
            self.found.append(str(told["src"]))


def test_nothing_of_a_category_without_a_yes_runs_or_is_fetched() -> None:
    assert len(Running(PAGE).found) == 5
    assert Running(whole(PAGE)).found == []


def test_what_is_agreed_to_and_what_is_essential_stays_as_it_is() -> None:
    assert whole(PAGE, ALL) == PAGE
    assert b'<script data-category="essential" src="/e.js">' in whole(PAGE)


def test_what_is_no_tag_is_not_touched() -> None:
    told = whole(PAGE)
    for kept in (b"in-a-comment.js", b'content: "<img', b'a < b && "<script', b"<p title='<script"):
        assert kept in told
    assert told.count(b'type="text/plain"') == 3
    plain = b"<title>a <script data-category='analytics'> b</title><textarea><script></textarea>"
    assert whole(plain) == plain


def test_an_inert_tag_comes_alive_with_a_yes() -> None:
    inert = whole(PAGE)
    assert Running(whole(inert, ALL)).found == Running(PAGE).found


def test_a_module_stays_a_module_when_it_comes_alive() -> None:
    still = gated(b'<script type="module" data-category="analytics">', NOBODY)
    assert still == b'<script type="text/plain" data-type="module" data-category="analytics">'
    assert gated(still, ALL) == b'<script type="module" data-category="analytics">'


def test_the_banner_stands_once_at_the_beginning_of_the_body() -> None:
    told = whole(PAGE, head=b"<link>", top=b"<aside>", foot=b"<footer>")
    assert told.count(b"<link></head>") == 1
    assert told.count(b'<BODY class="x>y"><aside>') == 1
    assert told.count(b"<footer></BODY>") == 1


@given(st.lists(st.integers(0, len(PAGE)), max_size=12))
def test_it_does_not_matter_where_a_page_is_cut(cuts: list[int]) -> None:
    places = sorted({0, *cuts, len(PAGE)})
    rewriter = Rewriter(NOBODY, head=b"<link>", top=b"<aside>", foot=b"<p>")
    pieces = [rewriter.feed(PAGE[a:b]) for a, b in pairwise(places)]
    assert b"".join((*pieces, rewriter.end())) == whole(
        PAGE, head=b"<link>", top=b"<aside>", foot=b"<p>"
    )


PARTS = st.sampled_from(
    [
        *(b"<!--", b"-->", b"--!>", b"<!-->", b"<script", b"</script>", b"<style>", b"</style>"),
        *(b" data-category=analytics", b' src="/a.js"', b" type='module'", b">", b"<", b"/>"),
        *(
            b"<img",
            b"<iframe",
            b"</iframe>",
            b'"',
            b"'",
            b"=",
            b" ",
            b"text",
            b"<body>",
            b"</body>",
        ),
        *("中文".encode(), b"\n", b"<p>", b"</", b"<textarea>", b"</textarea>"),
    ]
)


@given(st.lists(PARTS, max_size=40), st.data())
def test_any_page_is_gone_through_to_its_end_however_it_is_cut(
    parts: list[bytes], data: st.DataObject
) -> None:
    page = b"".join(parts)
    at = data.draw(st.integers(0, len(page)))
    rewriter = Rewriter(NOBODY)
    assert rewriter.feed(page[:at]) + rewriter.feed(page[at:]) + rewriter.end() == whole(page)


@given(st.lists(PARTS, max_size=40))
def test_a_page_in_which_nothing_is_gated_is_the_same_page(parts: list[bytes]) -> None:
    page = b"".join(part for part in parts if b"category" not in part)
    assert whole(page) == page


def test_a_tag_without_an_end_is_not_waited_for_for_ever() -> None:
    rewriter = Rewriter(NOBODY)
    told = rewriter.feed(b"<img " + b"a" * LONGEST_TAG + b"b" * 100)
    assert len(told) > LONGEST_TAG


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_little_is_held_back_while_a_page_streams(size: int) -> None:
    rewriter, given_on = Rewriter(NOBODY), 0
    page = b"<html><body>" + b"<p>some words</p>" * 2000
    for at in range(0, len(page), size):
        given_on += len(rewriter.feed(page[at : at + size]))
        assert at + size - given_on < 32 + size
