"""The register of cookies as a file or at an address, for programs that are not the house (3.1).

``troth cookies register --json`` writes it; the house gives it at ``/v1/cookies``.
"""

from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import msgspec

from troth.model.cookies import Register
from troth.model.errors import Misconfigured, Unreachable

ADDRESS: Final = "/v1/cookies"
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
LARGEST: Final = 1024 * 1024
PATIENCE_SECONDS: Final = 10


def read(data: bytes | str) -> Register:
    """Read a register from its JSON. Raises ``Misconfigured``.

    >>> read('{"edition": "e", "technologies": []}').optional
    ()
    """
    try:
        return msgspec.json.decode(data, type=Register)
    except msgspec.DecodeError as error:
        raise Misconfigured(
            "this is no register of cookies",
            clause="3.1",
            remedy="troth cookies register --json writes one",
        ) from error


def load(path: str | Path) -> Register:
    """Read a register from a file. Raises ``Misconfigured``."""
    try:
        return read(Path(path).read_bytes())
    except OSError as error:
        raise Misconfigured(
            f"`{path}` cannot be read", remedy="troth cookies register FOLDER --json > cookies.json"
        ) from error


def fetch(house: str) -> Register:
    """Ask a house for its register, once. Raises ``Unreachable``, ``Misconfigured``."""
    return read(asked(f"{trusted(house)}{ADDRESS}"))


def trusted(house: str) -> str:
    """Return a house's address without a slash at its end. Raises ``Misconfigured``.

    >>> trusted("https://privacy.example.com/")
    'https://privacy.example.com'
    """
    parts = urlsplit(house)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not secure or not parts.hostname:
        raise Misconfigured(
            "a house is asked over TLS, or on this machine", remedy="write https://..."
        )
    return house.rstrip("/")


def asked(address: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
    """Ask an address that ``trusted`` passed. Raises ``Unreachable``."""
    request = Request(address, data=body, headers=headers or {})  # noqa: S310  # checked by trusted
    try:
        with urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310  # as above
            told: bytes = answer.read(LARGEST)
            return told
    except (URLError, OSError) as error:
        raise Unreachable("the house does not answer", clause="3.1") from error
