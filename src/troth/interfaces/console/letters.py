"""Letters and telephone calls, entered as they came: the clock runs from receipt (11.2, 11.3).

Staff write down who somebody says they are, and look nobody up: whose request it is, the proof says
later, at the desk.
"""

from typing import Final

from troth.app import Company, Received
from troth.interfaces.console.areas import REQUESTS, day_in, desk_page, told
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, go, house
from troth.interfaces.pages.words import LANGUAGES, Trouble
from troth.model.acts import Actor
from troth.model.errors import TrothError

PLACE: Final = "/desk/letters"
CHANNELS: Final = ("letter", "telephone")
KINDS: Final = (
    *("question", "access", "copy", "correct", "delete", "withdraw", "object", "restrict", "port"),
    *("cancel", "explain", "human_review"),
)
VALUES: Final = {
    "name": "identity.name",
    "email": "contact.email",
    "phone": "contact.phone",
    "address": "contact.address",
}
"""Which field of the policy each answer of the form is."""
REPLIES: Final = {"letter": "address", "email": "email"}
"""Where the answer goes, by channel: what was written in which field."""
PAPERS: Final = {
    "scan": "rights.letter",
    "licence": "rights.business_licence",
    "authority": "rights.power_of_attorney",
}


def letter_form(request: Call, by: Actor) -> Page:
    """Show the form."""
    return _page(request, by)


def enter(request: Call, form: Form, by: Actor) -> Page:
    """Enter what came, as a request of somebody of whom nothing is proved."""
    try:
        number = house(request).intake.enter(_read(form), by=by)
    except TrothError as error:
        return _page(request, by, error.status, told(request, error), form.carried())
    return go(request, f"{PLACE}?done={number}")


def _read(form: Form) -> Received:
    values = {field: form.secret(name) for name, field in VALUES.items() if form.text(name)}
    reply = {way: form.secret(name) for way, name in REPLIES.items() if form.text(name)}
    return Received(
        channel=form.text("channel"),  # type: ignore[arg-type]  # the chapter refuses another word
        kind=form.text("kind"),
        values=values,
        text=form.secret("text"),
        # A letter is answered by letter: the other ways are for whoever gave no address.
        reply=dict(list(reply.items())[:1]),
        residence=form.text("residence"),
        language=form.text("language") or LANGUAGES[0],
        received=day_in(form, "received") if form.text("received") else None,
        register=form.text("register"),
        papers={field: form.file(name) for name, field in PAPERS.items() if form.file(name)},
        company=_company(form),
    )


def _company(form: Form) -> Company | None:
    if not form.text("company_name"):
        return None
    return Company(
        name=form.secret("company_name"),
        address=form.secret("address"),
        email=form.secret("email"),
        contact=form.secret("company_contact"),
    )


def _page(
    request: Call,
    by: Actor,
    status: int = 200,
    troubles: tuple[Trouble, ...] = (),
    typed: dict[str, str] | None = None,
) -> Page:
    edition = house(request).gate.policy().edition
    return desk_page(
        request,
        by,
        "letter",
        status=status,
        place=REQUESTS.root,
        troubles=troubles,
        typed=typed or {},
        channels=CHANNELS,
        kinds=KINDS,
        residences=tuple(edition.residences),
        languages=LANGUAGES,
    )
