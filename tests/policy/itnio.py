"""People and questions to try the shipped policy with."""

from functools import cache
from typing import Any

import msgspec

from troth.model.clock import Moment, moment
from troth.model.standing import Acceptance, Consent, Standing
from troth.model.terms import AgeBand, Operation
from troth.policy import packs
from troth.policy.case import Ask
from troth.policy.decide import Decision, Policy
from troth.policy.reader import load

COLLECT, USE, SHOW, EXPORT = Operation.COLLECT, Operation.USE, Operation.SHOW, Operation.EXPORT
SHARE, ENTRUST, TRANSFER = Operation.SHARE, Operation.ENTRUST, Operation.TRANSFER
DISCLOSE = Operation.DISCLOSE

AT = moment("2026-11-22")
ADULT = Standing(
    pseudonym="p",
    life="active",
    residence="CN",
    regimes=("cn",),
    age=AgeBand.ADULT,
    accepted=(Acceptance(edition="e", at=AT, language="zh", means="checkbox"),),
)
"""An adult in mainland China who accepted the terms and said nothing else."""
ID = "identity.id_number"
SEPARATELY = "realname/identity.id_number"
TO_AUTHORITY = "share/id-authority/realname"


@cache
def policy() -> Policy:
    """Return the shipped policy, compiled once."""
    text, path = packs.source("itnio")
    return Policy(load(text, path))


def judge(
    operation: Operation,
    purpose: str,
    *fields: str,
    of: Standing = ADULT,
    facts: str = "",
    **more: Any,
) -> Decision:
    """Judge one ask; ``facts`` are words with spaces between, ``more`` the other parts of it."""
    established = frozenset(facts.split())
    ask = Ask(operation=operation, purpose=purpose, fields=fields, facts=established, **more)
    return policy().decide(ask, of, AT)


def said(standing: Standing, *keys: str, state: str = "given", at: Moment = AT) -> Standing:
    """Return a standing in which the last word on some consent keys is ``state``."""
    consents = {key: Consent(state=state, at=at) for key in keys}
    return msgspec.structs.replace(standing, consents={**standing.consents, **consents})


def but(standing: Standing, **fields: Any) -> Standing:
    """Return a standing that differs in some fields."""
    return msgspec.structs.replace(standing, **fields)


def living_in(residence: str, *regimes: str) -> Standing:
    """Return an adult who lives elsewhere."""
    return but(ADULT, residence=residence, regimes=regimes)
