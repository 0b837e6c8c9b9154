"""The room that knows every other: it builds the house and hands it to whoever uses it.

``house`` is ``Troth``, one instance; ``instance`` opens and creates one; ``building`` wires the
rooms; ``settings`` is one ``troth.toml``. ``upkeep`` keeps the data (copies, restores),
``safekeeping`` the keys, ``rewrap`` changes the root key; ``archive``, ``merge``, ``switch`` and
``lock`` are what they work with. ``checkup`` examines; ``offline`` needs no instance; ``rehearsal``
is a house to practise in; ``traces`` looks for values in files.
"""

from troth.app.house import Troth
from troth.app.instance import (
    board,
    bury,
    change_root,
    create,
    doctor,
    memory,
    on_server,
    open,  # noqa: A004  # troth.open reads as sqlite3.connect does
    restore,
    restore_keys,
)
from troth.chapters.accounts.registration import Begun, Registration
from troth.documents.agreement import Shown, Tick
from troth.gate import Outcome
from troth.gate.together import use_each

__all__ = [
    "Begun",
    "Outcome",
    "Registration",
    "Shown",
    "Tick",
    "Troth",
    "board",
    "bury",
    "change_root",
    "create",
    "doctor",
    "memory",
    "on_server",
    "open",
    "restore",
    "restore_keys",
    "use_each",
]
