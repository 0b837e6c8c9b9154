"""A confirmed identity is changed by support alone: two persons enter the same values (6.2)."""

from typing import Final

from troth.interfaces.console.areas import CHANGES, desk_page, number_at, subject_at, told
from troth.interfaces.console.reviews import waiting
from troth.interfaces.console.work import listed
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, go, house
from troth.interfaces.pages.words import Trouble
from troth.model.acts import Actor
from troth.model.errors import TrothError
from troth.model.secret import Secret
from troth.model.terms import SubjectId, matches

CHECKS: Final = ("call_back", "code", "documents", "in_person")
"""How it was made sure who asks."""
CHANGED: Final = ("identity", "enterprise", "legal_rep", "handler", "bank")
"""The groups of fields that a confirmed identity rests on."""


def changes(request: Call, by: Actor) -> Page:
    """List the changes that wait for a second person."""
    return listed(request, by, CHANGES)


# --- the first of two --------------------------------------------------------------------------


def propose_form(request: Call, by: Actor) -> Page:
    """Take the first entry of a change."""
    return _first(request, by, subject_at(request))


def propose(request: Call, form: Form, by: Actor) -> Page:
    """Enter a change as the first of two persons; the values are not kept."""
    subject = subject_at(request)
    try:
        house(request).realname.propose_change(
            subject,
            _entered(form, _fields(request, subject)),
            ticket=form.text("ticket"),
            checked=form.text("checked"),
            by=by,
        )
    except TrothError as error:
        troubles = told(request, error)
        return _first(request, by, subject, error.status, troubles, form.carried())
    return go(request, f"{CHANGES.root}?done=proposed")


def _first(
    request: Call,
    by: Actor,
    subject: SubjectId,
    status: int = 200,
    troubles: tuple[Trouble, ...] = (),
    typed: dict[str, str] | None = None,
) -> Page:
    return desk_page(
        request,
        by,
        "change_new",
        status=status,
        troubles=troubles,
        typed=typed or {},
        subject=subject,
        fact=house(request).realname.status(subject),
        fields=_fields(request, subject),
        checks=CHECKS,
    )


def _fields(request: Call, subject: SubjectId) -> list[str]:
    """Return the fields of an identity that are held, and so can be changed."""
    held = house(request).realname.fields(subject)
    return [
        one.field
        for one in held
        if any(matches(group, one.field) for group in CHANGED) and not one.field.endswith("_ref")
    ]


def _entered(form: Form, fields: list[str]) -> dict[str, Secret]:
    return {field: form.secret(field) for field in fields if form.text(field)}


# --- the second --------------------------------------------------------------------------------


def change(request: Call, by: Actor) -> Page:
    """Show a change that waits: which fields, never which values."""
    return _second(request, by, _found(request, by))


def confirm(request: Call, form: Form, by: Actor) -> Page:
    """Enter the same values as the second person, or let the change fall."""
    one, troth = _found(request, by), house(request)
    try:
        if form.text("do") == "drop":
            troth.realname.drop_change(one.subject, one.case, by=by)
            return go(request, f"{CHANGES.root}?done=dropped")
        values = _entered(form, one.proposal.split())
        troth.realname.change(one.subject, one.case, values, by=by)
    except TrothError as error:
        return _second(request, by, one, error.status, told(request, error, "entries"))
    return go(request, f"{CHANGES.root}?done=changed")


def _found(request: Call, by: Actor) -> Seen:
    return waiting(request, by, subject_at(request), number_at(request, "case"), change=True)


def _second(
    request: Call,
    by: Actor,
    one: Seen,
    status: int = 200,
    troubles: tuple[Trouble, ...] = (),
) -> Page:
    ticket, _, checked = one.said.partition(" ")
    return desk_page(
        request,
        by,
        "change",
        status=status,
        place=f"{CHANGES.root}/{one.subject}/{one.case}",
        troubles=troubles,
        one=one,
        ticket=ticket,
        checked=checked,
        fields=one.proposal.split(),
    )
