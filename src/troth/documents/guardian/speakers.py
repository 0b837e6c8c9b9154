"""Who speaks for which minor, or asks to, and how far it is (policy 8.1, 8.3, 8.4).

A guardian is a subject of their own, with a file and a key. A row holds two random ids and a state;
names, addresses and papers lie sealed in the files. Each step is one statement that changes a row
only from the state it was in: of two who decide at once, one does.
"""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from troth.model.clock import Moment
from troth.model.errors import NotFound
from troth.model.terms import Region, SubjectId
from troth.store.sql import Row, Store

Kind = Literal["consent", "request", "appeal"]
"""Asked for consent; asks something without an account; says that they are no minor themselves."""
State = Literal["asked", "checking", "again", "verified", "stands"]
"""Asked, and not answered; answered, and looked at; to be confirmed once more; found to be who they
say; speaks for the minor."""

COLUMNS: Final = "subject_id, ward_id, number, kind, state, method, said, language, made, changed"
# Enters somebody who was asked, or who asks.
ENTER: Final = (
    "INSERT INTO guardians (subject_id, ward_id, number, kind, state, method, said, language, made,"
    " changed) VALUES (?, ?, ?, ?, 'asked', '', '', ?, ?, ?)"
)
# One of them.
ONE: Final = f"SELECT {COLUMNS} FROM guardians WHERE subject_id = ?"
# Who speaks for a minor, or asks to.
OF_WARD: Final = f"SELECT {COLUMNS} FROM guardians WHERE ward_id = ? ORDER BY made, subject_id"
# What is in a state since a moment or longer, longest first.
SINCE: Final = (
    f"SELECT {COLUMNS} FROM guardians WHERE state = ? AND changed <= ?"
    " ORDER BY changed, subject_id LIMIT ?"
)
# Whether there is anybody.
SOME: Final = "SELECT 1 FROM guardians LIMIT 1"
# Whose minor was erased.
ALONE: Final = f"SELECT {COLUMNS} FROM guardians WHERE ward_id = '' AND kind = 'consent' LIMIT ?"
# Takes a step, unless another took it first.
MOVE: Final = (
    "UPDATE guardians SET state = ?, method = ?, said = ?, changed = ?"
    " WHERE subject_id = ? AND state = ?"
)
# Says whom a request is about, once the desk has found out.
ABOUT: Final = "UPDATE guardians SET ward_id = ? WHERE subject_id = ? AND kind = 'request'"
# Takes away who never came to have a file.
DROP: Final = "DELETE FROM guardians WHERE subject_id = ?"
FORGET: Final = (DROP, "UPDATE guardians SET ward_id = '' WHERE ward_id = ?")
"""What an erasure takes away besides: a guardian's own row, and whom the others spoke for."""

# Up to when birthdays were looked for.
LOOKED: Final = "SELECT until FROM birthdays WHERE one = 1"
LOOK_ON: Final = (
    "INSERT INTO birthdays (one, until) VALUES (1, ?)"
    " ON CONFLICT (one) DO UPDATE SET until = excluded.until WHERE birthdays.until < excluded.until"
)


class Speaker(Struct, frozen=True, kw_only=True):
    """Somebody who stands for a minor, or asks to; ``ward`` is ``None`` where that is not known.

    ``number`` is what their link, the queue and the ledger know them by; ``said`` the words that
    they consent to (``collect``, ``disclose``), until the consents themselves are entered.
    """

    guardian: SubjectId
    ward: SubjectId | None
    number: str
    kind: Kind
    state: State = "asked"
    method: str = ""
    said: tuple[str, ...] = ()
    language: str = "zh"
    made: Moment
    changed: Moment


class Speakers:
    """The guardians of a house, each in the store of their own region."""

    def __init__(self, stores: Mapping[Region, Store], *, home: Region) -> None:
        self._stores = stores
        self._home = stores[home]

    def enter(
        self,
        guardian: SubjectId,
        ward: SubjectId | None,
        *,
        number: str,
        kind: Kind,
        language: str,
        at: Moment,
    ) -> Speaker:
        """Enter a guardian who was asked, or who asks; before they have a file."""
        row = (guardian, ward or "", number, kind, language, at, at)
        self._store(guardian).transact(lambda tx: tx.run(ENTER, row))
        return self.one(guardian)

    def find(self, guardian: SubjectId) -> Speaker | None:
        """Return a guardian, if there is one."""
        rows = self._store(guardian).query(ONE, (guardian,))
        return _speaker(rows[0]) if rows else None

    def one(self, guardian: SubjectId) -> Speaker:
        """Return a guardian. Raises ``NotFound``."""
        found = self.find(guardian)
        if found is None:
            raise NotFound("nobody is asked, or asks, under this number", clause="8.4")
        return found

    def of(self, ward: SubjectId) -> list[Speaker]:
        """List who speaks for a minor, or asks to, oldest first."""
        return [_speaker(row) for row in self._store(ward).query(OF_WARD, (ward,))]

    def since(self, state: State, until: Moment, limit: int = 200) -> list[Speaker]:
        """List who is in a state since a moment or longer, in every region, longest first."""
        found = [
            _speaker(row)
            for store in self._stores.values()
            for row in store.query(SINCE, (state, until, limit))
        ]
        return sorted(found, key=lambda one: (one.changed, one.guardian))[:limit]

    def any(self) -> bool:
        """Tell whether anybody speaks for a minor, or asks to."""
        return any(store.query(SOME) for store in self._stores.values())

    def alone(self, limit: int = 200) -> list[Speaker]:
        """List guardians whose minor was erased."""
        stores = self._stores.values()
        return [_speaker(row) for store in stores for row in store.query(ALONE, (limit,))]

    def move(
        self,
        one: Speaker,
        to: State,
        *,
        at: Moment,
        method: str | None = None,
        said: tuple[str, ...] | None = None,
    ) -> bool:
        """Take a step from the state that was read; tell whether it was still that."""
        how = one.method if method is None else method
        words = " ".join(one.said if said is None else said)
        row = (to, how, words, at, one.guardian, one.state)
        return self._store(one.guardian).transact(lambda tx: tx.change(MOVE, row)) == 1

    def about(self, guardian: SubjectId, ward: SubjectId) -> None:
        """Note whom a guardian's request is about."""
        row = (ward, guardian)
        self._store(guardian).transact(lambda tx: tx.run(ABOUT, row))

    def drop(self, guardian: SubjectId) -> None:
        """Take away a row; an erasure does so by itself."""
        self._store(guardian).transact(lambda tx: tx.run(DROP, (guardian,)))

    # --- birthdays -----------------------------------------------------------------------------

    def looked(self) -> Moment | None:
        """Return up to when birthdays were looked for; ``None``: never yet."""
        rows = self._home.query(LOOKED)
        return Moment(rows[0][0]) if rows else None

    def look_on(self, until: Moment) -> None:
        """Note up to when birthdays were looked for; it never goes back."""
        self._home.transact(lambda tx: tx.run(LOOK_ON, (until,)))

    def _store(self, subject: SubjectId) -> Store:
        try:
            return self._stores[subject.region]
        except KeyError:
            raise NotFound(f"this instance has no region `{subject.region}`") from None


def _speaker(row: Row) -> Speaker:
    guardian, ward, number, kind, state, method, said, language, made, changed = row
    return Speaker(
        guardian=SubjectId(guardian),
        ward=SubjectId(ward) if ward else None,
        number=number,
        kind=kind,
        state=state,
        method=method,
        said=tuple(said.split()),
        language=language,
        made=Moment(made),
        changed=Moment(changed),
    )
