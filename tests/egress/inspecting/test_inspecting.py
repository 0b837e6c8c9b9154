"""A map is proposed from names, types and values; a sample is judged, forgotten and never told."""

import json
import sqlite3

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from tests.support.servers import redis_server
from troth.egress.databases import reading
from troth.egress.databases.map import Reference
from troth.egress.inspecting.judging import judge
from troth.egress.inspecting.look import inspect
from troth.egress.inspecting.names import read
from troth.egress.inspecting.seen import SeenColumn, SeenTable
from troth.egress.inspecting.values import FEWEST, kind_of, shape_of
from troth.model.errors import Misconfigured, Unreachable
from troth.model.identifiers import (
    CREDIT_ALPHABET,
    CREDIT_WEIGHTS,
    RESIDENT_CHECKS,
    RESIDENT_WEIGHTS,
)
from troth.model.secret import Secret


def resident(n: int) -> str:
    stem = f"11010519{60 + n % 40:02}{1 + n % 12:02}{1 + n % 28:02}{n % 1000:03}"
    total = sum(w * int(d) for w, d in zip(RESIDENT_WEIGHTS, stem, strict=True))
    return stem + RESIDENT_CHECKS[total % 11]


def card(n: int) -> str:
    stem = f"622202{n:012}"
    doubled = sum(sum(divmod(2 * int(d), 10)) for d in stem[-1::-2])
    return stem + str(-(doubled + sum(map(int, stem[-2::-2]))) % 10)


def company(n: int) -> str:
    stem = f"91350100M{n:08}"
    values = [CREDIT_ALPHABET.index(c) for c in stem]
    total = sum(w * v for w, v in zip(CREDIT_WEIGHTS, values, strict=True))
    return stem + CREDIT_ALPHABET[-total % 31]


NAMES = ("林梅", "王小明", "欧阳修", "张伟", "陳大文", "刘芳", "赵敏", "孙悟空")
SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, mail TEXT UNIQUE, 姓名 TEXT, c7 TEXT, x9 TEXT,
  born DATE, home INTEGER REFERENCES addresses(id), profile TEXT, note TEXT, active BOOLEAN,
  created_at TIMESTAMP, pwd TEXT);
CREATE TABLE addresses (id INTEGER PRIMARY KEY, street TEXT, city TEXT, zip TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, total NUMERIC, status TEXT,
  firm TEXT, pay TEXT);
CREATE TABLE order_items (order_id INTEGER REFERENCES orders(id), product_id INTEGER, qty INTEGER,
  PRIMARY KEY (order_id, product_id));
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, price NUMERIC);
CREATE TABLE visits (id INTEGER PRIMARY KEY, seen_from TEXT, agent TEXT, who VARCHAR(40));
CREATE TABLE alembic_version (version_num TEXT);
"""


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as line:
        line.executescript(SCHEMA)
        for n in range(40):
            profile = json.dumps({"phone": f"+86139123{n:05}", "theme": "dark"})
            told = (
                n,
                f"a{n}@example.cn",
                NAMES[n % 8],
                resident(n),
                card(n),
                f"19{60 + n % 40}-05-17",
            )
            more = (
                n,
                profile,
                f"wants to be called after {n} o'clock please",
                1,
                "2026-11-22",
                "x",
            )
            line.execute(f"INSERT INTO customers VALUES ({','.join('?' * 12)})", told + more)
            address = (n, f"{n} Nanjing Road", "Shanghai", "200000")
            line.execute("INSERT INTO addresses VALUES (?,?,?,?)", address)
            order = (n, n, 5, ("paid", "sent")[n % 2], company(n), "x")
            line.execute("INSERT INTO orders VALUES (?,?,?,?,?,?)", order)
            line.execute("INSERT INTO order_items VALUES (?,?,1)", (n, n % 5))
            line.execute(
                "INSERT INTO visits VALUES (?,?,?,?)",
                (n, f"10.0.0.{n}", "Mozilla/5.0 (X)", f"x{n}y"),
            )
        for n, name in enumerate(("Kettle", "Big Cup", "Tea Pot", "Spoon", "Tray")):
            line.execute("INSERT INTO products VALUES (?,?,9.5)", (n, name))
    line.close()
    return Secret(f"sqlite:///{path}")


@pytest.fixture
def looked(shop):
    return inspect(shop, name="shop", shown="env:SHOP_URL")


def test_columns_are_known_by_name_and_by_what_stands_in_them(looked):
    people = looked.proposal.data.store("shop").table("customers")
    told = {column.name: column.category for column in people.columns}
    assert told == {
        "id": "",
        "mail": "contact.email",
        "姓名": "identity.name",
        "c7": "identity.id_number",
        "x9": "bank.number",
        "born": "identity.birth_date",
        "home": "",
        "profile.phone": "contact.phone",
        "profile.theme": "",
        "note": "support.communication",
        "active": "",
        "created_at": "",
        "pwd": "account.password",
    }


def test_people_are_found_where_they_are_and_nowhere_else(looked):
    store = looked.proposal.data.store("shop")
    roots = {
        (table.name, column.name)
        for table in store.tables
        for column in table.columns
        if column.identity
    }
    assert roots == {
        ("customers", "mail"),
        ("customers", "c7"),
        ("customers", "profile.phone"),
    }


def test_references_are_found_in_keys_and_in_names_that_values_confirm(looked):
    store = looked.proposal.data.store("shop")
    told = {one for table in store.tables for one in table.references}
    assert told == {
        Reference(columns=("home",), store="shop", table="addresses", to=("id",), way="out"),
        Reference(columns=("customer_id",), store="shop", table="customers", to=("id",), way="in"),
        Reference(columns=("order_id",), store="shop", table="orders", to=("id",), way="in"),
        Reference(columns=("product_id",), store="shop", table="products", to=("id",), way="out"),
    }
    sure = {
        one.name: one.confidence for one in looked.proposal.proposed if one.name.startswith("->")
    }
    assert sure["-> home"] == 1.0
    assert sure["-> customer_id"] == 0.85


def test_a_name_that_values_speak_against_is_no_reference(shop):
    with sqlite3.connect(shop.reveal().removeprefix("sqlite:///")) as line:
        line.execute("UPDATE orders SET customer_id = customer_id + 1000")
    line.close()
    store = inspect(shop, name="shop").proposal.data.store("shop")
    assert not store.table("orders").references


def test_tables_without_anybody_are_said_to_be(looked):
    assert looked.proposal.data.store("shop").impersonal == ("alembic_version", "products")


def test_what_nothing_tells_is_not_known(looked):
    told = {one.name: one for one in looked.proposal.proposed if one.table == "visits"}
    assert told["seen_from"].what == "usage.ip"
    assert told["agent"].what == "usage.browser"
    assert told["who"].what == "not known"


def test_every_line_has_a_reason_and_the_text_reads_as_the_same_map(looked):
    text = looked.proposal.text()
    again = reading.read(text, "map.yaml")
    assert again.findings == ()
    assert again.data == looked.proposal.data
    assert all(one.reason and 0 < one.confidence <= 1 for one in looked.proposal.proposed)
    assert "# 99%: its name, and 100% are e-mail addresses" in text


def test_no_sample_is_told(looked):
    told = looked.proposal.text() + repr(looked)
    for value in ("a1@example.cn", "林梅", resident(1), card(1), "13912300001", "Nanjing Road"):
        assert value not in told


def test_nothing_is_written_and_a_database_that_is_not_there_is_unreachable(shop, tmp_path):
    before = (tmp_path / "shop.db").read_bytes()
    inspect(shop, name="shop")
    assert (tmp_path / "shop.db").read_bytes() == before
    with pytest.raises(Unreachable) as caught:
        inspect(Secret("postgresql://root:hunter2@127.0.0.1:1/x"), name="x")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["", "ftp://x", "https://x", "mongodb://x"])
def test_what_cannot_be_looked_at_is_refused(url):
    with pytest.raises(Misconfigured):
        inspect(Secret(url), name="x")


# --- keys and objects --------------------------------------------------------------------------


def test_keys_are_put_together_to_patterns(tmp_path):
    with redis_server() as socket, redis.Redis(unix_socket_path=str(socket)) as client:
        for n in range(20):
            client.hset(f"user:a{n}@example.cn", mapping={"name": NAMES[n % 8], "visits": n})
            client.set(f"session:{n:032x}", json.dumps({"ip": f"10.0.0.{n}"}))
            client.sadd("newsletter", f"a{n}@example.cn")
        store = inspect(Secret(f"unix://{socket}"), name="cache").proposal.data.store("cache")
    told = {
        table.name: {column.name: (column.category, column.identity) for column in table.columns}
        for table in store.tables
    }
    assert told["user:{email}"]["email"] == ("contact.email", "contact.email")
    assert told["user:{email}"]["name"][0] == "identity.name"
    assert told["session:{id}"]["value.ip"][0] == "usage.ip"
    assert told["newsletter"]["member"] == ("contact.email", "contact.email")


def test_objects_are_put_together_to_patterns(tmp_path):
    for n in range(5):
        folder = tmp_path / "exports" / f"a{n}@example.cn"
        folder.mkdir(parents=True)
        (folder / "all.json").write_text(json.dumps({"phone": f"+86139123{n:05}"}))
        (tmp_path / f"{n}.png").write_bytes(b"x")
    rows = [f"a{n}@example.cn,{NAMES[n % 8]}" for n in range(8)]
    (tmp_path / "people.csv").write_text("who,called\n" + "\n".join(rows))
    store = inspect(Secret(f"file://{tmp_path}"), name="up").proposal.data.store("up")
    told = {table.name: {c.name: c.category for c in table.columns} for table in store.tables}
    assert told == {
        "exports/{email}/all.json": {"email": "contact.email", "phone": "contact.phone"},
        "people.csv": {"who": "contact.email", "called": "identity.name"},
        "{id}.png": {"id": "", "content": "?"},
    }


# --- judging -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("buyerEmail", "contact.email"),
        ("手机号", "contact.phone"),
        ("身份证号", "identity.id_number"),
        ("统一社会信用代码", "enterprise.uscc"),
        ("收货地址", "contact.address"),
        ("DATE_OF_BIRTH", "identity.birth_date"),
        ("last_login_ip", "usage.ip"),
        ("UserAgent", "usage.browser"),
        ("nickname", "account.login"),
        ("created_at", ""),
        ("订单金额", ""),
    ],
)
def test_names_are_read_in_both_languages(name, category):
    assert read(name).category == category


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (resident(5), "id_number"),
        (resident(5)[:-1] + "A", ""),
        (card(5), "bank_card"),
        (company(5), "credit_code"),
        ("A123456(3)", "hong_kong_id"),
        ("+852 9123 4567", "phone"),
        ("::1", "ip"),
        ("上海市黄浦区南京东路1号", "address"),
        ("Lin Mei", "name_en"),
        ("9f8a6c3e-0b1d-4a52-8f7e-1c2d3e4f5a6b", "uuid"),
        ("$2b$12$abcdefghijklmnopqrstuv", "password_hash"),
        ("blue", ""),
        ("", ""),
        ("x" * 5000, ""),
    ],
)
def test_values_are_recognised(text, kind):
    assert kind_of(text) == kind


@given(st.lists(st.integers(10**15, 10**16 - 1), min_size=30, max_size=30, unique=True))
def test_order_numbers_are_no_bank_cards(numbers):
    shape = shape_of([Secret(str(n)) for n in numbers])
    assert shape.kind != "bank_card" or shape.share < 0.5


def test_a_check_digit_alone_proves_nothing_for_few_values():
    assert shape_of([Secret(card(1))] * (FEWEST - 1)).kind == ""
    assert shape_of([Secret(card(n)) for n in range(FEWEST)]).kind == "bank_card"


def test_values_with_a_check_digit_outweigh_a_wrong_name():
    column = SeenColumn(name="phone", samples=tuple(Secret(resident(n)) for n in range(20)))
    assert judge(SeenTable(name="people"), column).category == "identity.id_number"


@given(st.text(max_size=500))
def test_no_text_stops_a_recogniser(text):
    kind_of(text)
