"""Clause 2.1.2: codes by e-mail and mobile, in registration, sign-in, binding and recovery."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from tests.chapters.factors import Person
from tests.chapters.people import EMAIL, PASSWORD, PHONE, House
from troth.app.rehearsal import code_in
from troth.documents.proof.codes import LIFE_MINUTES, PER_HOUR
from troth.model.errors import NotProved, TooMany
from troth.model.secret import Secret

LOGIN = Secret("lina-1990")
ELSE = {"email": Secret("na.li@mail.example"), "sms": Secret("+8613922223333")}
OWN = {"email": EMAIL, "sms": PHONE}
Begin = Callable[[], str]
Redeem = Callable[[str, Secret], object]


def arrived(house: House, channel: str) -> Secret:
    """Return the code that came, and let no other message be taken for it."""
    house.deliver()
    box = house.email if channel == "email" else house.sms
    found = [code for message in box.sent if (code := code_in(message.text.reveal()))]
    box.sent.clear()
    return Secret(found[-1])


def flows(house: House, channel: str) -> dict[str, tuple[Begin, Redeem]]:
    """Return, of each flow for whoever has an account, how it begins and how its code is used."""
    own, other, accounts = OWN[channel], ELSE[channel], house.accounts

    def bind(challenge: str, code: Secret) -> object:
        return accounts.bind(Person(house, LOGIN).token, other, challenge, code)

    return {
        "login": (
            lambda: accounts.begin_sign_in(own),
            lambda challenge, code: accounts.sign_in_with_code(own, challenge, code),
        ),
        "recover": (
            lambda: accounts.begin_recovery(own),
            lambda challenge, code: accounts.recover(own, challenge, code, PASSWORD, PASSWORD),
        ),
        "bind": (lambda: accounts.begin_bind(Person(house, LOGIN).token, other), bind),
    }


def is_good_once_in_its_own_flow(
    house: House, channel: str, name: str, ways: dict[str, tuple[Begin, Redeem]]
) -> Secret:
    """Go through one flow; return the code that was used."""
    begin, redeem = ways[name]
    challenge = begin()
    late = arrived(house, channel)
    house.clock.forward(seconds=60 * LIFE_MINUTES)
    with pytest.raises(NotProved):
        redeem(challenge, late)
    challenge = begin()
    code = arrived(house, channel)
    for other in ways.keys() - {name}:
        with pytest.raises(NotProved):
            ways[other][1](challenge, code)
    redeem(challenge, code)
    with pytest.raises(NotProved):
        redeem(challenge, code)
    return code


def registers_by_codes(house: House) -> None:
    begun = house.begin()
    values = {"account.login": LOGIN}
    late = house.form(begun, values=values)
    house.clock.forward(seconds=60 * LIFE_MINUTES)
    with pytest.raises(NotProved):
        house.accounts.register(late)
    form = house.form(house.begin(), values=values)
    for wrong in ("email_code", "phone_code"):
        with pytest.raises(NotProved):
            house.accounts.register(replace(form, **{wrong: Secret("000000")}))
    house.accounts.register(form)
    with pytest.raises(NotProved):
        house.accounts.register(form)


@pytest.mark.clause("2.1.2c")
@pytest.mark.parametrize("channel", ["email", "sms"])
def test_codes_work_in_all_four_flows(house: House, channel: str) -> None:
    """Each is good once, for ten minutes, in its flow, so often an hour, and kept as a digest."""
    registers_by_codes(house)
    ways, store = flows(house, channel), house.gate.regions[house.troth.home].store
    for name in ways:
        house.clock.forward(days=1)
        code = is_good_once_in_its_own_flow(house, channel, name, ways)
        kept = repr(store.query("SELECT * FROM codes"))
        assert code.reveal() not in kept
        assert OWN[channel].reveal() not in kept
    house.clock.forward(days=1)
    begin, _ = ways["login"]
    for _ in range(PER_HOUR):
        begin()
    with pytest.raises(TooMany):
        begin()
    with pytest.raises(TooMany):
        ways["recover"][0]()
