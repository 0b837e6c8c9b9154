"""Other databases by the settings: a map and addresses; what is wrong is said before the start."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.shops import MAP, OURS, customers, lay, settle
from tests.egress.shops import Shop
from tests.gate.house import EMAIL, PHONE, House, opened
from troth.app import doctor, restore, settings
from troth.app.house import Troth
from troth.model.acts import Correct, Erase, Restrict
from troth.model.clock import DAY, Moment, SetClock
from troth.model.errors import Misconfigured
from troth.model.secret import Secret


@pytest.fixture
def shop(folder: Path) -> Path:
    """Lay an instance's map and the database that it is of."""
    lay(folder / "shop.db")
    settle(folder)
    return folder / "shop.db"


@pytest.fixture
def house(folder: Path, shop: Path, at: Moment) -> Iterator[House]:
    with opened(folder, SetClock(at)) as house:
        yield house


def admit(house: House, shop: Path) -> str:
    subject = house.admit(contact_email=EMAIL, contact_phone=PHONE)
    with sqlite3.connect(shop) as database:
        database.execute(
            "INSERT INTO customers (id, email, phone) VALUES (1, ?, ?)",
            (EMAIL.reveal(), PHONE.reveal()),
        )
        database.execute("INSERT INTO orders (id, customer_id, note) VALUES (10, 1, 'ring twice')")
    database.close()
    return subject


def test_an_erasure_takes_the_rows_of_a_real_database(house: House, shop: Path) -> None:
    subject = admit(house, shop)
    certificate = house.perform(Erase(subject=subject)).certificate
    assert certificate.complete, certificate.answers
    assert {each.store for each in certificate.answers} >= {"vault", "shop", "spool", "backups"}
    assert customers(shop) == ([(2, "bo@mail.example", "+8613800000000")], [(20, 2, "leave it")])


def test_corrections_and_restrictions_reach_it(house: House, shop: Path) -> None:
    subject = admit(house, shop)
    house.perform(Correct(subject=subject, values={"contact.email": Secret("new@mail.example")}))
    house.perform(Restrict(subject=subject))
    rows = sqlite3.connect(shop)
    assert rows.execute("SELECT email, restricted FROM customers WHERE id = 1").fetchall() == [
        ("new@mail.example", "9999-12-31")
    ]
    rows.close()
    assert house.gate.databases.owed(subject) == []


def test_it_is_gathered_from_and_its_plan_is_foreseen(house: House, shop: Path) -> None:
    subject = admit(house, shop)
    found = {(one.table, *sorted(one.values)) for one in house.gate.gather(subject)}
    assert found == {("customers", "email", "phone"), ("orders", "note")}
    [plan] = house.gate.foresee(subject)
    assert {(step.table, step.records) for step in plan.steps} == {("customers", 1), ("orders", 1)}


def test_a_map_with_errors_opens_nothing_and_names_its_lines(folder: Path, shop: Path) -> None:
    (folder / "databases.yaml").write_text(MAP.replace("belongs to", "is of"))
    with pytest.raises(Misconfigured, match=r"databases.yaml:\d+"):
        Troth(settings.load(folder))
    (folder / "databases.yaml").unlink()
    with pytest.raises(Misconfigured, match="cannot be read"):
        Troth(settings.load(folder))


def test_an_address_for_nobody_is_refused(folder: Path, shop: Path) -> None:
    settle(folder, urls=("forum=env:FORUM",))
    with pytest.raises(Misconfigured, match="`forum`"):
        Troth(settings.load(folder))


def test_the_doctor_tells_who_does_not_answer_and_what_is_late(folder: Path, shop: Path) -> None:
    assert not [one for one in doctor(folder) if "shop" in one.what and one.level == "error"]
    shop.unlink()
    shop.mkdir()
    assert [one for one in doctor(folder) if "`shop` does not answer" in one.what]


def test_what_the_spool_still_holds_of_a_subject_goes(folder: Path, shop: Path, at: Moment) -> None:
    with Troth(settings.load(folder), clock=SetClock(at)) as troth:
        house = House(troth, troth.clock, {}, folder)  # type: ignore[arg-type]
        subject = admit(house, shop)
        left = folder / "spool" / "email" / "1.json"
        told = f'{{"to": "{EMAIL.reveal()}", "text": "hello", "at": {at - 1}}}'
        left.write_text(told)
        log = folder / "log" / "shop.log"
        log.parent.mkdir()
        log.write_text(f"GET /?mail={EMAIL.reveal()}\n")
        certificate = house.perform(Erase(subject=subject)).certificate
        [files] = [each for each in certificate.answers if each.store == "logs:log"]
        assert (files.state, [one.place for one in files.remains]) == ("incomplete", ["shop.log"])
        assert not left.exists()
        assert not certificate.complete
        log.unlink()
        house.clock.forward(days=1)
        troth.tick()
        assert house.last("erasure.certified").what["complete"] is True


def test_our_categories_are_those_that_no_map_has_to_know() -> None:
    assert "support" in OURS


# --- coming back from backups ---------------------------------------------------------------------


def lose_data(folder: Path) -> None:
    for file in (folder / "regions").glob("*/data.db*"):
        file.unlink()


@pytest.mark.clause("6.4b", "9.4-6")
def test_who_was_erased_is_erased_again_in_databases_after_a_restore(
    folder: Path, at: Moment, tmp_path: Path
) -> None:
    shop = Shop("shop", by=("subject",))
    with opened(folder, SetClock(at), databases=(shop,)) as house:
        subject, stays = house.admit(contact_email=EMAIL), house.admit()
        shop.add(1, subject=str(subject)).add(2, subject=str(stays))
        house.troth.back_up(tmp_path / "data.tar.gz")
        assert house.perform(Erase(subject=subject)).certificate.complete
    shop.add(1, subject=str(subject))  # the shop's own backup brought it back
    lose_data(folder)
    restore(folder, tmp_path / "data.tar.gz", clock=SetClock(at))
    with opened(folder, SetClock(at), databases=(shop,)) as house:
        house.gate.tick()
        assert (list(shop.people), house.gate.databases.open()) == ([2], [])


def test_what_was_open_at_a_backup_goes_on_after_it(
    folder: Path, at: Moment, tmp_path: Path
) -> None:
    shop = Shop("shop", by=("contact.email",), down=9).add(1, contact_email=EMAIL.reveal())
    with opened(folder, SetClock(at), databases=(shop,)) as house:
        house.perform(Erase(subject=house.admit(contact_email=EMAIL)))
        house.troth.back_up(tmp_path / "data.tar.gz")
    lose_data(folder)
    restore(folder, tmp_path / "data.tar.gz", clock=SetClock(at))
    shop.down = 0
    with opened(folder, SetClock(at + DAY), databases=(shop,)) as house:
        house.gate.tick()
        assert (shop.people, house.gate.databases.open()) == ({}, [])
