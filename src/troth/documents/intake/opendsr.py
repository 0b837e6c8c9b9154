"""OpenDSR 2.0: another controller's request, of whose data we hold some for them (policy 5.1, 9).

The controller proved itself by its service key, and has its own subject before it. Whom the
identities lead to is found out here all the same, by people, before anything is released or erased:
an identity can be somebody else's e-mail (A21).
"""

import re
from base64 import b64encode
from datetime import datetime
from typing import Final, Literal

import msgspec
from msgspec import Struct

from troth.model.clock import DAY, SECOND, Moment, iso
from troth.model.errors import BadInput
from troth.model.secret import Secret

VERSION: Final = "2.0"
DOMAIN_HEADER: Final = "X-OpenDSR-Processor-Domain"
SIGNATURE_HEADER: Final = "X-OpenDSR-Signature"
TYPES: Final = {
    "access": "access",
    "portability": "port",
    "erasure": "delete",
    "rectification": "correct",
}
"""What each type of request is called here."""
REGULATIONS: Final = {"gdpr": "EEA", "ccpa": "US-CA", "pipl": "CN"}
"""The residence that a regulation is claimed by."""
FIELDS: Final = {
    "email": "contact.email",
    "phone": "contact.phone",
    "mobile_number": "contact.phone",
    "controller_customer_id": "account.login",
}
FORMATS: Final = {"raw": 0, "md5": 32, "sha1": 40, "sha256": 64}
"""How an identity may be written, and how many hexadecimal digits that has."""
MOST_IDENTITIES: Final = 20
MOST_CALLBACKS: Final = 5
CERTIFICATE: Final = "/opendsr/v2/certificate.pem"
"""Where the certificate lies."""
GUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_HEX: Final = re.compile(r"[0-9a-f]+")

Status = Literal["pending", "in_progress", "completed", "cancelled"]


class Identity(Struct, frozen=True, kw_only=True):
    """One identity of the person: of which type, in which format."""

    identity_type: str
    identity_value: str
    identity_format: str = "raw"


class Request(Struct, frozen=True, kw_only=True):
    """What a controller asks, in the words of OpenDSR 2.0."""

    subject_request_id: str
    subject_request_type: str
    submitted_time: str
    regulation: str = "gdpr"
    subject_identities: tuple[Identity, ...] = ()
    status_callback_urls: tuple[str, ...] = ()
    api_version: str = VERSION
    extensions: dict[str, msgspec.Raw] = {}

    def claimed(self) -> dict[str, Secret]:
        """Return who it is said to be, by field of ours: what was sent as it is."""
        return {
            FIELDS[one.identity_type]: Secret(one.identity_value)
            for one in reversed(self.subject_identities)
            if one.identity_format == "raw" and one.identity_type in FIELDS
        }

    def words(self) -> str:
        """Return what staff read of it."""
        lines = [f"{self.subject_request_type} ({self.regulation})"]
        lines += [
            f"{one.identity_type} ({one.identity_format}): {one.identity_value}"
            for one in self.subject_identities
        ]
        return "\n".join(lines)


class Accepted(Struct, frozen=True, kw_only=True):
    """The answer to a request that was taken."""

    controller_id: str
    expected_completion_time: str
    received_time: str
    encoded_request: str
    subject_request_id: str
    api_version: str = VERSION


class Told(Struct, frozen=True, kw_only=True):
    """How far a request is; ``status_callback_url`` is in a callback alone."""

    controller_id: str
    expected_completion_time: str
    subject_request_id: str
    request_status: Status
    api_version: str = VERSION
    results_url: None = None
    status_callback_url: str | msgspec.UnsetType = msgspec.UNSET


class Cancelled(Struct, frozen=True, kw_only=True):
    """The answer to a request that was taken back."""

    controller_id: str
    received_time: str
    subject_request_id: str
    api_version: str = VERSION


class Discovery(Struct, frozen=True, kw_only=True):
    """What we take, for programs to read first."""

    supported_identities: tuple[dict[str, str], ...]
    supported_subject_request_types: tuple[str, ...]
    processor_certificate: str
    api_version: str = VERSION


def read(raw: bytes, *, at: Moment) -> Request:
    """Read a request. Raises ``BadInput`` naming the property that is wrong, never its value.

    >>> read(b"{}", at=Moment(0))
    Traceback (most recent call last):
        ...
    troth.model.errors.BadInput: the body is no OpenDSR request (§7.2): see OpenDSR 2.0, 7.1
    """
    try:
        told = msgspec.json.decode(raw, type=Request)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _wrong("the body is no OpenDSR request", "body") from None
    if not GUID.fullmatch(told.subject_request_id):
        raise _wrong("it is no UUID of version 4, in small letters", "subject_request_id")
    if told.subject_request_type not in TYPES:
        raise _wrong(f"take one of {', '.join(TYPES)}", "subject_request_type")
    if told.regulation not in REGULATIONS:
        raise _wrong(f"take one of {', '.join(REGULATIONS)}", "regulation")
    if told.api_version not in ("1.0", VERSION):
        raise _wrong(f"speak {VERSION}", "api_version")
    if not 0 < len(told.subject_identities) <= MOST_IDENTITIES:
        raise _wrong(f"give 1 to {MOST_IDENTITIES} identities", "subject_identities")
    if len(told.status_callback_urls) > MOST_CALLBACKS:
        raise _wrong(f"give at most {MOST_CALLBACKS} addresses", "status_callback_urls")
    for one in told.subject_identities:
        _demand_identity(one)
    submitted(told, at)
    return told


def submitted(told: Request, at: Moment) -> Moment:
    """Return when the person asked the controller; not later than now. Raises ``BadInput``."""
    try:
        parsed = datetime.fromisoformat(told.submitted_time[:40])
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise _wrong("a time is RFC 3339, with its zone", "submitted_time")
    moment = Moment(round(parsed.timestamp() * SECOND))
    if moment > at + DAY:
        raise _wrong("this time is yet to come", "submitted_time")
    return min(moment, at)


def discovery(certificate: str) -> Discovery:
    """Return what we take."""
    return Discovery(
        supported_identities=tuple(
            {"identity_type": kind, "identity_format": form} for kind in FIELDS for form in FORMATS
        ),
        supported_subject_request_types=tuple(TYPES),
        processor_certificate=certificate,
    )


def accepted(
    told: Request, raw: bytes, *, controller: str, received: Moment, by: Moment
) -> Accepted:
    """Return the receipt of a request: it goes back as it came, and stays nowhere here."""
    return Accepted(
        controller_id=controller,
        expected_completion_time=iso(by),
        received_time=iso(received),
        encoded_request=b64encode(raw).decode(),
        subject_request_id=told.subject_request_id,
    )


def status_of(state: str) -> Status:
    """Return the protocol's name of a state of ours; what ended is completed or cancelled.

    >>> status_of("open"), status_of("denied"), status_of("revoked")
    ('pending', 'completed', 'cancelled')
    """
    named: dict[str, Status] = {
        "open": "pending",
        "in_progress": "in_progress",
        "revoked": "cancelled",
    }
    return named.get(state, "completed")


def _demand_identity(one: Identity) -> None:
    value, digits = one.identity_value, FORMATS.get(one.identity_format)
    if one.identity_type not in FIELDS:
        raise _wrong(f"an identity is one of {', '.join(FIELDS)}", "identity_type")
    if digits is None:
        raise _wrong(f"a format is one of {', '.join(FORMATS)}", "identity_format")
    hashed = bool(_HEX.fullmatch(value)) and len(value) == digits
    plain = 0 < len(value) <= 254 and value.isprintable()
    if not (hashed if digits else plain):
        raise _wrong("the value is not of its format", "identity_value")


def _wrong(why: str, field: str) -> BadInput:
    return BadInput(why, clause="7.2", remedy="see OpenDSR 2.0, 7.1", field=field)
