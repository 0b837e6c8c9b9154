"""Others who may be given values: processors, controllers, authorities (policy 4.1, 2.1.1).

The gate has judged and recorded a share before it comes here. What is left to this room is the last
door: no value leaves without an agreement that is in force, or for a purpose or field outside it
(``Bound``), and what a recipient answers is taken as a stranger's word.
"""

import base64
from collections.abc import Iterable, Mapping
from re import compile as pattern
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from troth.egress.post import Line
from troth.model.clock import Clock, Moment, iso
from troth.model.errors import Misconfigured, Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId, matches

SAFE_WORD: Final = pattern(r"[A-Za-z0-9._:/-]{0,64}")
SHORTEST_ECHO: Final = 4
"""A value this short turns up in references by chance."""


class Reply(Struct, frozen=True, kw_only=True):
    """What a recipient answered; never a value that it was given.

    ``fields`` says of each checked value whether it is right (None: not known), ``digest`` is the
    keyed digest by which the same values are recognised later, ``url`` where the person goes on;
    these are an authority's.
    """

    result: str = "accepted"
    reference: str = ""
    code: str = ""
    fields: dict[str, bool | None] = {}
    status: str = ""
    billed: bool = False
    digest: str = ""
    url: str = ""


class RecipientPort(Protocol):
    """One recipient that is given values at once."""

    @property
    def id(self) -> str:
        """The recipient's id in the policy."""
        ...

    def deliver(
        self,
        purpose: str,
        values: Mapping[str, Secret],
        request_id: str,
        *,
        authorisation: str = "",
        task: str = "",
        subject: SubjectId | None = None,
    ) -> Reply:
        """Hand values over for a purpose; ``request_id`` is the ledger entry's id.

        ``authorisation`` is the id of the consent's own entry; identity authorities need it
        (policy 2.1.1). ``task`` says what the recipient is asked for, where it does several things;
        ``subject`` is whom it is about, and stays in the house. Raises ``NotDelivered``,
        ``Refused``, ``ConsentMissing``, ``BadInput``.
        """
        ...


def by_id(*ports: RecipientPort) -> dict[str, RecipientPort]:
    """Return ports under their ids. Raises ``Misconfigured`` when two have the same."""
    found = {port.id: port for port in ports}
    if len(found) != len(ports):
        raise Misconfigured("two recipients have the same id")
    return found


# --- agreements --------------------------------------------------------------------------------


class Agreement(Struct, frozen=True, kw_only=True):
    """A confidentiality agreement: its reference, its end, and what it covers (policy 4.1.4).

    ``fields`` are category patterns (``contact``, ``contact.email``, ``*``).
    """

    reference: str
    purposes: frozenset[str]
    fields: tuple[str, ...]
    until: Moment | None = None

    def uncovered(self, purpose: str, fields: Iterable[str], at: Moment) -> str:
        """Say why it does not cover a delivery; empty when it does.

        >>> deal = Agreement(reference="C-7", purposes=frozenset({"sms"}), fields=("contact",))
        >>> deal.uncovered("sms", ["contact.phone"], Moment(0))
        ''
        >>> deal.uncovered("sms", ["identity.id_number"], Moment(0))
        'agreement `C-7` does not cover the field `identity.id_number`'
        """
        if self.until is not None and at >= self.until:
            return f"agreement `{self.reference}` ended on {iso(self.until)}"
        if purpose not in self.purposes:
            return f"agreement `{self.reference}` does not cover the purpose `{purpose}`"
        for field in fields:
            if not any(matches(covered, field) for covered in self.fields):
                return f"agreement `{self.reference}` does not cover the field `{field}`"
        return ""


class Bound:
    """A recipient held to its agreement: nothing reaches it outside of that."""

    def __init__(self, port: RecipientPort, agreement: Agreement | None, clock: Clock) -> None:
        self._port = port
        self._agreement = agreement
        self._clock = clock

    @property
    def id(self) -> str:
        """The recipient's id in the policy."""
        return self._port.id

    def deliver(
        self,
        purpose: str,
        values: Mapping[str, Secret],
        request_id: str,
        *,
        authorisation: str = "",
        task: str = "",
        subject: SubjectId | None = None,
    ) -> Reply:
        """Deliver under the agreement. Raises ``Refused`` where it does not cover this."""
        if self._agreement is None:
            raise Refused(
                f"there is no agreement with `{self.id}`",
                clause="4.1.4",
                remedy="sign one that binds it to instructions, this policy and security",
            )
        why = self._agreement.uncovered(purpose, values, self._clock.now())
        if why:
            raise Refused(why, clause="4.1.4", remedy="send less, or extend the agreement first")
        return self._port.deliver(
            purpose, values, request_id, authorisation=authorisation, task=task, subject=subject
        )


# --- over HTTP ---------------------------------------------------------------------------------


class _Answer(Struct, frozen=True):
    """What of an HTTP recipient's answer is read."""

    reference: str = ""


class HttpRecipient:
    """A recipient that takes signed JSON: ``{"request", "purpose", "values"}``.

    The purpose travels with the values (policy 4.1.4); a file travels as ``{"base64": ...}``.
    """

    def __init__(self, recipient: str, line: Line) -> None:
        self._id = recipient
        self._line = line

    @property
    def id(self) -> str:
        """The recipient's id in the policy."""
        return self._id

    def deliver(
        self,
        purpose: str,
        values: Mapping[str, Secret],
        request_id: str,
        *,
        authorisation: str = "",
        task: str = "",
        subject: SubjectId | None = None,  # noqa: ARG002  # who it is stays in the house
    ) -> Reply:
        """Post the values. Raises ``NotDelivered``."""
        body: dict[str, object] = {
            "request": request_id,
            "purpose": purpose,
            "authorisation": authorisation,
            "values": {name: plain(value) for name, value in values.items()},
        }
        if task:
            body["task"] = task
        answer = self._line.post(request_id, msgspec.json.encode(body))
        try:
            reference = msgspec.json.decode(answer, type=_Answer).reference
        except msgspec.DecodeError:
            reference = ""
        return Reply(reference=word(reference, values))


def plain(value: Secret) -> str | dict[str, str]:
    """Write a value as JSON takes it."""
    raw = value.reveal_raw()
    return raw if isinstance(raw, str) else {"base64": base64.b64encode(raw).decode()}


def word(told: str, values: Mapping[str, Secret]) -> str:
    """Keep a recipient's reference or code; drop one that is odd or repeats a value we sent.

    >>> word("ref-1", {}), word("no such person: Mei", {}), word("ref-5500", {"a": Secret("5500")})
    ('ref-1', '', '')
    """
    sent = (value.reveal_raw() for value in values.values())
    echoes = any(
        text.lower() in told.lower()
        for text in sent
        if isinstance(text, str) and len(text) >= SHORTEST_ECHO
    )
    return told if SAFE_WORD.fullmatch(told) and not echoes else ""
