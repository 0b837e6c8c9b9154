"""The work list: what waits for people, soonest due first, of the desks a role is open to (9.7).

A row names a kind of work, a random number and a day, and nothing of whom it is about.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from troth.interfaces.console.areas import (
    CALLS,
    CHANGES,
    DATABASES,
    MINORS,
    PAPER,
    REQUESTS,
    REVIEWS,
    TELLINGS,
    TERMS,
    Area,
    desk_page,
    open_to,
)
from troth.interfaces.console.tellings import rows
from troth.interfaces.pages.page import Call, Page, Seen, house
from troth.model.acts import Actor
from troth.model.clock import Moment, after
from troth.model.errors import Erased, NotFound
from troth.model.terms import SubjectId

PLAN_DAYS: Final = 7
"""How long a plan may wait before it is late: until then nothing is swept that is due."""
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
    for one in house(request).rights.desk.queue(by=by):
        yield Item(
            area=REQUESTS.key,
            href=f"{REQUESTS.root}/{one.subject}/{one.number}",
            number=one.number,
            what=f"request.{one.kind}",
            state=f"request_state.{one.said.reason or one.state}",
            since=one.received,
            due=one.due,
        )


def near(by: Actor, subject: SubjectId) -> bool:
    """Tell whether somebody's data lies where a member of staff may read it (policy 2.4)."""
    return by.region in (None, subject.region)


def reviewed(request: Call, subject: SubjectId, number: str) -> bool:
    """Tell whether a duty is a review of an identity, which its own desk decides."""
    return number in house(request).realname.progress(subject).reviews


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


# --- other databases ---------------------------------------------------------------------------


def _databases(request: Call, by: Actor) -> Iterator[Item]:
    """Give what other databases are late with: the house tries by itself, until it is overdue."""
    for one in house(request).gate.databases.overdue(MOST):
        if near(by, SubjectId(one.subject_id)):
            yield Item(
                area=DATABASES.key,
                href=f"{DATABASES.root}/{one.subject_id}#o-{one.id}",
                number=one.id,
                what=f"order_task.{one.task}",
                state="work_overdue",
                since=one.ordered_at,
                due=one.due_at,
            )


# --- recipients --------------------------------------------------------------------------------


def _tellings(request: Call, by: Actor) -> Iterator[Item]:
    """Give what people have to tell recipients: what a machine tells by itself is left out."""
    for one in rows(request, by):
        if not one.addressed:
            yield Item(
                area=TELLINGS.key,
                href=f"{TELLINGS.root}#t-{one.number}",
                number=one.number,
                what="work_telling",
                state="work_open",
                since=one.since,
                due=one.due,
            )


# --- terms and paper ---------------------------------------------------------------------------


def _terms(request: Call, by: Actor) -> Iterator[Item]:
    """Give the plan of a sweep that somebody has to look at."""
    del by
    plan: Seen = house(request).retention.waiting
    if plan is not None:
        yield Item(
            area=TERMS.key,
            href=TERMS.root,
            number=plan.id,
            what="work_plan",
            state="work_open",
            since=plan.made,
            due=after(plan.made, days=PLAN_DAYS),
        )


def _paper(request: Call, by: Actor) -> Iterator[Item]:
    """Give paper that has to be destroyed."""
    at = house(request).clock.now()
    for one in house(request).retention.papers.all():
        if one.due is not None and one.due <= at:
            proposed = one.state == "proposed"
            mine = proposed and one.first == by.id
            yield Item(
                area=PAPER.key,
                href=f"{PAPER.root}/{one.id}",
                number=one.id,
                what="work_paper",
                state="work_mine" if mine else "work_proposed" if proposed else "work_open",
                since=one.since,
                due=one.due or one.since,
                mine=mine,
            )


SOURCES: Final = {
    REQUESTS.key: _requests,
    REVIEWS.key: _reviews,
    CHANGES.key: _changes,
    CALLS.key: _calls,
    MINORS.key: _minors,
    DATABASES.key: _databases,
    TELLINGS.key: _tellings,
    TERMS.key: _terms,
    PAPER.key: _paper,
}


def overview(request: Call, by: Actor) -> tuple[list[Item], dict[str, int]]:
    """Return all the work of a role, and how much of it lies at which desk."""
    areas = open_to(request, by)
    found = items(request, by, *areas)
    counts = {area.key: sum(item.area == area.key for item in found) for area in areas}
    return found, counts
