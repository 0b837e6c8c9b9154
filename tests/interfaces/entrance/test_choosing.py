"""The choice about cookies on our own pages: asked once, kept a year, with and without cookies."""

import asyncio
import json
import re
from html import unescape
from urllib.parse import quote

import pytest

from tests.interfaces.cookies.sites import asked
from tests.interfaces.visitor import BASE, Visitor, hidden
from troth.app import Troth
from troth.interfaces.server import application
from troth.model.acts import Use
from troth.model.cookies import AGAIN_DAYS, COOKIE, read

CHOICE = "/cookies/choice"
BANNER = 'id="cookie-banner"'
PAGES = ("/", "/policy", "/policy/collected", "/clauses", "/register", "/sign-in", "/no-such-page")


def choose(visitor: Visitor, answer: str, *, back: str = "/", follow: bool = False, **more: str):
    return visitor.post(CHOICE, {"answer": answer, "back": back, **more}, follow=follow)


def chosen(visitor: Visitor) -> tuple[str, ...]:
    choice = read(visitor.client.cookies.get(COOKIE, ""))
    assert choice is not None
    return choice.given


# --- asked -------------------------------------------------------------------------------------


@pytest.mark.clause("A.5")
@pytest.mark.parametrize("path", PAGES)
def test_the_first_page_asks_and_sets_nothing(path: str, troth: Troth) -> None:
    page = Visitor(troth, "en").get(path)
    assert page.text.index(BANNER) < page.text.index("<header>")
    assert '<a href="/policy">' in page.text
    names = [line.partition("=")[0] for line in page.headers.get_list("set-cookie")]
    assert set(names) <= {"__Host-csrf"}


def test_nothing_is_ticked_before_somebody_ticked_it(visitor: Visitor) -> None:
    page = visitor.get("/").text
    boxes = re.findall(r'<input type="checkbox"[^>]*>', page[page.index(BANNER) :])
    assert len(boxes) == 2
    assert not any("checked" in box for box in boxes)


def test_yes_and_no_are_the_same_button_with_other_words(troth: Troth) -> None:
    page = Visitor(troth, "en").get("/").text
    two = page[page.index('class="tc-two"') :]
    assert two.startswith(
        'class="tc-two"><button name="answer" value="all">Accept all</button>'
        '<button name="answer" value="none">Reject all</button></div>'
    )


def test_nobody_is_asked_in_the_middle_of_a_form_nor_at_the_desk(troth: Troth) -> None:
    visitor = Visitor(troth)
    assert BANNER not in visitor.ask_codes().text
    assert BANNER not in visitor.get("/desk/sign-in").text
    assert BANNER not in visitor.get("/cookies").text


def test_the_page_of_cookies_is_a_link_in_every_footer(troth: Troth) -> None:
    visitor = Visitor(troth, "en")
    for path in (*PAGES, "/cookies", "/desk/sign-in"):
        foot = visitor.get(path).text.partition("<footer>")[2]
        assert '<a href="/cookies">Cookie settings</a>' in foot


# --- chosen ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "more", "given"),
    [
        ("all", {}, ("analytics", "personalise")),
        ("none", {}, ()),
        ("some", {"give.personalise": "on"}, ("personalise",)),
        ("some", {}, ()),
    ],
)
def test_a_plain_form_is_a_choice_and_leads_back_to_where_somebody_was(
    answer: str, more: dict[str, str], given: tuple[str, ...], visitor: Visitor
) -> None:
    sent = choose(visitor, answer, back="/clauses?status=open", **more)
    assert sent.status_code == 303
    assert sent.headers["location"] == "/clauses?status=open&cookies=said"
    assert chosen(visitor) == given
    (line,) = sent.headers.get_list("set-cookie")
    assert line.startswith(COOKIE)
    assert f"Max-Age={AGAIN_DAYS * 86400}" in line
    page = visitor.get(sent.headers["location"]).text
    assert 'role="status"' in page
    assert '<a href="/clauses?status=open" data-cookies="hide">' in page
    assert BANNER not in visitor.get("/").text


def test_the_forms_fields_lead_back_to_the_very_page(visitor: Visitor) -> None:
    fields = hidden(visitor.get("/clauses?status=open&lang=en").text, CHOICE)
    assert unescape(fields["back"]) == "/clauses?status=open&lang=en"
    assert "form_token" not in fields


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example", "/\\evil", "x"])
def test_it_leads_nowhere_else(back: str, visitor: Visitor) -> None:
    assert choose(visitor, "none", back=back).headers["location"] == "/?cookies=said"


@pytest.mark.parametrize("answer", ["", "close", "yes"])
def test_closing_or_going_on_is_no_consent(answer: str, visitor: Visitor) -> None:
    assert choose(visitor, answer).status_code == 422
    assert COOKIE not in visitor.client.cookies
    visitor.get("/policy")
    assert BANNER in visitor.get("/").text


def test_a_choice_is_changed_as_easily_as_it_was_made(visitor: Visitor) -> None:
    choose(visitor, "all")
    page = visitor.get("/cookies").text
    assert page.count(" checked>") == 2
    choose(visitor, "none", back="/cookies")
    assert chosen(visitor) == ()
    assert " checked>" not in visitor.get("/cookies").text


def test_the_page_shows_the_receipt_of_the_choice(troth: Troth) -> None:
    visitor = Visitor(troth, "en")
    choose(visitor, "all")
    choice = read(visitor.client.cookies[COOKIE])
    assert choice is not None
    page = visitor.get("/cookies").text
    assert choice.receipt in page
    assert "You accepted all cookies" in page
    assert visitor.get(f"/v1/cookies/receipts/{choice.receipt}").json()["given"] == [
        "analytics",
        "personalise",
    ]


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {}])
def test_no_other_site_chooses_for_somebody(headers: dict[str, str], visitor: Visitor) -> None:
    sent = visitor.client.post(CHOICE, data={"answer": "all"}, headers=headers)
    assert sent.status_code == 403
    assert COOKIE not in visitor.client.cookies


def test_a_script_gets_the_same_answer_as_data(visitor: Visitor) -> None:
    headers = {"origin": BASE, "accept": "application/json"}
    sent = visitor.client.post(CHOICE, data={"answer": "none"}, headers=headers)
    told = json.loads(sent.content)
    assert told["value"] == visitor.client.cookies[COOKIE]
    assert BANNER in told["html"]


# --- signed in ---------------------------------------------------------------------------------


def test_the_choice_of_who_is_signed_in_is_theirs_at_the_gate(member: Visitor) -> None:
    gate, subject = member.troth.gate, member.subject
    # On registering they answered as themselves: they are not asked again, and can change it.
    assert BANNER not in member.get("/").text
    fields = hidden(member.get("/cookies").text, CHOICE)
    sent = member.post(CHOICE, {**fields, "answer": "some", "give.analytics": "on"})
    assert sent.status_code == 200
    assert member.post(CHOICE, {"answer": "none"}).status_code == 403
    ways = {
        purpose: gate.ask(Use(subject=subject, fields=("web.cookie",), purpose=purpose))[0].allowed
        for purpose in ("analytics", "personalise")
    }
    assert ways == {"analytics": True, "personalise": False}
    member.post(CHOICE, {**fields, "answer": "none"})
    assert gate.standing(subject).consents["analytics"].state == "withdrawn"


@pytest.mark.clause("3.1.1")
def test_the_session_needs_no_choice_and_is_bound_to_this_host(troth: Troth) -> None:
    visitor = Visitor(troth)
    choose(visitor, "none")
    second = visitor.ask_codes()
    answer = visitor.send(second, "/register/codes", follow=False, **visitor.answers())
    lines = [one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-troth")]
    for flag in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert flag in lines[-1]
    assert visitor.get("/me").status_code == 200
    entry = troth.cookies.register().find("__Host-troth")
    assert entry is not None
    assert entry.category == "essential"


# --- privacy signals ---------------------------------------------------------------------------


def test_a_privacy_signal_is_honoured_shown_and_counted(troth: Troth) -> None:
    visitor = Visitor(troth, "en")
    before = sum(times for *_, times in troth.cookies.heard())
    told = visitor.client.get("/", headers={"sec-gpc": "1"}).text
    assert "Honoured: nothing is sold or shared" in told[told.index(BANNER) :]
    assert "Honoured: nothing is sold or shared" in told.partition("<footer>")[2]
    assert sum(times for *_, times in troth.cookies.heard()) == before + 1
    silent = visitor.client.get("/", headers={"sec-gpc": "true"}).text
    assert "Honoured" not in silent
    assert sum(times for *_, times in troth.cookies.heard()) == before + 1


@pytest.mark.parametrize(
    ("values", "counts"), [(["1", "0"], True), (["0", "1"], True), (["0", "2"], False)]
)
def test_one_signal_of_several_is_enough(values: list[str], counts: bool, troth: Troth) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/cookies/choice",
        "raw_path": b"/v1/cookies/choice",
        "query_string": b"",
        "scheme": "https",
        "headers": [(b"sec-gpc", value.encode()) for value in values],
        "client": ("198.51.100.7", 1),
    }
    told = asyncio.run(asked(application(troth), scope, b""))
    assert json.loads(told.body)["signal"] is counts


def test_the_well_known_file_says_that_the_signal_is_honoured(visitor: Visitor) -> None:
    told = visitor.get("/.well-known/gpc.json")
    assert told.headers["content-type"] == "application/json"
    assert told.json() == {"gpc": True, "lastUpdate": "2023-05-31"}


# --- for other sites ---------------------------------------------------------------------------


def test_the_script_for_other_sites_holds_all_it_needs(visitor: Visitor) -> None:
    answer = visitor.get("/cookies/banner.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "</" not in answer.text.partition("\n")[0]
    for told in ("全部拒绝", "Reject all", f"{BASE}/v1/cookies/choice", "_ga"):
        assert (told in answer.text) is (told != "_ga")


def test_a_language_or_place_in_the_address_is_never_markup(visitor: Visitor) -> None:
    hostile = quote('"><script>alert(1)</script>')
    page = visitor.get(f"/clauses?status={hostile}").text
    assert "<script>alert" not in page
