"""Who calls, and what their key lets them do (policy 7.1d; reliability A7).

A program is known by its service key alone. The key carries scopes (what it may do), purposes (for
what it may do it; none: all) and a region (where it reads from). Whether an act may be is not
decided here but by the gate, on the actor that this door recognised.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Protocol

from msgspec import Struct

from troth.app import Troth
from troth.model.acts import (
    AcceptTerms,
    Act,
    Actor,
    ConsentGiven,
    ConsentRefused,
    ConsentWithdrawn,
    Erase,
    Export,
    Find,
    Object,
    ObjectionLifted,
    Show,
    Use,
)
from troth.model.errors import BadInput, NotProved, Refused
from troth.model.terms import Operation, SubjectId

OWN: Final = (AcceptTerms, ConsentGiven, ConsentRefused, Object, ObjectionLifted)
"""The person's own words, which a program may only pass on."""
ALSO: Final[dict[type[Act], str]] = {
    Use: "read",
    Show: "read",
    Export: "read",
    Find: "subjects",
    Erase: "erase",
}
"""The scope that an act needs besides ``perform``."""
ACCESS: Final = ("app_", "drp_")
"""How tokens of applications and agents begin: they are no keys, and are looked at where they are
good for."""
_SENT: Final = frozenset(each.value for each in Operation)


class Recognised(Protocol):
    """A key that was recognised."""

    scopes: frozenset[str]

    def actor(self) -> Actor:
        """Return its program as the gate knows it."""
        ...


class Caller(Struct, frozen=True, kw_only=True):
    """A program that was recognised: who it is to the gate, and what it may ask for here."""

    by: Actor
    scopes: frozenset[str]

    def need(self, scope: str) -> None:
        """Raise ``Refused`` unless the key carries a scope."""
        if scope not in self.scopes:
            raise Refused(
                f"this key does not carry the scope `{scope}`",
                clause="7.1d",
                remedy=f"use a key that was made with --scope {scope}",
            )

    def near(self, subject: SubjectId) -> None:
        """Raise ``Refused`` for what is known of somebody whose data lies in another region.

        Values may be exported where the policy allows it; that is asked as an act, at the gate.
        """
        if self.by.region is not None and self.by.region != subject.region:
            raise Refused(
                f"this key reads from `{self.by.region}`; the subject's data lies elsewhere",
                clause="2.4b",
                remedy="ask from the subject's own region, or for an export",
            )

    def need_for(self, acts: Sequence[Act]) -> None:
        """Raise ``Refused`` unless the key carries the scopes that these acts take to be done."""
        for act in acts:
            if type(act) in ALSO:
                self.need(ALSO[type(act)])

    def speaking(self, acts: Sequence[Act], *, on_behalf: bool) -> Actor:
        """Return who speaks: the program, or the person through it.

        Raises ``Refused`` for an act beyond the key's purposes, and ``BadInput`` for the person's
        own words where the person did not say them.
        """
        for act in acts:
            self._demand_purpose(act)
            if isinstance(act, OWN) and not on_behalf:
                raise BadInput(
                    "acceptance, consent and objection are the person's own words",
                    clause="9.3",
                    remedy="send `on_behalf: true` when the person said so in your program",
                )
        if not on_behalf:
            return self.by
        by = self.by
        return Actor(kind="subject", id=by.id, region=by.region, assurance=1, purposes=by.purposes)

    def _demand_purpose(self, act: Act) -> None:
        purpose = purpose_of(act)
        if self.by.purposes is not None and purpose and purpose not in self.by.purposes:
            raise Refused(
                f"this key may not act for `{purpose}`",
                clause="7.1d",
                remedy="use a service key that carries this purpose",
            )


def purpose_of(act: Act) -> str:
    """Return the purpose an act is for, or speaks of; empty for one that has none.

    >>> purpose_of(ConsentGiven(subject=None, to="share/id-authority/realname"))
    'realname'
    >>> purpose_of(ConsentGiven(subject=None, to="realname/identity.id_number"))
    'realname'
    """
    if isinstance(act, ConsentGiven | ConsentRefused | ConsentWithdrawn):
        first, *rest = act.to.split("/")
        return rest[-1] if first in _SENT and rest else first
    found: str = getattr(act, "purpose", "")
    return found


def recognise(troth: Troth, authorization: str) -> Caller | None:
    """Recognise who calls by the ``Authorization`` header; ``None`` where it holds no key.

    Raises ``NotProved`` for a key that is not known or has ended.
    """
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or not token or token.startswith(ACCESS):
        return None
    return _caller(troth.access.key(token))


@lru_cache(maxsize=1024)
def _caller(key: Recognised) -> Caller:
    return Caller(by=key.actor(), scopes=key.scopes)


def stranger() -> NotProved:
    """Return the refusal of who came without a key."""
    return NotProved("a service key is needed", clause="7.1d")
