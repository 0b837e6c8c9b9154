"""Codes and tokens, program to program: ``/token``, ``/userinfo``, ``/revoke`` (policy 4.1, 7.1d).

An application proves itself by its secret, in the header or in the form, and in one way only; one
that can keep none is known by the verifier of its challenge. Everything here takes TLS, or stays on
this machine.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus

from litestar import Request, Response

from troth.interfaces.api.limits import Pace
from troth.interfaces.http.endpoint import ARRIVAL, Arrival
from troth.interfaces.http.peers import on_this_machine
from troth.interfaces.oidc.answers import (
    PACE,
    ProtocolError,
    declined,
    invalid,
    provider,
    shared,
    told,
    unknown_client,
)
from troth.interfaces.oidc.provider import Provider, Seen
from troth.model.errors import NotProved, Refused, TrothError
from troth.model.secret import Secret

Call = Request[Any, Any, Any]
Answer = Response[Any]
FORM: Final = "application/x-www-form-urlencoded"
CLAIMS: Final[Mapping[str, str]] = {
    "identity.name": "name",
    "contact.email": "email",
    "contact.phone": "phone_number",
}
"""What OpenID Connect calls our fields."""
PROVED: Final[Mapping[str, str]] = {
    "contact.email": "email_verified",
    "contact.phone": "phone_number_verified",
}
ADDRESS: Final = "contact.address"


# --- tokens ------------------------------------------------------------------------------------


def token(request: Call) -> Answer:
    """Exchange a code, or a refresh token, for what its application may have."""
    found, sent = _sent(request)
    application = _application(request, found, sent)
    kinds: Mapping[str, Callable[[Provider, Seen, dict[str, str]], Seen]] = {
        "authorization_code": _by_code,
        "refresh_token": _by_refresh,
    }
    kind = kinds.get(_need(sent, "grant_type"))
    if kind is None:
        raise ProtocolError("unsupported_grant_type", "there are codes and refresh tokens")
    return told(handed(found, kind(found, application, sent)))


def _by_code(found: Provider, application: Seen, sent: dict[str, str]) -> Seen:
    return found.applications.exchange(
        application,
        Secret(_need(sent, "code")),
        redirect=_need(sent, "redirect_uri"),
        verifier=_need(sent, "code_verifier"),
    )


def _by_refresh(found: Provider, application: Seen, sent: dict[str, str]) -> Seen:
    wanted = sent.get("scope", "").split()
    given = Secret(_need(sent, "refresh_token"))
    return found.applications.refresh(application, given, wanted)


def handed(found: Provider, given: Seen) -> dict[str, object]:
    """Spell what an application is handed (``Told``), its ID token signed (RFC 6749 5.1)."""
    access = given.access.reveal()
    answer: dict[str, object] = {
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": given.lasts,
        "scope": " ".join(given.scopes),
        "id_token": found.signing().id_token(given, access),
    }
    if given.refresh is not None:
        answer["refresh_token"] = given.refresh.reveal()
    return answer


def revoke(request: Call) -> Answer:
    """End a token at its application's word; an unknown one is no error (RFC 7009)."""
    found, sent = _sent(request)
    application = _application(request, found, sent)
    found.applications.give_up(application, Secret(_need(sent, "token")))
    return told({})


# --- what a token is good for ------------------------------------------------------------------


def userinfo(request: Call) -> Answer:
    """Tell an application what the person lets it learn, as far as that may be told now."""
    found = provider(request)
    _demand_line(request)
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not given:
        raise ProtocolError("invalid_token", "an access token is needed", http=401)
    try:
        claims = found.applications.claims(Secret(given.strip()))
    except NotProved as error:
        raise ProtocolError("invalid_token", error.message, http=401) from None
    return told(spelled(claims))


def spelled(claims: Seen) -> dict[str, object]:
    """Spell what an application learns in the words of OpenID Connect Core 5.1."""
    answer: dict[str, object] = {"sub": claims.sub}
    for field, value in claims.values.items():
        if field == ADDRESS:
            answer["address"] = {"formatted": value.reveal()}
        elif field in CLAIMS:
            answer[CLAIMS[field]] = value.reveal()
        if field in PROVED:
            answer[PROVED[field]] = claims.proved[field]
    if claims.confirmed is not None:
        answer["realname"] = {"verified": claims.confirmed, "level": claims.level}
    return answer


# --- who calls, and what was sent --------------------------------------------------------------


def _sent(request: Call) -> tuple[Provider, dict[str, str]]:
    """Return the provider and the form that was sent, each word once."""
    found = provider(request)
    _demand_line(request)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != FORM:
        raise invalid(f"send `Content-Type: {FORM}`")
    try:
        text = _arrival(request).body.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=32, errors="strict")
    except ValueError:
        raise invalid("the form is not well formed") from None
    sent = dict(pairs)
    if len(sent) != len(pairs):
        raise invalid("a parameter was sent twice")
    return found, sent


def _application(request: Call, found: Provider, sent: dict[str, str]) -> Seen:
    """Return the application that calls, by its proof; and pace it."""
    header = request.headers.get("authorization", "")
    name, secret = sent.get("client_id", ""), sent.get("client_secret")
    if header:
        if secret is not None:
            raise invalid("an application proves itself in one way")
        basic, secret = _basic(header)
        if name not in ("", basic):
            raise unknown_client()
        name = basic
    try:
        application = found.applications.proved(name, Secret(secret) if secret else None)
    except NotProved:
        raise unknown_client() from None
    pace: Pace = getattr(request.app.state, PACE)
    pace.take(application.id)
    return application


def _basic(header: str) -> tuple[str, str]:
    """Read an id and a secret as RFC 6749 2.3.1 writes them."""
    kind, _, given = header.partition(" ")
    try:
        text = base64.b64decode(given.strip(), validate=True).decode() if kind else ""
    except (binascii.Error, UnicodeDecodeError):
        raise unknown_client() from None
    name, colon, secret = text.partition(":")
    if kind.lower() != "basic" or not colon or not secret:
        raise unknown_client()
    return unquote_plus(name), unquote_plus(secret)


def _need(sent: dict[str, str], name: str) -> str:
    if not sent.get(name):
        raise invalid(f"`{name}` is missing")
    return sent[name]


def _demand_line(request: Call) -> None:
    """Refuse codes, secrets and personal data that came over a plain line."""
    secure = request.app.state.troth.settings.server.secure or request.url.scheme == "https"
    if not secure and not on_this_machine(request.scope, _arrival(request).headers):
        raise Refused("this is taken over TLS only", clause="2.1.3g", remedy="use https://")


def _arrival(request: Call) -> Arrival:
    arrival: Arrival = request.scope["state"][ARRIVAL]
    return arrival


# --- scripts of other sites --------------------------------------------------------------------


def for_scripts(work: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
    """Return work whose answer scripts of entered applications may read."""

    def answered(request: Call) -> Answer:
        origins = provider(request).origins() if "origin" in request.headers else frozenset()
        try:
            answer = work(request)
        except TrothError as error:
            answer = declined(request, error)
        return shared(request, answer, origins)

    return answered


def preflight(request: Call) -> Answer:
    """Answer a browser that asks whether a script may call."""
    answer: Answer = Response(b"", status_code=204, media_type="text/plain")
    return shared(request, answer, provider(request).origins())
