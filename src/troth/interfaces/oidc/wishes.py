"""What an application may ask of a person: one way to sign in, and every word of it checked.

A code and nothing else, with a challenge (RFC 7636, S256) from every application; an address that
was entered, to the letter; each word once (RFC 6749 3.1, RFC 9700 2.1, OpenID Connect Core 3.1.2).
While it is not certain where the person may be led back to, they are not led anywhere.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from troth.interfaces.oidc.answers import ProtocolError, invalid
from troth.interfaces.oidc.provider import SCOPES, Seen
from troth.model.errors import BadInput, NotFound

CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
LONGEST: Final = 1024
PROMPTS: Final = frozenset({"none", "login", "consent", "select_account"})
NOT_TAKEN: Final = {
    "request": "request_not_supported",
    "request_uri": "request_uri_not_supported",
    "registration": "registration_not_supported",
}
"""Ways of asking that are not understood here, and how each is refused."""


class Wish(Struct, frozen=True, kw_only=True):
    """What an application asks, as it was checked."""

    client: str
    redirect: str
    scopes: tuple[str, ...]
    challenge: str
    state: str = ""
    nonce: str = ""
    prompts: tuple[str, ...] = ()
    max_age: int | None = None
    hint: str = ""
    name: str = ""
    locales: tuple[str, ...] = ()

    def words(self) -> dict[str, str]:
        """Return the words in which the same is asked once more."""
        told = {
            "client_id": self.client,
            "redirect_uri": self.redirect,
            "response_type": "code",
            "scope": " ".join(self.scopes),
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
            "state": self.state,
            "nonce": self.nonce,
            "prompt": " ".join(self.prompts),
            "max_age": "" if self.max_age is None else str(self.max_age),
        }
        return {name: word for name, word in told.items() if word}


class Back(Struct, frozen=True, kw_only=True):
    """Where a person is led back to, with the application's own word."""

    redirect: str
    state: str


class WishError(ProtocolError):
    """the request cannot be served, and its application is told so.

    ``back`` is where the person is led.
    """

    def __init__(self, error: ProtocolError, back: Back) -> None:
        super().__init__(error.error, error.message)
        self.back = back


Pairs = Sequence[tuple[str, str]]


def read(pairs: Pairs, find: Callable[[str], Seen]) -> tuple[Wish, Seen]:
    """Read what was asked, and return it with the application that asks.

    Raises ``BadInput`` where nobody may be led back, ``WishError`` for everything else.
    """
    words = dict(pairs)
    application = _application(pairs, words, find)
    back = Back(redirect=words["redirect_uri"], state=words.get("state", "")[:LONGEST])
    try:
        return _wish(pairs, words, application), application
    except ProtocolError as error:
        raise WishError(error, back) from None


def _application(pairs: Pairs, words: dict[str, str], find: Callable[[str], Seen]) -> Seen:
    names = [name for name, _ in pairs]
    if names.count("client_id") != 1 or names.count("redirect_uri") != 1:
        raise not_led_back()
    try:
        application = find(words["client_id"])
    except NotFound:
        raise not_led_back() from None
    if not application.leads_back(words["redirect_uri"]):
        raise not_led_back()
    return application


def not_led_back() -> BadInput:
    """Return the refusal of a person whom somebody unknown sent."""
    return BadInput(
        "no application that is known here sent you",
        clause="4.1",
        remedy="go back and tell whoever runs the application",
        field="application",
    )


def _wish(pairs: Pairs, words: dict[str, str], application: Seen) -> Wish:
    _demand_plain(pairs, words)
    scopes = tuple(words.get("scope", "").split())
    if "openid" not in scopes:
        raise ProtocolError("invalid_scope", "the scope holds no `openid`")
    challenge = words.get("code_challenge", "")
    if words.get("code_challenge_method") != "S256" or not CHALLENGE.fullmatch(challenge):
        raise invalid("a `code_challenge` of the method S256 is needed")
    prompts = tuple(words.get("prompt", "").split())
    if set(prompts) - PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise invalid("`prompt` is not understood")
    age = words.get("max_age", "")
    if age and not re.fullmatch(r"[0-9]{1,9}", age, re.ASCII):
        raise invalid("`max_age` is a number of seconds")
    return Wish(
        client=application.id,
        redirect=words["redirect_uri"],
        scopes=tuple(scope for scope in SCOPES if scope in scopes),
        challenge=challenge,
        state=words.get("state", ""),
        nonce=words.get("nonce", ""),
        prompts=prompts,
        max_age=int(age) if age else None,
        hint=words.get("id_token_hint", ""),
        name=words.get("login_hint", ""),
        locales=tuple(words.get("ui_locales", "").split()),
    )


def _demand_plain(pairs: Pairs, words: dict[str, str]) -> None:
    if len(words) != len(pairs):
        raise invalid("a parameter was sent twice")
    for name, error in NOT_TAKEN.items():
        if name in words:
            raise ProtocolError(error, f"`{name}` is not understood here")
    if words.get("response_type") != "code":
        raise ProtocolError("unsupported_response_type", "the only `response_type` is `code`")
    if words.get("response_mode", "query") != "query":
        raise invalid("the only `response_mode` is `query`")
    if any(len(words.get(name, "")) > LONGEST for name in ("state", "nonce", "login_hint")):
        raise invalid(f"a parameter has more than {LONGEST} characters")
