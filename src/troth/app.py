"""Troth: the room that knows every other and puts the house together.

``open`` an instance by its folder, ``create`` a new one, or build one in memory for tests. What an
embedding program uses hangs on the object: ``gate`` and one attribute for each chapter.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from troth import settings as reading
from troth.egress.authorities import AuthorityPort
from troth.egress.channels import Channel, EmailChannel, SmsGateway, SpoolChannel
from troth.egress.courier import Courier
from troth.egress.databases import Database
from troth.egress.fake import FakeAuthority
from troth.egress.recipients import RecipientPort, by_id
from troth.gate import Gate, Rooms
from troth.ledger.checkpoint import Signer
from troth.ledger.fold import Standings
from troth.ledger.log import Log
from troth.model.acts import SYSTEM, Publish
from troth.model.clock import Clock, SystemClock
from troth.model.errors import Misconfigured, PolicyBroken
from troth.model.secret import Secret
from troth.model.terms import Region
from troth.policy import packs, reader
from troth.policy.edition import Edition
from troth.policy.shelf import Shelf
from troth.settings import Settings
from troth.store.postgres import PostgresStore
from troth.store.sql import Store, migrate
from troth.store.sqlite import SqliteStore
from troth.vault.cells import Vault
from troth.vault.home import KeyHome, RootKey
from troth.vault.keys import KeyStore

REGIONS: Final = ("cn", "global")


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
    ) -> None:
        """Open every room of an instance that was created before.

        Raises ``Misconfigured``, ``WrongRootKey``, ``DatabaseTooNew``; nothing is changed then.
        """
        self.settings = settings
        self.clock = clock or SystemClock()
        self.channels = channels if channels is not None else _channels(settings)
        self._keys: dict[Region, KeyStore] = {}
        rooms = {
            Region(name): self._region(
                Region(name),
                recipients,
                databases,
            )
            for name in settings.regions
        }
        self._shelf = Shelf(rooms[Region(settings.instance.home)].store)
        self.gate = Gate(
            rooms,
            self._shelf,
            home=Region(settings.instance.home),
            clock=self.clock,
            epoch_days=settings.instance.epoch_days,
        )

    def _region(
        self,
        name: Region,
        recipients: Mapping[str, RecipientPort] | None,
        databases: tuple[Database, ...],
    ) -> Rooms:
        place = self.settings.regions[name]
        at = self.clock.now()
        root = RootKey.from_reference(_absolute(place.root_key, self.settings))
        home = KeyHome(self.settings.path(place.key_folder), root)
        data = _store(place.data, self.settings, f"{name}/data")
        wrapped = _store(place.keys, self.settings, f"{name}/keys")
        migrate(data, "data", at)
        migrate(wrapped, "keys", at)
        keys = self._keys[name] = KeyStore(wrapped, home)
        origin = f"{self.settings.instance.name}/{name}"
        vault = Vault(
            data, keys, home.named("index"), region=name, tenant=self.settings.instance.name
        )
        vault.finish_pending()
        return Rooms(
            region=name,
            store=data,
            vault=vault,
            log=Log(data, origin, Signer(origin, home.named("signer"))),
            standings=Standings(data),
            courier=Courier(data, self.channels, vault),
            recipients=_fake(home.named("digest")) if recipients is None else recipients,
            databases=databases,
        )

    def publish(self, source: str, name: str = "policy.yaml") -> str:
        """Publish an edition from its document and return its hash.

        Raises ``PolicyBroken`` with every finding when the document does not compile.
        """
        edition = compiled(source, name)
        self.gate.perform(
            Publish(
                subject=None,
                edition=edition.hash,
                effective=edition.policy.effective,
                source=source,
            ),
            by=SYSTEM,
        )
        return edition.hash

    def close(self) -> None:
        """Write what is still in memory and let go of every store."""
        self.gate.close()
        for keys in self._keys.values():
            keys.close()

    def __enter__(self) -> "Troth":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open(place: str | Path, *, clock: Clock | None = None) -> Troth:  # noqa: A001  # troth.open reads as sqlite3.connect does
    """Open an instance: its folder, or the ``postgresql://`` address it was created on.

    On PostgreSQL the wrapped keys' epoch files and root keys lie in the folder that ``TROTH_FOLDER``
    names, never in the database. Raises ``Misconfigured``, ``WrongRootKey``, ``DatabaseTooNew``.
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
    ``Misconfigured`` when the folder already holds an instance; nothing is overwritten.
    """
    folder = Path(place)
    if (folder / reading.FILE).exists():
        raise Misconfigured(f"`{folder}` already holds an instance", remedy="open it, or take another folder")
    source, document = _document(policy)
    compiled(source, document)
    regions = {
        region: reading.on_postgres(on, region) if on else reading.region_defaults(region)
        for region in REGIONS
    }
    for place_of in regions.values():
        (folder / place_of.key_folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        RootKey.create(folder / place_of.root_key.removeprefix("file:"))
    folder.chmod(0o700)
    (folder / reading.FILE).write_text(reading.template(name, policy, regions), "utf-8")
    troth = Troth(reading.load(folder), clock=clock)
    troth.publish(source, document)
    return troth


def compiled(source: str, name: str) -> Edition:
    """Read a policy document. Raises ``PolicyBroken`` that carries every finding."""
    edition, findings = reader.read(source, name)
    wrong = [finding for finding in findings if finding.level == "error"]
    if edition is None or wrong:
        raise PolicyBroken(
            "; ".join(f"{found.file}:{found.line}: {found.message}" for found in wrong[:5]),
            remedy="troth policy check shows every finding and how to mend it",
        )
    return edition


def _document(policy: str) -> tuple[str, str]:
    if policy in packs.names():
        text, path = packs.source(policy)
        return text, str(path)
    path = Path(policy)
    if path.is_file():
        return path.read_text("utf-8"), path.name
    raise Misconfigured(
        f"no policy is called `{policy}`",
        remedy=f"take one that ships ({', '.join(packs.names())}) or the path of a document",
    )


def _store(place: str, settings: Settings, name: str) -> Store:
    if place.startswith(("postgresql://", "postgres://")):
        return PostgresStore(place, name=name)
    if place == ":memory:":
        return SqliteStore(place)
    path = settings.path(place)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return SqliteStore(path)


def _absolute(reference: str, settings: Settings) -> str:
    kind, _, name = reference.partition(":")
    return f"file:{settings.path(name)}" if kind == "file" else reference


ELEMENTS: Final = {
    "identity.name": "name",
    "identity.id_number": "id_number",
    "contact.phone": "phone",
}
"""What an identity authority calls our fields."""


def _fake(key: bytes) -> dict[str, RecipientPort]:
    """A deterministic authority stands in until the operator names a real one."""
    return by_id(AuthorityPort(FakeAuthority(), ELEMENTS, digest_key=key))


def _channels(settings: Settings) -> dict[str, Channel]:
    """Build the ways to reach a subject; what is not set up is written to the spool."""
    spool = settings.path(settings.spool)
    folder = Path(settings.folder)
    channels: dict[str, Channel] = {
        name: SpoolChannel(name, spool / name) for name in ("email", "sms", "letter", "phone", "push")
    }
    mail, sms = settings.email, settings.sms
    if mail.host:
        channels["email"] = EmailChannel(
            mail.host,
            mail.port,
            sender=mail.sender,
            username=mail.username,
            password=reading.secret(mail.password, folder),
        )
    if sms.gateway:
        channels["sms"] = SmsGateway(sms.gateway, reading.secret(sms.secret, folder))
    return channels
