"""``troth databases``: looked at, checked, imported, shown, planned and found at a terminal."""

import json
import sqlite3
import stat
from pathlib import Path

import pytest

from tests.interfaces.terminal import Said, said

MAIL = "mei@example.cn"
SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, mail TEXT UNIQUE, name TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers(id),
  ship_to TEXT);
CREATE INDEX whose ON orders (customer_id);
"""
DATASET = Path(__file__).parents[1] / "egress" / "databases" / "bookshop.yml"


@pytest.fixture
def shop(tmp_path: Path) -> str:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as line:
        line.executescript(SCHEMA)
        for n, mail in enumerate((MAIL, "anna@example.com", "bo@example.com")):
            line.execute("INSERT INTO customers VALUES (?,?,?)", (n, mail, "Lin Mei"))
            line.execute("INSERT INTO orders VALUES (?,?,?)", (n, n, f"{n} Nanjing Road"))
    line.close()
    return f"sqlite:///{path}"


@pytest.fixture
def mapped(shop: str, tmp_path: Path) -> Path:
    path = tmp_path / "map.yaml"
    assert said("databases", "inspect", shop, "--name", "shop", "-o", path).code == 0
    return path


def planned(mapped: Path, *more: object) -> Said:
    return said("databases", "plan", mapped, "--identity", f"email={MAIL}", *more)


def test_a_map_is_proposed_and_stands_as_it_is(mapped: Path) -> None:
    assert stat.S_IMODE(mapped.stat().st_mode) == 0o600
    assert "belongs to customers.id" in mapped.read_text()
    assert MAIL not in mapped.read_text()
    checked = said("databases", "check", mapped)
    assert checked.code == 0
    assert "0 errors" in checked.out


def test_a_map_is_never_written_over(mapped: Path, shop: str) -> None:
    before = mapped.read_text()
    assert said("databases", "inspect", shop, "-o", mapped).code == 2
    assert mapped.read_text() == before


def test_what_is_proposed_comes_as_data(shop: str) -> None:
    told = said("databases", "inspect", shop, "--json").data
    assert (told["tables"], told["columns"]) == (2, 6)
    found = {f"{one['table']}.{one['name']}": one for one in told["proposed"]}
    assert found["customers.mail"]["what"] == "contact.email"
    assert found["customers.mail"]["confidence"] > 0.9


def test_an_address_may_stand_in_the_environment(
    shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_URL", shop)
    told = said("databases", "inspect", "env:SHOP_URL")
    assert "url: env:SHOP_URL" in told.out
    monkeypatch.delenv("SHOP_URL")
    assert said("databases", "inspect", "env:SHOP_URL").code == 4


def test_a_password_is_neither_told_nor_written_down() -> None:
    told = said("databases", "inspect", "postgresql://root:hunter2@127.0.0.1:1/x")
    assert told.code == 5
    assert "hunter2" not in told.out + told.err


def test_what_is_wrong_with_a_map_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text("troth_databases: 1\ndatabases:\n  shop:\n    tabels: {}\n")
    told = said("databases", "check", path)
    assert told.code == 1
    assert "map.yaml:4: error: `tabels`" in told.out
    assert said("databases", "check", path, "--json").data["errors"] == 1
    assert said("databases", "show", path).code == 1


def test_a_database_that_does_not_answer_is_named(mapped: Path, tmp_path: Path) -> None:
    told = mapped.read_text()
    mapped.write_text(told.replace(f"sqlite:///{tmp_path}/shop.db", "redis://127.0.0.1:1/0"))
    checked = said("databases", "check", mapped)
    assert checked.code == 1
    assert "shop: error: it did not answer" in checked.out
    assert said("databases", "check", mapped, "--no-ask").code == 0
    assert planned(mapped).code == 1


def test_a_category_the_policy_does_not_have_is_an_error(mapped: Path) -> None:
    mapped.write_text(mapped.read_text().replace("identity.name", "identity.shoe_size"))
    told = said("databases", "check", mapped)
    assert told.code == 1
    assert "`identity.shoe_size`" in told.out


def test_a_dataset_is_imported_with_its_losses(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    told = said("databases", "import", DATASET, "-o", path)
    assert told.code == 0
    assert "`retention` has no place in a data map" in told.err
    assert said("databases", "show", path).code == 0
    again = said("databases", "show", path, "--fideslang")
    assert "fides_key: bookshop" in again.out
    assert said("databases", "import", __file__).code == 1


def test_a_map_is_shown_as_a_tree_and_as_data(mapped: Path) -> None:
    told = said("databases", "show", mapped)
    assert "mail: contact.email; people are found by it" in told.out
    data = said("databases", "show", mapped, "--json").data
    assert [table["name"] for table in data["stores"][0]["tables"]] == ["customers", "orders"]


def test_a_plan_names_statements_and_no_value(mapped: Path, tmp_path: Path) -> None:
    told = planned(mapped, "--json")
    assert told.code == 0
    steps = {one["table"]: one for one in told.data["steps"]}
    assert steps["orders"]["records"] == steps["customers"]["records"] == 1
    assert steps["orders"]["statement"].startswith("DELETE FROM orders")
    assert MAIL not in told.out + told.err
    with sqlite3.connect(tmp_path / "shop.db") as line:
        assert line.execute("SELECT COUNT(*) FROM customers").fetchone() == (3,)
    line.close()


def test_what_is_found_goes_to_a_private_file_alone(mapped: Path, tmp_path: Path) -> None:
    path = tmp_path / "found.jsonl"
    told = said("databases", "find", mapped, "--identity", f"contact.email={MAIL}", "-o", path)
    assert told.code == 0
    assert MAIL not in told.out + told.err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert {one["table"]: one["values"] for one in records} == {
        "customers": {"mail": MAIL, "name": "Lin Mei"},
        "orders": {"ship_to": "0 Nanjing Road"},
    }


@pytest.mark.parametrize("who", [(), ("--identity", "email"), ("--identity", "shoe=42")])
def test_nobody_or_an_unknown_name_is_refused(mapped: Path, who: tuple[str, ...]) -> None:
    assert said("databases", "plan", mapped, *who).code == 2
