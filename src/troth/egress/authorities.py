"""Identity authorities: is this number that person's, this company's? (policy 2.1.1, 6.2).

What they answer is an outcome, never what they were asked. "No record" is not "false": registers
lag behind life, so it goes to a person to look at.
"""

import hmac
from collections.abc import Callable, Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from troth.egress.post import Line
from troth.egress.recipients import Reply, plain, word
from troth.model.errors import BadInput, ConsentMissing, NotDelivered
from troth.model.secret import Secret
from troth.model.terms import Region


class Check(StrEnum):
    """What can be asked. The last three are answered later, not at once."""

    PERSON_2 = "person_2"
    PERSON_VALIDITY = "person_validity"
    PHONE_2 = "phone_2"
    PHONE_3 = "phone_3"
    BANK_2 = "bank_2"
    BANK_3 = "bank_3"
    BANK_4 = "bank_4"
    ENT_2 = "ent_2"
    ENT_3 = "ent_3"
    ENT_4 = "ent_4"
    FACE = "face"
    DEPOSIT = "deposit"
    REVERSE_DEPOSIT = "reverse_deposit"


ELEMENTS: Final[Mapping[Check, frozenset[str]]] = {
    Check.PERSON_2: frozenset({"name", "id_number"}),
    Check.PERSON_VALIDITY: frozenset({"name", "id_number", "valid_from", "valid_until"}),
    Check.PHONE_2: frozenset({"name", "phone"}),
    Check.PHONE_3: frozenset({"name", "phone", "id_number"}),
    Check.BANK_2: frozenset({"name", "card"}),
    Check.BANK_3: frozenset({"name", "card", "id_number"}),
    Check.BANK_4: frozenset({"name", "card", "id_number", "phone"}),
    Check.ENT_2: frozenset({"company", "uscc"}),
    Check.ENT_3: frozenset({"company", "uscc", "legal_rep"}),
    Check.ENT_4: frozenset({"company", "uscc", "legal_rep", "legal_rep_id"}),
}
"""What each check that answers at once is asked with: exactly these."""


class Result(StrEnum):
    """How a check can end."""

    MATCH = "match"
    MISMATCH = "mismatch"
    NO_RECORD = "no_record"
    BAD_INPUT = "bad_input"
    UNAVAILABLE = "unavailable"
    THROTTLED = "throttled"
    EXPIRED = "expired"
    LOCKED = "locked"


class CheckOutcome(Struct, frozen=True, kw_only=True):
    """An authority's answer; never the elements.

    ``fields`` says of each element whether it is right, None where the authority does not say.
    """

    result: Result
    fields: dict[str, bool | None] = {}
    business_status: str = ""
    provider_ref: str = ""
    billed: bool = False
    code: str = ""


class IdentityAuthority(Protocol):
    """A register that answers at once.

    ``recipient_id`` is its id among the policy's recipients, ``checks`` what it can be asked.
    """

    name: str
    region: Region
    recipient_id: str
    checks: frozenset[Check]

    def verify(
        self,
        check: Check,
        elements: Mapping[str, Secret],
        *,
        request_id: str,
        scene: str,
        authorisation: str,
    ) -> CheckOutcome:
        """Ask. A repeated ``request_id`` is the same question, and is not billed twice.

        ``scene`` is the business scene the authority approved, ``authorisation`` the id of the
        consent's ledger entry. Nothing is raised for an authority that is down: that is
        ``UNAVAILABLE``.
        """
        ...


def digest(elements: Mapping[str, Secret], key: bytes) -> str:
    """Return a keyed digest by which the same elements are recognised, in any order.

    >>> one = {"name": Secret("Mei"), "phone": Secret("1")}
    >>> digest(one, b"k") == digest(dict(reversed(one.items())), b"k")
    True
    """
    told = hmac.new(key, digestmod=sha256)
    for name in sorted(elements):
        value = elements[name].reveal_raw()
        for part in (name.encode(), value.encode() if isinstance(value, str) else value):
            told.update(len(part).to_bytes(8, "big") + part)
    return told.hexdigest()


# --- at the gate's door ------------------------------------------------------------------------


def always(_: Check) -> bool:
    """Ask without limit."""
    return True


class AuthorityPort:
    """An identity authority as the gate sees it: a recipient that is asked, not told.

    ``elements`` says which element each field is. ``may_ask`` is the rate limit: where it says no,
    the answer is ``throttled`` and the authority hears nothing.
    """

    def __init__(
        self,
        authority: IdentityAuthority,
        elements: Mapping[str, str],
        *,
        digest_key: bytes,
        scene: str = "realname",
        may_ask: Callable[[Check], bool] = always,
    ) -> None:
        self._authority = authority
        self._elements = elements
        self._digest_key = digest_key
        self._scene = scene
        self._may_ask = may_ask

    @property
    def id(self) -> str:
        """The authority's id among the policy's recipients."""
        return self._authority.recipient_id

    def deliver(
        self,
        purpose: str,
        values: Mapping[str, Secret],
        request_id: str,
        *,
        authorisation: str = "",
    ) -> Reply:
        """Ask the one check that takes just these fields, for the purpose it is there for.

        Raises ``ConsentMissing`` without an authorisation (policy 2.1.1) and ``BadInput`` for
        fields that no check of this authority takes.
        """
        if not authorisation:
            raise ConsentMissing(
                f"`{self.id}` may not be asked without the recorded authorisation",
                clause="2.1.1",
                remedy="name the ledger entry of the subject's consent",
            )
        elements = {self._element(field): value for field, value in values.items()}
        check = self._check(elements)
        if not self._may_ask(check):
            return Reply(result=Result.THROTTLED.value, code="rate_limit")
        outcome = self._authority.verify(
            check,
            elements,
            request_id=request_id,
            scene=self._scene or purpose,
            authorisation=authorisation,
        )
        return self._reply(outcome, values, digest(elements, self._digest_key))

    def _element(self, field: str) -> str:
        if field not in self._elements:
            raise BadInput(
                f"`{self.id}` takes no `{field}`", clause="4.1.4", remedy="send what it needs only"
            )
        return self._elements[field]

    def _check(self, elements: Mapping[str, Secret]) -> Check:
        for check in self._authority.checks:
            if ELEMENTS.get(check) == frozenset(elements):
                return check
        raise BadInput(
            f"`{self.id}` has no check of just `{'`, `'.join(sorted(elements))}`", clause="2.1.1"
        )

    def _reply(self, outcome: CheckOutcome, values: Mapping[str, Secret], seen: str) -> Reply:
        return Reply(
            result=outcome.result.value,
            reference=outcome.provider_ref,
            code=outcome.code,
            fields={field: outcome.fields.get(self._elements[field]) for field in values},
            status=outcome.business_status,
            billed=outcome.billed,
            digest=seen,
        )


# --- behind a bridge ---------------------------------------------------------------------------


class HttpAuthority:
    """An authority behind a bridge of the controller's own that takes signed JSON.

    Every provider has its own protocol, so this speaks none of them: the bridge is asked
    ``{"check", "elements", "scene", "authorisation"}`` and answers as ``CheckOutcome`` is written.
    An answer of any other shape is ``UNAVAILABLE``, with code ``bad_answer``.
    """

    def __init__(
        self,
        line: Line,
        *,
        name: str,
        recipient_id: str,
        region: Region,
        checks: frozenset[Check],
    ) -> None:
        self.name = name
        self.recipient_id = recipient_id
        self.region = region
        self.checks = checks
        self._line = line

    def verify(
        self,
        check: Check,
        elements: Mapping[str, Secret],
        *,
        request_id: str,
        scene: str,
        authorisation: str,
    ) -> CheckOutcome:
        """Ask the bridge."""
        body = {
            "check": check.value,
            "elements": {name: plain(value) for name, value in elements.items()},
            "scene": scene,
            "authorisation": authorisation,
        }
        try:
            answer = self._line.post(request_id, msgspec.json.encode(body))
            outcome = msgspec.json.decode(answer, type=CheckOutcome)
        except NotDelivered as error:
            return CheckOutcome(result=Result.UNAVAILABLE, code=error.reason)
        except msgspec.DecodeError:
            return CheckOutcome(result=Result.UNAVAILABLE, code="bad_answer")
        return msgspec.structs.replace(
            outcome,
            fields={name: outcome.fields.get(name) for name in elements},
            business_status=word(outcome.business_status, elements),
            provider_ref=word(outcome.provider_ref, elements),
            code=word(outcome.code, elements),
        )
