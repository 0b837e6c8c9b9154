"""Another root key: every key file sealed anew, and the settings told (policy 7.1; reliability F9).

Region by region: the new key is read (or drawn, where a file is named that is not there), the key
folder is sealed under it in one step, then ``troth.toml`` names it. Killed in between, the same
command goes on where it was: a folder that the new key opens already has only to be named.
"""

from pathlib import Path
from typing import Final

from msgspec import Struct

from troth.app import settings as reading
from troth.app.building import root_of
from troth.app.settings import Settings
from troth.model.errors import BadInput, WrongRootKey
from troth.vault import files
from troth.vault.home import KeyHome, RootKey

PENDING: Final = "root.pending"
"""Says, while a change is under way, how the command that finishes it has to go on."""
REGION: Final = "{region}"


class Changed(Struct, frozen=True, kw_only=True):
    """A region whose root key was changed: from which reference to which, over how many files."""

    was: str
    now: str
    files: int


def change(settings: Settings, to: str, *, region: str = "") -> dict[str, Changed]:
    """Put a region's keys (``{region}`` in ``to``: every region's) under another root key.

    ``to`` is ``file:PATH``, drawn anew where there is no such file, or ``env:NAME``. Nobody else
    may have the instance open. Raises ``BadInput``, ``WrongRootKey``, ``Misconfigured``.
    """
    wanted = _wanted(settings, to, region)
    written = reading.load(settings.folder, {}).regions
    for name in wanted:
        if written[name].root_key != settings.regions[name].root_key:
            raise BadInput(
                f"the root key of `{name}` is named by a variable, not by the settings file",
                remedy=f"unset TROTH_REGIONS_{name.upper()}_ROOT_KEY for this, change it after",
            )
    return {name: _change(settings, name, reference) for name, reference in wanted.items()}


def _wanted(settings: Settings, to: str, region: str) -> dict[str, str]:
    if to.partition(":")[0] not in ("file", "env") or not to.partition(":")[2]:
        raise BadInput("not a reference to a root key", remedy="write file:PATH or env:NAME")
    if region and region not in settings.regions:
        raise BadInput(f"this instance has no region `{region}`", remedy=_named(settings))
    if not region and REGION not in to and len(settings.regions) > 1:
        raise BadInput(
            "each region has a root key of its own",
            remedy=f"name one with --region, or write {REGION} in the reference",
        )
    regions = [region] if region else list(settings.regions)
    return {name: to.replace(REGION, name) for name in regions}


def _named(settings: Settings) -> str:
    return f"it has: {', '.join(settings.regions)}"


def _change(settings: Settings, region: str, reference: str) -> Changed:
    place = settings.regions[region]
    root = _drawn(settings, reference)
    folder = settings.path(place.key_folder)
    try:
        home = KeyHome(folder, root_of(settings, place.root_key))
    except WrongRootKey:
        # An earlier change got as far as the key files; else this says that neither opens them.
        home = KeyHome(folder, root)
    pending = settings.path(PENDING)
    files.replace(pending, f"--region {region} --to {reference}\n".encode())
    home.rewrap(root)
    if reference != place.root_key:
        reading.name_root_key(Path(settings.folder), region, reference)
    pending.unlink()
    return Changed(was=place.root_key, now=reference, files=len(list(folder.glob("*.key"))))


def _drawn(settings: Settings, reference: str) -> RootKey:
    kind, _, where = reference.partition(":")
    path = settings.path(where)
    if kind == "file" and not path.exists():
        if not path.parent.is_dir():
            raise BadInput(f"`{path.parent}` is no folder", remedy="make it first, for you alone")
        RootKey.create(path)
    return root_of(settings, reference)
