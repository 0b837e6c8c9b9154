"""A database of the controller's, from its map and its address (policy 9.1, 9.4).

How an address begins says what speaks to it. What that stands on is loaded when the first such
database is opened; where it is missing, the error says what to install.
"""

import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final, Protocol, cast

from msgspec import Struct

from troth.egress.databases.edges import Edge, edges
from troth.egress.databases.map import DataMap, StoreMap
from troth.egress.databases.port import Database
from troth.model.errors import Misconfigured
from troth.model.secret import Secret

ENVIRONMENT: Final = "env:"
INSTALL: Final = "pip install 'troth[databases]'"


class Kind(Struct, frozen=True):
    """One kind of database: where its class lies."""

    module: str
    name: str


SQL: Final = Kind("troth.egress.sql.database", "SqlDatabase")
REDIS: Final = Kind("troth.egress.named.redis", "RedisDatabase")
OBJECTS: Final = Kind("troth.egress.named.objects", "ObjectDatabase")
SERVICE: Final = Kind("troth.egress.processors.database", "ServiceDatabase")
KINDS: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(("postgresql", "postgres", "mysql", "mariadb", "sqlite"), SQL),
    **dict.fromkeys(("redis", "rediss", "unix"), REDIS),
    **dict.fromkeys(("s3", "file"), OBJECTS),
    **dict.fromkeys(("http", "https"), SERVICE),
}
"""What speaks to an address, by how it begins."""


class Opener(Protocol):
    """What makes a database of one kind."""

    def __call__(
        self, mapped: StoreMap, url: Secret, *, key: bytes, ways: Sequence[Edge]
    ) -> Database:
        """Return it; nothing is connected yet."""
        ...


def open_database(data: DataMap, name: str, url: Secret | None = None, *, key: bytes) -> Database:
    """Return one database of a data map; nothing is connected yet.

    ``url`` is its address if the map has none, or not with its password; ``key`` makes pseudonyms.
    Raises ``Misconfigured`` where it has no address, or what speaks to it is not installed.
    """
    mapped = data.store(name)
    address = url or address_of(mapped)
    kind = _kind(name, address.reveal())
    made: Opener = cast(Opener, getattr(_loaded(name, kind), kind.name))
    return made(mapped, address, key=key, ways=edges(data))


def address_of(mapped: StoreMap) -> Secret:
    """Return the address that a map names, or that it says where to find. Raises ``Misconfigured``.

    >>> address_of(StoreMap(name="shop", url="sqlite:///shop.db")).reveal()
    'sqlite:///shop.db'
    """
    found = mapped.url
    if found.startswith(ENVIRONMENT):
        found = os.environ.get(found.removeprefix(ENVIRONMENT)) or ""
    if not found:
        where = f": `{mapped.url}` is empty" if mapped.url else ""
        raise Misconfigured(f"the database `{mapped.name}` has no address{where}")
    return Secret(found)


def _kind(name: str, url: str) -> Kind:
    scheme = url.partition(":")[0].partition("+")[0]
    if scheme not in KINDS:
        raise Misconfigured(
            f"the address of `{name}` begins with nothing that can be spoken to",
            remedy="begin it with one of " + ", ".join(f"`{known}:`" for known in KINDS),
        )
    return KINDS[scheme]


def _loaded(name: str, kind: Kind) -> object:
    try:
        return import_module(kind.module)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("troth."):
            raise
        raise Misconfigured(
            f"the database `{name}` needs `{error.name}`, which is not installed",
            remedy=INSTALL,
        ) from None
