"""The minors desk: proofs, requests, findings, and the way back from one (policy 8.2 to 8.4)."""

import pytest
from httpx import Response

from tests.interfaces.console.office import appeal, guardian, officer, someone
from tests.interfaces.visitor import Visitor, hidden
from tests.support.letters import letters
from troth.app import Troth
from troth.model.errors import Erased, NotFound
from troth.model.terms import AgeBand, SubjectId


@pytest.fixture(scope="module")
def first(troth: Troth) -> Visitor:
    return officer(troth, "minors")


@pytest.fixture(scope="module")
def second(troth: Troth) -> Visitor:
    return officer(troth, "minors")


def do(visitor: Visitor, who: SubjectId, what: str, **fields: str) -> Response:
    """Press a button of a matter's page."""
    token = hidden(visitor.get("/desk").text, "/sign-out")
    return visitor.post(f"/desk/minors/{who}", {**token, "do": what, "ticket": "T-8", **fields})


def test_what_a_guardian_sent_is_shown_on_a_click_and_recorded(
    troth: Troth, first: Visitor
) -> None:
    who = guardian(troth)
    assert "陈洁" not in first.get(f"/desk/minors/{who}").text
    page = do(first, who, "look")
    assert "陈洁" in page.text
    assert "data:image/jpeg;base64," in page.text
    [look] = troth.staff.who_looked(who)
    assert (look.ticket, look.purpose) == ("T-8", "guardian")


def test_a_guardians_request_is_proved_then_answered_then_forgotten(
    troth: Troth, first: Visitor
) -> None:
    who = guardian(troth)
    assert "erased" in do(first, who, "decide", answer="yes").text
    assert "guardian.proof" not in troth.gate.standing(who).held
    assert "verified, waits for an answer" in first.get("/desk").text
    assert do(first, who, "decide", text="").status_code == 422
    do(first, who, "decide", text="没有这样的账号")
    assert "没有这样的账号" in letters(troth, "email")[-1]["text"]
    with pytest.raises((Erased, NotFound)):
        troth.gate.standing(who)


def test_before_a_proof_was_seen_nothing_is_answered(troth: Troth, first: Visitor) -> None:
    who = guardian(troth)
    page = do(first, who, "decide", text="tell all")
    assert page.status_code == 422
    assert 'id="e-answer"' in page.text


def test_no_step_is_taken_without_a_ticket(troth: Troth, first: Visitor) -> None:
    who = guardian(troth)
    page = do(first, who, "decide", answer="yes", ticket="")
    assert 'id="e-ticket"' in page.text
    assert troth.staff.who_looked(who) == []


def found(first: Visitor, **changed: str) -> Response:
    fields = {"ticket": "T-9", "sure": "yes"} | changed
    return first.send(first.get("/desk/finding"), "/desk/finding", **fields)


@pytest.mark.parametrize("field", ["subject", "ticket", "sure"])
def test_a_finding_needs_a_subject_a_ticket_and_to_be_sure(
    troth: Troth, first: Visitor, field: str
) -> None:
    member = someone(troth)
    page = found(first, **{"subject": str(member.subject), field: ""})
    assert page.status_code == 422
    assert f'id="e-{field}"' in page.text
    assert not troth.gate.standing(member.subject).restrictions


def test_a_finding_freezes_at_once_ends_sessions_and_is_told(troth: Troth, first: Visitor) -> None:
    member = someone(troth)
    subject = member.subject
    page = found(first, subject=str(subject))
    assert "The account is frozen" in page.text
    assert troth.gate.standing(subject).restrictions
    assert member.get("/me").url.path == "/sign-in"
    events = [entry.what for entry in troth.gate.trail(subject) if entry.kind == "house.event"]
    assert {"event": "child.found", "ticket": "T-9"} in events


def test_somebody_who_is_not_there_cannot_be_found(first: Visitor) -> None:
    assert found(first, subject="cn-nobody").status_code == 404


def test_an_appeal_takes_two_and_then_the_account_opens_again(
    troth: Troth, first: Visitor, second: Visitor
) -> None:
    who = appeal(troth, someone(troth).subject)
    assert "a colleague" in do(first, who, "decide", answer="yes").text.lower()
    page = first.get(f"/desk/minors/{who}")
    assert "somebody else has to confirm it" in page.text
    assert do(first, who, "decide", answer="yes").status_code == 422
    assert "the finding was wrong" in second.get(f"/desk/minors/{who}").text
    do(second, who, "decide", answer="yes")
    standing = troth.gate.standing(who)
    assert standing.age is AgeBand.ADULT
    assert not standing.restrictions


def test_an_appeal_that_the_second_sees_otherwise_begins_anew(
    troth: Troth, first: Visitor, second: Visitor
) -> None:
    who = appeal(troth, someone(troth).subject)
    do(first, who, "decide", answer="yes")
    do(second, who, "decide", answer="no")
    assert "Does the proof show" in first.get(f"/desk/minors/{who}").text
    assert troth.gate.standing(who).restrictions
