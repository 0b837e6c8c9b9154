"""What programs read first: where everything is, and the keys that answers are signed with.

OpenID Connect Discovery 1.0, RFC 8414 and RFC 7517. Nothing here is about a person, so anybody may
read it and keep it for a while: keys are published a week before they sign.
"""

from typing import Any, Final

import msgspec
from litestar import Request, Response

from troth.interfaces.oidc.answers import EVERYBODY, provider, told
from troth.interfaces.oidc.provider import Provider

METADATA: Final = "/.well-known/openid-configuration"
KEYS: Final = "/.well-known/jwks.json"
HOUR: Final = 3600
CLAIMS: Final = (
    *("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid"),
    *("name", "email", "email_verified", "phone_number", "phone_number_verified", "address"),
    "realname",
)


def metadata(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Say where everything is and what is understood."""
    return told(described(provider(request)), headers=_kept())


def described(found: Provider) -> dict[str, Any]:
    """Describe a provider, as OpenID Connect Discovery 1.0 section 3 lays down."""
    issuer = found.issuer
    methods = ["client_secret_basic", "client_secret_post", "none"]
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "revocation_endpoint": f"{issuer}/revoke",
        "end_session_endpoint": f"{issuer}/end-session",
        "jwks_uri": f"{issuer}{KEYS}",
        "op_policy_uri": f"{issuer}/policy",
        "scopes_supported": list(found.scopes),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": list(found.algorithms),
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": ["S256"],
        "claim_types_supported": ["normal"],
        "claims_supported": list(CLAIMS),
        "acr_values_supported": list(found.levels.values()),
        "ui_locales_supported": ["zh-CN", "en"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }


def keys(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give the public keys: those that sign, the next ones, and the last ones for a day."""
    found = provider(request)
    found.signing().turn()
    public = [msgspec.Raw(key.public) for key in found.keys.published()]
    return told({"keys": public}, headers=_kept())


def _kept() -> dict[str, str]:
    return {**EVERYBODY, "cache-control": f"public, max-age={HOUR}"}
