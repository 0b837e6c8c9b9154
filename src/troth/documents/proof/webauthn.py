"""What an authenticator answered, judged (WebAuthn Level 3, 7.1 and 7.2; policy 7.1).

The ceremonies themselves are python-fido2's: type, challenge, origin, relying party, presence,
verification and signature. Added here is what it leaves to its caller. Loaded when the first
passkey is used (decision 14), because it costs two megabytes that most instances never need.
"""

import json
import logging
import struct
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    RegistrationResponse,
    UserVerificationRequirement,
)
from msgspec import Struct

from troth.documents.proof.passkeys import (
    ALGORITHMS,
    LONGEST_ANSWER,
    TRANSPORTS,
    Passkey,
    Passkeys,
    wrong_passkey,
)
from troth.model.secret import Secret

LONGEST_ID: Final = 1023
"""The longest credential id there is, in bytes."""
MALFORMED: Final = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError),
    *(RecursionError, TypeError, ValueError, UnsupportedAlgorithm, struct.error),
)
"""What reading an answer raises that no browser gave."""

# It writes the ids of credentials into the log, and those are personal data.
logging.getLogger("fido2").setLevel(logging.WARNING)


class Made(Struct, frozen=True, kw_only=True):
    """A passkey that an authenticator made: as ``Passkey``, before it has a name and a date."""

    id: str
    key: bytes
    count: int
    transports: tuple[str, ...]


def made(answer: Secret, *, challenge: Secret, passkeys: Passkeys) -> Made:
    """Return the passkey a browser's answer brings. Raises ``NotProved`` for any other answer."""
    try:
        said = _read(answer)
        given = RegistrationResponse.from_dict(said)
        found = _server(passkeys).register_complete(_state(challenge), given)
        _demand_sense(given.response.client_data, found)
        if found.credential_data is None or not 0 < len(given.raw_id) <= LONGEST_ID:
            raise wrong_passkey()
        credential = found.credential_data
        if (
            credential.credential_id != given.raw_id
            or credential.public_key.ALGORITHM not in ALGORITHMS
        ):
            raise wrong_passkey()
        transports = _transports(said)
    except MALFORMED:
        raise wrong_passkey() from None
    return Made(
        id=websafe_encode(credential.credential_id),
        key=cbor.encode(dict(credential.public_key)),
        count=found.counter,
        transports=transports,
    )


def counted(answer: Secret, passkey: Passkey, *, challenge: Secret, passkeys: Passkeys) -> int:
    """Return how many signatures the passkey says it has made, once it has proved this one.

    Raises ``NotProved`` for any other answer.
    """
    credential = AttestedCredentialData.create(
        Aaguid.NONE,
        websafe_decode(passkey.id),
        CoseKey.parse(_map(cbor.decode(passkey.key))),
    )
    try:
        given = AuthenticationResponse.from_dict(_read(answer))
        _server(passkeys).authenticate_complete(_state(challenge), [credential], given)
        _demand_sense(given.response.client_data, given.response.authenticator_data)
    except MALFORMED:
        raise wrong_passkey() from None
    return given.response.authenticator_data.counter


def _server(passkeys: Passkeys) -> Fido2Server:
    party = PublicKeyCredentialRpEntity(id=passkeys.party, name=passkeys.party)
    # The one address that people see, to the letter: none of its neighbours under the same name.
    return Fido2Server(party, verify_origin=lambda origin: origin == passkeys.origin)


def _state(challenge: Secret) -> dict[str, object]:
    return {
        "challenge": challenge.reveal(),
        "user_verification": UserVerificationRequirement.REQUIRED,
    }


def _demand_sense(client: CollectedClientData, found: AuthenticatorData) -> None:
    """Refuse an answer from a frame on another site, and one that contradicts itself."""
    if client.cross_origin or (found.is_backed_up() and not found.is_backup_eligible()):
        raise wrong_passkey()


def _read(answer: Secret) -> dict[str, Any]:
    return _map(json.loads(answer.reveal()[:LONGEST_ANSWER]))


def _map(value: object) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise wrong_passkey()
    return value


def _transports(said: dict[str, Any]) -> tuple[str, ...]:
    told = said["response"].get("transports")
    known = TRANSPORTS.intersection(told) if isinstance(told, list) else ()
    return tuple(sorted(known))
