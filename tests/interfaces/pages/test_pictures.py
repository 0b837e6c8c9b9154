"""Pictures: nothing overlaps, nothing is cut, texts are escaped, the same draws the same."""

import re
from collections.abc import Callable
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.interfaces.pages.pictures import (
    NARROW,
    WIDE,
    Bar,
    Box,
    Column,
    Drawing,
    Lane,
    Node,
    Stream,
    Told,
    bars,
    flow,
    measured,
    pictured,
    svg,
    timeline,
    wrapped,
)

LABELS = st.text(
    st.one_of(
        st.characters(min_codepoint=0x20, max_codepoint=0x7E),
        st.characters(min_codepoint=0x4E00, max_codepoint=0x4EFF),
        st.sampled_from("，。（）“”&<>\"'"),
    ),
    min_size=1,
    max_size=40,
)
COUNTS = st.lists(st.integers(0, 10**6), max_size=24)
WIDTHS = st.sampled_from([WIDE, NARROW])
TOLD = Told(key="k", title="A title", description="What it shows")
ROUNDING = 0.11


@st.composite
def flows(draw: st.DrawFn) -> Drawing:
    """Return any flow: two to four columns, streams between neighbours."""
    columns = tuple(
        Column(
            head=draw(LABELS),
            nodes=tuple(
                Node(key=f"{nth}/{row}", label=label)
                for row, label in enumerate(draw(st.lists(LABELS, min_size=1, max_size=9)))
            ),
        )
        for nth in range(draw(st.integers(2, 4)))
    )
    pairs = [
        (one.key, other.key)
        for left, right in pairwise(columns)
        for one in left.nodes
        for other in right.nodes
    ]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=30))
    streams = [Stream(start=a, end=b, weight=draw(st.integers(1, 500))) for a, b in chosen]
    return flow(columns, streams, draw(WIDTHS))


LANES = st.lists(st.builds(Lane, label=LABELS, counts=COUNTS.map(tuple)), min_size=0, max_size=6)
TIMELINES = st.builds(timeline, LANES, st.lists(LABELS, max_size=24), WIDTHS)
ROWS = st.lists(
    st.builds(Bar, label=LABELS, value=st.floats(0, 1e9), told=LABELS), min_size=0, max_size=9
)
BARS = st.builds(bars, ROWS, WIDTHS)
ALL = st.one_of(flows(), TIMELINES, BARS)


def apart(one: Box, other: Box) -> bool:
    """Tell whether two boxes do not lie on each other, up to the rounding of what is written."""
    return (
        one[2] <= other[0] + ROUNDING
        or other[2] <= one[0] + ROUNDING
        or one[3] <= other[1] + ROUNDING
        or other[3] <= one[1] + ROUNDING
    )


@given(ALL)
def test_no_text_lies_on_another(drawing: Drawing) -> None:
    for one, other in combinations([text.box for text in drawing.texts], 2):
        assert apart(one, other)


@given(flows())
def test_no_thing_lies_on_another_and_each_holds_its_own_text(drawing: Drawing) -> None:
    plates = [shape.box for shape in drawing.shapes if shape.look == "plate"]
    assert all(apart(one, other) for one, other in combinations(plates, 2))
    for text in drawing.texts:
        left, top, right, bottom = text.box
        inside = [b for b in plates if b[0] <= left and right <= b[2] and top >= b[1] - 1]
        assert text.soft or any(bottom <= b[3] + 1 for b in inside)


@given(ALL)
def test_everything_lies_inside_the_picture(drawing: Drawing) -> None:
    for left, top, right, bottom in [
        *(text.box for text in drawing.texts),
        *(shape.box for shape in drawing.shapes),
    ]:
        assert -ROUNDING <= left <= right <= drawing.width + ROUNDING
        assert -ROUNDING <= top <= bottom <= drawing.height + 1


@given(ALL)
def test_what_is_written_is_one_element_with_title_and_description(drawing: Drawing) -> None:
    root = ElementTree.fromstring(f"<x>{svg(drawing, TOLD)}</x>")[0]
    assert root.tag == "svg"
    assert root.get("role") == "img"
    assert [part.tag for part in root][:2] == ["title", "desc"]
    assert {part.tag for part in root} <= {"title", "desc", "rect", "path", "circle", "text"}
    assert [part.text for part in root.iter("text")] == [text.text for text in drawing.texts]


@given(LABELS, st.floats(60, 400), st.floats(8, 20))
def test_lines_are_no_wider_than_they_may_be_and_nothing_is_lost(
    text: str, width: float, size: float
) -> None:
    lines = wrapped(text, width, size)
    assert all(measured(line, size) <= width for line in lines)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)


@given(flows())
def test_every_stream_runs_from_left_to_right(drawing: Drawing) -> None:
    for shape in drawing.shapes:
        assert shape.look != "link" or shape.box[0] < shape.box[2]


@pytest.mark.parametrize("draw", [lambda w: bars((), w), lambda w: timeline((), (), w)])
def test_nothing_draws_an_empty_picture(draw: Callable[[int], Drawing]) -> None:
    assert pictured(draw, TOLD).count("<svg") == 2


def test_the_same_values_draw_the_same_picture() -> None:
    columns = (Column(head="a", nodes=(Node(key="x", label="X"),)), Column(head="b", nodes=()))
    drawn = {svg(flow(columns, (), WIDE), TOLD) for _ in range(3)}
    assert len(drawn) == 1


def test_what_a_picture_says_is_text_and_never_markup() -> None:
    nasty = "</svg><script>alert(1)</script>\"'"
    told = Told(key="k", title=nasty, description=nasty)
    row = Bar(label=nasty, value=1, told=nasty)
    assert "<script" not in pictured(lambda width: bars((row,), width), told)


def test_the_picture_for_a_narrow_window_has_names_of_its_own() -> None:
    markup = pictured(lambda width: bars((), width), TOLD)
    names = re.findall(r' id="([^"]+)"', markup)
    assert len(names) == len(set(names)) == 4
