"""A person writes the map; what they cannot have meant is an error with its line."""

import pytest

from tests.support import shop
from troth.egress.databases.map import Column, Reference
from troth.egress.databases.reading import load, read
from troth.model.errors import Misconfigured

HEAD = "troth_databases: 1\ndatabases:\n  shop:\n    tables:\n      people:\n"


def people(text):
    """Read a map with one table, whose lines are given."""
    lines = "".join(f"        {line}\n" for line in text.splitlines())
    found = read(HEAD + lines, "map.yaml")
    assert found.findings == (), [str(each) for each in found.findings]
    return found.data.store("shop").table("people")


def wrong(text):
    """Return the only finding of a document, as (line, message, hint)."""
    found = read(text, "map.yaml")
    assert found.data is None
    first = found.findings[0]
    return int(first.place.rpartition(":")[2]), first.message, first.hint


def test_the_shops_map_is_read_whole():
    data = shop.shop_map()
    assert [len(store.tables) for store in data.stores] == [13, 3]
    assert data.store("shop").impersonal == ("countries", "products")


def test_a_column_is_a_category_or_keys():
    table = people(
        "columns:\n"
        "  mail: {category: contact.email, identity: yes, unique: no}\n"
        "  account: {identity: subject}\n"
        "  id: nothing\n"
        "  odd: unknown\n"
        '  even: "?"\n'
        "  nick: {category: x, filler: gone, length: 9, scan: yes}\n"
        "  profile.street: contact.address"
    )
    assert table.columns == (
        Column(name="mail", category="contact.email", identity="contact.email", unique=False),
        Column(name="account", identity="subject"),
        Column(name="id"),
        Column(name="odd", category="?"),
        Column(name="even", category="?"),
        Column(name="nick", category="x", erase="replace", filler="gone", length=9, scan=True),
        Column(name="profile.street", category="contact.address"),
    )


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (
            "a: belongs to b.c",
            Reference(columns=("a",), store="shop", table="b", to=("c",), way="in"),
        ),
        ("a: uses b.c", Reference(columns=("a",), store="shop", table="b", to=("c",), way="out")),
        ("a: joins x/b.c", Reference(columns=("a",), store="x", table="b", to=("c",))),
        (
            "a: uses sales.b.c",
            Reference(columns=("a",), store="shop", table="sales.b", to=("c",), way="out"),
        ),
        (
            "a, b: belongs to c(d, e)",
            Reference(columns=("a", "b"), store="shop", table="c", to=("d", "e"), way="in"),
        ),
    ],
)
def test_a_reference_says_whose_the_rows_are(said, meant):
    assert people(f"references:\n  {said}").references == (meant,)


def test_a_table_says_how_it_ends():
    table = people("key: [a, b]\nerase: fields\nafter: orders\nrestricted: until")
    assert (table.key, table.erase, table.after, table.restricted) == (
        ("a", "b"),
        "fields",
        ("orders",),
        "until",
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", (1, "the document is empty", "begin: `troth_databases: 1`")),
        ("a: [", (2, "no YAML: did not find expected node content", None)),
        ("databases: {}", (1, "a data map lacks `troth_databases`", None)),
        ("troth_databases: 2", (1, "a data map lacks `troth_databases`", None)),
        (HEAD + "        colums: {}", (6, "`colums` is no key of `people`", "meant `columns`?")),
        (HEAD + "        erase: rows", (6, "`rows` is no `erase`", "meant `row`?")),
        (HEAD + "        key: a\n        key: b", (7, "`key` stands here twice", None)),
        (
            HEAD + "        columns:\n          a: {categry: x}",
            (7, "`categry` is no key of `a`", None),
        ),
        (HEAD + "        columns:\n          a: {scan: yes}", (7, "`a` has no category", None)),
        (HEAD + "        columns:\n          a: {category: x, length: 1e9}", (7, None, None)),
        (HEAD + "        columns: [a]", (6, "`columns` must be keys with values", None)),
        (
            HEAD + "        references:\n          a: customers.id",
            (7, "`a` does not say where it leads", None),
        ),
        (
            HEAD + "        references:\n          a, b: uses c.d",
            (7, "`a, b` joins 2 columns with 1", "pair them"),
        ),
        (HEAD + "        key: {a: b}", (6, "`key` must be one word", None)),
        ("a: " + "[" * 50, (1, "parts nest too deep", None)),
        ("a: \x00", (1, None, None)),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, found):
    told = wrong(text)
    assert all(want in (None, got) for want, got in zip(found, told, strict=True)), told


def test_a_file_must_be_sound(tmp_path):
    path = tmp_path / "map.yaml"
    with pytest.raises(Misconfigured, match="cannot be read"):
        load(path)
    path.write_text(HEAD + "        a: 1\n        b: 2\n")
    with pytest.raises(Misconfigured, match=r"map.yaml:6: .*, and 1 more"):
        load(path)
