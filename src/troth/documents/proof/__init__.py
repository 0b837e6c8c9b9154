"""Proof: codes, sessions, passwords and age, which say who somebody is (policy 2.1.2, 7.2).

The one room above the gate that looks into a ``Secret``, because it compares credentials.
"""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from troth.documents.proof.codes import Codes, Sent
from troth.documents.proof.links import Links
from troth.documents.proof.passkeys import Passkeys
from troth.documents.proof.passwords import Passwords
from troth.documents.proof.recovery import RecoveryCodes
from troth.documents.proof.sessions import Devices, Sessions
from troth.documents.proof.throttle import Limits, Throttle
from troth.documents.proof.tickets import Tickets
from troth.model.clock import Moment
from troth.model.terms import Region, SubjectId
from troth.store.sql import Store


class Proof(Struct, frozen=True, kw_only=True):
    """Everything by which a subject proves who they are."""

    codes: Codes
    sessions: Sessions
    devices: Devices
    passwords: Passwords
    throttle: Throttle
    links: Links
    tickets: Tickets
    passkeys: Passkeys
    recovery: RecoveryCodes

    def purge(self, at: Moment) -> int:
        """Delete codes, sessions, devices, counts and tickets that are over; return how many."""
        kept = (self.codes, self.sessions, self.devices, self.throttle, self.tickets)
        return sum(each.purge(at) for each in kept)

    def forget(self, subject: SubjectId) -> None:
        """End every session of a subject and forget their devices: the account has ended."""
        self.sessions.end_all(subject, for_good=True)
        self.devices.forget(subject)


def open_proof(
    stores: Mapping[Region, Store],
    *,
    home: Region,
    key: bytes,
    breached: Path | None = None,
    failures: Limits | None = None,
    sent: Sent | None = None,
    origin: str = "",
) -> Proof:
    """Open the proofs of a house.

    ``stores`` are the data stores by region; codes and throttles lie in the ``home`` region's,
    because whoever asks for one is not known yet and the answer must not tell. ``key`` is 32 bytes
    kept for this alone; ``breached`` an operator's breach list. ``failures`` and ``sent`` say how
    many tries may fail and how many codes go out; ``origin`` is the address that people see, which
    passkeys are bound to. Raises ``Misconfigured``.
    """
    return Proof(
        codes=Codes(stores[home], key, sent),
        sessions=Sessions(stores, key),
        devices=Devices(stores, key),
        passwords=Passwords(breached=breached),
        throttle=Throttle(stores[home], key, failures),
        links=Links(key),
        tickets=Tickets(stores[home], key),
        passkeys=Passkeys(key, origin),
        recovery=RecoveryCodes(key),
    )


__all__ = ["Proof", "open_proof"]
