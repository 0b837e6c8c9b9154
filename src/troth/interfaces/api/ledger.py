"""The ledger over HTTP, for anyone who wants to hold us to it (policy 7.1, 9.3).

Checkpoints, hashes, proofs and the key that verifies them are open: they hold nothing of anybody.
Entries name a subject only by a random pseudonym, but a whole trail of them is somebody's; reading
entries takes a key with the scope ``ledger``. Addresses and formats of tiles, bundles and
checkpoints are those of C2SP tlog-tiles, so other people's verifiers and witnesses work unchanged.
"""

import base64
import re
from typing import Any, Final

import msgspec
from msgspec import Struct

from troth.interfaces.api.answers import Entries, Remembered, each
from troth.interfaces.api.bodies import Paging, Sizes
from troth.interfaces.http.endpoint import Call, Raw
from troth.model.errors import NotFound
from troth.model.terms import Region

TEXT: Final = "text/plain"
OCTETS: Final = "application/octet-stream"
FOREVER: Final = {"cache-control": "public, max-age=31536000, immutable"}
"""What is once written never changes: whole tiles, and partial ones of their width."""
WIDTH: Final = 256
# An index in groups of three digits, all but the last with an x before it; then a width.
_INDEX: Final = re.compile(r"((?:x[0-9]{3}/){0,4}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)
_LEVEL: Final = re.compile(r"[0-9]|[1-5][0-9]|6[0-3]", re.ASCII)


class Proof(Struct, frozen=True):
    """That an entry stands in the ledger (RFC 6962), and the same as a C2SP tlog-proof.

    ``path`` are hashes in base64. The leaf is not told: who has the entry has its leaf.
    """

    index: int
    path: tuple[str, ...]
    checkpoint: str
    text: str


def checkpoint(call: Call[None]) -> Raw:
    """Give the signed head of a region's ledger (C2SP tlog-checkpoint)."""
    return Raw(call.troth.gate.regions[_region(call)].log.latest().encode(), TEXT)


def key(call: Call[None]) -> Raw:
    """Give the key that verifies a region's checkpoints (C2SP vkey)."""
    return Raw(f"{call.troth.gate.regions[_region(call)].log.vkey}\n".encode(), TEXT)


def tile(call: Call[None]) -> Raw:
    """Give a tile of hashes, or one that is not full yet (C2SP tlog-tiles)."""
    level, _, rest = call.path["place"].strip("/").partition("/")
    if not _LEVEL.fullmatch(level):
        raise _nowhere()
    index, width = _place(rest)
    return Raw(
        call.troth.gate.regions[_region(call)].log.tile(int(level), index, width), OCTETS, FOREVER
    )


def bundle(call: Call[None]) -> Raw:
    """Give 256 entries in order, or as many as there are yet (C2SP tlog-tiles)."""
    index, width = _place(call.path["place"].strip("/"))
    return Raw(call.troth.gate.regions[_region(call)].log.bundle(index, width), OCTETS)


def entries(call: Call[Paging]) -> Entries:
    """Give integrated entries in order, a page at a time."""
    log, pages = call.troth.gate.regions[_region(call)].log, call.house.pages
    name = f"ledger/{call.path['region']}"
    start = pages.start(call.body.cursor, of=name)
    leaves = [msgspec.json.decode(leaf) for leaf in log.entries(start, call.body.limit)]
    following = pages.after(start + len(leaves), of=name, last=log.size())
    return Entries(each(leaves, Remembered), following)


def proof(call: Call[None]) -> Proof:
    """Prove that an entry stands in the ledger as it was signed."""
    found = call.troth.gate.regions[_region(call)].log.inclusion(call.path["entry"])
    return Proof(
        index=found.index,
        path=tuple(base64.b64encode(digest).decode() for digest in found.path),
        checkpoint=found.checkpoint,
        text=found.text(),
    )


def consistency(call: Call[Sizes]) -> tuple[str, ...]:
    """Prove that an earlier head is the beginning of a later one; hashes in base64."""
    log = call.troth.gate.regions[_region(call)].log
    if call.body.new > log.size():
        raise NotFound("the ledger is not that long yet", remedy="wait for the next checkpoint")
    hashes = log.consistency(call.body.old, call.body.new)
    return tuple(base64.b64encode(digest).decode() for digest in hashes)


def _region(call: Call[Any]) -> Region:
    region = Region(call.path["region"])
    if region not in call.troth.gate.regions:
        raise NotFound("this instance has no region of that name", clause="2.4a")
    return region


def _place(text: str) -> tuple[int, int]:
    """Read an index and a width.

    >>> _place("x001/x234/067.p/8"), _place("067")
    ((1234067, 8), (67, 256))
    """
    found = _INDEX.fullmatch(text)
    width = int(found[2] or WIDTH) if found else 0
    if found is None or width > WIDTH or (found[2] and width == WIDTH):
        raise _nowhere()
    index = int(found[1].replace("x", "").replace("/", ""))
    if spelled(index) != found[1]:
        raise _nowhere()
    return index, width


def spelled(index: int) -> str:
    """Spell an index as tlog-tiles does.

    >>> spelled(1234067), spelled(7)
    ('x001/x234/067', '007')
    """
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[place : place + 3] for place in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def _nowhere() -> NotFound:
    return NotFound("the ledger has no such tile", remedy="see c2sp.org/tlog-tiles for addresses")
