"""Passwords: long, not guessable, hashed with Argon2id in a bounded pool (policy 2.1.2, 7.2).

"Complex" means what NIST SP 800-63B-4 means: length and a blocklist, no rule about kinds of
characters and no forced change. A password is compared in its NFKC form, by code points.
"""

import hashlib
import mmap
import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

import nacl.exceptions
import nacl.pwhash

from troth.model.errors import BadInput, Misconfigured, TooMany, WeakPassword
from troth.model.secret import Secret

SHORTEST: Final = 15
SHORTEST_WITH_SECOND_FACTOR: Final = 8
LONGEST: Final = 128
OPS: Final = 2
MEMORY: Final = 19 * 1024 * 1024
AT_ONCE: Final = 2
PATIENCE_SECONDS: Final = 20
NOBODY: Final = Secret(
    "$argon2id$v=19$m=19456,t=2,p=1$JfBpR0rSL+ggOYxQkPy7"
    "0A$mM9p/J7+8SN1epSsLD0qVd9McVg4xenglRUysVDTaZk"
)
"""A hash of 32 random bytes that were thrown away: what an unknown account is compared with."""
UNPREDICTABLE: Final = 6
"""Characters that must be left when every common word, run and repeat is taken out."""

ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "!@#$%^&*()_+",
)


class Passwords:
    """Judges, hashes and verifies passwords."""

    def __init__(self, *, breached: Path | None = None, at_once: int = AT_ONCE) -> None:
        """Take an operator's breach list: lines of hexadecimal SHA-1, sorted, a count may follow.

        ``at_once`` bounds the hashing, 19 MiB each, so that logins cannot starve the rest.
        Raises ``Misconfigured`` when the file is not there.
        """
        if breached is not None and not breached.is_file():
            raise Misconfigured(
                f"the breach list `{breached}` is not a file",
                remedy="give the path of a sorted SHA-1 list, or none",
            )
        self._breached = breached
        self._pool = threading.BoundedSemaphore(at_once)

    def judge(
        self,
        password: Secret,
        confirmed: Secret,
        *,
        about: Iterable[Secret] = (),
        second_factor: bool = False,
    ) -> None:
        """Accept a new password, or say in words which rule it breaks.

        ``about`` holds what others know of the subject: user name, e-mail address, phone.
        Raises ``BadInput`` when the two differ and ``WeakPassword`` naming the rule.
        """
        if password != confirmed:
            raise BadInput(
                "the two passwords differ",
                clause="2.1.2",
                remedy="type the same password twice",
                field="password_confirm",
            )
        text = normal(password)
        shortest = SHORTEST_WITH_SECOND_FACTOR if second_factor else SHORTEST
        _demand_length(text, shortest)
        _demand_surprise(text, [known for each in about for known in _known(each)])
        if self._breached is not None and breached(self._breached, text):
            raise weak(
                "it stands in a list of stolen passwords",
                "choose one you have never used elsewhere",
            )

    def hash(self, password: Secret) -> Secret:
        """Return the Argon2id hash, 19 MiB and two passes, as a PHC string to keep in the vault."""
        with _Turn(self._pool):
            made = nacl.pwhash.argon2id.str(normal(password).encode(), OPS, MEMORY)
        return Secret(made.decode())

    def verify(self, kept: Secret | None, password: Secret) -> bool:
        """Tell whether a password is the one kept; with ``None`` take as long and say no."""
        hashed = (kept or NOBODY).reveal().encode()
        with _Turn(self._pool):
            try:
                proved = nacl.pwhash.verify(hashed, normal(password)[: LONGEST * 4].encode())
            except nacl.exceptions.InvalidkeyError:
                return False
        return bool(proved) and kept is not None


class _Turn:
    """A place in the hashing pool, or ``TooMany`` when none came free in time."""

    def __init__(self, pool: threading.BoundedSemaphore) -> None:
        self._pool = pool

    def __enter__(self) -> None:
        if not self._pool.acquire(timeout=PATIENCE_SECONDS):
            raise TooMany("too many people sign in at once", remedy="try again in a moment")

    def __exit__(self, *caught: object) -> None:
        self._pool.release()


def normal(password: Secret) -> str:
    """Return the NFKC form that is judged and hashed, so that every keyboard gives the same."""
    return unicodedata.normalize("NFKC", password.reveal())


def _demand_length(text: str, shortest: int) -> None:
    if len(text) < shortest:
        raise weak(
            f"it has fewer than {shortest} characters", "string a few unrelated words together"
        )
    if len(text) > LONGEST:
        raise weak(f"it has more than {LONGEST} characters", f"use at most {LONGEST}")


def _demand_surprise(text: str, known: Iterable[str]) -> None:
    folded = text.casefold()
    for name in known:
        if name in folded and len(folded.replace(name, "")) < UNPREDICTABLE + 2:
            raise weak("it is hardly more than your own name or address", "choose unrelated words")
    if len(left_over(folded, known)) < UNPREDICTABLE:
        raise weak(
            "it is made of common passwords, keyboard runs, dates or repeats",
            "string a few unrelated words together",
        )


def left_over(folded: str, known: Iterable[str] = ()) -> str:
    """Return what is left when everything predictable is taken out of a folded password.

    >>> left_over("woaini5201314520"), left_over("qwertyuiop123456")
    ('', '')
    >>> left_over("correct horse battery")
    'correct horse battery'
    """
    text = re.sub(r"[\s_.-]+", " ", folded)
    text = re.sub(r"(?:19|20)\d\d(?:[01]?\d[0-3]?\d)?", "", text)
    for word in sorted({*known, *blocklist()}, key=len, reverse=True):
        text = text.replace(word, "")
    text = _without_runs(text)
    repeats = re.compile(r"(.{1,8}?)\1{2,}")
    text = repeats.sub(r"\1", text)
    return text.strip(" !@#$%^&*?.~") if any(map(str.isalnum, text)) else ""


def _without_runs(text: str) -> str:
    """Take out runs of four or more along a row of a keyboard, either way."""
    kept: list[str] = []
    at = 0
    while at < len(text):
        run = max(_run(text, at, row) for row in _rows())
        if run >= 4:
            at += run
        else:
            kept.append(text[at])
            at += 1
    return "".join(kept)


def _run(text: str, at: int, row: str) -> int:
    length = 1
    while at + length < len(text) and text[at : at + length + 1] in row:
        length += 1
    return length


@lru_cache(maxsize=1)
def _rows() -> tuple[str, ...]:
    return (*ROWS, *(row[::-1] for row in ROWS))


@lru_cache(maxsize=1)
def blocklist() -> frozenset[str]:
    """Return the common passwords that ship with the house, folded."""
    text = (resources.files("troth.documents.proof") / "blocklist.txt").read_text("utf-8")
    lines = (line.strip().casefold() for line in text.splitlines())
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _known(about: Secret) -> list[str]:
    text = unicodedata.normalize("NFKC", about.reveal()).casefold()
    parts = [text, text.partition("@")[0], re.sub(r"\D", "", text)]
    return [part for part in parts if len(part) >= 4]


def breached(path: Path, text: str) -> bool:
    """Look a password up in a sorted list of SHA-1 digests, or of their first letters.

    Reads some 30 lines however long the list is. The digest is the list's format, no protection.
    """
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest().upper().encode()
    if path.stat().st_size == 0:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as lines:
        low, high = 0, len(lines)
        while low < high:
            start = lines.rfind(b"\n", 0, (low + high) // 2) + 1
            end = lines.find(b"\n", start)
            end = len(lines) if end < 0 else end
            entry = lines[start:end].split(b":")[0].strip().upper()
            if entry and digest.startswith(entry):
                return True
            if entry < digest:
                low = end + 1
            else:
                high = start
    return False


def weak(rule: str, remedy: str) -> WeakPassword:
    """Return the refusal that names the rule in words."""
    return WeakPassword(
        f"this password is too easy to guess: {rule}",
        clause="7.2",
        remedy=remedy,
        field="password",
    )
