"""Rights, authorities, what a breach notice tells, which refusals stand (policy 7.4, 9, 10.4)."""

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from troth.policy.words import Dated


class Right(Dated, frozen=True, kw_only=True):
    """A right that a regime gives a subject; ``name`` as the policy's ``rights`` name it."""

    name: str


def _rights(regime: str, since: str, **cites: str) -> list[Right]:
    return [Right(regime=regime, since=since, name=name, cite=cite) for name, cite in cites.items()]


RIGHTS: Final[tuple[Right, ...]] = (
    *_rights(
        "cn", "2021-11-01",
        access="PIPL 45", copy="PIPL 45", port="PIPL 45(3)", correct="PIPL 46", complete="PIPL 46",
        delete="PIPL 47", restrict="PIPL 44, 47(2)", object="PIPL 44", withdraw="PIPL 15",
        explain="PIPL 48", cancel="E-Commerce Law 24", human_review="PIPL 24(3)",
    ),
    *_rights(
        "eu", "2018-05-25",
        access="GDPR 15", copy="GDPR 15(3)", correct="GDPR 16", complete="GDPR 16",
        delete="GDPR 17", restrict="GDPR 18", port="GDPR 20", object="GDPR 21",
        withdraw="GDPR 7(3)", explain="GDPR 13-15", human_review="GDPR 22(3)",
    ),
    *_rights(
        "ca", "2020-01-01",
        access="CCPA 1798.110", copy="CCPA 1798.130", delete="CCPA 1798.105",
        opt_out_sale="CCPA 1798.120", no_retaliation="CCPA 1798.125",
    ),
    *_rights("ca", "2023-01-01", correct="CCPA 1798.106", limit_sensitive="CCPA 1798.121"),
    *_rights("us", "2013-07-01", access="COPPA 312.6", delete="COPPA 312.6"),
)  # fmt: skip
"""Every right that a regime gives; none may be without a handler (clause 9.0)."""


class Authority(Dated, frozen=True, kw_only=True):
    """Where a subject of a regime can complain (clause 10.4b)."""

    en: str
    zh: str
    url: str


AUTHORITIES: Final[tuple[Authority, ...]] = (
    Authority(
        regime="cn", cite="PIPL 60, 65", since="2021-11-01", url="https://www.12377.cn/",
        en="Cyberspace Administration of China and its local offices",
        zh="国家互联网信息办公室及地方网信部门",
    ),
    Authority(
        regime="eu", cite="GDPR 77", since="2018-05-25", url="https://www.edpb.europa.eu/about-edpb/about-edpb/members_en",
        en="the supervisory authority of the state where you live or work",
        zh="您居住地或者工作地所在成员国的监管机构",
    ),
    Authority(
        regime="ca", cite="CCPA 1798.199.45", since="2023-01-01", url="https://cppa.ca.gov/",
        en="California Privacy Protection Agency",
        zh="加利福尼亚州隐私保护局",
    ),
    Authority(
        regime="us", cite="COPPA 312.9", since="2013-07-01", url="https://reportfraud.ftc.gov/",
        en="Federal Trade Commission",
        zh="美国联邦贸易委员会",
    ),
)  # fmt: skip
"""The authorities that a refusal letter names."""

BREACH_NOTICE: Final[Mapping[str, tuple[str, ...]]] = {
    "cn": ("kinds", "cause", "harm", "remedy", "self_protection", "contact"),
    "eu": ("nature", "contact", "effects", "measures"),
    "ca": ("what_happened", "kinds", "measures", "self_protection", "contact"),
    "us": ("what_happened", "kinds", "measures", "contact"),
}
"""What a notice of a breach must hold beside the four parts of clause 7.4b."""

REFUSALS: Final[Mapping[str, frozenset[str]]] = {
    "cn": frozenset({"repetitive", "others_at_risk", "too_many_requests"}),
    "eu": frozenset({"repetitive", "others_at_risk", "too_many_requests"}),
    "ca": frozenset({"repetitive", "others_at_risk", "impractical", "too_many_requests"}),
    "us": frozenset({"repetitive", "others_at_risk", "impractical", "too_many_requests"}),
}
"""Which of the four grounds of clause 9.7e a regime lets stand, and ``too_many_requests``, which is
the protocol's word for the first of them; ``too_technical`` stands in none."""


def refusals(regimes: Iterable[str]) -> frozenset[str]:
    """Return the grounds of refusal that every one of the regimes lets stand (clause 9.7e).

    >>> sorted(refusals(["cn", "ca"]))
    ['others_at_risk', 'repetitive', 'too_many_requests']
    """
    allowed = [REFUSALS[regime] for regime in regimes if regime in REFUSALS]
    return frozenset.intersection(*allowed) if allowed else frozenset()


T = TypeVar("T", bound=Dated)


def of_regimes(table: Iterable[T], regimes: Iterable[str], on: str = "") -> list[T]:
    """Return the rows of a table that bind under some regimes on an ISO date.

    >>> [row.en for row in of_regimes(AUTHORITIES, ["us"])]
    ['Federal Trade Commission']
    """
    asked = set(regimes)
    return [row for row in table if row.regime in asked and row.in_force(on)]
