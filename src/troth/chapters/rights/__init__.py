"""Rights: see, copy, correct, erase, restrict, refuse; each proved, answered in time (policy 6, 9).

``own`` is what a subject does alone, ``desk`` what people have to answer, ``assurance`` how sure we
must be of who asks.
"""

from troth.chapters.rights.own import Copy, Rights

__all__ = ["Copy", "Rights"]
