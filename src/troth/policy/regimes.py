"""Bodies of law as dated tables: clocks, ages, rights, authorities (policy 8, 9, 10.1).

The bases are in ``troth.policy.words``. The tables are engineering input that a lawyer should
confirm, not legal advice. Where regimes differ the stricter wins.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, TypeVar

from troth.model.clock import DAY, HOUR, Moment
from troth.model.terms import AgeBand
from troth.policy.words import Dated

# --- clocks (clauses 9.1b, 9.2, 9.7b, 7.4, 7.5) --------------------------------------------------

Unit = Literal["hours", "days", "months", "working_days"]
Duty = Literal[
    "acknowledge",
    "answer",
    "cancel",
    "opt_out",
    "breach_authority",
    "breach_persons",
    "policy_review",
]


class Limit(Dated, frozen=True, kw_only=True):
    """A time limit: ``count`` units from receipt; ``when`` names the circumstance it needs."""

    duty: Duty
    count: int
    unit: Unit
    when: str = ""


def _limits(
    regime: str, *rows: tuple[Duty, int, Unit, str, str] | tuple[Duty, int, Unit, str, str, str]
) -> list[Limit]:
    return [
        Limit(
            regime=regime,
            duty=duty,
            count=count,
            unit=unit,
            cite=cite,
            since=since,
            when="".join(when),
        )
        for duty, count, unit, cite, since, *when in rows
    ]


LIMITS: Final[tuple[Limit, ...]] = (
    *_limits(
        "cn",
        ("answer", 30, "days", "GB/T 35273-2020 8.7", "2020-10-01"),
        ("cancel", 15, "working_days", "GB/T 35273-2020 8.5", "2020-10-01"),
        ("opt_out", 0, "hours", "Consumer Law 29(3)", "2014-03-15"),
        ("breach_authority", 0, "hours", "PIPL 57", "2021-11-01"),
        ("breach_persons", 0, "hours", "PIPL 57", "2021-11-01"),
        ("breach_authority", 4, "hours", "incident measures", "2025-11-01", "relatively_large"),
        ("breach_authority", 1, "hours", "incident measures", "2025-11-01", "critical"),
    ),
    *_limits(
        "eu",
        ("answer", 1, "months", "GDPR 12(3)", "2018-05-25"),
        ("opt_out", 0, "hours", "GDPR 21(3)", "2018-05-25"),
        ("breach_authority", 72, "hours", "GDPR 33", "2018-05-25"),
        ("breach_persons", 0, "hours", "GDPR 34", "2018-05-25", "high_risk"),
    ),
    *_limits(
        "ca",
        ("acknowledge", 10, "working_days", "11 CCR 7021(a)", "2020-08-14"),
        ("answer", 45, "days", "11 CCR 7021(b)", "2020-08-14"),
        ("opt_out", 15, "working_days", "11 CCR 7026(f)", "2020-08-14"),
        ("breach_persons", 30, "days", "Civil Code 1798.82", "2026-01-01"),
        ("policy_review", 12, "months", "CCPA 1798.130(a)(5)", "2020-01-01"),
    ),
)
"""Every time limit that the program counts; one engine for all of them."""

MAKEUP_DAYS: Final = 2
"""Working weekends announced yearly in China: a limit in working days ends this much earlier."""


def answer_by(
    received: Moment, regimes: Iterable[str], policy_days: int, *, duty: Duty = "answer"
) -> Moment:
    """Return when a request received at a moment must be answered: the earliest limit (9.7b).

    ``policy_days`` is what the policy itself promises. A month is a calendar month, not 30 days.

    >>> from troth.model.clock import iso, moment
    >>> iso(answer_by(moment("2027-02-01"), ["eu"], 30))
    '2027-03-01T00:00:00Z'
    >>> iso(answer_by(moment("2027-03-01"), ["eu"], 30))
    '2027-03-31T00:00:00Z'
    """
    ends = [Moment(received + policy_days * DAY)]
    ends += [ends_at(received, limit) for limit in limits(regimes, duty, received)]
    return min(ends)


def limits(
    regimes: Iterable[str], duty: Duty, at: Moment, circumstances: Iterable[str] = ()
) -> list[Limit]:
    """Return the limits that bind a duty under some regimes at a moment.

    A limit with a ``when`` counts only if that circumstance is named.
    """
    asked, known, on = set(regimes), set(circumstances), _day(at).isoformat()
    return [
        row
        for row in LIMITS
        if row.regime in asked
        and row.duty == duty
        and row.in_force(on)
        and (not row.when or row.when in known)
    ]


def ends_at(start: Moment, limit: Limit) -> Moment:
    """Return the moment at which a limit that starts at ``start`` ends.

    A limit in working days counts Monday to Friday; holidays would only move it later, and where
    weekends are announced as working days it ends ``MAKEUP_DAYS`` earlier.
    """
    match limit.unit:
        case "hours":
            return Moment(start + limit.count * HOUR)
        case "days":
            return Moment(start + limit.count * DAY)
        case "months":
            return later_by_months(start, limit.count)
        case "working_days":
            ahead = working_days(_day(start), limit.count) - _day(start)
            early = MAKEUP_DAYS if limit.regime == "cn" else 0
            return Moment(start + (ahead.days - early) * DAY)


def later_by_months(start: Moment, months: int) -> Moment:
    """Return the same day so many months later, or that month's last day.

    >>> from troth.model.clock import iso, moment
    >>> iso(later_by_months(moment("2027-01-31"), 1))
    '2027-02-28T00:00:00Z'
    """
    day = _day(start)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    ahead = date(year, month + 1, min(day.day, last)) - day
    return Moment(start + ahead.days * DAY)


def working_days(start: date, count: int) -> date:
    """Return the day after ``count`` weekdays have passed.

    >>> working_days(date(2026, 11, 20), 1).isoformat()
    '2026-11-23'
    """
    day = start
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def _day(at: Moment) -> date:
    return datetime.fromtimestamp(at / 1000, UTC).date()


# --- ages (clauses 8.1a, 8.2a, 8.5) --------------------------------------------------------------

MAJORITY: Final = 18

CHILD_UNDER: Final[Mapping[str, int]] = {"cn": 14, "eu": 16, "ca": 13, "us": 13}
"""Under this age a guardian decides (PIPL 31; GDPR 8; COPPA 312.2); a policy may set it higher."""

CHILD_UNDER_EU: Final[Mapping[str, int]] = {
    **dict.fromkeys(("BE", "DK", "EE", "FI", "IS", "LV", "MT", "NO", "PT", "SE"), 13),
    **dict.fromkeys(("AT", "BG", "CY", "ES", "IT", "LT"), 14),
    **dict.fromkeys(("CZ", "FR", "GR", "SI"), 15),
    **dict.fromkeys(("DE", "HR", "HU", "IE", "LI", "LU", "NL", "PL", "RO", "SK"), 16),
}
"""GDPR 8(1) lets a state set it lower than 16, not under 13."""


def age_on(birth: date, on: date) -> int:
    """Return full years on a day; who was born on 29 February is older from 1 March.

    >>> age_on(date(2008, 2, 29), date(2026, 2, 28)), age_on(date(2008, 2, 29), date(2026, 3, 1))
    (17, 18)
    """
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def age_band(
    birth: date,
    on: date,
    regimes: Iterable[str],
    child_under: Mapping[str, int] = CHILD_UNDER,
    admit: int = MAJORITY,
) -> AgeBand:
    """Return the age band of a person born on ``birth``: the strictest of their regimes wins.

    A birth date in the future counts as a child's.

    >>> age_band(date(2013, 1, 1), date(2027, 1, 1), ["cn"])
    <AgeBand.MINOR: 'minor'>
    >>> age_band(date(2013, 1, 1), date(2027, 1, 1), ["cn", "eu"])
    <AgeBand.CHILD: 'child'>
    """
    age = age_on(birth, on)
    if age < max((child_under.get(regime, 0) for regime in regimes), default=0):
        return AgeBand.CHILD
    return AgeBand.MINOR if age < max(MAJORITY, admit) else AgeBand.ADULT


# --- rights, authorities, breaches, refusals -----------------------------------------------------


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
    "cn": frozenset({"repetitive", "others_at_risk"}),
    "eu": frozenset({"repetitive", "others_at_risk"}),
    "ca": frozenset({"repetitive", "others_at_risk", "impractical"}),
    "us": frozenset({"repetitive", "others_at_risk", "impractical"}),
}
"""Which of the four grounds of clause 9.7e a regime lets stand; ``too_technical`` in none."""

PARENTAL_METHODS: Final[tuple[str, ...]] = (
    "signed_form", "payment", "toll_free_call", "video_call", "government_id",
    "knowledge_questions", "face_match", "email_plus", "text_plus",
)  # fmt: skip
"""How a parent's consent may be verified (COPPA 312.5(b)); the last two if nothing is disclosed."""

EEA: Final = frozenset(CHILD_UNDER_EU)
ADEQUATE: Final = frozenset(
    {"AD", "AR", "CA", "CH", "FO", "GB", "GG", "IL", "IM", "JE", "JP", "KR", "NZ", "UY"}
)
"""Countries to which the EU lets data go without a transfer tool (GDPR 45)."""


def abroad(regime: str, residence: str, country: str) -> bool:
    """Tell whether a regime treats a recipient's country as abroad for a resident (2.4b).

    In China the mainland's residents are protected (PIPL 38), in Europe everybody (GDPR 44).

    >>> abroad("cn", "CN", "HK"), abroad("cn", "HK", "HK"), abroad("eu", "EEA", "CN")
    (True, False, True)
    """
    if regime == "cn":
        return residence.partition("-")[0] == "CN" and country != "CN"
    return regime == "eu" and country not in EEA and country not in ADEQUATE


def refusals(regimes: Iterable[str]) -> frozenset[str]:
    """Return the grounds of refusal that every one of the regimes lets stand (clause 9.7e).

    >>> sorted(refusals(["cn", "ca"]))
    ['others_at_risk', 'repetitive']
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


def gdpr_applies(
    *, in_eea: bool = False, offers_or_monitors: bool = False, state_law_abroad: bool = False
) -> bool:
    """Tell whether the GDPR applies: any one of its three cases (clauses 9.5-1 to 9.5-3).

    ``in_eea``: established there; ``offers_or_monitors``: offers goods or services to people there,
    paid or not, or watches what they do; ``state_law_abroad``: a place outside where a member
    state's law applies by public international law, such as an embassy.

    >>> gdpr_applies(state_law_abroad=True), gdpr_applies()
    (True, False)
    """
    return in_eea or offers_or_monitors or state_law_abroad
