"""The words the house uses: operation, regime, region, field, purpose (W3C DPV, GDPR, PIPL).

Categories, purposes and recipients are declared by a policy, not here: they are text, checked
against the edition in force. What is listed here is what the *program* knows by name.
"""

import re
import secrets
from base64 import b32encode
from enum import StrEnum
from typing import Final, NewType

Field = NewType("Field", str)
"""A declared leaf category of personal data, such as ``contact.email``; the name of a value."""

Fields = tuple[str, ...]
ALL: Final[Fields] = ("*",)
"""Every field that is held about the subject."""

Region = NewType("Region", str)
"""Where data is stored: the name of one store with its own keys, such as ``cn``."""


KeyId = NewType("KeyId", str)
"""The random id of a key in the key store; it tells nothing of what the key seals."""


class Operation(StrEnum):
    """What can be done with personal data, as a policy's rules name it."""

    COLLECT = "collect"
    USE = "use"
    SHOW = "show"
    EXPORT = "export"
    ENTRUST = "entrust"
    SHARE = "share"
    TRANSFER = "transfer"
    DISCLOSE = "disclose"
    RELEASE = "release"
    PROCESS = "process"
    SELL = "sell"


class Regime(StrEnum):
    """A body of law that can bind an act."""

    CN = "cn"
    EU = "eu"
    CA = "ca"
    US = "us"


class Effect(StrEnum):
    """What a decision says."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


class AgeBand(StrEnum):
    """What is known of a subject's age. The birth date itself stays in the vault."""

    UNKNOWN = "unknown"
    ADULT = "adult"
    MINOR = "minor"
    CHILD = "child"


_SUBJECT = re.compile(r"[a-z]{2,12}-[a-z2-7]{26}")


class SubjectId(str):
    """A subject's random identifier; its first part names the region that holds the data.

    >>> SubjectId.new(Region("cn")).region
    'cn'
    >>> SubjectId("cn-nonsense")
    Traceback (most recent call last):
        ...
    ValueError: not a subject id
    """

    __slots__ = ()

    def __new__(cls, text: str) -> "SubjectId":
        """Accept a well-formed id; raises ``ValueError`` without repeating what was given."""
        if not _SUBJECT.fullmatch(text):
            raise ValueError("not a subject id")
        return super().__new__(cls, text)

    @classmethod
    def new(cls, region: Region, once: bytes = b"") -> "SubjectId":
        """Draw a new random id (128 bits) in a region.

        ``once``, a keyed digest that nobody else can make, draws the same one again.
        """
        drawn = once[:16] or secrets.token_bytes(16)
        return cls(f"{region}-{b32encode(drawn).decode().rstrip('=').lower()}")

    @property
    def region(self) -> Region:
        """The region whose store holds this subject."""
        return Region(self.partition("-")[0])


def matches(pattern: str, field: str) -> bool:
    """Tell whether a category pattern covers a field: itself, a parent, or ``*``.

    >>> matches("contact", "contact.email"), matches("contact.email", "contact.phone")
    (True, False)
    """
    return pattern == "*" or field == pattern or field.startswith(pattern + ".")
