"""What needs no instance: checking and comparing policy documents, verifying an exported ledger.

An auditor uses this room alone: it opens no store and knows no key but the public one.
"""

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from troth.app.building import compiled, document
from troth.app.settings.stores import Checkable, close
from troth.documents import testimony
from troth.documents.consents import receipts
from troth.documents.cookies.register import register_of
from troth.egress.databases import checking, fideslang, reading, writing
from troth.egress.databases.conductor import Found, Sweep, Unanswered, gather, plan_all, trace_all
from troth.egress.databases.finding import Finding as MapFinding
from troth.egress.databases.map import DataMap, StoreMap
from troth.egress.databases.opening import address_of, open_database
from troth.egress.databases.port import Database, Held, Order, Step
from troth.egress.inspecting.look import Inspected, inspect
from troth.ledger import verify
from troth.ledger.verify import Report
from troth.model.clock import SystemClock
from troth.model.cookies import Register
from troth.model.errors import BadInput, LedgerBroken, Unreachable, Unverifiable
from troth.model.secret import Secret
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


def cookies_of(policy: str) -> Register:
    """Return the register of cookies that a document declares. Raises ``PolicyBroken``."""
    return register_of(compiled(*document(policy)))


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


def verify_receipt(path: str | Path, vkey: str) -> receipts.Checked:
    """Verify a consent's receipt with the ledger's public key alone. Raises ``Unverifiable``."""
    return receipts.verify(Path(path).read_bytes(), vkey)


# --- the controller's other databases ----------------------------------------------------------


class CheckedMap(Struct, frozen=True, kw_only=True):
    """A data map, what is wrong with it, and which databases gave no answer."""

    data: DataMap | None
    findings: tuple[MapFinding, ...]
    unanswered: tuple[str, ...] = ()

    @property
    def errors(self) -> int:
        """How many findings keep the map from being used."""
        return sum(found.level == "error" for found in self.findings)


def inspect_database(url: str, name: str, progress: Callable[[str], None]) -> Inspected:
    """Look at a database and propose its map. Raises ``Misconfigured``, ``Unreachable``.

    ``url`` is an address, or ``env:NAME`` where one stands in the environment; a password in it is
    not written into the map.
    """
    mapped = StoreMap(name=name, url=url)
    return inspect(address_of(mapped), name=name, shown=_without_password(url), progress=progress)


def check_map(path: Path, policy: str = "", *, ask: bool = True) -> CheckedMap:
    """Hold a data map against itself, a policy's categories and, to ``ask``, every database."""
    told = reading.read(path.read_text("utf-8"), path.name)
    if told.data is None:
        return CheckedMap(data=None, findings=told.findings)
    categories = frozenset(compiled(*document(policy)).categories) if policy else None
    found = [*told.findings, *checking.check(told.data, categories)]
    silent: list[str] = []
    if ask:
        for database in _opened(told.data):
            try:
                found += database.check() if isinstance(database, Checkable) else []
            except Unreachable:
                silent.append(database.name)
    return CheckedMap(data=told.data, findings=tuple(found), unanswered=tuple(silent))


def import_map(path: Path) -> CheckedMap:
    """Read a fideslang Dataset as a data map; what has no place in one is among the findings."""
    told = fideslang.read(path.read_text("utf-8"), path.name)
    return CheckedMap(data=told.data, findings=told.findings)


def map_text(data: DataMap, *, fides: bool = False) -> str:
    """Write a data map in our own format, or as a fideslang Dataset."""
    return fideslang.written(data) if fides else writing.written(data)


def plan_databases(
    path: Path, known: Mapping[str, Secret], patience: float
) -> Iterator[Step | Unanswered]:
    """Say what an erasure would do in every database of a map; nothing is changed.

    ``known`` are identities by category. Raises ``Misconfigured``.
    """
    with _traced(path, known, patience) as (databases, found):
        yield from _silent(found)
        order = Order(id="plan", task="erase", at=SystemClock().now())
        told = {name: (value,) for name, value in known.items()}
        yield from plan_all(
            [
                Sweep(database=each, order=order, reach=found[each.name].reach, known=told)
                for each in databases
                if found[each.name].answered
            ],
            patience,
        )


def find_in_databases(
    path: Path, known: Mapping[str, Secret], patience: float
) -> Iterator[Held | Unanswered]:
    """Give what every database of a map holds of a subject, record by record.

    It goes past the gate and leaves no entry in a ledger: it is for trying a map out. Raises
    ``Misconfigured``.
    """
    with _traced(path, known, patience) as (databases, found):
        yield from _silent(found)
        asked = [each for each in databases if found[each.name].answered]
        yield from gather(asked, {name: one.reach for name, one in found.items()}, patience)


def identities_of(path: Path, told: Mapping[str, str]) -> dict[str, Secret]:
    """Read identities by category, or by the last word of one that the map finds people by.

    Raises ``BadInput`` for a name that finds nobody.
    """
    data = reading.load(path)
    words = {
        column.identity
        for store in data.stores
        for table in store.tables
        for column in table.columns
    }
    known: dict[str, Secret] = {}
    for name, value in told.items():
        fits = [word for word in sorted(words) if word and name in (word, word.rpartition(".")[2])]
        if not fits:
            names = ", ".join(f"`{word}`" for word in sorted(words) if word)
            raise BadInput(f"the map finds nobody by `{name}`", remedy=f"it finds by {names}")
        known |= dict.fromkeys(fits, Secret(value))
    return known


@contextmanager
def _traced(
    path: Path, known: Mapping[str, Secret], patience: float
) -> Iterator[tuple[Sequence[Database], Mapping[str, Found]]]:
    databases = _opened(reading.load(path))
    told = {name: (value,) for name, value in known.items()}
    try:
        yield databases, trace_all(databases, told, {}, patience)
    finally:
        close(databases)


def _silent(found: Mapping[str, Found]) -> Iterator[Unanswered]:
    for name, one in found.items():
        if not one.answered:
            yield Unanswered(store=name)


def _opened(data: DataMap) -> tuple[Database, ...]:
    # Pseudonyms of a dry run are shown to nobody: any key will do.
    key = os.urandom(32)
    return tuple(open_database(data, mapped.name, key=key) for mapped in data.stores)


def _without_password(url: str) -> str:
    head, separator, rest = url.partition("://")
    who, at, where = rest.rpartition("@")
    if not separator or not at:
        return url
    return f"{head}{separator}{who.partition(':')[0]}@{where}"


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
    "CheckedMap",
    "Held",
    "Inspected",
    "Step",
    "Unanswered",
    "check_map",
    "check_policy",
    "checksums_hold",
    "compare_policies",
    "document",
    "examine_bundle",
    "find_in_databases",
    "identities_of",
    "import_map",
    "inspect_database",
    "map_text",
    "plan_databases",
    "verify_bundle",
    "verify_receipt",
]
