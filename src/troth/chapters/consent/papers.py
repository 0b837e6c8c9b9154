"""Consents on paper: every word that was said, and its receipt, signed (policy 9.3)."""

from collections.abc import Callable

from troth.documents.consents import states
from troth.documents.consents.receipts import receipt_file
from troth.documents.consents.record import ConsentReceipt, consent_receipt
from troth.documents.consents.states import Said
from troth.gate import Gate
from troth.model.errors import NotFound
from troth.model.terms import Region, SubjectId

Seed = Callable[[Region], bytes]
"""Gives the 32 octets that a region's ledger signs with."""


class Papers:
    """The histories and receipts of a house."""

    def __init__(self, gate: Gate, seed: Seed) -> None:
        self._gate = gate
        self._seed = seed

    def history(self, subject: SubjectId) -> list[Said]:
        """List every word about a subject's consents, oldest first, with the state it left."""
        return states.history(self._gate.trail(subject))

    def receipt(self, subject: SubjectId, key: str, entry: str = "") -> ConsentReceipt:
        """Return the receipt of a consent as it stands, or of one word said about it before.

        A word of before is told under the edition it was said under. Raises ``NotFound``.
        """
        words = [said for said in self.history(subject) if said.key == key]
        at = self._gate.clock.now()
        if entry:
            last = next((n for n, said in enumerate(words) if said.entry == entry), -1)
            words, at = words[: last + 1], words[last].at if words and last >= 0 else at
        if not words:
            raise NotFound(f"nothing was said about `{key}`")
        standing = self._gate.standing(subject)
        return consent_receipt(
            words,
            who=standing.pseudonym,
            regimes=standing.regimes,
            region=subject.region,
            edition=self._gate.policy(words[-1].at).edition,
            at=at,
        )

    def signed(
        self, subject: SubjectId, key: str, entry: str = "", *, as_linked: bool = False
    ) -> bytes:
        """Return a receipt as a file that verifies offline, its proof from the ledger in it.

        ``as_linked``: with the terms of W3C DPV, as JSON-LD. Raises ``NotFound``.
        """
        found = self.receipt(subject, key, entry)
        region = subject.region
        return receipt_file(
            found,
            self._seed(region),
            self._gate.clock.now(),
            proof=self._gate.prove(region, found.record_id),
            as_linked=as_linked,
        )
