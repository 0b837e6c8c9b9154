"""A company's account: who stands for it, named, replaced, and asked themselves (2.1.1c to e).

Whoever signs in for a company names its people with a declaration. What only a person may say, a
handler says: their identity number is taken with their own consent, proved by a code to their own
address, and lies with them.
"""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from troth.chapters.accounts.fields import (
    ENTERPRISE,
    ROLES,
    Role,
    demand_apart,
    demand_taken,
    filled,
    kind_of,
    not_taken,
    required,
)
from troth.chapters.accounts.people import REFERENCES, Company, Named, People, demand_declared
from troth.documents import ending
from troth.documents.agreement import Shown, Tick, consents
from troth.documents.notice import Notices, channels_of, language_of
from troth.documents.proof import Proof
from troth.documents.proof.age import band
from troth.documents.proof.codes import LIFE_MINUTES
from troth.documents.proof.sessions import Session
from troth.documents.requests.answer import request_id
from troth.gate import Gate, Outcome
from troth.model.acts import SUBJECT, SYSTEM, Act, Actor, Collect, Use
from troth.model.errors import BadInput, NotFound, NotOfAge, NotProved, Refused
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import AgeBand, SubjectId

NUMBER: Final = "handler.id_number"
WORDS: Final = (
    "确认您的身份证号码用于实名认证",
    "allow your identity number for the real-name check",
)
Who = Callable[[Secret], tuple[Session, Actor]]


class Place(Struct, frozen=True, kw_only=True):
    """One role of a company: whether somebody fills it, and whether somebody has to."""

    role: Role
    filled: bool
    needed: bool


class Enterprise:
    """What a company does about its people; ``who`` tells whose session a token is."""

    def __init__(self, gate: Gate, notices: Notices, proof: Proof, who: Who) -> None:
        self._gate = gate
        self._notices = notices
        self._proof = proof
        self._who = who
        self.people = People(gate, notices)

    # --- who stands for it ---------------------------------------------------------------------

    def places(self, token: Secret) -> tuple[Place, ...]:
        """Say which roles of a company are filled; one that is needed and empty wants a person.

        Raises ``NotProved``, and ``BadInput`` for a person's account.
        """
        company, _, _ = self._company(token)
        there = self.people.of(company)
        needed = required(self._gate, "enterprise")
        return tuple(
            Place(role=role, filled=role in there, needed=f"{role}.name" in needed)
            for role in ROLES
        )

    def name(
        self,
        token: Secret,
        role: Role,
        values: Mapping[str, Secret],
        *,
        declared: bool,
        born: Secret | None = None,
    ) -> Outcome:
        """Name who fills a role, in place of whoever did; the one before goes, the new one is told.

        ``values`` are the role's fields; ``declared`` that this person permits it; ``born`` is
        looked at and not kept. Raises ``NotProved`` unless the session was stepped up just now,
        ``BadInput`` for a field left blank, foreign or sensitive, ``NotOfAge``, and ``Refused``
        for the legal representative of a confirmed company, whom support changes (6.2).
        """
        company, standing, by = self._company(token)
        if by.assurance < 2:
            raise NotProved(
                "naming somebody asks for a proof made just now",
                clause="6.3.3",
                remedy="enter your password or a code once more",
            )
        given = self._demand(role, values, standing, declared=declared)
        before = self.people.of(company).get(role)
        named = Named(role=role, values=given, born=born)
        naming = self.people.name(
            self._as_company(company, standing), named, replaced=REFERENCES[role] in standing.held
        )
        gone: list[Act] = []
        if before and before != naming.subject:
            gone = self._parted(company, before, role)
        return self._gate.perform(*gone, *naming.acts, by=by)

    def _demand(
        self, role: Role, values: Mapping[str, Secret], standing: Standing, *, declared: bool
    ) -> dict[str, Secret]:
        fact = standing.facts.get("realname")
        if role == "legal_rep" and fact is not None and fact.result == "verified":
            raise Refused(
                "this company is confirmed with its legal representative: contact support",
                clause="6.2",
                remedy="call or write to support, who change it after their own checks",
            )
        given = filled(values)
        foreign = next((field for field in given if not field.startswith(f"{role}.")), None)
        if foreign is not None:
            raise not_taken(foreign)
        demand_taken(self._gate, "enterprise", given)
        demand_apart(self._gate, given)
        demand_declared(given, declared=declared)
        for field in required(self._gate, "enterprise"):
            if field.startswith(f"{role}.") and field not in given:
                raise BadInput(
                    f"`{field}` is required and was left blank",
                    clause="2.1.1",
                    remedy="fill it in",
                    field=field,
                )
        return given

    def _parted(self, company: SubjectId, before: SubjectId, role: Role) -> list[Act]:
        """Erase whoever filled a role before, unless they stand for another company."""
        alone = set(self.people.companies(before, role)) <= {company}
        return self.people.end(before) if alone else []

    def _company(self, token: Secret) -> tuple[SubjectId, Standing, Actor]:
        session, by = self._who(token)
        standing = self._gate.standing(session.subject)
        if kind_of(standing) != "enterprise":
            raise BadInput("this account is a person's, not a company's", clause="2.1.1")
        return session.subject, standing, by

    def _as_company(self, company: SubjectId, standing: Standing) -> Company:
        asked = Use(subject=company, fields=(ENTERPRISE,), purpose="account")
        return Company(
            subject=company,
            name=self._gate.perform(asked, by=SYSTEM).values[ENTERPRISE],
            residence=standing.residence,
            language=language_of(standing),
        )

    # --- what the handler says ------------------------------------------------------------------

    def begin_number(self, token: Secret) -> str:
        """Send the handler a code with which they allow their identity number; its challenge.

        Raises ``NotFound`` when the company has no handler.
        """
        handler = self._handler(token)
        standing = self._gate.standing(handler)
        at = self._gate.clock.now()
        issued = self._proof.codes.issue("confirm", Secret(handler), at=at, about=NUMBER)
        told = self._notices.notify(
            handler,
            "code",
            {
                "code": issued.code,
                "minutes": str(LIFE_MINUTES),
                "flow_zh": WORDS[0],
                "flow_en": WORDS[1],
            },
            channels=channels_of(standing),
            language=language_of(self._gate.standing(self._who(token)[0].subject)),
        )
        self._gate.perform(told, by=SYSTEM)
        return issued.challenge

    def keep_number(
        self,
        token: Secret,
        challenge: str,
        code: Secret,
        number: Secret,
        ticks: tuple[Tick, ...],
        *,
        shown: Shown,
    ) -> Outcome:
        """Keep the handler's identity number with the handler, under their own separate consent.

        The code is the one that went to the handler: it is they who tick. A number that tells a
        minor freezes the handler's record. Raises ``NotProved``, ``ConsentMissing`` without the
        tick, ``BadInput`` for a box that asks for more, ``BadValue``, ``NotOfAge``.
        """
        handler = self._handler(token)
        at = self._gate.clock.now()
        known = self._gate.policy().consent_keys()
        said = consents(handler, ticks, shown=shown, means="checkbox", known=known)
        kept = Collect(subject=handler, values={NUMBER: number}, purpose="realname")
        # Weighed first: a number that is mistyped spends no code and says nothing about an age.
        self._gate.weigh(*said, kept, by=SUBJECT)
        self._proof.codes.redeem(challenge, "confirm", Secret(handler), code, at=at, about=NUMBER)
        self._demand_age(handler, number)
        return self._gate.perform(*said, kept, by=SUBJECT)

    def _handler(self, token: Secret) -> SubjectId:
        company, _, _ = self._company(token)
        handler = self.people.of(company).get("handler")
        if handler is None:
            raise NotFound("this company has no handler", remedy="name one first")
        return handler

    def _demand_age(self, handler: SubjectId, number: Secret) -> None:
        at = self._gate.clock.now()
        lives = self._gate.standing(handler).residence
        age = band(self._gate.policy().edition, lives, id_number=number, at=at)
        if age in (AgeBand.MINOR, AgeBand.CHILD):
            self._gate.perform(*ending.child_found(handler, request_id(), at), by=SYSTEM)
            raise NotOfAge(
                clause="8.1", remedy="name another handler; what we hold of this one is frozen"
            )
