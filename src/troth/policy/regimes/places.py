"""Places: whose law protects whom, and what is abroad for them (policy 2.4b, 9.5)."""

from typing import Final

from troth.policy.regimes.ages import STATES

EEA: Final = STATES
"""The member states of the European Economic Area."""
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
