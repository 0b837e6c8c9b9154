"""Chapter 5: what a customer stores with us is the customer's."""

import pytest

from tests.chapters.people import PRIVACY, SUPPORT, House
from troth.model.acts import SYSTEM, Actor, Collect, Export, Show, Use
from troth.model.errors import Refused
from troth.model.secret import Secret


def test_nobody_of_us_sees_or_uses_business_data_without_the_customers_word(house: House) -> None:
    subject = house.register().subject
    fields = ("business.data",)
    for by in (PRIVACY, SUPPORT, Actor(kind="staff", id="s7", role="technician"), SYSTEM):
        for purpose in house.gate.policy().edition.purposes:
            for act in (Use, Show, Export):
                with pytest.raises(Refused):
                    house.gate.perform(act(subject=subject, fields=fields, purpose=purpose), by=by)


def test_business_data_is_not_taken_in_without_an_instruction(house: House) -> None:
    subject = house.register().subject
    data = Collect(subject=subject, values={"business.data": Secret(b"x")}, purpose="provide")
    with pytest.raises(Refused) as refused:
        house.gate.perform(data)
    assert "5.1b" in refused.value.decision.clauses  # type: ignore[attr-defined]
