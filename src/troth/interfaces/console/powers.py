"""Powers of attorney at the desk: what a paper says that staff have looked at (11.3b, 9.6)."""

from typing import Final

from troth.interfaces.console.areas import REQUESTS, day_in, desk_page, subject_in, told
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, go, house
from troth.interfaces.pages.words import Trouble
from troth.model.acts import Actor
from troth.model.errors import BadInput, TrothError
from troth.model.terms import SubjectId

PLACE: Final = "/desk/powers"
SCOPES: Final = (
    *("access", "copy", "port", "correct", "delete", "restrict", "object", "withdraw"),
    *("opt_out_sale", "question"),
)


def power_form(request: Call, by: Actor) -> Page:
    """Show the form."""
    return _page(request, by)


def enter(request: Call, form: Form, by: Actor) -> Page:
    """Enter a power, or stop one; its subject is told."""
    try:
        subject = subject_in(form)
        if form.text("do") == "stop":
            house(request).intake.powers.stop(subject, form.text("power"), by=by)
            return go(request, f"{PLACE}?done=stopped")
        made = _made(request, form, by, subject)
    except TrothError as error:
        return _page(request, by, error.status, told(request, error), form.carried())
    return go(request, f"{PLACE}?done={made.id}")


def _made(request: Call, form: Form, by: Actor, subject: SubjectId) -> Seen:
    if not form.text("agent"):
        raise BadInput("it is not said who may ask", clause="11.3", field="agent")
    return house(request).intake.powers.enter(
        subject,
        form.text("agent")[:80],
        tuple(scope for scope in SCOPES if form.ticked(f"scope_{scope}")),
        until=day_in(form, "until"),
        by=by,
        paper=form.file("paper") or None,
    )


def _page(
    request: Call,
    by: Actor,
    status: int = 200,
    troubles: tuple[Trouble, ...] = (),
    typed: dict[str, str] | None = None,
) -> Page:
    return desk_page(
        request,
        by,
        "power",
        status=status,
        place=REQUESTS.root,
        troubles=troubles,
        typed=typed or {},
        scopes=SCOPES,
        agents=[(one.id, one.name) for one in house(request).intake.agents() if not one.ended],
    )
