"""When somebody may be asked for a consent (policy 9.3, 9.6; PIPL 15, 16; CCPA 1798.135).

After a no, an opt-out or a question without an answer there is a pause, as long as the strictest of
the laws that bind wants it. A consent that stands may be asked for again only shortly before it
ends, to renew it.
"""

from typing import Final

from troth.documents.agreement import asked
from troth.model.clock import DAY, Moment, date
from troth.model.errors import BadInput, TooSoon
from troth.model.standing import Standing
from troth.policy.regimes.asking import Quiet, ask_from

RENEW_DAYS: Final = 30
"""How long before its end somebody can be asked to renew a consent."""


def renewable_from(expires: Moment) -> Moment:
    """Return from when a consent that ends at a moment can be asked for anew."""
    return Moment(expires - RENEW_DAYS * DAY)


def demand_may_ask(standing: Standing, key: str, at: Moment) -> None:
    """Raise ``TooSoon`` where somebody may not be asked yet, ``BadInput`` where they agreed."""
    consent = standing.consents.get(key)
    if standing.consents_to(key, at) and consent is not None:
        if consent.expires is None:
            raise BadInput(f"consent to `{key}` stands, and does not end", clause="9.3")
        _demand(at, renewable_from(consent.expires), "it stands, and can be renewed later", "9.3")
    for moment, quiet in _pauses(standing, key):
        _demand(at, moment, f"they said so before ({quiet.cite})", "9.3")


def _pauses(standing: Standing, key: str) -> list[tuple[Moment, Quiet]]:
    """Return the pauses that what was said before sets, each with its end."""
    said: list[tuple[str, Moment]] = []
    consent, open_ = standing.consents.get(key), standing.asked.get(key)
    if consent is not None and consent.state != "given":
        said.append((consent.state, consent.at))
    objected = standing.objections.get(asked(key).purpose)
    if objected is not None:
        said.append(("objected", objected))
    if open_ is not None:
        said.append((open_.state, open_.at))
    found = (ask_from(word, at, standing.regimes) for word, at in said)
    return [end for end in found if end is not None]


def _demand(at: Moment, moment: Moment, why: str, clause: str) -> None:
    if at < moment:
        raise TooSoon(
            f"this may not be asked before {date(moment)}: {why}",
            clause=clause,
            remedy="leave the switch in the privacy centre to them; ask again after that day",
        )
