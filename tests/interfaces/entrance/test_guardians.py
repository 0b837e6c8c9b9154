"""Guardians' pages: asked, answered, verified, opened, and what they do afterwards (policy 8)."""

import re
from collections.abc import Iterator

import pytest
from httpx import Response

from tests.chapters.minors.family import minors_policy
from tests.interfaces.visitor import PASSWORD, Reader, Visitor, hidden
from tests.support.letters import last_code, letters
from troth import app
from troth.app import Troth
from troth.model.clock import SetClock, moment

LINK = re.compile(r"/minors/([\w.-]+)")
GUARDIAN = "parent@example.com"
BORN = {"born_year": "2015", "born_month": "3", "born_day": "4"}
ANSWERED = {
    "guardian.name": "张母",
    "guardian.relation": "母亲",
    **BORN,
    "method": "email_plus",
    "collect": "yes",
    "confirmed": "yes",
    "answer": "agree",
}


@pytest.fixture
def clock() -> SetClock:
    return SetClock(moment("2026-11-22T12:00:00"))


@pytest.fixture
def troth(clock: SetClock) -> Iterator[Troth]:
    """Return an instance whose policy serves minors."""
    with app.memory(clock=clock) as made:
        made.publish(minors_policy())
        yield made


@pytest.fixture
def child(troth: Troth) -> Visitor:
    return Visitor(troth)


def asks(child: Visitor, **changed: str) -> Response:
    fields = {"residence": "CN", **BORN, "account.login": "xiaoming", "address": GUARDIAN}
    return child.send(child.get("/minors"), "/minors", **fields | changed)


def link(troth: Troth) -> str:
    """Return the path of the newest link that came by mail."""
    found = [match for each in letters(troth, "email") for match in LINK.findall(each["text"])]
    return f"/minors/{found[-1]}"


def sent(visitor: Visitor, path: str, nth: int = 0, **fields: str) -> Response:
    """Fill in a form of a page that is sent to its own address."""
    return filled(visitor, path, visitor.get(path), nth, **fields)


def filled(visitor: Visitor, path: str, page: Response, nth: int = 0, **fields: str) -> Response:
    reader = Reader()
    reader.feed(page.text)
    own = [found for action, found in reader.forms if not action]
    return visitor.post(path, {**own[nth], **fields})


def test_where_no_minors_are_served_there_is_no_such_page() -> None:
    with app.memory() as made:
        assert Visitor(made).get("/minors").status_code == 404


def test_only_a_user_name_and_one_address_are_asked(child: Visitor) -> None:
    page = child.get("/minors").text.partition("<main")[2]
    names = set(re.findall(r'name="([^"]+)"', page)) - {"form_token"}
    assert names == {"residence", *BORN, "account.login", "address"}


def test_what_is_empty_is_named_and_what_was_typed_is_kept(child: Visitor) -> None:
    told = asks(child, address="")
    assert told.status_code == 422
    assert 'id="e-address"' in told.text
    assert 'value="xiaoming"' in told.text


def test_an_adult_is_sent_to_the_registration(child: Visitor) -> None:
    assert asks(child, born_year="1990").status_code == 422


def test_a_guardian_reads_before_they_answer(troth: Troth, child: Visitor) -> None:
    assert "已联系您的监护人" in asks(child).text
    page = Visitor(troth).get(link(troth)).text
    assert "xiaoming" in page
    assert "儿童个人信息处理规则" in page
    assert not re.findall(r'type="checkbox"[^>]* checked', page)


def test_who_does_not_consent_leaves_nothing(troth: Troth, child: Visitor) -> None:
    asks(child)
    path, guardian = link(troth), Visitor(troth)
    assert "已按您的决定删除" in sent(guardian, path, answer="refuse").text
    assert guardian.get(path).status_code == 401


def test_what_is_missing_in_an_answer_is_told_at_its_field(troth: Troth, child: Visitor) -> None:
    asks(child)
    told = sent(Visitor(troth), link(troth), **{**ANSWERED, "method": "", "collect": ""})
    assert told.status_code == 422
    assert 'id="e-method"' in told.text
    assert 'id="e-collect"' in told.text


@pytest.fixture
def agreed(troth: Troth, clock: SetClock, child: Visitor) -> Visitor:
    """Walk a guardian to a consent that was verified; return their browser."""
    asks(child)
    guardian = Visitor(troth)
    assert "谢谢" in sent(guardian, link(troth), **ANSWERED).text
    clock.forward(days=2)
    troth.minors.sweep()
    assert "您的同意已确认" in sent(guardian, link(troth)).text
    return guardian


def steps(troth: Troth) -> tuple[str, str]:
    """Return the two links of the last letter: to open the account, and to manage it."""
    found = LINK.findall(letters(troth, "email")[-1]["text"])
    return f"/minors/{found[0]}", f"/minors/{found[1]}"


@pytest.mark.clause("8.1c")
def test_after_a_verified_consent_the_minor_opens_the_account(
    troth: Troth, agreed: Visitor, child: Visitor
) -> None:
    path, _ = steps(troth)
    weak = sent(child, path, password="short", password_confirm="short")
    assert weak.status_code == 422
    done = sent(child, path, password=PASSWORD, password_confirm=PASSWORD)
    assert done.url.path == "/me"
    assert sent(Visitor(troth), path, password=PASSWORD, password_confirm=PASSWORD).is_error


@pytest.fixture
def inside(troth: Troth, agreed: Visitor) -> tuple[str, Response]:
    """Return a guardian's page after the code, and its address."""
    _, path = steps(troth)
    door = sent(agreed, path)
    return path, filled(agreed, path, door, code=last_code(troth, "email"))


def test_a_guardian_sees_what_is_held_after_a_code(
    agreed: Visitor, inside: tuple[str, Response]
) -> None:
    path, page = inside
    assert "我们保存的信息" in page.text
    assert "xiaoming" not in page.text.partition("<main")[2]
    assert "xiaoming" in filled(agreed, path, page).text


def test_without_the_code_nothing_is_seen(troth: Troth, agreed: Visitor) -> None:
    _, path = steps(troth)
    door = sent(agreed, path)
    told = filled(agreed, path, door, code="000000")
    assert told.status_code == 401
    assert "我们保存的信息" not in told.text


def test_another_browser_cannot_use_the_page(
    troth: Troth, agreed: Visitor, inside: tuple[str, Response]
) -> None:
    path, page = inside
    other = Visitor(troth)
    foreign = other.get("/guardian")
    token = hidden(foreign.text, "/guardian")["form_token"]
    assert filled(other, path, page, form_token=token).status_code == 422


@pytest.mark.clause("8.4")
def test_a_guardian_deletes_everything_once_they_say_they_understood(
    troth: Troth, agreed: Visitor, inside: tuple[str, Response]
) -> None:
    path, page = inside
    delete = -1
    unsure = filled(agreed, path, page, delete)
    assert unsure.status_code == 422
    done = filled(agreed, path, page, delete, understood="yes")
    assert "已删除" in done.text
    assert agreed.get(path).status_code == 401


def test_a_guardian_takes_a_consent_back_and_gives_it_again(
    agreed: Visitor, inside: tuple[str, Response]
) -> None:
    path, page = inside
    taken = filled(agreed, path, page, 2)
    assert "已撤回" in taken.text
    assert "已记录您的同意" in filled(agreed, path, taken, 2).text


def test_a_guardian_without_an_account_asks_and_learns_nothing(troth: Troth) -> None:
    guardian = Visitor(troth)
    fields = {
        "about": "nobody.at.all@example.com",
        "guardian.name": "李父",
        "guardian.email": GUARDIAN,
        "guardian.relation": "父亲",
        "text": "请删除我孩子的信息",
    }
    done = guardian.send(guardian.get("/guardian"), "/guardian", **fields)
    assert "请求已收到" in done.text
    path = link(troth)
    assert "证明监护关系" in guardian.get(path).text
    assert sent(guardian, path).status_code == 422


def test_a_link_that_is_not_ours_leads_nowhere(troth: Troth) -> None:
    assert Visitor(troth).get("/minors/abc.def").status_code == 401
