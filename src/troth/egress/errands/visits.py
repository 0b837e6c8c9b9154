"""What comes of an order: how far it was traced, what each database answered, when to ask again.

Only "clean" from every database ends an order; what a law keeps is asked for again on the day it
lets go (policy 9.4; house decision 9).
"""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from troth.egress.databases.port import Reach, Remain
from troth.egress.errands.book import CLEAN, HELD, OPEN, Place
from troth.egress.errands.orders import Errand, Told
from troth.model.acts.answers import UNASKED, Remaining
from troth.model.clock import DAY, MINUTE, Moment
from troth.model.terms import KeyId, matches

FIRST_WAIT: Final = MINUTE
LONGEST_WAIT: Final = DAY


class Ordered(Struct, frozen=True, kw_only=True):
    """What was written: the order's id (empty: nobody is asked), and keys that are to die."""

    id: str = ""
    keys: tuple[KeyId, ...] = ()


class Trace(Struct, frozen=True, kw_only=True):
    """How far a subject was followed: the reaches by database, and which of those answered.

    ``grown`` are those that are longer than what is sealed. ``told`` is ``None`` where the order
    could not be opened.
    """

    errand: Errand
    told: Told | None
    reaches: Mapping[str, Reach] = {}
    answered: frozenset[str] = frozenset()
    grown: frozenset[str] = frozenset()


class Visit(Struct, frozen=True, kw_only=True):
    """What the databases of one order answered. ``who`` is the ledger's pseudonym.

    ``reaches`` are those that sweeps made longer; ``reopened`` the databases that others lead to,
    so that what they answered just now is not the last word.
    """

    errand: Errand
    who: str
    places: tuple[Place, ...]
    told: Told | None = None
    reaches: Mapping[str, Reach] = {}
    reopened: frozenset[str] = frozenset()

    @property
    def done(self) -> bool:
        """Whether nothing is left that should have gone; a law may still keep something."""
        return not self.reopened and all(each.state != OPEN for each in self.places)

    @property
    def over(self) -> bool:
        """Whether nobody has to be asked ever again: nothing is kept until a date."""
        return self.done and not any(self.days)

    @property
    def days(self) -> tuple[Moment, ...]:
        """The days on which laws let go of what they keep."""
        kept = (one for place in self.places if place.state == HELD for one in place.remains)
        return tuple(one.until for one in kept if one.until is not None)

    @property
    def silent(self) -> frozenset[str]:
        """The databases that did not answer."""
        return frozenset(
            each.name for each in self.places if any(one.why == UNASKED for one in each.remains)
        )

    @property
    def cleaned(self) -> tuple[str, ...]:
        """The databases that are clean and were not before."""
        before = self.errand.places
        return tuple(
            each.name
            for each in self.places
            if each.state == CLEAN
            and before.get(each.name) != CLEAN
            and each.name not in self.reopened
        )


class Ended(Struct, frozen=True, kw_only=True):
    """What was written.

    ``complete``: the order is gone and its key is to die. ``held``: a law keeps something, and
    until then nothing is asked. ``open``: it is tried again. ``gone``: a later order took it over,
    or another clerk has it. ``late``: its term is over, and that was not told yet.
    """

    state: Literal["complete", "held", "open", "gone"]
    keys: tuple[KeyId, ...] = ()
    clean: tuple[str, ...] = ()
    late: bool = False


def again(visit: Visit, at: Moment) -> tuple[Moment, int]:
    """Return when an order is tried again, and how often it counts as tried.

    What is open is asked for ever more slowly, but at its term at the latest.
    """
    errand = visit.errand
    if visit.done:
        return min((day for day in visit.days if day > at), default=Moment(at + LONGEST_WAIT)), 0
    next_at = Moment(at + min(FIRST_WAIT << min(max(errand.tries, 1) - 1, 32), LONGEST_WAIT))
    return (errand.due_at if at < errand.due_at < next_at else next_at), errand.tries


def clean(name: str, at: Moment) -> Place:
    """Say that nothing is left in a database."""
    return Place(name=name, state=CLEAN, remains=(), asked=at)


def silent(name: str, asked: Moment | None) -> Place:
    """Say that a database did not answer, or was not even asked."""
    remains = (Remaining(place=name, category="*", count=0, why=UNASKED),)
    return Place(name=name, state=OPEN, remains=remains, asked=asked)


def remaining(remain: Remain, errand: Errand) -> Remaining:
    """Return what is left as certificates tell it: with the law that keeps it."""
    laws = [kept.law for name, kept in errand.held.items() if matches(name, remain.category)]
    return Remaining(
        place=remain.place,
        category=remain.category,
        count=remain.count,
        why=remain.why,
        law=laws[0] if laws and remain.why == "held" else "",
        until=remain.until,
    )
