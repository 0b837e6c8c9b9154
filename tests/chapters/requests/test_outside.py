"""Requests from outside: a provisional file, a proof for this request and this subject (9.7)."""

import json
import re

import pytest

from tests.chapters.people import EMAIL, IDENTITY, NAME, House
from tests.chapters.requests.strangers import (
    FIRST,
    OTHER,
    SECOND,
    STRANGER,
    claim,
    company,
    opened,
    paper,
    seasoned,
)
from troth.chapters.rights.desk import Opened
from troth.chapters.rights.fulfilling import Particulars
from troth.chapters.rights.proving import Brought
from troth.documents.requests.claims import Agent, Claim
from troth.model.acts import SYSTEM, Actor, Admit, Collect
from troth.model.clock import DAY, moment
from troth.model.errors import BadInput, Erased, NotFound, NotProved, Refused
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId

LINK = re.compile(r"/prove/\S+")
VISITOR = Actor(kind="visitor")


def proved(house: House, subject: SubjectId, kind: str = "access", **more: object) -> Opened:
    """Return a request that was proved by a code to an old contact."""
    found, desk = opened(house, kind, **more), house.rights.desk
    challenge = desk.begin_verification(found.requester, found.number, subject, by=FIRST)
    brought = Brought(challenge=challenge, code=Secret(house.code(house.email)))
    desk.verify(
        found.requester, found.number, subject=subject, method="code", by=FIRST, brought=brought
    )
    return found


def gone(house: House, requester: SubjectId) -> bool:
    rooms = house.gate.regions[requester.region]
    return not any(rooms.vault.residue(requester).values())


# --- what comes in -----------------------------------------------------------------------------


@pytest.mark.clause("9.7a")
def test_nothing_is_said_of_whether_anybody_is_known(house: House) -> None:
    before = opened(house)
    house.deliver()
    first = LINK.sub("", house.email.sent[-1].text.reveal().replace(before.number, ""))
    house.register()
    after = opened(house)
    house.deliver()
    assert LINK.sub("", house.email.sent[-1].text.reveal().replace(after.number, "")) == first
    assert "data.found" not in house.kinds(after.requester)


def test_who_they_say_they_are_lies_sealed_in_a_file_of_its_own(house: House) -> None:
    found = opened(house)
    assert house.held(found.requester) == {"rights.claim", "rights.request"}
    rows = house.gate.regions[found.requester.region].store.query("SELECT said FROM requests")
    assert all(EMAIL.reveal().encode() not in bytes(said) for (said,) in rows)


def test_a_letter_counts_from_the_day_it_came_and_never_from_one_to_come(house: House) -> None:
    came = moment("2026-11-01")
    assert opened(house, received=came).due == came + 30 * DAY
    later = house.clock.now() + 9 * DAY
    assert opened(house, received=later).due == house.clock.now() + 30 * DAY


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "everything"},
        {"channel": "pigeon"},
        {"ground": "dislike", "kind": "delete"},
        {"claim": Claim(values={"profile.work": Secret("x")})},
    ],
)
def test_what_cannot_be_asked_leaves_no_file(house: House, wrong: dict[str, object]) -> None:
    before = len(list(house.gate.subjects()))
    with pytest.raises(BadInput):
        opened(house, **wrong)  # type: ignore[arg-type]
    assert len(list(house.gate.subjects())) == before


# --- proved ------------------------------------------------------------------------------------


@pytest.mark.clause("9.1b", "9.7a")
def test_a_code_to_an_old_contact_binds_the_request_to_its_subject(house: House) -> None:
    subject = seasoned(house)
    found = proved(house, subject)
    assert house.rights.desk.find(found.number) == subject
    assert gone(house, found.requester)
    told = json.loads(house.rights.desk.thread(subject, found.number).reveal())
    assert [(each["by"], each["text"]) for each in told] == [("visitor", "请提供我的信息")]
    asked = house.rights.desk.one(subject, found.number)
    assert (asked.received, asked.by) == (house.clock.now(), found.due)


def test_every_old_contact_is_told_that_it_was_proved_without_a_sign_in(house: House) -> None:
    subject = seasoned(house)
    house.email.sent.clear()
    found = proved(house, subject)
    house.deliver()
    titles = [(message.channel, found.number in message.text.reveal()) for message in
              (*house.email.sent, *house.sms.sent)]  # fmt: skip
    assert ("email", True) in titles
    assert STRANGER.reveal() not in str(titles)


def test_a_code_for_one_request_proves_no_other(house: House) -> None:
    subject, desk = seasoned(house), house.rights.desk
    one, other = opened(house), opened(house, "copy")
    challenge = desk.begin_verification(one.requester, one.number, subject, by=FIRST)
    brought = Brought(challenge=challenge, code=Secret(house.code(house.email)))
    with pytest.raises(NotProved):
        desk.verify(
            other.requester, other.number, subject=subject, method="code", by=FIRST, brought=brought
        )
    assert desk.find(other.number) == other.requester


@pytest.mark.clause("9.7a")
def test_the_picture_of_a_paper_alone_proves_nobody(house: House) -> None:
    subject, desk = seasoned(house, values={"identity.name": NAME}), house.rights.desk
    found = opened(house, claim=Claim(reply={"email": STRANGER}), residence="US")
    desk.attach(found.requester, found.number, "rights.identity_proof", paper(), by=VISITOR)
    told = {"subject": subject, "method": "documents"}
    with pytest.raises(NotProved):
        desk.verify(found.requester, found.number, by=FIRST, **told)  # type: ignore[arg-type]
    brought = Brought(agrees=("identity.name",))
    desk.verify(found.requester, found.number, by=FIRST, brought=brought, **told)  # type: ignore[arg-type]
    assert desk.find(found.number) == subject


@pytest.mark.clause("9.6d")
def test_in_california_two_points_that_match_prove_who_has_no_account(house: House) -> None:
    gate, desk = house.gate, house.rights.desk
    subject = gate.new_subject("US-CA")
    gate.perform(
        Admit(subject=subject, residence="US-CA", regimes=("ca", "us"), age=AgeBand.ADULT),
        Collect(
            subject=subject,
            values={"contact.email": EMAIL, "contact.phone": Secret("+14155550123")},
            purpose="register",
        ),
        by=SYSTEM,
    )
    said = Claim(values={"contact.email": EMAIL})
    one = opened(house, claim=said, residence="US-CA")
    with pytest.raises(NotProved):
        desk.verify(one.requester, one.number, subject=subject, method="points", by=FIRST)
    both = {"contact.email": EMAIL, "contact.phone": Secret("+1 415 555 0123")}
    two = opened(house, claim=Claim(values=both), residence="US-CA")
    staff = Actor(kind="staff", id="s-ca", role="privacy", region=None, assurance=2)
    bound = desk.verify(two.requester, two.number, subject=subject, method="points", by=staff)
    assert bound.said.points == ("contact.email", "contact.phone")


def test_points_prove_nobody_who_has_an_account_or_another_law(house: House) -> None:
    subject, desk = seasoned(house), house.rights.desk
    found = opened(house)
    with pytest.raises(NotProved):
        desk.verify(found.requester, found.number, subject=subject, method="points", by=FIRST)


def test_only_staff_of_the_privacy_desk_decide(house: House) -> None:
    subject, desk = seasoned(house), house.rights.desk
    found = opened(house)
    for by in (OTHER, IDENTITY):
        with pytest.raises(Refused):
            desk.verify(found.requester, found.number, subject=subject, method="points", by=by)
        with pytest.raises(Refused):
            desk.take(found.requester, found.number, by=by)
        with pytest.raises(Refused):
            desk.deny(found.requester, found.number, "no_match", by=by)
    far = Actor(kind="staff", id="s-far", role="privacy", region="global")  # type: ignore[arg-type]
    with pytest.raises(Refused):
        desk.take(found.requester, found.number, by=far)


def test_a_request_that_was_bound_is_bound_to_nobody_else(house: House) -> None:
    subject = seasoned(house)
    house.deliver()
    other = house.register(
        email=Secret("other@mail.example"), phone=Secret("+8613900009999")
    ).subject
    found = proved(house, subject)
    with pytest.raises((NotFound, Erased)):
        house.rights.desk.verify(
            found.requester, found.number, subject=other, method="points", by=FIRST
        )
    with pytest.raises(BadInput):
        house.rights.desk.verify(subject, found.number, subject=other, method="points", by=FIRST)


# --- companies, agents ---------------------------------------------------------------------------

LICENCE, AUTHORITY = "rights.business_licence", "rights.power_of_attorney"


@pytest.mark.clause("11.3b")
def test_a_company_without_licence_and_authority_waits_for_documents(house: House) -> None:
    subject, desk = seasoned(house), house.rights.desk
    found = opened(house, claim=claim(company=company(email=Secret("a@haifeng.example"))))
    assert found.lacks == (LICENCE, AUTHORITY, "address", "contact")
    assert desk.status(found.number).reason == "needs_documents"
    desk.attach(found.requester, found.number, LICENCE, paper(), by=VISITOR)
    desk.supply(
        found.requester,
        found.number,
        company(address=Secret("青岛市"), contact=Secret("王芳")),
        by=VISITOR,
    )
    assert desk.status(found.number).reason == "needs_documents"
    with pytest.raises(BadInput, match="papers are missing"):
        desk.verify(found.requester, found.number, subject=subject, method="documents", by=FIRST)
    desk.attach(found.requester, found.number, AUTHORITY, paper(), by=VISITOR)
    assert desk.status(found.number).reason == "need_user_verification"
    shown = json.loads(desk.look(found.requester, found.number, by=FIRST)["rights.claim"].reveal())
    assert shown["company.address"] == "青岛市"


def test_an_agent_needs_an_authority(house: House) -> None:
    agent = Agent(name=Secret("代理人"), email=Secret("agent@law.example"))
    assert opened(house, claim=claim(agent=agent)).lacks == (AUTHORITY,)


# --- the end of a provisional file ---------------------------------------------------------------


def test_a_refusal_reaches_who_asked_and_nothing_of_them_stays(house: House) -> None:
    found = opened(house)
    house.rights.desk.deny(found.requester, found.number, "no_match", by=FIRST)
    told = house.last(house.email).text.reveal()
    assert found.number in told
    assert "网信" in told
    assert gone(house, found.requester)
    assert house.rights.desk.status(found.number).state == "denied"
    assert house.rights.desk.status(found.number).reason == "no_match"


def test_another_ground_is_told_in_words(house: House) -> None:
    found = opened(house)
    with pytest.raises(BadInput):
        house.rights.desk.deny(found.requester, found.number, "other", by=FIRST)
    words = Secret("请直接联系贵公司的管理员")
    house.rights.desk.deny(found.requester, found.number, "other", by=FIRST, text=words)
    house.deliver()
    assert any("管理员" in message.text.reveal() for message in house.email.sent)
    assert gone(house, found.requester)


@pytest.mark.clause("9.5c", "9.6d")
def test_a_proof_of_residence_is_erased_with_what_is_decided_on_it(house: House) -> None:
    desk = house.rights.desk
    found = opened(house, residence="EEA")
    with pytest.raises(BadInput, match="not asked"):
        desk.deny(found.requester, found.number, "outside_jurisdiction", by=FIRST)
    desk.attach(found.requester, found.number, "rights.residence_proof", paper(), by=VISITOR)
    desk.residence(found.requester, found.number, shown=False, by=FIRST)
    assert "rights.residence_proof" not in house.held(found.requester)
    desk.deny(found.requester, found.number, "outside_jurisdiction", by=FIRST)
    assert desk.status(found.number).reason == "outside_jurisdiction"


@pytest.mark.clause("9.5c", "9.6d")
@pytest.mark.parametrize("end", ["deny", "revoke", "answer", "expire"])
def test_papers_of_a_request_go_with_its_decision_however_it_ends(house: House, end: str) -> None:
    subject, desk = seasoned(house), house.rights.desk
    by = FIRST if end == "expire" else Actor(kind="subject", assurance=2)
    number = desk.request(subject, "explain", text=Secret("?"), by=by)
    desk.attach(subject, number, AUTHORITY, paper(), by=by)
    desk.attach(subject, number, "rights.residence_proof", paper(), by=by)
    if end == "deny":
        desk.deny(subject, number, "repetitive", by=FIRST)
    elif end == "revoke":
        desk.revoke(subject, number)
    elif end == "answer":
        desk.answer(subject, number, Particulars(text=Secret("因为")), by=FIRST)
    else:
        house.clock.forward(days=31)
        house.troth.tick()
        assert desk.one(subject, number).state == "expired"
    assert not {AUTHORITY, "rights.residence_proof"} & house.held(subject)


def test_what_nobody_proved_in_time_expires_and_is_forgotten(house: House) -> None:
    found = opened(house)
    house.clock.forward(days=31)
    house.troth.tick()
    assert house.rights.desk.status(found.number).state == "expired"
    assert gone(house, found.requester)


# --- what is handed over -------------------------------------------------------------------------


def test_a_grave_request_waits_so_that_the_owner_can_object(house: House) -> None:
    subject, desk = seasoned(house), house.rights.desk
    found = proved(house, subject, "delete", ground="unlawful")
    desk.propose(subject, found.number, by=FIRST)
    with pytest.raises(BadInput, match="could object"):
        desk.answer(subject, found.number, by=SECOND)
    desk.revoke(subject, found.number, by=Actor(kind="subject", assurance=1))
    house.clock.forward(days=3)
    with pytest.raises(NotFound):
        desk.answer(subject, found.number, by=SECOND)
    assert house.gate.standing(subject).life == "active"
