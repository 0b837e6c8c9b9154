"""The tour's step across two other databases, one of which refuses at first (policy 9.1, 9.2, 9.4).

A shop and a forum in files of their own, with tables of their own, known to the house by a data map
alone. What is said of them is looked up in their files.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from troth import app
from troth.app import Troth
from troth.interfaces.tour.stage import BO, MEI, Stage
from troth.interfaces.tour.visit import visit
from troth.model.acts import SYSTEM, Actor
from troth.model.errors import Misconfigured
from troth.model.secret import Secret
from troth.model.terms import SubjectId

MAP: Final = """\
troth_databases: 1
databases:
  shop:
    url: sqlite:///{shop}
    tables:
      customers:
        key: id
        columns:
          id: nothing
          email: {{category: contact.email, identity: yes}}
          address: contact.address
      parcels:
        key: id
        columns:
          id: nothing
          label: identity.name
        references:
          customer_id: belongs to customers.id
  forum:
    url: sqlite:///{forum}
    tables:
      members:
        key: id
        columns:
          id: nothing
          mail: {{category: contact.email, identity: yes}}
          phone: contact.phone
"""
OURS: Final = (
    *("account", "bank", "billing", "business", "device", "document", "enterprise", "guardian"),
    *("handler", "identity.birthday", "identity.id_number", "identity", "legal_rep", "profile"),
    *("rights", "risk", "support", "telemetry", "usage", "web"),
)
SHOP: Final = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, address TEXT);
CREATE TABLE parcels (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id),
 label TEXT);
"""
FORUM: Final = "CREATE TABLE members (id INTEGER PRIMARY KEY, mail TEXT, phone TEXT);"
REFUSE: Final = (
    "CREATE TRIGGER refuse BEFORE DELETE ON members BEGIN SELECT RAISE(ABORT, 'not today'); END;"
)
HEAL: Final = "DROP TRIGGER refuse;"
MOVED: Final = "苏州市姑苏区平江路 33 号"
PROVED: Final = Actor(kind="subject", assurance=2)


def across_databases(stage: Stage) -> None:
    """Correct, look ahead, and delete across a shop and a forum, which first refuses."""
    folder = stage.rehearsal.outside / "elsewhere"
    shop, forum = _laid(folder)
    try:
        troth = stage.rehearsal.open(folder)
    except Misconfigured as error:
        # What speaks SQL to others is an extra: who goes without it is told what to install.
        stage.check(
            "what speaks to other databases can be installed", "install" in str(error), error
        )
        return
    with troth:
        subject = _registered(stage, troth)
        _known(shop, forum)
        _looked_at(stage, troth, subject)
        _corrected(stage, troth, subject, shop)
        _run(forum, REFUSE)
        who = _refused(stage, troth, subject, shop, forum)
        _run(forum, HEAL)
        _healed(stage, troth, who, shop, forum)


def _laid(folder: Path) -> tuple[Path, Path]:
    """Make an instance, two databases and the map of them."""
    app.create(folder, name="shops.troth.local").close()
    shop, forum = folder / "shop.db", folder / "forum.db"
    _run(shop, SHOP)
    _run(forum, FORUM)
    (folder / "databases.yaml").write_text(MAP.format(shop=shop, forum=forum), "utf-8")
    settings = folder / "troth.toml"
    kept, _, rest = settings.read_text("utf-8").partition("[databases]\n")
    ours = ", ".join(f'"{each}"' for each in OURS)
    named = f'[databases]\nmap = "databases.yaml"\nours = [{ours}]\n'
    settings.write_text(kept + named + rest, "utf-8")
    return shop, forum


def _registered(stage: Stage, troth: Troth) -> SubjectId:
    there = Stage(stage.rehearsal, lambda _: None)
    there.troth = troth
    return troth.accounts.register(there.form(MEI, there.begin(MEI))).subject


def _known(shop: Path, forum: Path) -> None:
    """Let the shop and the forum know Mei, and somebody else."""
    with closing(sqlite3.connect(shop)) as database, database:
        for number, person in ((1, MEI), (2, BO)):
            row = (number, person.email, person.address)
            database.execute("INSERT INTO customers VALUES (?, ?, ?)", row)
            for parcel in (1, 2):
                told = (number * 10 + parcel, number, person.name)
                database.execute("INSERT INTO parcels VALUES (?, ?, ?)", told)
    with closing(sqlite3.connect(forum)) as database, database:
        for number, person in ((7, MEI), (8, BO)):
            row = (number, person.email, person.phone)
            database.execute("INSERT INTO members VALUES (?, ?, ?)", row)


def _looked_at(stage: Stage, troth: Troth, subject: SubjectId) -> None:
    found = [f"{one.store}.{one.table}" for one in troth.gate.gather(subject, by=PROVED)]
    stage.check(
        "what both hold of her is found, by references from her address",
        sorted(found) == ["forum.members", "shop.customers", "shop.parcels", "shop.parcels"],
        ", ".join(found),
    )
    steps = [step for plan in troth.gate.foresee(subject) for step in plan.steps]
    stage.check(
        "a dry run shows the statements and how many rows each touches",
        sum(step.records for step in steps) == len(found),
        "; ".join(f"{step.statement} ({step.records})" for step in steps),
    )


def _corrected(stage: Stage, troth: Troth, subject: SubjectId, shop: Path) -> None:
    troth.rights.correct(subject, {"contact.address": Secret(MOVED)}, by=PROVED)
    held = _asked(shop, "SELECT address FROM customers WHERE id = 1")
    stage.check("her correction is in the shop's file", held == [(MOVED,)])


def _refused(stage: Stage, troth: Troth, subject: SubjectId, shop: Path, forum: Path) -> str:
    certificate = troth.rights.erase(subject, by=PROVED)
    told = {each.store: each.state for each in certificate.answers}
    stage.check(
        "the forum refuses, so it is not called complete; the shop is clean",
        (certificate.complete, told["shop"], told["forum"]) == (False, "clean", "silent"),
        ", ".join(f"{name} {state}" for name, state in told.items()),
    )
    stage.check(
        "that is so in the files: nothing of her in the shop, her row still in the forum",
        (_count(shop, "customers"), _count(shop, "parcels"), _count(forum, "members")) == (1, 2, 2),
    )
    troth.tick()
    stage.check("she got a farewell, and no word of completion", not _told_complete(stage))
    return certificate.who


def _healed(stage: Stage, troth: Troth, who: str, shop: Path, forum: Path) -> None:
    for order in troth.gate.databases.open():
        subject = SubjectId(order.subject_id)
        troth.gate.databases.hurry(subject, order.id, by=SYSTEM)
    for _ in range(2):
        troth.tick()
    left = _asked(forum, "SELECT mail FROM members"), _asked(shop, "SELECT email FROM customers")
    stage.check(
        "the forum heals: her row goes, and everybody else's stays",
        left == ([(BO.email,)], [(BO.email,)]),
    )
    stage.check("she is told once that it is complete", len(_told_complete(stage)) == 1)
    page = visit(troth, f"/erasure/cn/{who}")
    stage.check(
        "whoever holds the certificate sees it complete, store by store",
        (page.status, "均无残留" in page.text, "forum" in page.text) == (200, True, True),
    )


def _told_complete(stage: Stage) -> list[str]:
    return [text for text in stage.rehearsal.mailed(MEI.email) if "证明编号" in text]


def _run(file: Path, script: str) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.executescript(script)


def _asked(file: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as database:
        return database.execute(question).fetchall()


def _count(file: Path, table: str) -> object:
    return _asked(file, f"SELECT COUNT(*) FROM {table}")[0][0]


STEP: Final[tuple[str, Callable[[Stage], None]]] = (
    "A request across two other databases; one refuses at first, and later heals.",
    across_databases,
)
