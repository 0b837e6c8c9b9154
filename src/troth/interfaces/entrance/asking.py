"""Asking for one's rights without an account, a sign-in or a cookie (policy 3.2, 9.1, 9.7).

It is taken as a mail would be: nothing is looked up, and the answer is the same for everybody.
"""

from typing import Final

from email_validator import EmailNotValidError, validate_email

from troth.interfaces.http.peers import PEERS, Peers
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, house, show, tongue
from troth.interfaces.pages.words import Trouble
from troth.model.errors import BadValue, TrothError

PLACE: Final = "/rights"
EMAIL: Final = "contact.email"
KINDS: Final = (
    *("access", "copy", "correct", "delete", "restrict", "object", "withdraw", "port"),
    *("opt_out_sale", "limit_sensitive", "explain", "question"),
)


def form(request: Call) -> Page:
    """Show the form; whoever has an account finds a shorter way."""
    return _page(request, {"kind": request.query_params.get("kind", "")})


def ask(request: Call, sent: Form) -> Page:
    """Take the request; its number and the day of the answer are told here and by mail."""
    words = tongue(request)
    empty = [name for name in ("kind", EMAIL, "text") if not sent.text(name)]
    if sent.text("kind") not in KINDS and "kind" not in empty:
        empty.append("kind")
    if empty:
        return _page(request, sent.carried(), words.missing(*empty), 422)
    if not _is_address(sent.text(EMAIL)):
        wrong = words.trouble(BadValue("this is no e-mail address", field=EMAIL))
        return _page(request, sent.carried(), (wrong,), 422)
    peers: Peers = request.scope["state"][PEERS]
    intake = house(request).intake
    try:
        opened = intake.take_form(
            intake.sent(
                kind=sent.text("kind"),
                email=sent.secret(EMAIL),
                text=sent.secret("text"),
                residence=sent.text("residence"),
                language=words.language,
            ),
            network=peers.network(request.scope),
        )
    except TrothError as error:
        return _page(request, sent.carried(), (words.trouble(error),), error.status)
    told = house(request).rights.desk.status(opened.number)
    return show(request, "entrance/rights.html", place=PLACE, number=told.number, due=told.due)


def _is_address(typed: str) -> bool:
    try:
        validate_email(typed, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True


def _page(
    request: Call,
    typed: dict[str, str],
    troubles: tuple[Trouble, ...] = (),
    status: int = 200,
) -> Page:
    return show(
        request,
        "entrance/rights.html",
        status=status,
        place=PLACE,
        troubles=troubles,
        typed=typed,
        kinds=KINDS,
        number="",
    )
