"""What is known of each field: unverified, verified or failed, how and since when (2.1.3)."""

from collections.abc import Iterable
from typing import Final, Literal

from msgspec import Struct

from troth.model.clock import Moment
from troth.model.errors import Refused
from troth.model.standing import Standing
from troth.model.terms import matches

FACT: Final = "realname"
"""The fact that services ask for: the identity as a whole."""
GROUPS: Final = ("identity", "contact", "enterprise", "legal_rep", "handler", "bank")
"""Fields whose truth can be checked."""
CONFIRMING: Final = (
    frozenset({"identity.name", "identity.id_number"}),
    frozenset({"enterprise.name", "enterprise.uscc"}),
    frozenset({"handler.name", "handler.id_number"}),
)
"""A check that covers one of these confirms who somebody is; others confirm their fields alone."""
IDENTITY: Final = frozenset().union(*CONFIRMING)
"""What a confirmed identity rests on."""

State = Literal["unverified", "verified", "failed"]
STATES: Final[dict[str, State]] = {"verified": "verified", "failed": "failed"}


Kind = Literal["identity", "bank", "phone"]
"""What a check or a review is about."""


class FieldStatus(Struct, frozen=True, kw_only=True):
    """One field that is held: whether it was checked, by which method and when."""

    field: str
    state: State
    method: str = ""
    at: Moment | None = None


def statuses(standing: Standing, provided: Iterable[str]) -> list[FieldStatus]:
    """Return the status of every field of a person's own giving that could be checked.

    ``provided`` are the policy's fields that people give. A value that was corrected after it was
    checked is unverified again: the ledger's fold forgets the check.
    """
    asked = (field for field in provided if any(matches(group, field) for group in GROUPS))
    return [_status(field, standing) for field in asked if field in standing.held]


def _status(field: str, standing: Standing) -> FieldStatus:
    fact = standing.facts.get(field)
    if fact is None:
        return FieldStatus(field=field, state="unverified")
    state = STATES.get(fact.result, "unverified")
    return FieldStatus(field=field, state=state, method=fact.method, at=fact.at)


def confirms(fields: Iterable[str]) -> bool:
    """Tell whether a check of some fields confirms who somebody is.

    >>> confirms(["identity.name", "identity.id_number", "bank.number"]), confirms(["bank.number"])
    (True, False)
    """
    asked = frozenset(fields)
    return any(needed <= asked for needed in CONFIRMING)


def about(task: str, fields: Iterable[str]) -> Kind:
    """Say what a check is about: who somebody is, or an account or a number of theirs alone.

    >>> about("bank_2", ["identity.name", "bank.number"]), about("person_2", CONFIRMING[0])
    ('bank', 'identity')
    """
    if confirms(fields):
        return "identity"
    return "phone" if task.startswith("phone") else "bank"


def in_scope(kind: str, field: str) -> bool:
    """Tell whether a review of a kind decides a field."""
    if kind == "identity":
        return field in IDENTITY
    return field.startswith("bank.") if kind == "bank" else field == "contact.phone"


def confirmed(standing: Standing) -> bool:
    """Tell whether an identity is confirmed."""
    fact = standing.facts.get(FACT)
    return fact is not None and fact.result == "verified"


def locked() -> Refused:
    """Return the refusal to touch a confirmed identity alone."""
    return Refused(
        "this identity is confirmed: contact support",
        clause="6.2",
        remedy="call or write to support, who change it after their own checks",
    )
