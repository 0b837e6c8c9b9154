"""The doors of an account: what ends with which event, who is told, what a closed one leaves."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.chapters.factors import Person
from tests.chapters.people import (
    AUTHORITY_KEYS,
    EMAIL,
    NAME,
    PASSWORD,
    PHONE,
    PRIVACY,
    House,
    ticks,
)
from troth.documents.contacts import SEASONED_DAYS
from troth.documents.proof.origin import NOWHERE, Origin
from troth.egress.channels import Message
from troth.model.acts import SYSTEM, Collect, Find, Use
from troth.model.clock import DAY
from troth.model.errors import Erased, NotFound, NotOfAge, NotProved, Refused, TrothError
from troth.model.secret import Secret
from troth.model.terms import SubjectId

NEW = Secret("quiet lanterns over the estuary")
NEW_PHONE = Secret("+8613922223333")
NEW_MAIL = Secret("na.li@mail.example")
MINORS_ID = Secret("11010520110307009X")
HOME = Origin(network="192.0.2.7", device="Firefox, Linux")
AWAY = Origin(network="198.51.100.7", device="Chrome, Windows")
SECURITY = "账号安全提醒"
STRANGE_PLACE = "您的账号在新的地方登录"


@pytest.fixture(autouse=True)
def _cheap(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash cheaply: these tests are about what follows, not about the hash."""
    passwords = house.troth.proof.passwords
    monkeypatch.setattr(passwords, "_ops", 1)
    monkeypatch.setattr(passwords, "_memory", 8192)
    monkeypatch.setattr(passwords, "_nobody", passwords.hash(NEW))


@pytest.fixture
def person(house: House) -> Person:
    """Return somebody who is registered and signed in, stepped up just now."""
    house.register()
    house.deliver()
    return Person(house)


def stands(house: House, token: Secret) -> bool:
    """Tell whether a token still signs somebody in."""
    try:
        house.accounts.who(token)
    except NotProved:
        return False
    return True


def arrived(house: House) -> list[Message]:
    """Deliver what waits; return what came, in no order, and begin anew."""
    house.deliver()
    came = [*house.email.sent, *house.sms.sent]
    house.email.sent.clear()
    house.sms.sent.clear()
    return came


def code_in(house: House, channel: str) -> Secret:
    house.deliver()
    return Secret(house.code(house.email if channel == "email" else house.sms))


# --- what ends with what (A17) -------------------------------------------------------------------


def change_password(person: Person) -> Secret:
    return person.accounts.change_password(person.token, PASSWORD, NEW, NEW).token


def recover(person: Person) -> Secret:
    arrived(person.house)
    challenge = person.accounts.begin_recovery(EMAIL)
    code = code_in(person.house, "email")
    return person.accounts.recover(EMAIL, challenge, code, NEW, NEW).token


def bind(person: Person) -> None:
    arrived(person.house)
    challenge = person.accounts.begin_bind(person.token, NEW_PHONE)
    code = code_in(person.house, "sms")
    person.accounts.bind(person.token, NEW_PHONE, challenge, code)


def find_a_minor(person: Person) -> None:
    house = person.house
    house.sign_with_authority()
    with pytest.raises(NotOfAge):
        house.realname.verify(
            person.subject,
            {"identity.name": NAME, "identity.id_number": MINORS_ID},
            ticks(*AUTHORITY_KEYS),
            shown=house.shown(),
        )


def find_a_child(person: Person) -> None:
    person.house.minors.found(person.subject, by=PRIVACY)


def add_a_factor(person: Person) -> None:
    person.add_app()


def remove_a_factor(person: Person) -> None:
    person.factors.remove_totp(person.token)


def close(person: Person) -> None:
    person.accounts.close(person.token)


def erase(person: Person) -> None:
    person.house.rights.erase(person.subject, by=person.accounts.who(person.token)[1])


EVENTS: list[tuple[Callable[[Person], Secret | None], bool]] = [
    (change_password, False),
    (recover, False),
    (bind, True),
    (add_a_factor, True),
    (find_a_minor, False),
    (find_a_child, False),
    (close, False),
    (erase, False),
]
"""What happens, and whether the session in which it happens goes on under its own token."""


@pytest.mark.parametrize(("event", "own"), EVENTS, ids=lambda value: getattr(value, "__name__", ""))
def test_what_must_end_ends(
    person: Person, event: Callable[[Person], Secret | None], own: bool
) -> None:
    house = person.house
    others = [house.accounts.sign_in(EMAIL, PASSWORD, origin=AWAY).token for _ in range(2)]
    begun = person.token
    token = event(person)
    assert [stands(house, other) for other in others] == [False, False]
    if token is not None:
        assert stands(house, token)
        assert token != begun
    assert stands(house, begun) is own


def test_a_factor_that_is_removed_ends_the_other_sessions(person: Person) -> None:
    person.add_app()
    person.later()
    other = person.factors.finish(person.sign_in().ticket, person.app_code()).token
    person.later()
    person.token = person.factors.step_up(person.token, person.app_code())
    person.factors.remove_totp(person.token, password=PASSWORD)
    assert (stands(person.house, other), stands(person.house, person.token)) == (False, True)


def test_a_restriction_that_one_asked_for_signs_nobody_out(person: Person) -> None:
    person.house.rights.restrict(person.subject)
    assert stands(person.house, person.token)


def test_an_erasure_by_any_hand_takes_sessions_and_devices_with_it(person: Person) -> None:
    house, subject = person.house, person.subject
    house.accounts.sign_in(EMAIL, PASSWORD, origin=AWAY)
    plan = house.rights.plan(subject)
    assert plan.everything
    house.rights.erase(subject, ground="purpose_ended", by=PRIVACY)
    store = house.gate.regions[subject.region].store
    for table in ("sessions", "devices"):
        assert store.query(f"SELECT COUNT(*) FROM {table}") == [(0,)]


# --- who is told ---------------------------------------------------------------------------------


def test_a_sign_in_from_a_strange_place_is_told_to_every_contact_once(person: Person) -> None:
    house = person.house
    arrived(house)
    for _ in range(2):
        house.accounts.sign_in(EMAIL, PASSWORD, origin=AWAY)
    told = arrived(house)
    assert [message.title for message in told] == [STRANGE_PLACE] * 2
    assert {message.address.reveal() for message in told} == {EMAIL.reveal(), PHONE.reveal()}
    assert all("Chrome, Windows" in message.text.reveal() for message in told)
    assert all("198.51.100.0/24" in message.text.reveal() for message in told)
    house.accounts.sign_in(
        EMAIL, PASSWORD, origin=Origin(network="198.51.100.200", device=AWAY.device)
    )
    assert arrived(house) == []


def test_a_code_and_a_recovery_from_a_strange_place_are_told_too(person: Person) -> None:
    house = person.house
    challenge = house.accounts.begin_sign_in(EMAIL, origin=AWAY)
    house.accounts.sign_in_with_code(EMAIL, challenge, code_in(house, "email"), origin=AWAY)
    assert [message.title for message in arrived(house)].count(STRANGE_PLACE) == 2
    challenge = house.accounts.begin_recovery(EMAIL, origin=HOME)
    code = code_in(house, "email")
    house.accounts.recover(EMAIL, challenge, code, NEW, NEW, origin=HOME)
    titles = [message.title for message in arrived(house)]
    assert (titles.count(STRANGE_PLACE), titles.count(SECURITY)) == (2, 2)


def test_where_one_registered_is_no_strange_place(house: House) -> None:
    begun = house.begin()
    house.accounts.register(house.form(begun), origin=HOME)
    arrived(house)
    house.accounts.sign_in(EMAIL, PASSWORD, origin=HOME)
    assert arrived(house) == []


def test_a_call_from_inside_is_no_strange_place(person: Person) -> None:
    arrived(person.house)
    person.house.accounts.sign_in(EMAIL, PASSWORD, origin=NOWHERE)
    assert arrived(person.house) == []


def test_a_sign_in_that_fails_is_told_to_nobody(person: Person) -> None:
    arrived(person.house)
    with pytest.raises(NotProved):
        person.house.accounts.sign_in(EMAIL, NEW, origin=AWAY)
    assert arrived(person.house) == []


def test_a_contact_that_is_replaced_is_told_and_so_are_the_new_and_the_others(
    person: Person,
) -> None:
    house = person.house
    challenge = house.accounts.begin_bind(person.token, NEW_PHONE)
    code = code_in(house, "sms")
    arrived(house)
    house.accounts.bind(person.token, NEW_PHONE, challenge, code)
    told = arrived(house)
    assert {message.title for message in told} == {SECURITY}
    assert sorted(message.address.reveal() for message in told) == sorted(
        each.reveal() for each in (EMAIL, PHONE, NEW_PHONE)
    )


def test_a_new_e_mail_address_is_bound_by_its_code(person: Person) -> None:
    house = person.house
    challenge = house.accounts.begin_bind(person.token, NEW_MAIL)
    code = code_in(house, "email")
    arrived(house)
    house.accounts.bind(person.token, NEW_MAIL, challenge, code)
    assert {message.address.reveal() for message in arrived(house)} == {
        EMAIL.reveal(),
        PHONE.reveal(),
        NEW_MAIL.reveal(),
    }
    assert house.accounts.sign_in(NEW_MAIL, PASSWORD).subject == person.subject
    with pytest.raises(NotProved):
        house.accounts.sign_in(EMAIL, PASSWORD)


def test_sessions_are_listed_with_their_places_and_ended_but_for_this_one(person: Person) -> None:
    house = person.house
    away = house.accounts.sign_in(EMAIL, PASSWORD, origin=AWAY).token
    house.clock.forward(seconds=1)
    here = house.accounts.sign_in(EMAIL, PASSWORD, origin=HOME).token
    newest, *others = house.accounts.sessions(here)
    assert (newest.here, newest.device, newest.place) == (True, HOME.device, "192.0.2.0/24")
    assert (False, AWAY.device, "198.51.100.0/24") in {
        (other.here, other.device, other.place) for other in others
    }
    assert house.accounts.sign_out_everywhere(here, but_here=True) == 3
    assert (stands(house, here), stands(house, away)) == (True, False)


# --- contacts that are new (A21) -----------------------------------------------------------------


@pytest.mark.parametrize("act", ["copy", "erase"])
def test_a_new_contact_proves_no_grave_request_until_it_is_thirty_days_old(
    person: Person, act: str
) -> None:
    house, subject = person.house, person.subject
    house.clock.forward(days=40)
    person.token = house.accounts.sign_in(EMAIL, PASSWORD).token
    for address, channel in ((NEW_MAIL, "email"), (NEW_PHONE, "sms")):
        challenge = house.accounts.begin_bind(person.token, address)
        house.accounts.bind(person.token, address, challenge, code_in(house, channel))
        if address is NEW_MAIL:
            arrived(house)
            house.rights.begin_proof(subject, act)
            assert [message.address for message in arrived(house)] == [PHONE]
    with pytest.raises(Refused):
        house.rights.begin_proof(subject, act)
    house.clock.forward(days=SEASONED_DAYS)
    arrived(house)
    house.rights.begin_proof(subject, act)
    assert [message.address for message in arrived(house)] == [NEW_MAIL]


def test_the_age_of_a_contact_begins_with_its_own_proof(person: Person) -> None:
    house = person.house
    house.clock.forward(days=40)
    assert house.accounts.contact_age(person.subject, "contact.phone") == 40 * DAY
    person.token = house.accounts.sign_in(EMAIL, PASSWORD).token
    bind(person)
    assert house.accounts.contact_age(person.subject, "contact.phone") == 0
    assert house.accounts.contact_age(person.subject, "contact.email") == 40 * DAY
    assert house.accounts.contact_age(person.subject, "contact.address") is None


# --- after the end (A22) -------------------------------------------------------------------------


def tries(
    house: House, subject: SubjectId, token: Secret, codes: dict[str, tuple[str, Secret]]
) -> list[Callable[[], object]]:
    """Return every way in there was."""
    accounts, gate = house.accounts, house.gate
    return [
        lambda: accounts.sign_in(EMAIL, PASSWORD),
        lambda: accounts.sign_in(PHONE, PASSWORD),
        lambda: accounts.sign_in(Secret("lina-1990"), PASSWORD),
        lambda: accounts.sign_in_with_code(EMAIL, *codes["login"]),
        lambda: accounts.recover(EMAIL, *codes["recover"], NEW, NEW),
        lambda: accounts.who(token),
        lambda: accounts.step_up(token, PASSWORD),
        lambda: accounts.sessions(token),
        lambda: accounts.begin_bind(token, NEW_PHONE),
        lambda: accounts.change_password(token, PASSWORD, NEW, NEW),
        lambda: accounts.close(token),
        lambda: house.rights.prove(subject, "erase", *codes["confirm"]),
        lambda: house.rights.begin_proof(subject, "copy"),
        lambda: house.contact.advertise(subject, "hello", base="https://example.com/stop/"),
        lambda: gate.standing(subject),
        lambda: gate.trail(subject),
        lambda: gate.perform(
            Use(subject=subject, fields=("contact.email",), purpose="support"), by=SYSTEM
        ),
        lambda: gate.perform(
            Collect(subject=subject, values={"contact.email": EMAIL}, purpose="account"), by=SYSTEM
        ),
        lambda: gate.perform(
            house.troth.notices.notify(subject, "no_account", channels=("email",)), by=SYSTEM
        ),
    ]


@pytest.mark.clause("6.4a")
def test_after_the_end_nothing_works_and_no_address_is_left_to_write_to(house: House) -> None:
    subject = house.register(values={"account.login": Secret("lina-1990")}).subject
    person = Person(house)
    stop = house.troth.proof.links.write(subject, "stop/marketing")
    codes: dict[str, tuple[str, Secret]] = {}
    for flow, begin in (
        ("login", lambda: house.accounts.begin_sign_in(EMAIL)),
        ("recover", lambda: house.accounts.begin_recovery(EMAIL)),
        ("confirm", lambda: house.rights.begin_proof(subject, "erase")),
    ):
        challenge = begin()
        codes[flow] = (challenge, code_in(house, "email"))
    certificate = house.accounts.close(person.token)
    assert certificate.complete
    arrived(house)
    for way in tries(house, subject, person.token, codes):
        with pytest.raises((NotProved, Erased, Refused, NotFound)):
            way()
    with suppress(TrothError):
        house.contact.stop(stop)
    assert arrived(house) == []
    for field, value in (("contact.email", EMAIL), ("contact.phone", PHONE)):
        asked = Find(subject=None, field=field, value=value, purpose="authenticate")
        assert house.gate.perform(asked, by=SYSTEM).found == ()


def test_what_was_on_its_way_to_a_closed_account_is_not_sent(person: Person) -> None:
    house = person.house
    arrived(house)
    told = house.troth.notices.notify(person.subject, "no_account", channels=("email",))
    house.gate.perform(told, by=SYSTEM)
    house.accounts.close(person.token)
    assert [message.title for message in arrived(house)] == ["您的账号已注销，信息已删除"]


def test_whoever_gets_the_number_next_registers_anew_and_sees_nothing_of_before(
    house: House,
) -> None:
    former = house.register(values={"account.login": Secret("lina-1990")}).subject
    person = Person(house)
    house.accounts.close(person.token)
    house.deliver()
    welcome = house.register(email=NEW_MAIL, values={"account.login": Secret("lina-1990")})
    assert welcome.subject != former
    assert house.held(welcome.subject) == {
        *("account.login", "account.password", "contact.email", "contact.phone")
    }
    entries = house.gate.trail(welcome.subject)
    assert entries[0].kind == "subject.admitted"
    assert all(entry.at == entries[0].at for entry in entries if entry.kind == "data.collected")
    assert [session.here for session in house.accounts.sessions(welcome.token)] == [True]
    with pytest.raises(NotProved):
        house.accounts.sign_in(EMAIL, PASSWORD)
