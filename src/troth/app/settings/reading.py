"""Reading the settings: the file, the variables over it, and what is wrong with them."""

import difflib
import json
import os
import re
import tomllib
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, get_origin

import msgspec
from msgspec import Struct

from troth.app.settings.sections import ORIGIN, RegionSettings, Settings
from troth.model.errors import Misconfigured
from troth.model.secret import Secret
from troth.vault import files

FILE: Final = "troth.toml"
SEE: Final = "docs/reference/settings.md has every key"
BY_REFERENCE: Final = (
    "write env:NAME or file:PATH, never the secret itself; a database's password goes into"
    " PGPASSWORD or ~/.pgpass"
)
REFERENCES: Final = ("env:", "file:")
SECRETS: Final = (
    *(("email", "password"), ("sms", "secret")),
    *(("identity", "secret"), ("identity", "callback_secret")),
    ("intake", "certificate_key"),
)
"""What stands in the file by reference only."""


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

    Raises ``Misconfigured`` naming the file, every key that is unknown, or what is wrong with one.
    """
    path = Path(folder) / FILE
    raw = _read(path)
    strange = [*_strange(raw, Settings, "")]
    if strange:
        raise Misconfigured(f"`{path}`: {'; '.join(strange)}", remedy=SEE)
    for name, value in _literal(raw):
        raise Misconfigured(f"`{path}`: {name} holds {value} itself", remedy=BY_REFERENCE)
    raw["folder"] = str(folder)
    return _demand_sense(parse(_overlaid(raw, environment), str(path)), str(path))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise Misconfigured(
            f"`{path.parent}` holds no {FILE}", remedy=f"make an instance: troth init {path.parent}"
        ) from None
    except OSError as error:
        raise Misconfigured(
            f"`{path}` cannot be read: {(error.strerror or 'no access').lower()}",
            remedy="give the folder to the user who runs troth",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"`{path}` is not TOML: {str(error)[0].lower()}{str(error)[1:]}",
            remedy="mend the place it names",
        ) from error


def parse(raw: Mapping[str, object], name: str) -> Settings:
    """Turn a plain mapping into settings. Raises ``Misconfigured``."""
    try:
        return msgspec.convert(raw, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise Misconfigured(
            f"`{name}`: {str(error)[0].lower()}{str(error)[1:]}", remedy=SEE
        ) from error


def _strange(raw: Mapping[str, Any], kind: object, place: str) -> Iterator[str]:
    """Name every key that no setting is called by, and what it may have been meant for."""
    if kind == Settings.__annotations__["regions"]:
        for region, inner in raw.items():
            yield from _strange(inner, RegionSettings, f"{place}.{region}")
        return
    if not isinstance(raw, dict) or not (isinstance(kind, type) and issubclass(kind, Struct)):
        return
    known = {field.name: field.type for field in msgspec.structs.fields(kind)}
    known.pop("folder", None)
    for name, value in raw.items():
        if name in known:
            yield from _strange(value, known[name], f"{place}.{name}" if place else name)
            continue
        meant = difflib.get_close_matches(name, known, n=1)
        where = f" under [{place}]" if place else ""
        yield f"unknown key `{name}`{where}" + (f" (meant: `{meant[0]}`?)" if meant else "")


def _literal(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find secrets that stand in the file themselves; they are never repeated."""
    for section, name in SECRETS:
        value = raw.get(section, {}).get(name)
        if value and not str(value).startswith(REFERENCES):
            yield f"{name} under [{section}]", "a secret"
    for kind in ("endpoints", "recipients"):
        for name, address in raw.get("webhooks", {}).get(kind, {}).items():
            held = [str(address.get(key, "")) for key in ("secret", "old_secret")]
            if any(one and not one.startswith(REFERENCES) for one in held):
                yield f"secret under [webhooks.{kind}.{name}]", "a secret"
    for region, place in raw.get("regions", {}).items():
        if not str(place.get("root_key", "file:")).startswith(REFERENCES):
            yield f"root_key under [regions.{region}]", "a key"
        if any(has_password(str(place.get(name, ""))) for name in ("data", "keys")):
            yield f"an address under [regions.{region}]", "a password"


def has_password(address: str) -> bool:
    """Tell whether a database address carries its password.

    >>> has_password("postgresql://troth:s3cret@db.example/troth_cn")
    True
    >>> has_password("regions/cn/data.db")
    False
    """
    parts = urllib.parse.urlsplit(address)
    query = urllib.parse.parse_qs(parts.query)
    return bool(parts.scheme and (parts.password or "password" in query))


def _demand_sense(settings: Settings, name: str) -> Settings:
    """Demand what no type says. Raises ``Misconfigured``."""
    regions = settings.regions
    wrong = ""
    if not regions:
        wrong = "no region is set up: one [regions.NAME] at least"
    elif settings.instance.home not in regions:
        wrong = f"home names `{settings.instance.home}`, and the regions are {', '.join(regions)}"
    elif not all(re.fullmatch(r"[a-z]{2,12}", region) for region in regions):
        wrong = "a region is named by 2 to 12 of a-z"
    elif settings.server.origin and not ORIGIN.fullmatch(settings.server.origin):
        wrong = "origin under [server] is an address like https://account.example.com, no path"
    if wrong:
        raise Misconfigured(f"`{name}`: {wrong}", remedy=SEE)
    return settings


def _overlaid(raw: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Put variables over the file: ``TROTH_EMAIL_HOST``, ``TROTH_REGIONS_CN_ROOT_KEY``."""
    places: dict[str, tuple[dict[str, Any], type[Struct]]] = {}
    for field in msgspec.structs.fields(Settings):
        if isinstance(field.type, type) and issubclass(field.type, Struct):
            places[field.name] = (raw.setdefault(field.name, {}), field.type)
    for region, place in raw.get("regions", {}).items():
        places[f"regions_{region}"] = (place, RegionSettings)
    for name, value in environment.items():
        for section, (part, kind) in places.items():
            prefix = f"TROTH_{section.upper()}_"
            if name.startswith(prefix):
                _put(part, kind, name, name.removeprefix(prefix).lower(), value)
    return raw


def _put(part: dict[str, Any], kind: type[Struct], variable: str, key: str, value: str) -> None:
    known = {field.name: field.type for field in msgspec.structs.fields(kind)}
    if key not in known:
        raise Misconfigured(f"the variable {variable} sets no key there is", remedy=SEE)
    kind_of = get_origin(known[key])
    if kind_of is Mapping:
        part[key] = _table(variable, value)
        return
    part[key] = (
        [one.strip() for one in value.split(",") if one.strip()] if kind_of is tuple else value
    )


def _table(variable: str, value: str) -> object:
    """Read a table out of a variable: JSON."""
    try:
        return json.loads(value)
    except ValueError:
        raise Misconfigured(f"the variable {variable} is not JSON", remedy=SEE) from None


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


def name_root_key(folder: Path, region: str, reference: str) -> None:
    """Put another root key's reference into ``troth.toml``, whole or not at all.

    Everything else in it stays as it was written. Raises ``Misconfigured`` where the place cannot
    be found.
    """
    path = folder / FILE
    text = path.read_text("utf-8")
    section = re.compile(
        rf"(^\s*\[\s*regions\s*\.\s*\"?{re.escape(region)}\"?\s*\][^\[]*?^\s*root_key\s*=\s*)"
        r"(\"[^\"\n]*\"|'[^'\n]*')",
        re.MULTILINE,
    )
    written = section.sub(lambda found: f"{found[1]}{json.dumps(reference)}", text, count=1)
    wanted = tomllib.loads(text)
    wanted.get("regions", {}).get(region, {})["root_key"] = reference
    if tomllib.loads(written) != wanted:
        raise Misconfigured(
            f"root_key of `{region}` cannot be changed in `{path}` as it is written",
            remedy=f"the keys are under the new root key: write root_key = {json.dumps(reference)}",
        )
    mode = path.stat().st_mode
    files.replace(path, written.encode())
    path.chmod(mode)
