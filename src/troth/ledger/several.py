"""Several standings at once: read, held and kept in few statements (house decision 1).

What they are and how one is read stands in ``fold``; a sweep goes through thousands.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from troth.model.standing import Standing
from troth.store.sql import Store, Tx

# What some subjects have said, as it is now.
SAID: Final = "SELECT who, standing FROM standings WHERE who IN ({})"
# The same, and nobody else changes it until the transaction ends; everybody locks in this order.
LOAD: Final = "SELECT who, standing FROM standings WHERE who IN ({}) ORDER BY who FOR UPDATE"
# The number of each one's last entry.
COUNTS: Final = "SELECT who, MAX(nth) FROM entries WHERE who IN ({}) GROUP BY who"
SAVE: Final = (
    "INSERT INTO standings (who, standing) VALUES (?, ?)"
    " ON CONFLICT (who) DO UPDATE SET standing = excluded.standing"
)

Read = dict[bytes, Standing]
"""Standings by the bytes they were read from."""

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Standing)


def said(store: Store, whos: Sequence[str], *, known: Read | None = None) -> dict[str, Standing]:
    """Return what subjects have said, by pseudonym; their entries are not counted.

    ``known`` remembers how each was read, for ``load`` a moment later.
    """
    if not whos:
        return {}
    read = {} if known is None else known
    for _, blob in (rows := store.query(_in(SAID, whos), whos)):
        read[blob] = _DECODER.decode(blob)
    return {who: read[blob] for who, blob in rows}


def load(tx: Tx, whos: Sequence[str], *, known: Read | None = None) -> dict[str, Standing]:
    """Return subjects' standings and keep others from changing them until ``tx`` ends.

    One that is still the same bytes as ``known`` need not be read anew.
    """
    if not whos:
        return {}
    blobs: dict[str, bytes] = dict(tx.run(_in(LOAD, whos), whos))
    counts: dict[str, int] = dict(tx.run(_in(COUNTS, whos), whos))
    read = known or {}
    return {
        who: msgspec.structs.replace(
            read.get(blob) or _DECODER.decode(blob) if blob else Standing(pseudonym=who),
            entries=counts.get(who) or 0,
        )
        for who in whos
        for blob in (blobs.get(who),)
    }


def save(tx: Tx, standings: Iterable[Standing]) -> None:
    """Keep standings as they are now."""
    tx.run_many(SAVE, [(one.pseudonym, _ENCODER.encode(one)) for one in standings])


def _in(sql: str, values: Sequence[str]) -> str:
    return sql.format(", ".join("?" * len(values)))
