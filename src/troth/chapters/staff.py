"""Staff: who of us may look at what, for which task, and the subject sees it (policy 7.1).

A look needs a role, a purpose of that role and the ticket it is for. It is recorded before anything
is shown; without them it is refused, and that is recorded too.
"""

from msgspec import Struct

from troth.gate import Gate
from troth.model.acts import Actor, Show
from troth.model.clock import Moment
from troth.model.errors import BadInput
from troth.model.secret import Secret
from troth.model.terms import Fields, SubjectId


class Look(Struct, frozen=True, kw_only=True):
    """One look at a subject's data, as the subject sees it: by no name, with its reason."""

    at: Moment
    by: str
    fields: tuple[str, ...]
    purpose: str
    ticket: str
    clauses: tuple[str, ...]
    entry: str
    allowed: bool


class Staff:
    """People who act under the controller's authority."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def look(
        self,
        by: Actor,
        subject: SubjectId,
        fields: Fields,
        *,
        purpose: str = "",
        ticket: str = "",
    ) -> dict[str, Secret]:
        """Show fields to a member of staff, masked where the role's are.

        Without a purpose, or one that is not the role's, the gate refuses and remembers it. Raises
        ``BadInput`` for a purpose without its ticket, and for somebody who is not staff.
        """
        if by.kind != "staff":
            raise BadInput("only staff look at a subject's data here", clause="7.1")
        if purpose and not ticket:
            raise BadInput(
                "a look needs the number of its ticket",
                clause="7.1",
                remedy="name the ticket you work on",
                field="ticket",
            )
        act = Show(subject=subject, fields=fields, purpose=purpose, ticket=ticket)
        return self._gate.perform(act, by=by).values

    def who_looked(self, subject: SubjectId) -> list[Look]:
        """Tell a subject who of us looked, when, at what and why; refused tries included."""
        return [
            Look(
                at=entry.at,
                by=entry.by,
                fields=tuple(str(field) for field in _listed(entry.what.get("fields"))),
                purpose=str(entry.what.get("purpose", "")),
                ticket=str(entry.what.get("ticket", "")),
                clauses=entry.clauses,
                entry=entry.id,
                allowed=entry.kind == "data.shown",
            )
            for entry in self._gate.trail(subject)
            if entry.by.startswith("staff") and entry.kind in ("data.shown", "use.denied")
        ]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []
