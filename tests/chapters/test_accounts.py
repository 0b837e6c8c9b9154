"""Signing in, recovering, binding, closing; and one answer for known and unknown accounts."""

import nacl.pwhash
import pytest

from tests.chapters.people import EMAIL, PASSWORD, PHONE, House
from troth.model.clock import MINUTE
from troth.model.errors import BadInput, Erased, NotProved, Taken, TooMany, WeakPassword
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId

NEW = Secret("quiet lanterns over the estuary")
NOBODY = Secret("nobody@mail.example")


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register(values={"account.login": Secret("lina-1990")}).subject


def told(house: House, identifier: Secret, password: Secret = NEW) -> tuple[str, str]:
    """Return how a sign-in that fails is answered."""
    with pytest.raises(NotProved) as refused:
        house.accounts.sign_in(identifier, password)
    return refused.value.code, str(refused.value)


@pytest.mark.clause("2.1.2b")
@pytest.mark.parametrize(
    "identifier",
    [EMAIL, Secret("LI.NA@MAIL.example"), PHONE, Secret("139 0000 1111"), Secret("lina-1990")],
)
def test_a_subject_signs_in_by_any_identifier(
    house: House, subject: SubjectId, identifier: Secret
) -> None:
    signed = house.accounts.sign_in(identifier, PASSWORD)
    session, actor = house.accounts.who(signed.token)
    assert (session.subject, actor.assurance) == (subject, 1)


@pytest.mark.clause("7.1c")
def test_wrong_unknown_and_malformed_get_one_answer(house: House, subject: SubjectId) -> None:
    known = told(house, EMAIL)
    assert known == told(house, NOBODY)
    assert known == told(house, Secret("no such name"))
    assert known == told(house, Secret("+8613911112222"))


@pytest.mark.clause("7.1c")
def test_an_unknown_name_costs_the_same_work(
    house: House, subject: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    verify, perform = nacl.pwhash.verify, house.gate.perform
    monkeypatch.setattr(nacl.pwhash, "verify", lambda *a: done.append("hash") or verify(*a))
    monkeypatch.setattr(
        house.gate, "perform", lambda *a, **k: done.append("perform") or perform(*a, **k)
    )
    told(house, EMAIL)
    known, done[:] = list(done), []
    told(house, NOBODY)
    assert known == done == ["perform", "perform", "hash"]


@pytest.mark.clause("2.4a")
def test_a_code_for_somebody_in_china_waits_in_china(house: House, subject: SubjectId) -> None:
    house.deliver()
    house.accounts.begin_sign_in(EMAIL)
    abroad = house.gate.regions[Region("global")].courier
    assert not any(abroad.due(house.clock.now(), 10))
    assert house.gate.regions[Region("cn")].courier.due(house.clock.now(), 10)


@pytest.mark.clause("7.1c")
def test_too_many_wrong_passwords_have_to_wait(house: House, subject: SubjectId) -> None:
    for _ in range(6):
        told(house, EMAIL)
    with pytest.raises(TooMany):
        house.accounts.sign_in(EMAIL, PASSWORD)
    house.clock.forward(seconds=1)
    assert house.accounts.sign_in(EMAIL, PASSWORD).subject == subject


@pytest.mark.clause("7.1c")
def test_unknown_names_are_slowed_alike(house: House) -> None:
    for _ in range(6):
        told(house, NOBODY)
    with pytest.raises(TooMany):
        house.accounts.sign_in(NOBODY, PASSWORD)


@pytest.mark.clause("2.1.2c")
@pytest.mark.parametrize("identifier", [EMAIL, PHONE])
def test_a_code_signs_in(house: House, subject: SubjectId, identifier: Secret) -> None:
    house.deliver()
    challenge = house.accounts.begin_sign_in(identifier)
    channel = house.email if identifier is EMAIL else house.sms
    code = Secret(house.code(channel))
    assert house.accounts.sign_in_with_code(identifier, challenge, code).subject == subject
    with pytest.raises(NotProved):
        house.accounts.sign_in_with_code(identifier, challenge, code)


@pytest.mark.clause("7.1c")
def test_an_unknown_address_gets_a_challenge_and_another_letter(house: House) -> None:
    challenge = house.accounts.begin_sign_in(NOBODY)
    assert len(challenge) == len(house.accounts.begin_sign_in(NOBODY))
    assert house.last(house.email).title == "这个地址没有账号"
    with pytest.raises(NotProved):
        house.accounts.sign_in_with_code(NOBODY, challenge, Secret("123456"))


def test_a_code_does_not_go_to_a_user_name(house: House, subject: SubjectId) -> None:
    with pytest.raises(BadInput):
        house.accounts.begin_sign_in(Secret("lina-1990"))


@pytest.mark.clause("2.1.2c", "7.2a")
def test_a_password_is_recovered_by_code_and_every_session_ends(
    house: House, subject: SubjectId
) -> None:
    old = house.accounts.sign_in(EMAIL, PASSWORD).token
    house.deliver()
    challenge = house.accounts.begin_recovery(EMAIL)
    code = Secret(house.code(house.email))
    with pytest.raises(WeakPassword):
        house.accounts.recover(EMAIL, challenge, code, Secret("short"), Secret("short"))
    new = house.accounts.recover(EMAIL, challenge, code, NEW, NEW)
    with pytest.raises(NotProved):
        house.accounts.who(old)
    assert house.accounts.who(new.token)[0].subject == subject
    assert house.accounts.sign_in(EMAIL, NEW).subject == subject
    told(house, EMAIL, PASSWORD)


@pytest.mark.clause("7.2a")
def test_a_changed_password_is_told_to_every_contact(house: House, subject: SubjectId) -> None:
    token = house.accounts.sign_in(EMAIL, PASSWORD).token
    with pytest.raises(NotProved):
        house.accounts.change_password(token, NEW, NEW, NEW)
    signed = house.accounts.change_password(token, PASSWORD, NEW, NEW)
    assert house.last(house.email).title == house.last(house.sms).title == "账号安全提醒"
    assert house.accounts.who(signed.token)[0].subject == subject
    with pytest.raises(NotProved):
        house.accounts.who(token)


@pytest.mark.clause("2.1.2c")
def test_a_new_phone_is_bound_by_its_code_and_the_old_one_is_told(
    house: House, subject: SubjectId
) -> None:
    token, new = house.accounts.sign_in(EMAIL, PASSWORD).token, Secret("+8613922223333")
    house.deliver()
    challenge = house.accounts.begin_bind(token, new)
    code = Secret(house.code(house.sms))
    with pytest.raises(NotProved):
        house.accounts.bind(token, PHONE, challenge, code)
    house.deliver()
    before = len(house.sms.sent)
    house.accounts.bind(token, new, challenge, code)
    house.deliver()
    warned = [(message.title, message.address.reveal()) for message in house.sms.sent[before:]]
    assert sorted(warned) == [
        ("账号安全提醒", PHONE.reveal()),
        ("账号安全提醒", new.reveal()),
    ]
    assert house.accounts.sign_in(new, PASSWORD).subject == subject
    told(house, PHONE, PASSWORD)


@pytest.mark.clause("7.1c")
def test_somebody_elses_phone_cannot_be_bound_and_nobody_is_told_whose_it_is(
    house: House, subject: SubjectId
) -> None:
    other = house.register(email=Secret("wang@mail.example"), phone=Secret("+8613922223333"))
    house.deliver()
    challenge = house.accounts.begin_bind(other.token, PHONE)
    assert house.last(house.sms).title == "有人用您的地址尝试注册"
    with pytest.raises((NotProved, Taken)):
        house.accounts.bind(other.token, PHONE, challenge, Secret("123456"))


@pytest.mark.clause("3.1.1")
def test_sessions_are_seen_and_ended(house: House, subject: SubjectId) -> None:
    first = house.accounts.sign_in(EMAIL, PASSWORD).token
    house.clock.forward(seconds=1)
    second = house.accounts.sign_in(EMAIL, PASSWORD).token
    newest, *older = house.accounts.sessions(first)
    assert house.accounts.end_session(first, newest.id)
    with pytest.raises(NotProved):
        house.accounts.who(second)
    assert len(older) == 2
    house.accounts.sign_out(first)
    with pytest.raises(NotProved):
        house.accounts.who(first)


def test_all_sessions_end_at_once(house: House, subject: SubjectId) -> None:
    tokens = [house.accounts.sign_in(EMAIL, PASSWORD).token for _ in range(2)]
    assert house.accounts.sign_out_everywhere(tokens[0]) == 3
    for token in tokens:
        with pytest.raises(NotProved):
            house.accounts.who(token)


@pytest.mark.clause("6.1b")
def test_stepping_up_takes_the_password_and_lasts_ten_minutes(
    house: House, subject: SubjectId
) -> None:
    token = house.accounts.sign_in(EMAIL, PASSWORD).token
    with pytest.raises(NotProved):
        house.accounts.step_up(token, NEW)
    proved = house.accounts.step_up(token, PASSWORD)
    assert house.accounts.who(proved)[1].assurance == 2
    house.clock.forward(seconds=10 * MINUTE / 1000)
    assert house.accounts.who(proved)[1].assurance == 1


@pytest.mark.clause("6.4a", "6.3.3b")
def test_closing_asks_for_a_fresh_proof_shows_the_plan_and_ends_everything(
    house: House, subject: SubjectId
) -> None:
    token = house.accounts.sign_in(EMAIL, PASSWORD).token
    with pytest.raises(NotProved):
        house.accounts.close(token)
    proved = house.accounts.step_up(token, PASSWORD)
    plan = house.accounts.closing_plan(proved)
    assert set(plan.gone) == house.held(subject)
    certificate = house.accounts.close(proved)
    assert certificate.complete
    assert {gone.field for gone in certificate.gone} == set(plan.gone)
    with pytest.raises(NotProved):
        house.accounts.who(proved)
    told(house, EMAIL, PASSWORD)
    with pytest.raises(Erased):
        house.gate.standing(subject)


@pytest.mark.clause("6.4a")
def test_the_address_of_a_closed_account_can_register_again(
    house: House, subject: SubjectId
) -> None:
    token = house.accounts.step_up(house.accounts.sign_in(EMAIL, PASSWORD).token, PASSWORD)
    house.accounts.close(token)
    house.deliver()
    again = house.register().subject
    assert again != subject
