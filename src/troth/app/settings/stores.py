"""The controller's other databases as ``[databases]`` names them, and the files that are searched.

A map with an error opens nothing: what is wrong stands in the message, with its line (policy 9.4).
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from troth.app.settings.reading import secret
from troth.app.settings.sections import Settings
from troth.app.traces import find_traces
from troth.egress.channels import Channel, EmailChannel, SmsGateway, SpoolChannel
from troth.egress.databases.finding import Finding
from troth.egress.databases.map import DataMap
from troth.egress.databases.opening import open_database
from troth.egress.databases.port import Database
from troth.egress.databases.reading import read
from troth.egress.errands.folders import Folder
from troth.egress.sheet import ByHand
from troth.model.errors import Misconfigured, Unreachable

KEY: Final = "databases"
"""The long-lived key of the home region that makes pseudonyms in other databases."""
CHECK_MAP: Final = "see docs/reference/databases.md for how a map is written"
SPOOLED: Final = ("email", "sms", "letter", "push")
FIRST: Final = 5
"""How many findings a message names."""


@runtime_checkable
class Checkable(Protocol):
    """A database that can hold its map against what it is."""

    def check(self) -> list[Finding]:
        """Return what is wrong. Raises ``Unreachable``."""
        ...


@runtime_checkable
class Closable(Protocol):
    """A database that keeps connections."""

    def close(self) -> None:
        """Let them go."""
        ...


def data_map(settings: Settings) -> DataMap:
    """Read the data map that the settings name; an empty one where they name none.

    Raises ``Misconfigured`` with its findings.
    """
    named = settings.databases.map
    if not named:
        return DataMap()
    path = settings.path(named)
    try:
        told = read(path.read_text("utf-8"), path.name)
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(
            f"the data map `{path}` cannot be read", remedy="check map under [databases]"
        ) from None
    if told.data is None:
        wrong = [found for found in told.findings if found.level == "error"]
        first = "; ".join(f"{found.place}: {found.message}" for found in wrong[:FIRST])
        more = f"; and {len(wrong) - FIRST} more" if len(wrong) > FIRST else ""
        raise Misconfigured(f"{first}{more}", clause="9.4", remedy=wrong[0].hint or CHECK_MAP)
    return told.data


def databases(settings: Settings, key: bytes) -> tuple[Database, ...]:
    """Open every database of the data map; nothing is connected yet.

    ``key`` makes pseudonyms. Raises ``Misconfigured``.
    """
    data, urls = data_map(settings), dict(map(_pair, settings.databases.urls))
    unknown = sorted(urls.keys() - {mapped.name for mapped in data.stores})
    if unknown:
        raise Misconfigured(f"urls under [databases] names `{unknown[0]}`, which no map knows")
    folder = Path(settings.folder)
    return tuple(
        open_database(
            data,
            mapped.name,
            secret(urls[mapped.name], folder) if mapped.name in urls else None,
            key=key,
        )
        for mapped in data.stores
    )


def _pair(text: str) -> tuple[str, str]:
    name, told, reference = text.partition("=")
    if not told or not reference:
        raise Misconfigured(f"`{name}` names no address", remedy="write shop=env:SHOP_URL")
    return name.strip(), reference.strip()


def folders(settings: Settings) -> tuple[Folder, ...]:
    """Return the folders that are looked through after an erasure: the spool's, and logs."""
    spool = settings.path(settings.spool)
    found = [Folder("spool", spool, find_traces, messages=True)]
    found += [
        Folder(f"logs:{name}", settings.path(name), find_traces) for name in settings.databases.logs
    ]
    return tuple(found)


def ailing(databases: tuple[Database, ...]) -> Iterator[tuple[str, str, str]]:
    """Give what is wrong with each database, as (level, what, how to mend it); for the doctor."""
    for each in databases:
        if not isinstance(each, Checkable):
            continue
        try:
            found = each.check()
        except Unreachable as error:
            yield "warning", f"the database `{each.name}` does not answer", error.remedy
            continue
        for one in found:
            yield one.level, f"`{each.name}`: {one.place}: {one.message}", one.hint


def close(databases: tuple[Database, ...]) -> None:
    """Let every connection go."""
    for each in databases:
        if isinstance(each, Closable):
            with suppress(Unreachable):
                each.close()


def channels_of(settings: Settings) -> dict[str, Channel]:
    """Build the ways to reach a subject; what is not set up is written to the spool."""
    spool = settings.path(settings.spool)
    folder = Path(settings.folder)
    channels: dict[str, Channel] = {name: SpoolChannel(name, spool / name) for name in SPOOLED}
    channels["phone"] = (
        ByHand("phone") if settings.telephone.desk else SpoolChannel("phone", spool / "phone")
    )
    mail, sms = settings.email, settings.sms
    if mail.host:
        channels["email"] = EmailChannel(
            mail.host,
            mail.port,
            sender=mail.sender,
            username=mail.username,
            password=secret(mail.password, folder),
        )
    if sms.gateway:
        channels["sms"] = SmsGateway(sms.gateway, secret(sms.secret, folder))
    return channels
