"""Answers: by when a request must be answered, and on which grounds it may be refused (policy 9.7).

The policy promises thirty days; a stricter law wins, and months are calendar months (``regimes``).
A refusal stands only on a ground that every law binding the subject lets stand, says so in words,
and names where to complain.
"""

import secrets
from collections.abc import Callable, Iterable
from typing import Final, Literal, get_args

from msgspec import Struct

from troth.model.acts import Owe, Settle
from troth.model.clock import Moment, after
from troth.model.errors import BadInput
from troth.model.terms import SubjectId
from troth.policy.regimes import (
    AUTHORITIES,
    answer_by,
    later_by_months,
    limits,
    of_regimes,
    refusals,
)
from troth.policy.regimes import Authority as Authority

POLICY_DAYS: Final = 30

Kind = Literal[
    "access",
    "copy",
    "correct",
    "delete",
    "restrict",
    "object",
    "explain",
    "human_review",
    "port",
    "question",
]
"""What can be asked for."""
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

ERASURE_GROUNDS: Final = ("unlawful", "no_consent", "breach_of_agreement")
"""The three grounds on which a deletion can be asked for (policy 6.3.1 to 6.3.3)."""


class Ground(Struct, frozen=True, kw_only=True):
    """A reason to refuse: its code, its clause and its words."""

    code: str
    clause: str
    en: str
    zh: str


GROUNDS: Final[dict[str, Ground]] = {
    ground.code: ground
    for ground in (
        Ground(
            code="repetitive",
            clause="9.7",
            en="the same was asked again and again without need",
            zh="属于无端重复的请求",
        ),
        Ground(
            code="too_technical",
            clause="9.7",
            en="it would take new systems or a fundamental change of ours",
            zh="需要开发新系统或者从根本上改变现行做法",
        ),
        Ground(
            code="others_at_risk",
            clause="9.7",
            en="it would endanger the rights of others",
            zh="会给他人合法权益带来风险",
        ),
        Ground(
            code="impractical",
            clause="9.7",
            en="it cannot reasonably be done",
            zh="非常不切实际",
        ),
        Ground(
            code="insuf_verification",
            clause="6.3.3",
            en="it was not proved who asks",
            zh="无法核实请求人的身份",
        ),
        Ground(
            code="held_by_law",
            clause="9.4",
            en="a law demands that it is kept",
            zh="法律要求保存",
        ),
        Ground(
            code="not_obtainable",
            clause="6.1",
            en="technique, law or security forbids giving it out",
            zh="因技术、法律或者安全原因无法提供",
        ),
    )
}
"""The four grounds of policy 9.7 and those of the Data Rights Protocol that ours needs."""

ALWAYS: Final = frozenset({"insuf_verification", "held_by_law", "not_obtainable"})
"""Grounds that no regime takes away."""


def request_id() -> str:
    """Draw the number of a request: it says nothing about whoever made it."""
    return f"r-{secrets.token_hex(6)}"


def owe_answer(
    subject: SubjectId,
    kind: Kind,
    *,
    duty: str,
    regimes: Iterable[str],
    received: Moment,
    ground: str = "",
) -> Owe:
    """Return the duty to answer a request: the earliest of the policy's and the laws' terms.

    Raises ``BadInput`` for a deletion on a ground that the policy does not list.
    """
    if ground and ground not in ERASURE_GROUNDS:
        raise BadInput(
            f"`{ground}` is no ground for a deletion",
            clause="6.3",
            remedy=f"use one of {', '.join(ERASURE_GROUNDS)}, or none",
            field="ground",
        )
    what = f"{kind}/{ground}" if ground else kind
    return Owe(subject=subject, duty=duty, what=what, by=answer_by(received, regimes, POLICY_DAYS))


def refuse(subject: SubjectId, duty: str, code: str, regimes: Iterable[str]) -> Settle:
    """Return the refusal of a request. Raises ``BadInput`` where a law forbids that ground."""
    if code not in GROUNDS:
        raise BadInput(f"`{code}` is no ground of refusal", clause="9.7", field="code")
    if code not in ALWAYS and code not in refusals(regimes):
        raise BadInput(
            f"the law that binds this subject does not let `{code}` stand",
            clause="9.7",
            remedy=f"use one of {', '.join(sorted(ALWAYS | refusals(regimes)))}, or answer",
            field="code",
        )
    return Settle(subject=subject, duty=duty, state="denied", code=code)


class Reason(Struct, frozen=True, kw_only=True):
    """Why an answer takes longer, in words."""

    en: str
    zh: str


REASONS: Final[dict[str, Reason]] = {
    "complex": Reason(en="it is complex", zh="请求内容较为复杂"),
    "many": Reason(en="you have made many requests", zh="您提出的请求较多"),
}
"""The two reasons for which a law lets an answer take longer (GDPR 12(3), CCPA 1798.130)."""

LONGER: Final[dict[str, Callable[[Moment], Moment]]] = {
    "eu": lambda by: later_by_months(by, 2),
    "ca": lambda by: after(by, days=45),
}
"""How much longer a law lets an answer take, once, when the subject is told why in time."""


def extend(
    subject: SubjectId, duty: str, what: str, by: Moment, reason: str, regimes: Iterable[str]
) -> Owe:
    """Return the duty to answer by a later day.

    Raises ``BadInput`` for a reason that is none, or where a law that sets a term lets it be no
    longer.
    """
    if reason not in REASONS:
        raise BadInput(f"`{reason}` is no reason to take longer", clause="9.7", field="reason")
    bound = {limit.regime for regime in regimes for limit in limits([regime], "answer", by)}
    if not bound or bound - LONGER.keys():
        raise BadInput(
            "the law that binds this subject does not let an answer take longer",
            clause="9.7",
            remedy="answer by the day it is due",
            field="by",
        )
    return Owe(subject=subject, duty=duty, what=what, by=min(LONGER[name](by) for name in bound))


def authorities(regimes: Iterable[str]) -> tuple[Authority, ...]:
    """Return the authorities to which a subject can complain, each with its address (10.4)."""
    return tuple(of_regimes(AUTHORITIES, regimes))


def complain_to(regimes: Iterable[str]) -> dict[str, str]:
    """Return where a subject can complain, in words by language (policy 10.4)."""
    found = of_regimes(AUTHORITIES, regimes)
    return {
        "en": ", or ".join(row.en for row in found),
        "zh": "或者".join(row.zh for row in found),
    }
