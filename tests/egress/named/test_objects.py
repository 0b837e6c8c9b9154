"""Objects in a folder and in a bucket with and without versions: found, ended, asked again."""

import csv
import io
import json

import pytest

from tests.egress.named.orders import KEY, MEI, OTHER, correct, erase, restrict
from troth.egress.databases.fate import is_pseudonym
from troth.egress.databases.map import Column, Reference, StoreMap, Table
from troth.egress.named.objects import ObjectDatabase, bucket_of, shelf
from troth.model.errors import Misconfigured, Unreachable
from troth.model.secret import Secret

KNOWN = {"contact.email": (Secret(MEI),), "subject": (Secret("7"),)}
AVATAR = Table(
    name="avatars/{subject}.png",
    columns=(
        Column(name="subject", identity="subject"),
        Column(name="content", category="profile.other"),
    ),
)
EXPORTS = Table(
    name="exports/{email}/*",
    columns=(
        Column(name="email", category="contact.email", identity="contact.email"),
        Column(name="content", category="profile.other"),
    ),
)
PEOPLE = Table(
    name="mail/people.csv",
    columns=(
        Column(name="mail", category="contact.email", identity="contact.email"),
        Column(name="name", category="identity.name"),
        Column(name="plan"),
    ),
)
LOG = Table(
    name="logs/{day}.jsonl",
    columns=(
        Column(name="day"),
        Column(name="who.mail", category="contact.email", identity="contact.email"),
        Column(name="what"),
    ),
    walk=100,
)
CARD = Table(
    name="cards/{id}.json",
    columns=(
        Column(name="id", identity="subject"),
        Column(name="mail", category="contact.email", erase="pseudonymise"),
        Column(name="home.street", category="contact.address"),
        Column(name="visits"),
    ),
    erase="fields",
    restricted="restricted",
)
TABLES = (AVATAR, EXPORTS, PEOPLE, LOG, CARD)
FILES = {
    "avatars/7.png": b"\x89PNG mine",
    "avatars/8.png": b"\x89PNG other",
    f"exports/{MEI}/2026/a.txt": b"hello",
    f"exports/{OTHER}/b.txt": b"other",
    "mail/people.csv": f'mail,name,plan\r\n{MEI},Lin Mei,a\r\n{OTHER},"Anna, A",b\r\n'.encode(),
    "logs/1.jsonl": b"".join(
        json.dumps({"who": {"mail": who}, "what": "in"}).encode() + b"\n"
        for who in (MEI, OTHER, MEI)
    ),
    "cards/7.json": json.dumps(
        {"mail": MEI, "home": {"street": "1 Nanjing Road"}, "visits": 3}
    ).encode(),
}
PLACES = ("folder", "bucket", "versioned")


class Place:
    """A store filled with everybody's files."""

    def __init__(self, url):
        self.url = url
        self.raw = shelf(url, "test")._store
        for name, octets in FILES.items():
            self.raw.put(name, octets)

    def open(self, *tables):
        return ObjectDatabase(StoreMap(name="uploads", tables=tables or TABLES), self.url, key=KEY)

    def names(self):
        return sorted(each["path"] for listed in self.raw.list() for each in listed)

    def read(self, name):
        return bytes(self.raw.get(name).bytes())


@pytest.fixture(params=PLACES)
def place(request, tmp_path):
    if request.param == "folder":
        return Place(f"file://{tmp_path}")
    buckets = request.getfixturevalue("buckets")
    return Place(buckets.bucket(versioned=request.param == "versioned"))


@pytest.fixture
def versioned(buckets):
    return Place(buckets.bucket(versioned=True))


def reach(database, before=()):
    return database.trace(KNOWN, before).reach


# --- the whole of it ---------------------------------------------------------------------------


def test_a_subjects_objects_and_lines_are_found_and_shown(place):
    database = place.open()
    told = sorted(
        (held.table, held.values.get("content", Secret("")).reveal_raw())
        for held in database.export(reach(database))
    )
    assert told == [
        ("avatars/{subject}.png", b"\x89PNG mine"),
        ("cards/{id}.json", ""),
        ("exports/{email}/*", "hello"),
        ("logs/{day}.jsonl", ""),
        ("logs/{day}.jsonl", ""),
        ("mail/people.csv", ""),
    ]


def test_an_erasure_leaves_the_others_objects_and_lines(place):
    database = place.open()
    found = reach(database)
    assert len(database.remains(found, erase())) >= 5
    assert database.perform(found, erase()) == 5
    assert place.names() == sorted(
        [
            "avatars/8.png",
            "cards/7.json",
            f"exports/{OTHER}/b.txt",
            "logs/1.jsonl",
            "mail/people.csv",
        ]
    )
    assert place.read("mail/people.csv") == f'mail,name,plan\r\n{OTHER},"Anna, A",b\r\n'.encode()
    assert [
        json.loads(line)["who"]["mail"] for line in place.read("logs/1.jsonl").splitlines()
    ] == [OTHER]
    card = json.loads(place.read("cards/7.json"))
    assert is_pseudonym(KEY, card.pop("mail"))
    assert card == {"home": {}, "visits": 3}
    assert database.remains(found, erase()) == ()
    assert database.perform(found, erase()) == 0


def test_the_plan_says_the_statements_and_how_many(place):
    database = place.open()
    told = {
        step.statement.partition(" (")[0]: step.records
        for step in database.plan(reach(database), erase())
    }
    assert told["DELETE avatars/?.png"] == 1
    assert told["DELETE exports/?/*"] == 1
    assert told["PUT mail/people.csv without one line"] == 1
    assert MEI not in str(told)


# --- what is left behind -----------------------------------------------------------------------


def test_old_versions_are_residue_until_they_are_gone(versioned):
    versioned.raw.put("avatars/7.png", b"\x89PNG newer")
    database = versioned.open(AVATAR)
    found = reach(database)
    versioned.raw.delete("avatars/7.png")
    assert "avatars/7.png" not in versioned.names()
    (left,) = database.remains(found, erase())
    assert (left.place, left.count) == ("uploads.avatars/{subject}.png (behind)", 3)
    assert database.perform(found, erase()) == 1
    assert database.remains(found, erase()) == ()


def test_a_bucket_says_what_it_removes(versioned):
    database = versioned.open(AVATAR)
    (step,) = database.plan(reach(database), erase())
    assert step.statement == "DELETE avatars/?.png (all versions)"


def test_many_versions_are_listed_page_by_page(versioned, monkeypatch):
    for number in range(12):
        versioned.raw.put("avatars/7.png", str(number).encode())
    found = shelf(versioned.url, "test")._versions
    plain = found._ask
    monkeypatch.setattr(
        found,
        "_ask",
        lambda m, k, q: plain(m, k, q | ({"max-keys": "5"} if "versions" in q else {})),
    )
    assert len(list(found.listed("avatars/7.png"))) == 13
    assert found.purge("avatars/7.png", spare_latest=True) == 12
    assert versioned.read("avatars/7.png") == b"11"


def test_an_empty_folder_that_names_a_subject_is_residue(tmp_path):
    place = Place(f"file://{tmp_path}")
    database = place.open(EXPORTS)
    found = reach(database)
    database.perform(found, erase())
    assert database.remains(found, erase()) == ()
    (tmp_path / "exports" / MEI).mkdir(parents=True)
    assert [one.count for one in database.remains(found, erase())] == [1]


@pytest.mark.parametrize("told", ["..", ".", "../exports", "a/b", "\0", "", "*"])
def test_an_identifier_that_is_a_path_leads_nowhere(place, told):
    database = place.open(EXPORTS, AVATAR)
    known = {"contact.email": (Secret(told),), "subject": (Secret(told),)}
    found = database.trace(known).reach
    assert list(database.export(found)) == []
    assert database.perform(found, erase()) == 0
    assert place.names() == sorted(FILES)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret.txt").write_text("x")
    place = Place(f"file://{inside}")
    (inside / "exports" / MEI / "link").symlink_to(outside)
    database = place.open(EXPORTS)
    with pytest.raises(Unreachable, match="a link leads out"):
        list(database.export(reach(database)))
    assert (outside / "secret.txt").exists()


# --- fields ------------------------------------------------------------------------------------


def test_a_correction_rewrites_the_line_and_no_other(place):
    database = place.open(PEOPLE)
    found = reach(database)
    order = correct(**{"identity.name": "Lin, Mei"})
    assert database.perform(found, order) == 1
    rows = list(csv.reader(io.StringIO(place.read("mail/people.csv").decode())))
    assert rows[1:] == [[MEI, "Lin, Mei", "a"], [OTHER, "Anna, A", "b"]]
    assert database.remains(found, order) == ()


def test_a_document_is_marked_as_restricted(place):
    database = place.open(CARD)
    found = reach(database)
    database.perform(found, restrict())
    assert json.loads(place.read("cards/7.json"))["restricted"] == "9999-12-31"
    assert database.remains(found, restrict()) == ()


def test_a_value_in_an_object_nobody_led_to_is_found_by_walking(place):
    place.raw.put("logs/2.jsonl", json.dumps({"who": {"mail": MEI}, "what": "x"}).encode())
    place.raw.put(f"tmp/{MEI}.bak", b"x")
    database = place.open(LOG, Table(name="*", walk=100))
    order = erase(values={"contact.email": (Secret(MEI),)})
    told = {(one.place, one.why) for one in database.remains((), order)}
    assert ("uploads.logs/{day}.jsonl.who.mail", "left") in told
    assert ("uploads.*", "unmapped") in told


def test_a_column_leads_to_an_object(place):
    cards = Table(
        name="cards/{id}.json",
        columns=(Column(name="id", identity="subject"), Column(name="visits")),
    )
    avatars = Table(
        name="avatars/{subject}.png",
        columns=(Column(name="content", category="profile.other"), Column(name="subject")),
        references=(
            Reference(
                columns=("subject",), store="uploads", table=cards.name, to=("id",), way="in"
            ),
        ),
    )
    database = place.open(cards, avatars)
    found = reach(database)
    assert ("avatars/{subject}.png", ("subject",)) in {(one.table, one.columns) for one in found}


def test_an_object_that_is_not_what_its_name_says_is_shown_as_octets(place):
    place.raw.put("cards/7.json", b"{not json")
    database = place.open(CARD)
    found = reach(database)
    (held,) = database.export(found)
    assert held.values["content"].reveal_raw() == "{not json"
    with pytest.raises(Unreachable):
        database.perform(found, erase())


# --- addresses ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "s3://bucket?endpoint=http://storage.example.com",
        "s3://k:s@b.example?endpoint=http://169.254.169.254",
        "s3://k:s@b.example?password=x",
        "s3://k:s@",
        "file:///nowhere/at/all",
        "gs://bucket",
        "",
    ],
)
def test_an_address_that_is_wrong_or_not_safe_is_refused(url, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    with pytest.raises(Misconfigured):
        ObjectDatabase(StoreMap(name="uploads"), url, key=KEY)


def test_a_key_may_come_from_the_environment():
    told = bucket_of(
        "s3://b", {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}
    )
    assert (told.access, told.secret, told.token) == ("a", "s", "t")


def test_a_dead_bucket_is_unreachable_and_tells_nothing(buckets):
    url = buckets.bucket().replace(f":{buckets.port}", ":1")
    database = ObjectDatabase(StoreMap(name="uploads", tables=(AVATAR,)), url, key=KEY, timeout=0.5)
    with pytest.raises(Unreachable) as caught:
        list(database.export(database.trace(KNOWN).reach))
    assert buckets.secret not in str(caught.value)
    assert "7" not in str(caught.value)
