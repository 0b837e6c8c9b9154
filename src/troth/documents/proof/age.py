"""Age: the band somebody is in on a day, from a birth date or a resident ID number (policy 8.1).

The date inside an ID number overrides a claimed one. What leaves this file is an age band, never
the date.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from troth.model.clock import HOUR, Moment
from troth.model.errors import BadValue
from troth.model.secret import Secret
from troth.model.terms import AgeBand
from troth.policy.edition import Edition
from troth.policy.regimes import age_band

RESIDENT_ID: Final = re.compile(r"\d{6}(\d{8})\d{3}[0-9Xx]", re.ASCII)
HOURS_FROM_UTC: Final = {"CN": 8, "HK": 8, "EEA": 0, "US-CA": -8, "US": -10}
"""A birthday begins when it has begun everywhere in a residence: its latest zone counts."""
LATEST_ZONE: Final = -12


def band(
    edition: Edition,
    residence: str,
    *,
    born: Secret | None = None,
    id_number: Secret | None = None,
    at: Moment,
) -> AgeBand:
    """Return the age band under a policy's ages; ``UNKNOWN`` when neither value tells it.

    A birthday counts from its first moment where the subject lives; who was born on 29 February
    turns on 1 March in a common year. The strictest of the residence's regimes wins. Raises
    ``BadValue`` when a date is none or lies ahead.
    """
    birth = (_in_id(id_number) if id_number else None) or (_claimed(born) if born else None)
    if birth is None:
        return AgeBand.UNKNOWN
    name, home = edition.residence(residence)
    today = local_day(at, name)
    if birth > today:
        raise not_a_date()
    ages = edition.ages
    return age_band(birth, today, home.regimes, ages.child, ages.admit)


def local_day(at: Moment, residence: str) -> date:
    """Return the day it is in a residence, by the zone there in which it begins last.

    >>> from troth.model.clock import moment
    >>> local_day(moment("2026-11-22T20:00:00"), "CN").isoformat()
    '2026-11-23'
    """
    offset = HOURS_FROM_UTC.get(residence, LATEST_ZONE)
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at + offset * HOUR)).date()


def _claimed(born: Secret) -> date:
    return _date(born.reveal().strip())


def _in_id(number: Secret) -> date | None:
    found = RESIDENT_ID.fullmatch(number.reveal().strip())
    if found is None:
        return None
    text = found[1]
    return _date(f"{text[:4]}-{text[4:6]}-{text[6:]}")


def _date(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise not_a_date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise not_a_date() from None


def not_a_date() -> BadValue:
    """Return the refusal of a birth date that is none; the value is not repeated."""
    return BadValue(
        "the birth date is not a past date of the form `YYYY-MM-DD`",
        clause="8.1",
        remedy="write year, month and day, as `1990-12-31`",
        field="identity.birth_date",
    )
