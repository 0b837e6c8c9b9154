"""Work on a request: every right has its handler, two sign off, fees, appeals, alarms (9.7)."""

import pytest

from tests.chapters.people import House, ticks
from tests.chapters.requests.strangers import FIRST, ME, OTHER, SECOND
from troth.chapters.rights.fulfilling import HANDLERS, Particulars
from troth.documents.requests.answer import KINDS
from troth.documents.requests.grounds import GROUNDS, PROTOCOL, protocol
from troth.model.acts import SUBJECT, Collect, ConsentGiven
from troth.model.clock import DAY, MINUTE, date
from troth.model.errors import BadInput, NotFound, NotProved, Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId
from troth.policy.regimes import RIGHTS

WORDS = Particulars(text=Secret("因为第 2.1 条"))


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register(
        values={"profile.work": Secret("welding")}, ticks=ticks("improve")
    ).subject


def californian(house: House) -> SubjectId:
    return house.register(
        email=Secret("cal@mail.example"), phone=Secret("+14155550123"), residence="US-CA"
    ).subject


def ann(house: House) -> SubjectId:
    return house.register(
        email=Secret("ann@mail.example"), phone=Secret("+4930123456"), residence="DE"
    ).subject


def state(house: House, number: str) -> tuple[str, str]:
    found = house.rights.desk.status(number)
    return found.state, found.reason


# --- every right -------------------------------------------------------------------------------


@pytest.mark.clause("9.0")
def test_every_right_of_every_law_can_be_asked_for_and_has_its_handler(house: House) -> None:
    assert {right.name for right in RIGHTS} <= set(KINDS)
    assert set(house.gate.policy().edition.rights) <= set(KINDS)
    assert set(KINDS) <= set(HANDLERS)


DONE = {
    "access": Particulars(),
    "copy": Particulars(),
    "port": Particulars(),
    "correct": Particulars(values={"contact.address": Secret("上海市")}),
    "complete": Particulars(values={"contact.address": Secret("上海市")}),
    "delete": Particulars(fields=("profile.work",)),
    "restrict": Particulars(fields=("profile.work",)),
    "object": Particulars(purpose="security"),
    "withdraw": Particulars(consent="improve"),
    "explain": WORDS,
    "human_review": WORDS,
    "no_retaliation": WORDS,
    "question": WORDS,
}


@pytest.mark.parametrize("kind", DONE)
def test_fulfilled_means_that_it_was_done(house: House, subject: SubjectId, kind: str) -> None:
    desk = house.rights.desk
    number = desk.request(subject, kind, by=ME)  # type: ignore[arg-type]
    if desk.around(subject, number, by=FIRST).two:
        desk.propose(subject, number, by=FIRST)
    desk.answer(subject, number, DONE[kind], by=SECOND)
    house.troth.tick()
    assert state(house, number) == ("fulfilled", "")
    standing = house.gate.standing(subject)
    done = {
        "correct": "contact.address" in standing.held,
        "complete": "contact.address" in standing.held,
        "delete": "profile.work" not in standing.held,
        "restrict": "profile.work" in standing.restrictions,
        "object": "security" in standing.objections,
        "withdraw": not standing.consents_to("improve", house.clock.now()),
        **dict.fromkeys(
            ("access", "copy", "port"),
            [one.id for one in house.rights.copies.of(subject)] == [number],
        ),
    }
    assert done.get(kind, True)


def test_california_limits_and_opts_out_through_the_desk_too(house: House) -> None:
    subject, desk = californian(house), house.rights.desk
    number = desk.request(subject, "limit_sensitive", by=ME)
    desk.answer(subject, number, by=FIRST)
    assert house.rights.limits.sensitive_limited(subject)


@pytest.mark.parametrize("kind", ["correct", "object", "withdraw", "explain"])
def test_what_lacks_its_particulars_is_not_done(
    house: House, subject: SubjectId, kind: str
) -> None:
    number = house.rights.desk.request(subject, kind, by=ME)  # type: ignore[arg-type]
    with pytest.raises(BadInput):
        house.rights.desk.answer(subject, number, by=FIRST)
    assert state(house, number)[0] == "open"


# --- proof and sign-off ------------------------------------------------------------------------


@pytest.mark.clause("6.3.3b")
def test_a_sign_in_that_is_not_sure_enough_erases_nothing(house: House, subject: SubjectId) -> None:
    desk = house.rights.desk
    number = desk.request(subject, "delete", ground="unlawful", by=SUBJECT)
    assert state(house, number) == ("in_progress", "need_user_verification")
    with pytest.raises(NotProved):
        desk.propose(subject, number, by=FIRST)
    with pytest.raises(NotProved):
        desk.answer(subject, number, by=SECOND)
    desk.verify(subject, number, subject=subject, method="signed_in", by=ME)
    desk.propose(subject, number, by=FIRST)
    desk.answer(subject, number, by=SECOND)
    assert state(house, number)[0] == "fulfilled"


@pytest.mark.clause("6.1b")
def test_every_field_and_act_has_its_assurance_and_less_is_sent_to_step_up(house: House) -> None:
    table = house.rights.assurance()
    fields = set(house.gate.policy().edition.categories)
    acts = {"access", "copy", "correct", "erase", "restrict", "object"}
    assert {field for field, _ in table} == fields
    assert {act for _, act in table} >= acts
    assert table["identity.id_number", "access"] == 2
    assert table["profile.work", "access"] == 1
    subject = house.register().subject
    with pytest.raises(NotProved):
        house.rights.correct(subject, {"bank.holder": Secret("李娜")}, by=SUBJECT)
    house.rights.correct(subject, {"bank.holder": Secret("李娜")}, by=ME)


def test_an_end_takes_two_different_members_of_staff(house: House, subject: SubjectId) -> None:
    desk = house.rights.desk
    number = desk.request(subject, "cancel", by=ME)
    with pytest.raises(BadInput, match="two different"):
        desk.answer(subject, number, by=FIRST)
    desk.propose(subject, number, by=FIRST)
    with pytest.raises(BadInput, match="two different"):
        desk.answer(subject, number, by=FIRST)
    desk.send_back(subject, number, by=SECOND)
    with pytest.raises(BadInput, match="two different"):
        desk.answer(subject, number, by=SECOND)
    desk.propose(subject, number, by=FIRST)
    desk.answer(subject, number, by=SECOND)
    assert house.rights.desk.status(number).state == "fulfilled"


def test_the_same_asked_twice_is_one_request_and_brings_no_proof_along(
    house: House, subject: SubjectId
) -> None:
    desk = house.rights.desk
    first = desk.request(subject, "copy", by=SUBJECT)
    assert desk.request(subject, "copy", text=Secret("bitte"), by=FIRST) == first
    assert state(house, first) == ("in_progress", "need_user_verification")
    assert desk.request(subject, "copy", by=ME) == first
    assert state(house, first) == ("open", "")
    assert desk.request(subject, "question", by=ME) != desk.request(subject, "question", by=ME)


# --- erased on its three grounds ---------------------------------------------------------------


@pytest.mark.clause("6.3", "6.3.1", "6.3.3a")
@pytest.mark.parametrize("ground", ["unlawful", "breach_of_agreement"])
def test_people_decide_a_deletion_and_its_receipt_names_the_ground(
    house: House, subject: SubjectId, ground: str
) -> None:
    desk = house.rights.desk
    number = desk.request(subject, "delete", ground=ground, by=ME)
    desk.propose(subject, number, by=FIRST)
    desk.answer(subject, number, Particulars(fields=("profile.work",)), by=SECOND)
    erased = [e for e in house.gate.trail(subject) if e.kind == "data.erased"]
    assert [(e.what["ground"], e.what["fields"]) for e in erased] == [(ground, ["profile.work"])]
    assert "request.settled" in {paper.title for paper in house.rights.papers.list(subject)}


@pytest.mark.clause("6.3.2")
def test_what_was_kept_without_a_consent_goes_at_once(house: House, subject: SubjectId) -> None:
    until = house.clock.now() + DAY
    house.gate.perform(
        ConsentGiven(subject=subject, to="improve", expires=until),
        Collect(subject=subject, values={"profile.other": Secret("x")}, purpose="improve"),
    )
    asked = house.rights.desk.request(subject, "delete", ground="no_consent", by=ME)
    assert "profile.other" in house.held(subject)
    house.rights.desk.revoke(subject, asked)
    house.clock.forward(days=2)
    number = house.rights.desk.request(subject, "delete", ground="no_consent", by=ME)
    assert not {"profile.other", "profile.work"} & house.held(subject)
    assert "contact.email" in house.held(subject)
    assert state(house, number) == ("fulfilled", "")


# --- refused, longer, appealed -----------------------------------------------------------------


@pytest.mark.clause("9.5b", "10.4b")
@pytest.mark.parametrize("code", ["repetitive", "held_by_law", "no_match"])
def test_a_refusal_names_its_ground_and_the_authority(
    house: House, subject: SubjectId, code: str
) -> None:
    number = house.rights.desk.request(subject, "explain", by=ME)
    house.rights.desk.deny(subject, number, code, by=FIRST)
    told = house.last(house.email).text.reveal()
    assert GROUNDS[code].zh in told
    assert "网信" in told


def test_every_ground_has_a_name_in_the_protocol() -> None:
    assert {protocol(code) for code in GROUNDS} <= set(PROTOCOL)


def test_who_decided_does_not_hear_the_appeal(house: House, subject: SubjectId) -> None:
    desk = house.rights.desk
    number = desk.request(subject, "explain", by=ME)
    with pytest.raises(BadInput):
        desk.appeal(subject, number, Secret("?"))
    desk.deny(subject, number, "repetitive", by=FIRST)
    again = desk.appeal(subject, number, Secret("bitte noch einmal"), by=ME)
    with pytest.raises(BadInput, match="decided before"):
        desk.answer(subject, again, WORDS, by=FIRST)
    desk.answer(subject, again, WORDS, by=SECOND)
    assert state(house, again)[0] == "fulfilled"
    with pytest.raises(BadInput):
        desk.appeal(subject, number, Secret("und noch einmal"))


def test_longer_only_while_it_can_still_be_told_in_time(house: House) -> None:
    subject, desk = ann(house), house.rights.desk
    number = desk.request(subject, "explain", by=ME)
    since = house.gate.owed(subject)[number].since
    house.clock.forward(days=32)
    with pytest.raises(BadInput, match="day is over"):
        desk.extend(subject, number, "complex", by=FIRST)
    house.clock.forward(days=-10)
    desk.extend(subject, number, "complex", by=FIRST)
    assert house.gate.owed(subject)[number].since == since


def test_a_pause_is_shown_and_moves_nothing_that_was_promised(house: House) -> None:
    subject, desk = ann(house), house.rights.desk
    number = desk.request(subject, "copy", by=SUBJECT)
    due = desk.one(subject, number).by
    desk.pause(subject, number, by=FIRST)
    house.clock.forward(days=7)
    desk.resume(subject, number, by=FIRST)
    around = desk.around(subject, number, by=FIRST)
    moved = {term.cite: term.moved for term in around.terms}
    assert moved["GDPR 12(3)"] == 7 * DAY
    assert moved["9.7"] == 0
    assert desk.one(subject, number).by == due


# --- fees --------------------------------------------------------------------------------------


def repeated(house: House, subject: SubjectId, count: int) -> str:
    number = ""
    for _ in range(count):
        house.clock.forward(days=20)
        number = house.rights.desk.request(subject, "access", by=ME)
        if _ < count - 1:
            house.rights.desk.answer(subject, number, by=FIRST)
            house.troth.tick()
    return number


@pytest.mark.clause("9.7c", "9.7d")
def test_a_cost_is_told_first_only_for_repeated_requests_and_needs_a_yes(
    house: House, subject: SubjectId
) -> None:
    desk = house.rights.desk
    first = desk.request(subject, "access", by=ME)
    with pytest.raises(BadInput, match="free of charge"):
        desk.quote(subject, first, "10 HKD", by=FIRST)
    desk.answer(subject, first, by=FIRST)
    house.troth.tick()
    third = repeated(house, subject, 2)
    desk.quote(subject, third, "35 HKD", by=FIRST)
    assert "35.00 HKD" in house.last(house.email).text.reveal()
    with pytest.raises(BadInput, match="fee_quoted"):
        desk.answer(subject, third, by=FIRST)
    with pytest.raises(BadInput):
        desk.accept_fee(subject, third, by=FIRST)
    desk.accept_fee(subject, third, by=ME)
    desk.answer(subject, third, by=FIRST)
    house.troth.tick()
    assert state(house, third) == ("fulfilled", "")


@pytest.mark.clause("9.7d")
def test_whoever_does_not_want_to_pay_takes_the_request_back(
    house: House, subject: SubjectId
) -> None:
    number = repeated(house, subject, 3)
    house.rights.desk.quote(subject, number, "35 HKD", by=FIRST)
    house.rights.desk.revoke(subject, number)
    assert state(house, number)[0] == "revoked"


# --- alarms, the index, the record -------------------------------------------------------------


def alarms(house: House, subject: SubjectId) -> list[object]:
    trail = house.gate.trail(subject)
    return [e.what["stage"] for e in trail if e.what.get("event") == "request.alarm"]


@pytest.mark.clause("9.1b")
def test_alarms_ring_once_each_before_the_day_and_never_again(
    house: House, subject: SubjectId
) -> None:
    number = house.rights.desk.request(subject, "explain", by=ME)
    for days, rung in ((19, []), (2, ["internal"]), (5, ["internal", "near"]),
                       (5, ["internal", "near", "late"])):  # fmt: skip
        house.clock.forward(days=days)
        house.troth.tick()
        house.troth.tick()
        assert alarms(house, subject) == rung
    house.clock.forward(days=-20)
    house.troth.tick()
    house.clock.forward(days=20)
    house.troth.tick()
    assert alarms(house, subject) == ["internal", "near", "late"]
    assert state(house, number)[0] == "open"


@pytest.mark.clause("9.6a")
def test_in_california_receipt_is_confirmed_within_ten_business_days(house: House) -> None:
    subject, desk = californian(house), house.rights.desk
    number = desk.request(subject, "explain", by=ME)
    around = desk.around(subject, number, by=FIRST)
    assert around.matter.said.acknowledge is not None
    assert around.matter.said.acknowledged == house.clock.now()
    told = {term.cite: date(term.due) for term in around.terms if term.due}
    assert "11 CCR 7021(b)" in told


def test_the_queue_reads_nobody_who_waits_for_nothing(
    house: House, subject: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = house.rights.desk.request(subject, "explain", by=ME)
    house.rights.desk.queue(by=FIRST)
    asked: list[SubjectId] = []
    real = house.gate.standing
    monkeypatch.setattr(house.gate, "standing", lambda who: asked.append(who) or real(who))
    monkeypatch.setattr(house.gate, "subjects", lambda: pytest.fail("everybody was read"))
    assert [one.number for one in house.rights.desk.queue(by=FIRST)] == [number]
    assert asked == []


def test_what_other_rooms_owe_and_settle_is_followed(house: House, subject: SubjectId) -> None:
    desk = house.rights.desk
    number = house.support.dispute(subject, Secret("账单有误"))
    assert [one.number for one in desk.queue(by=FIRST)] == [number]
    desk.answer(subject, number, by=FIRST)
    letter = house.support.letter(subject, Secret(b"letter"), by=FIRST)
    assert [one.number for one in desk.queue(by=FIRST)] == [letter]


def test_the_record_of_a_request_outlives_its_subject_about_nobody(
    house: House, subject: SubjectId
) -> None:
    desk, store = house.rights.desk, house.gate.regions[subject.region].store
    number = desk.request(subject, "cancel", by=ME)
    desk.propose(subject, number, by=FIRST)
    desk.answer(subject, number, by=SECOND)
    assert desk.status(number).state == "fulfilled"
    rows = store.query("SELECT COUNT(*) FROM owing WHERE subject_id = ?", (subject,))
    if house.gate.regions[subject.region].vault.residue(subject)["subjects"] == 0:
        assert rows == [(0,)]
        found = store.query("SELECT COUNT(*) FROM requests WHERE subject_id = ?", (subject,))
        assert found == [(0,)]
    house.clock.forward(days=800)
    house.troth.rights.desk.tick()
    with pytest.raises(NotFound):
        desk.status(number)


def test_support_works_at_no_desk_of_requests(house: House, subject: SubjectId) -> None:
    desk = house.rights.desk
    number = desk.request(subject, "explain", by=ME)
    for step in ("take", "propose", "discover", "prepare", "pause"):
        with pytest.raises(Refused):
            getattr(desk, step)(subject, number, by=OTHER)
    for step in (
        lambda: desk.answer(subject, number, WORDS, by=OTHER),
        lambda: desk.deny(subject, number, "repetitive", by=OTHER),
        lambda: desk.extend(subject, number, "complex", by=OTHER),
        lambda: desk.queue(by=OTHER),
        lambda: desk.answer(subject, number, WORDS, by=SUBJECT),
    ):
        with pytest.raises(Refused):
            step()


def test_a_clock_set_back_revives_and_shortens_nothing(house: House, subject: SubjectId) -> None:
    desk = house.rights.desk
    number = desk.request(subject, "explain", by=ME)
    due = desk.one(subject, number).by
    house.clock.forward(days=-3, seconds=MINUTE / 1000)
    desk.take(subject, number, by=FIRST)
    desk.answer(subject, number, WORDS, by=FIRST)
    assert desk.one(subject, number).by == due
    with pytest.raises(NotFound):
        desk.answer(subject, number, WORDS, by=FIRST)
