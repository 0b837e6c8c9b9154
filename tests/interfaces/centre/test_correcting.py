"""Correcting and completing: by oneself at once, by people after a check, recipients told (9.2)."""

import pytest

from tests.interfaces.visitor import Visitor
from tests.support.letters import last_code, letters
from troth.app import Troth
from troth.model.acts import Collect, ConsentGiven, Share, Verified
from troth.model.secret import Secret


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


def test_a_value_that_is_not_well_formed_is_told_at_its_field_and_kept(member: Visitor) -> None:
    typed = {"contact.address": "x" * 600, "profile.work": "面包师"}
    page = member.send(member.get("/me/correct"), "/me/correct", **typed)
    assert page.status_code == 422
    assert 'id="e-contact.address"' in page.text
    assert "面包师" in page.text
    assert "profile.work" not in member.troth.gate.standing(member.subject).held


def test_what_was_said_to_us_is_not_corrected(member: Visitor) -> None:
    member.troth.rights.desk.request(member.subject, "question", text=Secret("?"))
    page = member.get("/me/correct").text
    assert "rights.request" not in page


@pytest.mark.clause("6.2")
def test_a_confirmed_identity_is_named_with_the_people_who_change_it(member: Visitor) -> None:
    subject = member.subject
    member.troth.gate.perform(
        Collect(subject=subject, values={"identity.name": Secret("李雷")}, purpose="account"),
        Verified(subject=subject, fact="realname", result="verified", method="test"),
    )
    page = member.get("/me/correct").text
    assert 'name="identity.name"' not in page
    assert "须由两名工作人员核实" in page
    assert 'href="/me/requests?kind=correct' in page
    form = member.get("/me/requests?kind=correct").text
    assert '<option value="correct" selected>' in form


def test_whoever_received_what_was_wrong_is_to_be_told(troth: Troth, member: Visitor) -> None:
    subject = member.subject
    fields = ("contact.address",)
    troth.agree("partners", reference="C-9", purposes=("approved",), fields=fields)
    member.send(member.get("/me/correct"), "/me/correct", **{"contact.address": "上海市一号"})
    troth.gate.perform(
        ConsentGiven(subject=subject, to="share/partners/approved"),
        Share(
            subject=subject,
            recipient="partners",
            fields=fields,
            purpose="approved",
            facts=frozenset({"contract"}),
        ),
    )
    page = member.get("/me/correct")
    done = member.send(page, "/me/correct", **{"contact.address": "北京市二号"})
    assert "30 天内告知其更正" in done.text
    assert "我们须告知您同意的其他合作伙伴您的信息有变" in member.get("/me").text
