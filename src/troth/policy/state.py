"""A subject's standing as one integer, so that a decision is a look-up (policy 9.3, 9.4-5).

Every fact of a standing that a policy can ask about has a bit: how the account lives, age, regimes,
residence, checked facts, objections, restrictions, and the last word on each consent. Which bit is
which is fixed for one edition. Consents and restrictions end by date, so a state is good for a span
of time only.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from msgspec import Struct

from troth.model.clock import Moment
from troth.model.standing import GUARDIAN_COLLECTS, GUARDIAN_DISCLOSES, Consent, Standing
from troth.model.terms import AgeBand, Regime
from troth.policy.edition import Edition

CLOSED: Final = 1 << 0
ERASED: Final = 1 << 1
UNKNOWN: Final = 1 << 2
"""Nobody has been admitted under this standing yet."""
ACCEPTED: Final = 1 << 3
MINOR: Final = 1 << 4
CHILD: Final = 1 << 5
GUARDIAN: Final = 1 << 6
ALL_RESTRICTED: Final = 1 << 7
DISCLOSURE: Final = 1 << 8
"""A guardian lets data go to third parties, too."""
COMMON: Final = (1 << 9) - 1
UNDER_AGE: Final = MINOR | CHILD

Said = Literal[0, 1, 2, 3]
NOTHING: Final = 0
GIVEN: Final = 1
WITHDRAWN: Final = 2
REFUSED: Final = 3
_LIFE: Final = {"active": 0, "closed": CLOSED, "erased": ERASED, "unknown": UNKNOWN}
_AGE: Final = {
    AgeBand.UNKNOWN: 0,
    AgeBand.ADULT: 0,
    AgeBand.MINOR: MINOR,
    AgeBand.CHILD: CHILD,
}
_SAID: Final[Mapping[str, Said]] = {"given": 1, "withdrawn": 2, "refused": 3}

ELSEWHERE: Final = "?"
"""A regime that no edition knows: it permits nothing that needs a basis."""

MOST_PLACES: Final = 4096
FIRST: Final = Moment(-(1 << 62))
LAST: Final = Moment(1 << 62)


class State(Struct, frozen=True):
    """The bits of one standing, good from ``since`` until before ``until``."""

    standing: Standing
    since: Moment
    until: Moment
    bits: int


class Alphabet:
    """Which bit stands for what in one edition."""

    def __init__(self, edition: Edition, consents: Iterable[str], facts: Iterable[str]) -> None:
        """Lay out the bits; ``consents`` are the keys and ``facts`` the words that rules ask."""
        self._edition = edition
        self._places: dict[tuple[str, tuple[str, ...]], int] = {}
        self._next = COMMON.bit_length()
        self.regimes = self._lay((*Regime, ELSEWHERE))
        self.residences = self._lay(edition.residences)
        self.facts = self._lay(sorted(facts))
        self.objections = self._lay(edition.purposes)
        self.restrictions = self._lay(edition.categories)
        self.consents = {key: self._next + 2 * number for number, key in enumerate(consents)}
        self.always = COMMON | sum(self.regimes.values()) | sum(self.residences.values())

    def _lay(self, names: Iterable[str]) -> dict[str, int]:
        laid = {name: 1 << self._next + number for number, name in enumerate(names)}
        self._next += len(laid)
        return laid

    # --- reading bits --------------------------------------------------------------------------

    def regimes_of(self, bits: int) -> list[str]:
        """Return the regimes that bind a state's subject."""
        return [name for name, bit in self.regimes.items() if bits & bit]

    def residence_of(self, bits: int) -> str:
        """Return the declared residence of a state's subject."""
        return next((name for name, bit in self.residences.items() if bits & bit), "*")

    def said(self, bits: int, key: str) -> int:
        """Return the last word on a consent key: nothing, given, withdrawn or refused."""
        place = self.consents.get(key)
        return NOTHING if place is None else bits >> place & 3

    # --- writing bits --------------------------------------------------------------------------

    def read(self, standing: Standing, at: Moment) -> State:
        """Reduce a standing to its state at a moment."""
        bits = _LIFE[standing.life] | _AGE[standing.age]
        bits |= self._place(standing.residence, standing.regimes)
        bits |= ACCEPTED if standing.accepted else 0
        bits |= _guardians(standing.consents, at)
        for purpose in standing.objections:
            bits |= self.objections.get(purpose, 0)
        for name, fact in standing.facts.items():
            if fact.result == "verified":
                bits |= self.facts.get(name, 0)
        for field, restriction in standing.restrictions.items():
            if restriction.until is None or at < restriction.until:
                bits |= ALL_RESTRICTED if field == "*" else self.restrictions.get(field, 0)
        for key in standing.consents:
            place = self.consents.get(key)
            if place is not None:
                bits |= last_word(standing.consents, key, at) << place
        since, until = _span(standing, at)
        return State(standing, since, until, bits)

    def _place(self, lives: str, regimes: tuple[str, ...]) -> int:
        """Return the bits of where somebody lives and what binds them; few, so remembered."""
        bits = self._places.get((lives, regimes))
        if bits is None:
            name, residence = self._edition.residence(lives or "*")
            bits = self.residences[name]
            for regime in regimes or residence.regimes or (ELSEWHERE,):
                bits |= self.regimes.get(regime, self.regimes[ELSEWHERE])
            if len(self._places) < MOST_PLACES:
                self._places[lives, regimes] = bits
        return bits


def _guardians(consents: Mapping[str, Consent], at: Moment) -> int:
    """Return the bits of a guardian's consents; the second is nothing without the first."""
    given = [
        key in consents and last_word(consents, key, at) == GIVEN
        for key in (GUARDIAN_COLLECTS, GUARDIAN_DISCLOSES)
    ]
    return (GUARDIAN if given[0] else 0) | (DISCLOSURE if all(given) else 0)


def last_word(consents: Mapping[str, Consent], key: str, at: Moment) -> Said:
    """Return what stands on a consent key at a moment.

    A consent for one field (``marketing/contact.email``) ends when the whole purpose is withdrawn
    or refused after it.
    """
    consent = consents[key]
    word = _SAID[consent.state]
    if word == GIVEN and consent.expires is not None and consent.expires <= at:
        return NOTHING
    whole = consents.get(key.partition("/")[0]) if key.count("/") == 1 else None
    if word == GIVEN and whole is not None and whole.state != "given" and whole.at >= consent.at:
        return _SAID[whole.state]
    return word


def _span(standing: Standing, at: Moment) -> tuple[Moment, Moment]:
    """Return from when until when nothing in a standing changes by date alone."""
    since, until = FIRST, LAST
    if not standing.consents and not standing.restrictions:
        return since, until
    for ends in (
        *(consent.expires for consent in standing.consents.values()),
        *(restriction.until for restriction in standing.restrictions.values()),
    ):
        if ends is not None:
            if ends <= at:
                since = max(since, ends)
            else:
                until = min(until, ends)
    return since, until
