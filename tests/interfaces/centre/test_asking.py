"""Requests: asked, followed, written to, taken back; complaints and where they lead (6.3, 9.7)."""

import pytest

from tests.interfaces.visitor import Visitor
from troth.app import Troth
from troth.model.acts import Actor
from troth.model.clock import DAY, MINUTE, date
from troth.model.secret import Secret

PRIVACY = Actor(kind="staff", id="s4", role="privacy")


def asked(member: Visitor, **fields: str) -> str:
    """Send a request; return its number."""
    member.send(
        member.get("/me/requests"),
        "/me/requests",
        **{"kind": "explain", "text": "为什么？", **fields},
    )
    return str(member.troth.rights.desk.requests(member.subject)[0].number)


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


def test_a_request_leads_to_its_own_page_with_the_steps(member: Visitor) -> None:
    number = asked(member)
    page = member.get(f"/me/requests/{number}?lang=en").text
    for told in ("Received", "We know that it is you", "Somebody works on it", "Our answer, by"):
        assert told in page
    assert page.count('class="done"') == 2
    assert 'aria-current="step"' in page


def test_every_step_shows_when_it_was_taken(member: Visitor) -> None:
    number, desk = asked(member), member.troth.rights.desk
    desk.take(member.subject, number, by=PRIVACY)
    desk.reply(member.subject, number, Secret("请稍候"), by=PRIVACY)
    desk.deny(member.subject, number, "held_by_law", by=PRIVACY)
    page = member.get(f"/me/requests/{number}").text
    assert page.count('class="done"') == 5
    assert "法律要求保存" in page
    assert "请稍候" not in page
    # What was refused can be appealed, and not taken back or written to any more.
    assert f'action="/me/requests/{number}/appeal"' in page
    assert f'action="/me/requests/{number}/revoke"' not in page
    assert f'action="/me/requests/{number}"' not in page


def test_messages_are_shown_after_the_password(member: Visitor) -> None:
    number = asked(member)
    member.troth.rights.desk.reply(member.subject, number, Secret("因为……"), by=PRIVACY)
    page = member.get(f"/me/requests/{number}")
    assert "为什么？" not in page.text
    address = f"/me/requests/{number}/messages"
    shown = member.step_up(member.send(page, address), address)
    assert "为什么？" in shown.text
    assert "因为……" in shown.text


def test_a_message_is_added(member: Visitor) -> None:
    number = asked(member)
    address = f"/me/requests/{number}"
    done = member.send(member.get(address), address, text="另外还有一点")
    assert "已发送" in done.text
    assert "另外还有一点" in member.troth.rights.desk.thread(member.subject, number).reveal()


def test_an_empty_message_is_told_at_its_field(member: Visitor) -> None:
    address = f"/me/requests/{asked(member)}"
    page = member.send(member.get(address), address)
    assert page.status_code == 422
    assert 'id="e-text"' in page.text


def test_what_no_text_may_hold_is_told_and_what_was_typed_is_kept(member: Visitor) -> None:
    fields = {"kind": "question", "text": "hello \u202e there"}
    page = member.send(member.get("/me/requests"), "/me/requests", **fields)
    assert page.status_code == 422
    assert 'id="e-text"' in page.text
    assert "there</textarea>" in page.text


def test_a_request_is_taken_back(member: Visitor) -> None:
    number = asked(member)
    page = member.get(f"/me/requests/{number}")
    done = member.send(page, f"/me/requests/{number}/revoke")
    assert "请求已撤回" in done.text
    assert member.troth.gate.owed(member.subject)[number].state == "revoked"


def test_nobody_sees_another_subjects_request(troth: Troth, member: Visitor) -> None:
    number = asked(member)
    other = Visitor(troth)
    other.register()
    assert other.get(f"/me/requests/{number}").status_code == 404


def test_an_empty_list_says_what_a_request_is(member: Visitor) -> None:
    assert "您还没有提出过请求" in member.get("/me/requests").text


def test_the_due_day_stands_in_the_list(member: Visitor) -> None:
    number = asked(member)
    page = member.get("/me/requests?lang=en").text
    assert date(member.troth.gate.owed(member.subject)[number].by) in page
    assert "29 days left" in page


# --- complaints ------------------------------------------------------------------------------


def test_a_complaint_shows_every_way_there_is(member: Visitor) -> None:
    page = member.get("/me/complain?lang=en").text
    assert "Cyberspace Administration of China" in page
    assert 'href="https://www.12377.cn/" rel="external' in page
    assert "Go to court" in page


def test_a_complaint_is_negotiated_first_and_has_a_day(member: Visitor) -> None:
    done = member.send(member.get("/me/complain"), "/me/complain", text="账单有误")
    assert "投诉（友好协商）" in done.text
    (found,) = member.troth.rights.desk.requests(member.subject)
    # The clock is a real one here: the day is counted a moment before the ledger writes it down.
    assert 0 <= found.received + 30 * DAY - found.by < MINUTE
    assert "账单有误" in member.troth.rights.desk.thread(member.subject, found.number).reveal()


def test_an_empty_complaint_is_told_at_its_field(member: Visitor) -> None:
    page = member.send(member.get("/me/complain"), "/me/complain")
    assert page.status_code == 422
    assert 'id="e-text"' in page.text


# --- every kind, proved, paid for, appealed ----------------------------------------------------


@pytest.mark.clause("9.0")
def test_every_right_that_the_law_gives_can_be_asked_for(member: Visitor) -> None:
    page = member.get("/me/requests").text
    given = member.troth.rights.limits.rights(member.subject)
    assert all(f'<option value="{kind}"' in page for kind in given)
    assert '<option value="opt_out_sale"' not in page


def test_a_grave_request_is_proved_by_signing_in_once_more(member: Visitor) -> None:
    member.send(member.get("/me/requests"), "/me/requests", kind="copy", text="全部")
    desk = member.troth.rights.desk
    number = desk.requests(member.subject)[0].number
    place = f"/me/requests/{number}"
    page = member.get(place)
    assert "请确认是您本人" in page.text
    done = member.step_up(member.send(page, f"{place}/prove"), f"{place}/prove")
    assert "已确认是您本人，开始处理" in done.text
    assert desk.status(number).reason == ""


def repeated(member: Visitor) -> str:
    """Have an access asked for a third time."""
    desk = member.troth.rights.desk
    for _ in range(2):
        number = desk.request(member.subject, "access")
        desk.answer(member.subject, number, by=PRIVACY)
        member.troth.tick()
    return desk.request(member.subject, "access")


@pytest.mark.clause("9.7d")
def test_a_cost_is_told_and_agreed_to_before_anything_is_done(member: Visitor) -> None:
    desk, number = member.troth.rights.desk, repeated(member)
    desk.quote(member.subject, number, "35 HKD", by=PRIVACY)
    place = f"/me/requests/{number}"
    page = member.get(place)
    assert "35.00 HKD" in page.text
    assert f'action="{place}/revoke"' in page.text
    assert "您已同意费用" in member.send(page, f"{place}/accept").text
    assert desk.status(number).reason == ""


def test_a_refusal_is_appealed_once(member: Visitor) -> None:
    number, desk = asked(member), member.troth.rights.desk
    desk.deny(member.subject, number, "repetitive", by=PRIVACY)
    place = f"/me/requests/{number}/appeal"
    sent = member.send(member.get(f"/me/requests/{number}"), place, text="请复核")
    member.step_up(sent, place)
    assert len(desk.requests(member.subject)) == 2
    assert f'action="{place}"' not in member.get(f"/me/requests/{number}").text
