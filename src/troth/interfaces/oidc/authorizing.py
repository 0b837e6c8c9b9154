"""The way of a person from an application to us and back, and the page that asks them (4.1.1, 9.3).

Somebody who is not signed in signs in first; somebody who has not said what the application may
learn is asked, on a page of ours that says who it is, what it gets, why, for how long and how to
take it back. Nothing on it is ticked before, and each thing beyond signing in has a box of its own.
"""

from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from litestar.response import Redirect
from msgspec import Struct

from troth.app import Bound, Proved, Shown
from troth.interfaces.oidc.answers import ProtocolError, address_with, provider
from troth.interfaces.oidc.provider import Provider, Seen
from troth.interfaces.oidc.wishes import Wish, WishError, read
from troth.interfaces.pages.doors import Me, Stranger, me
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import (
    Call,
    Page,
    binding,
    dressed,
    forms,
    house,
    show,
    suggest,
    tongue,
)
from troth.interfaces.pages.words import LANGUAGES, Trouble
from troth.model.clock import HOUR, MINUTE, SECOND, Moment
from troth.model.errors import BadInput, ConsentMissing, Refused

PLACE: Final = "/authorize"
ANSWER: Final = "/authorize/answer"
ASKED: Final = "asked"
"""The parameter of ours that says, sealed, since when somebody is to prove themselves anew."""
LIFE: Final = 10 * MINUTE
EXPORT: Final = "export/"


class Since(Struct, frozen=True, kw_only=True):
    """Since when an application wants somebody to have proved who they are."""

    client: str
    at: int


class Box(Struct, frozen=True, kw_only=True):
    """One thing that the page asks: the field it comes back in, and what it is about."""

    name: str
    label: str
    hint: str


def authorize(request: Call) -> Page:
    """Take somebody in whom an application sent, and lead them back signed in, or say why not."""
    found = provider(request)
    try:
        wish, application = read(list(request.query_params.multi_items()), found.one)
    except WishError as error:
        return _back(request, error.back.redirect, error.back.state, error=error)
    for locale in wish.locales:
        language = locale.partition("-")[0].lower()
        if language in LANGUAGES:
            suggest(request, language)
            break
    try:
        return _walk(request, found, wish, application)
    except ProtocolError as error:
        return _back(request, wish.redirect, wish.state, error=error)


def _walk(request: Call, found: Provider, wish: Wish, application: Seen) -> Page:
    try:
        who = me(request)
    except Stranger:
        return _sign_in(request, wish, "nobody is signed in")
    session, _ = house(request).accounts.who(who.token)
    if not _is_fresh(request, wish, session.made):
        return _sign_in(request, wish, "the person has to sign in again")
    if wish.hint and not _is_meant(found, wish, who, application):
        return _sign_in(request, wish, "somebody else is signed in")
    try:
        question = found.applications.question(
            who.subject, application, wish.scopes, again="consent" in wish.prompts
        )
    except Refused as error:
        return _shut(request, wish, application, error)
    if not question.settled:
        if "none" in wish.prompts:
            raise ProtocolError("consent_required", "the person has to be asked first")
        return _ask(request, wish, question)
    return _lead(request, found, wish, application, who)


# --- who is there ------------------------------------------------------------------------------


def _sign_in(request: Call, wish: Wish, why: str) -> Page:
    """Send somebody to sign in, and have them come back with what the application asked."""
    if "none" in wish.prompts:
        raise ProtocolError("login_required", why)
    at = house(request).clock.now()
    since = Since(client=wish.client, at=at)
    sealed = forms(request).seal(ASKED, wish.client, since, until=Moment(at + HOUR))
    words = [(key, value) for key, value in request.query_params.multi_items() if key != ASKED]
    back = f"{PLACE}?{urlencode([*words, (ASKED, sealed)])}"
    name = f"&hint={quote(wish.name)}" if wish.name else ""
    return dressed(request, Redirect(f"/sign-in?to={quote(back, safe='')}{name}", status_code=303))


def _is_fresh(request: Call, wish: Wish, proved: Moment) -> bool:
    """Tell whether somebody proved who they are as lately as the application wants it."""
    anew = {"login", "select_account"} & {*wish.prompts}
    age = None if wish.max_age is None else wish.max_age * SECOND
    if not anew and age is None:
        return True
    at = house(request).clock.now()
    if not anew and age is not None and at - proved <= age:
        return True
    since = _since(request, wish, at)
    return since is not None and proved > since


def _since(request: Call, wish: Wish, at: Moment) -> int | None:
    sealed = request.query_params.get(ASKED, "")
    try:
        since = forms(request).open(ASKED, wish.client, sealed, Since, at=at)
    except BadInput:
        return None
    return since.at if since.client == wish.client else None


def _is_meant(found: Provider, wish: Wish, who: Me, application: Seen) -> bool:
    claims = found.signing().hint(wish.hint)
    known: str = found.applications.name_of(who.subject, application)
    return bool(claims) and claims.get("sub") == known


# --- asking ------------------------------------------------------------------------------------


def _ask(
    request: Call, wish: Wish, question: Seen, trouble: Trouble | None = None, status: int = 200
) -> Page:
    until = Moment(house(request).clock.now() + LIFE)
    sealed = forms(request).seal("wish", binding(request), wish, until=until)
    return show(
        request,
        "applications/consent.html",
        status=status,
        place=PLACE if request.method == "GET" else ANSWER,
        again=None if request.method == "GET" else {"wish": sealed},
        troubles=(trouble,) if trouble else (),
        sealed=sealed,
        application=question.application,
        told=[tongue(request).field("account.pairwise")],
        abroad=[
            _abroad(request, key, question.application)
            for key in question.keys
            if key.startswith(EXPORT)
        ],
        boxes=[_scope(request, scope) for scope in question.boxes],
        granted=[_scope(request, scope) for scope in question.granted],
        action=ANSWER,
        home=urlsplit(wish.redirect).hostname or wish.redirect,
    )


def _abroad(request: Call, key: str, application: Seen) -> Box:
    words = tongue(request)
    recipient = house(request).gate.policy().recipient(application.recipient)
    label = words.say(
        "application_abroad_yes", operator=application.operator, country=recipient.country
    )
    return Box(name=f"key:{key}", label=label, hint=words.say("application_abroad"))


def _scope(request: Call, scope: str) -> Box:
    words = tongue(request)
    return Box(
        name=f"scope:{scope}",
        label=words.say(f"scope.{scope}"),
        hint=words.say(f"scope_why.{scope}"),
    )


def answer(request: Call, sent: Form) -> Page:
    """Take what somebody said on the page, and lead them back with it."""
    found = provider(request)
    at = house(request).clock.now()
    wish = forms(request).open("wish", binding(request), sent.text("wish"), Wish, at=at)
    application = found.one(wish.client)
    try:
        who = me(request)
    except Stranger:
        # Their session ended while the page stood open: they come back to it by signing in.
        onward = quote(f"{PLACE}?{urlencode(wish.words())}", safe="")
        return dressed(request, Redirect(f"/sign-in?to={onward}", status_code=303))
    if sent.text("answer") == "no":
        found.applications.decline(who.subject, application, by=who.by)
        no = ProtocolError("access_denied", "the person said no")
        return _back(request, wish.redirect, wish.state, error=no)
    try:
        question = found.applications.question(
            who.subject, application, wish.scopes, again="consent" in wish.prompts
        )
    except Refused as error:
        return _shut(request, wish, application, error)
    if sent.text("answer") != "yes":
        return _ask(request, wish, question)
    try:
        _agree(request, found, sent, question, who)
    except BadInput as error:
        trouble = tongue(request).instead(
            tongue(request).trouble(error), "abroad", field=f"key:{error.field}"
        )
        return _ask(request, wish, question, trouble, error.status)
    return _lead(request, found, wish, application, who)


def _agree(request: Call, found: Provider, sent: Form, question: Seen, who: Me) -> None:
    words = tongue(request)
    # The button is the word on signing in; what leaves the country has a box of its own.
    keys = [key for key in question.keys if not key.startswith(EXPORT) or sent.ticked(f"key:{key}")]
    edition = house(request).gate.policy().edition.hash
    found.applications.agree(
        who.subject,
        question,
        ticked=[scope for scope in question.boxes if sent.ticked(f"scope:{scope}")],
        keys=keys,
        shown=Shown(edition=edition, language=words.language, surface="centre"),
        by=who.by,
    )


# --- back --------------------------------------------------------------------------------------


def _lead(request: Call, found: Provider, wish: Wish, application: Seen, who: Me) -> Page:
    session, by = house(request).accounts.who(who.token)
    bound = Bound(redirect=wish.redirect, challenge=wish.challenge, nonce=wish.nonce)
    proved = Proved(
        session=session.id, at=session.made, means=session.means, level=max(1, by.assurance)
    )
    try:
        code = found.applications.issue(who.subject, application, wish.scopes, bound, proved)
    except ConsentMissing:
        raise ProtocolError("consent_required", "the person has to be asked first") from None
    return _back(request, wish.redirect, wish.state, code=code.reveal())


def _back(
    request: Call,
    redirect: str,
    state: str,
    *,
    code: str = "",
    error: ProtocolError | None = None,
) -> Page:
    """Lead somebody back to an address that was entered, with an answer for the application."""
    address = address_with(
        redirect,
        code=code,
        error=error.error if error else "",
        error_description=error.message if error else "",
        state=state,
        iss=provider(request).issuer,
    )
    # A browser follows no form of ours to another site (form-action in the content policy), however
    # many of our pages are in between: from there it goes on by a page that leads it.
    if request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "same-site"):
        host = urlsplit(redirect).hostname or redirect
        return show(request, "applications/leading.html", onward=address, host=host)
    return dressed(request, Redirect(address, status_code=303))


def _shut(request: Call, wish: Wish, application: Seen, error: Refused) -> Page:
    """Say why somebody cannot be signed in there, with a way back for the application's sake."""
    if "none" in wish.prompts:
        raise ProtocolError("access_denied", "the person cannot be signed in there")
    back = address_with(
        wish.redirect, error="access_denied", state=wish.state, iss=provider(request).issuer
    )
    return show(
        request,
        "applications/shut.html",
        status=error.status,
        place="/",
        application=application,
        trouble=tongue(request).trouble(error),
        back=back,
    )
