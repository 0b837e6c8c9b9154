"""The terms desk and the paper register in the console: looked at, approved, entered, certified."""

import re

import pytest

from tests.interfaces.console.office import officer, someone
from tests.interfaces.visitor import Visitor
from troth.app import Troth


@pytest.fixture(scope="module")
def privacy(troth: Troth) -> Visitor:
    return officer(troth, "privacy")


def test_a_plan_is_made_looked_at_and_approved(troth: Troth, privacy: Visitor) -> None:
    page = privacy.get("/desk/terms")
    assert page.status_code == 200
    assert "The schedule" in page.text
    assert "its key is destroyed" in page.text
    planned = privacy.send(page, "/desk/terms", do="plan")
    assert "nothing was erased" in planned.text
    plan = troth.retention.waiting
    assert plan is not None
    done = privacy.send(planned, "/desk/terms", do="approve", plan=plan.id)
    assert "Approved" in done.text
    assert troth.retention.sweeping.approved()
    again = privacy.send(done, "/desk/terms", do="plan")
    stale = privacy.send(again, "/desk/terms", do="approve", plan=plan.id)
    assert stale.status_code in (404, 422)


def test_the_months_ahead_stand_in_a_picture_and_in_a_table(privacy: Visitor) -> None:
    text = privacy.get("/desk/terms").text
    assert "<svg" in text
    assert len(re.findall(r"<th scope=\"row\">20\d\d-\d\d</th>", text)) == 13


@pytest.mark.clause("9.4-7")
def test_paper_is_entered_moved_and_destroyed_with_a_certificate(
    troth: Troth, privacy: Visitor
) -> None:
    member = someone(troth)
    subject = str(member.subject) if hasattr(member, "subject") else ""
    page = privacy.get("/desk/paper")
    entered = privacy.send(
        page,
        "/desk/paper",
        subject=subject,
        letter="" if subject else "L-2026/9",
        category="contact.email" if subject else "rights.letter",
        kind="form",
        pages="2",
        place="cabinet 3, shelf 2",
    )
    assert "Entered" in entered.text
    (paper,) = troth.retention.papers.all()
    place = f"/desk/paper/{paper.id}"
    one = privacy.get(place)
    assert "cabinet 3, shelf 2" in one.text
    moved = privacy.send(one, place, do="move", place="cabinet 4")
    assert "cabinet 4" in moved.text
    gone = privacy.send(moved, place, do="destroy", way="shredded P-4")
    assert "Certificate of destruction" in gone.text
    assert "DIN 66399 P-4" in gone.text
    assert place in privacy.get("/desk/paper").text


def test_what_is_wrong_with_an_entry_stands_at_its_field(privacy: Visitor) -> None:
    page = privacy.get("/desk/paper")
    wrong = privacy.send(
        page,
        "/desk/paper",
        letter="L-1",
        category="rights.letter",
        kind="form",
        pages="1",
        place="",
    )
    assert wrong.status_code == 422
    assert "L-1" in wrong.text


@pytest.mark.parametrize("place", ["/desk/terms", "/desk/paper"])
def test_another_role_is_sent_away(troth: Troth, place: str) -> None:
    assert officer(troth, "support").get(place).status_code == 403
