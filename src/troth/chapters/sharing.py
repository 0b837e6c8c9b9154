"""Sharing: to whom data may go, on which ground, and the register of who got what (policy 4).

Every way out asks for a consent that names the recipient, or for one of the listed grounds with its
paper. Nothing goes to a recipient that needs an agreement before one is in force.
"""

from collections.abc import Collection
from typing import Final, Literal

from msgspec import Struct

from troth.documents.contract import IN_FORCE, Contract, Contracts
from troth.documents.requests.answer import request_id
from troth.gate import Gate, Outcome
from troth.model.acts import (
    SYSTEM,
    Actor,
    ConsentWithdrawn,
    Disclose,
    Entrust,
    Give,
    Object,
    Owe,
    Share,
    Transfer,
)
from troth.model.clock import Moment, after
from troth.model.errors import BadInput
from troth.model.terms import Fields, SubjectId

Way = Literal["share", "entrust", "transfer", "disclose"]
WAYS: Final[dict[Way, type[Give]]] = {
    "share": Share,
    "entrust": Entrust,
    "transfer": Transfer,
    "disclose": Disclose,
}
KINDS: Final = {act.kind: way for way, act in WAYS.items()}
EMERGENCY: Final = "4.4.4"
TELL_AFTER_DAYS: Final = 15
"""By when a subject is told what went out in an emergency that left no time to ask (PIPL 18)."""


class Given(Struct, frozen=True, kw_only=True):
    """One handing over, as the subject sees it: to whom, what, why, on which ground."""

    at: Moment
    way: Way
    recipient: str
    words: dict[str, str]
    fields: tuple[str, ...]
    purpose: str
    ground: str
    reference: str
    clauses: tuple[str, ...]
    entry: str


class Sharing:
    """Everybody data may go to."""

    def __init__(self, gate: Gate, contracts: Contracts) -> None:
        self._gate = gate
        self._contracts = contracts

    def give(
        self,
        way: Way,
        subject: SubjectId,
        recipient: str,
        fields: Fields,
        purpose: str,
        *,
        ground: str = "",
        facts: Collection[str] = (),
        reference: str = "",
        by: Actor = SYSTEM,
    ) -> Outcome:
        """Let data go, on consent or on a listed ground with its paper's reference.

        ``facts`` are the conditions that were established, such as ``paper``, ``two_approvals``,
        ``bound_by_policy``; that an agreement is in force is looked up here. Raises
        ``ConsentMissing`` or ``Refused`` with the clauses, ``BadInput`` for a ground without paper.
        """
        if ground and not reference:
            raise BadInput(
                f"ground §{ground} is relied on without its paper",
                clause="4.4",
                remedy="name the document's reference",
                field="reference",
            )
        at = self._gate.clock.now()
        # Nobody can claim an agreement: that one is in force is looked up.
        known = self._contracts.facts(recipient, purpose, fields, at=at)
        act = WAYS[way](
            subject=subject,
            recipient=recipient,
            fields=fields,
            purpose=purpose,
            ground=ground,
            facts=frozenset(facts) - {IN_FORCE} | known,
            reference=reference,
        )
        after_notice = [_owed_afterwards(subject, at)] if ground == EMERGENCY else []
        return self._gate.perform(act, *after_notice, by=by)

    def refuse(self, subject: SubjectId, purpose: str, *, by: Actor) -> Outcome:
        """Stop relying on what the subject made public, at their word (policy 4.4.5)."""
        return self._gate.perform(Object(subject=subject, purpose=purpose), by=by)

    def take_down(self, subject: SubjectId, key: str, *, by: Actor) -> Outcome:
        """Take back a publication that the subject chose (policy 4.3.1)."""
        return self._gate.perform(ConsentWithdrawn(subject=subject, to=key), by=by)

    # --- agreements ----------------------------------------------------------------------------

    def sign(self, contract: Contract, *, by: Actor) -> Outcome:
        """Enter an agreement with a recipient that the policy declares (policy 4.1.4).

        Raises ``UnknownTerm`` for another recipient, ``BadInput`` for one that covers nothing.
        """
        self._gate.policy().recipient(contract.recipient)
        self._contracts.keep(contract)
        return self._gate.perform(contract.signed(), by=by)

    def end_contract(self, reference: str) -> bool:
        """End an agreement now: nothing more goes out under it. Tell whether one was in force."""
        return self._contracts.end(reference, at=self._gate.clock.now())

    def contracts(self) -> list[Contract]:
        """List every agreement, ended ones included."""
        return self._contracts.all()

    # --- the register --------------------------------------------------------------------------

    def register(self, subject: SubjectId) -> list[Given]:
        """Tell a subject who got what of theirs, when and on which ground, oldest first."""
        recipients = self._gate.policy().edition.recipients
        found = []
        for entry in self._gate.trail(subject):
            if entry.kind in KINDS:
                name = str(entry.what["recipient"])
                declared = recipients.get(name)
                found.append(
                    Given(
                        at=entry.at,
                        way=KINDS[entry.kind],
                        recipient=name,
                        words=declared.words if declared else {"zh": name, "en": name},
                        fields=_listed(entry.what.get("fields")),
                        purpose=str(entry.what.get("purpose", "")),
                        ground=str(entry.what.get("ground", "")),
                        reference=str(entry.what.get("reference", "")),
                        clauses=entry.clauses,
                        entry=entry.id,
                    )
                )
        return found


def _owed_afterwards(subject: SubjectId, at: Moment) -> Owe:
    by = after(at, days=TELL_AFTER_DAYS)
    return Owe(subject=subject, duty=request_id(), what="tell_after_emergency", by=by)


def _listed(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()
