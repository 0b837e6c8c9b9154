"""Sessions ended one by one or all; second factors set up and removed (3.1.1, 7.1, 7.2)."""

import re

import pyotp
import pytest
from httpx import Response

from tests.interfaces.visitor import PASSWORD, Visitor
from troth.app import Troth
from troth.model.clock import SECOND


def signed_in_again(troth: Troth, member: Visitor) -> Visitor:
    """Return the same subject in another browser."""
    other = Visitor(troth)
    fields = {"identifier": member.email, "password": PASSWORD}
    other.send(other.get("/sign-in"), "/sign-in", **fields)
    return other


def test_another_session_is_ended_and_this_one_stays(troth: Troth, member: Visitor) -> None:
    other = signed_in_again(troth, member)
    page = member.get("/me/sessions")
    (ident,) = set(re.findall(r'name="session" value="([0-9a-f]{64})"', page.text))
    done = member.send(page, "/me/sessions", session=ident)
    assert "已退出" in done.text
    assert other.get("/me").url.path == "/sign-in"
    assert member.get("/me").url.path == "/me"


def test_all_others_are_ended_at_once(troth: Troth, member: Visitor) -> None:
    others = [signed_in_again(troth, member) for _ in range(2)]
    member.send(member.get("/me/sessions"), "/me/sessions", session="others")
    assert [other.get("/me").url.path for other in others] == ["/sign-in"] * 2
    assert member.get("/me").url.path == "/me"


def test_all_of_them_are_ended_this_one_too(member: Visitor) -> None:
    member.send(member.get("/me/sessions"), "/me/sessions", session="all")
    assert member.get("/me").url.path == "/sign-in"


# --- an authenticator app --------------------------------------------------------------------


def begun(member: Visitor) -> Response:
    """Begin to add an app: the page with its drawing."""
    asked = member.send(member.get("/me/security"), "/me/security/app")
    return member.step_up(asked, "/me/security/app")


def digits(member: Visitor, page: Response) -> str:
    """Return what an app would show for the secret on a page."""
    found = re.search(r"<pre><code>([A-Z2-7]{32})</code></pre>", page.text)
    assert found
    return pyotp.TOTP(found[1]).at(member.troth.clock.now() // SECOND)


def with_app(member: Visitor) -> Response:
    """Add an app; return the page with the recovery codes."""
    page = begun(member)
    return member.send(page, "/me/security/app/confirm", code=digits(member, page))


def test_an_app_is_added_by_its_code_and_recovery_codes_are_shown_once(member: Visitor) -> None:
    page = begun(member)
    assert "<svg" in page.text
    done = member.send(page, "/me/security/app/confirm", code=digits(member, page))
    assert "请保存恢复码" in done.text
    after = member.get("/me/security").text
    assert "还剩 10 个" in after
    assert "<pre>" not in after


def test_a_wrong_code_adds_nothing_and_is_told_at_its_field(member: Visitor) -> None:
    page = begun(member)
    wrong = member.send(page, "/me/security/app/confirm", code="000000")
    assert wrong.status_code == 422
    assert 'id="e-code"' in wrong.text
    assert member.send(page, "/me/security/app/confirm").status_code == 422
    assert "account.totp" not in member.troth.gate.standing(member.subject).held


def test_the_last_factor_goes_with_the_password_alone(member: Visitor) -> None:
    with_app(member)
    page = member.get("/me/security")
    refused = member.send(page, "/me/security/app/remove")
    assert refused.status_code == 422
    assert 'id="e-password"' in refused.text
    done = member.send(page, "/me/security/app/remove", password=PASSWORD)
    assert "已移除" in done.text
    held = member.troth.gate.standing(member.subject).held
    assert not {"account.totp", "account.recovery_codes"} & set(held)


def test_recovery_codes_are_made_anew(member: Visitor) -> None:
    first = with_app(member).text
    again = member.send(member.get("/me/security"), "/me/security/codes").text
    codes = [
        re.search(r"<pre><code>(.*?)</code></pre>", page, re.DOTALL) for page in (first, again)
    ]
    assert codes[0]
    assert codes[1]
    assert set(codes[0][1].split()).isdisjoint(codes[1][1].split())
    assert len(codes[1][1].split()) == 10


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_passkey_is_asked_for_with_the_browsers_own_words(member: Visitor, language: str) -> None:
    page = member.get(f"/me/security?lang={language}")
    asked = member.send(page, "/me/security/passkey")
    made = member.step_up(asked, "/me/security/passkey").text
    assert 'data-passkey="create"' in made
    assert "pubKeyCredParams" in made
    assert re.search(r'<script src="/static/passkeys-[0-9a-f]{12}.js" defer>', made)
    assert "<noscript>" in made


def test_an_answer_that_proves_nothing_adds_no_passkey(member: Visitor) -> None:
    asked = member.send(member.get("/me/security"), "/me/security/passkey")
    made = member.step_up(asked, "/me/security/passkey")
    page = member.send(made, "/me/security/passkey/add", passkey_answer="{}", name="x")
    assert page.status_code == 401
    assert "account.passkeys" not in member.troth.gate.standing(member.subject).held


def test_without_a_factor_nothing_can_be_removed(member: Visitor) -> None:
    asked = member.send(member.get("/me/security"), "/me/security/passkey")
    member.step_up(asked, "/me/security/passkey")
    page = member.get("/me/security")
    assert 'action="/me/security/codes"' not in page.text
    assert 'action="/me/security/app/remove"' not in page.text
