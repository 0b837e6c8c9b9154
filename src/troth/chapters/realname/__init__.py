"""Real names: proved before some services, shared with authorities only under consent (2.1.1, 6.2).

The number and the sharing are each asked apart. What the authority answers is an outcome, never the
number; "no record" goes to people, never to "false". A confirmed identity is changed by support
alone, two persons one after the other. ``checks`` asks what is answered at once, ``later`` what
takes days, ``papers`` and ``desk`` are for what people decide, ``changes`` for support.
"""

from troth.chapters.realname.chapter import Realname
from troth.chapters.realname.checks import Way
from troth.chapters.realname.desk import Review, Seen
from troth.chapters.realname.facts import FACT, FieldStatus, confirmed, locked
from troth.chapters.realname.later import Pending, Progress
from troth.chapters.realname.outcomes import AUTHORITY, PURPOSE, Checked

__all__ = [
    "AUTHORITY",
    "FACT",
    "PURPOSE",
    "Checked",
    "FieldStatus",
    "Pending",
    "Progress",
    "Realname",
    "Review",
    "Seen",
    "Way",
    "confirmed",
    "locked",
]
