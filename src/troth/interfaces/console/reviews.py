"""Identities that no register confirmed: looked at, proposed, confirmed by another (2.1.3d).

What was given is shown on a click, and that is recorded; a picture on a click of its own. Whoever
proposes does not confirm: the chapter sees to it, the page says it in good time.
"""

import base64
from typing import Final

from troth.interfaces.console.areas import (
    REVIEWS,
    desk_page,
    number_at,
    subject_at,
    told,
)
from troth.interfaces.console.work import listed
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, go, house, tongue
from troth.interfaces.pages.words import Trouble
from troth.model.acts import Actor
from troth.model.errors import BadInput, NotFound, TrothError
from troth.model.secret import Secret
from troth.model.terms import SubjectId

REASONS: Final = {
    "papers_agree": "verified",
    "register_agrees": "verified",
    "name_differs": "failed",
    "number_differs": "failed",
    "not_readable": "failed",
    "papers_missing": "failed",
    "paper_expired": "failed",
    "not_entitled": "failed",
    "company_ended": "failed",
    "somebody_else": "failed",
}
"""Why a review ends as it does: each reason stands for one result."""


def reviews(request: Call, by: Actor) -> Page:
    """List the reviews that wait."""
    return listed(request, by, REVIEWS)


def review(request: Call, by: Actor) -> Page:
    """Show where a review stands, and nothing yet of what was given."""
    return _page(request, by, found(request, by))


def act(request: Call, form: Form, by: Actor) -> Page:
    """Do what a button of the page says: open, propose, confirm or send back."""
    one = found(request, by)
    try:
        match form.text("do"):
            case "open":
                return _opened(request, by, one)
            case "propose":
                _propose(request, form, by, one)
            case "confirm":
                house(request).realname.decide(one.subject, one.case, by=by)
                return go(request, f"{REVIEWS.root}?done=confirmed")
            case "send_back":
                house(request).realname.send_back(one.subject, one.case, by=by)
    except TrothError as error:
        troubles = told(request, error)
        return _page(request, by, one, status=error.status, troubles=troubles, typed=form.carried())
    return go(request, place_of(one))


def picture(request: Call, form: Form, by: Actor) -> Page:
    """Show one picture of a review that waits; it is recorded first, and no copy is kept."""
    one, field = found(request, by), form.text("field")
    if field not in one.papers:
        raise NotFound("this review has no such picture")
    shown = house(request).staff.look(
        by, one.subject, (field,), purpose=REVIEWS.purpose, ticket=one.case
    )
    return desk_page(
        request,
        by,
        "picture",
        place=place_of(one),
        back=place_of(one),
        number=one.case,
        field=field,
        source=inline(shown[field]),
    )


def inline(image: Secret) -> str:
    """Return a picture as an address that holds it, so that it has no other address.

    Whatever takes pictures has drawn them anew as JPEG.
    """
    raw = image.reveal_raw()
    data = raw if isinstance(raw, bytes) else raw.encode()
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"


def place_of(one: Seen) -> str:
    """Return the address of a review."""
    return f"{REVIEWS.root}/{one.subject}/{one.case}"


def found(request: Call, by: Actor) -> Seen:
    """Return the review that the address names. Raises ``NotFound`` for one that does not wait."""
    return waiting(request, by, subject_at(request), number_at(request, "case"), change=False)


def waiting(request: Call, by: Actor, subject: SubjectId, case: str, *, change: bool) -> Seen:
    """Return a case of one kind that waits. Raises ``NotFound``."""
    for one in house(request).realname.queue(by):
        if (one.subject, one.case) == (subject, case) and (one.kind == "change") == change:
            return one
    raise NotFound("this case does not wait any more")


def _propose(request: Call, form: Form, by: Actor, one: Seen) -> None:
    why = form.text("reason")
    if why not in REASONS:
        raise BadInput("a decision names its reason", clause="2.2.5", field="reason")
    house(request).realname.propose(
        one.subject,
        one.case,
        REASONS[why],  # type: ignore[arg-type]  # one of the two results, by the same words
        why,
        by=by,
    )


def _opened(request: Call, by: Actor, one: Seen) -> Page:
    """Show what was given, as the role sees it; the chapter records it first."""
    seen = house(request).realname.open(one.subject, one.case, by=by, papers=False)
    named = {"": seen.values, **seen.people}
    values = {who: _texts(held, request) for who, held in named.items()}
    return _page(request, by, one, values=values)


def _texts(held: Seen, request: Call) -> dict[str, str]:
    words = tongue(request)
    return {
        field: value.reveal() if isinstance(value.reveal_raw(), str) else words.say("a_file_only")
        for field, value in held.items()
    }


def _page(
    request: Call,
    by: Actor,
    one: Seen,
    *,
    status: int = 200,
    troubles: tuple[Trouble, ...] = (),
    typed: dict[str, str] | None = None,
    values: dict[str, dict[str, str]] | None = None,
) -> Page:
    said, _, code = one.said.partition("/")
    statuses = house(request).realname.fields(one.subject)
    return desk_page(
        request,
        by,
        "review",
        status=status,
        place=place_of(one),
        troubles=troubles,
        typed=typed or {},
        one=one,
        said=said,
        code=code,
        statuses=statuses,
        values=values,
        reasons=REASONS,
    )
