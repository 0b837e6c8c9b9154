"""The end: what goes and what stays, proof, certificate; nothing works afterwards (6.4)."""

import base64
import json
import re

import pytest

from tests.interfaces.visitor import PASSWORD, Visitor
from troth.app import Troth
from troth.model.acts import Collect
from troth.model.secret import Secret


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


def test_what_a_law_holds_is_named_with_law_clause_and_day(member: Visitor) -> None:
    log_a_visit(member)
    page = member.get("/me/cancel").text
    (held,) = member.troth.rights.plan(member.subject).held
    assert held.until is not None
    assert "《网络安全法》网络日志留存规定" in page
    assert 'href="/policy#c-9.4-5"' in page


def log_a_visit(member: Visitor) -> None:
    """Keep one line of the network log, which a law holds."""
    member.troth.gate.perform(
        Collect(
            subject=member.subject,
            values={"usage.ip": Secret("203.0.113.7")},
            purpose="security",
            source="observed",
        )
    )


def test_what_ends_with_the_account_is_said_before(member: Visitor) -> None:
    member.troth.rights.desk.request(member.subject, "explain", text=Secret("?"))
    page = member.get("/me/cancel").text
    assert "尚未答复的请求：1 项" in page
    assert "浏览网站" not in page.partition("<main")[2]


def test_the_certificate_is_a_file_with_its_proofs(member: Visitor) -> None:
    asked = member.send(member.get("/me/cancel"), "/me/cancel", understood="yes")
    page = member.step_up(asked, "/me/cancel")
    found = re.search(r'href="data:application/json;base64,([^"]+)" download', page.text)
    assert found
    told = json.loads(base64.b64decode(found[1]))
    assert told["complete"]
    assert {each["field"] for each in told["gone"]} >= {"contact.email", "account.password"}
    assert all(each["proof"].startswith("c2sp.org/tlog-proof") for each in told["proofs"].values())
    assert member.email not in json.dumps(told)


def test_where_a_law_holds_something_the_certificate_says_so(member: Visitor) -> None:
    log_a_visit(member)
    asked = member.send(member.get("/me/cancel"), "/me/cancel", understood="yes")
    page = member.step_up(asked, "/me/cancel").text
    assert "除法律要求保留的以外，已全部删除" in page
    assert "各存储的答复" in page
    assert "依法保留" not in page  # nothing of it lies elsewhere


def test_cancelling_takes_as_many_pages_as_registering(member: Visitor) -> None:
    plan = member.get("/me/cancel")
    proof = member.send(plan, "/me/cancel", understood="yes")
    certificate = member.step_up(proof, "/me/cancel")
    assert "您的账号已注销" in certificate.text
