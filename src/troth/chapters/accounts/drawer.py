"""A drawer: one field of a subject that several may change at once, each on what it read (7.1).

What a subject proves themselves by is one value in the vault: a list of passkeys, of codes that are
left. A change is performed under a key made of what it was worked out from, so that of two that
read the same value one is done, and the other reads again and starts over.
"""

from collections.abc import Callable, Sequence
from typing import Final

from troth.gate import Gate, Outcome
from troth.model.acts import SUBJECT, SYSTEM, Act, Actor, Collect, Correct, Erase, Use
from troth.model.errors import Erased, KeyReused, NotFound, Refused, StoreBusy
from troth.model.secret import Secret
from troth.model.terms import SubjectId

PURPOSE: Final = "authenticate"
REMOVED: Final = "factor_removed"
TRIES: Final = 20

Work = Callable[[Secret | None], Sequence[Act]]
"""Makes acts of the value that is kept now, or raises why there is nothing to do."""


class Drawer:
    """Reads and changes credentials through the gate."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def open(self, subject: SubjectId, field: str) -> Secret | None:
        """Return the value of a field; ``None`` where there is none, or it may not be used."""
        asked = Use(subject=subject, fields=(field,), purpose=PURPOSE)
        try:
            return self._gate.perform(asked, by=SYSTEM).values.get(field)
        except (Refused, NotFound, Erased):
            return None

    def change(self, subject: SubjectId, field: str, work: Work, *, by: Actor = SUBJECT) -> Outcome:
        """Perform what ``work`` makes of the value that is kept, if nobody changed it meanwhile.

        Raises whatever ``work`` raises, ``StoreBusy`` after twenty changes by others.
        """
        for _ in range(TRIES):
            kept = self.open(subject, field)
            acts, key = work(kept), self._key(subject, field, kept)
            try:
                outcome = self._gate.perform(*acts, by=by, key=key)
            except KeyReused:
                continue
            if not outcome.replayed:
                return outcome
        raise StoreBusy

    def _key(self, subject: SubjectId, field: str, kept: Secret | None) -> str:
        """Return what names this state of a field, and no other that it ever was in."""
        if kept is not None:
            # Each value carries a revision drawn at random, so its digest gives nothing away.
            return f"{field}/{kept.fingerprint(field.encode())[:32]}"
        emptied = sum(
            entry.kind == Erase.kind and field in str(entry.what["fields"])
            for entry in self._gate.trail(subject)
        )
        return f"{field}/none/{emptied}"


def put(subject: SubjectId, field: str, value: Secret, *, over: Secret | None) -> Act:
    """Return the act that keeps a value, in place of another where there is one."""
    values = {field: value}
    if over is not None:
        return Correct(subject=subject, values=values, purpose=PURPOSE)
    return Collect(subject=subject, values=values, purpose=PURPOSE)


def clear(subject: SubjectId, *fields: str) -> Act:
    """Return the act that puts what is no longer a proof beyond retrieval."""
    return Erase(subject=subject, fields=fields, ground=REMOVED)
