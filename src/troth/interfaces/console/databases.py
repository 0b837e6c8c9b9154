"""Other databases at the desk: what each still owes, what is overdue, tried now (9.4, 7.1d)."""

from msgspec import Struct

from troth.interfaces.console.areas import DATABASES, desk_page, number_at, subject_at, told
from troth.interfaces.console.work import near
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, go, house, tongue
from troth.interfaces.pages.stores import Line, placed
from troth.interfaces.pages.words import Trouble
from troth.model.acts import Actor
from troth.model.errors import TrothError
from troth.model.terms import SubjectId

ONE = f"{DATABASES.root}/{{subject:str}}"
ORDER = f"{ONE}/{{number:str}}"


class Row(Struct, frozen=True, kw_only=True):
    """One order that is open, and how far each database is with it."""

    order: Seen
    task: str
    lines: list[Line]


def databases(request: Call, by: Actor) -> Page:
    """List what is open, the soonest due first, and how much waits for which database."""
    return _page(request, by)


def one(request: Call, by: Actor) -> Page:
    """Show what is open of one subject."""
    return _page(request, by, subject=subject_at(request))


def hurry(request: Call, form: Form, by: Actor) -> Page:
    """Have an order tried at once."""
    del form
    try:
        number = number_at(request)
        house(request).gate.databases.hurry(subject_at(request), number, by=by)
    except TrothError as error:
        return _page(request, by, status=error.status, troubles=told(request, error, "order"))
    return go(request, f"{DATABASES.root}?done=hurried")


def _page(
    request: Call,
    by: Actor,
    *,
    subject: SubjectId | None = None,
    status: int = 200,
    troubles: tuple[Trouble, ...] = (),
) -> Page:
    gate, words = house(request).gate, tongue(request)
    found = gate.databases.owed(subject) if subject else gate.databases.open()
    rows = [
        Row(order=each, task=words.say(f"order_task.{each.task}"), lines=placed(each, words))
        for each in found
        if near(by, SubjectId(each.subject_id))
    ]
    return desk_page(
        request,
        by,
        "databases",
        status=status,
        place=DATABASES.root,
        troubles=troubles,
        rows=rows,
        subject=subject,
        waiting=_waiting(request) if subject is None else {},
    )


def _waiting(request: Call) -> dict[str, dict[str, int]]:
    """Count what waits for each database, in every region together."""
    gate = house(request).gate
    found: dict[str, dict[str, int]] = {
        name: {"open": 0, "held": 0} for name in gate.databases.names()
    }
    for counts in gate.databases.counts().values():
        for (name, state), count in counts.waiting.items():
            kept = found.setdefault(name, {"open": 0, "held": 0})
            kept[state] = kept.get(state, 0) + count
    return found
