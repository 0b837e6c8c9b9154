"""Grounds of refusal: the four of the policy, and the codes of the Data Rights Protocol (9.5, 9.7).

A ground stands where every law that binds lets it stand (``policy/regimes/rights``); those that say
nothing of the law stand under each. The person is told its words, and where to complain.
"""

from typing import Final

from msgspec import Struct


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
            code="too_many_requests",
            clause="9.7",
            en="more was asked within a year than the law lets us be asked",
            zh="一年内的请求次数超出法律规定的限度",
        ),
        Ground(
            code="suspected_fraud",
            clause="9.7",
            en="we have reason to think that somebody else asks in this name",
            zh="有理由怀疑请求并非出自本人",
        ),
        Ground(
            code="no_match",
            clause="9.7",
            en="nothing we hold matches what was told us",
            zh="没有找到与所提供信息相符的内容",
        ),
        Ground(
            code="claim_not_covered",
            clause="9.5",
            en="no law that protects the person gives this right",
            zh="适用的法律没有规定这项权利",
        ),
        Ground(
            code="outside_jurisdiction",
            clause="9.5",
            en="it was not shown that the person lives where this right applies",
            zh="未能证明居住在赋予该权利的地区",
        ),
        Ground(
            code="other",
            clause="9.5",
            en="for the reason that we have written to you",
            zh="理由详见我们的书面答复",
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

ALWAYS: Final = frozenset(
    {
        *("insuf_verification", "suspected_fraud", "no_match", "claim_not_covered"),
        *("outside_jurisdiction", "other", "held_by_law", "not_obtainable"),
    }
)
"""Grounds that no regime takes away; ``other`` only with a message that says it."""
PROTOCOL: Final = (
    *("suspected_fraud", "insuf_verification", "no_match", "claim_not_covered"),
    *("outside_jurisdiction", "too_many_requests", "other"),
)
"""What the Data Rights Protocol 1.0 calls a denial."""


def protocol(code: str) -> str:
    """Return what the Data Rights Protocol calls a ground of ours.

    >>> protocol("repetitive"), protocol("held_by_law"), protocol("no_match")
    ('too_many_requests', 'claim_not_covered', 'no_match')
    """
    known = {"repetitive": "too_many_requests", "held_by_law": "claim_not_covered"}
    return known.get(code, code if code in PROTOCOL else "other")
