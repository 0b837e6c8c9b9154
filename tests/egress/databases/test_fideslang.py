"""A fideslang Dataset is read as it is: nothing is dropped in silence, and it comes back."""

from pathlib import Path

import pytest

from troth.app.building import compiled, document
from troth.egress.databases import fideslang, reading, writing
from troth.egress.databases.map import Column, Reference

TEXT = Path(__file__).with_name("bookshop.yml").read_text("utf-8")
READ = fideslang.read(TEXT, "bookshop.yml")
SHOP = READ.data.store("bookshop")
READERS, PURCHASES = SHOP.table("readers"), SHOP.table("purchases")
WORDS = Path(__file__).with_name("fideslang-categories.txt").read_text("utf-8").split()


def told(place: str) -> list[str]:
    return [one.message for one in READ.findings if one.place == f"bookshop.yml: {place}"]


@pytest.mark.parametrize("word", WORDS)
def test_every_category_of_fideslang_has_an_answer(word):
    assert fideslang.TABLES.category(word) is not None


def test_our_categories_are_those_of_the_policy():
    known = set(compiled(*document("itnio")).categories)
    ours = set(fideslang.TABLES.categories.values()) - {"", "?"}
    assert ours <= known
    people = set(fideslang.TABLES.identities.values()) - {"subject"}
    assert people <= known


def test_columns_keys_and_identities_are_read():
    assert READERS.key == ("id",)
    assert READERS.column("mail") == Column(
        name="mail",
        category="contact.email",
        identity="contact.email",
        erase="pseudonymise",
        length=80,
    )
    assert READERS.column("phones").identity == "contact.phone"
    assert READERS.column("name").erase == "replace"
    assert READERS.column("name").filler == "gone"
    assert READERS.column("since").erase == "keep"
    assert READERS.column("since").category == ""


def test_nested_fields_have_dotted_names_and_inherit_what_is_said_above():
    assert READERS.column("home.street").category == "contact.address"
    assert READERS.column("home.street").erase == "null"
    assert READERS.column("home.geo.point").category == "?"
    assert PURCHASES.column("number").category == "billing.transaction"


def test_references_keep_their_direction():
    assert PURCHASES.references == (
        Reference(columns=("reader",), store="bookshop", table="readers", to=("id",), way="in"),
        Reference(columns=("parcel",), store="warehouse", table="parcels", to=("code",), way="out"),
        Reference(columns=("parcel",), store="warehouse", table="labels", to=("code",), way="both"),
    )


def test_how_tables_end_and_in_which_order():
    assert (READERS.erase, PURCHASES.erase) == ("fields", "row")
    assert PURCHASES.after == ("readers",)


def test_the_old_name_of_the_meta_key_is_read():
    assert READ.data.store("warehouse").table("parcels").key == ("code",)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("bookshop", ("data_uses", "data_subjects", "data_qualifier", "retention", "namespace")),
        ("bookshop", ("third_country_transfers", "joint_controller", "after", "redact")),
        ("bookshop.purchases", ("after", "partitioning", "warehouse.parcels")),
        ("bookshop.readers.mail", ("data_uses",)),
        ("bookshop.readers.phones", ("return_all_elements",)),
        ("bookshop.readers.tracker", ("redact", "custom_request_field", "ljt_readerID")),
        ("bookshop.readers.faith", ("religious_belief", "shuffle")),
        ("bookshop.readers.odd", ("company.secret",)),
        ("bookshop.readers.card", ("identity.name", "aes_encrypt")),
        ("bookshop.readers.home.geo.point", ("user.location.precise",)),
        ("bookshop.counters", ("skipped",)),
    ],
)
def test_what_has_no_place_here_is_listed(place, words):
    found = " ".join(told(place))
    assert all(word in found for word in words)


def test_what_nobody_said_is_not_known():
    assert READERS.column("odd").category == "?"
    assert READERS.column("faith").category == "?"
    assert "counters" not in {table.name for table in SHOP.tables}


def test_our_own_format_takes_all_of_it():
    again = reading.read(writing.written(READ.data), "map.yaml")
    assert again.findings == ()
    assert again.data == READ.data


def test_it_can_be_written_as_fideslang_and_read_again():
    again = fideslang.read(fideslang.written(READ.data), "again.yml").data
    for store in READ.data.stores:
        for table in store.tables:
            same = again.store(store.name).table(table.name)
            assert same.key == table.key
            assert same.references == table.references
            assert {c.name: (c.identity, c.length, c.erase) for c in same.columns} == {
                c.name: (c.identity, c.length, c.erase) for c in table.columns
            }


@pytest.mark.parametrize(
    "text",
    ["", "dataset: []", "a: b", "- 1", "dataset:\n - {collections: []}", "\0", "{" * 5000, "x: *a"],
)
def test_what_is_no_dataset_is_an_error(text):
    found = fideslang.read(text, "x.yml")
    assert found.data is None
    assert [one.level for one in found.findings][-1] == "error"


def test_a_reference_to_nowhere_is_an_error():
    text = TEXT.replace("field: readers.id", "field: readers")
    assert fideslang.read(text, "x.yml").data is None
