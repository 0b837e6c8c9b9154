"""What a foreign page, a forged form or a hostile text can do here: nothing (A4, A5)."""

import re
from html.parser import HTMLParser

import pytest
from httpx import Response

from tests.interfaces.visitor import BASE, Visitor, hidden
from troth.app import Troth
from troth.interfaces.pages.forms import Form, Forms, stale
from troth.interfaces.server import application
from troth.model.errors import BadInput, Refused

BY_PROGRAMS = ("/v1", "/opendsr", "/token", "/revoke", "/userinfo")
"""What programs call: no cookie counts there."""
BY_LINK = ("/stop/{token:str}", "/powers/{token:str}", "/authorize", "/end-session")
"""What others may send us: it has no more authority than the link or the address it leads to."""
"""Its signed link is the authority, so that mail programs can send it (RFC 8058)."""
COOKIELESS = ("/cookies/choice", "/rights")
"""What a browser without cookies may send: there is nobody to act for where nobody is signed in."""
PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{7*7}}{% raw %}",
    "javascript:alert(1)",
    "</textarea><svg onload=alert(1)>",
)


def unsafe(troth: Troth) -> list[tuple[str, str]]:
    """Return every address of the service that changes something, but the API's own."""
    return [
        (method, route.path)
        for route in application(troth).app.routes
        for method in sorted(route.methods - {"GET", "HEAD", "OPTIONS"})  # type: ignore[union-attr]
        if not route.path.startswith(BY_PROGRAMS) and route.path not in BY_LINK
    ]


def filled(path: str) -> str:
    """Return an address with its places filled in."""
    return re.sub(r"\{[^}]+\}", "x", path)


def test_there_are_addresses_to_try(troth: Troth) -> None:
    assert len(unsafe(troth)) >= 20


def test_no_address_takes_a_form_without_its_token(troth: Troth, member: Visitor) -> None:
    for method, path in unsafe(troth):
        for visitor in (member,) if path in COOKIELESS else (Visitor(troth), member):
            answer = visitor.client.request(method, filled(path), headers={"origin": BASE}, data={})
            assert (path, answer.status_code) == (path, 403)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "https://centre.test.evil.example"},
        {"origin": "http://centre.test"},
        {"origin": BASE, "sec-fetch-site": "cross-site"},
        {"origin": BASE, "sec-fetch-site": "same-site"},
        {},
    ],
)
def test_no_address_takes_a_form_from_another_site(
    headers: dict[str, str], troth: Troth, member: Visitor
) -> None:
    token = hidden(member.get("/me").text, "/sign-out")
    for method, path in unsafe(troth):
        answer = member.client.request(method, filled(path), headers=headers, data=token)
        assert (path, answer.status_code) == (path, 403)


def test_the_token_of_one_browser_is_worth_nothing_in_another(
    troth: Troth, member: Visitor
) -> None:
    other = Visitor(troth)
    other.register()
    stolen = hidden(other.get("/me").text, "/sign-out")
    assert member.post("/sign-out", stolen).status_code == 403
    assert member.get("/me").status_code == 200


def test_a_form_of_the_page_before_signing_in_is_worth_nothing_after(visitor: Visitor) -> None:
    before = hidden(visitor.get("/register").text, "/register")
    visitor.register()
    assert visitor.post("/sign-out", before).status_code == 403


@pytest.mark.clause("2.1.3g", "7.2b")
def test_personal_data_is_not_taken_over_plain_http_from_elsewhere(visitor: Visitor) -> None:
    token = hidden(visitor.get("/register").text, "/register")
    answer = visitor.client.post(
        "http://centre.test/register", data=token, headers={"origin": "http://centre.test"}
    )
    assert answer.status_code == 403


@pytest.mark.clause("3.1", "3.1.1")
def test_every_cookie_is_in_the_register_and_bound_to_this_host(member: Visitor) -> None:
    declared = member.troth.gate.policy().edition.cookies
    seen = set()
    for page in (member.get("/?lang=en"), Visitor(member.troth).get("/sign-in")):
        seen |= set(page.headers.get_list("set-cookie"))
    signing = Visitor(member.troth)
    signing.ask_codes()
    answer = signing.send(signing.ask_codes(), "/register/codes", follow=False, **signing.answers())
    for line in (*seen, *answer.headers.get_list("set-cookie")):
        name = line.partition("=")[0]
        assert name in declared
        for flag in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
            assert flag in line
        assert "Domain" not in line


def test_every_page_forbids_script_framing_and_caching(member: Visitor) -> None:
    pages: list[Response] = [
        member.get("/me"),
        member.get("/nowhere"),
        member.post("/me/consents"),
        member.get("/sign-in", follow=False),
    ]
    for page in pages:
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-content-type-options"] == "nosniff"


OURS = re.compile(r"/static/(passkeys|cookies)-[0-9a-f]{12}\.js")


class Outline(HTMLParser):
    """Notes what a browser would run: scripts, handlers, style attributes, odd addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that our pages never have."""
        own = tag == "script" and OURS.fullmatch(dict(attrs).get("src") or "")
        if tag in ("script", "img", "iframe", "object", "style", "base") and not own:
            self.found.append(tag)
        for name, value in attrs:
            odd = name in ("href", "action", "src") and not _plain(value or "")
            if name.startswith("on") or name == "style" or odd:
                self.found.append(f"{tag} {name}={value}")


def _plain(address: str) -> bool:
    return address.startswith(("/", "#", "mailto:", "data:,"))


def harmless(page: Response) -> bool:
    """Tell whether nothing in a page would run."""
    outline = Outline()
    outline.feed(page.text)
    return outline.found == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_somebody_types_is_shown_as_text(payload: str, member: Visitor) -> None:
    visitor = Visitor(member.troth)
    pages = [
        visitor.ask_codes(**{"contact.email": payload, "residence": payload}),
        visitor.send(visitor.get("/sign-in"), "/sign-in", identifier=payload, password="x"),
        visitor.send(visitor.get("/recover"), "/recover", identifier=payload),
        visitor.get("/clauses", follow=True),
        member.send(member.get("/me/contact"), "/me/contact", address=payload),
        member.send(member.get("/me/realname"), "/me/realname", **{"identity.name": payload}),
        visitor.client.get("/clauses", params={"status": payload}),
        visitor.client.get("/sign-in", params={"to": payload, payload: payload}),
        visitor.client.get(f"/clauses/{payload.replace('/', '')}"),
    ]
    assert all(harmless(page) for page in pages)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_stored_is_shown_as_text(payload: str, member: Visitor) -> None:
    fields = ("contact.address", "profile.occupation", "profile.education", "profile.other")
    form = member.get("/me/correct")
    saved = member.send(form, "/me/correct", **dict.fromkeys(fields, f"x {payload}"))
    assert saved.status_code == 200
    asked = member.send(member.get("/me"), "/me/show")
    shown = member.step_up(asked, "/me/show")
    assert harmless(shown)
    assert "x 49" not in shown.text  # what {{7*7}} would have come to


def test_the_seal_refuses_what_is_late_altered_or_of_another_kind() -> None:
    forms = Forms(b"k" * 32)
    other = Forms(b"o" * 32)
    assert forms.token("a") != forms.token("b") != other.token("b")
    with pytest.raises(Refused):
        forms.check("a", Form({"form_token": forms.token("b")}))
    with pytest.raises(Refused):
        forms.check("", Form({"form_token": forms.token("")}))
    assert isinstance(stale(), BadInput)
