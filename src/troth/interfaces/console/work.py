"""The work list: what waits for people, soonest due first, of the desks a role is open to (9.7).

A row names a kind of work, a random number and a day, and nothing of whom it is about.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from troth.interfaces.console.areas import (
    CALLS,
    CHANGES,
    MINORS,
    REQUESTS,
    REVIEWS,
    Area,
    desk_page,
    open_to,
)
from troth.interfaces.pages.page import Call, Page, Seen, house
from troth.model.acts import Actor
from troth.model.clock import Moment
from troth.model.errors import Erased, NotFound
from troth.model.standing import Owed, Standing
from troth.model.terms import SubjectId

ANSWERED: Final = (
    *("access", "copy", "correct", "delete", "restrict", "object", "explain", "human_review"),
    *("port", "question", "negotiation"),
)
"""What people ask for and people answer."""
MOST: Final = 100
"""How many rows a list shows; the soonest due are among them."""


class Item(Struct, frozen=True, kw_only=True):
    """One piece of work.

    ``what`` and ``state`` are keys of texts, ``since`` when it came, ``due`` by when it has to be
    done; ``mine``: somebody else has to take the next step.
    """

    area: str
    href: str
    number: str
    what: str
    state: str
    since: Moment
    due: Moment
    mine: bool = False


def items(request: Call, by: Actor, *areas: Area) -> list[Item]:
    """Return the work of some desks, soonest due first."""
    found = [item for area in areas for item in SOURCES[area.key](request, by)]
    return sorted(found, key=lambda item: (item.due, item.number))


def listed(request: Call, by: Actor, area: Area) -> Page:
    """Show the work of one desk."""
    found = items(request, by, area)
    return desk_page(
        request, by, "list", area=area, items=found[:MOST], more=max(0, len(found) - MOST)
    )


# --- requests ----------------------------------------------------------------------------------


def _requests(request: Call, by: Actor) -> Iterator[Item]:
    for subject, number, owed in owing(request, by):
        yield Item(
            area=REQUESTS.key,
            href=f"{REQUESTS.root}/{subject}/{number}",
            number=number,
            what=f"request.{owed.what.partition('/')[0]}",
            state="work_open",
            since=owed.since,
            due=owed.by,
        )


def near(by: Actor, subject: SubjectId) -> bool:
    """Tell whether somebody's data lies where a member of staff may read it (policy 2.4)."""
    return by.region in (None, subject.region)


def owing(request: Call, by: Actor) -> Iterator[tuple[SubjectId, str, Owed]]:
    """Find every request that waits for an answer: whose, its number, and by when.

    Reviews of identities and guardians' requests are owed too, and lie with their own desks.
    """
    troth = house(request)
    for subject in troth.gate.subjects():
        if not near(by, subject):
            continue
        try:
            standing = troth.gate.standing(subject)
        except (Erased, NotFound):
            continue
        if _of_guardian(standing):
            continue
        for number, owed in standing.owed.items():
            asked = owed.state == "open" and owed.what.partition("/")[0] in ANSWERED
            if asked and not reviewed(request, subject, number):
                yield subject, number, owed


def reviewed(request: Call, subject: SubjectId, number: str) -> bool:
    """Tell whether a duty is a review of an identity, which its own desk decides."""
    return number in house(request).realname.progress(subject).reviews


def _of_guardian(standing: Standing) -> bool:
    return any(field.startswith("guardian.") for field in standing.held)


# --- identities --------------------------------------------------------------------------------


def _reviews(request: Call, by: Actor) -> Iterator[Item]:
    return (_case(one, REVIEWS) for one in _queue(request, by) if one.kind != "change")


def _changes(request: Call, by: Actor) -> Iterator[Item]:
    return (_case(one, CHANGES) for one in _queue(request, by) if one.kind == "change")


def _queue(request: Call, by: Actor) -> list[Seen]:
    return [one for one in house(request).realname.queue(by) if near(by, one.subject)]


def _case(one: Seen, area: Area) -> Item:
    state = "work_proposed" if one.state == "proposed" else "work_open"
    return Item(
        area=area.key,
        href=f"{area.root}/{one.subject}/{one.case}",
        number=one.case,
        what=f"case.{one.kind}",
        state="work_barred" if one.barred else "work_mine" if one.mine else state,
        since=one.since,
        due=one.due,
        mine=one.mine or one.barred,
    )


# --- calls -------------------------------------------------------------------------------------


def _calls(request: Call, by: Actor) -> Iterator[Item]:
    for call in house(request).calls.waiting(by):
        yield Item(
            area=CALLS.key,
            href=f"{CALLS.root}#c-{call.id}",
            number=call.id,
            what="work_call",
            state="work_taken" if call.taken else "work_open",
            since=call.since,
            due=call.until or call.since,
            mine=call.taken,
        )


# --- minors ------------------------------------------------------------------------------------


def _minors(request: Call, by: Actor) -> Iterator[Item]:
    for one in house(request).minors.desk.waiting(by=by):
        if not near(by, one.guardian):
            continue
        second = one.kind == "appeal" and one.state == "again"
        mine = second and one.method == by.id
        state = "work_proposed" if second else "work_answer" if one.state == "verified" else ""
        yield Item(
            area=MINORS.key,
            href=f"{MINORS.root}/{one.guardian}",
            number=one.number,
            what=f"minors_kind.{one.kind}",
            state="work_mine" if mine else state or "work_open",
            since=one.changed,
            due=due_of(request, one),
            mine=mine,
        )


def due_of(request: Call, one: Seen) -> Moment:
    """Return by when a matter of the minors desk has to be decided."""
    gate = house(request).gate
    who = one.ward if one.kind == "consent" and one.ward else one.guardian
    number = f"{one.number}-appeal" if one.kind == "appeal" else one.number
    try:
        owed = gate.owed(who).get(number)
    except (Erased, NotFound):
        owed = None
    found: Moment = owed.by if owed else one.changed
    return found


SOURCES: Final = {
    REQUESTS.key: _requests,
    REVIEWS.key: _reviews,
    CHANGES.key: _changes,
    CALLS.key: _calls,
    MINORS.key: _minors,
}


def overview(request: Call, by: Actor) -> tuple[list[Item], dict[str, int]]:
    """Return all the work of a role, and how much of it lies at which desk."""
    areas = open_to(request, by)
    found = items(request, by, *areas)
    counts = {area.key: sum(item.area == area.key for item in found) for area in areas}
    return found, counts
