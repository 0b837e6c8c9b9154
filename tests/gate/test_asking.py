"""What is handed over: one question together, with the consents that stand and no others."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.gate.house import BUILT, House, SqliteHouses, opened
from troth.egress.recipients import Reply
from troth.gate import Asking
from troth.model.acts import ConsentGiven, ConsentRefused, ConsentWithdrawn, Share
from troth.model.clock import SetClock
from troth.model.errors import NotFound
from troth.model.secret import Secret
from troth.model.terms import SubjectId

KEY = "share/affiliates/provide"


class Kept:
    """A recipient that keeps what it was given."""

    id = "affiliates"

    def __init__(self) -> None:
        self.given: list[tuple[dict[str, str], str, str, SubjectId | None]] = []

    def deliver(
        self,
        purpose: str,
        values: Mapping[str, Secret],
        request_id: str,
        *,
        authorisation: str = "",
        task: str = "",
        subject: SubjectId | None = None,
    ) -> Reply:
        opened = {name: value.reveal() for name, value in values.items()}
        self.given.append((opened, authorisation, task, subject))
        return Reply(reference=request_id)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return SqliteHouses(tmp_path_factory.mktemp("built")).template


@pytest.fixture
def port() -> Kept:
    return Kept()


@pytest.fixture
def house(template: Path, tmp_path: Path, port: Kept) -> Iterator[House]:
    folder = tmp_path / "house"
    shutil.copytree(template, folder)
    with opened(folder, SetClock(BUILT), recipients={"affiliates": port}) as house:
        yield house


def share(subject: SubjectId, *fields: str, task: str = "") -> Share:
    return Share(
        subject=subject,
        recipient="affiliates",
        fields=fields,
        purpose="provide",
        facts=frozenset({"contract", "business_need", "impact_assessed", "standard_contract"}),
        task=task,
    )


def test_one_question_about_two_subjects_is_one_delivery(house: House, port: Kept) -> None:
    one = house.admit("EEA", contact_email=Secret("a@mail.example"))
    two = house.admit("EEA", contact_phone=Secret("+4915112345678"))
    for who in (one, two):
        house.perform(ConsentGiven(subject=who, to=KEY))
    outcome = house.perform(
        share(one, "contact.email", task="both"), share(two, "contact.phone", task="both")
    )
    ((values, authorisation, task, subject),) = port.given
    assert values == {"contact.email": "a@mail.example", "contact.phone": "+4915112345678"}
    entries = [house.gate.standing(who).consents[KEY].entry for who in (one, two)]
    assert (authorisation, task, subject) == (",".join(entries), "both", one)
    assert outcome.replies["affiliates"].reference == outcome.entries[0]


def test_two_questions_are_two_deliveries(house: House, port: Kept) -> None:
    one = house.admit("EEA", contact_email=Secret("a@mail.example"))
    house.perform(share(one, "contact.email", task="a"), share(one, "contact.email", task="b"))
    assert [task for _, _, task, _ in port.given] == ["a", "b"]


def test_one_who_did_not_authorise_it_leaves_a_question_without_authorisation(
    house: House, port: Kept
) -> None:
    one = house.admit("EEA", contact_email=Secret("a@mail.example"))
    two = house.admit("EEA", contact_phone=Secret("+4915112345678"))
    house.perform(ConsentGiven(subject=one, to=KEY))
    house.perform(share(one, "contact.email"), share(two, "contact.phone"))
    assert port.given[0][1] == ""


@pytest.mark.parametrize("word", [ConsentRefused, ConsentWithdrawn])
def test_a_refusal_is_no_authorisation(
    house: House, port: Kept, word: type[ConsentRefused] | type[ConsentWithdrawn]
) -> None:
    one = house.admit("EEA", contact_email=Secret("a@mail.example"))
    house.perform(ConsentGiven(subject=one, to=KEY), word(subject=one, to=KEY))
    house.perform(share(one, "contact.email"))
    assert port.given[0][1] == ""


def test_the_task_stands_in_the_ledger_where_there_is_one(house: House) -> None:
    one = house.admit("EEA", contact_email=Secret("a@mail.example"))
    house.perform(share(one, "contact.email", task="a"), share(one, "contact.email"))
    told = [entry.what for entry in house.recent("data.shared", one.region)]
    assert sorted(what.get("task", "none") for what in told) == ["a", "none"]


def test_where_no_authority_is_connected_there_is_nothing_to_ask(house: House) -> None:
    asking = Asking(house.gate, "id-authority")
    one = house.admit("EEA")
    assert not asking.connected(one)
    assert (asking.checks(one), asking.flows(one), asking.due()) == (frozenset(), [], [])
    assert asking.known(one, {}) is None
    assert not asking.over(one, {})
    with pytest.raises(NotFound):
        asking.called({}, b"")
    with pytest.raises(NotFound):
        asking.confirm(one, "none", Secret(""))
