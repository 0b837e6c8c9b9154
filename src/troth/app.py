"""Troth: the room that knows every other and puts the house together.

``open`` an instance by its folder, ``create`` a new one, or build one in ``memory`` for tests. What
an embedding program uses hangs on the object: ``gate`` and one attribute for each chapter.
"""

import os
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from troth import settings as reading
from troth import upkeep
from troth.building import Builder, OpenStore, compiled, document
from troth.chapters.accounts.registration import Begun as Begun
from troth.chapters.accounts.registration import Registration as Registration
from troth.chapters.accounts.security import Accounts
from troth.chapters.consent import Consent
from troth.chapters.contact import Contact
from troth.chapters.evidence import Board, Evidence
from troth.chapters.incidents import Incidents
from troth.chapters.minors import Minors
from troth.chapters.realname import Realname
from troth.chapters.retention import Retention
from troth.chapters.rights.own import Rights
from troth.chapters.sharing import Sharing
from troth.chapters.staff import Staff
from troth.chapters.support import Support
from troth.chapters.updates import Updates
from troth.chapters.usage import Usage
from troth.documents.access import Access
from troth.documents.agreement import Shown as Shown
from troth.documents.agreement import Tick as Tick
from troth.documents.contract import Contract, Contracts
from troth.documents.notice import Notices
from troth.documents.proof import open_proof
from troth.egress.channels import Channel
from troth.egress.databases import Database
from troth.egress.recipients import RecipientPort
from troth.gate import Gate
from troth.ledger.audit import audit
from troth.ledger.checkpoint import Checkpoint
from troth.ledger.export import export_bundle
from troth.ledger.log import Log
from troth.ledger.verify import Report
from troth.model.acts import SYSTEM, Event, Json, Publish
from troth.model.clock import Clock, Moment, SystemClock, after
from troth.model.errors import Misconfigured, NotFound, TrothError
from troth.model.secret import Secret
from troth.model.terms import Region
from troth.policy import render
from troth.policy.compare import Comparison, compare
from troth.policy.shelf import Shelf
from troth.settings import Settings
from troth.upkeep import Ailment

REGIONS: Final = ("cn", "global")
YEAR_DAYS: Final = 365


class Troth:
    """One instance: its gate and its chapters. Safe from many threads; close it when done."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        channels: Mapping[str, Channel] | None = None,
        recipients: Mapping[str, RecipientPort] | None = None,
        databases: tuple[Database, ...] = (),
        open_store: OpenStore | None = None,
    ) -> None:
        """Open every room of an instance that was created before.

        ``channels`` and ``recipients`` stand in for those the settings name. Raises
        ``Misconfigured``, ``WrongRootKey``, ``DatabaseTooNew``; nothing is changed then.
        """
        self.settings = settings
        self.clock = clock or SystemClock()
        self._builder = Builder(
            settings,
            self.clock,
            channels=channels,
            recipients=recipients,
            databases=databases,
            open_store=open_store,
        )
        rooms = {Region(name): self._builder.region(Region(name)) for name in settings.regions}
        self.home = Region(settings.instance.home)
        self.gate = Gate(
            rooms,
            Shelf(rooms[self.home].store),
            home=self.home,
            clock=self.clock,
            epoch_days=settings.instance.epoch_days,
        )
        self._furnish()

    def _furnish(self) -> None:
        """Build the chapters, each with the gate and the documents it reads."""
        gate, named = self.gate, self._builder.named
        stores = {region: rooms.store for region, rooms in gate.regions.items()}
        self.notices = Notices()
        self.proof = open_proof(stores, home=self.home, key=named(self.home, "proof"))
        self.token_key = named(self.home, "token")
        self.contracts = Contracts(stores[self.home])
        self.access = Access(
            stores[self.home],
            hashed=self.proof.passwords.hash,
            matches=lambda given, kept: self.proof.passwords.verify(kept, given),
        )
        self.rights = Rights(
            gate, self.notices, self.proof, irreversible_days=self.settings.instance.epoch_days
        )
        self.accounts = Accounts(
            gate,
            self.notices,
            self.proof,
            plan=self.rights.plan,
            end=lambda subject, by: self.rights.erase(subject, by=by),
        )
        self.consent = Consent(gate, self.notices)
        self.contact = Contact(gate, self.notices, self.proof)
        self.incidents = Incidents(gate, self.notices)
        self.minors = Minors(gate)
        self.realname = Realname(gate, self.notices, self.contracts)
        self.retention = Retention(gate, self.notices)
        self.sharing = Sharing(gate, self.contracts)
        self.staff = Staff(gate)
        self.support = Support(gate)
        self.updates = Updates(gate, self.notices)
        self.usage = Usage(gate)
        self.evidence = Evidence(gate, self._builder.tested())

    # --- the policy ----------------------------------------------------------------------------

    def publish(self, source: str, name: str = "policy.yaml") -> str:
        """Publish an edition from its document and return its hash.

        Raises ``PolicyBroken`` with every finding when the document does not compile.
        """
        edition = compiled(source, name)
        act = Publish(
            subject=None,
            edition=edition.hash,
            effective=edition.policy.effective,
            source=source,
        )
        self.gate.perform(act, by=SYSTEM)
        return edition.hash

    def document(self, language: str) -> render.Document:
        """Return the edition in force as people read it, in one language (policy 11.4)."""
        return render.render(self.gate.policy().edition, language)

    def changed(self, since: Moment) -> Comparison:
        """Say what the edition in force changed of the one in force at an earlier moment (10.2)."""
        return compare(self.gate.policy(since).edition, self.gate.policy().edition)

    def agree(
        self,
        recipient: str,
        *,
        reference: str,
        purposes: tuple[str, ...],
        fields: tuple[str, ...],
        days: int = YEAR_DAYS,
    ) -> None:
        """Enter a recipient's agreement, without which nothing flows to it (policy 4.1.4)."""
        at = self.clock.now()
        contract = Contract(
            reference=reference,
            recipient=recipient,
            purposes=purposes,
            fields=fields,
            since=at,
            until=after(at, days=days),
        )
        self.contracts.keep(contract)
        self.gate.perform(contract.signed(), by=SYSTEM)

    def add_staff(
        self, login: str, role: str, *, region: str = "", password: Secret | None = None
    ) -> Secret:
        """Admit somebody under a role that the policy declares; returns the first password.

        Raises ``UnknownTerm`` for a role it does not declare, ``BadInput`` for the login.
        """
        self.gate.policy().role(role)
        at = self.clock.now()
        return self.access.add_staff(login, role, at, region=region or self.home, password=password)

    # --- upkeep --------------------------------------------------------------------------------

    @property
    def slow(self) -> bool:
        """Whether a store is a server, to be waited for in a thread."""
        return any("://" in place.data for place in self.settings.regions.values())

    def in_a_year(self) -> Moment:
        """Return the moment a year from now."""
        return after(self.clock.now(), days=YEAR_DAYS)

    def tick(self) -> dict[str, int]:
        """Do what the clock brings: deliver, integrate, erase what is due, sign the heads."""
        done = self.gate.tick()
        done["swept"] = len(self.retention.sweep())
        self.proof.purge(self.clock.now())
        self.checkpoints()
        return done

    def checkpoints(self) -> dict[str, tuple[str, str]]:
        """Integrate and sign every ledger; return, by region, the note and the key that verifies it."""
        at = self.clock.now()
        signed = {}
        for region, rooms in self.gate.regions.items():
            rooms.log.integrate(at)
            signed[str(region)] = (rooms.log.checkpoint(at), rooms.log.vkey)
        return signed

    def rotate_keys(self, progress: Callable[[str, int], None] | None = None) -> dict[str, int]:
        """Rewrap every living key under a new epoch; the old epoch dies. Returns keys by region.

        ``progress`` is told a region and how many of its keys have moved.
        """
        told = {}
        for region, keys in self._builder.keys.items():
            report = partial(progress, str(region)) if progress else None
            rotation = keys.rotate(self.clock.now(), report)
            told[str(region)] = rotation.keys
            detail: dict[str, Json] = {
                "region": region,
                "epoch": rotation.live,
                "keys": rotation.keys,
            }
            event = Event(subject=None, name="keys.rotated", detail=detail)
            self.gate.perform(event, by=SYSTEM)
        return told

    def back_up(self, target: Path) -> dict[str, str]:
        """Copy every region's data into one archive without keys; see ``upkeep.back_up``."""
        stores = {region: rooms.store for region, rooms in self.gate.regions.items()}
        sums = upkeep.back_up(stores, target, self.clock.now())
        self.gate.perform(Event(subject=None, name="backup.made", detail=dict(sums)), by=SYSTEM)
        return sums

    def bury(self) -> dict[str, int]:
        """Remove everybody whose key is gone: the last step of a restore."""
        return {
            str(region): upkeep.bury(rooms.vault, rooms.store)
            for region, rooms in self.gate.regions.items()
        }

    def export_ledger(self, region: str, target: Path) -> Checkpoint:
        """Write a region's whole ledger to a folder or zip that anybody can verify offline."""
        return export_bundle(self._log(region), target, self.clock.now())

    def audit(self) -> dict[str, Report]:
        """Recompute every region's tree from its entries and hold it against what was signed."""
        self.checkpoints()
        return {
            str(region): audit(rooms.store, rooms.log.vkey)
            for region, rooms in self.gate.regions.items()
        }

    def ailments(self) -> list[Ailment]:
        """Say what is wrong inside an instance that opens: ledgers, residence, keys, outbox."""
        return list(
            upkeep.look_inside(
                self.gate.regions, self.audit(), self._builder.keys, self.clock.now()
            )
        )

    def _log(self, region: str) -> Log:
        rooms = self.gate.regions.get(Region(region))
        if rooms is None:
            raise NotFound(f"this instance has no region `{region}`")
        return rooms.log

    def close(self) -> None:
        """Write what is still in memory and let go of every store."""
        self.gate.close()
        self._builder.close()

    def __enter__(self) -> "Troth":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open(place: str | Path, *, clock: Clock | None = None) -> Troth:  # noqa: A001  # troth.open reads as sqlite3.connect does
    """Open an instance: its folder, or the ``postgresql://`` address it was created on.

    On PostgreSQL the epoch and root keys lie in the folder that ``TROTH_FOLDER`` names, never in
    the database. Raises ``Misconfigured``, ``WrongRootKey``, ``DatabaseTooNew``.
    """
    if str(place).startswith(("postgresql://", "postgres://")):
        return Troth(on_server(str(place)), clock=clock)
    return Troth(reading.load(place), clock=clock)


def on_server(url: str, folder: str | Path | None = None) -> Settings:
    """Return the settings of an instance whose databases lie on one PostgreSQL server."""
    folder = folder or os.environ.get("TROTH_FOLDER")
    if not folder:
        raise Misconfigured(
            "an instance on PostgreSQL keeps its root and epoch keys in a folder of its own",
            remedy="set TROTH_FOLDER to a private folder that the database's backups do not hold",
        )
    regions = {name: reading.on_postgres(url, name) for name in REGIONS}
    return Settings(folder=str(folder), regions=regions)


def create(
    place: str | Path,
    *,
    policy: str = "itnio",
    name: str = "troth.local",
    on: str = "",
    clock: Clock | None = None,
) -> Troth:
    """Create an instance in a new folder, publish its policy, and return it open.

    ``on`` is a ``postgresql://`` address whose databases (``NAME_cn``, ``NAME_cn_keys`` ...) exist
    and are empty. ``policy`` is the name of a pack that ships, or the path of a document. Raises
    ``PolicyBroken``, and ``Misconfigured`` when the folder already holds an instance; nothing is
    overwritten.
    """
    folder = Path(place)
    if (folder / reading.FILE).exists():
        raise Misconfigured(
            f"`{folder}` already holds an instance", remedy="open it, or take another folder"
        )
    source, shown = document(policy)
    compiled(source, shown)
    regions = {
        region: reading.on_postgres(on, region) if on else reading.region_defaults(region)
        for region in REGIONS
    }
    Builder.lay_keys(folder, regions)
    (folder / reading.FILE).write_text(reading.template(name, policy, regions), "utf-8")
    troth = Troth(reading.load(folder), clock=clock)
    troth.publish(source, shown)
    return troth


def memory(
    *,
    policy: str = "itnio",
    clock: Clock | None = None,
    channels: Mapping[str, Channel] | None = None,
    recipients: Mapping[str, RecipientPort] | None = None,
    databases: tuple[Database, ...] = (),
) -> Troth:
    """Build an instance that lives in memory and is gone with the process; for tests.

    >>> with memory() as troth:
    ...     troth.gate.policy().edition.policy.id
    'itnio-privacy'
    """
    folder = Path(tempfile.mkdtemp(prefix="troth-memory-"))
    regions = {
        name: reading.RegionSettings(
            data=":memory:",
            keys=":memory:",
            key_folder=f"{name}/keys",
            root_key=f"file:{name}/root.key",
        )
        for name in REGIONS
    }
    Builder.lay_keys(folder, regions)
    troth = Troth(
        Settings(folder=str(folder), regions=regions),
        clock=clock,
        channels=channels,
        recipients=recipients,
        databases=databases,
    )
    source, shown = document(policy)
    troth.publish(source, shown)
    return troth


def restore(folder: str | Path, archive: Path, *, clock: Clock | None = None) -> dict[str, object]:
    """Bring an instance's data back from a backup, keep its ledger, and bury who was erased.

    Raises ``BadInput`` for an archive that is not one of ours or was altered, ``Misconfigured``.
    """
    settings = reading.load(folder)
    clock = clock or SystemClock()
    kept = upkeep.put_back(settings, archive, clock.now())
    with Troth(settings, clock=clock) as troth:
        buried = troth.bury()
        told = {region: {**kept[region], "buried": buried.get(region, 0)} for region in kept}
        detail: dict[str, Json] = {"buried": sum(buried.values())}
        troth.gate.perform(Event(subject=None, name="backup.restored", detail=detail), by=SYSTEM)
    return {"regions": told}


def board(policy: str = "itnio") -> Board:
    """Return the clause board of a pack that ships."""
    with memory(policy=policy) as troth:
        return troth.evidence.board()


def doctor(folder: str | Path) -> list[Ailment]:
    """Say what is wrong with an instance and how to mend it; nothing is changed.

    What keeps the house from opening is an ailment too.
    """
    try:
        settings = reading.load(folder)
    except Misconfigured as error:
        return [Ailment(level="error", what=error.message, remedy=error.remedy)]
    found = list(upkeep.examine(settings))
    if any(ailment.level == "error" for ailment in found):
        return found
    try:
        with Troth(settings) as troth:
            found += troth.ailments()
    except TrothError as error:
        found.append(Ailment(level="error", what=error.message, remedy=error.remedy))
    return found
