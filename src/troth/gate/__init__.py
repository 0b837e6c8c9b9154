"""The one door: every act on personal data is judged, done and remembered here, at once or not.

Only this room opens the sealed ones (vault, egress). ``door`` is what everybody calls; ``judge``
asks the policy; ``passage`` does and remembers in one transaction; ``after`` is what follows the
commit; ``views`` answers what is held and owed; ``weighing`` says what ``perform`` would;
``asking`` is for authorities that answer days later. Chapters see ``Gate`` and what it returns.
"""

from troth.egress.questions import Flow
from troth.gate.door import Gate
from troth.gate.logs import Checked, Purged, UsageLogs
from troth.gate.rooms import Certificate, Outcome, Rooms
from troth.gate.terms import Ended, Looked, Terms
from troth.gate.together import Steps, Wanted, alone
from troth.gate.views import Holding
from troth.gate.waiting.asking import Asking
from troth.gate.weighing import Weighed
from troth.ledger.entry import Entry
from troth.vault.logs import Line as LogLine

__all__ = [
    "Asking",
    "Certificate",
    "Checked",
    "Ended",
    "Entry",
    "Flow",
    "Gate",
    "Holding",
    "LogLine",
    "Looked",
    "Outcome",
    "Purged",
    "Rooms",
    "Steps",
    "Terms",
    "UsageLogs",
    "Wanted",
    "Weighed",
    "alone",
]
