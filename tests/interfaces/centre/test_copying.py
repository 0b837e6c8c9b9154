"""A copy ordered, packed, fetched for a week by its subject alone; and moving elsewhere (9.1)."""

import io
import json
import re
import zipfile

import pytest
from httpx import Response

from tests.interfaces.visitor import Visitor
from troth.app import Troth


def ordered(member: Visitor) -> Response:
    """Order a copy; return the page that says how far it is."""
    asked = member.send(member.get("/me/copy"), "/me/copy")
    return member.step_up(asked, "/me/copy")


def number_of(page: Response) -> str:
    """Return the number of the copy that a page is about."""
    return page.url.path.rpartition("/")[2]


def ready(member: Visitor) -> Response:
    """Order a copy, let the clock pack it, and return its page."""
    page = ordered(member)
    member.troth.tick()
    return member.get(page.url.path)


def test_the_password_comes_first(member: Visitor) -> None:
    asked = member.send(member.get("/me/copy"), "/me/copy")
    assert "请再次输入密码" in asked.text
    assert member.troth.rights.copies.of(member.subject) == []


def test_the_page_shows_progress_and_looks_again_by_itself(member: Visitor) -> None:
    page = ordered(member)
    assert "<progress" in page.text
    assert page.headers["refresh"] == "2"
    member.troth.tick()
    page = member.get(page.url.path)
    assert "refresh" not in page.headers
    assert "副本已制作完成" in page.text


@pytest.mark.clause("9.1a", "6.1c")
def test_a_copy_holds_everything_but_what_is_withheld(member: Visitor) -> None:
    page = ready(member)
    assert f'href="{page.url.path}/file"' in page.text
    answer = member.get(f"{page.url.path}/file")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        data = json.loads(archive.read("data.json"))
        withheld = json.loads(archive.read("manifest.json"))["withheld"]
        assert "您的个人信息副本" in archive.read("read-me-first.html").decode()
    assert {each["field"]: each["value"] for each in data["data"]}["contact.email"] == member.email
    assert {each["what"] for each in withheld} == {"account.id", "account.password"}


def test_the_file_is_given_to_nobody_who_has_not_proved_it_just_now(
    troth: Troth, member: Visitor
) -> None:
    page = ready(member)
    again = Visitor(troth)
    again.email = member.email
    fields = {"identifier": member.email, "password": "teapot under a blue moon"}
    again.send(again.get("/sign-in"), "/sign-in", **fields)
    answer = again.get(f"{page.url.path}/file")
    assert answer.url.path == page.url.path
    assert "text/html" in answer.headers["content-type"]
    asked = again.send(answer, page.url.path)
    assert "请再次输入密码" in asked.text
    begun = again.step_up(asked, page.url.path)
    assert "下载已开始" in begun.text
    assert f'content="1; url={page.url.path}/file"' in begun.text
    assert again.get(f"{page.url.path}/file").headers["content-type"] == "application/zip"


def test_nobody_finds_another_subjects_copy(troth: Troth, member: Visitor) -> None:
    page = ready(member)
    other = Visitor(troth)
    other.register()
    for address in (page.url.path, f"{page.url.path}/file"):
        assert other.get(address).status_code == 404


def test_who_is_not_signed_in_is_led_to_the_door(troth: Troth, member: Visitor) -> None:
    page = ready(member)
    assert Visitor(troth).get(f"{page.url.path}/file").url.path == "/sign-in"


def test_downloads_are_counted_and_recorded(member: Visitor) -> None:
    page = ready(member)
    for _ in range(2):
        member.get(f"{page.url.path}/file")
    facts = member.get(f"{page.url.path}?lang=en").text
    assert re.search(r"Downloaded so far</dt><dd>2<", facts)
    assert "copy downloaded" in member.get("/me/trail?lang=en").text


def test_a_copy_is_destroyed_by_its_subject(member: Visitor) -> None:
    page = ready(member)
    done = member.send(page, f"{page.url.path}/drop")
    assert "副本已销毁" in done.text
    assert member.get(page.url.path).status_code == 404


def test_the_list_says_how_large_and_until_when(member: Visitor) -> None:
    number = number_of(ready(member))
    page = member.get("/me/copy?lang=en").text
    assert number in page
    assert re.search(r"\d+ kB", page)
    assert "6 days left" in page


def test_without_a_copy_the_page_says_what_one_is(member: Visitor) -> None:
    assert "还没有副本" in member.get("/me/copy").text


# --- moving elsewhere ------------------------------------------------------------------------


def test_moving_elsewhere_is_asked_for_with_its_receiver(member: Visitor) -> None:
    fields = {"receiver": "另一家云", "receiver_contact": "port@example.org"}
    done = member.send(member.get("/me/move"), "/me/move", **fields)
    assert "转移到别处" in done.text
    (asked,) = member.troth.rights.desk.requests(member.subject)
    assert asked.what == "port"
    told = member.troth.rights.desk.thread(member.subject, asked.number).reveal()
    assert "另一家云" in told
    assert "port@example.org" in told


def test_a_move_without_a_receiver_is_told_at_its_fields(member: Visitor) -> None:
    page = member.send(member.get("/me/move"), "/me/move", receiver="另一家云")
    assert page.status_code == 422
    assert 'id="e-receiver_contact"' in page.text
    assert "另一家云" in page.text
