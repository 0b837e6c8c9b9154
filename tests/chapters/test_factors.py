"""Second factors are added and removed by whoever proved it just now, and everybody is told."""

import json

import pyotp
import pytest

from tests.chapters.factors import BROWSER, NAME, Person
from tests.chapters.people import EMAIL, PASSWORD, PROVED, House
from tests.chapters.requests.strangers import FIRST, SECOND, opened, paper
from tests.support.authenticator import Authenticator
from troth.app import PasskeyAnswer
from troth.documents.proof.passkeys import MOST
from troth.model.acts import Actor, Collect, Export, Show, Use
from troth.model.clock import MINUTE
from troth.model.errors import (
    BadInput,
    FactorMissing,
    NotFound,
    NotProved,
    Refused,
    TooMany,
    WeakPassword,
)
from troth.model.secret import Secret
from troth.model.terms import Region

SHORT = Secret("plum orbit")
FACTORS = ("account.totp", "account.passkeys", "account.recovery_codes")


@pytest.fixture
def person(house: House) -> Person:
    house.register()
    person = Person(house)
    person.told()
    return person


# --- an authenticator app ------------------------------------------------------------------------


def test_an_app_is_added_by_its_first_code_and_everybody_is_told(person: Person) -> None:
    person.add_app()
    had = person.factors.had(person.token)
    assert (had.totp, had.passkeys, had.codes) == (True, (), 10)
    told = person.told()
    assert sum("身份验证器应用" in text for text in told) == 2
    held = person.house.gate.standing(person.subject)
    assert held.facts["account.totp"].result == "verified"
    kinds = person.house.kinds(person.subject)
    assert {"data.collected", "fact.verified", "notice.queued"} <= set(kinds)


def test_nothing_is_kept_before_the_first_code(person: Person) -> None:
    begun = person.factors.begin_totp(person.token)
    assert "account.totp" not in person.house.held(person.subject)
    uri = pyotp.parse_uri(begun.address.reveal())
    assert (uri.name, uri.secret) == (EMAIL.reveal(), begun.secret.reveal())
    assert uri.issuer == person.house.gate.policy().edition.controller.legal_name
    assert begun.drawing.reveal().startswith("<svg")
    assert person.told() == []


def test_a_wrong_code_adds_nothing_and_a_right_one_still_may(person: Person) -> None:
    begun = person.factors.begin_totp(person.token)
    person.app = pyotp.TOTP(begun.secret.reveal())
    with pytest.raises(NotProved):
        person.factors.confirm_totp(person.token, begun.state, person.wrong_code().code)
    assert "account.totp" not in person.house.held(person.subject)
    person.factors.confirm_totp(person.token, begun.state, person.app_code().code)
    assert "account.totp" in person.house.held(person.subject)


@pytest.mark.clause("7.1c")
def test_guessing_the_first_code_has_to_wait(person: Person) -> None:
    begun = person.factors.begin_totp(person.token)
    person.app = pyotp.TOTP(begun.secret.reveal())
    for _ in range(6):
        with pytest.raises(NotProved):
            person.factors.confirm_totp(person.token, begun.state, person.wrong_code().code)
    with pytest.raises(TooMany):
        person.factors.confirm_totp(person.token, begun.state, person.app_code().code)


def test_a_secret_that_was_shown_is_good_for_a_quarter_of_an_hour_and_for_one_subject(
    person: Person, house: House
) -> None:
    begun = person.factors.begin_totp(person.token)
    house.register(email=Secret("wu@mail.example"), phone=Secret("+8613900003333"))
    other = Person(house, Secret("wu@mail.example"))
    app = pyotp.TOTP(begun.secret.reveal())
    with pytest.raises(NotProved):
        other.factors.confirm_totp(other.token, begun.state, Secret(app.at(0)))
    house.clock.forward(seconds=15 * 60)
    person.step_up()
    person.app = app
    with pytest.raises(NotProved):
        person.factors.confirm_totp(person.token, begun.state, person.app_code().code)


def test_a_new_app_takes_the_old_ones_place(person: Person) -> None:
    person.add_app()
    old = person.app_code(2)
    person.step_up()
    person.add_app()
    assert len(person.codes) == 10
    person.later(60)
    missing = person.sign_in()
    with pytest.raises(NotProved):
        person.factors.finish(missing.ticket, old)
    person.factors.finish(missing.ticket, person.app_code())


# --- passkeys ------------------------------------------------------------------------------------


def test_a_passkey_is_added_under_a_name_and_everybody_is_told(person: Person) -> None:
    person.add_passkey()
    had = person.factors.had(person.token)
    (passkey,) = had.passkeys
    assert (passkey.name, had.totp, had.codes) == (NAME, False, 10)
    assert sum("通行密钥" in text for text in person.told()) == 2


def test_a_device_is_not_asked_for_the_passkey_it_has(person: Person) -> None:
    person.add_passkey()
    person.step_up()
    asked = json.loads(person.factors.begin_passkey(person.token, browser=BROWSER).options.reveal())
    (had,) = person.factors.had(person.token).passkeys
    assert [each["id"] for each in asked["excludeCredentials"]] == [had.id]


def test_one_credential_is_not_added_twice(person: Person) -> None:
    twin = Authenticator()
    person.add_passkey(twin)
    person.device = twin
    person.step_up()
    asked = person.factors.begin_passkey(person.token, browser=BROWSER)
    answer = twin.create(asked.options.reveal())
    twin.made[-1].id = twin.made[0].id
    again = answer.replace(
        json.loads(answer)["id"], person.factors.had(person.token).passkeys[0].id
    )
    given = PasskeyAnswer(state=asked.state, answer=Secret(again), browser=BROWSER)
    with pytest.raises(NotProved):
        person.factors.add_passkey(person.token, given, NAME)


def test_a_subject_has_twenty_passkeys_at_most(person: Person) -> None:
    for _ in range(MOST):
        person.add_passkey()
    assert len(person.factors.had(person.token).passkeys) == MOST
    with pytest.raises(BadInput):
        person.add_passkey()


@pytest.mark.parametrize("wrong", ["browser", "challenge used", "a sign-in's challenge"])
def test_a_passkey_is_made_in_the_browser_that_was_asked_and_once(
    person: Person, wrong: str
) -> None:
    asked = person.factors.begin_passkey(person.token, browser=BROWSER)
    if wrong == "a sign-in's challenge":
        options = json.loads(asked.options.reveal())
        asked = person.factors.ask(browser=BROWSER)
        options["challenge"] = json.loads(asked.options.reveal())["challenge"]
        answer = Secret(person.device.create(json.dumps(options)))
    else:
        answer = Secret(person.device.create(asked.options.reveal()))
    browser = "browser 2" if wrong == "browser" else BROWSER
    given = PasskeyAnswer(state=asked.state, answer=answer, browser=browser)
    if wrong == "challenge used":
        person.factors.add_passkey(person.token, given, NAME)
    with pytest.raises(NotProved):
        person.factors.add_passkey(person.token, given, NAME)


# --- without a proof made just now ---------------------------------------------------------------


@pytest.mark.parametrize("what", ["begin_totp", "renew_codes", "begin_passkey", "remove_totp"])
def test_nothing_is_changed_without_a_proof_made_just_now(person: Person, what: str) -> None:
    more = {"browser": BROWSER} if what == "begin_passkey" else {}
    person.house.clock.forward(seconds=10 * 60)
    with pytest.raises(NotProved) as refused:
        getattr(person.factors, what)(person.token, **more)
    assert not isinstance(refused.value, FactorMissing)
    person.step_up()
    person.add_app()
    person.house.clock.forward(seconds=10 * 60)
    with pytest.raises(FactorMissing) as missing:
        getattr(person.factors, what)(person.token, **more)
    assert (missing.value.ways, missing.value.ticket.reveal()) == (("totp", "recovery"), "")


# --- removing ------------------------------------------------------------------------------------


def test_a_factor_is_removed_and_everybody_is_told(person: Person) -> None:
    person.add_app()
    person.step_up()
    person.add_passkey()
    person.step_up()
    person.told()
    person.factors.remove_totp(person.token)
    had = person.factors.had(person.token)
    assert (had.totp, len(had.passkeys), had.codes) == (False, 1, 10)
    assert sum("已移除身份验证器应用" in text for text in person.told()) == 2


def test_with_the_last_factor_its_recovery_codes_go_too(person: Person) -> None:
    person.add_passkey()
    person.step_up()
    (passkey,) = person.factors.had(person.token).passkeys
    person.factors.remove_passkey(person.token, passkey.id, password=PASSWORD)
    assert not {"account.passkeys", "account.recovery_codes"} & person.house.held(person.subject)
    assert person.accounts.sign_in(EMAIL, PASSWORD).subject == person.subject


def test_one_of_two_passkeys_is_removed_and_the_other_stays(person: Person) -> None:
    person.add_passkey(Authenticator())
    person.add_passkey(name=Secret("钥匙"))
    first, second = person.factors.had(person.token).passkeys
    person.factors.remove_passkey(person.token, first.id)
    assert person.factors.had(person.token).passkeys == (second,)
    assert person.factors.sign_in(person.signed()).subject == person.subject


def test_what_is_not_there_is_not_removed(person: Person) -> None:
    person.add_passkey()
    with pytest.raises(NotFound):
        person.factors.remove_totp(person.token)
    with pytest.raises(NotFound):
        person.factors.remove_passkey(person.token, "nothing", password=PASSWORD)


def test_the_last_factor_leaves_only_a_password_that_can_stand_alone(person: Person) -> None:
    person.add_app()
    person.token = person.accounts.change_password(person.token, PASSWORD, SHORT, SHORT).token
    person.step_up()
    for password, refusal in ((None, BadInput), (PASSWORD, NotProved), (SHORT, WeakPassword)):
        with pytest.raises(refusal):
            person.factors.remove_totp(person.token, password=password)
    assert person.factors.had(person.token).totp


def test_a_short_password_needs_a_second_factor(person: Person) -> None:
    with pytest.raises(WeakPassword):
        person.accounts.change_password(person.token, PASSWORD, SHORT, SHORT)


def test_every_other_session_ends_when_a_factor_is_added(person: Person) -> None:
    other = person.accounts.sign_in(EMAIL, PASSWORD).token
    person.add_app()
    person.accounts.who(person.token)
    with pytest.raises(NotProved):
        person.accounts.who(other)


# --- recovery codes ------------------------------------------------------------------------------


def test_codes_are_renewed_and_the_old_are_void(person: Person) -> None:
    person.add_app()
    person.step_up()
    person.told()
    old, person.codes = person.codes, person.factors.renew_codes(person.token)
    assert sum("恢复码" in text for text in person.told()) == 2
    missing = person.sign_in()
    for code in old[:2]:
        person.codes, kept = (code,), person.codes
        with pytest.raises(NotProved):
            person.factors.finish(missing.ticket, person.recovery())
        person.codes = kept
    person.factors.finish(missing.ticket, person.recovery())


def test_there_are_no_codes_without_a_factor_they_stand_in_for(person: Person) -> None:
    with pytest.raises(NotFound):
        person.factors.renew_codes(person.token)


# --- what the policy says of them ----------------------------------------------------------------


def test_secret_and_codes_are_shown_and_given_to_nobody(person: Person) -> None:
    person.add_app()
    person.step_up()
    person.add_passkey()
    person.step_up()
    subject, secret = person.subject, {"account.totp": Secret("MINE")}
    forbidden = [
        act
        for field in ("account.totp", "account.recovery_codes")
        for act in (
            Show(subject=subject, fields=(field,), purpose="rights"),
            Show(subject=subject, fields=(field,), purpose="legal"),
            Use(subject=subject, fields=(field,), purpose="marketing"),
            Export(subject=subject, fields=(field,)),
            Collect(subject=subject, values=secret, purpose="rights"),
        )
    ]
    for act in forbidden:
        with pytest.raises(Refused):
            person.house.gate.perform(act, by=PROVED)


def test_a_copy_holds_the_passkeys_and_neither_secret_nor_codes(person: Person) -> None:
    person.add_app()
    person.step_up()
    person.add_passkey()
    person.step_up()
    _, by = person.accounts.who(person.token)
    copy = person.house.rights.copy(person.subject, by=by)
    assert "account.passkeys" in copy.fields
    assert not {"account.totp", "account.recovery_codes"} & set(copy.fields)
    assert {"account.totp", "account.recovery_codes"} <= {each.what for each in copy.withheld}


def test_whoever_lost_everything_is_helped_by_staff_who_know_them(person: Person) -> None:
    person.add_app()
    person.told()
    desk, asked = person.house.rights.desk, opened(person.house, "delete", residence="US")
    field = "rights.identity_proof"
    desk.attach(asked.requester, asked.number, field, paper(), by=Actor(kind="visitor"))
    told = {"subject": person.subject, "method": "documents"}
    desk.verify(asked.requester, asked.number, by=FIRST, **told)  # type: ignore[arg-type]
    person.house.clock.forward(days=3)
    desk.propose(person.subject, asked.number, by=FIRST)
    rights = person.house.rights
    rights.erase(person.subject, FACTORS, settles=asked.number, by=SECOND)
    assert not set(FACTORS) & person.house.held(person.subject)
    assert person.accounts.sign_in(EMAIL, PASSWORD).subject == person.subject


def test_factors_end_with_the_account(person: Person) -> None:
    person.add_app()
    person.step_up()
    person.add_passkey()
    person.step_up()
    half = person.sign_in()
    certificate = person.accounts.close(person.token)
    assert certificate.complete
    with pytest.raises(NotProved):
        person.factors.sign_in(person.signed())
    for given in (person.app_code(), person.recovery()):
        with pytest.raises(NotProved):
            person.factors.finish(half.ticket, given)


def test_no_table_holds_a_secret_a_code_or_a_passkey_in_the_clear(person: Person) -> None:
    person.add_app()
    person.step_up()
    person.add_passkey()
    person.house.clock.forward(seconds=MINUTE / 1000)
    (passkey,) = person.factors.had(person.token).passkeys
    assert person.app
    canaries = [person.app.secret, NAME.reveal(), passkey.id]
    canaries += [code.reveal() for code in person.codes]
    for region in ("cn", "global"):
        store = person.house.gate.regions[Region(region)].store
        tables = store.query("SELECT name FROM sqlite_master WHERE type = 'table'")
        everything = b"".join(
            part if isinstance(part, bytes) else str(part).encode()
            for (table,) in tables
            for row in store.query(f"SELECT * FROM {table}")
            for part in row
        )
        assert [canary for canary in canaries if canary.encode() in everything] == []
