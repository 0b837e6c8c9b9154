"""A map that is written reads as the same; so do the maps on the pages about them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.source import ROOT
from troth.egress.databases import checking, reading, writing
from troth.egress.databases.map import Column, DataMap, Reference, StoreMap, Table

PAGE = (ROOT / "docs" / "howto" / "find-personal-data.md").read_text("utf-8")
MAPS = [text for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "databases:" in text]

NAMES = st.from_regex(
    r"[A-Za-z_\u4e00-\u9fff][A-Za-z0-9_:{}#*@ .\u4e00-\u9fff-]{0,20}", fullmatch=True
)
WORDS = NAMES.map(str.strip).filter(lambda name: name and "," not in name)
PLAIN = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
CATEGORIES = st.sampled_from(["", "?", "contact.email", "identity.name", "yes"])


@st.composite
def columns(draw):
    category = draw(CATEGORIES)
    erase = draw(st.sampled_from([None, "null", "delete", "replace", "pseudonymise", "keep"]))
    return Column(
        name=draw(WORDS),
        category=category,
        identity=draw(st.sampled_from(["", "subject", "contact.email"])),
        unique=draw(st.booleans()),
        erase=erase,
        filler=draw(st.sampled_from(["", "-", "gone: yes", '"', "没有"]))
        if erase == "replace"
        else "",
        length=draw(st.integers(0, 999)),
        scan=draw(st.booleans()),
    )


@st.composite
def tables(draw):
    found = draw(st.lists(columns(), max_size=4, unique_by=lambda column: column.name))
    references = [
        Reference(columns=(one,), store=draw(PLAIN), table=draw(PLAIN), to=(draw(PLAIN),), way=way)
        for one, way in draw(
            st.dictionaries(PLAIN, st.sampled_from(["in", "out", "both"]), max_size=3)
        ).items()
    ]
    return Table(
        name=draw(WORDS),
        key=tuple(draw(st.lists(PLAIN, max_size=2, unique=True))),
        columns=tuple(found),
        references=tuple(references),
        erase=draw(st.sampled_from(["row", "fields"])),
        after=tuple(draw(st.lists(PLAIN, max_size=2, unique=True))),
        restricted=draw(st.sampled_from(["", "until"])),
        walk=draw(st.integers(0, 10**6)),
    )


STORES = st.builds(
    StoreMap,
    name=PLAIN,
    url=st.sampled_from(["", "env:X", "sqlite:////srv/a b.db", "redis://h:1/0"]),
    tables=st.lists(tables(), max_size=3, unique_by=lambda table: table.name).map(tuple),
    impersonal=st.lists(PLAIN, max_size=2, unique=True).map(tuple),
)


@given(st.lists(STORES, max_size=2, unique_by=lambda store: store.name))
def test_what_is_written_reads_as_the_same(stores):
    data = DataMap(stores=tuple(stores))
    again = reading.read(writing.written(data), "map.yaml")
    assert again.findings == ()
    assert again.data == data


def test_there_are_maps_on_the_page():
    assert len(MAPS) == 4


@pytest.mark.parametrize("text", MAPS)
def test_the_maps_on_the_page_are_sound(text):
    told = reading.read(text, "page.yaml")
    assert told.findings == ()
    found = [one for one in checking.check(told.data) if "no key is named" not in one.message]
    assert [str(one) for one in found if one.level == "error"] == []
