"""Requests that people answer: asked here, followed here step by step, and complaints (6.3, 9.7).

A request's timeline is read from the ledger. Its messages are personal data: they are opened when
their owner asks to see them, and that is recorded.
"""

from typing import Final

import msgspec
from msgspec import Struct

from troth.interfaces.pages.doors import Me, me, proved
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, go, house, show, tongue
from troth.interfaces.pages.words import Tongue, Trouble
from troth.model.clock import Moment
from troth.model.errors import TrothError

PLACE: Final = "/me/requests"
COMPLAIN: Final = "/me/complain"
KINDS: Final = (
    *("question", "access", "copy", "correct", "complete", "delete", "restrict", "object"),
    *("withdraw", "port", "explain", "human_review", "cancel", "limit_sensitive"),
    *("opt_out_sale", "no_retaliation"),
)
"""What can be asked for in words; what the law of somebody's home does not give is left out."""
ALWAYS: Final = ("question",)
GROUNDS: Final = ("unlawful", "no_consent", "breach_of_agreement")
"""The three grounds on which the policy lets a deletion be asked for (6.3.1 to 6.3.3)."""
WAITS: Final = "proved"


class Step(Struct, frozen=True, kw_only=True):
    """One step of a timeline, in words: ``done``, ``now``, ``next`` or ``late``."""

    state: str
    title: str
    at: Moment | None = None
    text: str = ""
    href: str = ""
    do: str = ""


class Message(Struct, frozen=True):
    """One message on a request."""

    number: str
    at: str
    by: str
    text: str


def requests(request: Call) -> Page:
    """List what was asked, how far it is and by when it is due; and take another one."""
    typed = {"kind": request.query_params.get("kind", "")}
    return _page(request, me(request), typed=typed)


def ask(request: Call, form: Form) -> Page:
    """Take a request; the clock starts now."""
    who, words = me(request), tongue(request)
    kind, ground = form.text("kind"), form.text("ground")
    empty = [] if kind in _kinds(request, who) else ["kind"]
    if kind == "delete" and ground not in GROUNDS:
        empty.append("ground")
    if not form.text("text"):
        empty.append("text")
    if empty:
        return _page(request, who, words.missing(*empty), form.carried())
    try:
        number = house(request).rights.desk.request(
            who.subject,
            kind,  # type: ignore[arg-type]  # one of KINDS, which the desk names by the same words
            text=form.secret("text"),
            ground=ground if kind == "delete" else "",
            by=who.by,
        )
    except TrothError as error:
        return _page(request, who, (_at_text(error, words),), form.carried())
    return go(request, f"{PLACE}/{number}?done=1")


def _kinds(request: Call, who: Me) -> list[str]:
    """Return what somebody can ask for, by the rights that their law gives."""
    given = house(request).rights.limits.rights(who.subject)
    return [kind for kind in KINDS if kind in given or kind in ALWAYS]


def _at_text(error: TrothError, words: Tongue) -> Trouble:
    """Return a trouble with what was written, at the field it was written in."""
    return msgspec.structs.replace(words.trouble(error), field="text")


def _page(
    request: Call,
    who: Me,
    troubles: tuple[Trouble, ...] = (),
    typed: dict[str, str] | None = None,
) -> Page:
    return show(
        request,
        "centre/requests.html",
        status=422 if troubles else 200,
        place=PLACE,
        troubles=troubles,
        typed=typed or {},
        asked=house(request).rights.desk.requests(who.subject),
        kinds=_kinds(request, who),
        grounds=GROUNDS,
    )


# --- one request -------------------------------------------------------------------------------


def one(request: Call) -> Page:
    """Show how far one request is, and take a message on it."""
    return _one(request, me(request))


def write(request: Call, form: Form) -> Page:
    """Add a message to a request."""
    who, words = me(request), tongue(request)
    number = _number(request)
    if not form.text("text"):
        return _one(request, who, troubles=words.missing("text"))
    try:
        house(request).rights.desk.write(who.subject, number, form.secret("text"), by=who.by)
    except TrothError as error:
        trouble = _at_text(error, words)
        return _one(request, who, troubles=(trouble,), typed=form.text("text"))
    return go(request, f"{PLACE}/{number}?written=1")


def _read(request: Call, form: Form, who: Me) -> Page:
    """Show the messages, in a passage that is recorded first."""
    del form
    told = house(request).rights.desk.thread(who.subject, _number(request), by=who.by)
    return _one(request, who, messages=msgspec.json.decode(told.reveal(), type=list[Message]))


read = proved(_read, why="step.messages", place=PLACE)


def revoke(request: Call, form: Form) -> Page:
    """Take a request back."""
    del form
    who = me(request)
    house(request).rights.desk.revoke(who.subject, _number(request), by=who.by)
    return go(request, f"{PLACE}/{_number(request)}?revoked=1")


def _prove(request: Call, form: Form, who: Me) -> Page:
    """Say by a sign-in that was proved just now that a request is one's own."""
    del form
    desk, number = house(request).rights.desk, _number(request)
    desk.verify(who.subject, number, subject=who.subject, method="signed_in", by=who.by)
    return go(request, f"{PLACE}/{number}?proved=1")


prove = proved(_prove, why="step.prove_request", place=PLACE)


def accept(request: Call, form: Form) -> Page:
    """Agree to what a request costs, as it was told."""
    del form
    who = me(request)
    house(request).rights.desk.accept_fee(who.subject, _number(request), by=who.by)
    return go(request, f"{PLACE}/{_number(request)}?accepted=1")


def _appeal(request: Call, form: Form, who: Me) -> Page:
    """Ask that somebody else looks at a refusal."""
    words = tongue(request)
    if not form.text("text"):
        return _one(request, who, troubles=words.missing("text"))
    desk, number = house(request).rights.desk, _number(request)
    again = desk.appeal(who.subject, number, form.secret("text"), by=who.by)
    return go(request, f"{PLACE}/{again}?done=1")


appeal = proved(_appeal, why="step.appeal", place=PLACE)


def _number(request: Call) -> str:
    return str(request.path_params["number"])


def _one(
    request: Call,
    who: Me,
    *,
    messages: list[Message] | None = None,
    troubles: tuple[Trouble, ...] = (),
    typed: str = "",
) -> Page:
    words = tongue(request)
    desk = house(request).rights.desk
    asked = desk.one(who.subject, _number(request))
    matters = {one.number: one for one in desk.matters(who.subject)}
    matter = matters.get(asked.number)
    return show(
        request,
        "centre/request.html",
        status=422 if troubles else 200,
        place=f"{PLACE}/{asked.number}",
        asked=asked,
        steps=_steps(asked, words),
        said=matter.said if matter else None,
        appealed=any(one.said.appeal_of == asked.number for one in matters.values()),
        messages=messages,
        troubles=troubles,
        typed=typed,
    )


def _steps(asked: Seen, words: Tongue) -> list[Step]:
    """Tell the steps that were taken, and those that are still to come."""
    taken = [_taken(step, words) for step in asked.steps]
    stages = {step.stage for step in asked.steps}
    if asked.state != "open":
        return taken
    if "proved" not in stages:
        title, text = words.say("stage.proved"), words.say("stage_wait.proved")
        return [*taken, Step(state="now", title=title, text=text), _due(asked, words)]
    if "taken" not in stages:
        title, text = words.say("stage.taken"), words.say("stage_wait.taken")
        taken.append(Step(state="now", title=title, text=text))
    return [*taken, _due(asked, words)]


def _taken(step: Seen, words: Tongue) -> Step:
    text = ""
    if step.stage == "extended":
        text = words.say(
            "stage_longer", reason=words.maybe(f"longer.{step.code}"), day=words.day(step.by)
        )
    if step.stage == "settled" and step.code:
        text = words.maybe(f"denial.{step.code}")
    return Step(state="done", title=words.say(f"stage.{step.stage}"), at=step.at, text=text)


def _due(asked: Seen, words: Tongue) -> Step:
    """Tell the step that ends a request: our answer, with the day it is due."""
    late = words.over(asked.by)
    left = words.say("stage_late") if late else words.left(asked.by)
    return Step(
        state="late" if late else "next",
        title=words.say("stage_answer", day=words.day(asked.by)),
        text=left,
    )


# --- complaints --------------------------------------------------------------------------------


def complain_form(request: Call) -> Page:
    """Say the ways there are when somebody is not content: us first, then authority or court."""
    return _complain(request, me(request))


def complain(request: Call, form: Form) -> Page:
    """Open a dispute: we negotiate first, by a day (policy 10.4)."""
    who, words = me(request), tongue(request)
    if not form.text("text"):
        return _complain(request, who, words.missing("text"))
    try:
        number = house(request).support.dispute(who.subject, form.secret("text"), by=who.by)
    except TrothError as error:
        return _complain(request, who, (_at_text(error, words),), form.text("text"))
    return go(request, f"{PLACE}/{number}?done=1")


def _complain(request: Call, who: Me, troubles: tuple[Trouble, ...] = (), typed: str = "") -> Page:
    troth = house(request)
    return show(
        request,
        "centre/complain.html",
        status=422 if troubles else 200,
        place=COMPLAIN,
        troubles=troubles,
        typed=typed,
        authorities=troth.rights.desk.authorities(who.subject),
    )
