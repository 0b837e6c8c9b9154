"""For services that receive webhooks: is this word ours, whole and of now? (Standard Webhooks)."""

from collections.abc import Mapping
from typing import Any

import msgspec

from troth.egress.post import SigningKey
from troth.model.clock import Clock, SystemClock
from troth.model.errors import BadInput, Unverifiable
from troth.model.secret import Secret


def verify(
    headers: Mapping[str, str],
    body: bytes,
    *keys: Secret,
    clock: Clock | None = None,
) -> dict[str, Any]:
    """Return the event that a request brings, for a service that receives webhooks.

    ``keys`` are the secrets that may have signed it. A request is good for five minutes; keep the
    ``id`` of the event that long, and longer is better: a word can come twice. Raises
    ``Unverifiable`` for one that is not ours, altered or late, ``BadInput`` for one that is no
    event.

    >>> key, at = Secret("whsec_" + "QUJD" * 8), SystemClock().now()
    >>> body = b'{"id": "msg_1", "type": "consent.withdrawn"}'
    >>> stamp, signature = SigningKey(key).sign("msg_1", at, body)
    >>> told = {"Webhook-Id": "msg_1", "Webhook-Timestamp": stamp, "Webhook-Signature": signature}
    >>> verify(told, body, key)["type"]
    'consent.withdrawn'
    """
    told = {name.lower(): value for name, value in headers.items()}
    try:
        word, stamp, signature = (
            told[f"webhook-{part}"] for part in ("id", "timestamp", "signature")
        )
    except KeyError:
        raise Unverifiable("this request is not signed") from None
    at = (clock or SystemClock()).now()
    SigningKey(*keys).check(word, stamp, signature, body, at=at)
    try:
        event: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        raise BadInput("the body is no event") from None
    return event
