"""Codes of an authenticator app: six digits every half minute, each good once (7.1, RFC 6238).

The secret is shown once, when it is made, and lies in the vault from then on. What every app
understands is SHA-1, six digits and thirty seconds; nothing here rests on SHA-1's collisions.
Loaded when the first app is used (decision 14): drawing costs a megabyte.
"""

import re
import secrets
from base64 import b32encode
from typing import Final

import pyotp
import segno

from troth.model.clock import SECOND, Moment
from troth.model.secret import Secret, veiled

SECRET_BYTES: Final = 20
DIGITS: Final = 6
STEP_SECONDS: Final = 30
DRIFT: Final = 1
"""How many steps a phone's clock may be off, either way."""
SHAPE: Final = re.compile(r"[0-9]{6}")
BORDER: Final = 4
"""Empty modules around a drawn code, as ISO/IEC 18004 asks for."""


def new_secret() -> Secret:
    """Draw the secret of one authenticator: 160 bits, in base32."""
    return Secret(b32encode(secrets.token_bytes(SECRET_BYTES)).decode())


def address(secret: Secret, *, label: Secret, issuer: str) -> Secret:
    """Return the ``otpauth:`` address that an app takes, as a link or as a drawn code.

    ``label`` is what the subject will know the account by, ``issuer`` who runs the service.

    >>> address(Secret("A" * 32), label=Secret("li@mail.example"), issuer="Us").reveal()[:43]
    'otpauth://totp/Us:li%40mail.example?secret='
    """
    return veiled(
        lambda opened: _totp(str(opened["secret"])).provisioning_uri(
            name=str(opened["label"]), issuer_name=issuer
        ),
        {"secret": secret, "label": label},
    )


def drawn(address: Secret) -> Secret:
    """Return an address as a QR code: an ``<svg>`` element that scales, without style or script.

    Dark on light whatever the page's colours: many readers take no other.
    """
    code = segno.make(address.reveal(), error="m", micro=False)
    return Secret(code.svg_inline(border=BORDER, dark="#000", light="#fff", omitsize=True))


def step_of(secret: Secret, code: Secret, *, at: Moment) -> int | None:
    """Return the time step a code belongs to, if it is one of now or of a step beside it.

    Whether the step was used already is for the caller to ask: a code is good once.
    """
    given = code.reveal()
    if not SHAPE.fullmatch(given):
        return None
    try:
        return _totp(secret.reveal()).verify_and_get_timecode(
            given, for_time=at // SECOND, valid_window=DRIFT
        )
    except pyotp.OTPVerificationError:
        return None


def gone_by(step: int) -> Moment:
    """Return the moment from which nobody can use a step any more.

    >>> gone_by(1)
    120000
    """
    return Moment((step + DRIFT + 2) * STEP_SECONDS * SECOND)


def _totp(secret: str) -> pyotp.TOTP:
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
