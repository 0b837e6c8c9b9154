"""Retention: what is due goes, what a law holds stays set aside until its date (policy 7.2, 9.4).

``chapter`` is what it offers; ``sweeping`` plans and sweeps; ``warning`` tells people before data
goes that they do not use; ``closing`` carries out orders (a purpose, a service, a law); ``holding``
places holds; ``paper`` keeps the register of what lies in cabinets.
"""

from troth.chapters.retention.chapter import Retention
from troth.chapters.retention.sweeping import Due, Swept

__all__ = ["Due", "Retention", "Swept"]
