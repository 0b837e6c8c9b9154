"""The policy in layers: in short, as a picture, in full, past editions, what changed for me."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from tests.interfaces.visitor import Visitor
from troth import app
from troth.app import Troth
from troth.interfaces.entrance.editions import marked, plainly
from troth.interfaces.entrance.summary import kept
from troth.interfaces.pages.words import Tongue
from troth.model.clock import SetClock, moment
from troth.policy import packs

TEXTS = st.text(st.sampled_from("we keep it ,.<&>我们不做。"), max_size=60)
NOW = moment("2025-06-01")


def edition(name: str, *, effective: str = "", **changed: str) -> str:
    """Return the shipped policy as another edition, some words of it changed."""
    text = packs.source("itnio")[0].replace('edition: "2023-05-31"', f'edition: "{name}"', 1)
    text = text.replace("effective: 2023-05-31", f"effective: {effective or name}", 1)
    text = re.sub(r"declare,\s+we do not do", f"name, we leave alone ({name})", text, count=1)
    return text.replace("keep: P730D", changed.get("keep", "keep: P730D"), 1)


@pytest.fixture(scope="module")
def shelf() -> Iterator[tuple[Troth, Visitor, list[str]]]:
    """Return a house with three editions, one still to come, and a member of the first."""
    with app.memory(clock=SetClock(NOW)) as troth:
        hashes = [troth.gate.policy().hash]
        member = Visitor(troth, "en")
        member.register()
        hashes.append(troth.publish(edition("2024-01-01", keep="keep: P1096D")))
        hashes.append(troth.publish(edition("2026-01-01")))
        yield troth, member, hashes


def read(visitor: Visitor, path: str) -> str:
    """Open a page; return its text with its spaces as one."""
    page = visitor.get(path)
    assert page.status_code == 200
    return " ".join(unescape(page.text).split())


# --- in short, and as a picture ----------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_summary_answers_five_questions_and_each_answer_leads_into_the_text(
    language: str, troth: Troth
) -> None:
    page = Visitor(troth, language).get("/policy").text
    short = page[page.index('<dl class="layers">') : page.index("</dl>", page.index("layers"))]
    clauses = {clause.id for clause in troth.gate.policy().edition.clauses}
    led = re.findall(r'href="#c-([^"]+)"', short)
    assert short.count("<dt>") == 5
    assert len(led) > 50
    assert set(led) <= clauses


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_summary_names_every_purpose_recipient_right_and_term(
    language: str, troth: Troth
) -> None:
    page, policy = read(Visitor(troth, language), "/policy"), troth.gate.policy().edition
    words = Tongue(troth, language)
    named = (*policy.purposes.values(), *policy.recipients.values(), *policy.rights.values())
    assert all(one.words[language] in page for one in named)
    assert all(kept(row.keep, row.start, words) in page for row in policy.retention)


def test_a_term_is_said_in_words(troth: Troth) -> None:
    words = Tongue(troth, "en")
    assert kept("P365D", "recorded", words) == "For 365 days after it was recorded"
    assert kept("P0D", "account_closed", words) == "Until the account is closed"
    told = "“X” is kept P3Y from recorded, before P730D from recorded"
    assert plainly(told, words) == (
        "“X” is kept 3 years from when it was recorded, before 730 days from when it was recorded"
    )


def test_the_picture_is_there_in_both_widths_and_in_words(troth: Troth) -> None:
    page = Visitor(troth, "en").get("/policy").text
    assert page.count('<svg class="picture') == 2
    table = page[page.index("The picture in words") :]
    for name in ("Account and identity", "Courts and authorities", "Visits, usage, device"):
        assert name in table[: table.index("</table>")]


# --- editions ----------------------------------------------------------------------------------


@pytest.mark.clause("11.5")
def test_every_edition_is_listed_with_the_time_it_is_in_force(
    shelf: tuple[Troth, Visitor, list[str]],
) -> None:
    _, visitor, hashes = shelf
    page = read(visitor, "/policy/editions")
    places = [page.index(f"/policy/editions/{digest}") for digest in hashes]
    assert places == sorted(places, reverse=True)
    for state in ("past", "in force", "to come"):
        assert f">{state}</span>" in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_past_edition_is_readable_in_full_in_both_languages(
    language: str, shelf: tuple[Troth, Visitor, list[str]]
) -> None:
    troth, _, hashes = shelf
    page = read(Visitor(troth, language), f"/policy/editions/{hashes[0]}")
    for section in troth.document(language, hashes[0]).sections:
        for line in section.lines:
            assert line.text in page
    assert "name, we leave alone" not in page
    assert {"zh": "已失效", "en": "no longer in force"}[language] in page


def test_an_edition_that_is_not_there_is_said_so(troth: Troth) -> None:
    assert Visitor(troth).get("/policy/editions/abc").status_code == 404
    assert Visitor(troth).get("/policy/changes?old=abc").status_code == 404


@pytest.mark.parametrize("path", ["/", "/policy"])
def test_an_edition_to_come_is_told_before_it_is_in_force(
    path: str, shelf: tuple[Troth, Visitor, list[str]]
) -> None:
    troth, _, hashes = shelf
    page = read(Visitor(troth, "en"), path)
    assert "A new edition of the policy, 2026-01-01, takes effect on" in page
    assert f"new={hashes[2]}" in page


# --- what changed ------------------------------------------------------------------------------


@pytest.mark.clause("10.2c")
def test_what_a_new_edition_changed_is_shown_in_meaning_and_in_words(
    shelf: tuple[Troth, Visitor, list[str]],
) -> None:
    page = read(Visitor(shelf[0], "en"), "/policy/changes")
    assert "is kept 1096 days from when it was recorded, before 730 days" in page
    assert "wider use or fewer rights" in page
    assert "<del>declare</del>" in page
    assert "<ins>name</ins>" in page
    assert "Since you agreed" not in page


def test_who_is_signed_in_sees_what_changed_since_they_agreed(
    shelf: tuple[Troth, Visitor, list[str]],
) -> None:
    page = read(shelf[1], "/policy/changes")
    assert "You agreed to the edition of 2023-05-31 on" in page
    assert "is kept 1096 days" in page
    assert "The edition in force and the one before" not in page


def test_who_agreed_to_the_edition_in_force_is_told_that_nothing_changed(
    shelf: tuple[Troth, Visitor, list[str]],
) -> None:
    late = Visitor(shelf[0], "en")
    late.register()
    page = read(late, "/policy/changes")
    assert "Nothing has changed since" in page
    assert "The edition in force and the one before" in page


def test_any_two_editions_are_compared(shelf: tuple[Troth, Visitor, list[str]]) -> None:
    troth, _, hashes = shelf
    page = read(Visitor(troth, "en"), f"/policy/changes?old={hashes[0]}&new={hashes[2]}")
    assert "is kept" not in page
    assert "2026-01-01" in page


def test_the_first_edition_has_nothing_to_compare(troth: Troth) -> None:
    page = read(Visitor(troth, "en"), "/policy/changes")
    assert "there is nothing to compare" in page


def test_a_session_that_is_over_does_not_close_an_open_page(troth: Troth) -> None:
    visitor = Visitor(troth, "en")
    visitor.client.cookies.set("__Host-troth", "no-such-session")
    assert visitor.get("/policy/changes").status_code == 200


@given(TEXTS, TEXTS)
def test_the_marks_of_a_difference_change_no_word(old: str, new: str) -> None:
    was, now = marked(old, new)
    assert Markup(re.sub("</?del>", "", was)) == escape(old)
    assert Markup(re.sub("</?ins>", "", now)) == escape(new)
    kept_of = (re.sub("<del>.*?</del>", "", was), re.sub("<ins>.*?</ins>", "", now))
    assert kept_of[0] == kept_of[1]
