"""Intake: what comes from outside becomes a request at the desk, once (policy 9.1b, 11.2, 11.3).

``mails`` takes mail, ``letters`` what staff enter, ``batch`` a list; ``delegates`` are agents by
the Data Rights Protocol, ``controllers`` others by OpenDSR, ``telling`` says to both how far it is;
``empowered`` enters powers of attorney; ``chapter`` is all of it, on its ``ground``.
"""

from troth.chapters.intake.batch import Tally, Wrong
from troth.chapters.intake.chapter import Intake
from troth.chapters.intake.ground import Ground, Terms, Ways
from troth.chapters.intake.letters import Received
from troth.chapters.intake.mails import Taken

__all__ = ["Ground", "Intake", "Received", "Taken", "Tally", "Terms", "Ways", "Wrong"]
