"""The Data Rights Protocol 1.0: what an agent signs, and how it is told how far we are (9.6, 11.3).

Every claim is taken as it is named or not at all. What an agent says of somebody's identity is the
agent's word: it goes into the claim of the request and proves nothing yet. States and reasons go
out under the protocol's own names.
"""

from datetime import datetime
from typing import Final, Literal, TypeVar

import msgspec
from msgspec import Struct

from troth.documents.intake.agents import Agent, signed_by
from troth.model.clock import DAY, MINUTE, SECOND, Moment, iso
from troth.model.errors import BadInput, NotProved
from troth.model.secret import Secret

S = TypeVar("S", bound=Struct)
VERSION: Final = "1.0"
VERSIONS: Final = ("1.0", "0.9.4", "0.9.3")
"""Versions that are one protocol: the last two were declared to be 1.0 without a change."""
LONGEST_LIFE: Final = DAY
"""A message that lives longer is refused: it should live for ten minutes."""
SKEW: Final = MINUTE
"""How far an agent's clock may go before ours."""
MOST: Final = 64 * 1024
"""Octets of a signed message."""
ACTIONS: Final = {
    "access": "access",
    "access:categories": "access",
    "access:specific": "copy",
    "deletion": "delete",
    "sale:opt_out": "opt_out_sale",
    "sale:opt-out": "opt_out_sale",
}
"""What each right is called here. There is nothing to opt in to: nothing is sold."""
SUPPORTED: Final = ("access", "access:categories", "access:specific", "deletion", "sale:opt_out")
VERIFIES: Final = ("email", "phone_number", "address")
REGIMES: Final = ("ccpa", "gdpr", "pipl", "voluntary", "")
RESIDENCES: Final = {"ccpa": "US-CA", "gdpr": "EEA", "pipl": "CN"}
"""The residence that a regime is claimed by."""

Status = Literal["open", "in_progress", "fulfilled", "revoked", "denied", "expired"]
REASONS: Final = {
    "insuf_verification": "insuf_verification",
    "no_match": "no_match",
    "suspected_fraud": "suspected_fraud",
    "outside_jurisdiction": "outside_jurisdiction",
    "claim_not_covered": "claim_not_covered",
    "held_by_law": "claim_not_covered",
    "not_obtainable": "claim_not_covered",
    "repetitive": "too_many_requests",
    "too_many_requests": "too_many_requests",
}
"""The protocol's reason for each ground of ours; any other is ``other``."""
DETAILS: Final = {
    "need_user_verification": "we ask the person themselves to prove who they are",
    "needs_documents": "papers are missing: a power of attorney, or those of a company",
    "fee_quoted": "the person was told what it would cost, and has not answered",
    "signing_off": "it is being looked at once more",
    "too_technical": "it would take new systems or a fundamental change of ours",
    "others_at_risk": "it would endanger the rights of others",
    "impractical": "it cannot reasonably be done",
    "held_by_law": "a law demands that some of it is kept",
    "not_obtainable": "technique, law or security forbids giving it out",
}


class Pairing(Struct, frozen=True, rename="kebab", kw_only=True):
    """What an agent signs to be given a token; the beginning of every signed message."""

    agent_id: str
    business_id: str
    issued_at: str
    expires_at: str
    version: str = msgspec.field(name="drp.version")


class Address(Struct, frozen=True, kw_only=True):
    """An address, as OpenID Connect writes one."""

    formatted: str = ""
    street_address: str = ""
    locality: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""

    def written(self) -> str:
        """Return it as one text."""
        parts = (self.street_address, self.locality, self.region, self.postal_code, self.country)
        return self.formatted or ", ".join(part for part in parts if part)


class Exercise(Struct, frozen=True, kw_only=True):
    """What an agent asks for somebody: the signed message's own words, before they are judged."""

    agent_id: str = msgspec.field(name="agent-id")
    business_id: str = msgspec.field(name="business-id")
    issued_at: str = msgspec.field(name="issued-at")
    expires_at: str = msgspec.field(name="expires-at")
    version: str = msgspec.field(name="drp.version")
    exercise: str
    regime: str = ""
    relationships: tuple[str, ...] = ()
    status_callback: str = ""
    agent_request_id: str = msgspec.field(name="agent-request-id", default="")
    name: str = ""
    email: str = ""
    email_verified: bool = False
    phone_number: str = ""
    phone_number_verified: bool = False
    address: Address | str = ""
    address_verified: bool = False
    power_of_attorney: str = ""

    def claimed(self) -> dict[str, Secret]:
        """Return who it is said to be, by field of ours."""
        place = self.address if isinstance(self.address, str) else self.address.written()
        told = {
            "identity.name": self.name,
            "contact.email": self.email,
            "contact.phone": self.phone_number,
            "contact.address": place,
        }
        return {field: Secret(text[:500]) for field, text in told.items() if text.strip()}

    def words(self) -> str:
        """Return what staff read of it: what is asked, by which law, and what the agent vouches."""
        vouched = [
            name
            for name, so in (
                ("email", self.email_verified),
                ("phone_number", self.phone_number_verified),
                ("address", self.address_verified),
            )
            if so
        ]
        lines = [f"exercise: {self.exercise}", f"regime: {self.regime or 'voluntary'}"]
        if self.relationships:
            lines.append(f"relationships: {', '.join(self.relationships)[:500]}")
        lines.append(f"verified by the agent: {', '.join(vouched) or 'nothing'}")
        if self.power_of_attorney:
            lines.append(f"power of attorney: {self.power_of_attorney[:500]}")
        return "\n".join(lines)


class Revoking(Struct, frozen=True, kw_only=True):
    """Why somebody takes a request back."""

    reason: str = ""


class Told(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a request is, as the protocol writes it (its schema 3.03)."""

    request_id: str
    status: Status
    received_at: str
    expected_by: str = ""
    reason: str = ""
    processing_details: str = ""
    agent_request_id: str = ""


def pairing(agent: Agent, message: bytes, *, business: str, at: Moment) -> Pairing:
    """Read the message by which an agent asks for a token.

    Raises ``NotProved`` for another's, one that is over, or one for somebody else.
    """
    told = _read(signed_by(agent, message), Pairing)
    _demand(agent, told, business=business, at=at)
    return told


def exercise(agent: Agent, message: bytes, *, business: str, at: Moment) -> Exercise:
    """Read a request, judged in the order that the protocol lays down (its 3.07).

    Raises ``NotProved`` as ``pairing`` does, ``BadInput`` for a right or a version there is not.
    """
    if len(message) > 2 * MOST:
        raise BadInput("this message is too long", clause="7.2", field="body")
    told = _read(signed_by(agent, message), Exercise)
    _demand(agent, told, business=business, at=at)
    if told.exercise not in ACTIONS:
        raise BadInput(
            "this right is not taken here",
            clause="9.6",
            field="exercise",
            remedy=f"take one of {', '.join(SUPPORTED)}",
        )
    if told.regime not in REGIMES:
        raise BadInput(
            "this regime is not known", clause="9.6", field="regime", remedy="ccpa, or leave it out"
        )
    if not told.claimed():
        raise BadInput(
            "it is not said for whom", clause="9.7", field="email", remedy="give name and email"
        )
    return told


def revoking(agent: Agent, message: bytes) -> Revoking:
    """Read the message by which somebody takes a request back. Raises ``NotProved``."""
    return _read(signed_by(agent, message), Revoking)


def status_of(
    *, number: str, state: str, reason: str, received: Moment, due: Moment, reference: str = ""
) -> Told:
    """Say how far a request is; ``state`` and ``reason`` are ours.

    >>> told = status_of(
    ...     number="r-1", state="denied", reason="repetitive", received=Moment(0), due=Moment(0))
    >>> told.status, told.reason
    ('denied', 'too_many_requests')
    """
    denied, live = state == "denied", state in ("open", "in_progress")
    # Whoever is asked receives at once: a request here is in progress from its first moment.
    status: Status = "in_progress" if live else state  # type: ignore[assignment]  # ours are theirs
    return Told(
        request_id=number,
        status=status,
        received_at=iso(received),
        expected_by=iso(due) if live else "",
        # What one in progress waits for has no address to go with it here: it is told in words.
        reason=REASONS.get(reason, "other") if denied else "",
        processing_details=DETAILS.get(reason, ""),
        agent_request_id=reference,
    )


def when(told: str) -> Moment:
    """Read an ISO 8601 time that names its zone. Raises ``BadInput``."""
    try:
        parsed = datetime.fromisoformat(told[:40])
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise BadInput(
            "a time is ISO 8601 with its zone",
            clause="7.2",
            field="issued-at",
            remedy="end it with Z",
        )
    return Moment(round(parsed.timestamp() * SECOND))


def _demand(agent: Agent, told: Pairing | Exercise, *, business: str, at: Moment) -> None:
    """Demand that a message is this agent's, for us, and of now."""
    if told.agent_id != agent.id:
        raise NotProved("this message is another agent's", clause="9.7")
    if told.business_id != business:
        raise NotProved("this message is for another business", clause="9.7")
    if told.version not in VERSIONS:
        raise BadInput(
            "this version is not spoken here",
            clause="9.6",
            field="drp.version",
            remedy=f"speak {VERSION}",
        )
    issued, expires = when(told.issued_at), when(told.expires_at)
    if at < issued - SKEW or at >= expires or expires - issued > LONGEST_LIFE:
        raise NotProved(
            "this message is not of now",
            clause="9.7",
            remedy="sign anew, to expire in ten minutes; see to your clock",
        )


def _read(raw: bytes, shape: type[S]) -> S:
    try:
        return msgspec.json.decode(raw[:MOST], type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadInput(
            "what was signed is not a message of this protocol",
            clause="7.2",
            field="body",
            remedy="see the protocol's 2.01",
        ) from None
