"""Requests over HTTP: taken, followed, written to, proved, taken back (policy 9.1, 9.7).

A program that knows whom it speaks for asks in their file; whether that proves them is for the
house to judge. One that does not sends what somebody claims, and learns nothing of whether anybody
is known. What a request is and waits for has the names of the Data Rights Protocol 1.0.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from troth.interfaces.api.bodies import Nothing, Word
from troth.interfaces.http.endpoint import Call
from troth.model.acts import Actor
from troth.model.clock import Moment
from troth.model.errors import BadInput
from troth.model.secret import Secret

Number = Annotated[str, Meta(min_length=1, max_length=40)]
Text = Annotated[str, Meta(max_length=20_000)]


# --- what is sent ------------------------------------------------------------------------------


class Asking(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody asks for: the ``kind`` of right, in words; a deletion may name its ground.

    ``on_behalf``: the person asks through the program, signed in there. ``received`` is the day it
    came, where that was before.
    """

    kind: Word
    text: Secret | None = None
    ground: Annotated[str, Meta(max_length=40)] = ""
    on_behalf: bool = False
    received: Moment | None = None


class Claimed(Struct, frozen=True, forbid_unknown_fields=True):
    """A request of somebody the program does not know: who they say they are, where to answer.

    ``claim`` gives values by field (``contact.email``), ``reply`` addresses by channel (``email``,
    ``sms``). ``company`` gives ``name``, ``address``, ``email`` and ``contact`` of a company.
    """

    kind: Word
    claim: dict[str, Secret]
    reply: dict[Literal["email", "sms"], Secret] = {}
    text: Secret | None = None
    language: Literal["zh", "en"] = "zh"
    residence: Word = "*"
    ground: Annotated[str, Meta(max_length=40)] = ""
    company: dict[Literal["name", "address", "email", "contact"], Secret] | None = None


class Saying(Struct, frozen=True, forbid_unknown_fields=True):
    """A message on a request."""

    text: Secret


class Proving(Struct, frozen=True, forbid_unknown_fields=True):
    """A code that the person got for this request, and the challenge it answers."""

    challenge: Annotated[str, Meta(min_length=1, max_length=200)]
    code: Secret


# --- what comes back ---------------------------------------------------------------------------


class Step(Struct, frozen=True, kw_only=True):
    """One thing that happened to a request: which, when, under which entry of the ledger."""

    stage: str
    at: Moment
    entry: str
    by: Moment | None
    code: str


class Asked(Struct, frozen=True, kw_only=True):
    """One request: its kind, how far it is, by when its answer is due, what happened."""

    number: str
    what: str
    ground: str
    received: Moment
    by: Moment
    state: str
    code: str
    steps: tuple[Step, ...]


class HowFar(Struct, frozen=True, kw_only=True):
    """How far a request is, in the words of the Data Rights Protocol 1.0.

    ``reason`` is what one in progress waits for, or why one was denied.
    """

    number: str
    state: str
    reason: str
    received: Moment
    due: Moment


class Came(Struct, frozen=True, kw_only=True):
    """A request that was taken from outside; ``lacks`` names papers that are needed first."""

    number: str
    due: Moment
    lacks: tuple[str, ...]


class Challenged(Struct, frozen=True):
    """A code is on its way to a contact bound for thirty days; it answers this challenge."""

    challenge: str


# --- what is done ------------------------------------------------------------------------------


def ask(call: Call[Asking]) -> HowFar:
    """Take a request of somebody whose file is known; its clock runs from receipt.

    A program's word proves nobody: what asks for a proof made just now waits for one.
    """
    sent, subject = call.body, call.near()
    number = call.troth.rights.desk.request(
        subject,
        sent.kind,  # type: ignore[arg-type]  # the desk refuses another word
        text=sent.text,
        ground=sent.ground,
        by=_speaker(call, on_behalf=sent.on_behalf),
        channel="api",
        received=sent.received,
    )
    return _far(call, number)


def claim(call: Call[Claimed]) -> Came:
    """Take a request of somebody nobody knows yet; nothing is looked up, and nothing told."""
    sent, desk = call.body, call.troth.rights.desk
    company = None
    if sent.company is not None:
        if "name" not in sent.company:
            raise BadInput("a company has a name", clause="11.3", field="company")
        company = desk.company(**sent.company)
    opened = desk.open_unproved(
        sent.kind,  # type: ignore[arg-type]  # the desk refuses another word
        desk.claim(values=sent.claim, reply=_plain(sent.reply), company=company),
        channel="api",
        text=sent.text,
        language=sent.language,
        residence=sent.residence,
        ground=sent.ground,
        by=call.by,
    )
    return Came(number=opened.number, due=opened.due, lacks=opened.lacks)


def _plain(reply: Mapping[Any, Secret]) -> dict[str, Secret]:
    return {str(way): to for way, to in reply.items()}


def listed(call: Call[None]) -> tuple[Asked, ...]:
    """List what somebody asked for, newest first, and how far each is; no word of it."""
    return tuple(_asked(one) for one in call.troth.rights.desk.requests(call.near()))


def one(call: Call[None]) -> Asked:
    """Say what happened to one request."""
    return _asked(call.troth.rights.desk.one(call.near(), call.path["number"]))


def _asked(found: object) -> Asked:
    return msgspec.convert(found, Asked, from_attributes=True)


def status(call: Call[None]) -> HowFar:
    """Say how far a request is by its number alone; nothing of whom it is about."""
    return _far(call, call.path["number"])


def _far(call: Call[Any], number: str) -> HowFar:
    found = call.troth.rights.desk.status(number)
    return msgspec.convert(found, HowFar, from_attributes=True)


def write(call: Call[Saying]) -> HowFar:
    """Add a message to an open request."""
    number = call.path["number"]
    call.troth.rights.desk.write(call.near(), number, call.body.text, by=call.by)
    return _far(call, number)


def revoke(call: Call[Nothing]) -> HowFar:
    """Take a request back, as its person may at any time."""
    number = call.path["number"]
    call.troth.rights.desk.revoke(call.near(), number, by=call.by)
    return _far(call, number)


def begin(call: Call[Nothing]) -> Challenged:
    """Send a code for one request to an old contact of its person."""
    subject, number = call.near(), call.path["number"]
    desk = call.troth.rights.desk
    return Challenged(desk.begin_verification(subject, number, subject, by=call.by))


def verify(call: Call[Proving]) -> HowFar:
    """Prove a request by the code that was sent for it."""
    subject, number, desk = call.near(), call.path["number"], call.troth.rights.desk
    brought = desk.brought(challenge=call.body.challenge, code=call.body.code)
    desk.verify(subject, number, subject=subject, method="code", by=call.by, brought=brought)
    return _far(call, number)


def _speaker(call: Call[Any], *, on_behalf: bool) -> Actor:
    """Return who asks: the program, or the person who is signed in with it."""
    if not on_behalf:
        return call.by
    by = call.by
    return Actor(kind="subject", id=by.id, region=by.region, assurance=SIGNED_IN)


SIGNED_IN: Final = 1
"""How sure a program's word makes us that its person is there: as a sign-in, never more."""
