"""Age: the band somebody is in on a day, from a birth date or a resident ID number (policy 8.1).

The date inside an ID number overrides a claimed one. What leaves this file is an age band and the
moments at which it changes, never the date.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

from msgspec import Struct

from troth.documents.proof import pace
from troth.model.clock import DAY, HOUR, Moment
from troth.model.errors import BadValue
from troth.model.secret import Secret
from troth.model.terms import AgeBand
from troth.policy.edition import Edition
from troth.policy.regimes import MAJORITY, STATES, age_band, birthday, next_change
from troth.store.sql import Store, Tx

RESIDENT_ID: Final = re.compile(r"\d{6}(\d{8})\d{3}[0-9Xx]", re.ASCII)
HOURS_FROM_UTC: Final = {"CN": 8, "HK": 8, "EEA": -4, "US-CA": -8, "US": -11}
"""A birthday begins when it has begun everywhere in a residence: its latest zone counts.

Martinique is in the European Union, American Samoa is American.
"""
LATEST_ZONE: Final = -12
YOUNGEST_FIRST: Final = (AgeBand.CHILD, AgeBand.MINOR, AgeBand.ADULT, AgeBand.UNKNOWN)


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
    turns on 1 March in a common year. The strictest of the residence's regimes wins; a member state
    of Europe that is named (``FR``) counts by its own age where the policy follows it. Raises
    ``BadValue`` when a date is none or lies ahead.
    """
    birth = (_in_id(id_number) if id_number else None) or (_claimed(born) if born else None)
    if birth is None:
        return AgeBand.UNKNOWN
    name, home = edition.residence(residence)
    today, ages = _day_of(birth, at, name), edition.ages
    state = state_of(residence)
    return age_band(birth, today, home.regimes, ages.child, ages.admit, state=state)


class Turns(Struct, frozen=True, kw_only=True):
    """When somebody's age band changes next, and when they come of age; often the same moment."""

    next: Moment
    grown: Moment


def turns(edition: Edition, residence: str, born: Secret, *, at: Moment) -> Turns | None:
    """Return the moments at which somebody's age band changes; ``None`` for an adult.

    With them the birth date need not be kept. Raises ``BadValue`` as ``band``.
    """
    birth = _claimed(born)
    name, home = edition.residence(residence)
    today, ages = _day_of(birth, at, name), edition.ages
    state = state_of(residence)
    day = next_change(birth, today, home.regimes, ages.child, ages.admit, state=state)
    if day is None:
        return None
    grown = birthday(birth, max(MAJORITY, ages.admit))
    return Turns(next=begins(day, name), grown=begins(grown, name))


def state_of(residence: str) -> str:
    """Return the member state of Europe that a residence names, if it names one.

    >>> state_of("FR"), state_of("EEA"), state_of("US-CA")
    ('FR', '', '')
    """
    country = residence.partition("-")[0]
    return country if country in STATES else ""


def local_day(at: Moment, residence: str) -> date:
    """Return the day it is in a residence, by the zone there in which it begins last.

    >>> from troth.model.clock import moment
    >>> local_day(moment("2026-11-22T20:00:00"), "CN").isoformat()
    '2026-11-23'
    """
    zone = HOURS_FROM_UTC.get(residence, LATEST_ZONE)
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at + zone * HOUR)).date()


def begins(day: date, residence: str) -> Moment:
    """Return the moment at which a day has begun everywhere in a residence.

    >>> from troth.model.clock import iso
    >>> iso(begins(date(2026, 11, 23), "CN"))
    '2026-11-22T16:00:00Z'
    """
    zone = HOURS_FROM_UTC.get(residence, LATEST_ZONE)
    return Moment((day - date(1970, 1, 1)).days * DAY - zone * HOUR)


def beginnings(since: Moment, until: Moment) -> Iterator[Moment]:
    """Yield each moment after ``since``, up to ``until``, at which a day begins in some residence.

    >>> from troth.model.clock import iso, moment
    >>> len(list(beginnings(moment("2026-11-22"), moment("2026-11-23"))))
    5
    """
    zones = {*HOURS_FROM_UTC.values(), LATEST_ZONE}
    hours = {-zone * HOUR % DAY for zone in zones}
    start = since // HOUR * HOUR + HOUR
    yield from (Moment(at) for at in range(start, until + 1, HOUR) if at % DAY in hours)


def younger(one: AgeBand, other: AgeBand) -> AgeBand:
    """Return the younger of two bands; one that is unknown tells nothing."""
    return min(one, other, key=YOUNGEST_FIRST.index)


def _day_of(birth: date, at: Moment, residence: str) -> date:
    today = local_day(at, residence)
    if birth > today:
        raise not_a_date()
    return today


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


# --- marks -------------------------------------------------------------------------------------

MARKED_FOR: Final = DAY
"""How long a browser is held to the youngest age it told."""


class Marks:
    """What an age gate was told, so that nobody goes back and is older (policy 8.1).

    A mark is a keyed digest of an age band and of the random token that a browser's forms carry
    anyway, kept for a day among the paces. No cookie is set for it, and it is about nobody: neither
    the token, nor a date, nor anything else of the person is there. ``key`` is 32 bytes.
    """

    def __init__(self, store: Store, key: bytes) -> None:
        self._store = store
        self._key = key

    def hold(self, browser: Secret, age: AgeBand, *, at: Moment) -> AgeBand:
        """Return the younger of what a browser tells now and told before; remember who is young."""
        marks = {one: self._digest(one, browser) for one in (AgeBand.CHILD, AgeBand.MINOR)}

        def work(tx: Tx) -> AgeBand:
            told = [one for one, mark in marks.items() if pace.is_marked(tx, mark, at)]
            held = younger(age, told[0]) if told else age
            if held in marks:
                pace.mark(tx, marks[held], at, lasts=MARKED_FOR, renew=MARKED_FOR)
            return held

        return self._store.transact(work)

    def _digest(self, age: AgeBand, browser: Secret) -> bytes:
        return pace.digest(self._key, f"age gate {age.value}", browser.reveal())
