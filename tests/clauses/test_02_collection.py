"""Chapter 2: what is collected, for what, and what nobody has to give."""

import pytest

from tests.chapters.people import EMAIL, PASSWORD, PHONE, PROVED, SUPPORT, House, ticks
from tests.clauses.test_02_accounts import traces
from troth.model.acts import SYSTEM, Collect, Erase, Find, Use
from troth.model.errors import ConsentMissing, Refused
from troth.model.secret import Secret

LOGGED = {"ip": "203.0.113.9", "browser": "Firefox", "query": "hosting", "shoe_size": "43"}


@pytest.mark.clause("2.1.5a")
def test_device_and_log_fields_are_marked_as_not_personal_alone(house: House) -> None:
    categories = house.gate.policy().edition.categories
    alone = {name.partition(".")[0] for name, each in categories.items() if each.nonpersonal_alone}
    assert alone == {"web", "usage", "device"}
    assert all(
        each.nonpersonal_alone for name, each in categories.items() if name.startswith("usage.")
    )


@pytest.mark.clause("2.1.4a", "2.1.3b")
def test_a_log_takes_its_declared_fields_and_drops_the_rest(house: House) -> None:
    subject = house.register().subject
    seen = {name: Secret(value) for name, value in LOGGED.items()}
    kept = house.troth.usage.record(subject, "usage", seen)
    assert set(kept.kept) == {"usage.ip", "usage.browser", "usage.query"}
    assert "usage.shoe_size" not in house.held(subject)


@pytest.mark.clause("2.2.1", "9.3b")
def test_who_refuses_and_erases_all_that_is_not_needed_is_served_as_before(house: House) -> None:
    subject = house.register(
        values={"contact.address": Secret("北京市朝阳区 1 号")}, ticks=ticks("improve")
    ).subject
    for choice in house.consent.choices(subject):
        house.consent.refuse(subject, choice.key)
    house.rights.erase(subject, ("contact.address",), by=PROVED)
    house.clock.forward(seconds=120)
    assert house.accounts.sign_in(EMAIL, PASSWORD).subject == subject
    house.accounts.begin_sign_in(EMAIL)
    house.deliver()
    assert house.email.sent[-1].title == "您的验证码"


@pytest.mark.clause("2.3b")
def test_one_consent_opens_one_sensitive_field_and_no_other(house: House) -> None:
    subject = house.register().subject
    keys = ("realname/identity.id_number", "realname/handler.id_number")
    number = {"identity.id_number": Secret("110105199003071802")}
    house.consent.give(subject, ticks(keys[1]), shown=house.shown())
    with pytest.raises(ConsentMissing) as missing:
        house.gate.perform(Collect(subject=subject, values=number, purpose="realname"))
    assert missing.value.decision.missing == (keys[0],)  # type: ignore[attr-defined]
    assert "identity.id_number" not in house.held(subject)


@pytest.mark.clause("2.1.6b", "2.2.6")
def test_a_consent_to_one_use_opens_no_second_use(house: House) -> None:
    subject = house.register(ticks=ticks("marketing")).subject
    house.gate.perform(Use(subject=subject, fields=("contact.email",), purpose="marketing"))
    for purpose in ("improve", "analytics", "personalise", "approved", "research.stats"):
        with pytest.raises(Refused):
            house.gate.perform(Use(subject=subject, fields=("contact.email",), purpose=purpose))


@pytest.mark.clause("2.4a")
def test_nobody_lies_in_another_region_than_their_own(house: House) -> None:
    here = house.register().subject
    there = house.register(
        email=Secret("ann@mail.example"), phone=Secret("+33612345678"), residence="FR"
    ).subject
    assert (here.region, there.region) == ("cn", "global")
    assert [rooms.vault.misplaced() for rooms in house.gate.regions.values()] == [0, 0]
    house.gate.perform(Erase(subject=there))
    rows = "SELECT COUNT(*) FROM subjects"
    counts = {name: rooms.store.query(rows)[0][0] for name, rooms in house.gate.regions.items()}
    assert counts == {"cn": 1, "global": 0}


@pytest.mark.clause("2.1.6a")
def test_a_thread_lies_sealed_and_is_found_by_the_contact_of_whom_it_is_with(house: House) -> None:
    subject = house.register().subject
    said = ("登录不了，请帮忙看看", "请重启后再试一次")
    house.support.record(subject, "chat", Secret(said[0]), way="chat")
    house.support.record(subject, "chat", Secret(said[1]), way="chat", by=SUPPORT)
    assert traces(house, *said) == []
    for field, value in (("contact.phone", PHONE), ("contact.email", EMAIL)):
        asked = Find(subject=None, field=field, value=value, purpose="support")
        assert house.gate.perform(asked, by=SUPPORT).found == (subject,)
    thread = Use(subject=subject, fields=("support.chat",), purpose="support")
    told = house.gate.perform(thread, by=SYSTEM).values["support.chat"].reveal()
    assert told.index(said[0]) < told.index(said[1])
