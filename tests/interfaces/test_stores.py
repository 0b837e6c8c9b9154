"""Stores in words and pictures: the certificate, later on, the desk, the centre (9.4, 9.2)."""

import re
from collections.abc import Iterator

import pytest

from tests.egress.shops import Shop
from tests.interfaces.console.office import officer
from tests.interfaces.visitor import Visitor
from troth import app
from troth.app import Troth
from troth.model.acts import Actor, Restrict
from troth.model.terms import SubjectId

SHOP = Shop("shop")
STAFF = Actor(kind="staff", id="s1", role="privacy")


@pytest.fixture(scope="module")
def troth() -> Iterator[Troth]:
    with app.memory(databases=(SHOP,)) as made:
        yield made


@pytest.fixture
def member(troth: Troth) -> Visitor:
    SHOP.people.clear()
    SHOP.orders.clear()
    SHOP.down = 0
    visitor = Visitor(troth)
    visitor.register()
    SHOP.add(1, contact_email=visitor.email, subject=str(visitor.subject))
    return visitor


def left(member: Visitor, down: int) -> str:
    """Have a member leave while the shop is down for so many questions."""
    SHOP.down = down
    asked = member.send(member.get("/me/cancel"), "/me/cancel", understood="yes")
    return member.step_up(asked, "/me/cancel").text


def place(page: str) -> str:
    found = re.search(r'href="(/erasure/[a-z]+/[0-9a-f]+)"', page)
    assert found
    return found[1]


def test_the_certificate_tells_store_by_store_and_draws_it(member: Visitor) -> None:
    page = left(member, 0)
    assert "已逐一复查所有存储，均无残留" in page
    assert "shop" in page
    assert "已删除，复查无残留" in page
    assert page.count('<svg class="picture') == 2
    assert "最迟于" in page


@pytest.mark.clause("6.4b")
def test_who_holds_the_number_sees_it_completed_later(troth: Troth, member: Visitor) -> None:
    page = left(member, 9)
    assert "尚未全部完成" in page
    assert "尚未答复，将继续询问" in page
    stranger, where = Visitor(troth, "en"), place(page)
    before = stranger.get(where).text
    assert "It is not complete yet" in before
    SHOP.down = 0
    troth.gate.databases.hurry(*_first(troth), by=STAFF)
    troth.tick()
    after = stranger.get(where).text
    assert "Every store was asked again and holds nothing" in after
    assert after.count("/proof") == 2
    assert member.email not in after


def _first(troth: Troth) -> tuple[SubjectId, str]:
    [one] = troth.gate.databases.open()
    return SubjectId(one.subject_id), one.id


@pytest.mark.parametrize("path", ["/erasure/cn/" + "0" * 32, "/erasure/nowhere/0", "/erasure/cn/x"])
def test_a_number_that_nobody_has_is_not_found(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status_code == 404


@pytest.mark.clause("9.2")
def test_the_person_sees_which_system_is_open(troth: Troth, member: Visitor) -> None:
    assert "没有待办事项" in member.get("/me/elsewhere").text
    SHOP.down = 9
    troth.gate.perform(Restrict(subject=member.subject))
    page = member.get("/me/elsewhere").text
    assert "停止使用" in page
    assert "尚未答复，将继续询问" in page
    SHOP.down = 0


def test_the_desk_sees_what_waits_and_has_it_tried_now(troth: Troth, member: Visitor) -> None:
    SHOP.down = 99
    troth.gate.perform(Restrict(subject=member.subject))
    desk = officer(troth, "privacy")
    page = desk.get("/desk/databases")
    assert "shop" in page.text
    assert "No answer yet; we ask again" in page.text
    [order] = troth.gate.databases.owed(member.subject)
    one = desk.get(f"/desk/databases/{member.subject}")
    assert order.id in one.text
    SHOP.down = 0
    done = desk.send(one, f"/desk/databases/{member.subject}/{order.id}")
    assert "It is tried in the next round" in done.text
    troth.tick()
    assert troth.gate.databases.owed(member.subject) == []


def test_what_is_open_is_counted_among_the_figures(troth: Troth, member: Visitor) -> None:
    SHOP.down = 99
    troth.gate.perform(Restrict(subject=member.subject))
    counts = troth.gate.databases.counts()
    assert sum(each.waiting.get(("shop", "open"), 0) for each in counts.values()) >= 1
    SHOP.down = 0
