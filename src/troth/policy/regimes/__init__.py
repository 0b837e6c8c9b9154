"""Bodies of law as dated tables: clocks, ages, guardians, rights, places (policy 8, 9, 10.1).

The bases are in ``troth.policy.words``. The tables are engineering input that a lawyer should
confirm, not legal advice. Where regimes differ the stricter wins.
"""

from troth.policy.regimes.ages import (
    CHILD_AGES,
    CHILD_UNDER,
    CHILD_UNDER_EU,
    MAJORITY,
    OPT_IN_UNDER,
    STATES,
    ChildAge,
    age_band,
    age_on,
    birthday,
    child_age,
    child_under,
    counted,
    next_change,
)
from troth.policy.regimes.clocks import (
    LIMITS,
    MAKEUP_DAYS,
    Limit,
    answer_by,
    ends_at,
    later_by_months,
    limits,
    working_days,
)
from troth.policy.regimes.parents import METHODS, PARENTAL_METHODS, Method, method_of
from troth.policy.regimes.places import ADEQUATE, EEA, abroad, gdpr_applies
from troth.policy.regimes.rights import (
    AUTHORITIES,
    BREACH_NOTICE,
    REFUSALS,
    RIGHTS,
    Authority,
    Right,
    of_regimes,
    refusals,
)

__all__ = [
    "ADEQUATE",
    "AUTHORITIES",
    "BREACH_NOTICE",
    "CHILD_AGES",
    "CHILD_UNDER",
    "CHILD_UNDER_EU",
    "EEA",
    "LIMITS",
    "MAJORITY",
    "MAKEUP_DAYS",
    "METHODS",
    "OPT_IN_UNDER",
    "PARENTAL_METHODS",
    "REFUSALS",
    "RIGHTS",
    "STATES",
    "Authority",
    "ChildAge",
    "Limit",
    "Method",
    "Right",
    "abroad",
    "age_band",
    "age_on",
    "answer_by",
    "birthday",
    "child_age",
    "child_under",
    "counted",
    "ends_at",
    "gdpr_applies",
    "later_by_months",
    "limits",
    "method_of",
    "next_change",
    "of_regimes",
    "refusals",
    "working_days",
]
