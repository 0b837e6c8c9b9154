"""The one door: every act on personal data is judged, done and remembered here, at once or not.

Only this room opens the sealed ones (vault, egress). ``door`` is what everybody calls; ``judge``
asks the policy; ``passage`` does and remembers in one transaction; ``after`` is what follows the
commit; ``views`` answers what is held and owed. Chapters see ``Gate`` and the values it returns.
"""

from troth.gate.door import Gate
from troth.gate.rooms import Certificate, Outcome, Rooms
from troth.gate.views import Holding

__all__ = ["Certificate", "Gate", "Holding", "Outcome", "Rooms"]
