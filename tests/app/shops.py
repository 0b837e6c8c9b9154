"""A shop's database in one file, its map, and an instance that is told of both."""

import sqlite3
from pathlib import Path

MAP = """\
troth_databases: 1
databases:
  shop:
    url: sqlite:///{path}
    tables:
      customers:
        key: id
        restricted: restricted
        columns:
          id: nothing
          email: {{category: contact.email, identity: yes}}
          phone: contact.phone
          restricted: nothing
      orders:
        key: id
        restricted: restricted
        columns:
          id: nothing
          note: contact.address
          restricted: nothing
        references:
          customer_id: belongs to customers.id
"""
OURS = (
    *("account", "bank", "billing", "business", "device", "document", "enterprise", "guardian"),
    *("handler", "identity", "legal_rep", "profile", "rights", "risk", "support", "telemetry"),
    *("usage", "web"),
)


def lay(path: Path) -> None:
    """Make the shop's database, with somebody else in it."""
    with sqlite3.connect(path) as database:
        database.executescript(
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, phone TEXT,"
            " restricted TEXT);"
            "CREATE TABLE orders (id INTEGER PRIMARY KEY,"
            " customer_id INTEGER REFERENCES customers (id), note TEXT, restricted TEXT);"
            "INSERT INTO customers (id, email, phone)"
            " VALUES (2, 'bo@mail.example', '+8613800000000');"
            "INSERT INTO orders (id, customer_id, note) VALUES (20, 2, 'leave it');"
        )
    database.close()


def settle(folder: Path, *, urls: tuple[str, ...] = ()) -> None:
    """Tell an instance of its map."""
    (folder / "databases.yaml").write_text(MAP.format(path=folder / "shop.db"))
    named = (folder / "troth.toml").read_text().partition("[databases]")[0]
    ours = ", ".join(f'"{each}"' for each in OURS)
    (folder / "troth.toml").write_text(
        f'{named}[databases]\nmap = "databases.yaml"\nours = [{ours}]\nlogs = ["log"]\n'
        f"urls = [{', '.join(repr(one) for one in urls)}]\n"
    )


def customers(path: Path) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Return who is there, and what they ordered."""
    database = sqlite3.connect(path)
    people = database.execute("SELECT id, email, phone FROM customers ORDER BY id").fetchall()
    orders = database.execute("SELECT id, customer_id, note FROM orders ORDER BY id").fetchall()
    database.close()
    return people, orders
