"""Signing in and stepping up by a second factor: once, in time, and by nothing less."""

import threading
from collections.abc import Callable

import pytest

from tests.chapters.factors import BROWSER, Person
from tests.chapters.people import EMAIL, PASSWORD, PHONE, PROVED, House
from troth.app import AppCode, RecoveryCode
from troth.documents.proof.throttle import FREE, MOST
from troth.model.clock import MINUTE
from troth.model.errors import (
    FactorMissing,
    Misconfigured,
    NotProved,
    TooMany,
    TrothError,
)
from troth.model.secret import Secret

NEW = Secret("quiet lanterns over the estuary")
NEW_PHONE = Secret("+8613900009999")


@pytest.fixture
def person(house: House) -> Person:
    house.register()
    return Person(house)


@pytest.fixture
def with_app(person: Person) -> Person:
    person.add_app()
    person.later()
    person.told()
    return person


@pytest.fixture
def with_passkey(person: Person) -> Person:
    person.add_passkey()
    person.told()
    return person


def together(many: int, work: Callable[[int], object]) -> list[object]:
    """Do something many times at once; return what came of each, an error as itself."""
    came: list[object] = []
    start = threading.Barrier(many)

    def run(nth: int) -> None:
        start.wait()
        try:
            came.append(work(nth))
        except TrothError as error:
            came.append(error)

    threads = [threading.Thread(target=run, args=(nth,)) for nth in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


def lock(person: Person, wrong: Callable[[], AppCode | RecoveryCode], wait: int = 15 * 60) -> None:
    """Give a wrong factor a hundred times, or until it is no longer looked at."""
    for _ in range(MOST):
        try:
            person.factors.finish(person.sign_in().ticket, wrong())
        except TooMany:
            return
        except NotProved:
            person.later(wait)


# --- signing in ----------------------------------------------------------------------------------


def test_a_password_alone_no_longer_signs_in(with_app: Person) -> None:
    missing = with_app.sign_in()
    assert missing.ways == ("totp", "recovery")
    assert repr(missing.ticket) == "Secret(…)"
    signed = with_app.factors.finish(missing.ticket, with_app.app_code())
    assert with_app.accounts.who(signed.token)[1].assurance == 1


def test_a_code_by_mail_alone_no_longer_signs_in(with_app: Person) -> None:
    house = with_app.house
    challenge = house.accounts.begin_sign_in(EMAIL)
    code = Secret(house.code(house.email))
    with pytest.raises(FactorMissing) as missing:
        house.accounts.sign_in_with_code(EMAIL, challenge, code)
    with_app.factors.finish(missing.value.ticket, with_app.recovery())


def test_recovering_the_password_does_not_get_round_the_second_factor(with_app: Person) -> None:
    house = with_app.house
    challenge = house.accounts.begin_recovery(EMAIL)
    code = Secret(house.code(house.email))
    with pytest.raises(FactorMissing) as missing:
        house.accounts.recover(EMAIL, challenge, code, NEW, NEW)
    with pytest.raises(NotProved):
        house.accounts.who(with_app.token)
    with pytest.raises(NotProved):
        house.accounts.sign_in(EMAIL, PASSWORD)
    with_app.factors.finish(missing.value.ticket, with_app.app_code())
    with pytest.raises(FactorMissing):
        house.accounts.sign_in(EMAIL, NEW)


def test_a_wrong_password_does_not_tell_that_there_is_a_second_factor(with_app: Person) -> None:
    house = with_app.house
    house.register(email=Secret("wu@mail.example"), phone=NEW_PHONE)
    told = []
    for email in (EMAIL, Secret("wu@mail.example"), Secret("nobody@mail.example")):
        with pytest.raises(NotProved) as refused:
            house.accounts.sign_in(email, NEW)
        told.append((type(refused.value), str(refused.value)))
    assert len(set(told)) == 1


# --- an app's codes ------------------------------------------------------------------------------


def test_a_code_is_good_once(with_app: Person) -> None:
    code = with_app.app_code()
    with_app.factors.finish(with_app.sign_in().ticket, code)
    missing = with_app.sign_in()
    with pytest.raises(NotProved):
        with_app.factors.finish(missing.ticket, code)
    with pytest.raises(NotProved):
        with_app.factors.step_up(with_app.token, code)
    with_app.later()
    with_app.factors.finish(missing.ticket, with_app.app_code())


def test_the_code_that_added_the_app_does_not_sign_in(person: Person) -> None:
    person.add_app()
    missing = person.sign_in()
    with pytest.raises(NotProved):
        person.factors.finish(missing.ticket, person.app_code())


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_phones_clock_may_be_half_a_minute_off(with_app: Person, steps: int, good: bool) -> None:
    with_app.later(60)
    missing = with_app.sign_in()
    if good:
        with_app.factors.finish(missing.ticket, with_app.app_code(steps))
        return
    with pytest.raises(NotProved):
        with_app.factors.finish(missing.ticket, with_app.app_code(steps))


def test_one_code_at_the_same_time_everywhere_signs_in_once(with_app: Person) -> None:
    tickets = [with_app.sign_in().ticket for _ in range(5)]
    code = with_app.app_code()
    came = together(5, lambda nth: with_app.factors.finish(tickets[nth], code))
    assert sum(not isinstance(each, TrothError) for each in came) == 1


@pytest.mark.clause("7.1c")
def test_guesses_at_once_get_as_many_tries_as_one_after_another(
    with_app: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, looked = with_app.sign_in().ticket, []
    proving = with_app.accounts._signing.proving
    once = proving.once
    monkeypatch.setattr(proving, "once", lambda *a: looked.append(a) or once(*a))
    wrong = with_app.wrong_code()
    came = together(24, lambda _: with_app.factors.finish(ticket, wrong))
    assert len(looked) == FREE + 1
    assert sum(isinstance(each, TooMany) for each in came) == 24 - FREE - 1


@pytest.mark.clause("7.1c")
def test_a_right_password_between_guesses_gives_no_new_tries(with_app: Person) -> None:
    for _ in range(FREE + 1):
        ticket = with_app.sign_in().ticket
        with pytest.raises(NotProved):
            with_app.factors.finish(ticket, with_app.wrong_code())
    ticket = with_app.sign_in().ticket
    with pytest.raises(TooMany):
        with_app.factors.finish(ticket, with_app.app_code())
    with_app.later(1)
    with_app.factors.finish(ticket, with_app.app_code())


@pytest.mark.clause("7.1c")
def test_after_a_hundred_guesses_a_recovery_code_opens_the_way_again(with_app: Person) -> None:
    lock(with_app, with_app.wrong_code)
    ticket = with_app.sign_in().ticket
    with pytest.raises(TooMany):
        with_app.factors.finish(ticket, with_app.app_code())
    with_app.factors.finish(ticket, with_app.recovery())
    with_app.factors.finish(with_app.sign_in().ticket, with_app.app_code())


# --- tickets -------------------------------------------------------------------------------------


def test_a_ticket_is_good_for_ten_minutes_and_once(with_app: Person) -> None:
    ticket = with_app.sign_in().ticket
    with_app.factors.finish(ticket, with_app.app_code())
    with pytest.raises(NotProved):
        with_app.factors.finish(ticket, with_app.recovery())
    late = with_app.sign_in().ticket
    with_app.later(10 * MINUTE // 1000)
    with pytest.raises(NotProved):
        with_app.factors.finish(late, with_app.app_code())


@pytest.mark.parametrize("text", ["", "nothing", "A" * 100])
def test_what_is_no_ticket_finishes_nothing(with_app: Person, text: str) -> None:
    with pytest.raises(NotProved):
        with_app.factors.finish(Secret(text), with_app.app_code())
    with pytest.raises(NotProved):
        with_app.factors.ask(browser=BROWSER, ticket=Secret(text or "x"))


def test_a_ticket_is_of_one_subject(with_app: Person) -> None:
    house = with_app.house
    house.register(email=Secret("wu@mail.example"), phone=NEW_PHONE)
    other = Person(house, Secret("wu@mail.example"))
    other.add_passkey()
    ticket = with_app.sign_in().ticket
    with pytest.raises(NotProved):
        other.factors.finish(ticket, other.signed())
    with pytest.raises(NotProved):
        other.factors.finish(ticket, other.signed(ticket=ticket))
    with pytest.raises(NotProved):
        other.factors.finish(ticket, other.recovery())


# --- recovery codes ------------------------------------------------------------------------------


def test_a_recovery_code_signs_in_once_and_everybody_is_told(with_app: Person) -> None:
    with_app.factors.finish(with_app.sign_in().ticket, with_app.recovery())
    assert sum("剩余 9 个" in text for text in with_app.told()) == 2
    missing = with_app.sign_in()
    with pytest.raises(NotProved):
        with_app.factors.finish(missing.ticket, with_app.recovery())
    (used,) = [
        entry
        for entry in with_app.house.gate.trail(with_app.subject)
        if entry.what.get("event") == "recovery_code.used"
    ]
    assert used.what == {"event": "recovery_code.used", "left": 9}


def test_it_is_told_when_few_are_left(with_app: Person) -> None:
    for nth in range(7):
        with_app.factors.finish(with_app.sign_in().ticket, with_app.recovery(nth))
    few = [text for text in with_app.told() if "请重新生成" in text]
    assert len(few) == 2
    assert all("仅剩 3 个" in text for text in few)


def test_one_recovery_code_at_the_same_time_everywhere_signs_in_once(with_app: Person) -> None:
    tickets = [with_app.sign_in().ticket for _ in range(5)]
    came = together(5, lambda nth: with_app.factors.finish(tickets[nth], with_app.recovery()))
    assert sum(not isinstance(each, TrothError) for each in came) == 1
    assert with_app.factors.had(with_app.token).codes == 9


def test_different_codes_at_the_same_time_are_each_used_up(with_app: Person) -> None:
    tickets = [with_app.sign_in().ticket for _ in range(5)]
    came = together(5, lambda nth: with_app.factors.finish(tickets[nth], with_app.recovery(nth)))
    assert not [each for each in came if isinstance(each, TrothError)]
    assert with_app.factors.had(with_app.token).codes == 5


def test_a_passkey_opens_the_way_where_the_app_is_locked(with_app: Person) -> None:
    with_app.step_up()
    with_app.add_passkey()
    lock(with_app, with_app.wrong_code)
    ticket = with_app.sign_in().ticket
    with pytest.raises(TooMany):
        with_app.factors.finish(ticket, with_app.app_code())
    with_app.factors.sign_in(with_app.signed())
    with_app.factors.finish(ticket, with_app.app_code())


def test_wrong_recovery_codes_lock_them_for_a_day_at_most(with_app: Person) -> None:
    lock(with_app, lambda: RecoveryCode(code=Secret("0" * 16)), 5)
    ticket = with_app.sign_in().ticket
    with pytest.raises(TooMany):
        with_app.factors.finish(ticket, with_app.recovery())
    with_app.later(24 * 3600)
    with_app.factors.finish(with_app.sign_in().ticket, with_app.recovery())


# --- stepping up ---------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["totp", "passkey", "recovery"])
def test_a_session_steps_up_by_a_second_factor_and_not_by_the_password(
    with_app: Person, way: str
) -> None:
    with_app.step_up()
    with_app.add_passkey()
    with_app.later(10 * 60)
    with pytest.raises(FactorMissing) as missing:
        with_app.accounts.step_up(with_app.token, PASSWORD)
    assert set(missing.value.ways) == {"totp", "passkey", "recovery"}
    given = {
        "totp": with_app.app_code,
        "passkey": lambda: with_app.signed(token=with_app.token),
        "recovery": with_app.recovery,
    }[way]()
    token = with_app.factors.step_up(with_app.token, given)
    assert with_app.accounts.who(token)[1].assurance == 2


def test_what_is_grave_asks_for_the_second_factor(with_app: Person) -> None:
    house, accounts = with_app.house, with_app.accounts
    with_app.later(10 * 60)
    token = with_app.token
    _, by = accounts.who(token)
    grave: list[Callable[[], object]] = [
        lambda: accounts.begin_bind(token, NEW_PHONE),
        lambda: accounts.bind(token, NEW_PHONE, "x", Secret("000000")),
        lambda: with_app.factors.remove_totp(token, password=PASSWORD),
        lambda: with_app.factors.begin_passkey(token, browser=BROWSER),
        lambda: accounts.step_up(token, PASSWORD),
        lambda: house.rights.begin_proof(with_app.subject, "copy"),
        lambda: house.rights.prove(with_app.subject, "copy", "x", Secret("000000")),
    ]
    for act in grave:
        with pytest.raises(FactorMissing):
            act()
    for act in (lambda: accounts.close(token), lambda: house.rights.copy(with_app.subject, by=by)):
        with pytest.raises(NotProved):
            act()


def test_after_stepping_up_a_contact_is_replaced(with_app: Person) -> None:
    with_app.later(10 * 60)
    with_app.step_up()
    house = with_app.house
    challenge = with_app.accounts.begin_bind(with_app.token, NEW_PHONE)
    code = Secret(house.code(house.sms))
    with_app.accounts.bind(with_app.token, NEW_PHONE, challenge, code)
    with pytest.raises(FactorMissing):
        with_app.accounts.sign_in(NEW_PHONE, PASSWORD)


def test_whoever_has_none_steps_up_by_nothing_of_the_kind(person: Person) -> None:
    for given in (AppCode(code=Secret("123456")), RecoveryCode(code=Secret("a" * 16))):
        with pytest.raises(NotProved):
            person.factors.step_up(person.token, given)


def test_the_subject_of_a_session_is_asked_and_no_other(with_passkey: Person) -> None:
    house = with_passkey.house
    house.register(email=Secret("wu@mail.example"), phone=NEW_PHONE)
    other = Person(house, Secret("wu@mail.example"))
    other.add_passkey()
    with pytest.raises(NotProved):
        other.factors.step_up(other.token, with_passkey.signed(token=with_passkey.token))


# --- where the service's address is not known ----------------------------------------------------


def test_without_an_address_there_are_no_passkeys_and_all_else_works(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.register()
    person = Person(house)
    monkeypatch.setattr(house.troth.proof.passkeys, "_origin", "")
    with pytest.raises(Misconfigured):
        person.factors.begin_passkey(person.token, browser=BROWSER)
    with pytest.raises(Misconfigured):
        person.factors.ask(browser=BROWSER)
    person.add_app()
    person.later()
    person.factors.finish(person.sign_in().ticket, person.app_code())


def test_an_account_that_was_closed_meanwhile_is_not_let_in(with_app: Person) -> None:
    ticket, given = with_app.sign_in().ticket, with_app.app_code()
    with_app.house.rights.erase(with_app.subject, by=PROVED)
    with pytest.raises(NotProved):
        with_app.factors.finish(ticket, given)
    with pytest.raises(NotProved):
        with_app.accounts.sign_in(PHONE, PASSWORD)
