"""Warning people before data goes that they do not use any more (policy 7.2e).

Each warning is a notice on record, in the same transaction as the mark that it went out. Whoever
cannot be told keeps their data; whoever was here meanwhile begins a new term.
"""

from troth.chapters.retention.ground import Ground
from troth.documents.retention.unused import ACTIVE, WARNED, Step, last_active
from troth.model.acts import SYSTEM, Began
from troth.model.clock import Moment, date
from troth.model.standing import Standing
from troth.model.terms import SubjectId

NOTICE = "unused_warning"


class Warnings:
    """Tells people, and hears whether they were here."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._gate = ground.gate

    def heard(self, subject: SubjectId, standing: Standing) -> bool:
        """Note activity that the standing does not know of yet; tell whether there was any."""
        noted = self._ground.books.activity.last(subject)
        own = (entry.at for entry in self._gate.trail(subject) if _own(entry.by))
        last = max((noted or Moment(0), *own))
        if last <= last_active(standing):
            return False
        self._gate.perform(Began(subject=subject, what=ACTIVE, since=last), by=SYSTEM)
        return True

    def warn(self, subject: SubjectId, standing: Standing, step: Step) -> bool:
        """Tell somebody when their data goes; ``False`` where there is no way to them."""
        told = self._ground.notices.tell(subject, standing, NOTICE, {"day": date(step.erased_on)})
        if not told:
            return False
        at = self._gate.clock.now()
        mark = Began(subject=subject, what=WARNED + step.warning, since=at)
        self._gate.perform(*told, mark, by=SYSTEM)
        return True


def _own(by: str) -> bool:
    """Tell whether an entry is of the subject's own doing."""
    return by.partition(":")[0] in ("subject", "guardian")
