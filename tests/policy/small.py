"""A small policy of our own, whole and sound, to change one line at a time."""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from troth.model.clock import Moment, moment
from troth.model.standing import Acceptance, Consent, Standing
from troth.model.terms import AgeBand, Operation
from troth.policy.case import Ask
from troth.policy.decide import Decision, Policy
from troth.policy.edition import Edition
from troth.policy.finding import Finding
from troth.policy.reader import load, read

NAME = "small.yaml"
AT = moment("2026-11-22")

SMALL = Path(__file__).with_name(NAME).read_text("utf-8")

ADULT = Standing(
    pseudonym="p",
    life="active",
    residence="CN",
    regimes=("cn",),
    age=AgeBand.ADULT,
    accepted=(Acceptance(edition="e", at=AT, language="zh", means="button"),),
)
"""An adult in mainland China who accepted the terms and said nothing else."""


@cache
def edition() -> Edition:
    """Return the small policy's edition."""
    return load(SMALL, NAME)


@cache
def policy() -> Policy:
    """Return the small policy, compiled."""
    return Policy(edition())


def findings(old: str = "", new: str = "") -> list[Finding]:
    """Return what is found when one piece of the small policy reads differently."""
    assert old in SMALL
    return read(SMALL.replace(old, new, 1) if old else SMALL, NAME)[1]


def changed(old: str, new: str) -> Edition:
    """Return the edition in which one piece reads differently."""
    assert old in SMALL
    return load(SMALL.replace(old, new, 1), NAME)


def line_of(piece: str) -> int:
    """Return the line at which a piece stands in the small policy."""
    return SMALL[: SMALL.index(piece)].count("\n") + 1


def judge(
    operation: Operation,
    purpose: str,
    *fields: str,
    of: Standing = ADULT,
    facts: str = "",
    **more: Any,
) -> Decision:
    """Judge one ask under the small policy; ``facts`` are words with spaces between."""
    ask = Ask(
        operation=operation, purpose=purpose, fields=fields, facts=frozenset(facts.split()), **more
    )
    return policy().decide(ask, of, AT)


def but(standing: Standing, **fields: Any) -> Standing:
    """Return a standing that differs in some fields."""
    return msgspec.structs.replace(standing, **fields)


def said(
    standing: Standing,
    *keys: str,
    state: str = "given",
    at: Moment = AT,
    expires: Moment | None = None,
) -> Standing:
    """Return a standing in which the last word on some consent keys is ``state``."""
    consents = {key: Consent(state=state, at=at, expires=expires) for key in keys}
    return but(standing, consents={**standing.consents, **consents})
