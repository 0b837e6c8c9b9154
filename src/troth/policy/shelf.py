"""Published editions, and the one in force at a moment (policy 10.2, 11.5).

An edition is never changed or removed once published. The shelf grows forward in time only: an
edition that would take effect before the latest one is refused, so nobody is led back to an older
promise.
"""

import time
from typing import Final

import msgspec
from msgspec import Struct

from troth.model.clock import Moment, iso
from troth.model.errors import NotFound, PolicyBroken
from troth.policy.decide import Policy
from troth.policy.edition import LANGUAGES, Edition, content
from troth.policy.state import FIRST, LAST
from troth.store.sql import Store, Tx

# Made here, once: msgspec crashes when several threads are the first to read into one type.
_READER: Final = msgspec.json.Decoder(Edition)

PUT: Final = (
    "INSERT INTO editions (hash, edition, effective, published, source, content)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)
"""Publish an edition."""
LATEST: Final = (
    "SELECT hash, edition, effective FROM editions"
    " ORDER BY effective DESC, published DESC LIMIT 1 FOR UPDATE"
)
"""The edition that a new one must not take effect before."""
SLOTS: Final = (
    "SELECT hash, edition, effective, published FROM editions ORDER BY effective, published"
)
"""Every edition, the one in force latest last."""
CONTENT: Final = "SELECT content FROM editions WHERE hash = ?"
SOURCE: Final = "SELECT source FROM editions WHERE hash = ?"

FRESH: Final = 1.0
"""Seconds after which the shelf looks for editions that another process published."""


class Slot(Struct, frozen=True):
    """One edition on the shelf, without its content."""

    hash: str
    edition: str
    effective: Moment
    published: Moment


class Shelf:
    """The published editions of one instance. Safe from many threads."""

    def __init__(self, store: Store) -> None:
        """Open the shelf in the home region's data store."""
        self._store = store
        self._policies: dict[str, Policy] = {}
        self._slots: tuple[Slot, ...] = ()
        self._looked = float("-inf")
        self._now: tuple[Moment, Moment, Policy] | None = None

    def publish(self, tx: Tx, source: str, edition: Edition, at: Moment) -> str:
        """Put an edition on the shelf within a transaction and return its hash.

        Publishing the latest edition again changes nothing. Raises ``PolicyBroken`` for an edition
        without both languages, or one that would take effect before the latest.
        """
        _demand_languages(edition)
        raw, digest = content(edition), edition.hash
        for latest, name, effective in tx.run(LATEST):
            if latest == digest:
                return digest
            if edition.effective < effective:
                raise PolicyBroken(
                    f"edition `{edition.policy.edition}` takes effect before `{name}`,"
                    f" which is in force from {iso(Moment(effective))}",
                    clause="11.5",
                    remedy="give it a later `effective` date",
                )
        if tx.run(CONTENT, (digest,)):
            raise PolicyBroken(
                f"edition `{edition.policy.edition}` was published before and then replaced",
                clause="11.5",
                remedy="give it a new `edition` name and date",
            )
        head = edition.policy
        tx.run(PUT, (digest, head.edition, head.effective, at, source, raw))
        self.forget()
        return digest

    def at(self, moment: Moment) -> Policy:
        """Return the policy in force at a moment, compiled; never one that is not in force yet.

        Raises ``NotFound`` when no edition was in force then.
        """
        now = self._now
        if now is not None and now[0] <= moment < now[1] and self._is_fresh():
            return now[2]
        since, until, digest = FIRST, LAST, ""
        for slot in self._look():
            if slot.effective <= moment:
                since, digest = slot.effective, slot.hash
            else:
                until = slot.effective
                break
        if not digest:
            raise NotFound("no edition of the policy is in force", remedy="publish one first")
        policy = self.policy(digest)
        self._now = (since, until, policy)
        return policy

    def policy(self, digest: str) -> Policy:
        """Return an edition by its hash, compiled. Raises ``NotFound``."""
        policy = self._policies.get(digest)
        if policy is None:
            edition = self._edition(digest)
            policy = self._policies.setdefault(digest, Policy(edition, digest))
        return policy

    def source(self, digest: str) -> str:
        """Return an edition's document as it was written. Raises ``NotFound``."""
        rows = self._store.query(SOURCE, (digest,))
        if not rows:
            raise _unknown(digest)
        return str(rows[0][0])

    def editions(self) -> tuple[Slot, ...]:
        """Return every published edition, the one in force latest last."""
        self._looked = float("-inf")
        return self._look()

    def forget(self) -> None:
        """Look at the store again at the next question; called after a publication."""
        self._looked = float("-inf")

    def _is_fresh(self) -> bool:
        # The age of a cache is the machine's own time, not the domain's.
        return time.monotonic() - self._looked < FRESH

    def _look(self) -> tuple[Slot, ...]:
        if not self._is_fresh():
            # "Fresh" is said last: no thread may take the slots of before for those of now.
            at = time.monotonic()
            self._slots = tuple(Slot(*row) for row in self._store.query(SLOTS))
            self._now = None
            self._looked = at
        return self._slots

    def _edition(self, digest: str) -> Edition:
        rows = self._store.query(CONTENT, (digest,))
        if not rows:
            raise _unknown(digest)
        return _READER.decode(bytes(rows[0][0]))


def _demand_languages(edition: Edition) -> None:
    """Refuse an edition with a clause that lacks a language (11.4)."""
    for clause in edition.clauses:
        for language in LANGUAGES:
            if not clause.words[language].strip():
                raise PolicyBroken(
                    f"clause `{clause.id}` has no text in `{language}`",
                    clause="11.4",
                    remedy="publish both languages at once",
                )


def _unknown(digest: str) -> NotFound:
    return NotFound(f"no edition `{digest[:16]}` was published", remedy="list them with `policy`")
