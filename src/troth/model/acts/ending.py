"""Ending: erased, restricted, released, closed (policy 6.4, 9.4)."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from msgspec import Struct

from troth.model.acts.base import Act, Json, Record
from troth.model.clock import Moment
from troth.model.terms import ALL, Fields


class Kept(Struct, frozen=True, kw_only=True):
    """What a law keeps of an erasure: which law, and its last day."""

    law: str
    until: Moment | None = None


class Erase(Act, frozen=True, kw_only=True):
    """Put values beyond retrieval (policy 6.4, 9.4); all of them ends the subject's key.

    With ``anonymise`` what many had in common is counted first, without them. ``methods`` says for
    each store how it forgets (9.4-8); the gate writes it in. ``held`` are the categories that a law
    keeps: other databases restrict them until their day. ``due`` is by when those have to be clean;
    thirty days, where nothing is said. ``elsewhere`` are patterns of what those are to erase, where
    that is more than the vault holds: who leaves, leaves everywhere. ``duty`` is settled when all
    of them have answered that it is done.
    """

    kind: ClassVar[str] = "data.erased"
    fields: Fields = ALL
    ground: str = "request"
    method: Literal["shred_key", "anonymise"] = "shred_key"
    methods: Mapping[str, str] = {}
    held: Mapping[str, Kept] = {}
    elsewhere: Fields = ()
    due: Moment | None = None
    duty: str = ""

    def record(self) -> Record:
        """Name fields and ground, how each store forgets them, and what a law keeps until when."""
        told: Record = {
            "fields": sorted(self.fields),
            "ground": self.ground,
            "method": self.method,
        }
        told |= {"methods": dict(self.methods)} if self.methods else {}
        kept: dict[str, Json] = {
            name: {"law": each.law, "until": each.until} for name, each in sorted(self.held.items())
        }
        told |= {"held": kept} if kept else {}
        return told | {"elsewhere": sorted(self.elsewhere)} if self.elsewhere else told


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
