"""An agent asks: only for what a power of attorney covers, and while it stands (11.3b)."""

import pytest

from tests.chapters.people import House
from tests.chapters.requests.strangers import FIRST, SECOND, claim, opened, seasoned
from troth.chapters.rights.desk import Opened
from troth.chapters.rights.fulfilling import Particulars
from troth.chapters.rights.proving import Brought
from troth.documents.intake.powers import Power
from troth.documents.requests.claims import Agent
from troth.model.clock import DAY, Moment
from troth.model.errors import Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId

AGENT = "Rights & Co"
KEYED = "PERMISSION"
WHAT = Particulars(fields=("contact.phone",))


@pytest.fixture
def subject(house: House) -> SubjectId:
    return seasoned(house)


def power(house: House, subject: SubjectId, *scope: str, agent: str = AGENT) -> Power:
    until = Moment(house.clock.now() + 30 * DAY)
    return house.troth.intake.powers.enter(subject, agent, scope, until=until, by=FIRST)


def asked(house: House, kind: str = "delete", key: str = "") -> Opened:
    """Return a request of an agent; ``key``: one that is known by its key."""
    agent = Agent(
        name=Secret("代理人"), email=Secret("a@law.example"), id=key, authority=Secret("1")
    )
    return opened(house, kind, claim=claim(agent=agent))


def verify(house: House, subject: SubjectId, found: Opened, agent: str = AGENT) -> None:
    desk = house.rights.desk
    challenge = desk.begin_verification(found.requester, found.number, subject, by=FIRST)
    code = Secret(house.code(house.email))
    brought = Brought(challenge=challenge, code=code, agent=agent)
    told = {"subject": subject, "method": "code", "brought": brought}
    desk.verify(found.requester, found.number, by=FIRST, **told)  # type: ignore[arg-type]


def refused(house: House, subject: SubjectId, found: Opened, agent: str = AGENT) -> bool:
    """Tell whether it is not theirs to ask; the request stays a stranger's then."""
    with pytest.raises(Refused, match="no power of attorney") as told:
        verify(house, subject, found, agent)
    assert (told.value.clause, bool(told.value.remedy)) == ("11.3", True)
    return house.rights.desk.find(found.number) == found.requester


def test_without_a_power_no_agent_asks_for_anybody(house: House, subject: SubjectId) -> None:
    assert refused(house, subject, asked(house))


def test_a_power_for_something_else_or_somebody_else_is_none(
    house: House, subject: SubjectId
) -> None:
    power(house, subject, "access", "copy")
    power(house, subject, "delete", agent="Others")
    for named in (AGENT, "", "Nobody"):
        assert refused(house, subject, asked(house), named)


def test_a_power_of_another_subject_is_none(house: House, subject: SubjectId) -> None:
    other = house.register(
        email=Secret("other@mail.example"), phone=Secret("+8613900000009")
    ).subject
    power(house, other, "delete")
    assert refused(house, subject, asked(house))


def test_who_is_known_by_their_key_speaks_for_nobody_else(house: House, subject: SubjectId) -> None:
    power(house, subject, "delete")
    assert refused(house, subject, asked(house, key=KEYED))
    power(house, subject, "delete", agent=KEYED)
    found = asked(house, key=KEYED)
    verify(house, subject, found, agent="")
    assert house.rights.desk.find(found.number) == subject


@pytest.mark.parametrize("ends", ["its day", "its subject"])
def test_a_power_that_ended_proves_nothing(house: House, subject: SubjectId, ends: str) -> None:
    made = power(house, subject, "delete")
    if ends == "its day":
        house.clock.forward(days=31)
    else:
        house.troth.intake.powers.stop(subject, made.id)
    assert refused(house, subject, asked(house))


@pytest.mark.parametrize("ends", ["its day", "its subject", "nothing"])
def test_what_was_proved_is_done_only_while_the_power_stands(
    house: House, subject: SubjectId, ends: str
) -> None:
    desk, made, found = house.rights.desk, power(house, subject, "delete"), asked(house)
    verify(house, subject, found)
    house.clock.forward(days=31 if ends == "its day" else 3)
    if ends == "its subject":
        house.troth.intake.powers.stop(subject, made.id)
    desk.propose(subject, found.number, by=FIRST)
    if ends == "nothing":
        desk.answer(subject, found.number, WHAT, by=SECOND)
        assert desk.status(found.number).state == "fulfilled"
        return
    for act in (
        lambda: desk.answer(subject, found.number, WHAT, by=SECOND),
        lambda: house.rights.erase(subject, settles=found.number, by=SECOND),
    ):
        with pytest.raises(Refused, match="no power of attorney"):
            act()
    assert "contact.phone" in house.held(subject)
