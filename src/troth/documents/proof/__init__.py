"""Proof: codes, sessions, passwords and age, which say who somebody is (policy 2.1.2, 7.2).

The one room above the gate that looks into a ``Secret``, because it compares credentials.
"""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from troth.documents.proof.codes import Codes
from troth.documents.proof.links import Links
from troth.documents.proof.passwords import Passwords
from troth.documents.proof.sessions import Sessions
from troth.documents.proof.throttle import Throttle
from troth.model.clock import Moment
from troth.model.terms import Region
from troth.store.sql import Store


class Proof(Struct, frozen=True, kw_only=True):
    """Everything by which a subject proves who they are."""

    codes: Codes
    sessions: Sessions
    passwords: Passwords
    throttle: Throttle
    links: Links

    def purge(self, at: Moment) -> int:
        """Delete codes, sessions and counts that are over; return how many."""
        return self.codes.purge(at) + self.sessions.purge(at) + self.throttle.purge(at)


def open_proof(
    stores: Mapping[Region, Store], *, home: Region, key: bytes, breached: Path | None = None
) -> Proof:
    """Open the proofs of a house.

    ``stores`` are the data stores by region; codes and throttles lie in the ``home`` region's,
    because whoever asks for one is not known yet and the answer must not tell. ``key`` is 32 bytes
    kept for this alone; ``breached`` an operator's breach list. Raises ``Misconfigured``.
    """
    return Proof(
        codes=Codes(stores[home], key),
        sessions=Sessions(stores),
        passwords=Passwords(breached=breached),
        throttle=Throttle(stores[home], key),
        links=Links(key),
    )


__all__ = ["Proof", "open_proof"]
