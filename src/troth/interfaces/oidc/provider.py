"""The provider of one instance: its name, what it understands, and what signs for it.

Signing is loaded when something is first signed: an instance without applications never pays for it
(decision 14).
"""

from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from typing import Any, Final, Protocol

from troth.app import Made, Troth

SCOPES: Final = ("openid", "profile", "email", "phone", "address", "realname", "offline_access")
ALGORITHMS: Final = ("RS256", "ES256")
LEVELS: Final = {1: "urn:troth:signed-in", 2: "urn:troth:stepped-up"}
"""How sure we are of somebody, as ``acr`` tells it."""
Seen = Any
"""A struct that the app hands over; the rooms that define it may not be imported here."""


class Signer(Protocol):
    """What is needed of signing."""

    def turn(self) -> int:
        """Publish the keys that are due and destroy those that nothing needs; return how many."""
        ...

    def replace(self, algorithm: str) -> str:
        """Replace an algorithm's keys at once; return the new one's id."""
        ...

    def id_token(self, told: Seen, access: str) -> str:
        """Sign who somebody is, for what an application was handed."""
        ...

    def logout_token(self, word: Seen, application: Seen) -> str:
        """Sign that somebody is signed out."""
        ...

    def hint(self, token: str) -> Mapping[str, Any]:
        """Return the claims of an ID token that we signed, however old; none for any other."""
        ...


class Provider:
    """Serves one instance's applications."""

    scopes = SCOPES
    algorithms = ALGORITHMS
    levels = LEVELS

    def __init__(self, troth: Troth) -> None:
        self.troth = troth
        self.applications = troth.applications
        self.keys = troth.applications.keys
        self.issuer = troth.settings.server.seen_at

    @cached_property
    def _signer(self) -> Signer:
        loaded: Signer = import_module("troth.interfaces.oidc.signing").Signing(self)
        return loaded

    def signing(self) -> Signer:
        """Return what signs."""
        return self._signer

    def one(self, name: str) -> Seen:
        """Return a living application. Raises ``NotFound``."""
        return self.applications.one(name)

    def living(self) -> list[Seen]:
        """List the applications that have not ended."""
        return [one for one in self.applications.all() if one.ended_at is None]

    def origins(self) -> frozenset[str]:
        """Return the origins that scripts of living applications run on."""
        return frozenset(origin for one in self.living() for origin in one.origins())

    def publish(self, algorithm: str, made: Made, *, at_once: bool = False) -> None:
        """Publish a key that was made."""
        at = self.troth.clock.now()
        self.keys.publish(algorithm, made, at=at, at_once=at_once)
