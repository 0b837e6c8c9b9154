"""What machines hear: events in the shape of CloudEvents 1.0, never a personal value (9.3c).

An event names the subject by the house's own id, or by the numbers under which a recipient was
given data. What it tells is what the ledger remembers of the act, and less.
"""

import itertools
import secrets
from collections.abc import Mapping
from typing import Final

import msgspec

from troth.model.acts import Act, Json, Owe, Record, Settle
from troth.model.clock import Moment, iso
from troth.model.standing import Standing

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
