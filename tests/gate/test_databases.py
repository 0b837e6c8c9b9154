"""Acts travel to the controller's other databases; what they answered is what is said (F8, 9.4)."""

from collections.abc import Callable

import pytest
from msgspec import structs

from tests.egress.shops import Shop
from tests.gate.house import EMAIL, PHONE, PRIVACY, House
from troth.egress.databases.port import Lead
from troth.ledger.fold import after
from troth.model.acts import (
    SYSTEM,
    Close,
    Correct,
    Erase,
    Kept,
    Notify,
    Owe,
    Release,
    Restrict,
)
from troth.model.clock import DAY, MINUTE
from troth.model.errors import NotFound, Refused
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import SubjectId

Build = Callable[..., House]
NEW = "wang.fang.2@mail.example"


def shop(name: str = "shop", **more: object) -> Shop:
    return Shop(name, **more).add(1, contact_email=EMAIL.reveal(), contact_phone=PHONE.reveal())


def admitted(build: Build, *shops: Shop) -> tuple[House, SubjectId]:
    house = build(databases=shops)
    return house, house.admit(contact_email=EMAIL, contact_phone=PHONE)


def events(house: House, name: str) -> list[dict[str, object]]:
    return [one.what for one in house.recent("house.event") if one.what.get("event") == name]


# --- erased ---------------------------------------------------------------------------------------


@pytest.mark.clause("6.4b")
def test_complete_is_said_when_every_database_answered_clean(build: Build) -> None:
    house, subject = admitted(build, first := shop("crm"), second := shop("shop"))
    certificate = house.perform(Erase(subject=subject)).certificate
    assert certificate.complete
    assert {certificate.stores["crm"], certificate.stores["shop"]} == {0}
    assert (first.people, first.orders, second.people) == ({}, {}, {})
    assert house.rooms().store.query("SELECT * FROM orders") == []


@pytest.mark.parametrize(
    ("manner", "state", "residue"), [("deaf", "incomplete", 3), ("down", "silent", -1)]
)
def test_incomplete_names_the_database_and_what_remains(
    build: Build, manner: str, state: str, residue: int
) -> None:
    house, subject = admitted(build, shop("crm"), shop("shop", **{manner: 9}))
    certificate = house.perform(Erase(subject=subject)).certificate
    assert not certificate.complete
    assert (certificate.stores["crm"], certificate.stores["shop"]) == (0, residue)
    told = {each.store: each.state for each in certificate.answers}
    assert (told["crm"], told["shop"], told["backups"]) == ("clean", state, "later")
    kept = house.last("erasure.certified").what
    assert kept["complete"] is False
    assert EMAIL.reveal() not in str(kept)


@pytest.mark.parametrize("manner", ["deaf", "down"])
def test_a_database_that_heals_completes_it_and_a_new_certificate_is_made(
    build: Build, manner: str
) -> None:
    house, subject = admitted(build, late := shop("shop", **{manner: 9}))
    certificate = house.perform(Erase(subject=subject)).certificate
    setattr(late, manner, 0)
    house.clock.forward(days=1)
    house.gate.tick()
    assert events(house, "erasure.completed") == [
        {"event": "erasure.completed", "store": "shop", "residue": 0}
    ]
    again = house.last("erasure.certified")
    assert (again.what["complete"], again.who) == (True, certificate.who)
    assert again.what["irreversible_by"] == certificate.irreversible_by
    assert house.rooms().store.query("SELECT * FROM errands") == []


def notice(subject: SubjectId, upon: str = "") -> Notify:
    return Notify(
        subject=subject,
        notice="erasure_complete" if upon else "farewell",
        purpose="notify.service",
        text=Secret("全部完成" if upon else "再见"),
        upon=upon,  # type: ignore[arg-type]
    )


def test_the_subject_is_told_once_and_only_when_it_was_not_complete_at_once(build: Build) -> None:
    house, subject = admitted(build, late := shop(down=2))
    house.perform(notice(subject), notice(subject, "complete"), Erase(subject=subject))
    house.gate.tick()
    assert house.sent() == ["再见"]
    late.down = 0
    for _ in range(3):
        house.clock.forward(days=1)
        house.gate.tick()
    assert house.sent() == ["再见", "全部完成"]
    assert house.rooms().store.query("SELECT * FROM outbox") == []


def test_who_was_complete_at_once_is_not_told_twice(build: Build) -> None:
    house, subject = admitted(build, shop())
    house.perform(notice(subject, "complete"), Erase(subject=subject))
    house.clock.forward(days=1)
    house.gate.tick()
    assert house.sent() == []


def test_a_term_that_is_over_is_remembered_once(build: Build) -> None:
    house, subject = admitted(build, shop(down=999))
    due = house.clock.now() + 3 * DAY
    house.perform(Erase(subject=subject, due=due))
    for _ in range(8):
        house.clock.forward(days=1)
        house.gate.tick()
    [told] = events(house, "errand.overdue")
    assert (told["task"], told["stores"]) == ("erase", {"shop": "silent"})
    assert [one.late for one in house.gate.databases.overdue()] == [True]


def test_the_duty_is_settled_when_all_of_it_is_done(build: Build) -> None:
    house, subject = admitted(build, late := shop(down=9))
    who = house.gate.standing(subject).pseudonym
    owed = Owe(subject=subject, duty="d1", what="delete", by=house.clock.now() + 30 * DAY)
    house.perform(owed, Erase(subject=subject, duty="d1"))
    late.down = 0
    assert house.rooms().standings.read(who).owed["d1"].state == "open"
    house.clock.forward(days=1)
    house.gate.tick()
    assert house.rooms().standings.read(who).owed["d1"].state == "fulfilled"


def test_standings_can_be_rebuilt_after_all_of_it(build: Build) -> None:
    house, subject = admitted(build, late := shop(down=4))
    house.perform(Restrict(subject=subject))
    house.perform(Erase(subject=subject, fields=("contact.phone",)))
    late.down = 0
    house.clock.forward(days=1)
    house.gate.tick()
    live = house.gate.standing(subject)
    folded = Standing(pseudonym=live.pseudonym)
    for entry in house.gate.trail(subject):
        folded = after(folded, entry)
    assert folded == live


def test_some_fields_go_elsewhere_too_and_the_certificate_names_the_stores(build: Build) -> None:
    house, subject = admitted(build, kept := shop())
    certificate = house.perform(Erase(subject=subject, fields=("contact.phone",))).certificate
    assert certificate.complete
    assert {"shop", "outbox", "deposits"} <= certificate.stores.keys()
    assert kept.people == {1: {"contact.email": EMAIL.reveal()}}


def test_who_leaves_leaves_everywhere_though_a_law_holds_some_of_it_here(build: Build) -> None:
    house, subject = admitted(build, kept := shop())
    until = house.clock.now() + 90 * DAY
    kept.people[1]["usage.ip"] = "192.0.2.1"
    act = Erase(subject=subject, fields=("contact.email", "contact.phone"), elsewhere=("*",))
    act = structs.replace(act, held={"usage.ip": Kept(law="CSL", until=until)})
    certificate = house.perform(Close(subject=subject), act).certificate
    assert certificate.complete
    [told] = [each for each in certificate.answers if each.store == "shop"]
    assert (told.state, told.remains[0].law, told.remains[0].until) == ("held", "CSL", until)
    assert kept.people == {1: {"usage.ip": "192.0.2.1"}}


def test_what_only_another_database_holds_is_kept_by_law_from_now_on(build: Build) -> None:
    house, subject = admitted(build, kept := shop())
    kept.people[1]["usage.ip"] = "192.0.2.1"
    certificate = house.perform(Erase(subject=subject)).certificate
    [told] = [each for each in certificate.answers if each.store == "shop"]
    assert told.state == "held"
    assert told.remains[0].until > house.clock.now() + 180 * DAY
    house.clock.forward(days=400)
    house.gate.tick()
    assert kept.people == {}
    assert house.last("erasure.certified").what["complete"] is True


def test_what_no_map_knows_is_not_complete(build: Build) -> None:
    house, subject = admitted(build, shop(categories=("contact",)))
    certificate = house.perform(Erase(subject=subject)).certificate
    [told] = [each for each in certificate.answers if each.sort == "map"]
    assert (certificate.complete, told.state) == (False, "incomplete")
    assert "device.push" in {one.category for one in told.remains}


def test_terms_that_are_over_go_to_databases_subject_by_subject(build: Build) -> None:
    house, subject = admitted(build, kept := shop(down=9))
    house.perform(Erase(subject=subject, fields=("contact.phone",)), by=SYSTEM)
    assert kept.down == 9
    [one] = house.gate.databases.owed(subject)
    assert (one.task, one.categories) == ("erase", ("contact.phone",))
    kept.down = 0
    house.gate.tick()
    assert house.gate.databases.owed(subject) == []


# --- corrected and set aside ----------------------------------------------------------------------


@pytest.mark.clause("9.2")
def test_a_correction_travels_and_the_subject_sees_who_has_it(build: Build) -> None:
    house, subject = admitted(build, first := shop("crm"), late := shop("shop", down=9))
    house.perform(Correct(subject=subject, values={"contact.email": Secret(NEW)}))
    assert first.people[1]["contact.email"] == NEW
    [told] = events(house, "databases.told")
    assert (told["task"], told["stores"]) == ("correct", {"crm": "clean", "shop": "silent"})
    [one] = house.gate.databases.owed(subject)
    assert {place.name: place.state for place in one.places} == {"crm": "clean", "shop": "open"}
    late.down = 0
    house.clock.forward(days=1)
    house.gate.tick()
    assert late.people[1]["contact.email"] == NEW
    assert house.gate.databases.owed(subject) == []


def test_a_restriction_and_its_end_travel(build: Build) -> None:
    house, subject = admitted(build, kept := shop())
    house.perform(Restrict(subject=subject))
    assert kept.people[1]["restricted"] == "for ever"
    house.perform(Release(subject=subject))
    assert "restricted" not in kept.people[1]
    assert {one["task"] for one in events(house, "databases.told")} == {"release", "restrict"}


def test_an_erasure_after_a_restriction_that_nobody_heard_is_all_that_is_done(
    build: Build,
) -> None:
    house, subject = admitted(build, late := shop(down=9))
    house.perform(Restrict(subject=subject))
    house.perform(Erase(subject=subject))
    late.down = 0
    house.clock.forward(days=1)
    house.gate.tick()
    assert (late.performed, late.people) == (["erase"], {})


# --- gathered and foreseen ------------------------------------------------------------------------


@pytest.mark.clause("9.1")
def test_what_they_hold_is_gathered_after_it_is_remembered(build: Build) -> None:
    house, subject = admitted(build, shop("crm"), shop("shop", down=1), shop("tin", down=9))
    gathered = house.gate.gather(subject)
    assert house.kinds(subject)[-2:] == ["data.exported", "house.event"]
    found = list(gathered)
    assert {one.store for one in found} == {"crm"}
    assert found[0].values["contact.email"] == EMAIL
    assert (gathered.stores, sorted(gathered.unanswered)) == (
        ("crm", "shop", "tin"),
        ["shop", "tin"],
    )


def test_one_that_falls_silent_in_the_middle_is_told(build: Build) -> None:
    house, subject = admitted(build, late := shop())
    gathered = house.gate.gather(subject)
    late.down = 1
    assert (list(gathered), gathered.unanswered) == ([], ["shop"])


def test_staff_without_the_purpose_gather_nothing(build: Build) -> None:
    house, subject = admitted(build, shop())
    with pytest.raises(Refused):
        house.gate.gather(subject, by=PRIVACY, purpose="marketing")


def test_what_an_order_would_do_is_foreseen_and_nothing_is_done(build: Build) -> None:
    house, subject = admitted(build, kept := shop("crm"), shop("shop", down=9))
    first, second = house.gate.foresee(subject)
    assert (first.store, first.steps[0].records, first.answered) == ("crm", 1, True)
    assert first.steps[0].statement == "DELETE FROM people WHERE id = ?"
    assert (second.store, second.answered) == ("shop", False)
    assert kept.people
    assert house.kinds(subject)[-1] == "house.event"


def test_without_other_databases_there_is_nothing_to_gather(house: House) -> None:
    subject = house.admit()
    assert (list(house.gate.gather(subject)), house.gate.foresee(subject)) == ([], ())


# --- looked after ---------------------------------------------------------------------------------


def test_somebody_has_it_tried_now(build: Build) -> None:
    house, subject = admitted(build, late := shop(down=9))
    house.perform(Erase(subject=subject))
    late.down = 0
    house.gate.tick()
    [one] = house.gate.databases.open()
    house.gate.databases.hurry(SubjectId(one.subject_id), one.id, by=PRIVACY)
    house.gate.tick()
    assert (house.gate.databases.open(), late.people) == ([], {})
    with pytest.raises(NotFound):
        house.gate.databases.hurry(SubjectId(one.subject_id), one.id, by=PRIVACY)


def test_one_round_waits_for_a_silent_database_once(build: Build) -> None:
    house, _ = admitted(build, late := shop(down=10**6))
    for _ in range(4):
        house.perform(Erase(subject=house.admit()), by=SYSTEM)
    before = late.down
    house.clock.forward(seconds=2 * MINUTE / 1000)
    house.gate.tick()
    assert before - late.down == 1


def test_what_one_database_leads_to_is_found_in_another(build: Build) -> None:
    archive = Shop("archive", by=("subject",)).add(7, contact_phone="139")
    first = shop()
    first.leads.append(Lead("archive", "people", ("id",), ((7,),)))
    house, subject = admitted(build, archive, first)
    assert house.perform(Erase(subject=subject)).certificate.complete
    assert archive.people == {}
