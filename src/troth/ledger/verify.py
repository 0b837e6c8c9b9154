"""For anyone, offline: does this ledger say what was signed? Needs the public key, nothing else.

A signature proves the root, the root proves every entry. A checkpoint remembered from earlier finds
what no later state of a ledger can show by itself: that entries at its end were taken away, or that
all was written anew and signed again.

Source: RFC 6962, 2.1; c2sp.org/tlog-tiles; and GHSA-672p-m5jq-mrh8: check all of a proof.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from troth.ledger import checkpoint as notes
from troth.ledger import tree
from troth.ledger.bundle import Bundle
from troth.ledger.checkpoint import Checkpoint, InclusionProof
from troth.ledger.entry import Entry, decode
from troth.ledger.recount import Wrong, verdict
from troth.model.errors import LedgerBroken, NotFound, Unverifiable


class Report(Struct, frozen=True, kw_only=True):
    """What a verification found.

    ``index`` and ``entry`` (its id) name the first entry that is wrong, as far as it can be told.
    ``exact`` is false where entries and tiles were both changed, so that only the earliest place
    that can be wrong is known.
    """

    ok: bool
    origin: str = ""
    size: int = 0
    root: str = ""
    problem: str = ""
    index: int | None = None
    entry: str = ""
    exact: bool = True

    def demand(self) -> None:
        """Raise ``LedgerBroken``, naming the first wrong entry, unless all is well."""
        if not self.ok:
            raise LedgerBroken(self.problem, field=self.entry)


# --- one thing ---------------------------------------------------------------------------------


def verify_checkpoint(note: str, vkey: str, origin: str = "") -> Checkpoint:
    """Return what a checkpoint says if the owner of ``vkey`` signed it (and it is of ``origin``).

    Raises ``Unverifiable``.
    """
    head = _signed(note, vkey)
    if origin and head.origin != origin:
        raise Unverifiable(f"this checkpoint is of `{head.origin}`, not of `{origin}`")
    return head


# The proofs of one trail rest on one checkpoint; its signature costs more than a path of hashes.
@lru_cache(maxsize=16)
def _signed(note: str, vkey: str) -> Checkpoint:
    return notes.read(notes.verified(note, vkey))


def verify_inclusion(proof: InclusionProof, vkey: str) -> Entry:
    """Return the entry that a proof shows to stand in a signed ledger. Raises ``Unverifiable``."""
    head = verify_checkpoint(proof.checkpoint, vkey)
    tree.check_inclusion(proof.leaf, proof.index, head.size, proof.path, head.root)
    return decode(proof.leaf)


def verify_consistency(old: str, new: str, path: Sequence[bytes], vkey: str) -> Checkpoint:
    """Return the newer of two checkpoints if the older ledger is its beginning.

    Raises ``Unverifiable``: what was signed before is not all there any more.
    """
    before = verify_checkpoint(old, vkey)
    after = verify_checkpoint(new, vkey, before.origin)
    tree.check_consistency(before.size, after.size, path, before.root, after.root)
    return after


def verify_trail(entries: Sequence[Entry]) -> None:
    """Demand that a subject's entries are all there, from the first on.

    Raises ``Unverifiable``. Each of them still has to be shown to stand in the ledger.
    """
    for count, entry in enumerate(entries, 1):
        if entry.nth != count or entry.who != entries[0].who or not entry.who:
            raise Unverifiable(f"entry {count} of this subject is missing")


# --- a whole ledger ----------------------------------------------------------------------------


def verify_bundle(path: str | Path, vkey: str, remembered: str = "") -> Report:
    """Check an exported ledger, a folder or a zip file, to its last byte.

    ``remembered`` is a checkpoint kept from earlier: with it, a ledger that was cut short, rolled
    back or rewritten is found out even when its new head was signed with the right key.
    """
    try:
        with Bundle.at(path) as bundle:
            return check_bundle(bundle, vkey, remembered)
    except (Unverifiable, NotFound) as error:
        return Report(ok=False, problem=error.message)


def check_bundle(bundle: Bundle, vkey: str, remembered: str = "") -> Report:
    """Check a bundle that is open; see ``verify_bundle``. Raises ``Unverifiable``, ``NotFound``."""
    head = verify_checkpoint(bundle.checkpoint(), vkey)
    old = verify_checkpoint(remembered, vkey, head.origin) if remembered else None
    strange = bundle.strange(head.size)
    wrong = verdict(bundle, head.size, head, old)
    if wrong is None and strange:
        wrong = Wrong(None, strange)
    return reported(head, wrong, bundle.name)


def reported(head: Checkpoint, wrong: Wrong | None, name: Callable[[int], str]) -> Report:
    """Make a report of a verdict; ``name`` finds an entry's id by its place."""
    if wrong is None:
        return Report(ok=True, origin=head.origin, size=head.size, root=head.root.hex())
    return Report(
        ok=False,
        origin=head.origin,
        size=head.size,
        root=head.root.hex(),
        problem=wrong.problem,
        index=wrong.index,
        entry="" if wrong.index is None else name(wrong.index),
        exact=wrong.exact,
    )
