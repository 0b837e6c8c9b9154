"""One ``troth.toml`` and ``TROTH_*``: where the house stands and how it is reached.

Secrets are named by reference only (``env:NAME`` or ``file:PATH``), so that a settings file can be
shown and a secret cannot be printed. Relative paths are read from the instance's folder.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from troth.model.errors import Misconfigured
from troth.model.secret import Secret

FILE: Final = "troth.toml"


class InstanceSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the instance is called (its ledger's origin), its policy, and its home region."""

    name: str = "troth.local"
    policy: str = "itnio"
    home: str = "global"
    epoch_days: int = 7


class RegionSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where one region keeps its data, its wrapped keys, and what opens them.

    ``data`` and ``keys`` are paths of SQLite files or ``postgresql://`` addresses.
    """

    data: str
    keys: str
    key_folder: str
    root_key: str


class EmailSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mail server; without a host, mail is written to the spool folder."""

    host: str = ""
    port: int = 587
    sender: str = "privacy@localhost"
    username: str = ""
    password: str = ""


class SmsSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The SMS gateway; without an address, messages are written to the spool folder."""

    gateway: str = ""
    secret: str = ""


class ServerSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the service listens, which proxies it believes, and how much it takes.

    ``secure`` says that people reach it over TLS (at a proxy): cookies and headers then say so.
    """

    host: str = "127.0.0.1"
    port: int = 8420
    trusted_proxies: tuple[str, ...] = ()
    max_body: int = 1024 * 1024
    requests_per_minute: int = 600
    secure: bool = False


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set, with defaults that are safe."""

    folder: str = "."
    instance: InstanceSettings = InstanceSettings()
    regions: Mapping[str, RegionSettings] = {}
    email: EmailSettings = EmailSettings()
    sms: SmsSettings = SmsSettings()
    server: ServerSettings = ServerSettings()
    spool: str = "spool"

    def path(self, name: str) -> Path:
        """Read a path of this file: relative ones start at the instance's folder."""
        return Path(self.folder) / name


def region_defaults(name: str) -> RegionSettings:
    """Return the embedded layout of one region: its own folder, databases and keys."""
    return RegionSettings(
        data=f"regions/{name}/data.db",
        keys=f"regions/{name}/keys.db",
        key_folder=f"regions/{name}/keys",
        root_key=f"file:regions/{name}/root.key",
    )


def on_postgres(url: str, name: str) -> RegionSettings:
    """Return the layout of one region on a server: two databases, keys apart from data."""
    base, _, query = url.partition("?")
    tail = f"?{query}" if query else ""
    return RegionSettings(
        data=f"{base}_{name}{tail}",
        keys=f"{base}_{name}_keys{tail}",
        key_folder=f"regions/{name}/keys",
        root_key=f"file:regions/{name}/root.key",
    )


def load(folder: str | Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read ``troth.toml`` in a folder, then ``TROTH_SECTION_NAME`` variables over it.

    Raises ``Misconfigured`` naming the file, the key and what is wrong with it.
    """
    path = Path(folder) / FILE
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise Misconfigured(
            f"`{folder}` holds no {FILE}", remedy=f"make an instance: troth init {folder}"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"`{path}` is not TOML: {error}") from error
    raw["folder"] = str(folder)
    return parse(_overlaid(raw, environment), str(path))


def parse(raw: Mapping[str, object], name: str) -> Settings:
    """Turn a plain mapping into settings. Raises ``Misconfigured``."""
    try:
        return msgspec.convert(raw, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise Misconfigured(
            f"`{name}`: {str(error)[0].lower()}{str(error)[1:]}",
            remedy="see docs/reference/settings.md for every key",
        ) from error


def _overlaid(raw: dict[str, object], environment: Mapping[str, str]) -> dict[str, object]:
    for section in ("instance", "email", "sms", "server"):
        prefix = f"TROTH_{section.upper()}_"
        for name, value in environment.items():
            if name.startswith(prefix):
                part = raw.setdefault(section, {})
                if isinstance(part, dict):
                    part[name.removeprefix(prefix).lower()] = value
    return raw


def secret(reference: str, folder: Path, environment: Mapping[str, str] = os.environ) -> Secret:
    """Fetch a secret by its reference: ``env:NAME`` or ``file:PATH``; empty for none.

    Raises ``Misconfigured`` when the reference leads nowhere, or is the secret itself.
    """
    kind, _, name = reference.partition(":")
    if not reference:
        return Secret("")
    if kind == "env" and name in environment:
        return Secret(environment[name])
    if kind == "file" and (folder / name).is_file():
        return Secret((folder / name).read_text("utf-8").strip())
    raise Misconfigured(
        "a secret's reference leads nowhere" if kind in ("env", "file") else "not a reference",
        remedy="write env:NAME or file:PATH, never the secret itself",
    )


TEMPLATE: Final = """\
# One instance of Troth. Every key can be overridden by TROTH_<SECTION>_<KEY>.
# Secrets stand here by reference only: "env:NAME" or "file:PATH".

[instance]
name = "{name}"
policy = "{policy}"
home = "global"

{regions}
[email]
# host = "smtp.example.com"
# username = "privacy"
# password = "env:SMTP_PASSWORD"

[sms]
# gateway = "https://sms.example.com/send"
# secret = "env:SMS_SECRET"

[server]
host = "127.0.0.1"
port = 8420
"""


def template(name: str, policy: str, regions: Mapping[str, RegionSettings]) -> str:
    """Write a new instance's ``troth.toml``."""
    parts = []
    for region, place in regions.items():
        lines = [f"[regions.{region}]"]
        lines += [f'{key} = "{value}"' for key, value in msgspec.to_builtins(place).items()]
        parts.append("\n".join(lines) + "\n\n")
    return TEMPLATE.format(name=name, policy=policy, regions="".join(parts).rstrip("\n") + "\n")
