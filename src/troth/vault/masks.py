"""Masks: how much of a value is shown where not all of it is needed (policy 2.1.1f, 7.1d)."""

from collections.abc import Callable
from typing import Final

from troth.model.errors import Misconfigured
from troth.model.secret import Secret

STARS: Final = "***"
SHORT: Final = 6
"""A number shorter than this would be given away by its ends: all of it is hidden."""


def _email(text: str) -> str:
    local, at, domain = text.rpartition("@")
    return f"{local[0] if len(local) > 1 else ''}{STARS}{at}{domain}" if local else STARS


def _tail(text: str) -> str:
    return STARS + text[-4:] if len(text) > SHORT else STARS


def _ends(text: str) -> str:
    return text[0] + STARS + text[-1] if len(text) > SHORT else STARS


def _first(text: str) -> str:
    return text[0] + STARS if len(text) > 1 else STARS


MASKS: Final[dict[str, Callable[[str], str]]] = {
    "all": lambda _: STARS,
    "email": _email,
    "phone": _tail,
    "bank": _tail,
    "id_number": _ends,
    "name": _first,
    "none": lambda text: text,
}
"""Every mask by its name in the policy."""


def masked(value: Secret, mask: str) -> Secret:
    """Return the part of a value that a mask lets through; a masked file shows nothing.

    Raises ``Misconfigured`` for a mask the program does not know.

    >>> masked(Secret("zhang@example.com"), "email").reveal()
    'z***@example.com'
    >>> masked(Secret("+8613912345678"), "phone").reveal()
    '***5678'
    """
    try:
        show = MASKS[mask]
    except KeyError:
        raise Misconfigured(
            f"the mask `{mask}` is not known", remedy=f"use one of {', '.join(sorted(MASKS))}"
        ) from None
    shown = value.reveal_raw()
    if mask == "none":
        return value
    return Secret(show(shown) if isinstance(shown, str) else STARS)
