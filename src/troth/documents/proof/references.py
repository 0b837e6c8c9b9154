"""References: one subject's id, kept sealed in another's file (policy 2.1.1d, 2.1.1e).

A chapter never looks into a value; it asks here whom a reference leads to.
"""

from troth.model.errors import Sealed
from troth.model.secret import Secret
from troth.model.terms import SubjectId


def refer_to(subject: SubjectId) -> Secret:
    """Return a reference to a subject, to be kept in another's file."""
    return Secret(str(subject))


def referred(kept: Secret) -> SubjectId:
    """Return whom a reference leads to. Raises ``Sealed`` for one that was not written here.

    >>> who = SubjectId("cn-aaaaaaaaaaaaaaaaaaaaaaaaaa")
    >>> referred(refer_to(who)) == who
    True
    """
    try:
        return SubjectId(kept.reveal())
    except ValueError:
        raise Sealed("a reference leads to nobody: it was altered") from None
