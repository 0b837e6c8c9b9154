"""A stranger proves a request by the link in its letter, and a code (policy 9.7; A21)."""

import re
from collections.abc import Iterator

import pytest
from httpx import Response
from msgspec import Struct

from tests.interfaces.visitor import Visitor
from tests.support.letters import last_code, letters
from troth import app
from troth.app import Troth
from troth.chapters.rights.desk import Opened
from troth.model.acts import Actor
from troth.model.clock import MINUTE, Moment, SetClock, SystemClock
from troth.model.secret import Secret
from troth.model.terms import SubjectId

DESK = Actor(kind="staff", id="s-1", role="privacy", assurance=2)
REPLY = "stranger@elsewhere.example"
LINK = re.compile(r"/prove/[\w-]+")
WRONG = "The code is wrong, used or late"


class Asked(Struct, frozen=True):
    """A request from outside, the place its letter names, and whose it really is."""

    troth: Troth
    clock: SetClock
    opened: Opened
    place: str
    subject: SubjectId

    def send_code(self) -> str:
        """Have the desk send a code to the subject's old contact; return it."""
        told = (self.opened.requester, self.opened.number, self.subject)
        self.troth.rights.desk.begin_verification(*told, by=DESK)
        return last_code(self.troth, "email")

    def enter(self, code: str, language: str = "en") -> Response:
        visitor = Visitor(self.troth, language)
        return visitor.send(visitor.get(self.place), self.place, code=code)

    @property
    def proved(self) -> bool:
        return self.troth.rights.desk.find(self.opened.number) == self.subject


@pytest.fixture
def asked() -> Iterator[Asked]:
    clock = SetClock(SystemClock().now())
    with app.memory(clock=clock) as troth:
        member = Visitor(troth, "en")
        member.register()
        desk = troth.rights.desk
        claim = desk.claim(
            values={"contact.email": Secret(member.email)}, reply={"email": Secret(REPLY)}
        )
        opened = desk.open_unproved(
            "delete", claim, channel="letter", residence="CN", language="en"
        )
        (letter,) = [one["text"] for one in letters(troth, "email") if one["to"] == REPLY]
        found = LINK.search(letter)
        assert found is not None
        yield Asked(troth, clock, opened, found[0], member.subject)


@pytest.mark.clause("9.7a")
def test_a_stranger_types_the_code_and_the_request_is_theirs(asked: Asked) -> None:
    code = asked.send_code()
    page = asked.enter(code)
    assert (page.status_code, asked.opened.number in page.text) == (200, True)
    assert asked.proved
    assert asked.troth.gate.standing(asked.subject).facts[f"request/{asked.opened.number}"]


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "确认请求出自本人"), ("en", "Show that a request is yours")]
)
def test_the_page_speaks_both_languages_and_needs_no_script(
    asked: Asked, language: str, words: str
) -> None:
    page = Visitor(asked.troth, language).get(asked.place).text
    assert words in page
    assert "one-time-code" in page
    assert "<script" not in page.partition("<main")[2]


def test_the_link_says_nothing_of_anybody(asked: Asked) -> None:
    for told in (asked.opened.number, asked.opened.requester, asked.subject, "@"):
        assert told not in asked.place
    assert len(asked.place) > 60


def test_wrong_late_used_and_never_sent_have_one_answer(asked: Asked) -> None:
    answers = [asked.enter("000000")]
    code = asked.send_code()
    answers.append(asked.enter(f"{(int(code) + 1) % 10**6:06}"))
    answers.append(asked.enter("no code"))
    asked.clock.forward(seconds=11 * 60)
    answers.append(asked.enter(code))
    assert not asked.proved
    code = asked.send_code()
    assert asked.enter(code).status_code == 200
    answers.append(asked.enter(code))
    assert {answer.status_code for answer in answers} == {answers[0].status_code}
    assert all(WRONG in answer.text for answer in answers)


def test_a_code_takes_five_tries_here_too(asked: Asked) -> None:
    code = asked.send_code()
    for _ in range(5):
        asked.enter(f"{(int(code) + 1) % 10**6:06}")
    assert WRONG in asked.enter(code).text
    assert not asked.proved


def test_a_code_of_another_request_proves_nothing(asked: Asked) -> None:
    desk = asked.troth.rights.desk
    other = desk.request(asked.subject, "access", by=DESK)
    desk.begin_verification(asked.subject, other, asked.subject, by=DESK)
    assert WRONG in asked.enter(last_code(asked.troth, "email")).text
    assert not asked.proved


def test_a_link_that_is_altered_or_over_opens_nothing(asked: Asked) -> None:
    visitor = Visitor(asked.troth, "en")
    late = asked.troth.proof.tickets.seal(
        "prove request",
        Secret(asked.opened.number),
        until=Moment(asked.clock.now() - MINUTE),
    ).reveal()
    elsewhere = asked.troth.proof.tickets.seal(
        "greeting", Secret(asked.opened.number), until=asked.opened.due
    ).reveal()
    for token in ("x", "%3Cscript%3E", asked.place[len("/prove/") : -2] + "AA", late, elsewhere):
        page = visitor.get(f"/prove/{token}")
        assert (page.status_code, asked.opened.number in page.text) == (404, False)


def test_who_has_ended_is_told_no_more_than_others(asked: Asked) -> None:
    code = asked.send_code()
    asked.troth.rights.desk.deny(asked.opened.requester, asked.opened.number, "no_match", by=DESK)
    assert WRONG in asked.enter(code).text
    store = asked.troth.gate.regions[asked.opened.requester.region].store
    rows = store.query("SELECT said FROM requests WHERE number = ?", (asked.opened.number,))
    assert all(asked.subject.encode() not in bytes(said) for (said,) in rows)
