"""A site behind the guard: undeclared cookies, gated tags, the banner; over ASGI and WSGI."""

import asyncio
import gzip
import subprocess
import sys
from urllib.parse import urlencode

import pytest

from tests.interfaces.cookies.sites import AT, PAGE, REGISTER, WAYS, Answer, Ask, Recorder, Site
from troth.interfaces.cookies.asgi import CookieGuard
from troth.model.clock import SetClock
from troth.model.cookies import choose, read

OWN = ("origin", "https://shop.example")


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def keeper() -> Recorder:
    return Recorder()


@pytest.fixture(params=WAYS)
def ask(request: pytest.FixtureRequest, site: Site, keeper: Recorder) -> Ask:
    return WAYS[request.param](site, keeper)


def said(*yes: str, signal: bool = False) -> tuple[str, str]:
    """Return the cookie of somebody who chose."""
    value = choose(REGISTER, yes, signal=signal, at=AT).written()
    return ("cookie", f"cookie_choice={value}")


def setting(site: Site, *lines: str) -> None:
    site.headers = [*site.headers, *(("set-cookie", line) for line in lines)]


# --- cookies -----------------------------------------------------------------------------------


def test_a_cookie_that_is_not_declared_is_never_set(site: Site, ask: Ask) -> None:
    setting(site, "session=1; Path=/; HttpOnly", "tracker=2; Path=/")
    for headers in ([], [said("analytics", "personalise")]):
        assert set(ask(headers=headers).set) == {"session"}


def test_a_declared_cookie_is_set_after_a_yes_to_its_category(site: Site, ask: Ask) -> None:
    setting(site, "analytics=1; Max-Age=100", "_i_7=2")
    assert ask().set == {}
    assert ask(headers=[said()]).set == {}
    assert set(ask(headers=[said("analytics")]).set) == {"analytics"}
    assert set(ask(headers=[said("analytics", "personalise")]).set) == {"analytics", "_i_7"}


def test_answers_that_are_no_pages_are_held_to_the_register_too(site: Site, ask: Ask) -> None:
    site.headers, site.pieces = [("content-type", "application/json")], [b"{}"]
    setting(site, "tracker=2")
    answer = ask()
    assert answer.set == {}
    assert answer.body == b"{}"


def test_taking_a_cookie_away_is_always_let_through(site: Site, ask: Ask) -> None:
    gone = ("a=; Max-Age=0", "b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "c=; max-age=-1")
    setting(site, *gone, "d=1; Expires=Thu, 01 Jan 2099 00:00:00 GMT", "e=; Expires=never")
    assert set(ask().set) == {"a", "b", "c"}


def test_what_was_taken_back_is_deleted_and_kept_from_the_application(site: Site, ask: Ask) -> None:
    sent = ("cookie", "session=1; analytics=2; theirs=3; " + said("personalise")[1])
    answer = ask(headers=[sent])
    assert "Max-Age=0" in answer.set["analytics"]
    assert set(answer.set) == {"analytics"}
    assert "analytics=2" not in site.saw["cookie"]
    assert "session=1; theirs=3; cookie_choice=" in site.saw["cookie"]


def test_whoever_asks_is_told_what_was_taken_out(site: Site, keeper: Recorder) -> None:
    told: list[tuple[str, str]] = []
    ask = WAYS["asgi"](site, keeper, note=lambda name, why: told.append((name, why)))
    setting(site, "tracker=2", "analytics=1", "session=1")
    ask()
    assert told == [("tracker", "undeclared"), ("analytics", "analytics")]


# --- pages -------------------------------------------------------------------------------------


def test_a_tag_of_a_category_without_a_yes_is_inert(ask: Ask) -> None:
    assert b'<script type="text/plain" data-category="analytics"' in ask().body
    assert b'<script data-category="analytics"' in ask(headers=[said("analytics")]).body


def test_the_first_page_has_the_banner_and_its_links(ask: Ask) -> None:
    page = ask().body.decode()
    assert page.index('id="cookie-banner"') < page.index("<h1>Shop")
    assert '<link rel="stylesheet" href="/.cookies/cookies.css"></head>' in page.replace(
        page[page.index("<script src") : page.index("</head>")], ""
    )
    assert 'data-cookies="open"' in page


def test_who_has_chosen_is_not_asked_and_still_finds_the_way_back(ask: Ask) -> None:
    page = ask(headers=[said()]).body.decode()
    assert 'id="cookie-banner"' not in page
    assert '<a href="/.cookies/choice" data-cookies="open">' in page


def test_the_banner_speaks_the_browsers_language(ask: Ask) -> None:
    assert "全部拒绝" in ask().body.decode()
    assert "Reject all" in ask(headers=[("accept-language", "en-GB,zh;q=0.4")]).body.decode()


def test_a_page_that_was_gone_through_says_how_long_it_is(site: Site, ask: Ask) -> None:
    site.headers = [*site.headers, ("content-length", str(len(PAGE))), ("etag", '"x"')]
    answer = ask()
    assert answer.one("content-length") == str(len(answer.body))
    assert answer.one("etag") == ""
    assert "Cookie, Sec-GPC" in answer.one("vary")


def test_a_page_in_many_pieces_streams_and_claims_no_length(site: Site, ask: Ask) -> None:
    whole = ask().body
    site.pieces = [PAGE[at : at + 9] for at in range(0, len(PAGE), 9)]
    site.headers = [*site.headers, ("content-length", str(len(PAGE)))]
    answer = ask()
    assert answer.all("content-length") == []
    assert answer.body == whole


def test_an_application_is_asked_for_pages_that_can_be_looked_into(site: Site, ask: Ask) -> None:
    ask(headers=[("accept-encoding", "gzip, br"), ("range", "bytes=0-9")])
    assert not {"accept-encoding", "range"} & set(site.saw)
    ask(headers=[("accept-encoding", "gzip"), ("accept", "image/*")])


@pytest.mark.parametrize("pieces", [1, 5])
def test_a_page_that_comes_packed_all_the_same_is_unpacked(
    pieces: int, site: Site, ask: Ask
) -> None:
    whole = ask().body
    packed = gzip.compress(PAGE)
    step = -(-len(packed) // pieces)
    site.pieces = [packed[at : at + step] for at in range(0, len(packed), step)]
    site.headers = [*site.headers, ("content-encoding", "gzip")]
    answer = ask()
    assert answer.body == whole
    assert answer.one("content-encoding") == ""


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, [("content-type", "text/html"), ("content-encoding", "br")]),
        (200, [("content-type", "text/html; charset=utf-16")]),
        (200, [("content-type", "text/plain")]),
        (206, [("content-type", "text/html")]),
    ],
)
def test_what_cannot_be_looked_into_is_left_as_it_is(
    status: int, headers: list[tuple[str, str]], site: Site, ask: Ask
) -> None:
    site.status, site.headers, site.pieces = status, headers, [PAGE]
    assert ask().body == PAGE


def test_the_head_of_a_page_claims_no_length_that_it_has_not(site: Site, ask: Ask) -> None:
    site.headers = [*site.headers, ("content-length", str(len(PAGE)))]
    site.pieces = [b""]
    assert ask(method="HEAD").one("content-length") == ""


# --- privacy signals, and the application's own decisions --------------------------------------


def test_the_application_is_told_what_is_allowed(site: Site, ask: Ask) -> None:
    ask(headers=[said("analytics")])
    assert site.decision is not None
    assert site.decision.allows("analytics")
    assert not site.decision.allows("personalise")


@pytest.mark.parametrize(
    ("values", "off"), [(["1"], True), (["0", "1"], True), (["true"], False), (["0"], False)]
)
def test_a_privacy_signal_is_honoured_on_the_server(
    values: list[str], off: bool, site: Site, ask: Ask
) -> None:
    told = [said("analytics", "personalise"), *(("sec-gpc", value) for value in values)]
    setting(site, "_i_7=2")
    answer = ask(headers=told)
    assert ("_i_7" not in answer.set) is off
    assert site.decision is not None
    assert site.decision.allows("personalise") is not off


def test_the_banner_says_that_the_signal_is_honoured(ask: Ask) -> None:
    page = ask(headers=[("sec-gpc", "1"), ("accept-language", "en")]).body.decode()
    assert "Honoured: nothing is sold or shared" in page


@pytest.mark.parametrize("way", WAYS)
def test_without_a_yes_pages_are_the_same_for_everybody(way: str, keeper: Recorder) -> None:
    site = Site(personal=True)
    ask = WAYS[way](site, keeper)
    pages = [ask(headers=headers).body for headers in ([], [said()], [said("analytics")])]
    assert all(b"<p>For all</p>" in page for page in pages)
    assert b"<p>Picked for you</p>" in ask(headers=[said("personalise")]).body
    off = ask(headers=[said("personalise"), ("sec-gpc", "1")])
    assert b"<p>For all</p>" in off.body


# --- choosing ----------------------------------------------------------------------------------


def post(
    ask: Ask, *headers: tuple[str, str], path: str = "/.cookies/choice", **fields: str
) -> Answer:
    told = [("content-type", "application/x-www-form-urlencoded"), *(headers or (OWN,))]
    return ask(path, method="POST", headers=told, body=urlencode(fields).encode())


@pytest.mark.parametrize(
    ("fields", "given"),
    [
        ({"answer": "all"}, ("analytics", "personalise")),
        ({"answer": "none"}, ()),
        ({"answer": "some", "give.analytics": "on"}, ("analytics",)),
        ({"answer": "some"}, ()),
    ],
)
def test_a_plain_form_is_a_choice_and_leads_back(
    fields: dict[str, str], given: tuple[str, ...], keeper: Recorder, ask: Ask
) -> None:
    answer = post(ask, **fields, back="/basket?x=1")
    assert answer.status == 303
    assert answer.one("location") == "/basket?x=1&cookies=said"
    assert keeper.told[-1]["given"] == given
    line = answer.set["cookie_choice"]
    choice = read(line.partition("=")[2].partition(";")[0])
    assert choice is not None
    assert choice.given == given
    for flag in ("Max-Age=31622400", "SameSite=Lax", "Secure", "Path=/"):
        assert flag in line


def test_a_script_gets_its_answer_as_data(ask: Ask) -> None:
    answer = post(ask, OWN, ("accept", "application/json"), answer="none")
    assert answer.one("content-type") == "application/json"
    assert b"cookie-banner" in answer.body


@pytest.mark.parametrize("fields", [{}, {"answer": "close"}, {"give.analytics": "on"}])
def test_closing_or_going_on_is_no_choice(
    fields: dict[str, str], keeper: Recorder, ask: Ask
) -> None:
    assert post(ask, **fields).status == 403
    assert keeper.told == []


@pytest.mark.parametrize(
    "headers",
    [
        (("origin", "https://evil.example"),),
        (("origin", "null"),),
        (("accept", "text/html"),),
        (OWN, ("sec-fetch-site", "cross-site")),
    ],
)
def test_no_other_site_chooses_for_somebody(
    headers: tuple[tuple[str, str], ...], keeper: Recorder, ask: Ask
) -> None:
    assert post(ask, *headers, answer="all").status == 403
    assert keeper.told == []


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example/", "/\\evil", "javascript:1"]
)
def test_a_choice_leads_back_to_this_site_alone(back: str, ask: Ask) -> None:
    assert post(ask, answer="none", back=back).one("location") == "/?cookies=said"


def test_a_no_holds_even_if_nobody_can_write_it_down_and_a_yes_does_not(
    keeper: Recorder, ask: Ask
) -> None:
    keeper.dead = True
    no, yes = post(ask, answer="none"), post(ask, answer="all")
    assert no.status == 303
    assert "cookie_choice" in no.set
    assert yes.status == 503
    assert yes.set == {}


def test_right_after_a_choice_its_words_stand_in_the_banners_place(ask: Ask) -> None:
    headers = [said("analytics"), ("accept-language", "en")]
    page = ask("/basket?x=1&cookies=said", headers=headers).body.decode()
    assert "You agreed to this: to see how it is used" in page
    assert '<a href="/basket?x=1" data-cookies="hide">' in page


def test_a_browser_that_keeps_no_cookies_is_told_so_and_not_asked_for_ever(ask: Ask) -> None:
    page = ask("/?cookies=said", headers=[("accept-language", "en")]).body.decode()
    assert "Your browser keeps no cookies" in page
    assert "<form" not in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_settings_list_the_register_and_take_another_choice(language: str, ask: Ask) -> None:
    headers = [said("analytics"), ("accept-language", language)]
    page = ask("/.cookies/choice", headers=headers).body.decode()
    for one in REGISTER.technologies:
        assert one.words[language] in page
    assert 'name="give.analytics" aria-describedby="tc-analytics-what" checked' in page
    assert 'name="give.personalise" aria-describedby="tc-personalise-what">' in page


def test_its_files_are_served_and_nothing_else(ask: Ask) -> None:
    assert ask("/.cookies/cookies.css").one("content-type").startswith("text/css")
    assert ask("/.cookies/cookies.js").one("content-type").startswith("text/javascript")
    for path in ("/.cookies/", "/.cookies/guard.py", "/.cookies/../secret"):
        assert ask(path).status == 404


# --- around it ---------------------------------------------------------------------------------


def test_lifespan_and_sockets_pass_and_sockets_set_nothing_undeclared() -> None:
    seen: list[str] = []

    async def app(scope: dict, receive: object, send: object) -> None:  # type: ignore[type-arg]
        seen.append(scope["type"])
        if scope["type"] == "websocket":
            headers = [(b"set-cookie", b"tracker=1"), (b"set-cookie", b"session=1")]
            await send({"type": "websocket.accept", "headers": headers})  # type: ignore[operator]

    told = _over_a_socket(app)
    assert seen == ["lifespan", "websocket"]
    assert told[0]["headers"] == [(b"set-cookie", b"session=1")]


def _over_a_socket(app: object) -> list[dict]:  # type: ignore[type-arg]
    guarded = CookieGuard(app, REGISTER, Recorder(), clock=SetClock(AT))  # type: ignore[arg-type]
    told: list[dict] = []  # type: ignore[type-arg]

    async def send(message: dict) -> None:  # type: ignore[type-arg]
        told.append(message)

    async def both() -> None:
        await guarded({"type": "lifespan"}, None, send)  # type: ignore[arg-type]
        socket = {"type": "websocket", "path": "/", "scheme": "wss", "headers": []}
        await guarded(socket, None, send)  # type: ignore[arg-type]

    asyncio.run(both())
    return told


def test_a_guarded_program_loads_neither_the_house_nor_a_web_framework() -> None:
    code = (
        "import sys, troth; troth.CookieGuard, troth.CookieGuardWSGI;"
        "print([one for one in ('litestar', 'troth.app', 'troth.vault', 'cryptography', 'yaml',"
        " 'jinja2', 'playwright') if one in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
