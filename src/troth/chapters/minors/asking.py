"""A minor asks for an account, and their guardian is told directly (policy 8.1; COPPA 312.4).

Taken are a user name and one way to reach a guardian, for one purpose: to ask them. Minor and
guardian are two subjects with a key each. Unless a consent that can be verified comes in time, both
are erased by the clock.
"""

from typing import Final

from msgspec import Struct

from troth.chapters.minors.entrance import Entrance
from troth.chapters.minors.ground import (
    CONSENT_DUE,
    LOGIN,
    PURPOSE,
    TOLD_AS,
    UNDER_AGE,
    Ground,
    actor,
)
from troth.documents.guardian.prospect import methods_at
from troth.documents.proof.origin import NOWHERE, Origin
from troth.documents.requests.answer import request_id
from troth.model.acts import Act, Actor, Admit, Collect, Owe
from troth.model.clock import Moment, after, date
from troth.model.errors import BadInput, TrothError
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId

BY_TEXT: Final = "guardian_text"
"""The letter that fits a text message: the whole notice is behind its link."""


class Application(Struct, frozen=True, kw_only=True):
    """A minor's form: a user name, and one address of a guardian, by e-mail or by telephone."""

    residence: str
    born: Secret
    login: Secret
    guardian_email: Secret | None = None
    guardian_phone: Secret | None = None
    language: str = "zh"


class Asked(Struct, frozen=True, kw_only=True):
    """What the minor is told: the guardian was asked, and by when they have to answer."""

    number: str
    until: Moment


class Way(Struct, frozen=True, kw_only=True):
    """One method of verification that is open to a guardian, in words."""

    name: str
    words: dict[str, str]
    evidence: bool
    discloses: bool


class Reading(Struct, frozen=True, kw_only=True):
    """What a guardian reads before they answer: the direct notice and the special rules.

    ``parts`` are the notice's parts in plain words, by name; ``state`` is how far it is.
    """

    number: str
    state: str
    until: Moment
    language: str
    edition: str
    login: Secret
    parts: dict[str, str]
    rules: Secret
    ways: tuple[Way, ...]


class Asking:
    """Takes a minor's application and writes to their guardian."""

    def __init__(self, ground: Ground, entrance: Entrance) -> None:
        self._ground = ground
        self._gate = ground.gate
        self._entrance = entrance

    def ask(self, form: Application, *, browser: Secret, origin: Origin = NOWHERE) -> Asked:
        """Take a user name and a guardian's address, and ask the guardian.

        Raises ``NotOfAge`` where the policy serves no minors, ``BadInput`` for an adult or for
        more than one address, ``Taken`` for a user name that is another's, ``TooMany``.
        """
        age = self._entrance.enter(form.residence, browser=browser, born=form.born)
        if age not in UNDER_AGE:
            raise BadInput(
                "no guardian is needed at this age", clause="8.1", remedy="register", field="born"
            )
        address = _address(form)
        at = self._gate.clock.now()
        # Counted as a code to this address would be: whoever asks has us write to a stranger.
        (given,) = address.values()
        self._ground.proof.codes.issue("confirm", given, at=at, real=False, origin=origin)
        ward, guardian = (self._gate.new_subject(form.residence) for _ in range(2))
        number, until = request_id(), after(at, days=self._ground.terms.consent_days)
        speakers = self._ground.speakers
        speakers.enter(guardian, ward, number=number, kind="consent", language=form.language, at=at)
        try:
            acts = self._acts(form, age, ward, guardian, number, until, address)
            # The gate opens a minor's file only under the number of their guardian's matter.
            self._gate.perform(*acts, by=Actor(kind="visitor", id=number))
        except TrothError:
            speakers.drop(guardian)
            raise
        return Asked(number=number, until=until)

    def _acts(
        self,
        form: Application,
        age: AgeBand,
        ward: SubjectId,
        guardian: SubjectId,
        number: str,
        until: Moment,
        address: dict[str, Secret],
    ) -> list[Act]:
        place = form.residence
        regimes = self._gate.policy().residence(place).regimes
        grown = AgeBand.ADULT
        return [
            Admit(subject=ward, residence=place, regimes=regimes, age=age),
            Owe(subject=ward, duty=number, what=CONSENT_DUE, by=until),
            Collect(subject=ward, values={LOGIN: form.login}, purpose=PURPOSE),
            Admit(
                subject=guardian,
                residence=place,
                regimes=regimes,
                age=grown,
                subject_kind="guardian",
            ),
            Collect(subject=guardian, values=address, purpose=PURPOSE),
            self._letter(form, guardian, number, until),
        ]

    def _letter(self, form: Application, guardian: SubjectId, number: str, until: Moment) -> Act:
        ground = self._ground
        text = form.guardian_email is None
        told: dict[str, str | Secret] = dict(ground.about(form.language))
        told |= {
            "login": form.login,
            "link": ground.link(guardian, number, "answer"),
            "until": date(until),
        }
        name = BY_TEXT if text else TOLD_AS
        wanted = ground.notices.get(name).variables
        return ground.notices.notify(
            guardian,
            name,
            {part: told[part] for part in wanted},
            channels=("sms" if text else "email",),
            language=form.language,
        )

    # --- what the guardian reads -----------------------------------------------------------------

    def reading(self, token: str, *, language: str = "") -> Reading:
        """Return what stands before a guardian who followed their link; it is remembered as shown.

        Raises ``NotProved`` for another link, or when the matter is over.
        """
        ground = self._ground
        one, _ = ground.read(token, "answer", "again", "open", "manage")
        if one.ward is None:
            raise BadInput("this matter is over", clause="8.1")
        spoken = language or one.language
        owed = self._gate.owed(one.ward).get(one.number)
        about = ground.about(spoken)
        rules = {name: about[name] for name in ground.notices.get("children_rules").variables}
        standing = self._gate.standing(one.guardian)
        return Reading(
            number=one.number,
            state=one.state,
            until=owed.by if owed else one.made,
            language=spoken,
            edition=self._gate.policy().hash,
            login=ground.login(one.ward, actor(one)),
            parts=about,
            rules=ground.notices.write("children_rules", rules, language=spoken)[1],
            ways=tuple(_ways(self._gate.clock.now(), "guardian.email" in standing.held)),
        )


def _address(form: Application) -> dict[str, Secret]:
    given = {
        field: value
        for field, value in (
            ("guardian.email", form.guardian_email),
            ("guardian.phone", form.guardian_phone),
        )
        if value
    }
    if len(given) != 1:
        raise BadInput(
            "one address of a guardian is needed, and no more is taken",
            clause="8.1",
            remedy="give an e-mail address or a telephone number",
            field="guardian.email",
        )
    return given


def _ways(at: Moment, by_mail: bool) -> list[Way]:
    closed = "text_plus" if by_mail else "email_plus"
    return [
        Way(
            name=row.name,
            words={"en": row.en, "zh": row.zh},
            evidence=row.evidence,
            discloses=row.discloses,
        )
        for row in methods_at(at)
        if row.name != closed
    ]
