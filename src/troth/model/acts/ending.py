"""Ending: erased, restricted, released, closed (policy 6.4, 9.4)."""

from typing import ClassVar

from troth.model.acts.base import Act, Record
from troth.model.clock import Moment
from troth.model.terms import ALL, Fields


class Erase(Act, frozen=True, kw_only=True):
    """Put values beyond retrieval (policy 6.4, 9.4); all of them ends the subject's key."""

    kind: ClassVar[str] = "data.erased"
    fields: Fields = ALL
    ground: str = "request"

    def record(self) -> Record:
        """Name the fields and the ground."""
        return {"fields": sorted(self.fields), "ground": self.ground, "method": "shred_key"}


class Restrict(Act, frozen=True, kw_only=True):
    """Only store and secure from now on (policy 9.4 tail, GDPR 18)."""

    kind: ClassVar[str] = "data.restricted"
    fields: Fields = ALL
    ground: str = "request"
    until: Moment | None = None

    def record(self) -> Record:
        """Name the fields, the ground and the end."""
        return {"fields": sorted(self.fields), "ground": self.ground, "until": self.until}


class Release(Act, frozen=True, kw_only=True):
    """Lift a restriction."""

    kind: ClassVar[str] = "data.released"
    fields: Fields = ALL

    def record(self) -> Record:
        """Name the fields."""
        return {"fields": sorted(self.fields)}


class Close(Act, frozen=True, kw_only=True):
    """Cancel the account: no service from now on (policy 6.4)."""

    kind: ClassVar[str] = "account.closed"
