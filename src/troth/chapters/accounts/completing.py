"""Completing: what a registration left blank, given later by whoever is signed in (2.1.3, 9.2).

Nothing here is demanded. What is sensitive comes alone, with the box that asks for it (2.3); what
is held already is corrected, not given twice.
"""

from collections.abc import Callable, Mapping

from troth.chapters.accounts.fields import (
    PROVED,
    ROLES,
    collects,
    demand_taken,
    filled,
    kind_of,
    not_taken,
)
from troth.documents import ending
from troth.documents.agreement import Shown, Tick, consents
from troth.documents.proof.age import band
from troth.documents.proof.sessions import Session
from troth.documents.requests.answer import request_id
from troth.gate import Gate, Outcome
from troth.model.acts import SYSTEM, Actor
from troth.model.errors import BadInput, NotOfAge
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import AgeBand, SubjectId

Who = Callable[[Secret], tuple[Session, Actor]]


class Completing:
    """Takes what was left blank; ``who`` tells whose session a token is."""

    def __init__(self, gate: Gate, who: Who) -> None:
        self._gate = gate
        self._who = who

    def complete(
        self,
        token: Secret,
        values: Mapping[str, Secret],
        *,
        ticks: tuple[Tick, ...] = (),
        shown: Shown | None = None,
    ) -> Outcome:
        """Keep further fields of one's own, each for its purpose; what is blank is left out.

        ``ticks`` are the consents that go with them, ``shown`` what stood beside the boxes. Raises
        ``BadInput`` naming a field that is not asked for, is held already, is proved on a page of
        its own, or is sensitive and not alone; ``BadValue``; ``ConsentMissing``; ``NotOfAge`` for a
        date or number that tells a minor, whose account is then frozen.
        """
        session, by = self._who(token)
        subject = session.subject
        standing = self._gate.standing(subject)
        given = filled(values)
        self._demand(given, standing)
        known = self._gate.policy().consent_keys()
        said = consents(subject, ticks, shown=shown, means="checkbox", known=known) if shown else ()
        acts = (*said, *collects(subject, given))
        # Weighed first: a date that is none says nothing about an age.
        self._gate.weigh(*acts, by=by)
        self._demand_age(subject, standing, given)
        return self._gate.perform(*acts, by=by)

    def _demand(self, given: Mapping[str, Secret], standing: Standing) -> None:
        if not given:
            raise BadInput("nothing was filled in", clause="9.2", field="nothing")
        for field in given:
            if field in PROVED:
                raise BadInput(
                    f"`{field}` changes only with a proof of the new one",
                    clause="2.1.2",
                    remedy="bind the new one with a code, or change the password",
                    field=field,
                )
            if field.startswith(ROLES):
                raise not_taken(field)
            if field in standing.held:
                raise BadInput(
                    f"`{field}` is held already", clause="9.2", remedy="correct it", field=field
                )
        demand_taken(self._gate, kind_of(standing), given)
        categories = self._gate.policy().edition.categories
        apart = next((field for field in given if categories[field].sensitive is not None), None)
        if apart is not None and len(given) > 1:
            raise BadInput(
                f"`{apart}` is sensitive and asked apart, with a consent of its own",
                clause="2.3",
                remedy="send it alone, with the box that asks for it",
                field=apart,
            )

    def _demand_age(
        self, subject: SubjectId, standing: Standing, given: Mapping[str, Secret]
    ) -> None:
        at = self._gate.clock.now()
        age = band(
            self._gate.policy().edition,
            standing.residence,
            born=given.get("identity.birth_date"),
            id_number=given.get("identity.id_number"),
            at=at,
        )
        if age in (AgeBand.MINOR, AgeBand.CHILD):
            self._gate.perform(*ending.child_found(subject, request_id(), at), by=SYSTEM)
            raise NotOfAge(
                clause="8.1",
                remedy="the account is frozen; a guardian can write to the privacy desk",
            )
