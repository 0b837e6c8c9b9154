"""Letters and calls at the desk: entered as they came, by the privacy desk alone (11.2, 11.3)."""

import re

import pytest

from tests.interfaces.console.office import officer, paper
from tests.interfaces.visitor import BASE, Visitor, hidden
from troth.app import Troth

NUMBER = re.compile(r"r-[0-9a-f]{12}")
FORM = {
    "channel": "letter",
    "kind": "copy",
    "received": "",
    "name": "Chan Tai Man",
    "address": "12 Harbour Road, Wan Chai",
    "language": "en",
    "text": "Please send me a copy.",
}


@pytest.fixture(scope="module")
def desk(troth: Troth) -> Visitor:
    return officer(troth, "privacy", region="global")


def enter(desk: Visitor, scan: bytes = b"", **changes: str):
    page = desk.get("/desk/letters")
    fields = {**hidden(page.text, "/desk/letters"), **FORM, **changes}
    files = {"scan": ("scan.jpg", scan, "image/jpeg")} if scan else {"none": ("", b"", "x/y")}
    return desk.client.post(
        "/desk/letters", data=fields, files=files, headers={"origin": BASE}, follow_redirects=True
    )


def test_a_letter_is_entered_with_its_scan_and_named_by_its_number(
    troth: Troth, desk: Visitor
) -> None:
    page = enter(desk, bytes(paper().reveal_raw()), register="2026/0117")  # type: ignore[arg-type]
    found = NUMBER.search(page.text)
    assert page.status_code == 200, page.text
    assert found is not None
    came = troth.intake.came(found[0])
    assert came is not None
    assert (came.way, came.register) == ("letter", "2026/0117")
    held = troth.gate.standing(troth.rights.desk.find(found[0])).held
    assert "rights.letter" in held


def test_what_is_missing_is_said_at_its_field_and_nothing_typed_is_lost(desk: Visitor) -> None:
    page = enter(desk, register="")
    assert page.status_code == 422
    assert 'id="e-register"' in page.text
    assert "12 Harbour Road" in page.text
    assert enter(desk, register="2026/3", received="yesterday").status_code == 422
    assert enter(desk, register="2026/4", text="").status_code == 422


def test_the_requests_desk_leads_to_it(desk: Visitor) -> None:
    assert "/desk/letters" in desk.get("/desk/requests").text


def test_no_other_desk_enters_letters(troth: Troth) -> None:
    support = officer(troth, "support")
    assert support.get("/desk/letters").status_code == 403
