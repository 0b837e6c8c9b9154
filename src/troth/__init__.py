"""A privacy policy that keeps its word: the personal-data plane of an online service.

>>> import troth, tempfile
>>> with troth.create(tempfile.mkdtemp() + "/demo") as house:
...     house.gate.policy().edition.policy.id
'itnio-privacy'

Names are fetched when first used, so that a part that stands alone (the offline verifier, the
policy checker) does not load the whole house. ``__init__.pyi`` gives their types.
"""

from importlib import import_module
from typing import Final

__version__ = "0.1.0"

_WHERE: Final = {
    "Troth": "troth.app",
    "create": "troth.app",
    "verify_webhook": "troth.app",
    "open": "troth.app",
    "CookieGuard": "troth.interfaces.cookies.asgi",
    "CookieGuardWSGI": "troth.interfaces.cookies.wsgi",
    "SUBJECT": "troth.model.acts",
    "SYSTEM": "troth.model.acts",
    "Actor": "troth.model.acts",
    "SetClock": "troth.model.clock",
    "SystemClock": "troth.model.clock",
    "ConsentMissing": "troth.model.errors",
    "Refused": "troth.model.errors",
    "TrothError": "troth.model.errors",
    "Secret": "troth.model.secret",
    "SubjectId": "troth.model.terms",
}


def __getattr__(name: str) -> object:
    """Fetch a public name from the room that owns it."""
    if name == "acts":
        return import_module("troth.model.acts")
    try:
        room = import_module(_WHERE[name])
    except KeyError:
        raise AttributeError(f"module `troth` has no attribute `{name}`") from None
    return getattr(room, name)
