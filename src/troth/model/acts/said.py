"""What the subject says: acceptance, consent, objection (policy 2.2.6, 9.3, 10.1)."""

from typing import ClassVar, Literal

from troth.model.acts.base import Act, Record
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


class ConsentGiven(Act, frozen=True, kw_only=True):
    """Consent to one thing: a purpose, a sensitive field for a purpose, or a recipient.

    ``to`` is the consent's key as the policy derives it: ``marketing``,
    ``realname/identity.id_number``, ``share/id-authority/realname``.
    """

    kind: ClassVar[str] = "consent.given"
    to: str
    notice: str = ""
    language: str = "zh"
    expires: Moment | None = None
    method: str = "self"

    def record(self) -> Record:
        """State the key, the notice shown, its language and how the consent was given."""
        return {
            "to": self.to,
            "notice": self.notice,
            "language": self.language,
            "expires": self.expires,
            "method": self.method,
        }


class ConsentRefused(Act, frozen=True, kw_only=True):
    """The subject said no; asking again is not automatic (PIPL 16)."""

    kind: ClassVar[str] = "consent.refused"
    to: str

    def record(self) -> Record:
        """State the key."""
        return {"to": self.to}


class ConsentWithdrawn(Act, frozen=True, kw_only=True):
    """The subject takes a consent back; what was done before stays valid (policy 9.3)."""

    kind: ClassVar[str] = "consent.withdrawn"
    to: str

    def record(self) -> Record:
        """State the key."""
        return {"to": self.to}


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
