"""The real-name check: two consents apart, the warning at its field, the outcome (2.1.1, 2.3)."""

from io import BytesIO

import pytest
from httpx import Response
from PIL import Image

from tests.interfaces.visitor import BASE, Visitor, hidden
from troth.app import Troth

LI = {"identity.name": "李雷", "identity.id_number": "11010519491231002X"}


@pytest.fixture
def with_authority(troth: Troth) -> None:
    """Let the agreement with the identity authority be signed."""
    purposes, fields = ("realname",), ("identity", "contact")
    troth.agree("id-authority", reference="C-1", purposes=purposes, fields=fields)


@pytest.mark.clause("2.3b", "2.1.1g")
def test_the_number_is_not_kept_without_both_separate_consents(
    with_authority: None, member: Visitor
) -> None:
    page = member.get("/me/realname")
    refused = member.send(page, "/me/realname", **LI)
    assert refused.status_code == 403
    assert 'id="e-consents"' in refused.text
    assert "identity.id_number" not in member.troth.gate.standing(member.subject).held


@pytest.mark.clause("2.3b")
def test_a_warning_stands_at_the_sensitive_field(member: Visitor) -> None:
    page = member.get("/me/realname").text
    assert 'aria-describedby="h-identity.id_number' in page
    assert "敏感个人信息" in page


@pytest.mark.clause("2.1.1g", "2.3b", "4.1.1")
def test_with_both_consents_the_authority_is_asked_and_the_outcome_shown(
    with_authority: None, member: Visitor
) -> None:
    keys = ("realname/identity.id_number", "share/id-authority/realname")
    ticks = {f"consent:{key}": "yes" for key in keys}
    done = member.send(member.get("/me/realname"), "/me/realname", **LI, **ticks)
    assert done.status_code == 200
    assert member.troth.realname.status(member.subject) is not None
    assert "身份认证机构" in member.get("/me").text


def photo() -> bytes:
    out = BytesIO()
    Image.new("RGB", (640, 480), "grey").save(out, "PNG")
    return out.getvalue()


def send_paper(member: Visitor, file: bytes, **ticks: str) -> Response:
    page = member.get("/me/realname").text
    fields = {**hidden(page, "/me/realname/paper"), **ticks}
    return member.client.post(
        "/me/realname/paper",
        data=fields,
        files={fields["field"]: ("id.png", file, "image/png")},
        headers={"origin": BASE},
    )


@pytest.fixture
def reviewed(member: Visitor) -> Visitor:
    """Return somebody whose papers people want to see."""
    member.send(member.get("/me/realname"), "/me/realname/people")
    return member


def test_papers_are_asked_for_once_people_look(reviewed: Visitor) -> None:
    page = reviewed.get("/me/realname").text
    assert 'enctype="multipart/form-data"' in page
    assert 'name="document.id_photo"' in page


@pytest.mark.clause("2.3b")
def test_a_paper_is_kept_only_with_its_own_consent(reviewed: Visitor) -> None:
    refused = send_paper(reviewed, photo())
    assert refused.status_code == 403
    assert "document.id_photo" not in reviewed.troth.gate.standing(reviewed.subject).held
    taken = send_paper(reviewed, photo(), **{"consent:realname/document.id_photo": "yes"})
    assert "图片已收到" in taken.text
    assert "document.id_photo" in reviewed.troth.gate.standing(reviewed.subject).held


def test_what_is_no_picture_is_refused_at_its_field(reviewed: Visitor) -> None:
    ticks = {"consent:realname/document.id_photo": "yes"}
    told = send_paper(reviewed, b"%PDF-1.7 hello", **ticks)
    assert told.status_code == 422
    assert 'id="e-document.id_photo"' in told.text


def test_a_form_that_is_too_heavy_is_refused_before_it_is_read(reviewed: Visitor) -> None:
    assert send_paper(reviewed, b"x" * (9 * 1024 * 1024)).status_code == 413


def test_a_form_in_parts_that_is_none_is_refused(member: Visitor) -> None:
    told = member.client.post(
        "/me/realname/paper",
        content=b"--x\r\nnot a form",
        headers={"origin": BASE, "content-type": "multipart/form-data; boundary=x"},
    )
    assert told.status_code == 422
