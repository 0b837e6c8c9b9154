"""A subject's own pages: what is held, hidden until asked for, where it went, what comes (6, 9)."""

import re

import pytest

from tests.interfaces.visitor import Visitor
from troth.model.acts import Collect
from troth.model.secret import Secret

OWN = (
    *("/me", "/me/correct", "/me/contact", "/me/password", "/me/trail", "/me/consents"),
    *("/me/copy", "/me/realname", "/me/cancel", "/me/sessions", "/me/requests", "/me/limits"),
    *("/me/move", "/me/complain", "/me/papers", "/me/security"),
)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_ones_own_is_there_in_both_languages(language: str, member: Visitor) -> None:
    for path in OWN:
        page = member.get(f"{path}?lang={language}")
        assert page.status_code == 200
        assert len(re.findall(r"<h1[ >]", page.text)) == 1


@pytest.mark.clause("9.1a", "6.1a")
def test_everything_held_is_listed_with_purpose_basis_and_term(member: Visitor) -> None:
    page = member.get("/me?lang=en").text
    for holding in member.troth.gate.inventory(member.subject):
        assert holding.name["en"] in page
    for told in ("To open your account — the contract with you", "you gave it", "nobody so far"):
        assert told in page


def test_values_are_hidden_until_the_password_is_given_once_more(member: Visitor) -> None:
    page = member.get("/me")
    assert member.email not in page.text
    asked = member.send(page, "/me/show")
    assert "请再次输入密码" in asked.text
    assert member.email not in asked.text
    shown = member.step_up(asked, "/me/show")
    assert member.email in shown.text
    assert "$argon2id" not in shown.text


def test_a_wrong_password_shows_nothing(member: Visitor) -> None:
    asked = member.send(member.get("/me"), "/me/show")
    page = member.send(asked, "/me/show", current_password="not the password")
    assert page.status_code == 403
    assert 'id="e-current_password"' in page.text
    assert member.email not in page.text


def test_looking_at_ones_own_data_is_recorded_first(member: Visitor) -> None:
    asked = member.send(member.get("/me"), "/me/show")
    member.step_up(asked, "/me/show")
    kinds = [entry.kind for entry in member.troth.gate.trail(member.subject)]
    assert kinds.count("data.shown") == 1


def test_a_value_is_never_part_of_an_address(member: Visitor) -> None:
    for path in OWN:
        page = member.get(path).text
        for address in re.findall(r'(?:href|action)="([^"]*)"', page):
            assert member.email not in address
            assert member.phone not in address


def test_secrets_stay_secret_when_a_page_is_printed(member: Visitor) -> None:
    assert "Secret(" not in member.get("/me").text
    assert repr(Secret(member.email)) == "Secret(…)"


def test_a_group_of_values_is_shown_at_once(member: Visitor) -> None:
    asked = member.send(member.get("/me"), "/me/show", field="contact")
    shown = member.step_up(asked, "/me/show")
    assert member.email in shown.text
    assert member.phone in shown.text


def test_what_the_policy_gives_nobody_is_not_asked_for(member: Visitor) -> None:
    asked = member.send(member.get("/me"), "/me/show", field="account.password")
    page = member.step_up(asked, "/me/show")
    assert page.status_code == 200
    assert "data.shown" not in [entry.kind for entry in member.troth.gate.trail(member.subject)]


@pytest.mark.clause("9.1a")
def test_where_data_went_is_drawn_and_told_in_a_table(member: Visitor) -> None:
    member.troth.tick()
    page = member.get("/me?lang=en").text
    assert page.count('<svg class="picture') == 2
    assert "Given to: E-mail and postal carriers in the mainland" in page
    assert '<th scope="row">E-mail and postal carriers in the mainland</th>' in page


def test_what_falls_due_next_is_told_soonest_first(member: Visitor) -> None:
    subject = member.subject
    member.troth.gate.perform(
        Collect(
            subject=subject,
            values={"usage.ip": Secret("203.0.113.9")},
            purpose="security",
            source="observed",
        )
    )
    number = member.troth.rights.desk.request(subject, "explain", text=Secret("?"))
    page = member.get("/me?lang=en").text
    assert page.index(f'href="/me/requests/{number}"') < page.index("its term is over")


def test_nothing_that_falls_due_is_said_so(member: Visitor) -> None:
    assert "没有到期事项" in member.get("/me").text
