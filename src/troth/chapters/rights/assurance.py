"""Assurance: how sure we must be of who asks, by act and by field (policy 6.1, 6.2, 9.7)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from troth.gate import Gate
from troth.model.acts import Act, Actor
from troth.model.errors import BadInput, NotProved, Refused
from troth.model.standing import Standing
from troth.model.terms import matches

NEEDED: Final[Mapping[str, int]] = {
    **dict.fromkeys(("access", "correct", "complete", "restrict", "object", "withdraw"), 1),
    **dict.fromkeys(("explain", "human_review", "question", "no_retaliation", "negotiation"), 1),
    **dict.fromkeys(("limit_sensitive", "opt_out_sale"), 1),
    **dict.fromkeys(("copy", "port", "erase", "delete", "cancel"), 2),
}
"""By act: 1 signed in, 2 proved again just now. Outside a sign-in: 1 reasonably sure, 2 very."""
HARM: Final[Mapping[str, Mapping[str, int]]] = {
    "identity": {"correct": 2, "complete": 2},
    "bank": {"correct": 2, "complete": 2, "access": 2},
    "document": {"access": 2},
    "rights.identity_proof": {"access": 2},
}
"""Where a mistake about one field does more harm than the act alone says (6.1b)."""
VALUED: Final = ("access", "copy", "port", "correct", "complete")
"""Acts on values: what is sensitive asks for more."""
PROVED_CONTACTS: Final = (
    *("contact.email", "contact.phone", "account.password"),
    *("account.totp", "account.passkeys", "account.recovery_codes"),
)
"""Fields that change only with a proof of the new value, in the accounts chapter."""
REALNAME: Final = ("identity", "enterprise.uscc", "legal_rep", "handler.id_number", "bank.number")
"""Fields that a confirmed identity rests on: only support changes them then."""


def level(field: str, act: str, *, sensitive: bool) -> int:
    """Return how sure we must be of who asks for one act on one field (6.1b).

    >>> level("identity.id_number", "access", sensitive=True)
    2
    """
    harm = (row[act] for pattern, row in HARM.items() if matches(pattern, field) and act in row)
    return max(NEEDED[act], *harm, 2 if sensitive and act in VALUED else 0)


def matrix(gate: Gate) -> dict[tuple[str, str], int]:
    """Return the whole table: for every field the edition declares and every act, how sure."""
    return {
        (field, act): level(field, act, sensitive=category.sensitive is not None)
        for field, category in gate.policy().edition.categories.items()
        for act in NEEDED
    }


def needed_for(kind: str, standing: Standing, sensitive: Callable[[str], bool]) -> int:
    """Return how sure we must be of who asks for a kind of request, by what is held of them."""
    reached = standing.held if kind in ("access", "copy", "port") else ()
    found = (level(field, kind, sensitive=sensitive(field)) for field in reached)
    return max(found, default=NEEDED[kind])


def demand(by: Actor, act: str, *, least: int = 0) -> None:
    """Raise ``NotProved`` when it is not sure enough who asks; ``least`` where fields ask for more.

    Staff and programs prove themselves at their own door.

    >>> demand(Actor(kind="subject", assurance=2), "erase")
    """
    wanted = max(NEEDED[act], least)
    if by.kind in ("subject", "guardian", "visitor") and by.assurance < wanted:
        raise NotProved(
            f"`{act}` asks for a proof made just now",
            clause="6.3.3",
            remedy="enter your password or a code once more",
        )


def demand_power(kind: str, agent: str, covers: Callable[[str, str], bool]) -> None:
    """Raise ``Refused`` unless a power of attorney lets an agent ask for something now (11.3b).

    ``agent`` is what the power calls them. One that ended, or was stopped, covers nothing.

    >>> demand_power("access", "a-1", lambda agent, kind: (agent, kind) == ("a-1", "access"))
    """
    if agent and covers(agent, kind):
        return
    raise Refused(
        f"no power of attorney that stands lets this agent ask for `{kind}`",
        clause="11.3",
        remedy="enter the power they have, name them as it does, or have the person ask themselves",
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
