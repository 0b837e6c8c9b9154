"""A withdrawal holds at once: nothing waits on it, whoever received data on it is told, once."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chapters.people import PHONE, PROVED, House, opened, ticks
from troth.app import Troth, settings
from troth.documents.agreement import Tick
from troth.documents.consents.receivers import TELL
from troth.egress.channels import MemoryChannel
from troth.egress.loopback import HttpSink
from troth.egress.sheet import ByHand
from troth.egress.webhooks.outbox import WAITS
from troth.model.acts import SYSTEM, ConsentGiven, Erase, Notify, Object, Share, Use
from troth.model.clock import SetClock
from troth.model.errors import ConsentMissing, KeyReused, Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId

HOOKS = """
[webhooks]
networks = ["127.0.0.0/8"]
[webhooks.endpoints.crm]
url = "{url}"
secret = "env:CRM_SECRET"
[webhooks.recipients.partners]
url = "{partner}"
secret = "env:CRM_SECRET"
"""


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


def give(house: House, subject: SubjectId, *keys: str, **more: object) -> object:
    return house.consent.give(subject, ticks(*keys), shown=house.shown(), **more)  # type: ignore[arg-type]


def advertise(house: House, subject: SubjectId) -> None:
    """Queue an advertisement."""
    house.gate.perform(
        Notify(
            subject=subject,
            notice="offer",
            purpose="marketing",
            title="offer",
            text=Secret("thirty percent off"),
            language="en",
            channels=("email",),
        ),
        by=SYSTEM,
    )


def advertised(house: House) -> bool:
    house.deliver()
    return any(message.title == "offer" for message in house.email.sent)


@pytest.mark.clause("9.3c")
@pytest.mark.parametrize("how", ["withdraw", "refuse", "untick"])
def test_the_next_use_is_denied_and_what_was_queued_is_not_sent(
    house: House, subject: SubjectId, how: str
) -> None:
    give(house, subject, "marketing")
    advertise(house, subject)
    if how == "untick":
        box = Tick(keys=("marketing",), ticked=False)
        house.consent.give(subject, [box], shown=house.shown())
    else:
        getattr(house.consent, how)(subject, "marketing")
    with pytest.raises((ConsentMissing, Refused)):
        house.gate.perform(Use(subject=subject, fields=("contact.email",), purpose="marketing"))
    assert not advertised(house)


def test_without_a_withdrawal_it_is_sent(house: House, subject: SubjectId) -> None:
    give(house, subject, "marketing")
    advertise(house, subject)
    assert advertised(house)


@pytest.mark.clause("2.1.2e")
def test_an_objection_takes_back_what_waits_too(house: House, subject: SubjectId) -> None:
    give(house, subject, "marketing")
    advertise(house, subject)
    house.gate.perform(Object(subject=subject, purpose="marketing"))
    assert not advertised(house)


def test_a_box_that_is_unticked_takes_the_consent_back_and_what_rested_on_it(
    house: House,
) -> None:
    subject = house.register(
        ticks=ticks("improve"), values={"profile.occupation": Secret("建筑师")}
    ).subject
    house.consent.give(subject, [Tick(keys=("improve",), ticked=False)], shown=house.shown())
    assert "profile.occupation" not in house.held(subject)
    assert house.gate.standing(subject).consents["improve"].state == "withdrawn"


@pytest.mark.clause("9.3b")
def test_taking_back_is_as_many_steps_as_giving(house: House, subject: SubjectId) -> None:
    before = len(house.gate.trail(subject))
    give(house, subject, "marketing")
    given = len(house.gate.trail(subject))
    house.consent.withdraw(subject, "marketing")
    taken = len(house.gate.trail(subject))
    assert given - before == taken - given == 2


def test_where_even_notices_are_set_aside_the_word_gets_through(
    house: House, subject: SubjectId
) -> None:
    give(house, subject, "marketing")
    house.rights.restrict(subject)
    house.consent.withdraw(subject, "marketing")
    assert house.gate.standing(subject).consents["marketing"].state == "withdrawn"


# --- once under a key --------------------------------------------------------------------------


def test_a_consent_is_given_once_under_one_key(house: House, subject: SubjectId) -> None:
    first = give(house, subject, "marketing", once="k1")
    house.clock.forward(days=1)
    again = give(house, subject, "marketing", once="k1")
    assert (again.replayed, again.at) == (True, first.at)
    assert len(house.consent.history(subject)) == 1
    with pytest.raises(KeyReused):
        give(house, subject, "improve", once="k1")


def test_an_old_withdrawal_that_comes_again_takes_nothing_back(
    house: House, subject: SubjectId
) -> None:
    give(house, subject, "marketing")
    first = house.consent.withdraw(subject, "marketing", once="k2")
    assert house.consent.withdraw(subject, "marketing", once="k2").replayed
    give(house, subject, "marketing")
    again = house.consent.withdraw(subject, "marketing", once="k2")
    assert (again.replayed, again.at) == (True, first.at)
    assert house.gate.standing(subject).consents["marketing"].state == "given"


def test_a_no_is_said_once_under_one_key(house: House, subject: SubjectId) -> None:
    first = house.consent.refuse(subject, "marketing", once="k3")
    house.clock.forward(days=1)
    assert house.consent.refuse(subject, "marketing", once="k3").entries[0] in first.entries
    assert len(house.consent.history(subject)) == 1


# --- who is told -------------------------------------------------------------------------------


def shared(house: House, subject: SubjectId) -> str:
    """Let a partner have the address on a consent; return the number it was given under."""
    house.troth.agree(
        "partners", reference="C-2", purposes=("approved",), fields=("contact.address",)
    )
    give(house, subject, "share/partners/approved")
    done = house.gate.perform(
        Share(
            subject=subject,
            recipient="partners",
            fields=("contact.address",),
            purpose="approved",
            facts=frozenset({"contract"}),
        )
    )
    return done.entries[0]


def tellings(house: House, subject: SubjectId) -> dict[str, str]:
    owed = house.gate.owed(subject).values()
    return {each.what: each.state for each in owed if each.what.startswith(TELL)}


def addressed(house: House) -> SubjectId:
    return house.register(values={"contact.address": Secret("上海市黄浦区 2 号")}).subject


@pytest.mark.clause("4.1.1")
def test_a_consent_for_one_recipient_does_not_open_another(house: House) -> None:
    subject = addressed(house)
    shared(house, subject)
    with pytest.raises((ConsentMissing, Refused)):
        house.gate.perform(
            Share(
                subject=subject,
                recipient="affiliates",
                fields=("contact.address",),
                purpose="approved",
                facts=frozenset({"contract"}),
            )
        )


def test_a_recipient_without_an_address_is_told_by_people(house: House) -> None:
    subject = addressed(house)
    shared(house, subject)
    done = house.consent.withdraw(subject, "share/partners/approved")
    assert done.told == ("partners",)
    house.troth.tick()
    assert tellings(house, subject) == {f"{TELL}/partners": "open"}


def test_who_received_nothing_is_not_told(house: House, subject: SubjectId) -> None:
    give(house, subject, "share/partners/approved")
    assert house.consent.withdraw(subject, "share/partners/approved").told == ()


class Told:
    """A house whose services listen, and what they heard."""

    def __init__(self, house: House, crm: HttpSink, partner: HttpSink) -> None:
        self.house, self.crm, self.partner = house, crm, partner

    def heard(self, sink: HttpSink) -> list[dict]:
        return [json.loads(posted.body) for posted in sink.posts]


@pytest.fixture
def told(instance: Path, tmp_path: Path, at, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    folder = tmp_path / "told"
    shutil.copytree(instance, folder)
    monkeypatch.setenv("CRM_SECRET", "whsec_" + "QUJD" * 8)
    clock, email, sms = SetClock(at), MemoryChannel("email"), MemoryChannel("sms")
    channels = {"email": email, "sms": sms, "phone": ByHand("phone")}
    with HttpSink() as crm, HttpSink() as partner:
        text = (folder / "troth.toml").read_text("utf-8").replace("[webhooks]\n", "")
        more = HOOKS.format(url=crm.url, partner=partner.url)
        (folder / "troth.toml").write_text(text + more, "utf-8")
        with Troth(settings.load(folder, {}), clock=clock, channels=channels) as troth:
            yield Told(opened(troth, clock, email, sms), crm, partner)


@pytest.mark.clause("9.3c")
def test_a_withdrawal_reaches_the_operators_services_and_the_recipients(told: Told) -> None:
    house = told.house
    subject = addressed(house)
    reference = shared(house, subject)
    house.consent.withdraw(subject, "share/partners/approved")
    house.troth.tick()
    (event,) = told.heard(told.partner)
    assert event["type"] == "consent.withdrawn"
    assert event["data"]["references"] == [reference]
    assert event["data"]["fields"] == ["contact.address"]
    kinds = [event["type"] for event in told.heard(told.crm)]
    assert kinds[-1] == "consent.withdrawn"
    assert tellings(house, subject) == {f"{TELL}/partners": "fulfilled"}


@pytest.mark.clause("9.2")
def test_a_correction_supersedes_the_value_and_reaches_who_had_it(told: Told) -> None:
    house, new = told.house, Secret("北京市朝阳区 9 号")
    subject = addressed(house)
    reference = shared(house, subject)
    house.rights.correct(subject, {"contact.address": new})
    house.troth.tick()
    (event,) = told.heard(told.partner)
    assert event["type"] == "data.corrected"
    assert (event["data"]["references"], event["data"]["fields"]) == (
        [reference],
        ["contact.address"],
    )
    assert tellings(house, subject) == {f"{TELL}/partners": "fulfilled"}
    use = Use(subject=subject, fields=("contact.address",), purpose="rights")
    assert house.gate.perform(use, by=SYSTEM).values["contact.address"] == new


def ledger_says(house: House, who: str, subject: SubjectId) -> dict[str, str]:
    """Return what is owed to recipients of somebody who may be gone, by their pseudonym."""
    standing = house.gate.regions[subject.region].standings.read(who)
    return {one.what: one.state for one in standing.owed.values() if one.what.startswith(TELL)}


@pytest.mark.parametrize("fields", [("*",), ("contact.address",)])
def test_an_erasure_reaches_who_had_what_is_gone(told: Told, fields: tuple[str, ...]) -> None:
    house = told.house
    subject = addressed(house)
    reference = shared(house, subject)
    who = house.gate.standing(subject).pseudonym
    house.rights.erase(subject, fields, by=PROVED)
    assert ledger_says(house, who, subject) == {f"{TELL}/partners": "open"}
    house.troth.tick()
    (event,) = told.heard(told.partner)
    assert event["type"] == "data.erased"
    assert (event["data"]["references"], event["data"]["fields"]) == (
        [reference],
        ["contact.address"],
    )
    sent = json.dumps(event, ensure_ascii=False)
    assert not any(word in sent for word in (who, str(subject), "上海", PHONE.reveal()))
    assert ledger_says(house, who, subject) == {f"{TELL}/partners": "fulfilled"}


def test_an_erasure_of_what_nobody_received_is_told_to_nobody(told: Told) -> None:
    house = told.house
    subject = addressed(house)
    shared(house, subject)
    house.rights.erase(subject, ("contact.email",), by=PROVED)
    house.troth.tick()
    assert told.heard(told.partner) == []


def test_an_address_that_was_down_hears_of_an_erasure_when_it_is_back(told: Told) -> None:
    house = told.house
    subject = addressed(house)
    shared(house, subject)
    who = house.gate.standing(subject).pseudonym
    told.partner.status = 503
    house.rights.erase(subject, by=PROVED)
    house.troth.tick()
    assert ledger_says(house, who, subject) == {f"{TELL}/partners": "open"}
    told.partner.status = 204
    house.clock.forward(days=40)
    house.troth.tick()
    assert [event["type"] for event in told.heard(told.partner)][-1] == "data.erased"
    assert ledger_says(house, who, subject) == {f"{TELL}/partners": "fulfilled"}


def test_no_event_holds_a_value_or_a_pseudonym(told: Told) -> None:
    house = told.house
    subject = addressed(house)
    shared(house, subject)
    who = house.gate.standing(subject).pseudonym
    house.rights.correct(subject, {"contact.address": Secret("北京市朝阳区 9 号")})
    house.rights.restrict(subject, ("contact.address",))
    house.consent.withdraw(subject, "share/partners/approved")
    house.troth.tick()
    heard = told.heard(told.crm) + told.heard(told.partner)
    sent = json.dumps(heard, ensure_ascii=False)
    for value in ("上海", "北京", "mail.example", PHONE.reveal(), who):
        assert value not in sent
    kinds = {event["type"] for event in heard}
    assert {"data.corrected", "restriction.made", "consent.withdrawn"} <= kinds


def test_what_was_rolled_back_is_told_to_nobody(told: Told) -> None:
    house = told.house
    subject = house.register().subject
    house.troth.tick()
    before = len(told.crm.posts)
    with pytest.raises((ConsentMissing, Refused)):
        house.gate.perform(
            ConsentGiven(subject=subject, to="improve"),
            Use(subject=subject, fields=("contact.email",), purpose="marketing"),
        )
    house.troth.tick()
    assert len(told.crm.posts) == before


def test_a_recipient_that_is_down_is_told_later_and_the_duty_stays_open_till_then(
    told: Told,
) -> None:
    house = told.house
    subject = addressed(house)
    shared(house, subject)
    told.partner.status = 500
    house.consent.withdraw(subject, "share/partners/approved")
    house.troth.tick()
    assert tellings(house, subject) == {f"{TELL}/partners": "open"}
    told.partner.status = None
    house.clock.forward(seconds=WAITS[0] / 1000)
    house.troth.tick()
    assert tellings(house, subject) == {f"{TELL}/partners": "fulfilled"}
    (settled,) = house.recent("duty.settled")[:1]
    assert settled.what["code"] == "by_machine"


def test_an_erasure_is_told_when_it_is_complete_and_nothing_of_before_goes_out(
    told: Told,
) -> None:
    house = told.house
    subject = house.register().subject
    give(house, subject, "marketing")
    house.rights.erase(subject, by=PROVED)
    house.troth.tick()
    kinds = [event["type"] for event in told.heard(told.crm)]
    assert "consent.given" not in kinds
    assert kinds.count("erasure.completed") == 1
    rooms = house.gate.regions[subject.region]
    assert rooms.webhooks.held(subject) == 0


def test_an_address_that_is_left_alone_is_in_the_ledger_and_in_the_list(told: Told) -> None:
    house = told.house
    told.crm.status = 410
    subject = house.register().subject
    give(house, subject, "marketing")
    house.troth.tick()
    (entry,) = [one for one in house.recent("house.event") if "webhook" in str(one.what["event"])]
    assert entry.what == {"event": "webhook.left_alone", "endpoint": "crm", "code": "http_410"}
    states = {one.name: one for one in house.troth.webhooks()["cn"]}
    assert states["crm"].off_since == house.clock.now()
    assert house.troth.enable_webhook("crm")


def test_the_settings_name_no_secret_and_no_odd_address(instance: Path, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    shutil.copytree(instance, folder)
    text = (folder / "troth.toml").read_text("utf-8").replace("[webhooks]\n", "")
    bad = '\n[webhooks.endpoints.crm]\nurl = "https://a.example/"\nsecret = "whsec_QUJDQUJD"\n'
    (folder / "troth.toml").write_text(text + bad, "utf-8")
    with pytest.raises(settings.reading.Misconfigured, match="a secret itself"):
        settings.load(folder, {})


def test_a_sweep_of_many_hands_back_whoever_a_recipient_has_to_hear_of(house: House) -> None:
    subject = addressed(house)
    shared(house, subject)
    gone = Erase(subject=subject, fields=("contact.address",), ground="term_over")
    ended = house.retention.sweeping._terms.end([gone])
    assert (ended.alone, ended.subjects) == ((subject,), ())
    house.gate.perform(gone, by=SYSTEM)
    assert tellings(house, subject) == {f"{TELL}/partners": "open"}
