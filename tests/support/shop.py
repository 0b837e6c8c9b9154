"""A shop's database of fifteen tables, its desk's of three, and people in both.

The same statements fill PostgreSQL, MariaDB and SQLite. Neighbours share an address; every person
has what the map names, and some of it only inside documents.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from troth.egress.databases.map import DataMap
from troth.egress.databases.port import Known
from troth.egress.databases.reading import load
from troth.model.secret import Secret

MAP = Path(__file__).with_name("shop.yaml")
SHOP = (
    "CREATE TABLE countries (code VARCHAR(2) PRIMARY KEY, name VARCHAR(60))",
    "CREATE TABLE products (id INTEGER PRIMARY KEY, name VARCHAR(60), price INTEGER)",
    """CREATE TABLE addresses (id INTEGER PRIMARY KEY, house VARCHAR(20), street VARCHAR(80),
       city VARCHAR(60), zip VARCHAR(12), country VARCHAR(2) REFERENCES countries (code))""",
    """CREATE TABLE customers (id INTEGER PRIMARY KEY, email VARCHAR(120) UNIQUE,
       name VARCHAR(80) NOT NULL, born DATE, profile JSON, address_id INTEGER,
       last_order_id INTEGER{cycle}, FOREIGN KEY (address_id) REFERENCES addresses (id))""",
    """CREATE TABLE payment_cards (id VARCHAR(20) PRIMARY KEY, holder VARCHAR(80), ccn VARCHAR(20),
       code VARCHAR(4), preferred INTEGER, customer_id INTEGER NOT NULL,
       billing_address_id INTEGER, FOREIGN KEY (customer_id) REFERENCES customers (id),
       FOREIGN KEY (billing_address_id) REFERENCES addresses (id))""",
    """CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL,
       shipping_address_id INTEGER, payment_card_id VARCHAR(20), note TEXT,
       FOREIGN KEY (customer_id) REFERENCES customers (id),
       FOREIGN KEY (shipping_address_id) REFERENCES addresses (id),
       FOREIGN KEY (payment_card_id) REFERENCES payment_cards (id))""",
    """CREATE TABLE order_items (order_id INTEGER, item_no INTEGER, product_id INTEGER,
       quantity INTEGER, engraving VARCHAR(80), PRIMARY KEY (order_id, item_no),
       FOREIGN KEY (order_id) REFERENCES orders (id),
       FOREIGN KEY (product_id) REFERENCES products (id))""",
    """CREATE TABLE parcels (order_id INTEGER, item_no INTEGER, parcel_no INTEGER,
       recipient VARCHAR(80), PRIMARY KEY (order_id, item_no, parcel_no),
       FOREIGN KEY (order_id, item_no) REFERENCES order_items (order_id, item_no))""",
    """CREATE TABLE logins (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, time VARCHAR(30),
       ip VARCHAR(40), FOREIGN KEY (customer_id) REFERENCES customers (id))""",
    """CREATE TABLE visits (email VARCHAR(120), last_visit VARCHAR(30),
       PRIMARY KEY (email, last_visit))""",
    """CREATE TABLE employees (id INTEGER PRIMARY KEY, email VARCHAR(120) UNIQUE, name VARCHAR(80),
       address_id INTEGER, manager_id INTEGER, FOREIGN KEY (address_id) REFERENCES addresses (id),
       FOREIGN KEY (manager_id) REFERENCES employees (id))""",
    """CREATE TABLE reports (id INTEGER PRIMARY KEY, employee_id INTEGER, name VARCHAR(80),
       month INTEGER, total INTEGER, FOREIGN KEY (employee_id) REFERENCES employees (id))""",
    """CREATE TABLE reviews (id INTEGER PRIMARY KEY, customer_id INTEGER, product_id INTEGER,
       stars INTEGER, author VARCHAR(80) NOT NULL, text TEXT, tag VARCHAR(60) NOT NULL UNIQUE)""",
    """CREATE TABLE subscriptions (id INTEGER PRIMARY KEY, phone VARCHAR(20), topic VARCHAR(40))""",
    """CREATE TABLE invoices (no INTEGER PRIMARY KEY, customer_id INTEGER, name VARCHAR(80),
       street VARCHAR(80), total INTEGER, restricted_until DATE)""",
)
CYCLE = "ALTER TABLE customers ADD FOREIGN KEY (last_order_id) REFERENCES orders (id)"
INDEXES = (
    "CREATE INDEX customers_address ON customers (address_id)",
    "CREATE INDEX customers_last_order ON customers (last_order_id)",
    "CREATE INDEX cards_customer ON payment_cards (customer_id)",
    "CREATE INDEX cards_address ON payment_cards (billing_address_id)",
    "CREATE INDEX orders_customer ON orders (customer_id)",
    "CREATE INDEX orders_address ON orders (shipping_address_id)",
    "CREATE INDEX orders_card ON orders (payment_card_id)",
    "CREATE INDEX logins_customer ON logins (customer_id)",
    "CREATE INDEX employees_address ON employees (address_id)",
    "CREATE INDEX employees_manager ON employees (manager_id)",
    "CREATE INDEX reports_employee ON reports (employee_id)",
    "CREATE INDEX reviews_customer ON reviews (customer_id)",
    "CREATE INDEX subscriptions_phone ON subscriptions (phone)",
    "CREATE INDEX invoices_customer ON invoices (customer_id)",
)
DESK = (
    """CREATE TABLE requests (id INTEGER PRIMARY KEY, email VARCHAR(120), other_email VARCHAR(120),
       opened VARCHAR(30))""",
    """CREATE TABLE messages (id INTEGER PRIMARY KEY, request_id INTEGER, text TEXT,
       FOREIGN KEY (request_id) REFERENCES requests (id))""",
    "CREATE TABLE accounts (ref VARCHAR(20) PRIMARY KEY, handle VARCHAR(60))",
    "CREATE INDEX requests_email ON requests (email)",
    "CREATE INDEX requests_other ON requests (other_email)",
    "CREATE INDEX messages_request ON messages (request_id)",
)
Row = dict[str, object]


def shop_map() -> DataMap:
    """Return the map of both databases."""
    return load(MAP)


def build(engine: sa.Engine, *, desk: bool = False) -> None:
    """Create the tables of one of the two."""
    bent = engine.dialect.name == "sqlite"
    with engine.begin() as connection:
        for statement in DESK if desk else SHOP:
            cycle = " REFERENCES orders (id)" if bent else ""
            connection.exec_driver_sql(statement.replace("{cycle}", cycle))
        for statement in () if desk else INDEXES if bent else (CYCLE, *INDEXES):
            connection.exec_driver_sql(statement)


def fill(engine: sa.Engine, numbers: Sequence[int], *, desk: bool = False) -> None:
    """Put people in; ``numbers`` begin at 1, and odd and next even ones are neighbours."""
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.begin() as connection:
        if not desk and not connection.execute(sa.select(tables.tables["countries"])).all():
            connection.execute(
                tables.tables["countries"].insert(), [{"code": "CN", "name": "中国"}]
            )
            goods = [{"id": 1, "name": "kettle", "price": 30}, {"id": 2, "name": "cup", "price": 5}]
            connection.execute(tables.tables["products"].insert(), goods)
        rows: dict[str, list[Row]] = {}
        for number in numbers:
            for table, row in at_desk(number) if desk else in_shop(number):
                rows.setdefault(table, []).append(row)
        last = [(row["id"], row.pop("last_order_id")) for row in rows.get("customers", ())]
        for table in [each for each in ORDER if each in rows]:
            there = tables.tables[table]
            ready = [_ready(there, row) for row in rows[table]]
            connection.execute(there.insert(), ready)
        customers = tables.tables.get("customers")
        if customers is not None and last:
            connection.execute(
                customers.update()
                .where(customers.c.id == sa.bindparam("whose"))
                .values(last_order_id=sa.bindparam("order")),
                [{"whose": whose, "order": order} for whose, order in last],
            )


ORDER = (
    *("addresses", "customers", "payment_cards", "orders", "order_items", "parcels", "logins"),
    *("visits", "employees", "reports", "reviews", "subscriptions", "invoices"),
    *("requests", "messages", "accounts"),
)


def _ready(table: sa.Table, row: Row) -> Row:
    """Return a row as the table takes it: a document as text where there is no type for it."""
    if "profile" in row and not isinstance(table.c.profile.type, sa.JSON):
        return {**row, "profile": json.dumps(row["profile"])}
    return row


def in_shop(n: int) -> Iterator[tuple[str, Row]]:
    """Yield one person's rows in the shop, and their home once for two neighbours."""
    home = (n + 1) // 2
    if n % 2:
        yield "addresses", {
            "id": home, "house": str(home), "street": f"Home Street {home}", "city": "Hangzhou",
            "zip": f"31{home:04d}", "country": "CN",
        }  # fmt: skip
    yield "addresses", {
        "id": 1_000_000 + n, "house": "9", "street": f"Office Road {n}", "city": "Ningbo",
        "zip": f"32{n:04d}", "country": "CN",
    }  # fmt: skip
    yield "customers", {
        "id": n, "email": email(n), "name": name(n), "born": date(1990, 1, 1 + n % 28),
        "profile": {"phone": phone(n), "theme": "dark", "kin": [{"mail": f"kin{n}@example.net"}]},
        "address_id": home, "last_order_id": 2 * n,
    }  # fmt: skip
    yield "payment_cards", {
        "id": f"card-{n}", "holder": name(n), "ccn": f"4{n:015d}", "code": "123", "preferred": 1,
        "customer_id": n, "billing_address_id": 1_000_000 + n,
    }  # fmt: skip
    for order in (2 * n - 1, 2 * n):
        yield "orders", {
            "id": order, "customer_id": n, "shipping_address_id": home,
            "payment_card_id": f"card-{n}", "note": f"ring at {name(n)}",
        }  # fmt: skip
        yield "order_items", {
            "order_id": order, "item_no": 1, "product_id": 1, "quantity": 2, "engraving": name(n),
        }  # fmt: skip
        yield "parcels", {"order_id": order, "item_no": 1, "parcel_no": 1, "recipient": name(n)}
    yield (
        "logins",
        {"id": n, "customer_id": n, "time": "2026-11-01T08:00", "ip": f"10.0.0.{n % 250}"},
    )
    yield "visits", {"email": email(n), "last_visit": "2026-11-02T08:00"}
    if n % 10 == 1:
        yield "employees", {
            "id": n, "email": email(n), "name": name(n), "address_id": home, "manager_id": None,
        }  # fmt: skip
        yield (
            "reports",
            {"id": n, "employee_id": n, "name": f"by {name(n)}", "month": 11, "total": 3},
        )
    yield "reviews", {
        "id": n, "customer_id": n, "product_id": 2, "stars": 5, "author": name(n),
        "text": f"a fine cup, says {name(n)}", "tag": f"tag-{n}",
    }  # fmt: skip
    yield "subscriptions", {"id": n, "phone": phone(n), "topic": "kettles"}
    yield "invoices", {
        "no": n, "customer_id": n, "name": name(n), "street": f"Home Street {home}", "total": 60,
        "restricted_until": None,
    }  # fmt: skip


def at_desk(n: int) -> Iterator[tuple[str, Row]]:
    """Yield one person's rows at the desk."""
    yield "requests", {"id": n, "email": email(n), "other_email": None, "opened": "2026-11-03"}
    yield "messages", {"id": n, "request_id": n, "text": f"I am {name(n)}, call {phone(n)}"}
    yield "accounts", {"ref": str(n), "handle": f"handle-{n}"}


def email(n: int) -> str:
    """Return a person's address."""
    return f"person{n}@example.com"


def phone(n: int) -> str:
    """Return a person's telephone number."""
    return f"+86139{n:08d}"


def name(n: int) -> str:
    """Return a person's name, which no other name contains."""
    return f"Mei Nr{n}."


def known(n: int) -> Known:
    """Return what a person is known by."""
    return {"contact.email": (Secret(email(n)),), "contact.phone": (Secret(phone(n)),)}


def dump(engine: sa.Engine) -> dict[str, list[str]]:
    """Return every row of every table, as text, sorted."""
    with engine.connect() as connection:
        return {
            name: sorted(
                repr(tuple(row)) for row in connection.exec_driver_sql(f"SELECT * FROM {name}")
            )
            for name in sa.inspect(connection).get_table_names()
        }


def traces(engine: sa.Engine, n: int) -> dict[str, list[str]]:
    """Return the rows in which something of a person's still stands, by table."""
    personal = (
        *(email(n), phone(n), name(n), f"4{n:015d}", f"card-{n}'", f"kin{n}@", f"'tag-{n}'"),
        *(f"handle-{n}'", f"Office Road {n}'"),
    )
    found = {
        table: [row for row in rows if any(value in row for value in personal)]
        for table, rows in dump(engine).items()
    }
    return {table: rows for table, rows in found.items() if rows}
