"""Signing in by a passkey: alone, once, in one browser, and by nobody else's."""

import pytest

from tests.chapters.factors import BROWSER, Person
from tests.chapters.people import House
from tests.support.authenticator import UP, Authenticator, Manner
from troth.app import PasskeyAnswer
from troth.documents.proof.origin import Origin
from troth.documents.proof.throttle import MOST, NETWORK
from troth.model.clock import MINUTE
from troth.model.errors import NotProved, TooMany
from troth.model.secret import Secret

NEW_PHONE = Secret("+8613900009999")


@pytest.fixture
def person(house: House) -> Person:
    house.register()
    return Person(house)


@pytest.fixture
def with_passkey(person: Person) -> Person:
    person.add_passkey()
    person.told()
    return person


def test_a_passkey_alone_signs_in_without_a_name(with_passkey: Person) -> None:
    signed = with_passkey.factors.sign_in(with_passkey.signed())
    assert signed.subject == with_passkey.subject
    assert with_passkey.accounts.who(signed.token)[1].assurance == 1


@pytest.mark.parametrize(
    "manner",
    [
        Manner(origin="https://evil.example"),
        Manner(origin="http://localhost:8421"),
        Manner(party="evil.example"),
        Manner(flags=UP),
        Manner(challenge="x" * 43),
        Manner(handle=False),
    ],
    ids=["origin", "port", "name", "not verified", "challenge", "nobody's"],
)
def test_a_passkey_used_in_a_wrong_way_signs_nobody_in(
    with_passkey: Person, manner: Manner
) -> None:
    with pytest.raises(NotProved) as refused:
        with_passkey.factors.sign_in(with_passkey.signed(manner))
    assert refused.value.field == "passkey"


def test_an_answer_is_good_once_and_in_one_browser(with_passkey: Person) -> None:
    given = with_passkey.signed()
    elsewhere = PasskeyAnswer(state=given.state, answer=given.answer, browser="browser 2")
    with pytest.raises(NotProved):
        with_passkey.factors.sign_in(elsewhere)
    with_passkey.factors.sign_in(given)
    with pytest.raises(NotProved):
        with_passkey.factors.sign_in(given)


def test_an_answer_is_good_for_what_was_asked(with_passkey: Person) -> None:
    token, ticket = with_passkey.token, with_passkey.sign_in().ticket
    with pytest.raises(NotProved):
        with_passkey.factors.step_up(token, with_passkey.signed())
    with pytest.raises(NotProved):
        with_passkey.factors.sign_in(with_passkey.signed(token=token))
    with pytest.raises(NotProved):
        with_passkey.factors.finish(ticket, with_passkey.signed())
    with_passkey.factors.finish(ticket, with_passkey.signed(ticket=ticket))


def test_a_late_answer_is_none(with_passkey: Person) -> None:
    given = with_passkey.signed()
    with_passkey.later(5 * MINUTE // 1000)
    with pytest.raises(NotProved):
        with_passkey.factors.sign_in(given)


def test_known_and_unknown_passkeys_are_one_answer(with_passkey: Person) -> None:
    wrong = []
    known = with_passkey.signed(Manner(flags=UP))
    stranger = Authenticator()
    stranger.create(
        with_passkey.factors.begin_passkey(with_passkey.token, browser=BROWSER).options.reveal()
    )
    with_passkey.device, mine = stranger, with_passkey.device
    unknown = with_passkey.signed()
    with_passkey.device = mine
    for given in (known, unknown):
        with pytest.raises(NotProved) as refused:
            with_passkey.factors.sign_in(given)
        wrong.append(str(refused.value))
    assert len(set(wrong)) == 1


def test_anothers_passkey_is_not_mine(with_passkey: Person) -> None:
    house = with_passkey.house
    house.register(email=Secret("wu@mail.example"), phone=NEW_PHONE)
    other = Person(house, Secret("wu@mail.example"))
    other.add_passkey()
    assert other.factors.sign_in(other.signed()).subject == other.subject
    # Their authenticator, saying that it is mine.
    other.device.made[0].handle = with_passkey.device.made[0].handle
    with pytest.raises(NotProved):
        other.factors.sign_in(other.signed())


def test_a_counter_that_goes_back_is_refused_and_told(person: Person) -> None:
    person.device = Authenticator(counts=True)
    person.add_passkey()
    for _ in range(3):
        person.factors.sign_in(person.signed())
    (kept,) = person.factors.had(person.token).passkeys
    assert kept.count == person.device.made[0].count == 4
    person.told()
    person.device.made[0].count = 1
    with pytest.raises(NotProved):
        person.factors.sign_in(person.signed())
    assert sum("副本" in text for text in person.told()) == 2
    assert any(
        entry.what.get("event") == "passkey.counted_back"
        for entry in person.house.gate.trail(person.subject)
    )
    person.device.made[0].count = 4
    person.factors.sign_in(person.signed())


def test_a_counter_that_stands_still_is_refused(person: Person) -> None:
    person.device = Authenticator(counts=True)
    person.add_passkey()
    person.device.counts = False
    with pytest.raises(NotProved):
        person.factors.sign_in(person.signed())


def test_wrong_answers_lock_nobody_out_of_a_passkey(with_passkey: Person) -> None:
    for _ in range(MOST + 1):
        with pytest.raises(NotProved):
            with_passkey.factors.sign_in(with_passkey.signed(Manner(flags=UP)))
    with_passkey.factors.sign_in(with_passkey.signed())


@pytest.mark.clause("7.1c")
def test_wrong_answers_from_one_network_have_to_wait(with_passkey: Person) -> None:
    origin = Origin(network="192.0.2.7")
    for _ in range(NETWORK.at_once):
        with pytest.raises(NotProved):
            with_passkey.factors.sign_in(with_passkey.signed(Manner(flags=UP)), origin=origin)
    with pytest.raises(TooMany):
        with_passkey.factors.sign_in(with_passkey.signed(), origin=origin)
