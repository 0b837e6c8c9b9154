"""Names of keys and objects, put together to patterns by what differs in them (policy 9.1)."""

import re
from typing import Final

from troth.egress.inspecting.values import kind_of

NUMBER: Final = re.compile(r"[0-9]+|[0-9a-f]{8,}|[0-9a-fA-F-]{32,36}|(?=.*[0-9])[A-Za-z0-9_-]{10,}")
"""What a number, a digest, a UUID or a random token looks like."""
CALLED: Final = frozenset({"email", "phone", "ip", "id_number"})


def as_part(part: str, counted: dict[str, int], *, alone: bool = False) -> str:
    """Return one part of a name as it stands in a pattern: a variable where it differs.

    ``counted`` keeps how often a variable occurs in the name; ``alone``: the part is all of it.

    >>> as_part("7", {}), as_part("mei@example.cn", {"email": 1}), as_part("cart", {})
    ('{id}', '{email2}', 'cart')
    """
    kind = kind_of(part)
    if kind not in CALLED and (alone or not NUMBER.fullmatch(part)):
        return part.replace("{", "{{").replace("}", "}}")
    name = kind if kind in CALLED else "id"
    counted[name] = counted.get(name, 0) + 1
    return f"{{{name}{counted[name] if counted[name] > 1 else ''}}}"
