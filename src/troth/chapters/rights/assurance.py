"""Assurance: how sure we must be of who asks, by act and by field (policy 6.1, 6.2, 9.7)."""

from collections.abc import Callable, Iterable
from typing import Final

from troth.gate import Gate
from troth.model.acts import Act, Actor
from troth.model.errors import BadInput, NotProved, Refused
from troth.model.standing import Standing
from troth.model.terms import matches

NEEDED: Final = {"access": 1, "copy": 2, "correct": 1, "erase": 2, "restrict": 1, "object": 1}
"""By act: 1 signed in, 2 proved again just now."""
PROVED_CONTACTS: Final = (
    *("contact.email", "contact.phone", "account.password"),
    *("account.totp", "account.passkeys", "account.recovery_codes"),
)
"""Fields that change only with a proof of the new value, in the accounts chapter."""
REALNAME: Final = ("identity", "enterprise.uscc", "legal_rep", "handler.id_number", "bank.number")
"""Fields that a confirmed identity rests on: only support changes them then."""


def demand(by: Actor, act: str) -> None:
    """Raise ``NotProved`` when it is not sure enough who asks.

    Staff and programs prove themselves at their own door.

    >>> demand(Actor(kind="subject", assurance=2), "erase")
    """
    if by.kind in ("subject", "guardian", "visitor") and by.assurance < NEEDED[act]:
        raise NotProved(
            f"`{act}` asks for a proof made just now",
            clause="6.3.3",
            remedy="enter your password or a code once more",
        )


def permitted(
    gate: Gate, fields: Iterable[str], act: Callable[[tuple[str, ...]], Act]
) -> tuple[str, ...]:
    """Return those of some fields that the policy lets an act have; ``act`` makes it of fields.

    A refusal names the fields of one reason: asked again without them, it names the next.
    """
    asked = tuple(fields)
    while asked:
        blocked = {field for decision in gate.ask(act(asked)) for field in decision.blocked}
        if not blocked:
            break
        asked = tuple(field for field in asked if field not in blocked)
    return asked


def locked(field: str, standing: Standing) -> bool:
    """Tell whether a confirmed identity rests on a field: only support changes it then (6.2).

    >>> locked("identity.name", Standing(pseudonym="p"))
    False
    """
    fact = standing.facts.get("realname")
    confirmed = fact is not None and fact.result == "verified"
    return confirmed and any(matches(pattern, field) for pattern in REALNAME)


def check_correctable(field: str, standing: Standing) -> None:
    """Raise why a field cannot be corrected by its subject alone: ``Refused`` or ``BadInput``."""
    if locked(field, standing):
        raise Refused(
            f"`{field}` belongs to a confirmed identity: contact support",
            clause="6.2",
            remedy="call or write to support, who change it after their own checks",
        )
    if field in PROVED_CONTACTS:
        raise BadInput(
            f"`{field}` changes only with a proof of the new one",
            clause="2.1.2",
            remedy="bind the new one with a code, or change the password",
            field=field,
        )
