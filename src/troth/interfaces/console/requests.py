"""One request at the desk: proved, looked for, reviewed, signed off, handed over, or refused (9.7).

The page draws the steps and offers those that are open now. What was written, who they say they
are and what a paper shows is opened on a click, which is recorded first.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from troth.interfaces.console.areas import (
    REQUESTS,
    desk_page,
    number_at,
    subject_at,
    subject_in,
    told,
)
from troth.interfaces.console.reviews import inline
from troth.interfaces.console.work import reviewed
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, go, house
from troth.interfaces.pages.words import Trouble
from troth.model.acts import Actor
from troth.model.errors import BadInput, NotFound, TrothError
from troth.model.secret import Secret
from troth.model.terms import SubjectId

LONGER: Final = ("complex", "many")
WHY: Final = ("others_at_risk", "security", "trade_secret", "held_by_law", "not_obtainable")
METHODS: Final = ("code", "documents", "points")
PACKAGES: Final = ("access", "copy", "port")
STEPS_DRAWN: Final = ("verify", "discover", "review", "sign_off", "hand_over")
"""The steps of a request, as they are drawn."""


class Message(Struct, frozen=True):
    """One message on a request, by the kind of who wrote it."""

    number: str
    at: str
    by: str
    text: str


class Matter(Struct, frozen=True, kw_only=True):
    """The request that an address names: whose it is, how far, and what lies around it."""

    subject: SubjectId
    asked: Seen
    around: Seen

    @property
    def number(self) -> str:
        """Its number."""
        found: str = self.asked.number
        return found

    @property
    def place(self) -> str:
        """Its address."""
        return f"{REQUESTS.root}/{self.subject}/{self.number}"


def one(request: Call, by: Actor) -> Page:
    """Show how far a request is, and nothing yet of what was written."""
    return _page(request, by, _found(request, by))


def act(request: Call, form: Form, by: Actor) -> Page:
    """Do what a button of the page says."""
    matter, do = _found(request, by), form.text("do")
    desk = house(request).rights.desk
    try:
        if do == "read":
            told_ = desk.thread(matter.subject, matter.number, by=by)
            read = msgspec.json.decode(told_.reveal(), type=list[Message])
            return _page(request, by, matter, messages=read)
        if do == "look":
            seen = desk.look(matter.subject, matter.number, by=by)
            return _page(request, by, _found(request, by), claim=_opened(seen))
        if do == "preview":
            package: Seen = desk.preview(matter.subject, matter.number, by=by)
            return _page(request, by, _found(request, by), package=package)
        if do not in STEPS:
            raise BadInput("this is no step of a request", field="do")
        after = STEPS[do](request, form, by, matter)
    except TrothError as error:
        troubles = told(request, error, FIELDS.get(do, ""), "answering" if do == "answer" else "")
        return _page(
            request, by, matter, status=error.status, troubles=troubles, typed=form.carried()
        )
    return go(request, f"{after or matter.place}?done={do}")


def _opened(seen: Mapping[str, Secret]) -> Mapping[str, Seen]:
    """Return what was shown: the claim as pairs, papers as pictures."""
    texts: dict[str, str] = {}
    pictures: dict[str, str] = {}
    for field, value in seen.items():
        raw = value.reveal_raw()
        if isinstance(raw, str):
            texts |= msgspec.json.decode(raw, type=dict[str, str])
        else:
            pictures[field] = inline(value)
    return {"texts": texts, "pictures": pictures}


Step = Callable[[Call, Form, Actor, Matter], str | None]


def _plain(name: str) -> Step:
    """Return a step that takes nothing but the request."""

    def step(request: Call, _: Form, by: Actor, matter: Matter) -> None:
        getattr(house(request).rights.desk, name)(matter.subject, matter.number, by=by)

    return step


def _reply(request: Call, form: Form, by: Actor, matter: Matter) -> None:
    if not form.text("text"):
        raise BadInput("a message has words", field="text")
    desk = house(request).rights.desk
    desk.reply(matter.subject, matter.number, form.secret("text"), by=by)


def _assign(request: Call, form: Form, by: Actor, matter: Matter) -> None:
    to = by.id if form.text("to") == "me" else ""
    house(request).rights.desk.assign(matter.subject, matter.number, to, by=by)


def _extend(request: Call, form: Form, by: Actor, matter: Matter) -> None:
    desk = house(request).rights.desk
    desk.extend(matter.subject, matter.number, form.text("reason"), by=by)


def _code(request: Call, form: Form, by: Actor, matter: Matter) -> str:
    """Send a code to an old contact; its challenge stands in the address for the next step."""
    desk = house(request).rights.desk
    whose = _whose(form, matter)
    challenge = desk.begin_verification(matter.subject, matter.number, whose, by=by)
    # The challenge is worth nothing without the code, which goes to the contact alone.
    return f"{matter.place}/code/{whose}/{challenge}"


def _verify(request: Call, form: Form, by: Actor, matter: Matter) -> str:
    whose, desk = _whose(form, matter), house(request).rights.desk
    if form.text("method") not in METHODS:
        raise BadInput("it is proved in one of these ways", field="method")
    brought = house(request).rights.desk.brought(
        challenge=form.text("challenge"),
        code=form.secret("code"),
        declared=form.ticked("declared"),
        agrees=tuple(name for name in AGREES if form.ticked(f"agrees.{name}")),
        agent=form.text("agent"),
    )
    desk.verify(
        matter.subject,
        matter.number,
        subject=whose,
        method=form.text("method"),  # type: ignore[arg-type]  # one of METHODS
        by=by,
        brought=brought,
    )
    return f"{REQUESTS.root}/{whose}/{matter.number}"


AGREES: Final = ("identity.name", "identity.birth_date", "identity.id_number", "contact.address")
"""What a paper can agree with, as far as it is held."""


def _whose(form: Form, matter: Matter) -> SubjectId:
    return subject_in(form, "whose") if form.text("whose") else matter.subject


def _residence(request: Call, form: Form, by: Actor, matter: Matter) -> None:
    if form.text("shown") not in ("yes", "no"):
        raise BadInput("say yes or no", field="shown")
    desk = house(request).rights.desk
    desk.residence(matter.subject, matter.number, shown=form.text("shown") == "yes", by=by)


def _leave_out(request: Call, form: Form, by: Actor, matter: Matter) -> None:
    parts = {
        field: form.text(f"out.{field}")
        for field in house(request).gate.standing(matter.subject).held
        if form.text(f"out.{field}")
    }
    house(request).rights.desk.leave_out(matter.subject, matter.number, parts, by=by)


def _answer(request: Call, form: Form, by: Actor, matter: Matter) -> str:
    """Do what was asked; where it takes two and nobody proposed it, propose it."""
    desk = house(request).rights.desk
    if matter.around.two and not matter.around.matter.said.first:
        desk.propose(matter.subject, matter.number, by=by)
        return matter.place
    held = house(request).gate.standing(matter.subject).held
    what = desk.particulars(
        fields=tuple(field for field in held if form.ticked(f"field.{field}")),
        values={form.text("field"): form.secret("value")} if form.text("field") else {},
        purpose=form.text("purpose"),
        consent=form.text("consent"),
        text=form.secret("answer") if form.text("answer") else None,
    )
    gone = desk.answer(matter.subject, matter.number, what, by=by) is None
    return REQUESTS.root if gone else matter.place


def _refuse(request: Call, form: Form, by: Actor, matter: Matter) -> str:
    desk = house(request).rights.desk
    words = form.secret("why") if form.text("why") else None
    desk.deny(matter.subject, matter.number, form.text("ground"), by=by, text=words)
    return REQUESTS.root if matter.around.matter.said.provisional else matter.place


def _fee(request: Call, form: Form, by: Actor, matter: Matter) -> None:
    desk = house(request).rights.desk
    desk.quote(matter.subject, matter.number, form.text("amount"), by=by)


STEPS: Final[Mapping[str, Step]] = {
    **{name: _plain(name) for name in ("take", "discover", "prepare", "propose", "send_back")},
    **{name: _plain(name) for name in ("pause", "resume", "acknowledge")},
    "assign": _assign,
    "reply": _reply,
    "code": _code,
    "verify": _verify,
    "residence": _residence,
    "leave_out": _leave_out,
    "extend": _extend,
    "answer": _answer,
    "refuse": _refuse,
    "fee": _fee,
}
FIELDS: Final = {
    "reply": "text",
    "extend": "reason",
    "refuse": "ground",
    "answer": "answer",
    "verify": "method",
    "code": "whose",
    "residence": "shown",
    "fee": "amount",
}
"""At which field of a step it is told that it cannot be taken."""


def _found(request: Call, by: Actor) -> Matter:
    subject, number = subject_at(request), number_at(request)
    desk = house(request).rights.desk
    asked = desk.one(subject, number)
    if reviewed(request, subject, number):
        raise NotFound("this is decided at another desk")
    return Matter(subject=subject, asked=asked, around=desk.around(subject, number, by=by))


def drawn(matter: Matter) -> list[tuple[str, str]]:
    """Return the steps of a request and how far each is: ``done``, ``now``, ``next``."""
    said, kind = matter.around.matter.said, matter.asked.what
    done = {
        "verify": matter.around.proved,
        "discover": bool(said.stores),
        "review": said.reviewed is not None,
        "sign_off": bool(said.first) and said.reason == "signing_off",
        "hand_over": matter.asked.state == "fulfilled",
    }
    wanted = [
        name
        for name in STEPS_DRAWN
        if (name != "review" or kind in PACKAGES) and (name != "sign_off" or matter.around.two)
    ]
    if matter.asked.state == "fulfilled":
        return [(name, "done") for name in wanted]
    ahead = [name for name in wanted if not done[name]]
    return [
        (name, "done" if done[name] else "now" if name == ahead[0] else "next") for name in wanted
    ]


def _page(
    request: Call,
    by: Actor,
    matter: Matter,
    *,
    status: int = 200,
    troubles: tuple[Trouble, ...] = (),
    typed: dict[str, str] | None = None,
    **opened: Seen,
) -> Page:
    standing = house(request).gate.standing(matter.subject)
    stages = {step.stage for step in matter.asked.steps}
    return desk_page(
        request,
        by,
        "request",
        status=status,
        place=matter.place,
        troubles=troubles,
        typed=typed or {},
        asked=matter.asked,
        around=matter.around,
        said=matter.around.matter.said,
        subject=matter.subject,
        here=matter.place,
        drawn=drawn(matter),
        taken="taken" in stages,
        mine=matter.around.matter.said.first == by.id,
        assignee=matter.around.matter.assignee,
        me=by.id,
        held=sorted(standing.held),
        residence=standing.residence,
        agrees=[name for name in AGREES if name in standing.held],
        reasons=LONGER,
        why=WHY,
        methods=METHODS,
        packages=PACKAGES,
        code=request.path_params.get("challenge", ""),
        whose=request.path_params.get("whose", ""),
        **{"messages": None, "claim": None, "package": None, **opened},
    )
