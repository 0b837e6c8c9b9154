"""Putting rooms together: stores, keys and channels of one instance, region by region.

Kept beside ``app`` so that a reader of ``Troth`` sees what it offers, not how it is wired.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec

from troth.app import settings as reading
from troth.app import switch
from troth.app.lock import Lock
from troth.app.settings import RegionSettings, Settings, hooks, identity, stores
from troth.app.switch import Move
from troth.documents import cases
from troth.documents.applications import grants
from troth.documents.consents import renewals
from troth.documents.guardian import speakers
from troth.documents.intake import powers
from troth.documents.proof import Proof, open_proof, sessions
from troth.documents.proof.codes import Sent
from troth.documents.proof.throttle import Limits
from troth.documents.requests import register
from troth.documents.retention import papers
from troth.egress import questions
from troth.egress.channels import Channel
from troth.egress.courier import Courier
from troth.egress.databases.port import Database
from troth.egress.errands import Errands
from troth.egress.errands.counted import Counted
from troth.egress.fake import FakeAuthority
from troth.egress.inquiry import AuthorityPort
from troth.egress.post import SigningKey
from troth.egress.recipients import RecipientPort, by_id
from troth.egress.webhooks.outbox import Webhooks
from troth.gate import Rooms
from troth.ledger.checkpoint import Signer
from troth.ledger.fold import Standings
from troth.ledger.log import Log
from troth.model.clock import Clock
from troth.model.errors import BadInput, Misconfigured, PolicyBroken, StoreBusy
from troth.model.terms import Region
from troth.policy import packs, reader
from troth.policy.edition import Edition
from troth.store import ballast
from troth.store.postgres import PostgresStore
from troth.store.sql import Store, migrate
from troth.store.sqlite import SqliteStore
from troth.vault.cells import Vault
from troth.vault.deposits import Deposits
from troth.vault.home import KeyHome, RootKey
from troth.vault.keys import KeyStore
from troth.vault.logs import Logs

OpenStore = Callable[[str, str], Store]
"""Opens a store by its place in the settings and its name (``cn/data``)."""

FAKE: Final = "fake"
BESIDES: Final = (
    *(*sessions.BESIDES, cases.FORGET, *questions.FORGET, *grants.FORGET, *speakers.FORGET),
    *register.FORGET,
    *(powers.FORGET, renewals.FORGET, papers.DUE_NOW),
)
"""What lies under a subject's id in tables that are not the vault's, and goes with the subject."""


class Builder:
    """Opens the rooms of every region, and closes what the gate does not know of.

    It holds the instance's lock together with others, and first finishes what an interrupted
    restore had decided on.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        channels: Mapping[str, Channel] | None,
        recipients: Mapping[str, RecipientPort] | None,
        databases: tuple[Database, ...],
        open_store: OpenStore | None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._channels = stores.channels_of(settings) if channels is None else channels
        self._recipients = recipients
        self.databases = databases
        self._open = open_store or self._store
        self._homes: dict[Region, KeyHome] = {}
        self._opened: list[Store] = []
        self.wrapped: dict[Region, Store] = {}
        self.keys: dict[Region, KeyStore] = {}
        self._lock = enter(settings)
        if settings.databases.map:
            self._open_databases()

    def _open_databases(self) -> None:
        home = Region(self._settings.instance.home)
        try:
            key = home_of(self._settings, home).named(stores.KEY)
            self.databases = (*self.databases, *stores.databases(self._settings, key))
        except BaseException:
            self._lock.close()
            raise

    def region(self, name: Region) -> Rooms:
        """Open one region's rooms and finish what a crash left undone there."""
        place, at = self._settings.regions[name], self._clock.now()
        home = self._homes[name] = home_of(self._settings, name)
        if self._open == self._store and place.data != ":memory:":
            demand_whole(self._settings, name, home)
        data, wrapped = (
            self._kept(self._open(where, f"{name}/{kind}"))
            for where, kind in ((place.data, "data"), (place.keys, "keys"))
        )
        self.wrapped[name] = wrapped
        migrate(data, "data", at)
        migrate(wrapped, "keys", at)
        keys = self.keys[name] = KeyStore(wrapped, home, at=at)
        tenant = self._settings.instance.name
        origin = f"{tenant}/{name}"
        vault = Vault(data, keys, home.named("index"), region=name, tenant=tenant)
        vault.finish_pending()
        return Rooms(
            region=name,
            store=data,
            vault=vault,
            log=Log(data, origin, Signer(origin, home.named("signer"))),
            standings=Standings(data),
            courier=Courier(data, self._channels, vault),
            errands=self._errands(data, vault),
            deposits=Deposits(data, vault),
            logs=Logs(data, keys, tenant),
            webhooks=Webhooks(
                data, vault, hooks.endpoints(self._settings, self._clock), source=origin
            ),
            again_key=home.named("again"),
            recipients=self._recipients_of(name, home, data),
            besides=BESIDES,
            asked={"paper": papers.HELD},
            ending=renewals.NOTE,
            shut=(*grants.EVERY, sessions.END_ALL),
        )

    def _errands(self, data: Store, vault: Vault) -> Errands:
        named = self._settings.databases
        return Errands(
            data,
            self.databases,
            vault,
            places=(
                *stores.folders(self._settings),
                Counted("paper", data, papers.LEFT),
            ),
            ours=named.ours,
            patience=named.patience,
        )

    def _recipients_of(
        self, name: Region, home: KeyHome, store: Store
    ) -> Mapping[str, RecipientPort]:
        """Return who is asked at once: the identity authority that the settings name, if any."""
        if self._recipients is not None:
            return self._recipients
        named = self._settings.identity
        if not named.authority:
            return {}
        limits = questions.Limits(house=named.asks_per_day)
        calls = reading.secret(named.callback_secret, Path(self._settings.folder))
        port = AuthorityPort(
            FakeAuthority(identity.AUTHORITY, region=name)
            if named.authority == FAKE
            else identity.authority_of(self._settings, name),
            identity.ELEMENTS | identity.elements_of(named.fields),
            questions.Questions(store, home.named("digest"), limits),
            clock=self._clock,
            calls=SigningKey(calls) if calls else None,
        )
        return by_id(port)

    def _kept(self, store: Store) -> Store:
        self._opened.append(store)
        return store

    def named(self, region: Region, name: str) -> bytes:
        """Return one of a region's long-lived keys."""
        return self._homes[region].named(name)

    def tested(self) -> Mapping[str, Sequence[str]]:
        """Return which tests prove which clause, as the last whole run found."""
        packed = resources.files("troth.policy.packs").joinpath(
            self._settings.instance.policy, "tested.json"
        )
        if not packed.is_file():
            return {}
        return msgspec.json.decode(packed.read_bytes(), type=dict[str, tuple[str, ...]])

    def _store(self, place: str, name: str) -> Store:
        if place.startswith(("postgresql://", "postgres://")):
            return PostgresStore(place, name=name)
        if place == ":memory:":
            return SqliteStore(place)
        path = self._settings.path(place)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return SqliteStore(path, ballast=ballast.SIZE)

    @staticmethod
    def lay_keys(folder: Path, regions: Mapping[str, RegionSettings]) -> None:
        """Make the private folders of a new instance and a root key for each region."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        for place in regions.values():
            (folder / place.key_folder).mkdir(parents=True, exist_ok=True, mode=0o700)
            RootKey.create(folder / place.root_key.removeprefix("file:"))

    def close(self) -> None:
        """Let go of the key stores, and of the instance."""
        for keys in self.keys.values():
            keys.close()
        for store in self.wrapped.values():
            store.close()
        stores.close(self.databases)
        self._lock.close()

    def abandon(self) -> None:
        """Let go of everything that was opened for a house that did not come to stand."""
        for store in self._opened:
            store.close()
        stores.close(self.databases)
        self._lock.close()


def enter(settings: Settings) -> Lock:
    """Take hold of an instance together with others, its files as an earlier restore meant them.

    Raises ``StoreBusy`` while somebody mends it, ``Misconfigured``.
    """
    folder, moves = Path(settings.folder), moves_of(settings)
    if switch.interrupted(folder) or switch.left(folder, moves):
        # Where somebody is in already, they have seen to it, or it is theirs.
        with suppress(StoreBusy), Lock(folder, alone=True):
            switch.finish(folder)
            switch.sweep(folder, moves)
    return Lock(folder)


def moves_of(settings: Settings) -> list[Move]:
    """Return everything of an instance that a restore can replace."""
    places = settings.regions.values()
    names = [(name, False) for place in places for name in (place.data, place.keys)]
    names += [(place.key_folder, True) for place in places]
    return [
        Move(str(settings.path(name).absolute()), shred)
        for name, shred in names
        if "://" not in name and name != ":memory:"
    ]


def root_of(settings: Settings, reference: str) -> RootKey:
    """Return a root key by its reference, a relative path read from the instance's folder.

    Raises ``Misconfigured``.
    """
    kind, _, path = reference.partition(":")
    return RootKey.from_reference(
        f"file:{settings.path(path)}" if kind == "file" and path else reference
    )


def home_of(settings: Settings, region: Region) -> KeyHome:
    """Open a region's folder of long-lived keys. Raises ``Misconfigured``, ``WrongRootKey``."""
    place = settings.regions[region]
    root = root_of(settings, place.root_key)
    return KeyHome(settings.path(place.key_folder), root)


def demand_whole(settings: Settings, region: Region, home: KeyHome) -> None:
    """Demand that no database of an instance that was in use is missing: a new one is not it.

    An empty key store would pass everybody off as erased. Raises ``Misconfigured``.
    """
    place = settings.regions[region]
    paths = {"key": place.keys, "data": place.data}
    remedies = {"key": "troth keys restore", "data": "troth restore"}
    here = {
        kind: settings.path(where).exists() for kind, where in paths.items() if "://" not in where
    }
    if any(here.values()) or home.epochs():
        for kind, there in here.items():
            if not there:
                raise Misconfigured(
                    f"the {kind} database of `{region}` is missing",
                    remedy=f"bring it back: {remedies[kind]}",
                )


def compiled(source: str, name: str) -> Edition:
    """Read a policy document. Raises ``PolicyBroken`` naming the first findings."""
    edition, findings = reader.read(source, name)
    wrong = [finding for finding in findings if finding.level == "error"]
    if edition is None or wrong:
        raise PolicyBroken(
            "; ".join(f"{found.file}:{found.line}: {found.message}" for found in wrong[:5]),
            remedy="troth policy check shows every finding and how to mend it",
        )
    return edition


def document(policy: str) -> tuple[str, str]:
    """Return a policy's text and name: of a pack that ships, or of a file.

    Raises ``BadInput`` when there is neither, ``PolicyBroken`` for a file that is no text.
    """
    if policy in packs.names():
        return packs.source(policy)
    path = Path(policy)
    if path.is_file():
        try:
            return path.read_text("utf-8"), path.name
        except UnicodeDecodeError as error:
            raise PolicyBroken(
                f"`{path}` is not a text in UTF-8", remedy="save the document as UTF-8"
            ) from error
    raise BadInput(
        f"no policy is called `{policy}`",
        remedy=f"take one that ships ({', '.join(packs.names())}) or the path of a document",
    )


def proof_of(
    settings: Settings, stores: Mapping[Region, Store], *, home: Region, key: bytes
) -> Proof:
    """Open what proves who somebody is, as the settings say. Raises ``Misconfigured``."""
    named = settings.passwords
    return open_proof(
        stores,
        home=home,
        key=key,
        breached=settings.path(named.breached) if named.breached else None,
        failures=Limits.hourly(named.failures_per_hour),
        sent=Sent.hourly(settings.email.codes_per_hour, settings.sms.codes_per_hour),
        origin=settings.server.seen_at,
    )
