"""The register of cookies and similar technologies, as an edition declares it (policy 3.1)."""

from typing import Final

from troth.model.clock import DAY, Moment
from troth.model.cookies import ESSENTIAL, Register, Technology
from troth.policy.edition import Cookie, Edition
from troth.policy.regimes.spans import later

START: Final = Moment(0)


def register_of(edition: Edition) -> Register:
    """Return an edition's register, with the words of every purpose that somebody is asked about.

    What is not essential is asked about under its purpose.
    """
    found = tuple(_technology(edition, name, one) for name, one in edition.cookies.items())
    asked = {one.purpose for one in edition.cookies.values() if not one.essential}
    return Register(
        edition=edition.hash,
        technologies=found,
        purposes={
            name: purpose.words for name, purpose in edition.purposes.items() if name in asked
        },
    )


def _technology(edition: Edition, name: str, cookie: Cookie) -> Technology:
    third = edition.recipients.get(cookie.recipient)
    return Technology(
        name=name,
        category=ESSENTIAL if cookie.essential else cookie.purpose,
        purpose=cookie.purpose,
        words=cookie.words,
        kind=cookie.kind,
        life=cookie.life,
        days=-(-later(START, cookie.life) // DAY) if cookie.life else 0,
        party=cookie.party,
        who=third.words if third is not None else {},
        clause=cookie.clause,
    )
