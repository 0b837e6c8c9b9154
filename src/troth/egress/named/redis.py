"""A Redis of the controller's: sessions, carts, profiles, queues (policy 9.1, 9.4).

Tables are key patterns, ``session:{id}``. A value that expires by itself is residue until it has. A
restriction is a field with its last day in it (``restricted`` of the table), which the services
that read the key have to respect: the database itself knows no such thing, and a key whose table
names no such field is reported as not restricted. What an append-only file or a copy of the memory
on disk still holds until it is written anew, no client sees: see the page for operators.
"""

from collections.abc import Sequence
from typing import Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from troth.egress.databases.edges import Edge
from troth.egress.databases.map import StoreMap
from troth.egress.named.keywriting import Keys
from troth.egress.named.records import RecordDatabase
from troth.model.errors import Misconfigured
from troth.model.secret import Secret

SCHEMES: Final = ("redis", "rediss", "unix")
TIMEOUT: Final = 5.0
"""Seconds for which any one answer is waited for."""


class RedisDatabase(RecordDatabase):
    """One database of a Redis."""

    def __init__(
        self,
        mapped: StoreMap,
        url: Secret | str,
        *,
        key: bytes,
        ways: Sequence[Edge] = (),
        timeout: float = TIMEOUT,
    ) -> None:
        """Take its map and address; nothing is connected yet. Raises ``Misconfigured``.

        ``url`` is ``redis://``, ``rediss://`` or ``unix://``; ``key`` makes pseudonyms.
        """
        self._client = connected(url, timeout)
        super().__init__(mapped, Keys(self._client, mapped.name), key, ways)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


def connected(url: Secret | str, timeout: float = TIMEOUT) -> "redis.Redis":
    """Return a client for an address. Raises ``Misconfigured`` for one that is none."""
    told = url.reveal() if isinstance(url, Secret) else url
    if told.partition("://")[0] not in SCHEMES:
        raise Misconfigured(f"a Redis is at an address of `{', '.join(SCHEMES)}`", clause="9.1")
    try:
        return redis.Redis.from_url(
            told,
            decode_responses=False,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 1),
            client_name="troth",
        )
    except ValueError:
        raise Misconfigured("the address of a Redis is not well formed", clause="9.1") from None
