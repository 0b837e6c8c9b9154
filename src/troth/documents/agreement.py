"""Agreement: the terms accepted, and each consent said apart (policy preamble, 2.3, 9.3).

Two different objects (house decision 10). Accepting an edition is one act of the person: a ticked
box, a button, a popover, or going on to use the service after notice. Consent is said once for each
thing, in a box of its own that nobody ticked before; going on to use never gives one.
"""

from collections.abc import Collection, Iterable
from typing import Final, Literal, get_args

from msgspec import Struct

from troth.model.acts import AcceptTerms, ConsentGiven, ConsentRefused
from troth.model.clock import Moment
from troth.model.errors import BadInput
from troth.model.terms import SubjectId
from troth.policy.edition import Edition

Means = Literal["checkbox", "button", "popover", "continued_use", "other"]
MEANS: Final = frozenset(get_args(Means))
TERMS: Final = "terms"
"""What a box that accepts the terms is called; never a consent key."""


class Shown(Struct, frozen=True, kw_only=True):
    """What stood before the person: the edition's hash, its language and the surface it was on."""

    edition: str
    language: str
    surface: str = "library"


class Tick(Struct, frozen=True, kw_only=True):
    """One box as it came back: what it was ``for``, whether the person ticked it, and how it stood.

    ``keys`` is exactly one consent key; a box that holds several is refused, and so is one that was
    ``pre_ticked``. ``notice`` names the text beside it.
    """

    keys: tuple[str, ...]
    ticked: bool
    pre_ticked: bool = False
    notice: str = ""
    expires: Moment | None = None


def accept(
    subject: SubjectId, shown: Shown, *, means: str, confirmed: bool, pre_ticked: bool = False
) -> AcceptTerms:
    """Return the acceptance of an edition.

    Raises ``BadInput`` when the person did not confirm, the means is not one the policy names, or
    the box was ticked for them.
    """
    if means not in MEANS:
        raise BadInput(
            f"`{means}` is not a way to accept the terms",
            clause="preamble",
            remedy=f"use one of {', '.join(sorted(MEANS))}",
            field="means",
        )
    if pre_ticked:
        raise ticked_before(TERMS)
    if not confirmed:
        raise BadInput(
            "the policy was not confirmed as read and understood",
            clause="preamble",
            remedy="show the policy and let the person confirm it",
            field=TERMS,
        )
    return AcceptTerms(
        subject=subject,
        edition=shown.edition,
        language=shown.language,
        means=means,  # type: ignore[arg-type]  # checked against the same Literal above
        surface=shown.surface,
    )


def consents(
    subject: SubjectId,
    ticks: Iterable[Tick],
    *,
    shown: Shown,
    means: str,
    known: Collection[str] | None = None,
) -> tuple[ConsentGiven | ConsentRefused, ...]:
    """Return what the person said to each thing asked: given where ticked, refused where not.

    ``known`` are the consent keys the policy asks for, when the caller has them at hand. Raises
    ``BadInput`` for a bundled or pre-ticked box, an unknown key, a key asked twice, and for any
    consent that is said to come from going on to use the service.
    """
    told = list(ticks)
    if told and means == "continued_use":
        raise BadInput(
            "going on to use the service accepts its terms and gives no consent",
            clause="preamble",
            remedy="ask for each consent with a box of its own",
            field="means",
        )
    keys = [_only_key(tick, known) for tick in told]
    twice = next((key for at, key in enumerate(keys) if key in keys[:at]), None)
    if twice is not None:
        raise BadInput(f"`{twice}` was asked twice", clause="9.3", field=twice)
    return tuple(_said(subject, key, tick, shown) for key, tick in zip(keys, told, strict=True))


def _said(subject: SubjectId, key: str, tick: Tick, shown: Shown) -> ConsentGiven | ConsentRefused:
    if not tick.ticked:
        return ConsentRefused(subject=subject, to=key)
    return ConsentGiven(
        subject=subject,
        to=key,
        notice=tick.notice,
        language=shown.language,
        expires=tick.expires,
    )


def _only_key(tick: Tick, known: Collection[str] | None) -> str:
    if len(tick.keys) != 1 or "*" in tick.keys[0] or tick.keys[0] == TERMS:
        raise BadInput(
            "one box asked for several things at once",
            clause="2.3",
            remedy="ask for each consent apart from the others and from the terms",
            field=tick.keys[0] if tick.keys else "",
        )
    key = tick.keys[0]
    if tick.pre_ticked:
        raise ticked_before(key)
    if known is not None and key not in known:
        raise BadInput(
            f"the policy asks for no consent to `{key}`",
            clause="2.2.6",
            remedy="use a key that the policy's rules give",
            field=key,
        )
    return key


def ticked_before(key: str) -> BadInput:
    """Return the refusal of a box that stood ticked before the person came."""
    return BadInput(
        "the box was ticked before the person saw it",
        clause="preamble",
        remedy="show every box empty",
        field=key,
    )


class Asked(Struct, frozen=True, kw_only=True):
    """What one consent key is about, read from its parts."""

    purpose: str
    operation: str = "use"
    field: str = ""
    recipient: str = ""
    region: str = ""


def asked(key: str) -> Asked:
    """Read a consent key: ``P``, ``P/field``, ``op/recipient/P`` or ``export/region/P``.

    >>> asked("share/id-authority/realname").recipient, asked("marketing").purpose
    ('id-authority', 'marketing')
    """
    match key.split("/"):
        case [purpose, field]:
            return Asked(purpose=purpose, field=field)
        case ["export", region, purpose]:
            return Asked(purpose=purpose, operation="export", region=region)
        case [operation, recipient, purpose]:
            return Asked(purpose=purpose, operation=operation, recipient=recipient)
        case _:
            return Asked(purpose=key)


def in_words(key: str, edition: Edition, language: str) -> str:
    """Say what a consent key is about in the policy's own names."""
    about = asked(key)
    named = (
        edition.purposes.get(about.purpose),
        edition.categories.get(about.field),
        edition.recipients.get(about.recipient),
    )
    words = [name.words.get(language) or name.en for name in named if name is not None]
    if about.region:
        words.append(about.region)
    return (" · " if language == "en" else "，").join(words) or key
