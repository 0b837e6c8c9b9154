"""Minors: refused at the door, served through guardians, frozen when found (policy 8).

``entrance`` is the gate of ages, ``asking`` and ``consenting`` the way through a guardian,
``guardian`` and ``requests`` what guardians can do, ``desk`` what people decide, ``finding`` an
account that is a child's, ``growing`` birthdays, ``sweeping`` the clock; ``chapter`` is all of it.
"""

from troth.chapters.minors.asking import Application, Asked, Reading
from troth.chapters.minors.chapter import Minors
from troth.chapters.minors.consenting import Answer, Opened
from troth.chapters.minors.ground import Ground, Terms, Ways
from troth.chapters.minors.requests import Request

__all__ = [
    "Answer",
    "Application",
    "Asked",
    "Ground",
    "Minors",
    "Opened",
    "Reading",
    "Request",
    "Terms",
    "Ways",
]
