"""What an account holds: each field's purpose, whether it is needed, and whose it is (2.1.1-2.1.3).

All of it is read from the policy in force: what is required is what the service ``needs`` (9.3a),
what is sensitive is asked apart, and the reason beside a field is its purpose's own words. Pages
are made from ``fields``; nothing else is taken.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from msgspec import Struct

from troth.gate import Gate
from troth.model.acts import Collect
from troth.model.errors import BadInput, UnknownTerm
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import SubjectId, matches

Kind = Literal["person", "enterprise"]
Role = Literal["legal_rep", "handler"]
ROLES: Final[tuple[Role, ...]] = ("legal_rep", "handler")
"""Who else a company's form is about; each is a subject of their own (2.1.1d, 2.1.1e)."""

SERVICES: Final[Mapping[Kind, str]] = {"person": "account", "enterprise": "enterprise"}
"""The service whose needs a registration of each kind has to meet."""
ACCOUNT: Final = ("contact", "account.login", "account.password")
TAKES: Final[Mapping[Kind, tuple[str, ...]]] = {
    "person": (*ACCOUNT, "identity", "profile", "bank"),
    "enterprise": (*ACCOUNT, "enterprise", "bank", *ROLES),
}
"""What each kind of account is asked for."""
PURPOSES: Final = {
    "contact.email": "register",
    "contact.phone": "register",
    "account.login": "register",
    "account.password": "register",
    "contact.address": "account",
    "identity.name": "account",
    "identity.birth_date": "improve",
    "identity": "realname",
    "profile": "improve",
    "enterprise": "account",
    "legal_rep.name": "account",
    "handler.id_number": "realname",
    "handler": "account",
    "bank": "realname",
}
"""For which purpose each field is kept; the first pattern that covers it counts."""
BIRTH_DATE: Final = "identity.birth_date"
ASKED_FOR: Final = {BIRTH_DATE: "age"}
"""What a registration asks and does not keep, and for which purpose it asks."""
PROVED: Final = ("contact.email", "contact.phone", "account.password")
"""What a registration takes in fields of its own, with their proofs."""
ENTERPRISE: Final = "enterprise.name"
"""What every company's account holds and no person's."""


class FormField(Struct, frozen=True, kw_only=True):
    """One field as a page asks for it.

    ``form`` is the kind of value (``email``, ``date``, ``file`` ...); ``about`` whose data it is:
    ``person`` (whoever fills in the form), ``enterprise``, ``legal_rep`` or ``handler``. A
    ``sensitive`` one is asked on a page of its own, never with the others; ``consent`` is the key
    of the consent it takes there, empty where none is asked. ``kept`` is false for what is only
    looked at. The reason is the purpose in the policy's words, with the field's ``clauses``.
    """

    field: str
    zh: str
    en: str
    required: bool
    sensitive: bool
    about: str
    form: str
    purpose: str
    reason_zh: str
    reason_en: str
    clauses: tuple[str, ...]
    consent: str = ""
    kept: bool = True


def fields(gate: Gate, kind: Kind, residence: str) -> tuple[FormField, ...]:
    """Describe every field of one kind of account, in the policy's order.

    ``residence`` decides the law, and so which consents are asked. Raises ``UnknownTerm`` for a
    residence the policy does not know.
    """
    policy = gate.policy()
    edition, needed = policy.edition, required(gate, kind)
    asked = {offer.key for offer in policy.offers(policy.residence(residence).regimes)}
    found = []
    for name in policy.fields(*TAKES[kind]):
        category = edition.categories[name]
        if category.source != "provided":
            continue
        purpose = ASKED_FOR.get(name) or purpose_of(name)
        reason = edition.purposes[purpose]
        keys = (f"{purpose}/{name}", purpose)
        found.append(
            FormField(
                field=name,
                zh=category.zh,
                en=category.en,
                required=name in needed,
                sensitive=category.sensitive is not None,
                about=_about(name),
                form=category.form,
                purpose=purpose,
                reason_zh=reason.zh,
                reason_en=reason.en,
                clauses=category.clause,
                consent=next((key for key in keys if key in asked), ""),
                kept=name not in ASKED_FOR,
            )
        )
    return tuple(found)


def _about(field: str) -> str:
    group = field.partition(".")[0]
    return group if group in (*ROLES, "enterprise") else "person"


def required(gate: Gate, kind: Kind) -> tuple[str, ...]:
    """Return the fields that a registration of a kind cannot do without (9.3a).

    Raises ``UnknownTerm`` when the policy offers no such registration.
    """
    service = gate.policy().edition.services.get(SERVICES[kind])
    if service is None:
        raise UnknownTerm(f"the policy declares no service `{SERVICES[kind]}`", clause="9.3")
    return service.needs if kind == "person" else tuple(dict.fromkeys((ENTERPRISE, *service.needs)))


def kind_of(standing: Standing) -> Kind:
    """Tell whether an account is a person's or a company's."""
    return "enterprise" if ENTERPRISE in standing.held else "person"


def purpose_of(field: str) -> str:
    """Return the purpose a field is kept for. Raises ``BadInput`` for one no account takes."""
    for pattern, purpose in PURPOSES.items():
        if matches(pattern, field):
            return purpose
    raise not_taken(field)


def filled(values: Mapping[str, Secret]) -> dict[str, Secret]:
    """Leave out what was left blank: an optional field may be (2.2.1)."""
    return {field: value for field, value in values.items() if value}


def demand_taken(gate: Gate, kind: Kind, values: Iterable[str]) -> None:
    """Raise ``BadInput`` for a field that this kind of account is not asked for."""
    taken = {name for name in gate.policy().fields(*TAKES[kind]) if name not in PROVED}
    categories = gate.policy().edition.categories
    for field in values:
        if field not in taken or categories[field].source != "provided":
            raise not_taken(field)


def demand_needed(gate: Gate, kind: Kind, given: Iterable[str]) -> None:
    """Raise ``BadInput`` naming the first required field that was left blank."""
    known = {*PROVED, *ASKED_FOR, *given}
    for field in required(gate, kind):
        if field not in known:
            raise BadInput(
                f"`{field}` is required and was left blank",
                clause="2.1.1",
                remedy="fill it in",
                field=field,
            )


def demand_apart(gate: Gate, values: Iterable[str]) -> None:
    """Raise ``BadInput`` for a sensitive field in a form that asks for other things too (2.3b)."""
    categories = gate.policy().edition.categories
    for field in values:
        if field in categories and categories[field].sensitive is not None:
            raise BadInput(
                f"`{field}` is sensitive and asked apart, with a consent of its own",
                clause="2.3",
                remedy="leave it out; it is asked for where it is needed",
                field=field,
            )


def collects(subject: SubjectId, values: Mapping[str, Secret]) -> list[Collect]:
    """Return the acts that keep values, one for each purpose."""
    grouped: dict[str, dict[str, Secret]] = {}
    for field, value in values.items():
        grouped.setdefault(purpose_of(field), {})[field] = value
    return [
        Collect(subject=subject, values=kept, purpose=purpose) for purpose, kept in grouped.items()
    ]


def not_taken(field: str) -> BadInput:
    """Return the refusal of a field that no form asks for."""
    return BadInput(
        f"this account does not take `{field}`",
        clause="7.2",
        remedy="leave it out; what a service needs is asked for there",
        field=field,
    )
