"""Passwords: long, not guessable, hashed with Argon2id in a bounded pool (policy 2.1.2, 7.2).

"Complex" means what NIST SP 800-63B-4 means: length and a blocklist, no rule about kinds of
characters and no forced change. A password is compared in its NFKC form, by code points.
"""

import hashlib
import mmap
import os
import threading
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import nacl.exceptions
import nacl.pwhash

from troth.documents.proof import foreign, strength
from troth.documents.proof.strength import LONGEST, Strength
from troth.model.errors import BadInput, Misconfigured, TooMany, WeakPassword
from troth.model.secret import Secret

SHORTEST: Final = 15
SHORTEST_WITH_SECOND_FACTOR: Final = 8
OPS: Final = 2
MEMORY: Final = 19 * 1024 * 1024
MOST_AT_ONCE: Final = 16
"""Hashes at once on any machine: more than that many times 19 MiB is memory for others."""
WAITING: Final = 16
"""Who may wait for a turn. Each holds one of the service's forty threads, in which all forms and
slow addresses are answered: more would leave none for people who only read."""
PATIENCE_SECONDS: Final = 20
NOBODY: Final = Secret(
    "$argon2id$v=19$m=19456,t=2,p=1$JfBpR0rSL+ggOYxQkPy7"
    "0A$mM9p/J7+8SN1epSsLD0qVd9McVg4xenglRUysVDTaZk"
)
"""A hash of 32 random bytes that were thrown away: what an unknown account is compared with."""
RULES: Final = {
    "short": (
        "it has fewer than {shortest} characters",
        "string a few unrelated words together",
    ),
    "long": ("it has more than {longest} characters", "use at most {longest}"),
    "own_name": ("it is hardly more than your own name or address", "choose unrelated words"),
    "common": (
        "it is made of common passwords, keyboard runs, dates or repeats",
        "string a few unrelated words together",
    ),
    "breached": (
        "it stands in a list of stolen passwords",
        "choose one you have never used elsewhere",
    ),
}
"""What a refusal says and advises, by the first of its reasons; other reasons speak as `common`."""


class Passwords:
    """Judges, hashes and verifies passwords."""

    def __init__(
        self,
        *,
        breached: Path | None = None,
        at_once: int | None = None,
        waiting: int = WAITING,
        ops: int = OPS,
        memory: int = MEMORY,
    ) -> None:
        """Take an operator's breach list: lines of hexadecimal SHA-1, sorted, a count may follow.

        ``at_once`` bounds the hashing (``None``: every core but one), ``waiting`` who may stand in
        line, so that sign-ins cannot starve the rest. ``ops`` and ``memory`` (octets) are Argon2's;
        less than the defaults is for tests of other things. Raises ``Misconfigured`` when the file
        is not there.
        """
        if breached is not None and not breached.is_file():
            raise Misconfigured(
                f"the breach list `{breached}` is not a file",
                remedy="give the path of a sorted SHA-1 list, or none",
            )
        self._breached = breached
        self._pool = Pool(cores() if at_once is None else at_once, waiting)
        self._ops, self._memory = ops, memory
        self._nobody = NOBODY if (ops, memory) == (OPS, MEMORY) else self.hash(NOBODY)

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
        found = self.describe(password, about, second_factor=second_factor)
        if found.level == "refused":
            shortest = SHORTEST_WITH_SECOND_FACTOR if second_factor else SHORTEST
            rule, remedy = RULES.get(found.reasons[0], RULES["common"])
            numbers = {"shortest": shortest, "longest": LONGEST}
            raise weak(rule.format(**numbers), remedy.format(**numbers))

    def describe(
        self, password: Secret, about: Iterable[Secret] = (), *, second_factor: bool = False
    ) -> Strength:
        """Say how strong a password is: a level, and by name why it is not stronger.

        A page has the words for both. The first reason of a refused one is the rule it breaks.

        >>> Passwords().describe(Secret("violet harbour skates uphill"))
        Strength(level='strong', reasons=())
        >>> Passwords().describe(Secret("woaini5201314"))
        Strength(level='refused', reasons=('short', 'common'))
        """
        text = normal(password)
        known = [name for each in about for name in strength.names_in(each)]
        shortest = SHORTEST_WITH_SECOND_FACTOR if second_factor else SHORTEST
        stolen = self._breached is not None and breached(self._breached, text)
        return strength.judged(text, known, shortest=shortest, stolen=stolen)

    def hash(self, password: Secret) -> Secret:
        """Return the Argon2id hash, 19 MiB and two passes, as a PHC string to keep in the vault.

        Raises ``TooMany`` when too many wait already.
        """
        with self._pool:
            made = nacl.pwhash.argon2id.str(normal(password).encode(), self._ops, self._memory)
        return Secret(made.decode())

    def verify(self, kept: Secret | None, password: Secret) -> bool:
        """Tell whether a password is the one kept; with ``None`` take as long and say no.

        Raises ``TooMany`` when too many wait already.
        """
        if self.needs_rehash(kept):
            return kept is not None and self._verify_foreign(kept, password)
        hashed = (kept or self._nobody).reveal().encode()
        with self._pool:
            try:
                proved = nacl.pwhash.verify(hashed, normal(password)[: LONGEST * 4].encode())
            except nacl.exceptions.InvalidkeyError:
                return False
        return bool(proved) and kept is not None

    def needs_rehash(self, kept: Secret | None) -> bool:
        """Tell whether a hash was made elsewhere: after the next good sign-in ours replaces it."""
        return kept is not None and foreign.is_foreign(kept)

    def _verify_foreign(self, kept: Secret, password: Secret) -> bool:
        """Verify a hash made elsewhere, as it was typed or in our normal form.

        Ours is worked out besides, so that a cheap hash does not answer sooner than nobody's.
        """
        self.verify(None, password)
        typed, plain = (text[: LONGEST * 4] for text in (password.reveal(), normal(password)))
        with self._pool:
            return foreign.same(kept, typed) or (plain != typed and foreign.same(kept, plain))


class Pool:
    """So many at once, so many in line behind them, and everybody else is sent away at once.

    Nobody waits longer than ``PATIENCE_SECONDS``.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._places = threading.BoundedSemaphore(at_once)
        self._inside = threading.BoundedSemaphore(at_once + waiting)

    def __enter__(self) -> None:
        """Wait for a turn. Raises ``TooMany`` when the line is full, or takes too long."""
        if not self._inside.acquire(blocking=False):
            raise crowded()
        if not self._places.acquire(timeout=PATIENCE_SECONDS):
            self._inside.release()
            raise crowded()

    def __exit__(self, *caught: object) -> None:
        """Give the turn to the next."""
        self._places.release()
        self._inside.release()


def crowded() -> TooMany:
    """Return the answer to who comes when too many wait."""
    return TooMany("too many people sign in at once", clause="7.1", remedy="try again in a moment")


def cores() -> int:
    """Return how many hashes may run at once here: every core of ours but one, and one at least."""
    ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(MOST_AT_ONCE, (ours or 1) - 1))


def normal(password: Secret) -> str:
    """Return the NFKC form that is judged and hashed, so that every keyboard gives the same."""
    return unicodedata.normalize("NFKC", password.reveal())


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
