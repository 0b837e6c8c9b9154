"""Registration: policy confirmed, contacts proved, one passage of the gate (2.1.1, 2.1.2, 8.1).

Until that passage nothing about the person is kept but two keyed digests for ten minutes. Whoever
is too young is refused first, and leaves nothing behind (walk 1).
"""

from collections.abc import Mapping
from contextlib import suppress

from msgspec import Struct

from troth.chapters.accounts.fields import (
    ENTERPRISE,
    ROLES,
    Kind,
    collects,
    demand_apart,
    demand_needed,
    demand_taken,
    filled,
)
from troth.chapters.accounts.people import Company, Named, People, demand_declared, of_others
from troth.chapters.accounts.sending import Sending
from troth.documents.agreement import Shown, Tick, accept, consents, in_words
from troth.documents.ending import in_words as fields_in_words
from troth.documents.proof.age import band
from troth.documents.proof.codes import PHONE, Issued
from troth.documents.proof.origin import NOWHERE, Origin
from troth.model.acts import SUBJECT, Act, Actor, Admit, Collect, ConsentGiven, Verified
from troth.model.clock import Moment
from troth.model.errors import BadInput, NotProved, Refused, TrothError
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId


class Begun(Struct, frozen=True, kw_only=True):
    """A registration that has begun: what the form has to bring back with the two codes."""

    subject: SubjectId
    email: str
    phone: str
    expires: Moment


class Registration(Struct, frozen=True, kw_only=True):
    """The form. ``begun`` is what ``begin_registration`` gave; the codes are the person's.

    ``kind`` is whose account it is, a person's or a company's; ``fields`` describes what each is
    asked for. ``born`` or ``id_number`` tell a person's age and are not kept. ``values`` are other
    fields by their names in the policy, ``about_others`` declares that other people named in them
    permit it, and ``others_born`` are their birth dates by role (``handler``), where they are told.
    ``ticks`` are consents asked apart, none of them needed.
    """

    begun: Begun
    kind: Kind = "person"
    residence: str
    shown: Shown
    means: str
    confirmed: bool
    pre_ticked: bool = False
    email: Secret
    email_code: Secret
    phone: Secret
    phone_code: Secret
    password: Secret
    password_confirm: Secret
    born: Secret | None = None
    id_number: Secret | None = None
    values: Mapping[str, Secret] = {}
    about_others: bool = False
    others_born: Mapping[str, Secret] = {}
    ticks: tuple[Tick, ...] = ()


class Welcome(Struct, frozen=True, kw_only=True):
    """An account that was opened: who, signed in by which token, and the entries that prove it."""

    subject: SubjectId
    token: Secret
    entries: tuple[str, ...]


class Opening:
    """Opens accounts."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self._gate = sending.gate
        self._proof = sending.proof
        self._people = People(sending.gate, sending.notices)

    def begin(
        self,
        email: Secret,
        phone: Secret,
        *,
        residence: str,
        language: str,
        via: str = "",
        origin: Origin = NOWHERE,
    ) -> Begun:
        """Send a code to each address and return what the form has to bring back.

        An address that has an account gets a letter that says so instead of a code, and the answer
        here is the same. ``via="phone_call"`` has the phone's code read out. Raises ``BadValue``
        naming a malformed address, ``TooMany``.
        """
        stranger = self._gate.new_subject(residence)
        known = {
            field: self._sending.find(field, value) is not None
            for field, value in (("contact.email", email), ("contact.phone", phone))
        }
        mail, text = (
            self._sending.send(
                "register",
                field,
                value,
                stranger=stranger,
                real=not known[field],
                instead="already_registered",
                language=language,
                about=stranger,
                via=via if field == PHONE else "",
                origin=origin,
            )
            for field, value in (("contact.email", email), ("contact.phone", phone))
        )
        return _begun(stranger, mail, text)

    def register(self, form: Registration, *, origin: Origin = NOWHERE) -> Welcome:
        """Open an account in one passage: admitted, terms accepted, values kept, contacts proved.

        The form is judged from what costs the person least to what costs most: age first, then
        password, agreement, and the codes last; a form refused for another reason than its codes
        leaves them good. A company's people are admitted in the same passage, each a subject of
        their own. Raises ``NotOfAge``, ``WeakPassword``, ``BadInput``, ``NotProved``, ``Taken``,
        ``ConsentMissing``.
        """
        age = self._age(form)
        known_of = [form.email, form.phone, *form.values.values()]
        self._proof.passwords.judge(form.password, form.password_confirm, about=known_of)
        acts = self._acts(form, age)
        self._weigh(form, acts)
        self._redeem(form)
        try:
            outcome = self._gate.perform(*acts, *self._naming(form), by=SUBJECT)
        except TrothError:
            self._give_back(form.begun)
            raise
        token = self._proof.sessions.start(
            form.begun.subject, at=outcome.at, origin=origin, means=("pwd", "otp")
        )
        return Welcome(subject=form.begun.subject, token=token, entries=outcome.entries)

    def _weigh(self, form: Registration, acts: list[Act]) -> None:
        """Find what is not well formed before a code is spent: a code has few tries."""
        weighed = (*acts, *self._naming(form, search=False))
        # What a rule refuses is refused by the gate itself, which remembers that it did.
        with suppress(Refused):
            self._gate.weigh(*weighed, by=SUBJECT)

    def _age(self, form: Registration) -> AgeBand:
        edition = self._gate.policy().edition
        age = band(
            edition,
            form.residence,
            born=form.born,
            id_number=form.id_number,
            at=self._gate.clock.now(),
        )
        if age is AgeBand.UNKNOWN and form.kind == "enterprise":
            # A company has no age; whoever fills in its form may tell theirs.
            return age
        if age is AgeBand.UNKNOWN:
            raise BadInput(
                "the birth date is missing",
                clause="8.1",
                remedy="say when you were born; it is not kept",
                field="identity.birth_date",
            )
        if age is not AgeBand.ADULT:
            # The gate says no and remembers that it did: an entry about nobody.
            self._gate.perform(self._admit(form, age), by=Actor(kind="visitor"))
        return age

    def _admit(self, form: Registration, age: AgeBand) -> Admit:
        home = self._gate.policy().residence(form.residence)
        if home.region != form.begun.subject.region:
            raise BadInput(
                "the residence is not the one this registration began with",
                clause="2.4",
                remedy="begin again with the residence you live in",
                field="residence",
            )
        return Admit(
            subject=form.begun.subject,
            residence=form.residence,
            regimes=home.regimes,
            age=age,
            subject_kind=form.kind,
        )

    def _acts(self, form: Registration, age: AgeBand) -> list[Act]:
        subject, policy = form.begun.subject, self._gate.policy()
        said = consents(
            subject, form.ticks, shown=form.shown, means=form.means, known=policy.consent_keys()
        )
        return [
            self._admit(form, age),
            accept(
                subject,
                form.shown,
                means=form.means,
                confirmed=form.confirmed,
                pre_ticked=form.pre_ticked,
            ),
            *said,
            *self._collects(form),
            *(
                Verified(subject=subject, fact=field, result="verified", method="code")
                for field in ("contact.email", "contact.phone")
            ),
            self._welcome(form, [act.to for act in said if isinstance(act, ConsentGiven)]),
        ]

    def _collects(self, form: Registration) -> list[Collect]:
        given = filled(form.values)
        demand_declared(
            (field for about in of_others(given).values() for field in about),
            declared=form.about_others,
        )
        demand_apart(self._gate, given)
        demand_taken(self._gate, form.kind, given)
        demand_needed(self._gate, form.kind, given)
        values = {
            **{field: value for field, value in given.items() if not field.startswith(ROLES)},
            "contact.email": form.email,
            "contact.phone": form.phone,
            "account.password": self._proof.passwords.hash(form.password),
        }
        return collects(form.begun.subject, values)

    def _naming(self, form: Registration, *, search: bool = True) -> list[Act]:
        """Return the acts that name a company's people, after the company's own are done."""
        named = of_others(filled(form.values))
        if not named:
            return []
        company = Company(
            subject=form.begun.subject,
            name=form.values[ENTERPRISE],
            residence=form.residence,
            language=form.shown.language,
        )
        return [
            act
            for role, values in named.items()
            for person in [Named(role=role, values=values, born=form.others_born.get(role))]
            for act in self._people.name(company, person, search=search).acts
        ]

    def _welcome(self, form: Registration, keys: list[str]) -> Act:
        edition, language = self._gate.policy().edition, form.shown.language
        told = [in_words(key, edition, language) for key in keys]
        return self._sending.notices.notify(
            form.begun.subject,
            "welcome",
            {
                "edition": edition.policy.edition,
                "consents": "; ".join(told) or fields_in_words((), edition, language),
            },
            channels=("email",),
            language=language,
        )

    def _redeem(self, form: Registration) -> None:
        at, begun = self._gate.clock.now(), form.begun
        proofs = (
            (begun.email, form.email, form.email_code),
            (begun.phone, form.phone, form.phone_code),
        )
        for nth, (challenge, address, code) in enumerate(proofs):
            try:
                self._proof.codes.redeem(
                    challenge, "register", address, code, at=at, about=begun.subject
                )
            except NotProved:
                if nth:
                    self._proof.codes.give_back(begun.email, at=at)
                raise

    def _give_back(self, begun: Begun) -> None:
        at = self._gate.clock.now()
        for challenge in (begun.email, begun.phone):
            self._proof.codes.give_back(challenge, at=at)


def _begun(stranger: SubjectId, mail: Issued, text: Issued) -> Begun:
    return Begun(subject=stranger, email=mail.challenge, phone=text.challenge, expires=mail.expires)
