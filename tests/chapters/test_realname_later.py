"""Checks that end later: a face, an amount on an account; shown while they wait, ended once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chapters.people import AUTHORITY_KEYS, ID_NUMBER, NAME, PROVED, House, opened, ticks
from troth.app import Troth, settings
from troth.chapters.realname import Checked, Pending
from troth.egress.authorities import Result
from troth.egress.channels import MemoryChannel
from troth.egress.fake import AMOUNT, FakeAuthority, call
from troth.egress.post import SigningKey
from troth.model.clock import Moment, SetClock
from troth.model.errors import BadInput, ConsentMissing, NotFound, TooMany, Unverifiable
from troth.model.secret import Secret
from troth.model.terms import SubjectId

SIGNING = "whsec_" + "QUJD" * 8
PERSON = {"identity.name": NAME, "identity.id_number": ID_NUMBER}
ACCOUNT = {
    "bank.holder": NAME,
    "bank.bank": Secret("示例银行"),
    "bank.number": Secret("6222020200011122233"),
}
SHARE = AUTHORITY_KEYS[1]


@pytest.fixture
def house(instance: Path, tmp_path: Path, at: Moment) -> Iterator[House]:
    """Return a house whose authority calls."""
    folder = tmp_path / "house"
    shutil.copytree(instance, folder)
    (folder / "calls.secret").write_text(SIGNING)
    named = settings.load(
        folder,
        {
            "TROTH_IDENTITY_AUTHORITY": "fake",
            "TROTH_IDENTITY_CALLBACK_SECRET": "file:calls.secret",
        },
    )
    clock, email, sms = SetClock(at), MemoryChannel("email"), MemoryChannel("sms")
    with Troth(named, clock=clock, channels={"email": email, "sms": sms}) as troth:
        yield opened(troth, clock, email, sms)


@pytest.fixture
def subject(house: House) -> SubjectId:
    house.sign_with_authority()
    return house.register().subject


@pytest.fixture
def fake(house: House, subject: SubjectId) -> FakeAuthority:
    """Return the authority, which takes its time."""
    port = house.gate.regions[subject.region].recipients["id-authority"]
    authority: FakeAuthority = port._authority  # type: ignore[attr-defined]
    authority._slow = True
    return authority


def face(house: House, subject: SubjectId) -> Pending:
    begun = house.realname.start(
        subject, "face", PERSON, ticks(*AUTHORITY_KEYS), shown=house.shown()
    )
    assert isinstance(begun, Pending)
    return begun


def deposit(house: House, subject: SubjectId, number: str = "") -> Pending | Checked:
    values = ACCOUNT | ({"bank.number": Secret(number)} if number else {})
    keys = ("realname/bank.number", SHARE)
    return house.realname.start(subject, "deposit", values, ticks(*keys), shown=house.shown())


def calls(
    house: House, check: Pending, result: Result = Result.MATCH, call_id: str = "c1"
) -> tuple[dict[str, str], bytes]:
    """Return what the authority sends when a check has ended."""
    body = call(check.url.rpartition("/")[2], result)
    stamp, signature = SigningKey(Secret(SIGNING)).sign(call_id, house.clock.now(), body)
    headers = {
        "webhook-id": call_id,
        "webhook-timestamp": stamp,
        "webhook-signature": signature,
    }
    return headers, body


def waits(house: House, subject: SubjectId) -> list[str]:
    return [each.state for each in house.realname.progress(subject).checks]


# --- a face ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("fake")
def test_a_face_is_looked_at_elsewhere_and_only_its_outcome_comes_back(
    house: House, subject: SubjectId
) -> None:
    check = face(house, subject)
    assert (check.state, check.url.startswith("https://")) == ("waiting", True)
    assert "改用其他方式" in house.last(house.email).text.reveal()
    assert house.realname.called(*calls(house, check))
    status = house.realname.status(subject)
    assert status is not None
    assert (status.result, status.method) == ("verified", "id-authority/face")
    assert "identity.biometric" not in house.held(subject)
    assert waits(house, subject) == ["ended"]


@pytest.mark.usefixtures("fake")
def test_without_the_consents_no_check_begins(house: House, subject: SubjectId) -> None:
    with pytest.raises(ConsentMissing):
        house.realname.start(subject, "face", PERSON, ticks(AUTHORITY_KEYS[0]), shown=house.shown())
    assert house.realname.progress(subject).checks == ()
    assert "identity.name" not in house.held(subject)


@pytest.mark.usefixtures("fake")
def test_begun_twice_it_is_the_same_check_and_shared_once(house: House, subject: SubjectId) -> None:
    assert face(house, subject) == face(house, subject)
    assert house.kinds(subject).count("data.shared") == 1


@pytest.mark.usefixtures("fake")
def test_a_call_that_is_repeated_is_told_once(house: House, subject: SubjectId) -> None:
    check = face(house, subject)
    headers, body = calls(house, check)
    assert [house.realname.called(headers, body) for _ in range(2)] == [True, False]
    again = calls(house, check, Result.MISMATCH, "c2")
    assert not house.realname.called(*again)
    facts = [
        entry.what["result"]
        for entry in house.gate.trail(subject)
        if entry.what.get("fact") == "realname"
    ]
    assert facts == ["verified"]


@pytest.mark.usefixtures("fake")
def test_a_forged_call_confirms_nobody(house: House, subject: SubjectId) -> None:
    check = face(house, subject)
    headers, body = calls(house, check, Result.MISMATCH)
    with pytest.raises(Unverifiable):
        house.realname.called(headers, body.replace(b"mismatch", b"match"))
    house.clock.forward(seconds=301)
    with pytest.raises(Unverifiable):
        house.realname.called(headers, body)
    assert house.realname.status(subject) is None


def test_who_comes_back_asks_how_it_stands(
    house: House, subject: SubjectId, fake: FakeAuthority
) -> None:
    check = face(house, subject)
    assert house.realname.answer(subject, check.id) == check
    fake._slow = False
    ended = house.realname.answer(subject, check.id)
    assert isinstance(ended, Checked)
    assert ended.result == "verified"


def test_a_call_that_was_lost_is_made_up_for_by_the_clock(
    house: House, subject: SubjectId, fake: FakeAuthority
) -> None:
    face(house, subject)
    fake._slow = False
    house.clock.forward(seconds=600)
    assert house.troth.tick()["checked"] == 1
    assert house.troth.tick()["checked"] == 0
    status = house.realname.status(subject)
    assert status is not None
    assert status.result == "verified"


@pytest.mark.usefixtures("fake")
def test_a_face_nobody_showed_runs_out_and_nothing_is_held_against_them(
    house: House, subject: SubjectId
) -> None:
    face(house, subject)
    house.clock.forward(seconds=3600)
    assert house.troth.tick()["checked"] == 1
    assert "没有在期限内完成" in house.last(house.email).text.reveal()
    assert house.realname.status(subject) is None
    assert house.gate.owed(subject) == {}


@pytest.mark.usefixtures("fake")
def test_a_check_goes_with_its_subject(house: House, subject: SubjectId) -> None:
    check = face(house, subject)
    sent = calls(house, check)
    house.rights.erase(subject, by=PROVED)
    assert not house.realname.called(*sent)
    house.clock.forward(days=8)
    assert house.troth.tick()["checked"] == 0


def test_a_crash_before_it_was_told_is_made_up_for(
    house: House, subject: SubjectId, fake: FakeAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = face(house, subject)
    sent = calls(house, check)
    with monkeypatch.context() as broken:
        broken.setattr(house.troth.notices, "tell", _crash)
        with pytest.raises(KeyboardInterrupt):
            house.realname.called(*sent)
    assert house.realname.status(subject) is None
    assert house.troth.tick()["checked"] == 1
    assert fake is not None


def _crash(*_: object) -> None:
    raise KeyboardInterrupt


# --- an amount ---------------------------------------------------------------------------------


def test_the_right_amount_verifies_the_account_and_nothing_else(
    house: House, subject: SubjectId
) -> None:
    check = deposit(house, subject)
    assert isinstance(check, Pending)
    assert (check.tries, check.memo, check.url) == (3, False, "")
    assert "1 至 3 个工作日" in house.last(house.email).text.reveal()
    ended = house.realname.answer(subject, check.id, Secret(AMOUNT))
    assert isinstance(ended, Checked)
    assert (ended.result, ended.task) == ("verified", "deposit")
    told = {status.field: status for status in house.realname.fields(subject)}
    assert {told[field].method for field in ACCOUNT} == {"id-authority/deposit"}
    assert house.realname.status(subject) is None


def test_three_wrong_amounts_lock_it_and_say_nothing_of_the_person(
    house: House, subject: SubjectId
) -> None:
    check = deposit(house, subject)
    assert isinstance(check, Pending)
    for left in (2, 1):
        waiting = house.realname.answer(subject, check.id, Secret("0.01"))
        assert isinstance(waiting, Pending)
        assert waiting.tries == left
    ended = house.realname.answer(subject, check.id, Secret("0.01"))
    assert isinstance(ended, Checked)
    assert (ended.result, ended.code) == ("pending", "locked")
    told = {status.field: status.state for status in house.realname.fields(subject)}
    assert {told[field] for field in ACCOUNT} == {"unverified"}
    after = house.realname.answer(subject, check.id, Secret(AMOUNT))
    assert isinstance(after, Pending)
    assert (after.state, after.code) == ("ended", "locked")


def test_a_week_ends_it(house: House, subject: SubjectId) -> None:
    check = deposit(house, subject)
    assert isinstance(check, Pending)
    house.clock.forward(days=7)
    ended = house.realname.answer(subject, check.id, Secret(AMOUNT))
    assert isinstance(ended, Checked)
    assert ended.code == "expired"


def test_an_account_is_paid_into_three_times_a_month(house: House, subject: SubjectId) -> None:
    for _ in range(3):
        check = deposit(house, subject)
        assert isinstance(check, Pending)
        for _ in range(3):
            house.realname.answer(subject, check.id, Secret("0.01"))
        house.clock.forward(days=2)
    with pytest.raises(TooMany):
        deposit(house, subject)


def test_what_the_authority_does_not_begin_goes_to_people(house: House, subject: SubjectId) -> None:
    refused = deposit(house, subject, "62220202000111222394")
    assert isinstance(refused, Checked)
    assert (refused.result, refused.code) == ("pending", "unavailable")
    (case,) = [owed.what for owed in house.gate.owed(subject).values()]
    assert case == "human_review"


def test_what_is_no_check_that_begins_is_refused(house: House, subject: SubjectId) -> None:
    for task in ("person_2", "palm"):
        with pytest.raises(BadInput):
            house.realname.start(subject, task, PERSON)
    with pytest.raises(NotFound):
        house.realname.answer(subject, "none", Secret(AMOUNT))
    check = deposit(house, subject)
    assert isinstance(check, Pending)
    with pytest.raises(BadInput):
        house.realname.answer(subject, check.id, Secret("a lot"))
