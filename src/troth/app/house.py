"""Troth: one instance, with its gate and one attribute for each chapter.

What an embedding program uses hangs on this object; how it is wired stands in ``building``.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from troth.app import checkup, safekeeping, upkeep
from troth.app.building import Builder, OpenStore, compiled
from troth.app.checkup import Ailment
from troth.app.furnishing import Furnished
from troth.app.safekeeping import KeyBackup
from troth.app.settings import Settings
from troth.chapters.accounts.registration import Begun as Begun
from troth.chapters.accounts.registration import Registration as Registration
from troth.documents.agreement import Shown as Shown
from troth.documents.agreement import Tick as Tick
from troth.documents.contract import Contract
from troth.egress.channels import Channel
from troth.egress.databases.port import Database
from troth.egress.recipients import RecipientPort
from troth.egress.webhooks.outbox import EndpointState
from troth.gate import Gate, hooks
from troth.ledger.audit import audit
from troth.ledger.checkpoint import Checkpoint
from troth.ledger.export import export_bundle
from troth.ledger.log import Log
from troth.ledger.verify import Report
from troth.model.acts import SYSTEM, Event, Json, Publish
from troth.model.clock import Clock, Moment, SystemClock, after
from troth.model.errors import NotFound
from troth.model.secret import Secret
from troth.model.terms import Region
from troth.policy import render
from troth.policy.compare import Comparison, compare
from troth.policy.shelf import Shelf

YEAR_DAYS: Final = 365


class Troth(Furnished):
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
        clock = clock or SystemClock()
        builder = Builder(
            settings,
            clock,
            channels=channels,
            recipients=recipients,
            databases=databases,
            open_store=open_store,
        )
        try:
            super().__init__(settings, clock, builder, self._open_gate(settings, clock, builder))
        except BaseException:
            builder.abandon()
            raise
        self._backup_key = builder.named(self.home, upkeep.BACKUP_KEY)

    def _open_gate(self, settings: Settings, clock: Clock, builder: Builder) -> Gate:
        home = Region(settings.instance.home)
        rooms = {region: builder.region(region) for region in map(Region, settings.regions)}
        self._shelf = Shelf(rooms[home].store)
        return Gate(
            rooms,
            self._shelf,
            home=home,
            clock=clock,
            epoch_days=settings.instance.epoch_days,
        )

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

    def document(self, language: str, edition: str = "") -> render.Document:
        """Return an edition as people read it, in one language (policy 11.4).

        It is the one in force, or the one of a hash. Raises ``NotFound``.
        """
        policy = self._shelf.policy(edition) if edition else self.gate.policy()
        return render.render(policy.edition, language)

    def compared(self, old: str, new: str = "") -> Comparison:
        """Say what an edition changes of an older one, by hash (10.2); ``""``: the one in force.

        Raises ``NotFound`` for an edition there is not.
        """
        newer = self._shelf.policy(new) if new else self.gate.policy()
        return compare(self._shelf.policy(old).edition, newer.edition)

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
        """Do what the clock brings: deliver, integrate, erase what is due, sign the heads.

        Epochs that are due to end are ended: what was erased becomes irreversible (9.4).
        """
        done = self.gate.tick()
        done["minors"] = self.minors.sweep()
        done["swept"] = self.retention.tick()
        done["log"] = self.usage.purge().lines
        done["copied"] = self.rights.copies.work()
        done["alarms"] = self.rights.desk.tick()
        self.proof.purge(self.clock.now())
        done["checked"] = self.realname.tick()
        done["signed_out"] = self.applications.tick()
        done["told"] = self.intake.tick()
        done["renewals"] = self.consent.asking.tick()
        done["hooks"] = self._tell_machines()
        done["signals"] = self.cookies.tick()
        self.checkpoints()
        done["rotated"] = sum(self.rotate_keys(only_due=True).values())
        return done

    def _tell_machines(self) -> int:
        """Tell every address of the settings what waits for it; return how many words."""
        at = self.clock.now()
        edition, told = self.gate.policy(at).hash[:16], 0
        for rooms in self.gate.regions.values():
            hooks.purge(rooms, at)
            told += hooks.deliver(rooms, at, edition=edition)
        return told

    def webhooks(self) -> dict[str, list[EndpointState]]:
        """Say how every address of the settings stands, region by region."""
        regions = self.gate.regions.items()
        return {str(region): rooms.webhooks.states() for region, rooms in regions}

    def test_webhook(self, name: str) -> None:
        """Post a word of no consequence to an address. Raises ``NotDelivered``, ``NotFound``."""
        self.gate.regions[self.home].webhooks.test(name, self.clock.now())

    def enable_webhook(self, name: str) -> bool:
        """Tell an address again that was left alone; False: it was not. Raises ``NotFound``."""
        at, rooms = self.clock.now(), self.gate.regions.values()
        mended = [each.webhooks.enable(name, at) for each in rooms]
        return any(mended)

    def checkpoints(self) -> dict[str, tuple[str, str]]:
        """Integrate and sign every ledger; return each note and the key that verifies it."""
        at = self.clock.now()
        signed = {}
        for region, rooms in self.gate.regions.items():
            rooms.log.integrate(at)
            signed[str(region)] = (rooms.log.checkpoint(at), rooms.log.vkey)
        return signed

    def rotate_keys(
        self, progress: Callable[[str, int], None] | None = None, *, only_due: bool = False
    ) -> dict[str, int]:
        """Rewrap every living key under a new epoch; the old epoch dies. Returns keys by region.

        ``progress`` is told a region and how many of its keys have moved. ``only_due``: leave alone
        the regions whose epoch has time left.
        """
        told = {}
        for region, keys in self._builder.keys.items():
            at = self.clock.now()
            if only_due and at < safekeeping.epoch_ends(keys, self.settings):
                continue
            report = partial(progress, str(region)) if progress else None
            rotation = keys.rotate(at, report)
            told[str(region)] = rotation.keys
            self.note("keys.rotated", region=region, epoch=rotation.live, keys=rotation.keys)
        return told

    def back_up(self, target: Path) -> dict[str, str]:
        """Copy every region's data into one archive without keys; see ``upkeep.back_up``."""
        sums = upkeep.back_up(
            {region: rooms.store for region, rooms in self.gate.regions.items()},
            target,
            self.clock.now(),
            instance=self.settings.instance.name,
            key=self._backup_key,
        )
        self.note("backup.made", **sums)
        return sums

    def back_up_keys(self, target: Path) -> KeyBackup:
        """Copy every region's wrapped keys, to be kept for one epoch at most.

        See ``safekeeping.back_up``.
        """
        made = safekeeping.back_up(
            self.settings,
            self._builder.wrapped,
            target,
            self.clock.now(),
            key=self._backup_key,
        )
        self.note(safekeeping.BACKED_UP, not_after=made.not_after)
        return made

    def bury(self) -> dict[str, int]:
        """Remove everybody whose key is gone: the last step of a restore."""
        return {
            str(region): upkeep.bury(
                rooms.vault, rooms.store, rooms.besides, self.gate.databases.replaying(region)
            )
            for region, rooms in self.gate.regions.items()
        }

    def note(self, name: str, **detail: Json) -> None:
        """Remember something the house did, in the ledger of the home region."""
        self.gate.perform(Event(subject=None, name=name, detail=detail), by=SYSTEM)

    def export_ledger(self, region: str, target: Path) -> Checkpoint:
        """Write a region's whole ledger to a folder or zip that anybody can verify offline.

        Raises ``NotFound`` for a region there is not, ``BadInput`` where the target exists.
        """
        log, at = self._log(region), self.clock.now()
        log.integrate(at)
        return export_bundle(log, target, at)

    def audit(self) -> dict[str, Report]:
        """Recompute every region's tree from its entries and hold it against what was signed."""
        self.checkpoints()
        return {
            str(region): audit(rooms.store, rooms.log.vkey)
            for region, rooms in self.gate.regions.items()
        }

    def ailments(self) -> list[Ailment]:
        """Say what is wrong inside an instance that opens: ledgers, keys, outbox, plans."""
        return [
            *checkup.look_inside(
                self.settings,
                self.gate.regions,
                self.audit(),
                self._builder.keys,
                self.clock.now(),
            ),
            *checkup.planned(self.retention.waiting),
        ]

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
