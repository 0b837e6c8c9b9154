"""Setting aside, refusing, limiting: one button each, undone by another, as the law gives it."""

import pytest

from tests.interfaces.visitor import Visitor
from troth.app import Troth
from troth.model.acts import Collect, Use
from troth.model.errors import Refused
from troth.model.secret import Secret

ADDRESS = "contact.address"


@pytest.fixture
def lodger(member: Visitor) -> Visitor:
    """Return somebody of whom an address is held."""
    values = {ADDRESS: Secret("北京市东城区一号")}
    member.troth.gate.perform(Collect(subject=member.subject, values=values, purpose="account"))
    return member


@pytest.fixture
def californian(troth: Troth) -> Visitor:
    """Return somebody who lives in California and is signed in."""
    visitor = Visitor(troth, "en")
    second = visitor.ask_codes(residence="US-CA")
    visitor.send(second, "/register/codes", **visitor.answers())
    return visitor


def press(visitor: Visitor, act: str, **fields: str) -> str:
    """Press a button of the page; return the page that follows."""
    page = visitor.get("/me/limits")
    return str(visitor.send(page, "/me/limits", **{"act": act, **fields}).text)


def test_a_field_is_set_aside_and_used_again(lodger: Visitor) -> None:
    act = Use(subject=lodger.subject, fields=(ADDRESS,), purpose="notify.service")
    lodger.troth.gate.perform(act)
    assert "已停止使用" in press(lodger, "restrict", field=ADDRESS)
    with pytest.raises(Refused):
        lodger.troth.gate.perform(act)
    assert "已恢复使用" in press(lodger, "release", field=ADDRESS)
    lodger.troth.gate.perform(act)


def test_all_at_once_leaves_the_way_in_open(lodger: Visitor) -> None:
    press(lodger, "restrict", field="*")
    restricted = lodger.troth.gate.standing(lodger.subject).restrictions
    assert set(restricted) == {ADDRESS}
    assert lodger.get("/me").status_code == 200


@pytest.mark.parametrize("field", ["contact.email", "account.password", "no.such"])
def test_what_signing_in_needs_is_not_set_aside_here(lodger: Visitor, field: str) -> None:
    press(lodger, "restrict", field=field)
    assert lodger.troth.gate.standing(lodger.subject).restrictions == {}


def test_a_use_is_refused_and_the_refusal_taken_back(member: Visitor) -> None:
    assert "已拒绝，立即停止" in press(member, "object", purpose="research.stats")
    assert "research.stats" in member.troth.gate.standing(member.subject).objections
    assert "已取消拒绝" in press(member, "allow", purpose="research.stats")
    assert member.troth.gate.standing(member.subject).objections == {}


def test_what_the_service_needs_is_not_refused(member: Visitor) -> None:
    press(member, "object", purpose="authenticate")
    assert member.troth.gate.standing(member.subject).objections == {}


def test_a_button_that_is_none_is_not_found(member: Visitor) -> None:
    page = member.get("/me/limits")
    assert member.send(page, "/me/limits", act="explode").status_code == 404


def test_each_law_shows_its_own_buttons(member: Visitor, californian: Visitor) -> None:
    here, there = member.get("/me/limits?lang=en").text, californian.get("/me/limits").text
    sold, aside = "Do not sell or share my personal information", "Set something aside"
    assert (sold in here, aside in here) == (False, True)
    assert (sold in there, aside in there) == (True, False)


def test_opting_out_is_one_button_and_undone_by_one(californian: Visitor) -> None:
    assert "You opted out" in press(californian, "opt_out")
    assert californian.troth.rights.limits.opted_out(californian.subject)
    assert "taken back" in press(californian, "opt_in")
    assert not californian.troth.rights.limits.opted_out(californian.subject)


def test_sensitive_data_is_limited_and_released(californian: Visitor) -> None:
    assert "is limited" in press(californian, "limit")
    assert californian.troth.rights.limits.sensitive_limited(californian.subject)
    assert press(californian, "limit").count('class="told good"') == 0
    assert "is lifted" in press(californian, "unlimit")
