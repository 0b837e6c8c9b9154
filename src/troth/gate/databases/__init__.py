"""The controller's other databases at the gate's door (policy 9.1, 9.2, 9.4).

``reaching`` gathers from them, foresees and looks after what they owe; ``certifying`` goes to them
with what acts ordered (``ordering``), and says what every store answered.
"""

from troth.egress.databases.port import Held, Step
from troth.egress.errands import Counts, Open, Place
from troth.gate.databases.reaching import Databases, Foreseen, Gathered

__all__ = ["Counts", "Databases", "Foreseen", "Gathered", "Held", "Open", "Place", "Step"]
