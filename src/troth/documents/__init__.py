"""What people read and sign; documents build acts and values and perform nothing.

``totp`` and ``webauthn`` are fetched when first used (decision 14): they stand on libraries that
cost memory, and many instances never see a passkey. ``__init__.pyi`` gives their types.
"""

from importlib import import_module
from typing import Final

_WHERE: Final = {
    "totp": "troth.documents.proof.totp",
    "webauthn": "troth.documents.proof.webauthn",
}


def __getattr__(name: str) -> object:
    """Fetch a part that is loaded when it is first used."""
    try:
        return import_module(_WHERE[name])
    except KeyError:
        raise AttributeError(f"module `troth.documents` has no attribute `{name}`") from None
