"""Identity authorities: is this number that person's, this company's? (policy 2.1.1, 6.2).

What they answer is an outcome, never what they were asked. "No record" is not "false": registers
lag behind life, so it goes to a person to look at. Some answer at once; three checks take hours or
days and end by what the person does (looks into a camera, finds a payment) or by a call to us.
"""

import hmac
from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Final, Protocol

from msgspec import Struct

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
    Check.FACE: frozenset({"name", "id_number"}),
    Check.DEPOSIT: frozenset({"holder", "bank", "card"}),
    Check.REVERSE_DEPOSIT: frozenset({"holder", "card"}),
}
"""What each check is asked with: exactly these."""
LATER: Final = frozenset({Check.FACE, Check.DEPOSIT, Check.REVERSE_DEPOSIT})
"""Checks that are started, and answered hours or days after."""
TELLING: Final = frozenset(
    {"id_number", "phone", "card", "uscc", "legal_rep_id", "valid_from", "valid_until"}
)
"""Elements that could be guessed by asking again and again; many people share a name."""


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


FINAL: Final = frozenset({Result.MATCH, Result.MISMATCH, Result.NO_RECORD})
"""What a register knows; all else says only that it could not be asked, or not in this way."""
WAITING: Final = "waiting"
"""The code of an outcome that is not there yet; its result is ``UNAVAILABLE``."""


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


class Started(Struct, frozen=True, kw_only=True):
    """A check that was started: what the authority calls it, and where the person goes on, if so.

    ``refused`` is why it was not started; the rest is empty then.
    """

    reference: str = ""
    url: str = ""
    refused: CheckOutcome | None = None


class Called(Struct, frozen=True, kw_only=True):
    """What an authority called to say: which started check it is about, and how that ended."""

    reference: str
    outcome: CheckOutcome


class IdentityAuthority(Protocol):
    """A register that answers at once, and perhaps some checks later.

    ``recipient_id`` is its id among the policy's recipients, ``checks`` what it can be asked. No
    method raises for an authority that is down: that is ``UNAVAILABLE``.
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
        consent's ledger entry.
        """
        ...

    def start(
        self,
        check: Check,
        elements: Mapping[str, Secret],
        *,
        request_id: str,
        scene: str,
        authorisation: str,
        memo: str,
    ) -> Started:
        """Start a check that ends later; ``memo`` is a code for the remark of a payment."""
        ...

    def takes_memo(self, check: Check) -> bool:
        """Tell whether the payment of a check carries our code in its remark."""
        ...

    def confirm(
        self, check: Check, reference: str, answer: Secret, *, request_id: str
    ) -> CheckOutcome:
        """Hand in what the person found; an empty answer asks how the check stands.

        ``UNAVAILABLE`` with the code ``waiting`` says that it has not ended yet.
        """
        ...

    def called(self, body: bytes) -> Called:
        """Read what a call says whose signature was checked before. Raises ``BadInput``."""
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
