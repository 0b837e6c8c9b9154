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
from troth.chapters.accounts.importing import Report, Stated
from troth.chapters.accounts.proving import AppCode, PasskeyAnswer, RecoveryCode
from troth.chapters.accounts.registration import Begun, Registration
from troth.chapters.intake.letters import Received
from troth.chapters.minors.asking import Application
from troth.chapters.minors.consenting import Answer as GuardianAnswer
from troth.chapters.minors.requests import Request as GuardianRequest
from troth.documents.agreement import Shown, Tick
from troth.documents.applications.grants import Proved
from troth.documents.applications.keys import Made
from troth.documents.applications.passes import Bound
from troth.documents.applications.register import Said
from troth.documents.imports.batches import Report as Imported
from troth.documents.imports.register import Tally
from troth.documents.proof.origin import Origin
from troth.documents.requests.claims import Company
from troth.egress.webhooks.receiving import verify as verify_webhook
from troth.gate import Outcome, Steps, alone
from troth.gate.together import COMPANY, in_step, use_each

__all__ = [
    "COMPANY",
    "AppCode",
    "Application",
    "Begun",
    "Bound",
    "Company",
    "GuardianAnswer",
    "GuardianRequest",
    "Imported",
    "Made",
    "Origin",
    "Outcome",
    "PasskeyAnswer",
    "Proved",
    "Received",
    "RecoveryCode",
    "Registration",
    "Report",
    "Said",
    "Shown",
    "Stated",
    "Steps",
    "Tally",
    "Tick",
    "Troth",
    "alone",
    "board",
    "bury",
    "change_root",
    "create",
    "doctor",
    "in_step",
    "memory",
    "on_server",
    "open",
    "restore",
    "restore_keys",
    "use_each",
    "verify_webhook",
]
