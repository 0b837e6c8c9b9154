"""Requests at the desk: taken, written about, given longer once, answered or refused (9.7)."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from troth.interfaces.console.areas import REQUESTS, desk_page, number_at, subject_at, told
from troth.interfaces.console.work import listed, reviewed
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, go, house
from troth.interfaces.pages.words import Trouble
from troth.model.acts import Actor
from troth.model.errors import BadInput, NotFound, TrothError
from troth.model.terms import SubjectId

GROUNDS: Final = (
    *("repetitive", "too_technical", "others_at_risk", "impractical"),
    *("insuf_verification", "held_by_law", "not_obtainable"),
)
"""On what a request may be refused, where the law that binds its subject lets it stand."""
LONGER: Final = ("complex", "many")


class Message(Struct, frozen=True):
    """One message on a request, by the kind of who wrote it."""

    number: str
    at: str
    by: str
    text: str


class Matter(Struct, frozen=True, kw_only=True):
    """The request that an address names: whose it is, and how far."""

    subject: SubjectId
    asked: Seen

    @property
    def place(self) -> str:
        """Its address."""
        return f"{REQUESTS.root}/{self.subject}/{self.asked.number}"


def requests(request: Call, by: Actor) -> Page:
    """List the requests that wait for an answer."""
    return listed(request, by, REQUESTS)


def one(request: Call, by: Actor) -> Page:
    """Show how far a request is, and nothing yet of what was written."""
    return _page(request, by, _found(request))


def act(request: Call, form: Form, by: Actor) -> Page:
    """Do what a button of the page says."""
    matter, do = _found(request), form.text("do")
    try:
        if do == "read":
            told_ = house(request).rights.desk.thread(matter.subject, matter.asked.number, by=by)
            read = msgspec.json.decode(told_.reveal(), type=list[Message])
            return _page(request, by, matter, messages=read)
        if do not in STEPS:
            raise BadInput("this is no step of a request", field="do")
        STEPS[do](request, form, by, matter)
    except TrothError as error:
        troubles = told(request, error, FIELDS.get(do, ""))
        return _page(
            request, by, matter, status=error.status, troubles=troubles, typed=form.carried()
        )
    return go(request, f"{matter.place}?done={do}")


Step = Callable[[Call, Form, Actor, Matter], object]


def _take(request: Call, _: Form, by: Actor, matter: Matter) -> None:
    house(request).rights.desk.take(matter.subject, matter.asked.number, by=by)


def _reply(request: Call, form: Form, by: Actor, matter: Matter) -> None:
    if not form.text("text"):
        raise BadInput("a message has words", field="text")
    desk = house(request).rights.desk
    desk.reply(matter.subject, matter.asked.number, form.secret("text"), by=by)


def _extend(request: Call, form: Form, by: Actor, matter: Matter) -> None:
    desk = house(request).rights.desk
    desk.extend(matter.subject, matter.asked.number, form.text("reason"), by=by)


def _answer(request: Call, form: Form, by: Actor, matter: Matter) -> None:
    desk = house(request).rights.desk
    if form.text("answer"):
        desk.reply(matter.subject, matter.asked.number, form.secret("answer"), by=by)
    desk.answer(matter.subject, matter.asked.number, by=by)


def _refuse(request: Call, form: Form, by: Actor, matter: Matter) -> None:
    desk = house(request).rights.desk
    desk.deny(matter.subject, matter.asked.number, form.text("ground"), by=by)


STEPS: Final[Mapping[str, Step]] = {
    "take": _take,
    "reply": _reply,
    "extend": _extend,
    "answer": _answer,
    "refuse": _refuse,
}
FIELDS: Final = {"reply": "text", "extend": "reason", "refuse": "ground", "answer": "answer"}
"""At which field of a step it is told that it cannot be taken."""


def _found(request: Call) -> Matter:
    subject, number = subject_at(request), number_at(request)
    asked = house(request).rights.desk.one(subject, number)
    if reviewed(request, subject, number):
        raise NotFound("this is decided at another desk")
    return Matter(subject=subject, asked=asked)


def _page(
    request: Call,
    by: Actor,
    matter: Matter,
    *,
    status: int = 200,
    troubles: tuple[Trouble, ...] = (),
    typed: dict[str, str] | None = None,
    messages: list[Message] | None = None,
) -> Page:
    asked = matter.asked
    stages = {step.stage for step in asked.steps}
    return desk_page(
        request,
        by,
        "request",
        status=status,
        place=matter.place,
        troubles=troubles,
        typed=typed or {},
        asked=asked,
        subject=matter.subject,
        here=matter.place,
        messages=messages,
        taken="taken" in stages,
        longer="extended" in stages,
        grounds=GROUNDS,
        reasons=LONGER,
    )
