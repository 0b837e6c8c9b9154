"""An entry: an act without its personal data, and the bytes that are hashed (policy 9.3).

The leaf of an entry is its canonical JSON: keys sorted, no spaces, UTF-8, defaults left out. What
is not canonical is refused, so one entry has one leaf and one hash.
"""

import secrets
from typing import Final

import msgspec
from msgspec import Struct

from troth.model.acts import Act, Actor, Record
from troth.model.clock import Moment
from troth.model.errors import BadInput, LedgerBroken

LONGEST: Final = 65_535
"""Bytes in the longest leaf: an entry bundle counts them in 16 bits (C2SP tlog-tiles)."""
_48_BITS: Final = (1 << 48) - 1


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that was done: what, when, by whom, to whose data, under which edition's clauses.

    ``who`` is the subject's pseudonym (32 hex characters), empty for what concerns nobody alone.
    ``nth`` numbers a subject's entries from 1; the log gives it when it records, so whoever holds a
    subject's entries can tell that none is missing. It is 0 before that and where ``who`` is empty.
    """

    id: str
    kind: str
    at: Moment
    by: str
    who: str = ""
    edition: str = ""
    clauses: tuple[str, ...] = ()
    what: Record = {}
    nth: int = 0


_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_DECODER: Final = msgspec.json.Decoder(Entry)


def of(
    act: Act,
    *,
    who: str,
    at: Moment,
    by: Actor,
    edition: str = "",
    clauses: tuple[str, ...] = (),
) -> Entry:
    """Make the entry of an act, under a fresh id: its moment and 80 random bits.

    Ids that begin with the time lie side by side in an index; drawn whole they would cost a page
    of the database each.

    >>> from troth.model.acts import SUBJECT, Use
    >>> used = Use(subject=None, fields=("contact.email",), purpose="notices")
    >>> of(used, who="", at=Moment(0), by=SUBJECT).what
    {'fields': ['contact.email'], 'purpose': 'notices'}
    """
    return Entry(
        id=f"{at & _48_BITS:012x}{secrets.token_hex(10)}",
        kind=act.kind,
        at=at,
        by=str(by),
        who=who,
        edition=edition,
        clauses=clauses,
        what=act.record(),
    )


def encode(entry: Entry) -> bytes:
    """Return an entry's leaf.

    Raises ``BadInput`` when it is longer than 65,535 bytes: an entry names things, it does not
    carry them.

    >>> encode(Entry(id="00", kind="house.event", at=Moment(5), by="system"))
    b'{"at":5,"by":"system","id":"00","kind":"house.event"}'
    """
    leaf = _ENCODER.encode(entry)
    if len(leaf) > LONGEST:
        raise BadInput(
            f"an entry of kind `{entry.kind}` has {len(leaf)} bytes, more than {LONGEST}",
            remedy="record names and counts, not contents",
        )
    return leaf


def decode(leaf: bytes) -> Entry:
    """Read a leaf back.

    Raises ``LedgerBroken`` for bytes that are no entry, have a field we do not know, or are not in
    canonical form.
    """
    try:
        entry = _DECODER.decode(leaf)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LedgerBroken("these bytes are no entry of a ledger") from error
    if _ENCODER.encode(entry) != leaf:
        raise LedgerBroken("this entry is not in its canonical form", field=entry.id)
    return entry
