"""Consents, objections and opt-outs over HTTP, each said by itself (policy 2.2.6, 9.3, 9.6).

A program passes on what the person said in it: every one of these acts is the person's own word.
One request says one thing, so nothing can be bundled; taking back is one request, as giving is.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from troth.app import Outcome, Shown, Tick
from troth.interfaces.api.answers import StillHeld, Words, each
from troth.interfaces.api.bodies import Nothing, Word
from troth.interfaces.http.endpoint import JSON, Call, Raw
from troth.model.acts import (
    Act,
    Actor,
    ConsentGiven,
    ConsentRefused,
    ConsentWithdrawn,
    Object,
    ObjectionLifted,
)
from troth.model.clock import Moment
from troth.model.errors import BadInput

LINKED: Final = "application/ld+json"
State = Literal[
    "unknown",
    "requested",
    "deferred",
    "refused",
    "given",
    "renewed",
    "expired",
    "invalidated",
    "revoked",
    "withdrawn",
]
"""The states of a consent, as W3C DPV has them."""
Text = Annotated[str, Meta(max_length=200)]


# --- what is sent ------------------------------------------------------------------------------


class Granting(Struct, frozen=True, forbid_unknown_fields=True):
    """One consent the person gave, in a box or by a button of its own.

    ``notice`` names the text they read, ``pre_ticked`` says that the box stood ticked before: then
    it is none. ``expires`` may be sooner than the policy's own term, never later.
    """

    to: Word
    notice: Text = ""
    language: Literal["zh", "en"] = "zh"
    means: Literal["checkbox", "button", "popover", "other", "continued_use"] = "button"
    pre_ticked: bool = False
    expires: Annotated[int, Meta(ge=0, le=2**43)] | None = None


class About(Struct, frozen=True, forbid_unknown_fields=True):
    """The key of one consent: ``marketing``, ``realname/identity.id_number``."""

    to: Word


class Posing(Struct, frozen=True, forbid_unknown_fields=True):
    """A consent that the person is asked for now; ``notice`` names the text they are shown."""

    to: Word
    notice: Text = ""
    language: Literal["", "zh", "en"] = ""


class Fetching(Struct, frozen=True, forbid_unknown_fields=True):
    """Which receipt: of a consent as it stands, or of one ``entry``; plain, or as linked data."""

    to: Word
    entry: Text = ""
    form: Literal["json", "jsonld"] = "json"


class Refusing(Struct, frozen=True, forbid_unknown_fields=True):
    """A purpose that the person refuses, or allows again."""

    purpose: Word


# --- what is given -----------------------------------------------------------------------------


class Taken(Struct, frozen=True, kw_only=True):
    """What became of a word: the entries that remember it."""

    at: Moment
    entries: tuple[str, ...]
    replayed: bool = False


class Ended(Struct, frozen=True, kw_only=True):
    """What taking a consent back did: erased, held by a law, kept for another purpose, told."""

    at: Moment
    entries: tuple[str, ...]
    gone: tuple[str, ...]
    held: tuple[StillHeld, ...]
    stays: dict[str, str]
    told: tuple[str, ...]
    replayed: bool = False


class Offered(Struct, frozen=True, kw_only=True):
    """One thing the person can consent to, how it stands, and whether they may be asked now."""

    key: str
    words: Words
    state: State
    since: Moment | None
    expires: Moment | None
    sensitive: bool
    clauses: tuple[str, ...]
    ask: bool


class Uttered(Struct, frozen=True, kw_only=True):
    """One word about a consent, and the state that it left."""

    at: Moment
    state: State
    key: str
    entry: str
    edition: str
    by: str
    expires: Moment | None
    receipt: str


class Refusable(Struct, frozen=True, kw_only=True):
    """A purpose that can be refused, and since when it is."""

    purpose: str
    fields: tuple[str, ...]
    recipients: tuple[str, ...]
    clauses: tuple[str, ...]
    since: Moment | None


class Limited(Struct, frozen=True, kw_only=True):
    """What the person refuses and limits, and what their law lets them."""

    refusable: tuple[Refusable, ...]
    opted_out: bool
    sensitive_limited: bool
    rights: dict[str, Words]


# --- consents ----------------------------------------------------------------------------------


async def give(call: Call[Granting]) -> Taken:
    """Take one consent. It is told to the person with its receipt's number."""
    subject, sent = call.near(), call.body
    by = _person(call, ConsentGiven(subject=subject, to=sent.to))
    expires = None if sent.expires is None else Moment(sent.expires)
    tick = Tick(
        keys=(sent.to,),
        ticked=True,
        pre_ticked=sent.pre_ticked,
        notice=sent.notice,
        expires=expires,
    )
    shown = Shown(edition=call.troth.gate.policy().hash, language=sent.language, surface="program")
    steps = call.troth.consent.saying.give(
        subject, (tick,), shown=shown, means=sent.means, by=by, once=call.once
    )
    return _word(await call.house.words.say(subject, steps))


async def refuse(call: Call[About]) -> Taken:
    """Take a no: it is remembered, and the person is not asked again by themselves."""
    subject, key = call.near(), call.body.to
    by = _person(call, ConsentRefused(subject=subject, to=key))
    steps = call.troth.consent.saying.refuse(subject, key, by=by, once=call.once)
    return _word(await call.house.words.say(subject, steps))


async def withdraw(call: Call[About]) -> Ended:
    """Take a consent back: the use stops at once, and what rested on it alone is erased."""
    subject, key = call.near(), call.body.to
    by = _person(call, ConsentWithdrawn(subject=subject, to=key))
    steps = call.troth.consent.saying.withdraw(subject, key, by=by, once=call.once)
    done = await call.house.words.say(subject, steps)
    return Ended(
        at=done.at,
        entries=done.entries,
        gone=done.effect.gone,
        held=each(done.effect.held, StillHeld),
        stays={field: why.purpose for field, why in done.effect.stays.items()},
        told=done.told,
        replayed=done.replayed,
    )


def ask(call: Call[Posing]) -> Taken:
    """Note that the person is asked now. Refused (409) while the pause after a no lasts."""
    subject, sent = call.near(), call.body
    call.caller.speaking([ConsentGiven(subject=subject, to=sent.to)], on_behalf=True)
    done = call.troth.consent.asking.ask(
        subject,
        sent.to,
        by=call.by,
        notice=sent.notice,
        language=sent.language,
        once=call.once,
    )
    return _word(done)


def later(call: Call[About]) -> Taken:
    """Note that the person was asked and will answer later."""
    subject, key = call.near(), call.body.to
    by = _person(call, ConsentRefused(subject=subject, to=key))
    return _word(call.troth.consent.asking.later(subject, key, by=by, once=call.once))


def offers(call: Call[None]) -> tuple[Offered, ...]:
    """List everything the person can consent to, in words, and how each stands."""
    subject, consent = call.near(), call.troth.consent
    askable = set(consent.asking.askable(subject))
    return tuple(
        Offered(
            key=one.key,
            words=one.words,
            state=msgspec.convert(one.state, State),
            since=one.since,
            expires=one.expires,
            sensitive=one.sensitive,
            clauses=one.clauses,
            ask=one.key in askable,
        )
        for one in consent.choices(subject)
    )


def history(call: Call[None]) -> tuple[Uttered, ...]:
    """Tell every word about the person's consents, oldest first, each with the state it left."""
    return each(call.troth.consent.history(call.near()), Uttered)


def receipt(call: Call[Fetching]) -> Raw:
    """Give a signed receipt (ISO/IEC TS 27560), which verifies offline; JSON-LD with DPV's terms.

    It carries the proof that its entry stands in the ledger.
    """
    sent, as_linked = call.body, call.body.form == "jsonld"
    paper = call.troth.consent.papers.signed(call.near(), sent.to, sent.entry, as_linked=as_linked)
    return Raw(paper, LINKED if as_linked else JSON)


# --- objections, opt-outs, limits --------------------------------------------------------------


def limits(call: Call[None]) -> Limited:
    """Tell what the person refuses and limits, and what their law lets them."""
    subject, limits = call.near(), call.troth.rights.limits
    return Limited(
        refusable=each(limits.refusable(subject), Refusable),
        opted_out=limits.opted_out(subject),
        sensitive_limited=limits.sensitive_limited(subject),
        rights=limits.rights(subject),
    )


def refuse_purpose(call: Call[Refusing]) -> Taken:
    """Refuse a purpose that has another ground than consent: it stops at once."""
    subject, purpose = call.near(), call.body.purpose
    if purpose not in {one.purpose for one in call.troth.rights.limits.refusable(subject)}:
        raise BadInput(
            "this purpose cannot be refused under the person's law",
            clause="9.3",
            remedy="see the list of what can be",
            field="purpose",
        )
    by = _person(call, Object(subject=subject, purpose=purpose))
    return _word(call.troth.rights.object(subject, purpose, by=by, once=call.once))


def allow_purpose(call: Call[Refusing]) -> Taken:
    """Allow again what was refused."""
    subject, purpose = call.near(), call.body.purpose
    by = _person(call, ObjectionLifted(subject=subject, purpose=purpose))
    return _word(call.troth.rights.lift_objection(subject, purpose, by=by, once=call.once))


def opt_out(call: Call[Nothing]) -> Taken:
    """Refuse every purpose that the person's law lets them opt out of (CCPA 1798.120)."""
    subject = call.near()
    by = _person(call, Object(subject=subject, purpose=""))
    return _word(call.troth.rights.limits.opt_out(subject, by=by, once=call.once))


def opt_in(call: Call[Nothing]) -> Taken:
    """Take an opt-out back; the person does so, nobody asked them to."""
    subject = call.near()
    by = _person(call, ObjectionLifted(subject=subject, purpose=""))
    return _word(call.troth.rights.limits.opt_in(subject, by=by, once=call.once))


def limit_sensitive(call: Call[Nothing]) -> Taken:
    """Only store and secure sensitive data, what comes later too (CCPA 1798.121)."""
    subject = call.near()
    by = _person(call, Object(subject=subject, purpose=""))
    return _word(call.troth.rights.limits.limit_sensitive(subject, by=by, once=call.once))


def release_sensitive(call: Call[Nothing]) -> Taken:
    """Take that limit back."""
    subject = call.near()
    by = _person(call, ObjectionLifted(subject=subject, purpose=""))
    return _word(call.troth.rights.limits.release_sensitive(subject, by=by, once=call.once))


def _person(call: Call[Any], act: Act) -> Actor:
    """Return the person, who speaks through the program. Raises ``Refused``."""
    return call.caller.speaking([act], on_behalf=True)


def _word(done: Outcome) -> Taken:
    return Taken(at=done.at, entries=done.entries, replayed=done.replayed)
