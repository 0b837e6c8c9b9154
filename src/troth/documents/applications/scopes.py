"""What a scope stands for in the policy's own words, and names that no two sectors share (4.1).

A scope is a word of OpenID Connect; what is judged, granted and recorded are the declared fields
that it stands for. The name that an application gets for somebody is a keyed digest over the
application's sector and the account's id: two sectors cannot put their people together, nobody can
compute it back, and once the account is erased it leads to nobody.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Final

from troth.model.terms import Fields, SubjectId

OPENID: Final = "openid"
LASTING: Final = "offline_access"
"""Asks to stay signed in there beyond the session here."""
PAIRWISE: Final = "account.pairwise"
CONFIRMED: Final = "identity.confirmed"
SCOPES: Final[Mapping[str, Fields]] = {
    OPENID: (PAIRWISE,),
    "profile": ("identity.name",),
    "email": ("contact.email",),
    "phone": ("contact.phone",),
    "address": ("contact.address",),
    "realname": (CONFIRMED,),
    LASTING: (),
}
"""Each scope and the fields it opens; the order is that of pages."""
DERIVED: Final = frozenset({PAIRWISE, CONFIRMED})
"""Fields that are made when they are told, and never held."""


def known(asked: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes that are asked for and known, each once, in their own order.

    >>> known(["email", "openid", "email", "calendar"])
    ('openid', 'email')
    """
    wanted = set(asked)
    return tuple(scope for scope in SCOPES if scope in wanted)


def fields_of(scopes: Iterable[str]) -> Fields:
    """Return the declared fields that some scopes open.

    >>> fields_of(("openid", "email", "offline_access"))
    ('account.pairwise', 'contact.email')
    """
    return tuple(field for scope in scopes for field in SCOPES[scope])


class Names:
    """The names by which applications know people; ``key`` is 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def pairwise(self, sector: str, subject: SubjectId) -> str:
        """Return the name that every application of a sector, and no other, has for a subject.

        >>> names, who = Names(bytes(32)), SubjectId("cn-" + "a" * 26)
        >>> names.pairwise("a.example", who) == names.pairwise("b.example", who)
        False
        """
        return self._name("pairwise", sector, subject)

    def visit(self, application: str, sign_in: str) -> str:
        """Return what an application calls one sign-in, so that it can be told of its end."""
        return self._name("visit", application, sign_in)

    def _name(self, *parts: str) -> str:
        # Neither a host nor an id can hold the unit separator, so the parts cannot slide.
        digest = hmac.new(self._key, "\x1f".join(parts).encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
