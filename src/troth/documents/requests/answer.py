"""Answers: by when a request must be answered, and on which grounds it may be refused (policy 9.7).

The policy promises thirty days; a stricter law wins, and months are calendar months (``regimes``).
A refusal stands only on a ground that every law binding the subject lets stand, says so in words,
and names where to complain.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Final, Literal, get_args

from msgspec import Struct

from troth.documents.requests.grounds import ALWAYS, GROUNDS
from troth.documents.requests.grounds import Ground as Ground
from troth.model.acts import Owe, Settle
from troth.model.clock import Moment, after
from troth.model.errors import BadInput
from troth.model.terms import SubjectId
from troth.policy.regimes import (
    AUTHORITIES,
    LIMITS,
    Calendars,
    Course,
    Duty,
    due_by,
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
    "complete",
    "delete",
    "restrict",
    "object",
    "withdraw",
    "port",
    "explain",
    "cancel",
    "human_review",
    "limit_sensitive",
    "opt_out_sale",
    "no_retaliation",
    "question",
]
"""What can be asked for: every right of every law, and a question."""
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

DUTIES: Final[Mapping[str, tuple[Duty, ...]]] = {
    "cancel": ("answer", "cancel"),
    "limit_sensitive": ("answer", "opt_out"),
    "opt_out_sale": ("answer", "opt_out"),
}
"""Kinds that a law sets a shorter term of their own."""

ERASURE_GROUNDS: Final = ("unlawful", "no_consent", "breach_of_agreement")
"""The three grounds on which a deletion can be asked for (policy 6.3.1 to 6.3.3)."""


def request_id(once: bytes = b"") -> str:
    """Draw the number of a request: it says nothing about whoever made it.

    ``once``, a keyed digest of what came, draws the same one again.
    """
    return f"r-{sha256(b'number' + once).hexdigest()[:12] if once else secrets.token_hex(6)}"


def owe_answer(
    subject: SubjectId,
    kind: Kind,
    *,
    duty: str,
    regimes: Iterable[str],
    received: Moment,
    ground: str = "",
    calendars: Calendars | None = None,
    since: Moment | None = None,
) -> Owe:
    """Return the duty to answer a request: the earliest of the policy's and the laws' terms.

    ``since`` is told where it was received before the act that owes it. Raises ``BadInput`` for a
    deletion on a ground that the policy does not list.
    """
    if ground and ground not in ERASURE_GROUNDS:
        raise BadInput(
            f"`{ground}` is no ground for a deletion",
            clause="6.3",
            remedy=f"use one of {', '.join(ERASURE_GROUNDS)}, or none",
            field="ground",
        )
    course = course_of(kind, regimes, received)
    return Owe(
        subject=subject,
        duty=duty,
        what=f"{kind}/{ground}" if ground else kind,
        by=due_by(course, received, calendars),
        since=since,
    )


def course_of(kind: str, regimes: Iterable[str], received: Moment) -> Course:
    """Return what the terms of a request of some kind are counted from."""
    return Course(
        regimes=tuple(regimes),
        received=received,
        promised=POLICY_DAYS,
        duties=DUTIES.get(kind, ("answer",)),
    )


def refuse(subject: SubjectId, duty: str, code: str, regimes: Iterable[str]) -> Settle:
    """Return the refusal of a request. Raises ``BadInput`` where a law forbids that ground."""
    if code not in GROUNDS:
        raise BadInput(f"`{code}` is no ground of refusal", clause="9.7", field="code")
    stands = lawful(regimes)
    if code not in stands:
        raise BadInput(
            f"the law that binds this subject does not let `{code}` stand",
            clause="9.7",
            remedy=f"use one of {', '.join(sorted(stands))}, or answer",
            field="code",
        )
    return Settle(subject=subject, duty=duty, state="denied", code=code)


def lawful(regimes: Iterable[str]) -> frozenset[str]:
    """Return the grounds on which a request may be refused under every one of some laws.

    >>> "impractical" in lawful(["ca"]), "impractical" in lawful(["ca", "eu"])
    (True, False)
    """
    return ALWAYS | refusals(regimes)


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


def extensible(regimes: Iterable[str]) -> bool:
    """Tell whether the laws that set a term let an answer take longer.

    >>> extensible(["eu"]), extensible(["cn", "eu"]), extensible([])
    (True, False, False)
    """
    bound = {limit.regime for limit in LIMITS if limit.duty == "answer"} & set(regimes)
    return bool(bound) and not bound - LONGER.keys()


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
