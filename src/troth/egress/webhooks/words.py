"""What machines hear: events in the shape of CloudEvents 1.0, never a personal value (9.3c).

An event names the subject by the house's own id, or by the numbers under which a recipient was
given data. What it tells is what the ledger remembers of the act, and less.
"""

import itertools
import secrets
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from troth.model.acts import Act, Json, Owe, Record, Settle
from troth.model.clock import Moment, iso
from troth.model.standing import Standing
from troth.model.terms import KeyId

MEDIA: Final = "application/cloudevents+json"
COMPLETED: Final = "erasure.completed"
TEST: Final = "webhook.test"
EVENTS: Final[Mapping[str, str]] = {
    **{f"consent.{word}": f"consent.{word}" for word in ("given", "refused", "withdrawn")},
    "purpose.objected": "objection.made",
    "objection.lifted": "objection.lifted",
    "data.restricted": "restriction.made",
    "data.released": "restriction.lifted",
    "data.corrected": "data.corrected",
    "data.erased": "data.erased",
    "account.closed": "account.closed",
}
"""What is told of each kind of entry; ``erasure.completed`` and ``request.*`` come besides."""
REQUESTS: Final = frozenset(
    {
        *("access", "copy", "correct", "complete", "delete", "restrict", "object", "explain"),
        *("human_review", "port", "question", "withdraw", "opt_out_sale", "limit_sensitive"),
    }
)
"""What a subject can ask for: the duties that are told as requests."""
TOLD: Final = ("to", "purpose", "fields", "ground", "until", "expires", "method", "state", "code")
MOMENTS: Final = frozenset({"until", "expires"})
_QUEUED: Final = itertools.count()


class Told(Struct, frozen=True, array_like=True):
    """A word as it is sealed: for which address, and what is fulfilled with it, owed to ``who``."""

    id: str
    endpoint: str
    who: str
    duty: str
    body: bytes

    def __repr__(self) -> str:
        return "Told(…)"

    @property
    def event(self) -> str:
        """What happened, as a machine is told it."""
        return str(self._said().get("type", ""))

    def list(self, name: str) -> tuple[str, ...]:
        """Return one of the lists that a recipient is told: ``fields``, ``references``."""
        data = self._said().get("data")
        found = data.get(name) if isinstance(data, dict) else None
        return tuple(map(str, found)) if isinstance(found, list) else ()

    def _said(self) -> Record:
        return _BODY.decode(self.body)


class Telling(Struct, frozen=True, kw_only=True):
    """Something that a recipient has yet to hear, for people who tell it.

    ``references`` are the numbers under which the recipient was given the ``fields``. ``duty`` is
    owed to ``who``; ``subject`` is nobody's id where they are gone. ``addressed``: a machine tries.
    """

    subject: str
    id: str
    recipient: str
    key_id: KeyId
    who: str
    duty: str
    event: str
    fields: tuple[str, ...]
    references: tuple[str, ...]
    since: Moment
    addressed: bool


# Made here, once: msgspec crashes when several threads are the first to read into one type.
_READER: Final = msgspec.msgpack.Decoder(Told)
_BODY: Final = msgspec.json.Decoder(dict[str, Any])


def write_told(told: Told) -> bytes:
    """Return what is to be sealed."""
    return msgspec.msgpack.encode(told)


def read_told(octets: bytes) -> Told:
    """Read what was sealed. Raises ``msgspec.DecodeError``."""
    return _READER.decode(octets)


def event_of(act: Act, standing: Standing) -> tuple[str, Record]:
    """Return what machines hear of an act and what of it they are told; ``""``: nothing."""
    record = act.record()
    if isinstance(act, Owe):
        asked = act.what.partition("/")[0] in REQUESTS
        told: Record = {"request": act.duty, "what": act.what, "due": iso(act.by)}
        return ("request.opened", told) if asked else ("", {})
    if isinstance(act, Settle):
        owed = standing.owed.get(act.duty)
        asked = owed is not None and owed.what.partition("/")[0] in REQUESTS
        told = {"request": act.duty, "what": owed.what if owed else "", "code": act.code}
        return (f"request.{act.state}", told) if asked else ("", {})
    told = {
        name: _readable(name, record[name]) for name in TOLD if record.get(name) not in (None, "")
    }
    return EVENTS.get(act.kind, ""), told


def _readable(name: str, value: Json) -> Json:
    return iso(Moment(value)) if name in MOMENTS and isinstance(value, int) else value


def body(word: str, event: str, about: str, told: Record, *, source: str, at: Moment) -> bytes:
    """Write an event; ``timestamp`` is what Standard Webhooks calls ``time``.

    >>> b'"type":"consent.given"' in body("m", "consent.given", "", {}, source="x", at=Moment(0))
    True
    """
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": word,
            "source": source,
            "type": event,
            "subject": about,
            "time": iso(at),
            "timestamp": iso(at),
            "datacontenttype": "application/json",
            "data": told,
        }
    )


def new_id(at: Moment) -> str:
    """Draw an id; those of one moment sort in the order in which they were written."""
    return f"msg_{at & 0xFFFFFFFFFFFF:012x}{next(_QUEUED) & 0xFFFFFF:06x}{secrets.token_hex(6)}"
