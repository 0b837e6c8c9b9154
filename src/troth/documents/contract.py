"""Contracts: a recipient's agreement to confidentiality, instructions and security (policy 4.1.4).

Signed before the first byte, for listed purposes and categories, and until a date. What goes out
without one, or beyond it, the gate refuses: this register only says whether the fact is there.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from troth.model.acts import Event
from troth.model.clock import Moment, date
from troth.model.errors import BadInput
from troth.model.terms import matches
from troth.store.sql import Row, Store

IN_FORCE: Final = "contract"
"""The fact that the policy's rules ask for."""

# Signs an agreement, or replaces it under the same reference.
SIGN: Final = (
    "INSERT INTO contracts (reference, recipient, purposes, fields, since, until)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (reference) DO UPDATE SET"
    " purposes = excluded.purposes, fields = excluded.fields, until = excluded.until"
)
# Ends an agreement early.
END: Final = "UPDATE contracts SET until = ? WHERE reference = ? AND until > ?"
# A recipient's agreements, newest first.
OF_RECIPIENT: Final = (
    "SELECT reference, recipient, purposes, fields, since, until FROM contracts"
    " WHERE recipient = ? ORDER BY since DESC"
)
# Every agreement.
ALL_OF_THEM: Final = (
    "SELECT reference, recipient, purposes, fields, since, until FROM contracts"
    " ORDER BY recipient, since"
)


class Contract(Struct, frozen=True, kw_only=True):
    """One agreement. ``fields`` are category patterns; ``until`` is the first moment without it."""

    reference: str
    recipient: str
    purposes: tuple[str, ...]
    fields: tuple[str, ...]
    since: Moment
    until: Moment

    def covers(self, purpose: str, fields: Iterable[str], at: Moment) -> bool:
        """Tell whether it is in force and covers a purpose and every field."""
        return (
            self.since <= at < self.until
            and purpose in self.purposes
            and all(any(matches(pattern, field) for pattern in self.fields) for field in fields)
        )

    def signed(self) -> Event:
        """Return the word for the ledger that it was signed."""
        return Event(
            subject=None,
            name="contract.signed",
            detail={
                "reference": self.reference,
                "recipient": self.recipient,
                "until": date(self.until),
            },
        )


class Contracts:
    """The agreements of a house, kept in its home store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, contract: Contract) -> None:
        """Enter an agreement. Raises ``BadInput`` for one without a span, purpose or field."""
        if contract.until <= contract.since or not contract.purposes or not contract.fields:
            raise BadInput(
                f"the agreement `{contract.reference}` covers nothing",
                clause="4.1.4",
                remedy="name its purposes, its categories, and an end after its beginning",
            )
        row = (
            contract.reference,
            contract.recipient,
            " ".join(contract.purposes),
            " ".join(contract.fields),
            contract.since,
            contract.until,
        )
        self._store.transact(lambda tx: tx.run(SIGN, row))

    def end(self, reference: str, *, at: Moment) -> bool:
        """End an agreement; tell whether one was in force."""
        return self._store.transact(lambda tx: tx.change(END, (at, reference, at))) == 1

    def facts(
        self, recipient: str, purpose: str, fields: Iterable[str], *, at: Moment
    ) -> frozenset[str]:
        """Return ``{"contract"}`` when an agreement covers what is to go out, else nothing."""
        asked = tuple(fields)
        rows = self._store.query(OF_RECIPIENT, (recipient,))
        covered = any(_contract(row).covers(purpose, asked, at) for row in rows)
        return frozenset({IN_FORCE}) if covered else frozenset()

    def all(self) -> list[Contract]:
        """List every agreement, ended ones included."""
        return [_contract(row) for row in self._store.query(ALL_OF_THEM)]


def _contract(row: Row) -> Contract:
    reference, recipient, purposes, fields, since, until = row
    return Contract(
        reference=reference,
        recipient=recipient,
        purposes=tuple(purposes.split()),
        fields=tuple(fields.split()),
        since=since,
        until=until,
    )
