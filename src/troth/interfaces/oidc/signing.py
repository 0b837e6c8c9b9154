"""JSON Web Tokens: who somebody is, and that they signed out; made and read back with joserfc.

RS256 is what every client understands, and the default; ES256 is smaller and quicker, for whoever
asks for it. Nothing else is signed or believed: no token of ours is checked by a shared secret, and
none goes unsigned.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from troth.app import Made
from troth.interfaces.oidc.provider import Provider, Seen
from troth.model.clock import SECOND

BITS: Final = 2048
"""Good beyond the ninety days that a key signs (NIST SP 800-57, until 2030)."""
CURVE: Final = "P-256"
ID_TOKEN_LASTS: Final = 600
LOGOUT_LASTS: Final = 120
LOGOUT: Final = "http://schemas.openid.net/event/backchannel-logout"
LONGEST_HINT: Final = 4096
Key = RSAKey | ECKey


class Signing:
    """Signs for one provider, with keys that lie sealed until they are used."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._opened: dict[str, Key] = {}

    # --- keys ----------------------------------------------------------------------------------

    def turn(self) -> int:
        """Publish the keys that are due and destroy those that nothing needs; return how many."""
        at, keys = self._provider.troth.clock.now(), self._provider.keys
        due = [one for one in self._wanted() if keys.is_due(one, at=at)]
        for algorithm in due:
            self._provider.publish(algorithm, made(algorithm))
        return len(due) + keys.retire(at=at)

    def _wanted(self) -> set[str]:
        """Name the algorithms that living applications want; the default one always."""
        asked = (one.algorithm for one in self._provider.living())
        return {self._provider.algorithms[0], *asked}

    def replace(self, algorithm: str) -> str:
        """Replace an algorithm's keys at once; return the new one's id."""
        fresh = made(algorithm)
        self._provider.publish(algorithm, fresh, at_once=True)
        return fresh.kid

    def _key(self, algorithm: str) -> Key:
        at, keys = self._provider.troth.clock.now(), self._provider.keys
        if keys.is_due(algorithm, at=at):
            self.turn()
        signing = keys.signing(algorithm, at=at)
        found = self._opened.get(signing.kid)
        if found is None:
            raw = keys.private(signing).reveal_raw()
            kind = RSAKey if algorithm == "RS256" else ECKey
            found = kind.import_key(raw, {"kid": signing.kid, "alg": algorithm, "use": "sig"})
            self._opened = {signing.kid: found, **dict(list(self._opened.items())[:3])}
        return found

    # --- signing -------------------------------------------------------------------------------

    def id_token(self, told: Seen, access: str) -> str:
        """Sign who somebody is, for what an application was handed."""
        now, proved = told.at // SECOND, told.proved
        claims = {
            "iss": self._provider.issuer,
            "sub": told.sub,
            "aud": told.application.id,
            "iat": now,
            "exp": now + ID_TOKEN_LASTS,
            "auth_time": proved.at // SECOND,
            "acr": self._provider.levels[proved.level],
            "at_hash": half_hash(access),
            "sid": told.session,
        }
        if told.nonce:
            claims["nonce"] = told.nonce
        if proved.means:
            claims["amr"] = list(proved.means)
        return self._signed("JWT", claims, told.application.algorithm)

    def logout_token(self, word: Seen, application: Seen) -> str:
        """Sign that somebody is signed out (OpenID Connect Back-Channel Logout 1.0)."""
        now = self._provider.troth.clock.now() // SECOND
        claims = {
            "iss": self._provider.issuer,
            "aud": application.id,
            "iat": now,
            "exp": now + LOGOUT_LASTS,
            "jti": secrets.token_urlsafe(16),
            "sub": word.sub,
            "sid": word.sid,
            "events": {LOGOUT: {}},
        }
        return self._signed("logout+jwt", claims, application.algorithm)

    def _signed(self, kind: str, claims: dict[str, Any], algorithm: str) -> str:
        key = self._key(algorithm)
        header = {"alg": algorithm, "kid": key.kid, "typ": kind}
        return jwt.encode(header, claims, key, [algorithm])

    # --- reading back --------------------------------------------------------------------------

    def hint(self, token: str) -> Mapping[str, Any]:
        """Return the claims of an ID token that we signed, however old; none for any other."""
        public = [msgspec.json.decode(key.public) for key in self._provider.keys.published()]
        if not public or len(token) > LONGEST_HINT:
            return {}
        try:
            known = KeySet.import_key_set({"keys": public})
            read = jwt.decode(token, known, list(self._provider.algorithms))
        except (JoseError, ValueError):
            return {}
        ours = read.claims.get("iss") == self._provider.issuer and "events" not in read.claims
        return read.claims if ours and isinstance(read.claims.get("sub"), str) else {}


def made(algorithm: str) -> Made:
    """Draw a key for an algorithm."""
    kid = secrets.token_urlsafe(12)
    told: Any = {"kid": kid, "alg": algorithm, "use": "sig"}
    key: Key = (
        RSAKey.generate_key(BITS, told) if algorithm == "RS256" else ECKey.generate_key(CURVE, told)
    )
    public = msgspec.json.encode(key.as_dict(private=False))
    return Made(kid=kid, public=public, private=key.as_der(private=True))


def half_hash(text: str) -> str:
    """Return the left half of a text's digest, as ``at_hash`` wants it.

    >>> half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y")
    '77QmUPtjPfzWtF2AnpK9RQ'
    """
    half = hashlib.sha256(text.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).decode().rstrip("=")
