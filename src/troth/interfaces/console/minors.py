"""The minors desk: guardians' proofs, requests, findings and the way back from one (8.2 to 8.4).

What a guardian sent is shown on a click, under a ticket, recorded; with the decision it is erased.
An appeal takes two members of staff.
"""

from typing import Final

from troth.interfaces.console.areas import MINORS, desk_page, subject_at, subject_in, told
from troth.interfaces.console.reviews import inline
from troth.interfaces.console.work import due_of, listed
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, go, house
from troth.interfaces.pages.words import Trouble
from troth.model.acts import Actor, Event
from troth.model.errors import BadInput, NotFound, TrothError
from troth.model.terms import SubjectId

FINDING: Final = "/desk/finding"
YES: Final = "yes"
ANSWERS: Final = (YES, "no")


def minors(request: Call, by: Actor) -> Page:
    """List what waits for the desk."""
    return listed(request, by, MINORS)


def matter(request: Call, by: Actor) -> Page:
    """Show where a matter stands, and nothing yet of what was sent."""
    return _page(request, by, _found(request, by))


def act(request: Call, form: Form, by: Actor) -> Page:
    """Do what a button of the page says: look, decide, answer, propose or confirm."""
    one = _found(request, by)
    try:
        if not form.text("ticket"):
            raise BadInput("a step needs its ticket", clause="7.1", field="ticket")
        if form.text("do") == "look":
            return _looked(request, form, by, one)
        return go(request, f"{MINORS.root}?done={_done(request, form, by, one)}")
    except TrothError as error:
        troubles = told(request, error)
        return _page(request, by, one, status=error.status, troubles=troubles, typed=form.carried())


def _done(request: Call, form: Form, by: Actor, one: Seen) -> str:
    """Take the step that is due; return the key of what it was."""
    troth, desk = house(request).minors, house(request).minors.desk
    ticket, answer = form.text("ticket"), form.text("answer")
    if one.kind == "request" and one.state == "verified":
        if not form.text("text"):
            raise BadInput("an answer has words", field="text")
        troth.requests.answer(one.guardian, form.secret("text"), by=by)
        return "answered"
    if answer not in ANSWERS:
        raise BadInput("say yes or no", field="answer")
    so = answer == YES
    if one.kind != "appeal":
        desk.decide(one.guardian, is_so=so, ticket=ticket, by=by)
        return "decided"
    if one.state == "checking":
        desk.propose(one.guardian, is_adult=so, ticket=ticket, by=by)
        return "proposed"
    desk.confirm(one.guardian, agrees=so, ticket=ticket, by=by)
    return "confirmed" if so else "sent_back"


def _looked(request: Call, form: Form, by: Actor, one: Seen) -> Page:
    shown = house(request).minors.desk.look(one.guardian, by=by, ticket=form.text("ticket"))
    texts = {name: kept for name, kept in shown.items() if isinstance(kept.reveal_raw(), str)}
    return _page(
        request,
        by,
        one,
        typed=form.carried(),
        values={name: kept.reveal() for name, kept in texts.items()},
        pictures={name: inline(kept) for name, kept in shown.items() if name not in texts},
    )


def _found(request: Call, by: Actor) -> Seen:
    who = subject_at(request, "guardian")
    for one in house(request).minors.desk.waiting(by=by):
        if one.guardian == who:
            return one
    raise NotFound("nothing waits under this number")


def _page(
    request: Call,
    by: Actor,
    one: Seen,
    *,
    status: int = 200,
    troubles: tuple[Trouble, ...] = (),
    typed: dict[str, str] | None = None,
    values: dict[str, str] | None = None,
    pictures: dict[str, str] | None = None,
) -> Page:
    second = one.kind == "appeal" and one.state == "again"
    return desk_page(
        request,
        by,
        "minors",
        status=status,
        place=f"{MINORS.root}/{one.guardian}",
        troubles=troubles,
        typed={"ticket": one.number, **(typed or {})},
        one=one,
        due=due_of(request, one),
        second=second,
        mine=second and one.method == by.id,
        method="" if one.kind == "appeal" else one.method,
        values=values,
        pictures=pictures or {},
    )


# --- findings ----------------------------------------------------------------------------------


def finding_form(request: Call, by: Actor) -> Page:
    """Say what a finding does before anybody enters one."""
    return _finding(request, by)


def find(request: Call, form: Form, by: Actor) -> Page:
    """Note that an account is a child's: it is frozen at once, told, and erased in time."""
    try:
        subject = _demanded(form)
        house(request).gate.standing(subject)
        # The number of the ticket goes before the finding, so that both stand in the trail.
        note = Event(subject=subject, name="child.found", detail={"ticket": form.text("ticket")})
        house(request).gate.perform(note, by=by)
        house(request).minors.found(subject, by=by)
    except TrothError as error:
        return _finding(request, by, error.status, told(request, error), form.carried())
    return go(request, f"{MINORS.root}?done=found")


def _demanded(form: Form) -> SubjectId:
    for name in ("subject", "ticket", "sure"):
        if not form.text(name):
            raise BadInput("a field is empty", field=name)
    return subject_in(form)


def _finding(
    request: Call,
    by: Actor,
    status: int = 200,
    troubles: tuple[Trouble, ...] = (),
    typed: dict[str, str] | None = None,
) -> Page:
    return desk_page(
        request,
        by,
        "finding",
        status=status,
        place=FINDING,
        troubles=troubles,
        typed=typed or {},
        days=house(request).settings.minors.erase_days,
    )
