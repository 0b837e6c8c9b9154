"""Everything that can be done to personal data is an ``Act``.

Chapters write acts; the gate performs them. An act is a frozen value that says *what*, *on whose
data* and *for which purpose*. ``record()`` gives the part of it that may be remembered for ever:
field names, purposes and references, never a collected value. ``kind`` is the name under which the
ledger remembers it (``subject.act``, after warehouse's event tags).

Source of the verbs: W3C DPV processing terms, PIPL 4(2), GDPR 4(2); house vocabulary.
"""

from troth.model.acts.base import SUBJECT, SYSTEM, Act, Actor, Json, Record
from troth.model.acts.ending import Close, Erase, Kept, Release, Restrict
from troth.model.acts.everybody import Announce, Event, Publish
from troth.model.acts.owed import (
    Admit,
    AgeLearned,
    Began,
    Certify,
    Hold,
    HoldLifted,
    Owe,
    Settle,
    Verified,
)
from troth.model.acts.said import (
    AcceptTerms,
    ConsentDeferred,
    ConsentGiven,
    ConsentRefused,
    ConsentRequested,
    ConsentWithdrawn,
    Elsewhere,
    Object,
    ObjectionLifted,
)
from troth.model.acts.values import (
    Collect,
    Correct,
    Disclose,
    Entrust,
    Export,
    Find,
    Give,
    Notify,
    Observe,
    Share,
    Show,
    Transfer,
    Use,
)
from troth.model.terms import Fields

__all__ = [
    "SUBJECT",
    "SYSTEM",
    "AcceptTerms",
    "Act",
    "Actor",
    "Admit",
    "AgeLearned",
    "Announce",
    "Began",
    "Certify",
    "Close",
    "Collect",
    "ConsentDeferred",
    "ConsentGiven",
    "ConsentRefused",
    "ConsentRequested",
    "ConsentWithdrawn",
    "Correct",
    "Disclose",
    "Elsewhere",
    "Entrust",
    "Erase",
    "Event",
    "Export",
    "Find",
    "Give",
    "Hold",
    "HoldLifted",
    "Json",
    "Kept",
    "Notify",
    "Object",
    "ObjectionLifted",
    "Observe",
    "Owe",
    "Publish",
    "Record",
    "Release",
    "Restrict",
    "Settle",
    "Share",
    "Show",
    "Transfer",
    "Use",
    "Verified",
    "fields_of",
]


def fields_of(act: Act) -> Fields:
    """Return the fields an act touches; empty for one that touches none.

    >>> fields_of(Use(subject=None, fields=("contact.email",), purpose="marketing"))
    ('contact.email',)
    """
    match act:
        case Collect() | Correct():
            return tuple(act.values)
        case Find():
            return (act.field,)
        case Use() | Show() | Export() | Give() | Erase() | Restrict() | Release():
            return act.fields
        case _:
            return ()
