"""Powers of attorney: who may ask in somebody's name, for what, until when (policy 11.3; 9.6).

Staff look at the paper and enter what it says. The subject is told at once and can stop it with one
click. A power never proves who somebody is: it says that an agent may speak.
"""

import secrets
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from msgspec import Struct

from troth.model.clock import DAY, Moment
from troth.model.errors import BadInput, NotFound
from troth.model.terms import Region, SubjectId
from troth.store.sql import Row, Store

State = Literal["stands", "stopped", "over"]
SCOPES: Final = (
    *("access", "copy", "port", "correct", "delete", "restrict", "object", "withdraw"),
    *("opt_out_sale", "question"),
)
"""What somebody may be empowered to ask for."""
LONGEST_DAYS: Final = 366
"""A power for longer is entered anew each year."""

COLUMNS: Final = "subject_id, id, agent, scope, state, checked_by, made, until, changed"
# Enters a power.
ADD: Final = (
    "INSERT INTO powers (subject_id, id, agent, scope, state, checked_by, made, until, changed)"
    " VALUES (?, ?, ?, ?, 'stands', ?, ?, ?, ?)"
)
# One subject's, newest first.
OF: Final = f"SELECT {COLUMNS} FROM powers WHERE subject_id = ? ORDER BY made DESC, id"
# Ends one that stands.
END: Final = (
    "UPDATE powers SET state = ?, changed = ? WHERE subject_id = ? AND id = ? AND state = 'stands'"
)
# Ends those whose day has come.
LAPSE: Final = "UPDATE powers SET state = 'over', changed = ? WHERE state = 'stands' AND until <= ?"
# Whether there is one.
LAPSED: Final = "SELECT 1 FROM powers WHERE state = 'stands' AND until <= ? LIMIT 1"
FORGET: Final = "DELETE FROM powers WHERE subject_id = ?"
"""What an erasure takes away besides, in its own transaction."""


class Power(Struct, frozen=True, kw_only=True):
    """One power; ``agent`` is the id of an agent that is entered, or what staff call them."""

    subject: SubjectId
    id: str
    agent: str
    scope: tuple[str, ...]
    state: State
    checked_by: str
    made: Moment
    until: Moment
    changed: Moment

    def covers(self, agent: str, kind: str, at: Moment) -> bool:
        """Tell whether it lets an agent ask for something at a moment."""
        return (
            self.state == "stands"
            and self.agent == agent
            and kind in self.scope
            and at < self.until
        )


class Powers:
    """The powers of attorney of a house, each in the store of its subject's region."""

    def __init__(self, stores: Mapping[Region, Store]) -> None:
        self._stores = stores

    def add(
        self,
        subject: SubjectId,
        agent: str,
        scope: Iterable[str],
        *,
        until: Moment,
        checked_by: str,
        at: Moment,
    ) -> Power:
        """Enter a power. Raises ``BadInput`` for a scope there is not, or a day too far off."""
        wanted = tuple(sorted(set(scope)))
        if not wanted or not set(wanted) <= set(SCOPES):
            raise BadInput(
                "a power says what may be asked for",
                clause="11.3",
                remedy=f"take from: {', '.join(SCOPES)}",
                field="scope",
            )
        if not at < until <= at + LONGEST_DAYS * DAY:
            raise BadInput(
                f"a power ends within {LONGEST_DAYS} days, and not before now",
                clause="11.3",
                field="until",
            )
        power = f"p-{secrets.token_hex(6)}"
        row = (subject, power, agent, " ".join(wanted), checked_by, at, until, at)
        self._store(subject).transact(lambda tx: tx.run(ADD, row))
        return self.one(subject, power)

    def of(self, subject: SubjectId) -> list[Power]:
        """List a subject's powers, newest first."""
        return [_power(row) for row in self._store(subject).query(OF, (subject,))]

    def one(self, subject: SubjectId, power: str) -> Power:
        """Return one power. Raises ``NotFound``."""
        for found in self.of(subject):
            if found.id == power:
                return found
        raise NotFound("no power has this number", clause="11.3")

    def end(self, subject: SubjectId, power: str, state: State, *, at: Moment) -> bool:
        """End a power that stands; tell whether it did."""
        row = (state, at, subject, power)
        return self._store(subject).transact(lambda tx: tx.change(END, row)) == 1

    def lapse(self, at: Moment) -> int:
        """End every power whose day has come; return how many."""
        # Most of the time there is none, and then nobody is kept from writing.
        ended = (store for store in self._stores.values() if store.query(LAPSED, (at,)))
        return sum(store.transact(lambda tx: tx.change(LAPSE, (at, at))) for store in ended)

    def _store(self, subject: SubjectId) -> Store:
        try:
            return self._stores[subject.region]
        except KeyError:
            raise NotFound(f"this instance has no region `{subject.region}`") from None


def _power(row: Row) -> Power:
    subject, power, agent, scope, state, checked_by, made, until, changed = row
    return Power(
        subject=SubjectId(subject),
        id=power,
        agent=agent,
        scope=tuple(scope.split()),
        state=state,
        checked_by=checked_by,
        made=Moment(made),
        until=Moment(until),
        changed=Moment(changed),
    )
