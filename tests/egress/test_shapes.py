"""A shape is read whole or refused by name, and finds what it is told to find."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.egress import shapes
from troth.egress.authorities import ELEMENTS, LATER, Check
from troth.egress.shapes import BRIDGE, get, put, read, written
from troth.model.errors import Misconfigured

FOLDER = Path(__file__).parent / "shapes"
GOOD = """
name = "good"
[checks.person_2.ask]
elements = {name = "n", id_number = "i"}
[checks.person_2.answer]
code = "c"
"""


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_the_shapes_of_known_providers_are_whole(path):
    shape = shapes.load(path)
    assert shape.name == path.stem


def test_a_bridge_can_be_asked_everything():
    assert set(BRIDGE.checks) == set(Check)
    for check, shape in BRIDGE.checks.items():
        assert set(shape.ask.elements) == ELEMENTS[check]
        assert (shape.confirm is not None) == (check in LATER)


def wrong(source):
    with pytest.raises(Misconfigured) as caught:
        read(source, "mine.toml")
    assert "`mine.toml`" in caught.value.message
    return caught.value.message


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[checks.person_2.ask]", "[checks.person_2.ask", "at line"),
        ('name = "good"', "", "name"),
        ('code = "c"', "", "no `code`"),
        ('code = "c"', 'code = "c"\ncolour = "red"', "colour"),
        ('code = "c"', 'code = "c"\nresults = {a = "yes"}', "yes"),
        ('id_number = "i"', 'phone = "p"', "must be id_number, name"),
        ("[checks.person_2.ask]", '[checks.person_2.ask]\npath = "/../x"', "no plain path"),
        ("[checks.person_2.ask]", '[checks.person_2.ask]\npath = "//evil"', "no plain path"),
        ("[checks.person_2.ask]", '[checks.person_2.ask]\npath = "/a?b=c"', "no plain path"),
        ("[checks.person_2.ask]", '[checks.person_2.ask]\nhashed = {card = "md5"}', "not asked"),
        ("[checks.person_2.ask]", '[checks.person_2.ask]\nhashed = {name = "rot13"}', "rot13"),
        ('name = "good"', 'name = "g"\nencoding = "form"\n[called]\nflow = "f"', "called needs"),
        ("person_2.ask", "person_9.ask", "person_9"),
    ],
)
def test_what_is_wrong_with_a_shape_is_named(old, new, told):
    assert told in wrong(GOOD.replace(old, new, 1))


def test_a_form_has_no_places_with_dots():
    nested = GOOD.replace('{name = "n"', '{name = "a.n"')
    assert read(nested, "mine.toml").encoding == "json"
    assert "dots" in wrong('encoding = "form"\n' + nested)


def test_a_check_that_ends_later_says_how():
    source = GOOD.replace("person_2", "face")
    assert "ends later" in wrong(source)
    confirm = '[checks.face.confirm]\nflow = "f"\n[checks.face.confirmed]\ncode = "c"\n'
    assert "answer.flow is missing" in wrong(source + confirm)


def test_a_file_that_is_not_there_is_a_wrong_setting(tmp_path):
    with pytest.raises(Misconfigured, match="cannot be read"):
        shapes.load(tmp_path / "none.toml")


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)
    ),
    st.text(),
)
def test_looking_for_a_place_never_fails(body, place):
    get(body, place)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), st.text())
def test_what_was_put_is_found(steps, value):
    body = {}
    put(body, ".".join(steps), value)
    assert get(body, ".".join(steps)) == value


def test_two_values_for_one_place_are_a_wrong_setting():
    body = {"a": 1}
    with pytest.raises(Misconfigured):
        put(body, "a.b", 2)


@pytest.mark.parametrize(("value", "told"), [(True, "true"), (0, "0"), (-7, "-7"), ({}, "")])
def test_a_code_is_written_as_tables_spell_it(value, told):
    assert written(value) == told
