"""The two lists: every field, every recipient, the columns of the law, figures, a table to keep."""

import csv
import io
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.interfaces.visitor import Visitor
from troth import app
from troth.app import Troth
from troth.interfaces.entrance.lists import STARTS_FORMULA, gathered, plain
from troth.interfaces.pages.words import Tongue
from troth.model.clock import SetClock, moment

LANGUAGES = ("zh", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_of_collection_has_every_field_with_purpose_and_basis(
    language: str, troth: Troth
) -> None:
    page = unescape(Visitor(troth, language).get("/policy/collected").text)
    for row in troth.document(language).collection:
        assert row.field in page
        assert row.purpose in page
        assert all(basis in page for basis in row.bases)
        assert f'id="p-{row.aim}"' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_lists_have_the_columns_of_the_law(language: str, troth: Troth) -> None:
    words = Tongue(troth, language)
    for path in ("/policy/collected", "/policy/shared"):
        page = Visitor(troth, language).get(path).text
        for column in ("col_purpose", "col_scene", "col_manner"):
            assert f'<th scope="col">{words.say(column)}</th>' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_of_sharing_names_every_recipient(language: str, troth: Troth) -> None:
    page = unescape(Visitor(troth, language).get("/policy/shared").text)
    assert all(row.recipient in page for row in troth.document(language).sharing)


@pytest.mark.parametrize("who", ["a visitor", "a member"])
def test_both_lists_are_in_the_second_menu(who: str, troth: Troth) -> None:
    visitor = Visitor(troth)
    if who == "a member":
        visitor.register()
    for path in ("/policy", "/policy/shared", *(("/me",) if who == "a member" else ())):
        menu = visitor.get(path).text.partition('<nav class="sub"')[2].partition("</nav>")[0]
        assert 'href="/policy/collected"' in menu
        assert 'href="/policy/shared"' in menu


def rows(troth: Troth, path: str, language: str = "en") -> list[dict[str, str]]:
    """Open a list as the table it is."""
    answer = Visitor(troth, language).get(path)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    text = answer.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_lists_are_there_as_tables_with_a_row_for_each_purpose(troth: Troth) -> None:
    collected = rows(troth, "/policy/collected.csv")
    assert len(collected) == len(troth.document("en").collection)
    assert all(row["Item"] and row["When"] and row["How"] and row["Clause"] for row in collected)
    shared = rows(troth, "/policy/shared.csv")
    assert len(shared) == len(troth.document("en").sharing)
    assert {row["How"] for row in shared} >= {"entrusted", "shared"}


def test_a_table_in_chinese_has_chinese_headings(troth: Troth) -> None:
    assert {"信息", "用途", "场景", "方式"} <= rows(troth, "/policy/collected.csv", "zh")[0].keys()


@given(st.text(max_size=20))
def test_no_cell_is_a_formula(text: str) -> None:
    assert not plain(text).startswith(STARTS_FORMULA)
    assert plain(text).endswith(text)


def test_a_group_that_is_there_with_all_it_has_is_named_once(troth: Troth) -> None:
    edition, words = troth.gate.policy().edition, Tongue(troth, "en")
    contact = tuple(name for name in edition.categories if name.startswith("contact."))
    assert gathered(contact, edition, words) == "How to reach you (all of it)"
    assert gathered(contact[:1], edition, words) == words.field(contact[0])


# --- figures -----------------------------------------------------------------------------------


@pytest.fixture
def lively() -> tuple[Troth, SetClock]:
    """Return a house in which an affiliate may be given something, and its clock."""
    clock = SetClock(moment("2026-05-01"))
    return app.memory(clock=clock), clock


def told(troth: Troth, name: str) -> str:
    """Return how often the table says that somebody was given something."""
    column = "Times in 12 months"
    return next(
        row[column] for row in rows(troth, "/policy/shared.csv") if row["Recipient"] == name
    )


def test_how_often_is_counted_over_a_year_and_few_times_are_not_told_exactly(
    lively: tuple[Troth, SetClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    troth, clock = lively
    counts = {"affiliates": 3, "partners": 12}
    asked: list[int] = []

    def given_since(since: int) -> dict[str, int]:
        asked.append(since)
        return counts

    with troth:
        monkeypatch.setattr(troth.evidence, "given", given_since)
        visitor = Visitor(troth, "en")
        page = visitor.get("/policy/shared").text
        assert "fewer than 5 times" in page
        assert "12 times" in page
        assert "works for us all along" in page
        visitor.get("/policy/shared.csv")
        assert asked == [moment("2025-05-01")]
        clock.forward(seconds=3601)
        visitor.get("/policy/shared")
        assert len(asked) == 2


def test_nobody_was_given_anything_in_a_house_that_just_began(troth: Troth) -> None:
    name = troth.gate.policy().edition.recipients["partners"].en
    assert told(troth, name) == "never"
