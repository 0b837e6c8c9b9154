"""Done once: the same acts asked for again under one idempotency key (reliability F7).

The key is claimed before anything is done, in the same transaction: of two that come at once, one
does it and the other waits for its outcome. What is kept tells nobody's values: they are compared
by a keyed digest, and everything a subject did under keys goes when the subject is erased.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

from troth.gate.rooms import Outcome
from troth.model.acts import Act, Actor
from troth.model.clock import DAY, Moment
from troth.model.errors import KeyReused
from troth.model.secret import Secret
from troth.store.sql import Tx

KEEP_DAYS: Final = 30
"""How long an outcome is given again; after that the key is new."""
# Nothing changes where the key was claimed before; a claim that is not committed yet is waited for.
CLAIM: Final = (
    "INSERT INTO performed (subject_id, key, digest, outcome, at) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING"
)
DONE: Final = "SELECT digest, outcome FROM performed WHERE subject_id = ? AND key = ?"
NOTE: Final = "UPDATE performed SET outcome = ? WHERE subject_id = ? AND key = ?"
# A subject's own, when the subject is erased: they would link the id with the trail.
FORGET: Final = "DELETE FROM performed WHERE subject_id = ?"
FORGET_OLD: Final = "DELETE FROM performed WHERE at < ?"

# Made here, once: msgspec crashes when several threads are the first to read into one type.
_READER: Final = msgspec.msgpack.Decoder(Outcome)


class Again:
    """One idempotency key on its way through one transaction."""

    def __init__(self, key: str, acts: Sequence[Act], by: Actor, secret: bytes) -> None:
        """Recognise acts by everything in them; ``secret`` keys the digest of their values."""
        subject = next((act.subject for act in acts if act.subject), "") or ""
        self._place = (subject, key)
        self._digest = _digest(acts, by, secret)

    def claim(self, tx: Tx, at: Moment) -> Outcome | None:
        """Claim the key, or return what was done under it. Raises ``KeyReused``."""
        if tx.change(CLAIM, (*self._place, self._digest, b"", at)):
            return None
        digest, outcome = tx.run(DONE, self._place)[0]
        if bytes(digest) != self._digest:
            raise KeyReused(remedy="draw a new idempotency key for a new act")
        return _READER.decode(bytes(outcome))

    def note(self, tx: Tx, outcome: Outcome) -> None:
        """Note what was done, never a value that it released."""
        tx.run(NOTE, (msgspec.msgpack.encode(outcome), *self._place))


def forget_old(tx: Tx, at: Moment) -> None:
    """Forget keys that nobody asks for any more."""
    tx.run(FORGET_OLD, (at - KEEP_DAYS * DAY,))


def _digest(acts: Sequence[Act], by: Actor, secret: bytes) -> bytes:
    def told(part: object) -> object:
        if isinstance(part, Secret):
            return part.fingerprint(secret)
        return sorted(part) if isinstance(part, frozenset) else str(part)

    whole = (str(by), by.role, list(acts))
    return hashlib.sha256(msgspec.json.encode(whole, enc_hook=told, order="sorted")).digest()
