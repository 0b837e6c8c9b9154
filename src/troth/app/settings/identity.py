"""The identity authority that ``[identity]`` names, asked as its shape says (policy 2.1.1, 6.2)."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from troth.app.settings.reading import SEE, secret
from troth.app.settings.sections import Settings
from troth.egress import shapes
from troth.egress.authorities import Check, IdentityAuthority
from troth.egress.post import Line, SigningKey
from troth.egress.providers import HttpAuthority
from troth.model.errors import Misconfigured
from troth.model.terms import Region

ELEMENTS: Final = {
    "identity.name": "name",
    "identity.id_number": "id_number",
    "contact.phone": "phone",
    "handler.name": "name",
    "handler.id_number": "id_number",
    "handler.phone": "phone",
    "bank.number": "card",
    "bank.bank": "bank",
    "bank.holder": "holder",
    "enterprise.name": "company",
    "enterprise.uscc": "uscc",
    "legal_rep.name": "legal_rep",
    "legal_rep.id_number": "legal_rep_id",
}
"""What an identity authority calls our fields; the settings add to it."""
AUTHORITY: Final = "id-authority"
"""The identity authority's id among the policy's recipients."""


def elements_of(pairs: Iterable[str]) -> dict[str, str]:
    """Return the element that each field is, of pairs such as ``valid_from=identity.valid_from``.

    Raises ``Misconfigured`` for what is no pair.
    """
    found = {}
    for pair in pairs:
        element, told, field = pair.partition("=")
        if not told or not element.strip() or not field.strip():
            raise Misconfigured(
                f"`{pair}` names no element and field", remedy="write element=field of the policy"
            )
        found[field.strip()] = element.strip()
    return found


def authority_of(settings: Settings, region: Region) -> IdentityAuthority:
    """Return the identity authority at an address, spoken to as its shape says.

    Raises ``Misconfigured`` for a shape that is none, or a check there is not.
    """
    named = settings.identity
    key = SigningKey(secret(named.secret, Path(settings.folder)))
    shape = shapes.load(settings.path(named.shape)) if named.shape else shapes.BRIDGE
    unknown = sorted(set(named.checks) - {check.value for check in Check})
    if unknown:
        raise Misconfigured(f"there is no check `{unknown[0]}`", remedy=f"see {SEE}")
    wanted = named.checks or (shape.checks if named.shape else (Check.PERSON_2,))
    return HttpAuthority(
        Line(named.authority, key),
        name=shape.name,
        recipient_id=AUTHORITY,
        region=region,
        checks=frozenset(map(Check, wanted)),
        shape=shape,
    )
