"""Applications that people sign in to with their account, and what each was granted (4.1, 3.1.1).

``register`` who they are and where they may be led back to · ``scopes`` which declared fields a
scope stands for, and the name that only one application has for somebody · ``grants`` what
somebody lets an application know · ``passes`` codes and tokens, each good for one thing · ``keys``
what signs, and when · ``logouts`` who has yet to be told that somebody signed out.
"""

from collections.abc import Mapping

from msgspec import Struct

from troth.documents.applications.grants import Grants
from troth.documents.applications.keys import Keys
from troth.documents.applications.logouts import Logouts
from troth.documents.applications.passes import Passes
from troth.documents.applications.register import Register
from troth.documents.applications.scopes import Names
from troth.model.clock import Moment
from troth.model.terms import Region
from troth.store.sql import Store


class Papers(Struct, frozen=True, kw_only=True):
    """Everything that is kept about applications."""

    register: Register
    names: Names
    grants: Grants
    passes: Passes
    keys: Keys
    logouts: Logouts

    def purge(self, at: Moment) -> int:
        """Delete sign-ins, codes and tokens that are over; return how many."""
        return self.grants.purge(at) + self.passes.purge(at)


def open_papers(
    stores: Mapping[Region, Store], *, home: Region, digests: bytes, names: bytes, seals: bytes
) -> Papers:
    """Open the papers of a house: the register and the keys in the home region, the rest by region.

    The three keys have 32 bytes each: for digests of secrets and tokens, for the names by which
    applications know people, and to seal private keys and words that wait.
    """
    return Papers(
        register=Register(stores[home], digests),
        names=Names(names),
        grants=Grants(stores),
        passes=Passes(stores, digests),
        keys=Keys(stores[home], seals),
        logouts=Logouts(stores, seals),
    )


__all__ = ["Papers", "open_papers"]
