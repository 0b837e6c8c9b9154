"""Registration: policy confirmed, contacts proved, one passage of the gate (2.1.1, 2.1.2, 8.1).

Until that passage nothing about the person is kept but two keyed digests for ten minutes. Whoever
is too young is refused first, and leaves nothing behind (walk 1).
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from troth.chapters.accounts.sending import Sending
from troth.documents.agreement import Shown, Tick, accept, consents, in_words
from troth.documents.ending import in_words as fields_in_words
from troth.documents.proof.age import band
from troth.documents.proof.codes import Issued
from troth.model.acts import SUBJECT, Act, Actor, Admit, Collect, ConsentGiven, Verified
from troth.model.clock import Moment
from troth.model.errors import BadInput, NotProved, Taken
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId, matches

PURPOSES: Final = {
    "contact.email": "register",
    "contact.phone": "register",
    "account": "register",
    "contact.address": "account",
    "identity.name": "account",
    "enterprise": "account",
    "legal_rep": "account",
    "handler.name": "account",
    "handler.phone": "account",
    "handler.email": "account",
    "profile": "improve",
}
"""For which purpose each field of a registration is kept; other fields have their own chapter."""
OTHERS: Final = ("legal_rep", "handler")
"""Fields about another person: the submitter declares that person's permission (2.1.3)."""


class Begun(Struct, frozen=True, kw_only=True):
    """A registration that has begun: what the form has to bring back with the two codes."""

    subject: SubjectId
    email: str
    phone: str
    expires: Moment


class Registration(Struct, frozen=True, kw_only=True):
    """The form. ``begun`` is what ``begin_registration`` gave; the codes are the person's.

    ``born`` or ``id_number`` tell the age and are not kept by a registration. ``values`` are other
    fields by their names in the policy; ``about_others`` declares that other people named in them
    permit it. ``ticks`` are consents asked apart, none of them needed.
    """

    begun: Begun
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

    def begin(self, email: Secret, phone: Secret, *, residence: str, language: str) -> Begun:
        """Send a code to each address and return what the form has to bring back.

        An address that has an account gets a letter that says so instead of a code, and the answer
        here is the same. Raises ``BadValue`` naming a malformed address, ``TooMany``.
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
            )
            for field, value in (("contact.email", email), ("contact.phone", phone))
        )
        return _begun(stranger, mail, text)

    def register(self, form: Registration) -> Welcome:
        """Open an account in one passage: admitted, terms accepted, values kept, contacts proved.

        The form is judged from what costs the person least to what costs most: age first, then
        password, agreement, and the codes last; a form refused for another reason than its codes
        leaves them good. Raises ``NotOfAge``, ``WeakPassword``, ``BadInput``, ``NotProved``,
        ``Taken``.
        """
        age = self._age(form)
        known_of = [form.email, form.phone, *form.values.values()]
        self._proof.passwords.judge(form.password, form.password_confirm, about=known_of)
        acts = self._acts(form, age)
        self._redeem(form)
        try:
            outcome = self._gate.perform(*acts, by=SUBJECT)
        except (BadInput, Taken):
            self._give_back(form.begun)
            raise
        token = self._proof.sessions.start(form.begun.subject, at=outcome.at)
        return Welcome(subject=form.begun.subject, token=token, entries=outcome.entries)

    def _age(self, form: Registration) -> AgeBand:
        edition = self._gate.policy().edition
        age = band(
            edition,
            form.residence,
            born=form.born,
            id_number=form.id_number,
            at=self._gate.clock.now(),
        )
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
            subject=form.begun.subject, residence=form.residence, regimes=home.regimes, age=age
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
        values = {
            **form.values,
            "contact.email": form.email,
            "contact.phone": form.phone,
            "account.password": self._proof.passwords.hash(form.password),
        }
        grouped: dict[str, dict[str, Secret]] = {}
        for field, value in values.items():
            if field.startswith(OTHERS) and not form.about_others:
                raise BadInput(
                    f"`{field}` is about another person, whose permission was not declared",
                    clause="2.1.3",
                    remedy="declare that this person permits it, or leave it out",
                    field=field,
                )
            grouped.setdefault(_purpose(field), {})[field] = value
        return [
            Collect(subject=form.begun.subject, values=kept, purpose=purpose)
            for purpose, kept in grouped.items()
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


def _purpose(field: str) -> str:
    for pattern, purpose in PURPOSES.items():
        if matches(pattern, field):
            return purpose
    raise BadInput(
        f"a registration does not take `{field}`",
        clause="7.2",
        remedy="leave it out; what a service needs is asked for there",
        field=field,
    )
