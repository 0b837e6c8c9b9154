"""Where the long-lived keys lie: a folder of small files, each sealed under the root key (7.1).

The root key is given by reference (``file:PATH`` or ``env:NAME``) and is never made by accident:
one that does not open the files that are there is refused and nothing is written. The folder holds
named keys (``index``, ``signer``, ``token``) and epoch keys; an epoch key's file is overwritten and
unlinked when its epoch ends, and every data key wrapped under it is dead with it (6.4, 9.4).
Processes of one instance share the folder; a backup of it must not outlive an epoch.
"""

import binascii
import os
import re
from base64 import b64decode, b64encode
from pathlib import Path
from threading import RLock
from typing import Final

from troth.model.errors import Misconfigured, Sealed, WrongRootKey
from troth.vault import files
from troth.vault.seal import KEY_BYTES, Cipher, fresh_key, place, seal, unseal

HEADER: Final = b"troth-key-1\n"
LIST: Final = "keys.list"
SWITCH: Final = "rewrap.commit"
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,40}")
_EPOCH: Final = re.compile(r"epoch-([0-9]{4,})")


class RootKey:
    """The key above all others: 32 bytes, held outside the instance, never printed."""

    __slots__ = ("_cipher", "reference")

    def __init__(self, key: bytes, reference: str = "memory") -> None:
        """Take 32 bytes. Raises ``Misconfigured`` for another length."""
        if len(key) != KEY_BYTES:
            raise Misconfigured(
                f"the root key `{reference}` is not {KEY_BYTES} bytes long",
                remedy="give 32 random bytes in base64",
            )
        self._cipher = Cipher(key)
        self.reference = reference

    @classmethod
    def from_reference(cls, reference: str) -> "RootKey":
        """Read the root key from ``file:PATH`` or ``env:NAME``, where it stands in base64.

        Raises ``Misconfigured`` when it is missing, malformed or readable by other people.
        """
        kind, _, where = reference.partition(":")
        if kind == "file" and where:
            return cls(_decoded(_private_text(Path(where)), reference), reference)
        if kind == "env" and where:
            if where not in os.environ:
                raise Misconfigured(
                    f"the root key `{reference}` is not set",
                    remedy="set the variable to the root key of this instance",
                )
            return cls(_decoded(os.environ[where], reference), reference)
        raise Misconfigured(
            "the root key's reference is not understood", remedy="write `file:PATH` or `env:NAME`"
        )

    @classmethod
    def create(cls, path: Path | str) -> "RootKey":
        """Draw a new root key into a new file only its owner may read.

        Raises ``Misconfigured`` when the file is there already: a root key is never overwritten.
        """
        path = Path(path)
        key = fresh_key()
        if not files.write_new(path, b64encode(key) + b"\n"):
            raise Misconfigured(
                f"the root key file `{path}` exists", remedy="use it, or name another file"
            )
        return cls(key, f"file:{path}")

    def wrap(self, kind: str, name: str, key: bytes) -> bytes:
        """Seal a long-lived key as the contents of its file."""
        return HEADER + seal(self._cipher, key, place("key file", kind, name))

    def unwrap(self, kind: str, name: str, contents: bytes) -> bytes:
        """Open the contents of a key file. Raises ``WrongRootKey``."""
        sealed = contents[len(HEADER) :] if contents.startswith(HEADER) else b""
        try:
            return unseal(self._cipher, sealed, place("key file", kind, name))
        except Sealed:
            raise WrongRootKey(
                f"the root key `{self.reference}` does not open `{name}.key`; nothing was changed",
                remedy="give the root key this instance was made with, or restore the key file",
            ) from None

    def __repr__(self) -> str:
        return f"RootKey({self.reference})"


def _private_text(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise Misconfigured(
                f"the root key file `{path}` can be read by others",
                remedy="make it private: chmod 600",
            )
        return path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"the root key file `{path}` cannot be read",
            remedy="put the root key of this instance back; a new one cannot open its data",
        ) from error


def _decoded(text: str, reference: str) -> bytes:
    try:
        return b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise Misconfigured(
            f"the root key `{reference}` is not base64", remedy="give 32 random bytes in base64"
        ) from None


class KeyHome:
    """The folder of long-lived keys of one region."""

    def __init__(self, folder: Path | str, root: RootKey) -> None:
        """Open every key file that is there; make the folder if there is none.

        Raises ``WrongRootKey`` when one does not open, ``Misconfigured`` when one is missing;
        nothing is written then.
        """
        self.folder = Path(folder)
        self._root = root
        self._lock = RLock()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.shred_left(self.folder)
        self._finish_rewrap()
        self._keys = {name: self._read(name) for name in self._names()}
        self._demand_whole()
        self._write_list()

    def named(self, name: str) -> bytes:
        """Return a long-lived key (32 bytes) by its name, made on first use."""
        if not _NAME.fullmatch(name):
            raise Misconfigured(f"`{name}` cannot be the name of a key")
        return self._get(name) or self._make(name)

    def epoch(self, number: int) -> bytes | None:
        """Return an epoch's key, or ``None`` when there is no such file (any more)."""
        return self._get(_epoch_name(number))

    def make_epoch(self, number: int) -> bytes:
        """Return an epoch's key, made if it is not there."""
        return self.epoch(number) or self._make(_epoch_name(number))

    def epochs(self) -> list[int]:
        """Return the numbers of the epochs whose key files lie here."""
        found = (_EPOCH.fullmatch(name) for name in self._names())
        return sorted(int(match[1]) for match in found if match)

    def destroy_epoch(self, number: int) -> None:
        """Overwrite and unlink an epoch's key file with all its remains. No file is no error."""
        name = _epoch_name(number)
        with self._lock:
            self._keys.pop(name, None)
            self._write_list(without=name)
            # Also what a killed write or rewrap may have left of it.
            for path in (*self.folder.glob(f".{name}.*"), *self.folder.glob(f"{name}.*")):
                files.shred(path)

    def forget_epoch(self, number: int) -> None:
        """Let go of an epoch's key in memory, as another process may have ended the epoch."""
        with self._lock:
            self._keys.pop(_epoch_name(number), None)

    def rewrap(self, root: RootKey) -> None:
        """Seal every key file under a new root key; from then on only that one opens them.

        Can be killed at any point: before the switch the old root key still opens all, after it the
        new one does. Other processes of the instance have to be stopped meanwhile.
        """
        with self._lock:
            for stale in self.folder.glob("*.next"):
                files.shred(stale)
            for name in self._names():
                wrapped = root.wrap(_kind(name), name, self._get(name) or self._read(name))
                files.replace(self._path(name).with_suffix(".next"), wrapped)
            files.replace(self.folder / SWITCH, b"")
            self._finish_rewrap()
            self._root = root

    def _finish_rewrap(self) -> None:
        switch = self.folder / SWITCH
        if not switch.exists():
            return
        for fresh in sorted(self.folder.glob("*.next")):
            current, old = fresh.with_suffix(".key"), fresh.with_suffix(".old")
            if current.exists():
                current.replace(old)
            fresh.replace(current)
        for old in self.folder.glob("*.old"):
            files.shred(old)
        files.sync_folder(self.folder)
        files.shred(switch)

    def _names(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("*.key") if path.name[0] != ".")

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    def _get(self, name: str) -> bytes | None:
        with self._lock:
            if name not in self._keys and self._path(name).exists():
                # Another process of this instance has made it since.
                self._keys[name] = self._read(name)
            return self._keys.get(name)

    def _read(self, name: str) -> bytes:
        return self._root.unwrap(_kind(name), name, self._path(name).read_bytes())

    def _make(self, name: str) -> bytes:
        with self._lock:
            files.write_new(self._path(name), self._root.wrap(_kind(name), name, fresh_key()))
            # Read back what lies there: another process may have been first.
            self._keys[name] = self._read(name)
            self._write_list()
            return self._keys[name]

    def _demand_whole(self) -> None:
        lost = sorted(set(self._listed()) - set(self._keys))
        if lost:
            raise Misconfigured(
                f"`{lost[0]}.key` is missing from `{self.folder}`; nothing was changed",
                remedy="restore it: what it sealed cannot be opened with a new one",
            )

    def _listed(self) -> list[str]:
        path = self.folder / LIST
        return path.read_text("ascii").split() if path.exists() else []

    def _write_list(self, without: str = "") -> None:
        names = [name for name in self._names() if name != without]
        if names != self._listed():
            files.replace(self.folder / LIST, "".join(f"{name}\n" for name in names).encode())


def _epoch_name(number: int) -> str:
    return f"epoch-{number:04d}"


def _kind(name: str) -> str:
    return "epoch" if _EPOCH.fullmatch(name) else "named"
