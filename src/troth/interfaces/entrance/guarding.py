"""What a verified guardian sees and does: after a code, for ten minutes (8.4; COPPA 312.6).

The proof travels sealed in the page, bound to this browser; nothing of it is kept here.
"""

from typing import Final

from msgspec import Struct

from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import (
    Call,
    Page,
    binding,
    download,
    forms,
    house,
    show,
    tongue,
)
from troth.interfaces.pages.words import Trouble
from troth.model.acts import Actor
from troth.model.clock import MINUTE, Moment
from troth.model.errors import BadInput, NotProved, TrothError
from troth.model.standing import GUARDIAN_COLLECTS, GUARDIAN_DISCLOSES
from troth.model.terms import SubjectId

LIFE: Final = 10 * MINUTE
KEYS: Final = (GUARDIAN_COLLECTS, GUARDIAN_DISCLOSES)


class Asked(Struct, frozen=True, kw_only=True):
    """A code that was sent to a guardian."""

    guardian: str
    challenge: str


class Proved(Struct, frozen=True, kw_only=True):
    """A guardian who redeemed one."""

    guardian: str
    number: str


def is_known(request: Call, token: str) -> bool:
    """Tell whether whoever holds a link was verified as a guardian."""
    try:
        house(request).minors.guardian.who(token)
    except NotProved:
        return False
    return True


def door(request: Call, token: str) -> Page:
    """Offer to send the code. Raises ``NotProved`` for who was not verified."""
    house(request).minors.guardian.who(token)
    return show(request, "entrance/guarding_door.html", state="", troubles=())


def act(request: Call, sent: Form, token: str) -> Page:
    """Send a code, redeem it, or do what a guardian may."""
    guardian = house(request).minors.guardian.who(token)
    match sent.text("do"):
        case "":
            return _send(request, guardian)
        case "prove":
            return _prove(request, sent, guardian)
        case what:
            return _do(request, sent, guardian, what)


def _send(request: Call, guardian: SubjectId) -> Page:
    challenge = house(request).minors.guardian.begin(guardian)
    return _code(request, Asked(guardian=str(guardian), challenge=challenge))


def _code(
    request: Call, asked: Asked, troubles: tuple[Trouble, ...] = (), status: int = 200
) -> Page:
    state = _sealed(request, "guardian code", asked)
    return show(
        request,
        "entrance/guarding_door.html",
        status=status,
        state=state,
        again={"state": state, "do": "prove"},
        troubles=troubles,
    )


def _prove(request: Call, sent: Form, guardian: SubjectId) -> Page:
    at = house(request).clock.now()
    asked = forms(request).open("guardian code", binding(request), sent.text("state"), Asked, at=at)
    if not sent.sent("code"):
        return _code(request, asked)
    try:
        by = house(request).minors.guardian.prove(guardian, asked.challenge, sent.secret("code"))
    except TrothError as error:
        return _code(request, asked, (tongue(request).trouble(error),), error.status)
    return _room(request, guardian, by)


def _do(request: Call, sent: Form, guardian: SubjectId, what: str) -> Page:
    at = house(request).clock.now()
    proved = forms(request).open("guardian", binding(request), sent.text("proof"), Proved, at=at)
    if proved.guardian != str(guardian):
        raise NotProved("this form is another guardian's", clause="8.4")
    by = Actor(kind="guardian", id=proved.number, assurance=2)
    try:
        return _done(request, sent, guardian, by, what)
    except BadInput as error:
        return _room(request, guardian, by, trouble=tongue(request).trouble(error))


def _done(request: Call, sent: Form, guardian: SubjectId, by: Actor, what: str) -> Page:
    own = house(request).minors.guardian
    key = sent.text("key")
    match what:
        case "see":
            fields = [one.field for one in own.review(guardian, by=by)]
            opened = own.see(guardian, fields, by=by).values
            values = {
                field: value.reveal()
                for field, value in opened.items()
                if isinstance(value.reveal_raw(), str)
            }
            return _room(request, guardian, by, values=values)
        case "copy":
            made: object = own.copy(guardian, by=by)
            packed = made.archive.reveal_raw()  # type: ignore[attr-defined]
            return download(request, packed, "copy.zip", "application/zip")
        case "withdraw" if key in KEYS:
            own.withdraw(guardian, key, by=by)
            return _room(request, guardian, by, said="guarding_withdrawn")
        case "give" if key in KEYS:
            own.give(guardian, key, by=by)
            return _room(request, guardian, by, said="guarding_given")
        case "open":
            own.open_again(guardian, by=by)
            return _room(request, guardian, by, said="guarding_link_sent")
        case "delete" if sent.ticked("understood"):
            own.delete(guardian, by=by)
            return show(
                request,
                "entrance/guardian_told.html",
                place="/",
                what="guarding_deleted",
                values={},
            )
        case "delete":
            raise BadInput("not confirmed", field="understood")
        case _:
            return _room(request, guardian, by)


def _room(
    request: Call,
    guardian: SubjectId,
    by: Actor,
    *,
    values: dict[str, str] | None = None,
    said: str = "",
    trouble: Trouble | None = None,
) -> Page:
    troth = house(request)
    proof = _sealed(request, "guardian", Proved(guardian=str(guardian), number=by.id))
    held = troth.minors.guardian.review(guardian, by=by)
    ward = troth.minors.guardian.ward(guardian, by=by)
    standing, at = troth.gate.standing(ward), troth.clock.now()
    return show(
        request,
        "entrance/guarding.html",
        status=422 if trouble else 200,
        again={"proof": proof, "do": "look"},
        troubles=(trouble,) if trouble else (),
        proof=proof,
        held=held,
        values=values or {},
        said=said,
        consents=[(key, standing.consents_to(key, at)) for key in KEYS],
    )


def _sealed(request: Call, kind: str, state: Struct) -> str:
    until = Moment(house(request).clock.now() + LIFE)
    return forms(request).seal(kind, binding(request, make=True), state, until=until)
