"""What needs no instance: checking and comparing policy documents, verifying an exported ledger.

An auditor uses this room alone: it opens no store and knows no key but the public one.
"""

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from troth.app.building import compiled, document
from troth.documents import testimony
from troth.ledger import verify
from troth.ledger.verify import Report
from troth.model.errors import LedgerBroken, Unverifiable
from troth.policy import reader
from troth.policy.compare import Comparison, compare
from troth.policy.finding import Finding


class Checked(Struct, frozen=True, kw_only=True):
    """What compiling a policy document found."""

    name: str
    hash: str
    errors: int
    warnings: int
    findings: tuple[Finding, ...]


def check_policy(policy: str) -> Checked:
    """Compile a document, or a pack that ships; return every finding. Raises ``Misconfigured``."""
    source, name = document(policy)
    edition, findings = reader.read(source, name)
    levels = [finding.level for finding in findings]
    return Checked(
        name=name,
        hash=edition.hash if edition and "error" not in levels else "",
        errors=levels.count("error"),
        warnings=levels.count("warning"),
        findings=tuple(findings),
    )


def compare_policies(old: str, new: str) -> Comparison:
    """Compare two documents: is the change material, and what changed. Raises ``PolicyBroken``."""
    return compare(compiled(*document(old)), compiled(*document(new)))


def verify_bundle(path: str | Path, vkey: str, remembered: str = "") -> Report:
    """Verify an exported ledger with its public key alone. Raises ``LedgerBroken``."""
    report = examine_bundle(path, vkey, remembered)
    report.demand()
    return report


def examine_bundle(path: str | Path, vkey: str, remembered: str = "") -> Report:
    """Say what verifying an exported ledger finds; ``remembered`` is a checkpoint from earlier.

    The proof of one entry, as a subject downloads it, is examined alike: ``entry`` names it then.
    """
    if zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                if testimony.is_proof(archive):
                    return _examine_proof(archive, vkey)
        except zipfile.BadZipFile:
            return Report(ok=False, problem=f"`{Path(path).name}` is a damaged zip file")
    return verify.verify_bundle(path, vkey, remembered)


def _examine_proof(archive: zipfile.ZipFile, vkey: str) -> Report:
    try:
        entry, proof = testimony.verified(archive, vkey)
    except (Unverifiable, LedgerBroken) as error:
        return Report(ok=False, problem=error.message)
    head = verify.verify_checkpoint(proof.checkpoint, vkey)
    return Report(
        ok=True,
        origin=head.origin,
        size=head.size,
        root=head.root.hex(),
        index=proof.index,
        entry=entry.id,
    )


class _File(Struct, frozen=True):
    """One file as a copy's manifest states it."""

    name: str
    sha256: str


def checksums_hold(packed: zipfile.ZipFile, manifest: Mapping[str, object]) -> bool:
    """Tell whether every file of a subject's copy has the checksum that its manifest states."""
    told = msgspec.convert(manifest.get("files"), list[_File])
    return all(hashlib.sha256(packed.read(file.name)).hexdigest() == file.sha256 for file in told)


__all__ = [
    "Checked",
    "check_policy",
    "checksums_hold",
    "compare_policies",
    "document",
    "examine_bundle",
    "verify_bundle",
]
