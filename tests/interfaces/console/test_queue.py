"""The queue of requests: legal and own days apart, filtered, as a table, in figures (9.7)."""

import csv
import io

import pytest
from httpx import Response

from tests.interfaces.console.office import officer, request, someone
from tests.interfaces.visitor import Visitor, hidden
from troth.app import Troth
from troth.interfaces.console.queue import COLUMNS, safe
from troth.model.acts import Actor
from troth.model.secret import Secret

ME = Actor(kind="subject", assurance=2)


@pytest.fixture(scope="module")
def desk(troth: Troth) -> Visitor:
    return officer(troth, "privacy")


@pytest.fixture(scope="module")
def colleague(troth: Troth) -> Visitor:
    return officer(troth, "privacy")


def do(visitor: Visitor, place: str, what: str, **fields: str) -> Response:
    token = hidden(visitor.get("/desk").text, "/sign-out")
    return visitor.post(place, {**token, "do": what, **fields})


def test_legal_and_own_day_stand_apart(troth: Troth, desk: Visitor) -> None:
    number = request(troth, someone(troth).subject)
    page = desk.get("/desk/requests").text
    assert number in page
    assert "Legal day" in page
    assert "Our own day" in page


def test_a_filter_leaves_out_what_does_not_fit(troth: Troth, desk: Visitor) -> None:
    number = request(troth, someone(troth).subject)
    assert number in desk.get("/desk/requests?kind=explain&age=week").text
    assert number not in desk.get("/desk/requests?kind=copy").text
    assert number not in desk.get("/desk/requests?whose=mine").text
    assert number in desk.get("/desk/requests?whose=nobody").text


def test_the_queue_is_given_as_a_table_without_anybody_in_it(troth: Troth, desk: Visitor) -> None:
    member = someone(troth)
    number = request(troth, member.subject)
    answer = desk.get("/desk/requests/table.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert tuple(rows[0]) == COLUMNS
    assert number in {row[0] for row in rows}
    assert str(member.subject) not in answer.text


def test_a_cell_that_could_be_a_formula_is_none() -> None:
    assert [safe(cell) for cell in ("=1", "+1", "@a", "-2", "-a")] == [
        *("'=1", "'+1", "'@a", "-2", "'-a"),
    ]


def test_figures_are_drawn_and_stand_in_a_table(troth: Troth, desk: Visitor) -> None:
    request(troth, someone(troth).subject)
    page = desk.get("/desk/requests/figures").text
    assert page.count("<svg") >= 6
    assert page.count("<table>") == 3
    assert "Explain a rule or a decision" in page


def test_a_grave_request_is_proposed_by_one_and_confirmed_by_another(
    troth: Troth, desk: Visitor, colleague: Visitor
) -> None:
    member = someone(troth)
    number = troth.rights.desk.request(
        member.subject, "delete", text=Secret("x"), ground="unlawful", by=ME
    )
    place = f"/desk/requests/{member.subject}/{number}"
    assert "This takes two members of staff" in desk.get(place).text
    do(desk, place, "answer")
    assert do(desk, place, "answer").status_code == 422
    do(colleague, place, "answer", **{"field.contact.phone": "yes"})
    assert troth.rights.desk.status(number).state == "fulfilled"
    assert "contact.phone" not in troth.gate.standing(member.subject).held


def test_the_steps_are_drawn_and_the_package_is_previewed(troth: Troth, desk: Visitor) -> None:
    member = someone(troth)
    number = troth.rights.desk.request(member.subject, "access", by=ME)
    place = f"/desk/requests/{member.subject}/{number}"
    page = desk.get(place).text
    for told in ("Verify who asks", "Discover what is held", "Review what goes out", "Hand over"):
        assert told in page
    do(desk, place, "discover")
    do(desk, place, "leave_out", **{"out.contact.phone": "others_at_risk"})
    do(desk, place, "prepare")
    troth.tick()
    shown = do(desk, place, "preview").text
    assert "data.json" in shown
    assert "others are in it" in shown
    do(desk, place, "answer")
    assert troth.rights.desk.status(number).state == "fulfilled"


def test_who_asks_from_outside_is_shown_on_a_click_and_proved_at_the_desk(
    troth: Troth, desk: Visitor
) -> None:
    desk_ = troth.rights.desk
    claim = desk_.claim(values={"contact.email": Secret("out@side.example")})
    opened = desk_.open_unproved("access", claim, channel="letter", residence="CN")
    place = f"/desk/requests/{opened.requester}/{opened.number}"
    page = desk.get(place).text
    assert "not proved yet" in page
    assert "out@side.example" not in page
    assert "out@side.example" in do(desk, place, "look").text
    whose = someone(troth).subject
    sent = do(desk, place, "code", whose=str(whose))
    assert f"/code/{whose}/" in str(sent.url)
    wrong = do(desk, place, "verify", whose=str(whose), method="documents")
    assert wrong.status_code in (401, 403)
    assert troth.rights.desk.find(opened.number) == opened.requester
