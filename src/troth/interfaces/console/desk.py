"""The desk: staff look somebody up for a purpose and under a ticket, and see what their role may.

A look is recorded before anything is shown; one without purpose, or beyond the role, is refused,
recorded and explained with its clause. The subject sees both (policy 7.1).
"""

from typing import Final

from troth.interfaces.console.areas import CHANGES, PLACE, desk_page, open_to, role_of
from troth.interfaces.console.work import MOST, overview
from troth.interfaces.pages.doors import officer
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import DESK, Call, Page, begin_session, go, house, show, tongue
from troth.interfaces.pages.words import Trouble
from troth.model.acts import Actor, Find, Show
from troth.model.errors import BadInput, NotFound, NotProved, Refused, TrothError
from troth.model.secret import Secret
from troth.model.terms import SubjectId, matches

PICTURES: Final = "document"
"""A group of fields that a look by ticket leaves alone: each has its click at its own desk."""


def sign_in_form(request: Call) -> Page:
    """Ask staff who they are."""
    return show(request, "console/desk_sign_in.html", typed={})


def sign_in(request: Call, sent: Form) -> Page:
    """Open a staff session, in place of any subject's in this browser."""
    troth = house(request)
    try:
        token = troth.access.sign_in(
            sent.text("login").lower(), sent.password("password"), troth.clock.now()
        )
    except NotProved as error:
        trouble = tongue(request).trouble(error)
        return show(
            request,
            "console/desk_sign_in.html",
            status=error.status,
            typed=sent.carried(),
            troubles=(trouble,),
        )
    begin_session(request, Secret(DESK + token.reveal()))
    return go(request, PLACE)


def desk(request: Call) -> Page:
    """Show the work of the role, soonest due first, and offer the search."""
    return _desk(request, officer(request))


def look(request: Call, sent: Form) -> Page:
    """Find somebody and show what the role may see of them."""
    by, words = officer(request), tongue(request)
    try:
        subject = _subject(request, sent, by)
        shown = _shown(request, subject, by, sent.text("purpose"))
        values = house(request).staff.look(
            by, subject, shown, purpose=sent.text("purpose"), ticket=sent.text("ticket")
        )
    except TrothError as error:
        trouble = words.trouble(error)
        if not sent.text("purpose") and isinstance(error, Refused):
            trouble = words.instead(trouble, "no_purpose", field="purpose")
        return _desk(request, by, trouble, error.status, sent.carried())
    told = {
        field: value.reveal() if isinstance(value.reveal_raw(), str) else words.say("a_file_only")
        for field, value in values.items()
    }
    return desk_page(
        request,
        by,
        "desk_subject",
        place=PLACE,
        subject=subject,
        values=told,
        changes=CHANGES in open_to(request, by),
        purpose=sent.text("purpose"),
        ticket=sent.text("ticket"),
        standing=house(request).gate.standing(subject),
    )


def _subject(request: Call, sent: Form, by: Actor) -> SubjectId:
    """Read an id, or find who holds an e-mail address or a phone number."""
    sought = sent.text("subject")
    if not sought:
        raise BadInput("a field is empty", field="subject")
    try:
        return SubjectId(sought.lower())
    except ValueError:
        field = "contact.email" if "@" in sought else "contact.phone"
    act = Find(subject=None, field=field, value=Secret(sought), purpose=sent.text("purpose"))
    found = house(request).gate.perform(act, by=by).found
    if not found:
        raise NotFound("nobody holds this")
    return found[0]


def _shown(request: Call, subject: SubjectId, by: Actor, purpose: str) -> tuple[str, ...]:
    """Return what is held of what the role may see for a purpose, pictures apart.

    Where that is nothing, all the role is shown, or all that is held: the gate says why not.
    """
    gate, shows = house(request).gate, role_of(request, by).shows
    held = tuple(gate.standing(subject).held)
    theirs = tuple(field for field in held if any(matches(each, field) for each in shows))
    allowed = tuple(
        field
        for field in theirs
        if not matches(PICTURES, field)
        and gate.ask(Show(subject=subject, fields=(field,), purpose=purpose), by=by)[0].allowed
    )
    return allowed or theirs or held


def _desk(
    request: Call,
    by: Actor,
    trouble: Trouble | None = None,
    status: int = 200,
    typed: dict[str, str] | None = None,
) -> Page:
    found, counts = overview(request, by)
    return desk_page(
        request,
        by,
        "desk",
        status=status,
        place=PLACE,
        items=found[:MOST],
        more=max(0, len(found) - MOST),
        counts=counts,
        purposes=house(request).gate.policy().edition.purposes,
        troubles=(trouble,) if trouble else (),
        typed=typed or {},
    )
