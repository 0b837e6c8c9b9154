"""What may be told to an application: the gate's word on each scope (policy 4.1.1, 4.1.3, 4.1.4).

What a scope opens is declared fields, and telling them is a share with the recipient that the
application belongs to (or an entrustment, where that is a processor). That an agreement is in force
is looked up; nobody can claim it.
"""

from collections.abc import Collection, Iterable
from typing import Final

from troth.documents.applications.register import Application
from troth.documents.applications.scopes import DERIVED, LASTING, OPENID, SCOPES
from troth.documents.contract import IN_FORCE, Contracts
from troth.gate import Gate
from troth.model.acts import Actor, Entrust, Give, Share
from troth.model.errors import Refused, UnknownTerm
from troth.model.standing import Standing
from troth.model.terms import Fields, SubjectId

TO_ASK: Final = frozenset({"consent_missing", "consent_refused", "consent_withdrawn"})
"""What only the person's word keeps shut: they began this sign-in, so they may be asked again."""
GIVING: Final = frozenset({"share", "entrust"})


class Judging:
    """Asks the gate what an application may be told."""

    def __init__(self, gate: Gate, contracts: Contracts) -> None:
        self._gate = gate
        self._contracts = contracts

    def giving(self, subject: SubjectId, application: Application, fields: Fields) -> Give:
        """Return the act of telling an application some fields.

        Raises ``Refused`` where the edition in force declares its recipient no more.
        """
        known = self._contracts.facts(
            application.recipient, application.purpose, fields, at=self._gate.clock.now()
        )
        declared = self._gate.policy().edition.recipients.get(application.recipient)
        if declared is None:
            raise Refused(
                f"the policy in force declares no recipient `{application.recipient}`",
                clause="4.1.4c",
                remedy="end the application, or publish an edition that declares it",
            )
        return (Entrust if declared.role == "processor" else Share)(
            subject=subject,
            recipient=application.recipient,
            fields=fields,
            purpose=application.purpose,
            facts=frozenset(application.facts) - {IN_FORCE} | known,
            reference=application.id,
        )

    def missing(
        self, subject: SubjectId, application: Application, scope: str
    ) -> tuple[str, ...] | None:
        """Return the consents that telling a scope still takes: none where it may be told as it is.

        ``None`` where no word of the person opens it. Raises ``Erased``.
        """
        try:
            act = self.giving(subject, application, SCOPES[scope])
        except Refused:
            return None
        (decision,) = self._gate.ask(act, by=caller(application))
        if decision.allowed:
            return ()
        return decision.missing if decision.code in TO_ASK else None

    def demand(self, subject: SubjectId, application: Application) -> tuple[str, ...]:
        """Return the consents that signing in at all still takes.

        Raises ``Refused`` where no word of the person opens it; the ledger remembers that.
        """
        missing = self.missing(subject, application, OPENID)
        if missing is None:
            act = self.giving(subject, application, SCOPES[OPENID])
            self._gate.perform(act, by=caller(application))
        return missing or ()

    def offered(
        self,
        subject: SubjectId,
        application: Application,
        scopes: Iterable[str],
        standing: Standing,
        given: Collection[str] = (),
    ) -> tuple[str, ...]:
        """Return those of some scopes that may be told once some consents are ``given``.

        One of which nothing is held is left out, and one that takes more than those consents.
        """
        found = []
        for scope in scopes:
            if scope != LASTING:
                if not _is_there(scope, standing):
                    continue
                missing = self.missing(subject, application, scope)
                if missing is None or not set(given).issuperset(missing):
                    continue
            found.append(scope)
        return tuple(found)

    def keys(self, application: Application) -> tuple[str, ...]:
        """Return the consents that telling an application can rest on: to give, and to cross."""
        recipient = self._gate.policy().edition.recipients.get(application.recipient)
        if recipient is None:
            return ()
        way = "entrust" if recipient.role == "processor" else "share"
        place = recipient.region or recipient.country.lower()
        return (
            f"{way}/{application.recipient}/{application.purpose}",
            f"export/{place}/{application.purpose}",
        )

    def demand_declared(self, recipient: str, purpose: str) -> None:
        """Raise ``UnknownTerm`` unless a rule lets a declared recipient be given something."""
        policy = self._gate.policy()
        policy.recipient(recipient)
        policy.purpose(purpose)
        edition = policy.edition
        if not any(
            rule.verb == "permit"
            and GIVING & {*rule.operations}
            and purpose in edition.covered(rule)
            and recipient in edition.given_to(rule)
            for rule in edition.rules.values()
        ):
            raise UnknownTerm(
                f"no rule lets `{recipient}` be given anything for `{purpose}`",
                clause="4.1",
                remedy="take a recipient that a rule names, or publish an edition with such a rule",
            )


def caller(application: Application) -> Actor:
    """Return an application as the one at whose request something is told."""
    return Actor(kind="service", id=application.id)


def _is_there(scope: str, standing: Standing) -> bool:
    return all(field in DERIVED or field in standing.held for field in SCOPES[scope])
