"""Done once: what is asked for twice under one key happens once (reliability F7)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.gate.house import ADDRESS, EMAIL, PRIVACY, SUPPORT, House
from troth.gate.again import KEEP_DAYS
from troth.model.acts import Collect, ConsentGiven, ConsentWithdrawn, Erase, Show, Use
from troth.model.errors import Erased, KeyReused, Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId

LOOK = {"fields": ("contact.email",), "purpose": "support", "ticket": "T-1"}


def marketing(subject: SubjectId) -> Use:
    return Use(subject=subject, fields=("contact.email",), purpose="marketing")


def keep(subject: SubjectId, value: Secret = ADDRESS) -> Collect:
    return Collect(subject=subject, values={"contact.address": value}, purpose="account")


def test_the_first_outcome_is_given_again(house: House) -> None:
    subject = house.admit("CN", "marketing", contact_email=EMAIL)
    first = house.perform(marketing(subject), key="k")
    again = house.perform(marketing(subject), key="k")
    assert (again.entries, again.values, again.replayed) == (first.entries, first.values, True)
    assert house.kinds(subject).count("data.used") == 1


def test_another_act_under_the_same_key_is_refused(house: House) -> None:
    subject = house.admit()
    house.perform(keep(subject), key="k")
    for other in (keep(subject, Secret("another")), ConsentGiven(subject=subject, to="marketing")):
        with pytest.raises(KeyReused):
            house.perform(other, key="k")


def test_a_key_belongs_to_whoever_used_it(house: House) -> None:
    subject = house.admit(contact_email=EMAIL)
    house.perform(Show(subject=subject, **LOOK), by=SUPPORT, key="k")
    with pytest.raises(KeyReused):
        house.perform(Show(subject=subject, **LOOK), by=PRIVACY, key="k")


@pytest.mark.clause("9.3c")
def test_nothing_is_released_again_after_its_consent_was_withdrawn(house: House) -> None:
    subject = house.admit("CN", "marketing", contact_email=EMAIL)
    house.perform(marketing(subject), key="k")
    house.perform(ConsentWithdrawn(subject=subject, to="marketing"))
    with pytest.raises(Refused):
        house.perform(marketing(subject), key="k")


def test_what_was_masked_is_masked_again(house: House) -> None:
    subject = house.admit(contact_email=EMAIL)
    first = house.perform(Show(subject=subject, **LOOK), by=SUPPORT, key="k")
    again = house.perform(Show(subject=subject, **LOOK), by=SUPPORT, key="k")
    assert again.values == first.values != {"contact.email": EMAIL}


def test_a_refused_act_leaves_its_key_free(house: House) -> None:
    subject = house.admit(contact_email=EMAIL)
    with pytest.raises(Refused):
        house.perform(marketing(subject), key="k")
    house.perform(ConsentGiven(subject=subject, to="marketing"))
    assert not house.perform(marketing(subject), key="k").replayed


def test_of_many_at_once_one_does_it(house: House) -> None:
    subject = house.admit()

    def ask(_: int) -> tuple[str, ...]:
        return house.perform(keep(subject), key="k").entries

    with ThreadPoolExecutor(6) as pool:
        outcomes = set(pool.map(ask, range(12)))
    assert len(outcomes) == 1
    assert house.kinds(subject).count("data.collected") == 2


@pytest.mark.clause("9.4-6")
def test_an_erasure_forgets_every_key_of_the_subject(house: House) -> None:
    subject = house.admit()
    house.perform(keep(subject), key="k")
    house.perform(Erase(subject=subject), key="end")
    assert house.rooms().store.query("SELECT * FROM performed") == []
    with pytest.raises(Erased):
        house.perform(Erase(subject=subject), key="end")


def test_a_key_is_new_again_after_its_time(house: House) -> None:
    subject = house.admit()
    house.perform(keep(subject), key="k")
    house.clock.forward(days=KEEP_DAYS + 1)
    house.gate.tick()
    assert not house.perform(keep(subject), key="k").replayed


@pytest.mark.clause("7.1b")
def test_what_is_kept_of_a_key_holds_no_value(house: House) -> None:
    subject = house.admit("CN", "marketing", contact_email=EMAIL)
    house.perform(keep(subject), marketing(subject), key="k")
    (row,) = house.rooms().store.query("SELECT digest, outcome FROM performed")
    for value in (EMAIL, ADDRESS):
        assert value.reveal().encode() not in bytes(row[0]) + bytes(row[1])
