"""What every act is: a frozen value with a kind, an operation and a record; and who acts."""

from typing import Any, ClassVar, Literal

from msgspec import Struct

from troth.model.terms import Operation, Region, SubjectId

Json = str | int | float | bool | None | list[Any] | dict[str, Any]
Record = dict[str, Json]


class Actor(Struct, frozen=True, kw_only=True):
    """Who acts. Identifiers are the house's own random ids, never names.

    ``assurance`` grades how sure we are of them: 0 nobody proved anything, 1 signed in,
    2 signed in and stepped up. ``region`` is where they read from; ``purposes`` narrows a service
    key.
    """

    kind: Literal["subject", "guardian", "staff", "service", "system", "visitor"]
    id: str = ""
    role: str = ""
    region: Region | None = None
    assurance: int = 0
    purposes: frozenset[str] | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind


SUBJECT = Actor(kind="subject", assurance=1)
"""The subject acting for themselves, signed in."""
SYSTEM = Actor(kind="system")
"""The house itself: its scheduler and courier."""


class Act(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag=True,
    tag_field="act",
):
    """Something done to one subject's personal data, or (subject ``None``) to everybody's."""

    subject: SubjectId | None
    kind: ClassVar[str] = "act"
    operation: ClassVar[Operation | None] = None

    def record(self) -> Record:
        """Return what may be remembered: nothing that was collected."""
        return {}
