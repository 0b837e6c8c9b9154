"""The copy that a subject takes along: what is in it, in which files, piece by piece (9.1).

``contents`` is what goes into it; ``tables`` and ``elsewhere`` are for programs; what is
``readable``, in ``words``, becomes a ``page`` and, where ``printing`` is possible, ``sheets``.
``packing`` puts all of it into one zip (``zipping``), in flat memory.
"""
