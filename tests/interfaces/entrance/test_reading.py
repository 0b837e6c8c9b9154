"""What anybody may read: the policy, the cookies, the board; in both languages."""

import re
from html import unescape

import pytest

from tests.interfaces.visitor import Visitor
from troth.app import Troth
from troth.interfaces.entrance import reading

PAGES = (
    *("/", "/policy", "/policy/collected", "/policy/shared", "/policy/changes", "/cookies"),
    *(
        "/policy/editions",
        "/clauses",
        "/clauses?status=partial",
        "/clauses/9.3b",
        "/register",
        "/registration",
    ),
    *("/sign-in", "/sign-in/code", "/recover", "/desk/sign-in", "/no-such-page"),
)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_open_page_is_there_in_both_languages(path: str, language: str, troth: Troth) -> None:
    page = Visitor(troth, language).get(path)
    assert page.status_code == (404 if "no-such" in path else 200)
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in page.text
    assert len(re.findall(r"<h1[ >]", page.text)) == 1


@pytest.mark.clause("A.5", "P.2")
@pytest.mark.parametrize("path", ["/", "/register", "/sign-in", "/clauses"])
def test_the_first_view_offers_the_policy_before_anything_else(path: str, troth: Troth) -> None:
    page = Visitor(troth).get(path)
    banner = page.text.index('<aside class="banner"')
    assert banner < page.text.index("<header>")
    assert '<a href="/policy">' in page.text[banner:]


@pytest.mark.clause("A.5")
def test_reading_sets_no_cookie_at_all(troth: Troth) -> None:
    visitor = Visitor(troth)
    for path in ("/", "/policy", "/policy/collected", "/cookies", "/clauses"):
        assert "set-cookie" not in visitor.get(path).headers


def test_the_cookie_page_says_what_is_lost_without_cookies(troth: Troth) -> None:
    assert "You can refuse cookies in your browser" in Visitor(troth, "en").get("/cookies").text


@pytest.mark.clause("P.3", "A.3")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_passages_that_matter_are_bold_in_both_languages(language: str, troth: Troth) -> None:
    page = Visitor(troth, language).get("/policy").text
    bold = {unescape(text) for text in re.findall(r"<strong>(.*?)</strong>", page, re.DOTALL)}
    clauses = troth.gate.policy().edition.clauses
    assert bold == {clause.words[language] for clause in clauses if clause.emphasis}


@pytest.mark.clause("11.4", "1.2b", "2.1.3f", "7.4a", "10.4a")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_clause_stands_on_the_page_with_its_anchor(language: str, troth: Troth) -> None:
    page = unescape(Visitor(troth, language).get("/policy").text)
    for clause in troth.gate.policy().edition.clauses:
        assert f'id="c-{clause.id}"' in page
        assert clause.words[language] in page


@pytest.mark.clause("11.4", "11.5")
def test_the_policy_says_since_when_which_edition_and_which_language_prevails(
    troth: Troth,
) -> None:
    page = Visitor(troth, "en").get("/policy").text
    edition = troth.gate.policy().edition
    for told in (edition.hash, edition.policy.edition, "the Chinese text prevails", "Draft:"):
        assert told in page


@pytest.mark.clause("11.1", "10.3")
def test_every_page_names_the_controller_and_the_copyright(troth: Troth) -> None:
    footer = Visitor(troth, "en").get("/").text.partition("<footer>")[2]
    assert "© 2023 ITNIO TECH LIMITED · all rights reserved" in footer
    assert "mailto:privacy@itniotech.com" in footer


def test_the_cookie_page_lists_the_whole_register(troth: Troth) -> None:
    page = Visitor(troth).get("/cookies").text
    for name, cookie in troth.gate.policy().edition.cookies.items():
        assert f"<code>{name}</code>" in page
        assert cookie.zh in page


def test_the_board_counts_draws_and_filters(troth: Troth) -> None:
    visitor, board = Visitor(troth, "en"), troth.evidence.board()
    page = visitor.get("/clauses?status=open").text
    assert f"{len(board.rows)} rows: {board.counts['kept']} kept" in page
    assert page.count('<th scope="row">') == board.counts["open"]
    assert '<svg class="bar"' in page


def test_a_clause_that_is_not_there_is_said_so(troth: Troth) -> None:
    page = Visitor(troth).get("/clauses/99.9z")
    assert page.status_code in (404, 422)
    assert "<h1>" in page.text


def test_the_language_is_chinese_unless_english_comes_first(troth: Troth) -> None:
    visitor = Visitor(troth)
    for accepted, tag in (
        ("en-US,zh", "en"),
        ("zh-TW,en", "zh-CN"),
        ("fr", "zh-CN"),
        ("", "zh-CN"),
    ):
        page = visitor.client.get("/", headers={"accept-language": accepted})
        assert f'<html lang="{tag}">' in page.text


def test_a_change_of_language_keeps_the_place_and_is_remembered(troth: Troth) -> None:
    visitor = Visitor(troth)
    board = visitor.get("/clauses?status=open").text
    assert 'href="/clauses?status=open&amp;lang=en"' in board
    assert '<html lang="en">' in visitor.get("/clauses?status=open&lang=en").text
    assert '<html lang="en">' in visitor.get("/").text


def test_the_style_sheet_is_served_for_good_with_its_type(troth: Troth) -> None:
    visitor = Visitor(troth)
    path = re.search(r'href="(/static/[^"]+\.css)"', visitor.get("/").text)
    assert path is not None
    sheet = visitor.get(path[1])
    assert sheet.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in sheet.headers["cache-control"]


@pytest.mark.parametrize("name", ["../page.py", "..%2fpage.py", "%2e%2e/page.py", "base.html", ""])
def test_nothing_but_its_own_files_is_served(name: str, troth: Troth) -> None:
    assert Visitor(troth).get(f"/static/{name}").status_code == 404


def test_a_page_that_breaks_says_so_as_a_page_and_tells_nothing(
    troth: Troth, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> object:
        raise ZeroDivisionError("a secret of ours")

    monkeypatch.setattr(reading, "shelf", broken)
    page = Visitor(troth, "en").get("/")
    assert page.status_code == 500
    assert "<h1>" in page.text
    assert "a secret of ours" not in page.text + caplog.text
    assert "unexpected ZeroDivisionError at test_reading.py" in caplog.text
