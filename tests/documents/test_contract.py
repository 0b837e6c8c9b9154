"""Agreements: in force for their span, their purposes and their categories, and no further."""

import pytest
from msgspec.structs import replace

from troth.documents.contract import Contract, Contracts
from troth.model.clock import DAY, Moment, moment
from troth.model.errors import BadInput
from troth.store.sql import Store

AT = moment("2026-11-22")
CONTRACT = Contract(
    reference="C-1",
    recipient="cloud-infra",
    purposes=("provide", "support"),
    fields=("contact", "identity.name"),
    since=AT,
    until=Moment(AT + 30 * DAY),
)


@pytest.fixture
def contracts(data_store: Store) -> Contracts:
    return Contracts(data_store)


@pytest.mark.clause("4.1.4d")
@pytest.mark.parametrize(
    ("purpose", "fields", "days", "there"),
    [
        ("provide", ("contact.email", "identity.name"), 0, True),
        ("provide", ("contact.email",), 29.9, True),
        ("provide", ("contact.email",), 30, False),
        ("provide", ("contact.email",), -1, False),
        ("marketing", ("contact.email",), 0, False),
        ("provide", ("contact.email", "identity.id_number"), 0, False),
    ],
)
def test_an_agreement_covers_what_it_lists_while_it_lasts(
    contracts: Contracts, purpose: str, fields: tuple[str, ...], days: float, there: bool
) -> None:
    contracts.keep(CONTRACT)
    at = Moment(AT + round(days * DAY))
    facts = contracts.facts("cloud-infra", purpose, fields, at=at)
    assert facts == (frozenset({"contract"}) if there else frozenset())


def test_it_covers_its_own_recipient_alone(contracts: Contracts) -> None:
    contracts.keep(CONTRACT)
    assert not contracts.facts("partners", "provide", ("contact.email",), at=AT)


def test_an_extension_replaces_the_old_term(contracts: Contracts) -> None:
    contracts.keep(CONTRACT)
    contracts.keep(replace(CONTRACT, until=Moment(AT + 60 * DAY)))
    (kept,) = contracts.all()
    assert kept.until == AT + 60 * DAY


def test_an_early_end_is_the_end(contracts: Contracts) -> None:
    contracts.keep(CONTRACT)
    assert contracts.end("C-1", at=Moment(AT + DAY))
    assert not contracts.end("C-1", at=Moment(AT + DAY))
    assert not contracts.facts("cloud-infra", "provide", ("contact.email",), at=Moment(AT + DAY))


@pytest.mark.parametrize("wrong", [{"purposes": ()}, {"fields": ()}, {"until": AT}])
def test_an_agreement_that_covers_nothing_is_refused(
    contracts: Contracts, wrong: dict[str, object]
) -> None:
    with pytest.raises(BadInput):
        contracts.keep(replace(CONTRACT, **wrong))


def test_the_ledgers_word_names_paper_and_recipient() -> None:
    assert CONTRACT.signed().record() == {
        "event": "contract.signed",
        "reference": "C-1",
        "recipient": "cloud-infra",
        "until": "2026-12-22",
    }
