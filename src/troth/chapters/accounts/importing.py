"""Accounts that were opened elsewhere, imported with what their people agreed to (2.1.2b, 11.5).

An import says on which basis it rests, which edition the people accepted and where the controller's
own record of that is; it invents no consent and no proof of a contact. Whose age nobody tells is
not taken. A row is weighed before it is done, by a trial and in earnest alike, so that both say the
same; a row whose people are here already is left as it is.
"""

import re
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from troth.chapters.accounts.intake import Intake, People
from troth.documents.imports import batches
from troth.documents.imports.register import Heard, Imports, Seen, Tally
from troth.documents.imports.rows import form_of, read
from troth.gate import Gate
from troth.model.acts import SYSTEM, Event
from troth.model.clock import moment
from troth.model.errors import BadInput, NotFound, UnknownTerm
from troth.model.terms import matches

LONGEST_WORD: Final = 200
KEPT: Final = "account.password"
"""What every rule that keeps an account keeps."""
_HASH: Final = re.compile(r"[0-9a-f]{12,64}")


class Stated(Struct, frozen=True, kw_only=True):
    """What whoever imports states, for the ledger.

    ``basis`` is the legal basis, as the policy names it for the residence (``contract``);
    ``edition`` the edition those people accepted, by its hash or by a date on which it was in
    force; ``record`` the reference of the controller's own record of that, such as a contract or
    ticket; ``residence`` where they live. ``adults_declared_by`` is the reference of a statement
    that everybody in the file is of age, empty where each row tells it. Neither reference is a
    name. ``language`` is the one they accepted the edition in.
    """

    basis: str
    edition: str
    record: str
    residence: str = "CN"
    language: str = "zh"
    adults_declared_by: str = ""


class Report(batches.Report, frozen=True, kw_only=True):
    """What an import of accounts came to, and the edition that its people accepted."""

    edition: str


class Importing:
    """Imports accounts, a file at a time."""

    def __init__(self, gate: Gate, imports: Imports) -> None:
        self._gate = gate
        self._imports = imports

    def run(
        self,
        path: Path,
        stated: Stated,
        *,
        form: str = "",
        dry_run: bool = False,
        progress: Heard | None = None,
    ) -> Report:
        """Import a file of accounts; the same file goes on where an earlier run was interrupted.

        ``form`` is ``csv`` or ``jsonl`` (else the ending tells); ``progress`` hears how far it is
        after every batch. Raises ``NotFound`` for a file or an edition there is not, ``BadInput``
        and ``UnknownTerm`` for a statement that the policy does not bear out, or a line from which
        the file cannot be read on.
        """
        written = form_of(path, form)
        edition = self._demand(stated)
        if not path.is_file():
            raise NotFound(f"there is no file `{path}`")
        digest = self._imports.digest_of(path, *msgspec.structs.astuple(stated))
        so_far = self._imports.so_far(digest)
        with closing(Seen()) as seen:
            people = Intake(self._gate, _people(stated, edition), seen, so_far, trial=dry_run)
            if not dry_run:
                self._note("accounts.import_stated", digest, stated, edition, so_far)
            tallies = people.through(read(path, written, people.fields))
            self._imports.follow(digest, tallies, self._gate.clock, heard=progress, trial=dry_run)
        if not dry_run:
            self._note("accounts.imported", digest, stated, edition, people.tally)
        return Report(**msgspec.structs.asdict(people.report()), edition=edition)

    def _note(self, name: str, digest: bytes, stated: Stated, edition: str, tally: Tally) -> None:
        """Put what was stated and what came of it into the ledger."""
        told = {
            **msgspec.structs.asdict(stated),
            **msgspec.structs.asdict(tally),
            "import": digest.hex()[:32],
            "edition": edition,
        }
        self._gate.perform(Event(subject=None, name=name, detail=told), by=SYSTEM)

    # --- what is stated --------------------------------------------------------------------------

    def _demand(self, stated: Stated) -> str:
        """Check a statement against the policy; return the hash of the edition it names."""
        for name in ("record", "adults_declared_by"):
            text = getattr(stated, name)
            if len(text) > LONGEST_WORD or not text.isprintable() or not (text or name != "record"):
                raise BadInput(
                    f"`{name}` is no reference to a record of yours",
                    clause="11.5",
                    remedy="name the ticket, contract or file that shows it",
                    field=name,
                )
        policy = self._gate.policy()
        if stated.language not in policy.edition.policy.languages:
            raise UnknownTerm(
                f"the policy is not written in `{stated.language[:8]}`",
                clause="11.4",
                remedy=f"use one of {', '.join(policy.edition.policy.languages)}",
                field="language",
            )
        known = {
            rule.basis.get(regime, "")
            for rule in policy.edition.rules.values()
            for regime in policy.residence(stated.residence).regimes
            if rule.verb == "permit"
            and "collect" in rule.operations
            and "account" in rule.purposes
            and any(matches(pattern, KEPT) for pattern in rule.categories)
        }
        if stated.basis not in known:
            raise UnknownTerm(
                f"`{stated.basis}` is not a basis on which the policy keeps accounts there",
                clause="2.1.2",
                remedy=f"use one of {', '.join(sorted(known))}",
                field="basis",
            )
        return self._edition(stated.edition)

    def _edition(self, named: str) -> str:
        if _HASH.fullmatch(named):
            found = [slot.hash for slot in self._gate.editions() if slot.hash.startswith(named)]
            if len(found) == 1:
                return found[0]
            raise NotFound(f"no edition `{named[:16]}` was published", remedy="give its whole hash")
        try:
            day = moment(named)
        except ValueError:
            raise BadInput(
                "an edition is named by its hash, or by a date on which it was in force",
                clause="11.5",
                remedy="write it as 2023-05-31",
                field="edition",
            ) from None
        return self._gate.policy(day).hash


def _people(stated: Stated, edition: str) -> People:
    return People(
        residence=stated.residence,
        edition=edition,
        language=stated.language,
        record=stated.record,
        adults=bool(stated.adults_declared_by),
    )
