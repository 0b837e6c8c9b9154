"""Which desk a page belongs to, and whose role may open it: by purpose, by what it shows (7.1d).

A page of another desk is answered with the role, the clause and nothing else; that somebody tried
is remembered. The chapters ask again for themselves: this room only says so in good time.
"""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from troth.interfaces.pages.doors import Work, officer
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, house, show, tongue
from troth.interfaces.pages.words import Trouble
from troth.model.acts import Actor, Event
from troth.model.clock import Moment, moment
from troth.model.errors import BadInput, NotFound, TrothError
from troth.model.terms import SubjectId, matches

PLACE: Final = "/desk"


class Area(Struct, frozen=True, kw_only=True):
    """One of the desks.

    ``key`` names it, ``root`` is its list of work. A role works here if it is for ``purpose`` and
    is shown ``field``, which the work cannot be done without; ``clauses`` say so.
    """

    key: str
    root: str
    purpose: str
    field: str
    clauses: tuple[str, ...]


REQUESTS: Final = Area(
    key="requests",
    root="/desk/requests",
    purpose="rights",
    field="rights.request",
    clauses=("9.7", "7.1d"),
)
REVIEWS: Final = Area(
    key="reviews",
    root="/desk/reviews",
    purpose="realname",
    field="document.id_photo",
    clauses=("2.1.3d", "7.1d"),
)
CHANGES: Final = Area(
    key="changes",
    root="/desk/changes",
    purpose="realname",
    field="identity.id_number",
    clauses=("6.2", "7.1d"),
)
CALLS: Final = Area(
    key="calls",
    root="/desk/calls",
    purpose="call",
    field="contact.phone",
    clauses=("2.1.2c", "7.1d"),
)
MINORS: Final = Area(
    key="minors",
    root="/desk/minors",
    purpose="guardian",
    field="guardian.proof",
    clauses=("8.4", "7.1d"),
)
DATABASES: Final = Area(
    key="databases",
    root="/desk/databases",
    purpose="rights",
    field="rights.request",
    clauses=("9.4-6", "7.1d"),
)
TERMS: Final = Area(
    key="terms",
    root="/desk/terms",
    purpose="rights",
    field="usage.query",
    clauses=("7.2d", "7.1d"),
)
PAPER: Final = Area(
    key="paper",
    root="/desk/paper",
    purpose="rights",
    field="rights.letter",
    clauses=("9.4-7", "7.1d"),
)
TELLINGS: Final = Area(
    key="recipients",
    root="/desk/recipients",
    purpose="rights",
    field="rights.request",
    clauses=("9.2", "9.4", "7.1d"),
)
AREAS: Final = (REQUESTS, REVIEWS, CHANGES, CALLS, MINORS, DATABASES, TELLINGS, TERMS, PAPER)
"""Every desk, as the menu lists them."""

Reads = Callable[[Call, Actor], Page]
Changes = Callable[[Call, Form, Actor], Page]


def role_of(request: Call, by: Actor) -> Seen:
    """Return a role as the policy in force declares it. Raises ``UnknownTerm``."""
    return house(request).gate.policy().role(by.role)


def open_to(request: Call, by: Actor) -> tuple[Area, ...]:
    """Return the desks that a member of staff's role may work at."""
    role = role_of(request, by)
    return tuple(
        area
        for area in AREAS
        if area.purpose in role.purposes and any(matches(each, area.field) for each in role.shows)
    )


def reading(area: Area, title: str, work: Reads) -> Callable[[Call], Page]:
    """Return a page that is shown only to whose role may; ``title`` is the key of its title."""

    def guarded(request: Call) -> Page:
        by = officer(request)
        return (
            work(request, by) if area in open_to(request, by) else barred(request, by, area, title)
        )

    return guarded


def changing(area: Area, title: str, work: Changes) -> Work:
    """Return a form's work that is done only for whose role may."""

    def guarded(request: Call, form: Form) -> Page:
        by = officer(request)
        if area in open_to(request, by):
            return work(request, form, by)
        return barred(request, by, area, title)

    return guarded


def barred(request: Call, by: Actor, area: Area, title: str) -> Page:
    """Say whose desk this is not, and by which clause; it is remembered first."""
    detail = {"desk": area.key, "role": by.role}
    house(request).gate.perform(Event(subject=None, name="desk.refused", detail=detail), by=by)
    return desk_page(
        request, by, "barred", status=403, place=PLACE, title=title, area=area, barring=area.clauses
    )


def desk_page(
    request: Call,
    by: Actor,
    name: str,
    *,
    status: int = 200,
    place: str = "",
    troubles: tuple[Trouble, ...] = (),
    counts: Mapping[str, int] | None = None,
    **given: Seen,
) -> Page:
    """Render a page of the console: with the role that is signed in, and the desks open to it."""
    return show(
        request,
        f"console/{name}.html",
        status=status,
        place=place or request.url.path,
        troubles=troubles,
        role=role_of(request, by),
        areas=open_to(request, by),
        counts=counts or {},
        **given,
    )


def told(request: Call, error: TrothError, field: str = "", key: str = "") -> tuple[Trouble, ...]:
    """Say what went wrong in words for staff where there are any, at a field if one is named.

    ``key`` finds the words where a field of the same name means something else on another page.
    """
    words = tongue(request)
    trouble = words.trouble(error)
    code = f"desk.{error.code}.{key or field or error.field}"
    if words.maybe(f"error.{code}"):
        return (words.instead(trouble, code, field=field or error.field),)
    return (trouble,)


def subject_at(request: Call, name: str = "subject") -> SubjectId:
    """Return the subject that an address names by their random id. Raises ``NotFound``."""
    try:
        return SubjectId(str(request.path_params[name]))
    except ValueError:
        raise NotFound("nobody has this id") from None


def subject_in(form: Form, field: str = "subject") -> SubjectId:
    """Return the subject that a form names by their random id. Raises ``NotFound`` at the field."""
    try:
        return SubjectId(form.text(field).lower())
    except ValueError:
        raise NotFound("nobody has this id", field=field) from None


def day_in(form: Form, field: str) -> Moment:
    """Return the day that a form names. Raises ``BadInput`` at the field."""
    try:
        return moment(form.text(field))
    except ValueError:
        raise BadInput("this is no day", clause="11.3", field=field) from None


def number_at(request: Call, name: str = "number") -> str:
    """Return the number of a case or a request that an address names."""
    return str(request.path_params[name])
