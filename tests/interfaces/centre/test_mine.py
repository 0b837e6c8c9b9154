"""A subject's own pages: see, show, correct, take a copy, who looked, consents, the end (6, 9)."""

import io
import json
import re
import zipfile

import pytest

from tests.interfaces.visitor import PASSWORD, Visitor
from tests.support.letters import last_code, letters
from troth.app import Troth
from troth.model.acts import Actor
from troth.model.clock import DAY
from troth.model.errors import Refused
from troth.model.secret import Secret

OWN = (
    *("/me", "/me/correct", "/me/contact", "/me/password", "/me/trail", "/me/consents"),
    *("/me/copy", "/me/realname", "/me/cancel", "/me/sessions", "/me/requests"),
)
LI = {"identity.name": "李雷", "identity.id_number": "11010519491231002X"}


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


@pytest.mark.clause("9.2", "6.1a")
def test_something_is_added_corrected_and_told(member: Visitor) -> None:
    page = member.get("/me/correct")
    done = member.send(page, "/me/correct", **{"contact.address": "上海市黄浦区一号"})
    assert "已更正" in done.text
    again = member.send(done, "/me/correct", **{"contact.address": "北京市东城区二号"})
    assert again.status_code == 200
    kinds = [entry.kind for entry in member.troth.gate.trail(member.subject)]
    assert "data.corrected" in kinds


def test_nothing_filled_in_is_said_so(member: Visitor) -> None:
    assert member.send(member.get("/me/correct"), "/me/correct").status_code == 422


@pytest.mark.clause("2.1.2c")
def test_a_new_phone_is_bound_by_its_code_and_the_old_one_told(member: Visitor) -> None:
    new = "+8615800001111"
    asked = member.send(member.get("/me/contact"), "/me/contact", address=new)
    enter = member.step_up(asked, "/me/contact")
    done = member.send(enter, "/me/contact/code", code=last_code(member.troth, "sms"))
    assert "修改已生效" in done.text
    told = [one for one in letters(member.troth, "sms") if one["to"] == member.phone]
    assert "更换" in told[-1]["text"]


# --- who looked --------------------------------------------------------------------------------


@pytest.mark.clause("7.1d")
def test_the_trail_says_who_looked_when_why_and_what_was_refused(
    troth: Troth, member: Visitor
) -> None:
    by = Actor(kind="staff", id="f00dfeed00", role="support", region=member.subject.region)
    troth.staff.look(by, member.subject, ("contact.email",), purpose="support", ticket="T-77")
    with pytest.raises(Refused):
        troth.staff.look(by, member.subject, ("contact.email",))
    page = member.get("/me/trail?lang=en").text
    for told in ("staff f00dfeed", "T-77", "To answer when you ask for help", "no purpose given"):
        assert told in page
    assert page.count(">refused</span>") == 1


def test_every_entry_of_the_trail_has_a_proof_that_opens(member: Visitor) -> None:
    member.troth.tick()
    page = member.get("/me/trail").text
    proofs = re.findall(r'href="(/v1/ledger/[^"]+/proof)"', page)
    assert len(proofs) == len(member.troth.gate.trail(member.subject))
    assert member.get(proofs[0]).status_code == 200


# --- consents ----------------------------------------------------------------------------------


@pytest.mark.clause("9.3b")
def test_a_consent_is_given_and_taken_back_by_one_button_each(member: Visitor) -> None:
    token = {"key": "marketing"}
    page = member.get("/me/consents")
    given = member.send(page, "/me/consents", **token, answer="give")
    assert "已记录您的同意" in given.text
    assert state_of(member) == "given"
    taken = member.send(given, "/me/consents", **token, answer="withdraw")
    assert "已撤回" in taken.text
    assert state_of(member) == "withdrawn"


def state_of(member: Visitor) -> str:
    """Return the last word on marketing."""
    return str(member.troth.gate.standing(member.subject).consents["marketing"].state)


def test_a_consent_says_what_it_is_about_and_keeps_its_history(member: Visitor) -> None:
    page = member.get("/me/consents?lang=en").text
    assert "Data: E-mail address, Mobile phone number" in page
    assert page.count("you said no") >= 2


def test_a_receipt_is_given_as_a_file(member: Visitor) -> None:
    receipt = member.get("/me/consents/receipt?key=marketing")
    assert receipt.headers["content-disposition"] == 'attachment; filename="receipt.json"'
    assert receipt.json()["schema_version"] == "ISO/IEC TS 27560:2023"


def test_an_unknown_consent_is_not_found(member: Visitor) -> None:
    page = member.send(member.get("/me/consents"), "/me/consents", key="selling", answer="give")
    assert page.status_code == 404


# --- copy --------------------------------------------------------------------------------------


@pytest.mark.clause("9.1a", "6.1c")
def test_a_copy_holds_everything_but_what_is_withheld(member: Visitor) -> None:
    asked = member.send(member.get("/me/copy"), "/me/copy")
    answer = member.step_up(asked, "/me/copy")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        data = json.loads(archive.read("data.json"))
        withheld = json.loads(archive.read("manifest.json"))["withheld"]
    assert {each["field"]: each["value"] for each in data["data"]}["contact.email"] == member.email
    assert {each["what"] for each in withheld} == {"account.id", "account.password"}


# --- requests ----------------------------------------------------------------------------------


@pytest.mark.clause("6.3", "9.7b")
def test_a_request_is_taken_with_its_ground_and_its_due_day(member: Visitor) -> None:
    fields = {"kind": "delete", "ground": "unlawful", "text": "请删除"}
    done = member.send(member.get("/me/requests"), "/me/requests", **fields)
    assert "已收到您的请求" in done.text
    (owed,) = member.troth.gate.owed(member.subject).values()
    assert owed.by - owed.since <= 30 * DAY
    assert "请删除" not in done.text


def test_a_deletion_needs_one_of_the_three_grounds(member: Visitor) -> None:
    fields = {"kind": "delete", "text": "x"}
    page = member.send(member.get("/me/requests"), "/me/requests", **fields)
    assert page.status_code == 422
    assert 'id="e-ground"' in page.text


# --- real name ---------------------------------------------------------------------------------


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


# --- the end -----------------------------------------------------------------------------------


@pytest.mark.clause("6.4b")
def test_the_plan_and_the_warning_come_before_the_end(member: Visitor) -> None:
    page = member.get("/me/cancel").text
    for told in ("将被删除", "电子邮箱", "依法须保留", "无法恢复"):
        assert told in page
    assert "<strong>注销后，账号下的全部服务和信息将被删除，无法恢复。</strong>" in page


def test_without_the_box_nothing_ends(member: Visitor) -> None:
    asked = member.send(member.get("/me/cancel"), "/me/cancel")
    page = member.step_up(asked, "/me/cancel")
    assert page.status_code == 422
    assert member.get("/me").status_code == 200


@pytest.mark.clause("6.3.3b")
def test_without_the_password_nothing_is_erased(member: Visitor) -> None:
    asked = member.send(member.get("/me/cancel"), "/me/cancel", understood="yes")
    wrong = member.send(asked, "/me/cancel", understood="yes", current_password="a guess at it")
    assert wrong.status_code == 403
    assert member.troth.gate.standing(member.subject).life == "active"


@pytest.mark.clause("6.4a", "6.4b")
def test_after_the_end_the_certificate_says_so_and_nothing_works(
    troth: Troth, member: Visitor
) -> None:
    subject, token = member.subject, member.client.cookies["__Host-troth"]
    asked = member.send(member.get("/me/cancel"), "/me/cancel", understood="yes")
    page = member.step_up(asked, "/me/cancel")
    for told in ("您的账号已注销", "生效时间", "最迟于此时彻底不可恢复", "已逐一复查所有存储"):
        assert told in page.text
    assert troth.gate.regions[subject.region].vault.residue(subject) == dict.fromkeys(
        troth.gate.regions[subject.region].vault.residue(subject), 0
    )
    member.client.cookies.set("__Host-troth", token, domain="centre.test")
    assert member.get("/me").url.path == "/sign-in"
    again = Visitor(troth)
    fields = {"identifier": member.email, "password": PASSWORD}
    assert again.send(again.get("/sign-in"), "/sign-in", **fields).status_code == 401


def test_a_value_is_never_part_of_an_address(member: Visitor) -> None:
    for path in OWN:
        page = member.get(path).text
        for address in re.findall(r'(?:href|action)="([^"]*)"', page):
            assert member.email not in address
            assert member.phone not in address


def test_secrets_stay_secret_when_a_page_is_printed(member: Visitor) -> None:
    assert "Secret(" not in member.get("/me").text
    assert repr(Secret(member.email)) == "Secret(…)"
