"""Which of our other systems still has to follow what the subject asked for (9.2, 9.4)."""

from msgspec import Struct

from troth.interfaces.pages.doors import me
from troth.interfaces.pages.page import Call, Page, house, show, tongue
from troth.interfaces.pages.stores import Line, placed
from troth.model.clock import Moment


class Matter(Struct, frozen=True, kw_only=True):
    """One thing that other systems were told: what, about what, since when, how far each is."""

    task: str
    about: str
    since: Moment
    due: Moment
    lines: list[Line]


def elsewhere(request: Call) -> Page:
    """Show what is open, and which system it waits for."""
    who, words = me(request), tongue(request)
    owed = house(request).gate.databases.owed(who.subject)
    matters = [
        Matter(
            task=words.say(f"order_task.{one.task}"),
            about=words.fields(one.categories),
            since=one.ordered_at,
            due=one.due_at,
            lines=placed(one, words),
        )
        for one in owed
    ]
    return show(request, "centre/elsewhere.html", matters=matters)
