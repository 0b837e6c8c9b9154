"""Rights: see, copy, correct, erase, restrict, refuse; each proved, answered in time (policy 6, 9).

``own`` is what a subject does alone, ``copies`` what they take along, ``desk`` what people have to
answer, ``assurance`` how sure we must be of who asks.
"""

from troth.chapters.rights.copies import Copy
from troth.chapters.rights.own import Rights

__all__ = ["Copy", "Rights"]
