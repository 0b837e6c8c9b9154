"""The people a company names: subjects of their own, told, erasable apart (2.1.1d, e, 2.1.3e).

A legal representative and a handler have their own key, trail and rights. The company's file holds
no word about them but a sealed reference; that the company declared their permission stands on
*their* trail, and no rule lets a value of theirs be kept without it. A handler whom two companies
name by the same name, address and number is one subject.
"""

import secrets
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from troth.chapters.accounts.fields import ENTERPRISE, ROLES, Role, collects, required
from troth.documents import ending
from troth.documents.notice import Notices
from troth.documents.proof.age import band
from troth.documents.proof.references import refer_to, referred
from troth.gate import Gate
from troth.model.acts import (
    SYSTEM,
    Act,
    Admit,
    Collect,
    Correct,
    Erase,
    Find,
    Notify,
    Use,
    Verified,
)
from troth.model.clock import iso
from troth.model.errors import BadInput, Erased, NotFound, Refused
from troth.model.secret import Secret
from troth.model.terms import ALL, AgeBand, SubjectId

REFERENCES: Final[Mapping[Role, str]] = {
    "legal_rep": "enterprise.legal_rep_ref",
    "handler": "enterprise.handler_ref",
}
"""Where a company's file says whose record belongs to each role."""
DECLARED: Final = "declared"
"""The fact, on a named person's own trail, that their permission was declared (2.1.3e)."""
NAMED: Final = "named"
"""The fact, on the company's trail, of whom it named: ``named/handler``."""
WORDS: Final[Mapping[Role, tuple[str, str]]] = {
    "legal_rep": ("法定代表人", "legal representative"),
    "handler": ("经办人", "handler"),
}


class Named(Struct, frozen=True, kw_only=True):
    """Somebody a company's form is about: their role, their fields, their age where it is told.

    ``born`` and ``id_number`` are looked at and not kept.
    """

    role: Role
    values: Mapping[str, Secret]
    born: Secret | None = None
    id_number: Secret | None = None


class Naming(Struct, frozen=True, kw_only=True):
    """Whose record it will be, and the acts that name them."""

    subject: SubjectId
    acts: tuple[Act, ...]


class Company(Struct, frozen=True, kw_only=True):
    """Who names people: the account, the name it has or is given, and where it lives."""

    subject: SubjectId
    name: Secret
    residence: str
    language: str


def of_others(values: Mapping[str, Secret]) -> dict[Role, dict[str, Secret]]:
    """Return the fields of a form that are about other people, by their role."""
    found: dict[Role, dict[str, Secret]] = {}
    for role in ROLES:
        about = {field: value for field, value in values.items() if field.startswith(f"{role}.")}
        if about:
            found[role] = about
    return found


def demand_declared(named: Iterable[str], *, declared: bool) -> None:
    """Raise ``BadInput`` for fields about others whose permission was not declared (2.1.3e)."""
    field = next(iter(named), None)
    if field is not None and not declared:
        raise BadInput(
            f"`{field}` is about another person, whose permission was not declared",
            clause="2.1.3",
            remedy="declare that this person permits it, or leave it out",
            field=field,
        )


class People:
    """Names people for companies, finds them again, and parts them."""

    def __init__(self, gate: Gate, notices: Notices) -> None:
        self._gate = gate
        self._notices = notices

    # --- naming --------------------------------------------------------------------------------

    def name(
        self, company: Company, named: Named, *, replaced: bool = False, search: bool = True
    ) -> Naming:
        """Say by which acts a company names somebody: admitted, declared, kept, told.

        They belong into the passage that opens the company's account, or changes it (``replaced``:
        a reference is there already). Without ``search`` nobody is looked for: such acts are only
        to be weighed. Raises ``NotOfAge``; the gate has then remembered that somebody was too
        young, and not whom.
        """
        age = self._age(company, named)
        known = self._known(company, named) if search and named.role == "handler" else None
        subject = known or SubjectId.new(company.subject.region)
        number = f"d-{secrets.token_hex(8)}"
        reference = {REFERENCES[named.role]: refer_to(subject)}
        keep = Correct if replaced else Collect
        acts: list[Act] = [] if known else [self._admit(subject, company, named, age)]
        acts.append(_fact(subject, DECLARED, number))
        if not known:
            acts += collects(subject, named.values)
        acts += [
            keep(subject=company.subject, values=reference, purpose="account"),
            _fact(company.subject, f"{NAMED}/{named.role}", number),
            self._told(subject, company, named.role),
        ]
        return Naming(subject=subject, acts=tuple(acts))

    def _admit(self, subject: SubjectId, company: Company, named: Named, age: AgeBand) -> Admit:
        regimes = self._gate.policy().residence(company.residence).regimes
        return Admit(
            subject=subject,
            residence=company.residence,
            regimes=regimes,
            age=age,
            subject_kind=named.role,
        )

    def _age(self, company: Company, named: Named) -> AgeBand:
        age = band(
            self._gate.policy().edition,
            company.residence,
            born=named.born,
            id_number=named.id_number,
            at=self._gate.clock.now(),
        )
        if age not in (AgeBand.ADULT, AgeBand.UNKNOWN):
            nobody = SubjectId.new(company.subject.region)
            # The gate says no and remembers that it did: an entry about nobody.
            self._gate.perform(self._admit(nobody, company, named, age), by=SYSTEM)
        return age

    def _known(self, company: Company, named: Named) -> SubjectId | None:
        """Find a handler whom another company named by the same name, address and number."""
        found = [
            set(self._gate.perform(asked, by=SYSTEM).found)
            for field in ("handler.email", "handler.phone")
            if field in named.values
            for asked in [
                Find(subject=None, field=field, value=named.values[field], purpose="rights")
            ]
        ]
        both = set.intersection(*found) if len(found) == 2 else set()
        return next((who for who in sorted(both) if self._is(who, company, named)), None)

    def _is(self, who: SubjectId, company: Company, named: Named) -> bool:
        standing = self._gate.standing(who)
        if who.region != company.subject.region or standing.restrictions:
            return False
        asked = Use(subject=who, fields=("handler.name",), purpose="account")
        try:
            kept = self._gate.perform(asked, by=SYSTEM).values
        except Refused:
            return False
        return kept.get("handler.name") == named.values.get("handler.name")

    def _told(self, subject: SubjectId, company: Company, role: Role) -> Notify:
        """Tell a handler who named them and why (PIPL 17, GDPR 14); have the other be told."""
        controller = self._gate.policy().edition.controller
        values: dict[str, str | Secret] = {
            "controller": controller.legal_name,
            "contact": controller.contact,
        }
        if role == "handler":
            values["company"] = company.name
            ways: tuple[str, ...] = ("email", "sms")
            return self._notices.notify(
                subject, "named_by_company", values, channels=ways, language=company.language
            )
        return self._notices.notify(
            company.subject, "pass_on", values, channels=("email",), language=company.language
        )

    # --- finding -------------------------------------------------------------------------------

    def of(self, company: SubjectId) -> dict[Role, SubjectId]:
        """Return whose records stand for a company, by role; who is gone is left out."""
        held = self._gate.standing(company).held
        asked = tuple(field for field in REFERENCES.values() if field in held)
        if not asked:
            return {}
        opened = self._gate.perform(
            Use(subject=company, fields=asked, purpose="account"), by=SYSTEM
        ).values
        found = {
            role: referred(opened[field]) for role, field in REFERENCES.items() if field in opened
        }
        return {role: who for role, who in found.items() if self._lives(who)}

    def _lives(self, who: SubjectId) -> bool:
        try:
            return self._gate.standing(who).life == "active"
        except (Erased, NotFound):
            return False

    def companies(self, person: SubjectId, role: Role) -> list[SubjectId]:
        """Return the companies that somebody stands for."""
        asked = Find(
            subject=None, field=REFERENCES[role], value=refer_to(person), purpose="account"
        )
        return list(self._gate.perform(asked, by=SYSTEM).found)

    def needed(self, company: SubjectId) -> tuple[Role, ...]:
        """Return the roles that a company has to fill and has nobody for."""
        there = self.of(company)
        needs = {field.partition(".")[0] for field in required(self._gate, "enterprise")}
        return tuple(role for role in ROLES if role in needs and role not in there)

    # --- parting -------------------------------------------------------------------------------

    def beside(self, subject: SubjectId) -> list[Act]:
        """Return what an erasure of a subject does to others, in the same passage.

        A company that goes takes its people along, unless they stand for another one. Somebody who
        goes alone leaves a company that works on, needs somebody else, and is told so.
        """
        held = self._gate.standing(subject).held
        if ENTERPRISE in held:
            return [
                act
                for role, who in self.of(subject).items()
                if set(self.companies(who, role)) <= {subject}
                for act in self.end(who)
            ]
        role = next((one for one in ROLES if f"{one}.name" in held), None)
        if role is None:
            return []
        return [act for who in self.companies(subject, role) for act in self._left(who, role)]

    def end(self, who: SubjectId) -> list[Act]:
        """Return the acts that erase somebody who stands for no company any more."""
        at = self._gate.clock.now()
        standing = self._gate.standing(who)
        what = ending.plan(standing, ALL, self._gate.policy().edition, at)
        told = self._notices.tell(who, standing, "role_ended", {"effective": iso(at)})
        return list(
            ending.acts(
                who, what, ground="role_ended", farewell=told, close=True, placed=standing.holds
            )
        )

    def _left(self, company: SubjectId, role: Role) -> list[Act]:
        standing = self._gate.standing(company)
        chinese, english = WORDS[role]
        values = {"role_zh": chinese, "role_en": english}
        return [
            Erase(subject=company, fields=(REFERENCES[role],), ground="person_erased"),
            Verified(
                subject=company, fact=f"{NAMED}/{role}", result="no_record", method="person_erased"
            ),
            *self._notices.tell(company, standing, "person_needed", values),
        ]


def _fact(subject: SubjectId, fact: str, number: str) -> Verified:
    """Say on a trail that a permission was declared; both trails quote one number."""
    return Verified(
        subject=subject, fact=fact, result="verified", method="declaration", reference=number
    )
