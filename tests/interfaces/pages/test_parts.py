"""The shared parts: labels, troubles at their fields, states in words as well as in colour."""

import re
from typing import Any

import pytest

from tests.interfaces.visitor import Visitor
from troth.app import Troth
from troth.interfaces.entrance import reading
from troth.interfaces.pages.page import templates
from troth.interfaces.pages.words import Tongue, Trouble
from troth.model.clock import DAY, HOUR, MINUTE, Moment

IMPORTS = (
    '{% from "parts.html" import field, area, choose, radios, date, upload, box, group, buttons,'
    " told, empty, progress, timeline, code, facts, doors, tabs, crumbs, badge, expiry with context"
    " %}"
)
OPTIONS = '[("a", "One", "why"), ("b", "Two")]'
CONTROLS = (
    'field("f", "Label", "hint")',
    'area("f", "Label", "hint")',
    'choose("f", "Label", [("a", "One")], "", "hint")',
    f'radios("f", "Label", {OPTIONS}, "", "hint")',
    'date("f", "Label", "hint")',
    'upload("f", "Label", "hint")',
    'box("f", "Label", "hint")',
)


def drawn(troth: Troth, text: str, *troubles: Trouble, **given: Any) -> str:
    """Render a piece of template as a page would."""
    words = Tongue(troth, "en")
    return (
        templates()
        .from_string(IMPORTS + text)
        .render(
            words=words,
            say=words.say,
            wrong={one.field: one for one in troubles},
            token=lambda: "t",
            token_name="form_token",
            path="/here",
            **given,
        )
    )


def names(page: str) -> list[str]:
    """Return every id."""
    return re.findall(r' id="([^"]+)"', page)


@pytest.mark.parametrize("control", CONTROLS)
def test_every_control_has_a_label_and_its_hint_belongs_to_it(control: str, troth: Troth) -> None:
    page = drawn(troth, "{{ " + control + " }}")
    assert "Label" in page
    assert 'aria-describedby="h-f"' in page
    assert set(re.findall(r' for="([^"]+)"', page)) <= set(names(page))
    assert len(names(page)) == len(set(names(page)))


@pytest.mark.parametrize("control", CONTROLS)
def test_a_trouble_stands_at_its_field_and_is_linked_to_it(control: str, troth: Troth) -> None:
    page = drawn(troth, "{{ " + control + " }}", Trouble(field="f", what="Odd", remedy="Mend it"))
    assert 'id="f-f"' in page
    assert 'aria-describedby="h-f e-f"' in page
    assert 'id="e-f">Odd — Mend it' in page


def test_a_date_is_three_inputs_that_keep_what_was_typed(troth: Troth) -> None:
    page = drawn(troth, '{{ date("f", "Born", "", typed) }}', typed={"born_year": "1990"})
    assert re.findall(r'name="([^"]+)"', page) == [
        "born_year",
        "born_month",
        "born_day",
    ]
    assert 'value="1990"' in page


def test_a_box_and_a_choice_come_empty_unless_told(troth: Troth) -> None:
    page = drawn(troth, '{{ box("f", "Yes") }}{{ radios("g", "Which", ' + OPTIONS + ") }}")
    assert "checked" not in page


@pytest.mark.parametrize("state", ["done", "now", "next", "late"])
def test_a_step_of_a_timeline_says_its_state_in_words(state: str, troth: Troth) -> None:
    page = drawn(troth, "{{ timeline(steps) }}", steps=[{"state": state, "title": "Step"}])
    assert Tongue(troth, "en").say(f"step_is.{state}") in page
    assert ('aria-current="step"' in page) is (state == "now")


def test_progress_is_told_in_words_and_looking_again_can_be_stopped(troth: Troth) -> None:
    page = drawn(troth, '{{ progress(2, 5, "Making it", "/me/copy/1") }}')
    assert '<progress id="progress" max="5" value="2">' in page
    assert "2 of 5 done" in page
    assert 'href="/me/copy/1?still=1"' in page


def test_what_is_given_to_a_part_is_text(troth: Troth) -> None:
    nasty = "<script>alert(1)</script>"
    page = drawn(
        troth,
        '{{ code(x, x) }}{{ empty(x, x, "/", x) }}{{ facts([(x, x)]) }}{{ badge(x) }}'
        '{{ doors([{"href": "/", "title": x, "text": x}]) }}{{ tabs([("/", x)], x) }}',
        x=nasty,
    )
    assert "<script" not in page


@pytest.mark.parametrize(
    ("ahead", "told"),
    [
        (3 * DAY, "3 days left"),
        (DAY + HOUR, "1 day left"),
        (5 * HOUR, "5 hours left"),
        (2 * MINUTE, "2 minutes left"),
        (1000, "less than a minute left"),
        (0, "over"),
        (-DAY, "over"),
    ],
)
def test_how_long_something_is_good_is_said_in_its_largest_unit(
    ahead: int, told: str, troth: Troth, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = troth.clock.now()
    monkeypatch.setattr(troth.clock, "now", lambda: now)
    assert Tongue(troth, "en").left(Moment(now + ahead)) == told


def test_a_page_that_asks_again_can_be_told_not_to(
    troth: Troth, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = reading.show
    monkeypatch.setattr(
        reading, "show", lambda request, name, **given: shown(request, name, refresh=5, **given)
    )
    visitor = Visitor(troth)
    assert visitor.get("/clauses").headers["refresh"] == "5"
    assert "refresh" not in visitor.get("/clauses?still=1").headers
