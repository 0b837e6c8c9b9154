"""What the subject says: acceptance, consent, objection (policy 2.2.6, 9.3, 10.1)."""

from typing import ClassVar, Literal

from msgspec import Struct

from troth.model.acts.base import Act, Json, Record
from troth.model.clock import Moment


class AcceptTerms(Act, frozen=True, kw_only=True):
    """The person confirms having read and understood an edition, by an act of their own.

    ``imported`` is no such act: the house reports that it was done elsewhere, and ``surface`` names
    the controller's own record of it.
    """

    kind: ClassVar[str] = "terms.accepted"
    edition: str
    language: str
    means: Literal["checkbox", "button", "popover", "continued_use", "other", "imported"]
    surface: str = "library"

    def record(self) -> Record:
        """State the edition's hash, the language shown, the means and the surface."""
        return {
            "edition": self.edition,
            "language": self.language,
            "means": self.means,
            "surface": self.surface,
        }


class Elsewhere(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a word was said before it came to this house: the proof of its origin (GDPR 7(1)).

    ``collector`` took it ``at`` a moment by some ``means``; ``text`` is the SHA-256, in hex, of
    what the person read, or the edition's; ``reference`` is the controller's own record of it.
    """

    collector: str
    at: Moment
    means: str
    text: str
    reference: str

    def record(self) -> dict[str, Json]:
        """State all of it: no part names anybody."""
        return {name: getattr(self, name) for name in self.__struct_fields__}


class ConsentRequested(Act, frozen=True, kw_only=True):
    """The subject is asked for a consent, or to renew one that is about to end (policy 9.3)."""

    kind: ClassVar[str] = "consent.requested"
    to: str
    notice: str = ""
    language: str = "zh"

    def record(self) -> Record:
        """State the key, the notice and its language."""
        return {"to": self.to, "notice": self.notice, "language": self.language}


class ConsentDeferred(Act, frozen=True, kw_only=True):
    """The subject was asked and will answer later."""

    kind: ClassVar[str] = "consent.deferred"
    to: str

    def record(self) -> Record:
        """State the key."""
        return {"to": self.to}


class ConsentGiven(Act, frozen=True, kw_only=True):
    """Consent to one thing: a purpose, a sensitive field for a purpose, or a recipient.

    ``to`` is the consent's key as the policy derives it: ``marketing``,
    ``realname/identity.id_number``, ``share/id-authority/realname``. ``receipt`` is the number of
    the receipt that is sent; ``elsewhere`` proves one that was given before it came here.
    """

    kind: ClassVar[str] = "consent.given"
    to: str
    notice: str = ""
    language: str = "zh"
    expires: Moment | None = None
    method: str = "self"
    receipt: str = ""
    elsewhere: Elsewhere | None = None

    def record(self) -> Record:
        """State the key, the notice shown, its language and how the consent was given."""
        return {
            "to": self.to,
            "notice": self.notice,
            "language": self.language,
            "expires": self.expires,
            "method": self.method,
            **_said(self.receipt, self.elsewhere),
        }


class ConsentRefused(Act, frozen=True, kw_only=True):
    """The subject said no; asking again is not automatic (PIPL 16)."""

    kind: ClassVar[str] = "consent.refused"
    to: str
    receipt: str = ""
    elsewhere: Elsewhere | None = None

    def record(self) -> Record:
        """State the key."""
        return {"to": self.to, **_said(self.receipt, self.elsewhere)}


class ConsentWithdrawn(Act, frozen=True, kw_only=True):
    """The subject takes a consent back; what was done before stays valid (policy 9.3).

    Said by anybody but the subject or a guardian, the consent is revoked; with ``invalid`` it is
    found never to have been good: the text was wrong, or whoever ticked was somebody else.
    """

    kind: ClassVar[str] = "consent.withdrawn"
    to: str
    receipt: str = ""
    elsewhere: Elsewhere | None = None
    invalid: bool = False

    def record(self) -> Record:
        """State the key, and whether the consent was never good."""
        said = _said(self.receipt, self.elsewhere)
        return {"to": self.to, **said, **({"invalid": True} if self.invalid else {})}


class Object(Act, frozen=True, kw_only=True):
    """The subject refuses a purpose that needs no consent (GDPR 21, PIPL 24, CCPA opt-out)."""

    kind: ClassVar[str] = "purpose.objected"
    purpose: str

    def record(self) -> Record:
        """State the purpose."""
        return {"purpose": self.purpose}


class ObjectionLifted(Act, frozen=True, kw_only=True):
    """The subject takes an objection back."""

    kind: ClassVar[str] = "objection.lifted"
    purpose: str

    def record(self) -> Record:
        """State the purpose."""
        return {"purpose": self.purpose}


def _said(receipt: str, elsewhere: Elsewhere | None) -> Record:
    """Return what only some words carry; what is empty is not remembered."""
    said: Record = {"receipt": receipt} if receipt else {}
    return said | ({"elsewhere": elsewhere.record()} if elsewhere else {})
