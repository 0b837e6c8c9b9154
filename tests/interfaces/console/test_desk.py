"""The desk: a look needs a role, a purpose and a ticket; refusals are explained (policy 7.1)."""

import secrets

import pytest

from tests.interfaces.visitor import Visitor
from troth.app import Troth
from troth.model.errors import BadInput


@pytest.fixture
def officer(troth: Troth) -> Visitor:
    """Return a member of support who is signed in at the desk."""
    visitor = Visitor(troth, "en")
    login = f"mei{secrets.token_hex(4)}"
    password = troth.add_staff(login, "support", region="cn")
    page = visitor.get("/desk/sign-in")
    visitor.send(page, "/desk/sign-in", login=login, password=password.reveal())
    return visitor


def test_the_desk_asks_staff_to_sign_in(visitor: Visitor) -> None:
    assert visitor.get("/desk").url.path == "/desk/sign-in"


def test_a_subject_is_no_staff(member: Visitor) -> None:
    assert member.get("/desk").url.path == "/desk/sign-in"


def test_staff_are_no_subject(officer: Visitor) -> None:
    assert officer.get("/desk").status_code == 200
    assert officer.get("/me").url.path == "/sign-in"


def test_a_wrong_password_and_an_unknown_login_are_one_answer(visitor: Visitor) -> None:
    page = visitor.get("/desk/sign-in")
    answer = visitor.send(page, "/desk/sign-in", login="nobody", password="x")
    assert answer.status_code == 401
    assert "名称或密码不正确" in answer.text


@pytest.mark.clause("7.1d")
def test_with_purpose_and_ticket_the_roles_fields_are_shown_masked(
    officer: Visitor, member: Visitor
) -> None:
    fields = {"subject": member.email, "purpose": "support", "ticket": "T-5"}
    page = officer.send(officer.get("/desk"), "/desk", **fields)
    assert "What your role may see" in page.text
    assert member.email not in page.text.partition("<table")[2]
    assert "v***@example.com" in page.text
    assert "Password" not in page.text.partition("<table")[2]


@pytest.mark.clause("7.1d")
def test_a_look_without_a_purpose_is_refused_explained_and_remembered(
    officer: Visitor, member: Visitor
) -> None:
    page = officer.send(officer.get("/desk"), "/desk", subject=str(member.subject))
    assert page.status_code == 403
    assert "No purpose was chosen" in page.text
    assert "Why it was refused" in page.text
    looks = member.troth.staff.who_looked(member.subject)
    assert [look.allowed for look in looks] == [False]


def test_a_purpose_of_another_role_is_refused_with_the_clause(
    officer: Visitor, member: Visitor
) -> None:
    fields = {"subject": str(member.subject), "purpose": "fraud", "ticket": "T-6"}
    page = officer.send(officer.get("/desk"), "/desk", **fields)
    assert page.status_code == 403
    assert 'class="clause-link" href="/policy#c-' in page.text


def test_a_look_without_a_ticket_is_refused_at_its_field(officer: Visitor, member: Visitor) -> None:
    fields = {"subject": str(member.subject), "purpose": "support"}
    page = officer.send(officer.get("/desk"), "/desk", **fields)
    assert 'id="e-ticket"' in page.text


def test_somebody_who_is_not_there_is_not_found(officer: Visitor) -> None:
    fields = {"subject": "nobody@example.com", "purpose": "support", "ticket": "T-7"}
    page = officer.send(officer.get("/desk"), "/desk", **fields)
    assert page.status_code == 404


def test_a_role_that_the_policy_does_not_declare_is_no_role(troth: Troth) -> None:
    with pytest.raises(BadInput):
        troth.add_staff("boss", "king")
