"""The way from an application and back: what is asked is checked, and nobody is led astray."""

import html
import re
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chapters.shop import ABROAD, BACK, CHALLENGE
from tests.interfaces.oidc.stand import Stand, led, onward
from tests.interfaces.visitor import BASE, hidden
from troth.interfaces.oidc.answers import address_with
from troth.interfaces.oidc.wishes import Pairs, WishError, read
from troth.model.acts import Restrict
from troth.model.errors import BadInput, NotFound

OURS = {"sec-fetch-site": "same-origin", "accept": "text/html"}


# --- nobody is led to a stranger ---------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": ""},
        {"client_id": "app-unknown"},
        {"redirect_uri": ""},
        {"redirect_uri": "https://evil.example/back"},
        {"redirect_uri": f"{BACK}/"},
        {"redirect_uri": f"{BACK}?x=1"},
        {"redirect_uri": "https://shop.example.evil.example/back"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "//evil.example"},
    ],
)
def test_whoever_is_not_known_leads_nobody_anywhere(stand: Stand, changed: dict[str, str]) -> None:
    stand.person()
    page = stand.authorize(**changed)
    assert page.status_code == 422
    assert "location" not in page.headers
    assert "refresh" not in page.text
    for lead in ('href="https://evil', 'href="//evil', 'href="javascript', 'href="https://shop'):
        assert lead not in page.text


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_a_word_that_decides_where_to_lead_comes_once(stand: Stand, name: str) -> None:
    stand.person()
    words = [*stand.asked().items(), (name, stand.asked()[name])]
    assert stand.get(f"/authorize?{urlencode(words)}").status_code == 422


def test_an_ended_application_leads_nobody_anywhere(stand: Stand) -> None:
    stand.person()
    stand.troth.applications.end(stand.made.id)
    assert stand.authorize().status_code == 422


# --- what is not understood is told back -------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": ""}, "unsupported_response_type"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "email"}, "invalid_scope"),
        ({"scope": "openidx"}, "invalid_scope"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": f"{CHALLENGE}="}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"max_age": "１"}, "invalid_request"),
        ({"nonce": "n" * 1025}, "invalid_request"),
        ({"request": "e30."}, "request_not_supported"),
        ({"request_uri": "https://shop.example/r"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
    ],
)
def test_an_application_is_told_what_is_wrong_with_what_it_asked(
    stand: Stand, changed: dict[str, str], error: str
) -> None:
    stand.person()
    told = led(stand.authorize(**changed))
    assert told["error"] == error
    assert (told["state"], told["iss"]) == ("the state", BASE)
    assert "code" not in told


@pytest.mark.parametrize("name", ["scope", "state", "code_challenge", "nonce", "prompt"])
def test_no_word_comes_twice(stand: Stand, name: str) -> None:
    stand.person()
    words = [*stand.asked(prompt="login").items(), (name, "again")]
    assert led(stand.get(f"/authorize?{urlencode(words)}"))["error"] == "invalid_request"


def test_what_was_sent_is_not_repeated(stand: Stand) -> None:
    stand.person()
    page = stand.authorize(response_type="<b>evil</b>", prompt="evil")
    assert "evil" not in onward(page)


def test_a_form_of_another_site_comes_to_the_same_place_by_its_address(stand: Stand) -> None:
    words = stand.asked()
    page = stand.client.post(
        "/authorize", data=words, headers={"origin": "https://shop.example"}, follow_redirects=False
    )
    assert page.status_code == 303
    where = urlsplit(page.headers["location"])
    assert (where.path, dict(parse_qsl(where.query))) == ("/authorize", words)


# --- who is there ------------------------------------------------------------------------------


def test_whoever_is_not_signed_in_is_led_to_sign_in_and_on_from_there(stand: Stand) -> None:
    page = stand.authorize()
    assert page.status_code == 303
    assert page.headers["location"].startswith(f"/sign-in?to={quote('/authorize?', safe='')}")
    form = stand.get(page.headers["location"])
    wish = hidden(form.text, "/sign-in")["to"]
    stand.person()
    assert "Sign in to Shop" in stand.get(wish).text


def test_whichever_way_somebody_signs_in_the_wish_goes_along(stand: Stand) -> None:
    form = stand.get(stand.authorize().headers["location"])
    other = re.search(r'href="(/sign-in/code[^"]*)"', form.text)
    assert other
    page = stand.get(html.unescape(other[1]))
    assert hidden(page.text, "/sign-in/code")["to"] == hidden(form.text, "/sign-in")["to"]


@pytest.mark.parametrize(
    "wish", ["//evil.example", "https://evil.example", "/authorize", "/authorizex?a", "\\evil"]
)
def test_a_sign_in_leads_nowhere_else(stand: Stand, wish: str) -> None:
    form = stand.get(f"/sign-in?to={quote(wish, safe='')}")
    assert hidden(form.text, "/sign-in")["to"] == "/me"


def test_a_hint_is_typed_for_them_and_nothing_is_looked_up(stand: Stand) -> None:
    pages = []
    for name in ("known@mail.example", "other@mail.example"):
        if name.startswith("known"):
            stand.person(contact_email=name)
            stand.client.cookies.clear()
        form = stand.get(stand.authorize(login_hint=name).headers["location"])
        assert f'value="{name}"' in form.text
        pages.append(len(form.text.replace(name, "")))
    assert abs(pages[0] - pages[1]) < 64


def test_without_a_page_nobody_signs_in(stand: Stand) -> None:
    assert led(stand.authorize(prompt="none"))["error"] == "login_required"
    stand.person()
    assert led(stand.authorize(prompt="none"))["error"] == "consent_required"
    stand.agrees("email")
    assert "code" in led(stand.authorize(prompt="none"))


@pytest.mark.parametrize("prompt", ["login", "select_account"])
def test_somebody_proves_themselves_anew_when_that_is_asked(stand: Stand, prompt: str) -> None:
    who = stand.person()
    stand.agrees("email")
    page = stand.authorize(prompt=prompt)
    back = dict(parse_qsl(urlsplit(page.headers["location"]).query))["to"]
    stand.clock.forward(seconds=30)
    assert stand.get(back).headers["location"].startswith("/sign-in?")
    stand.enters(who)
    assert "code" in led(stand.get(back))


def test_a_proof_that_is_old_enough_is_asked_for_anew(stand: Stand) -> None:
    who = stand.person()
    stand.agrees("email")
    stand.clock.forward(seconds=100)
    assert "code" in led(stand.authorize(max_age="100"))
    page = stand.authorize(max_age="99")
    assert page.headers["location"].startswith("/sign-in?")
    assert led(stand.authorize(max_age="99", prompt="none"))["error"] == "login_required"
    back = dict(parse_qsl(urlsplit(page.headers["location"]).query))["to"]
    stand.clock.forward(seconds=1)
    stand.enters(who)
    assert "code" in led(stand.get(back))


def test_nobody_skips_a_proof_with_a_word_of_their_own(stand: Stand) -> None:
    stand.person()
    stand.agrees("email")
    stand.clock.forward(seconds=100)
    other, _ = stand.enter(sector="other.example")
    foreign = stand.authorize(prompt="login", client_id=other.id).headers["location"]
    asked = dict(parse_qsl(urlsplit(foreign).query))["to"].partition("asked=")[2]
    stand.clock.forward(seconds=1)
    for word in ("0", "x" * 40, asked):
        page = stand.authorize(prompt="login", asked=word)
        assert page.headers["location"].startswith("/sign-in?")


def test_a_token_of_somebody_else_asks_for_them(stand: Stand) -> None:
    first = stand.person()
    hint = stand.exchange(stand.code("email")).json()["id_token"]
    assert "code" in led(stand.authorize(id_token_hint=hint))
    stand.person()
    stand.agrees("email")
    assert stand.authorize(id_token_hint=hint).headers["location"].startswith("/sign-in?")
    assert led(stand.authorize(id_token_hint=hint, prompt="none"))["error"] == "login_required"
    stand.enters(first)
    for wrong in (f"{hint[:-4]}AAAA", "e30.e30.", "x"):
        page = stand.authorize(id_token_hint=wrong)
        assert page.headers["location"].startswith("/sign-in?")


# --- the page that asks ------------------------------------------------------------------------


def test_the_page_says_who_what_why_how_long_and_how_to_undo(stand: Stand) -> None:
    stand.person()
    page = stand.authorize().text
    for told in (
        *("Shop", "Shop Ltd", "privacy@shop.example", "Our affiliates in the mainland"),
        *("shop.example", "To sign you in to another application", "/me/applications"),
        *("Your e-mail address", "Stay signed in there", "Until you disconnect it"),
    ):
        assert told in page, told
    assert not re.search(r"<input[^>]* checked", page)


def test_it_is_there_in_chinese_too(stand: Stand) -> None:
    stand.person()
    stand.client.headers["accept-language"] = "zh-CN"
    page = stand.authorize().text
    for told in ("登录 Shop", "我们在境内的关联公司", "使用本账号登录其他应用", "电子邮箱"):
        assert told in page, told


def test_an_application_may_suggest_a_language_and_the_person_chooses(stand: Stand) -> None:
    stand.person()
    page = stand.authorize(ui_locales="fr zh-CN en")
    assert "登录 Shop" in page.text
    assert "language" not in page.headers.get("set-cookie", "")
    stand.client.cookies.set("language", "en")
    assert "Sign in to Shop" in stand.authorize(ui_locales="zh-CN").text


def test_nobody_frames_it_or_runs_a_script_on_it(stand: Stand) -> None:
    stand.person()
    headers = stand.authorize().headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "script-src 'self'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"


def test_a_yes_leads_back_with_a_code_by_a_page_of_ours(stand: Stand) -> None:
    stand.person()
    page = stand.agrees("email")
    # The content policy lets a form lead to our own pages alone.
    assert page.status_code == 200
    assert 'http-equiv="refresh"' in page.text
    told = led(page)
    assert told.keys() == {"code", "state", "iss"}
    assert (told["state"], told["iss"]) == ("the state", BASE)


def test_whoever_comes_back_from_a_page_of_ours_is_led_by_one(stand: Stand) -> None:
    stand.person()
    stand.agrees("email")
    assert stand.authorize().status_code == 303
    assert stand.authorize(headers=OURS).status_code == 200
    assert "code" in led(stand.authorize(headers=OURS))


def test_a_no_is_told_and_changes_nothing(stand: Stand) -> None:
    who = stand.person()
    told = led(stand.answer(stand.authorize(), "scope:email", answer="no"))
    assert told["error"] == "access_denied"
    assert stand.troth.applications.mine(who) == []


def test_only_what_was_on_the_page_can_be_ticked(stand: Stand) -> None:
    who = stand.person()
    stand.answer(stand.authorize(scope="openid email"), "scope:email", "scope:phone", "scope:x")
    assert stand.troth.applications.mine(who)[0].grant.scopes == ("openid", "email")


@pytest.mark.parametrize("broken", ["wish", "form_token"])
def test_an_answer_comes_from_the_page_that_was_shown(stand: Stand, broken: str) -> None:
    who = stand.person()
    fields = hidden(stand.authorize().text, "/authorize/answer") | {"answer": "yes"}
    stand.client.post(
        "/authorize/answer", data=fields | {broken: "forged"}, headers={"origin": BASE}
    )
    assert stand.troth.applications.mine(who) == []


def test_an_answer_comes_from_a_page_of_ours(stand: Stand) -> None:
    who = stand.person()
    fields = hidden(stand.authorize().text, "/authorize/answer") | {"answer": "yes"}
    for headers in ({"origin": "https://shop.example"}, {}):
        refused = stand.client.post("/authorize/answer", data=fields, headers=headers)
        assert refused.status_code == 403
    assert stand.troth.applications.mine(who) == []


def test_an_answer_is_whoevers_page_it_was(stand: Stand) -> None:
    stand.person()
    page = stand.authorize()
    other = stand.person()
    assert stand.answer(page).status_code in (403, 422)
    assert stand.troth.applications.mine(other) == []


def test_a_page_that_was_left_for_ten_minutes_is_over(stand: Stand) -> None:
    who = stand.person()
    page = stand.authorize()
    stand.clock.forward(seconds=601)
    assert stand.answer(page).status_code == 422
    assert stand.troth.applications.mine(who) == []


def test_whose_session_ended_meanwhile_signs_in_and_finds_the_page_again(stand: Stand) -> None:
    who = stand.person()
    page = stand.authorize()
    stand.troth.proof.sessions.end_all(who)
    back = stand.answer(page).headers["location"]
    wish = dict(parse_qsl(urlsplit(back).query))["to"]
    assert dict(parse_qsl(urlsplit(wish).query)) == stand.asked()
    stand.enters(who)
    assert "code" in led(stand.answer(stand.get(wish)))


def test_in_another_language_the_page_comes_again_and_nothing_is_said(stand: Stand) -> None:
    who = stand.person()
    fields = hidden(stand.authorize().text, "/authorize/answer")
    page = stand.client.post("/authorize/answer?lang=zh", data=fields, headers={"origin": BASE})
    assert "登录 Shop" in page.text
    assert stand.troth.applications.mine(who) == []


def test_everything_is_asked_again_when_the_application_wants_that(stand: Stand) -> None:
    who = stand.person()
    stand.agrees("email")
    page = stand.authorize(prompt="consent")
    assert "scope:email" in page.text
    stand.answer(page)
    assert stand.troth.applications.mine(who)[0].grant.scopes == ("openid",)


def test_what_leaves_the_mainland_is_asked_apart(stand: Stand) -> None:
    stand.sign("affiliates")
    abroad, _ = stand.enter(recipient="affiliates", sector="abroad.example", facts=ABROAD)
    who = stand.person()
    page = stand.authorize(client_id=abroad.id)
    assert "I agree that this is sent abroad, to Shop Ltd (HK)" in page.text
    refused = stand.answer(page)
    assert refused.status_code == 422
    assert "takes this consent" in refused.text
    assert stand.troth.applications.mine(who) == []
    done = stand.answer(stand.authorize(client_id=abroad.id), "key:export/global/sign_in")
    assert "code" in led(done)


# --- shut --------------------------------------------------------------------------------------


def test_a_person_is_told_why_they_cannot_be_signed_in_there(stand: Stand) -> None:
    abroad, _ = stand.enter(recipient="affiliates", sector="abroad.example")
    stand.sign("affiliates")
    stand.person()
    page = stand.authorize(client_id=abroad.id)
    assert page.status_code == 403
    assert "You cannot be signed in to Shop" in page.text
    assert "error=access_denied" in page.text
    told = led(stand.authorize(client_id=abroad.id, prompt="none"))
    assert told["error"] == "access_denied"


def test_a_restricted_account_is_signed_in_nowhere(stand: Stand) -> None:
    who = stand.person()
    stand.agrees("email")
    stand.gate.perform(Restrict(subject=who))
    assert stand.authorize().status_code == 403
    page = stand.authorize(prompt="consent")
    assert page.status_code == 403


# --- whatever is asked -------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["client_id", "redirect_uri", "scope", "state", "prompt", "max_age", "response_type", "x"]
)
TEXTS = st.one_of(st.text(max_size=12), st.sampled_from(["app-1", BACK, "code", "openid", "S256"]))


class Known:
    """An application that is known by one id."""

    id = "app-1"

    def leads_back(self, address: str) -> bool:
        """Tell whether it is the one address."""
        return address == BACK


def find(name: str) -> Any:
    """Find it."""
    if name != "app-1":
        raise NotFound
    return Known()


@given(pairs=st.lists(st.tuples(WORDS, TEXTS), max_size=10))
def test_whatever_is_asked_is_read_or_refused(pairs: Pairs) -> None:
    names = [name for name, _ in pairs]
    known = ("client_id", "app-1") in pairs and ("redirect_uri", BACK) in pairs
    once = names.count("client_id") == names.count("redirect_uri") == 1
    with pytest.raises(WishError if known and once else BadInput):
        # There is no challenge among the words: nothing is ever granted here.
        read(pairs, find)


@given(words=st.dictionaries(st.sampled_from(["code", "state", "iss"]), st.text(max_size=9)))
def test_words_stay_words_in_an_address(words: dict[str, str]) -> None:
    address = address_with(f"{BACK}?x=1", **words)
    told = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
    assert told == {"x": "1", **{name: word for name, word in words.items() if word}}
    assert address.startswith(f"{BACK}?x=1")
