"""What a guardian does afterwards: see, copy, delete, refuse, withdraw (policy 8.4; COPPA 312.6).

Each is bound to the guardian's own matter: by their link, and by a code to the address that is kept
of them. Somebody who asked without an account can do the same once their papers were looked at.
"""

from collections.abc import Iterable
from typing import Final

from troth.chapters.minors.consenting import Consenting
from troth.chapters.minors.finding import is_frozen
from troth.chapters.minors.ground import PURPOSE, Ground
from troth.documents import ending
from troth.documents.certificate import ErasureCertificate
from troth.documents.guardian.speakers import Speaker
from troth.documents.notice import channels_of, language_of
from troth.documents.requests.answer import request_id
from troth.gate import Holding, Outcome
from troth.model.acts import SYSTEM, Act, Actor, ConsentGiven, ConsentWithdrawn, Owe, Settle, Show
from troth.model.clock import after, date
from troth.model.errors import BadInput, NotProved
from troth.model.secret import Secret
from troth.model.standing import GUARDIAN_COLLECTS, GUARDIAN_DISCLOSES
from troth.model.terms import ALL, Fields, SubjectId

CODE_MINUTES: Final = "10"
SURE: Final = 2
WORDS: Final = {
    GUARDIAN_COLLECTS: ("拒绝我们继续收集和使用孩子的信息", "no further collection and use"),
    GUARDIAN_DISCLOSES: ("不再向第三方提供孩子的信息", "nothing goes to third parties any more"),
}


class Guardian:
    """A guardian's own door."""

    def __init__(self, ground: Ground, consenting: Consenting) -> None:
        self._ground = ground
        self._gate = ground.gate
        self._consenting = consenting

    # --- who asks ------------------------------------------------------------------------------

    def who(self, token: str) -> SubjectId:
        """Return whose link it is. Raises ``NotProved`` where nobody speaks for a minor by it."""
        one, _ = self._ground.read(token, "manage", "proof")
        return self._known(one.guardian).guardian

    def begin(self, guardian: SubjectId) -> str:
        """Send a code to the address that is kept of a guardian; return its challenge."""
        one = self._known(guardian)
        at = self._gate.clock.now()
        issued = self._ground.proof.codes.issue(
            "confirm", Secret(guardian), at=at, about=one.number
        )
        told = self._ground.notices.notify(
            guardian,
            "code",
            {
                "code": issued.code,
                "minutes": CODE_MINUTES,
                "flow_zh": "查看和管理您的孩子的信息",
                "flow_en": "see and manage your child's information",
            },
            channels=channels_of(self._gate.standing(guardian))[:1],
            language=one.language,
            purpose=PURPOSE,
        )
        self._gate.perform(told, by=SYSTEM)
        return issued.challenge

    def prove(self, guardian: SubjectId, challenge: str, code: Secret) -> Actor:
        """Redeem that code; return the guardian as an actor. Raises ``NotProved``."""
        one = self._known(guardian)
        self._ground.proof.codes.redeem(
            challenge,
            "confirm",
            Secret(guardian),
            code,
            at=self._gate.clock.now(),
            about=one.number,
        )
        return Actor(kind="guardian", id=one.number, assurance=SURE)

    def _known(self, guardian: SubjectId) -> Speaker:
        """Return a guardian who may act. Raises ``NotProved`` before they were verified (8.4)."""
        one = self._ground.speakers.find(guardian)
        wanted = {"consent": "stands", "request": "verified"}
        if one is None or one.ward is None or one.state != wanted.get(one.kind):
            raise NotProved(
                "nobody was verified as a guardian here",
                clause="8.4",
                remedy="send a proof of guardianship first",
            )
        return one

    def _bound(self, guardian: SubjectId, by: Actor) -> tuple[Speaker, SubjectId]:
        """Return the guardian and their minor, where it is that guardian who acts."""
        one = self._known(guardian)
        if (by.kind, by.id) != ("guardian", one.number) or by.assurance < SURE or one.ward is None:
            raise NotProved("this asks for a proof made just now", clause="8.4")
        return one, one.ward

    # --- what they do --------------------------------------------------------------------------

    def ward(self, guardian: SubjectId, *, by: Actor) -> SubjectId:
        """Return the minor a guardian speaks for. Raises ``NotProved``."""
        return self._bound(guardian, by)[1]

    def review(self, guardian: SubjectId, *, by: Actor) -> list[Holding]:
        """Say what is held of the minor, from where, for what, until when and who receives it."""
        _, ward = self._bound(guardian, by)
        return self._gate.inventory(ward)

    def see(self, guardian: SubjectId, fields: Iterable[str], *, by: Actor) -> Outcome:
        """Show values of the minor's data to their guardian; recorded before they are shown.

        What nobody is shown, such as a password's hash, is left out. Raises ``Refused`` where
        nothing else was asked for.
        """
        _, ward = self._bound(guardian, by)

        def show(*shown: str) -> Show:
            return Show(subject=ward, fields=shown, purpose="rights", ticket=by.id)

        asked = tuple(fields)
        open_to = [one for one in asked if self._gate.ask(show(one), by=by)[0].allowed]
        return self._gate.perform(show(*(open_to or asked)), by=by)

    def copy(self, guardian: SubjectId, *, by: Actor) -> object:
        """Give a copy of everything held of the minor, as the minor themselves could have it."""
        _, ward = self._bound(guardian, by)
        return self._ground.ways.copy(ward, by)

    def delete(self, guardian: SubjectId, fields: Fields = ALL, *, by: Actor) -> ErasureCertificate:
        """Erase the minor's data. All of it (the default) ends the account and the guardian's file.

        What a law holds is set aside and named.
        """
        _, ward = self._bound(guardian, by)
        return self._ground.ways.erase(ward, fields, "guardian", by)

    def withdraw(self, guardian: SubjectId, key: str = GUARDIAN_COLLECTS, *, by: Actor) -> Outcome:
        """Take a consent back: to disclose alone, or to collect and with it everything.

        From this moment nothing is collected, used or given out on it. Without consent to collect
        the account rests, and what is held is erased in time (8.3), unless consent is given anew.
        Raises ``BadInput`` for another consent or one that does not stand.
        """
        one, ward = self._bound(guardian, by)
        at = self._gate.clock.now()
        standing = self._gate.standing(ward)
        if key not in WORDS or not standing.consents_to(key, at):
            raise BadInput("no such consent of a guardian stands", clause="9.3", field="key")
        keys = [key]
        if key == GUARDIAN_COLLECTS and standing.consents_to(GUARDIAN_DISCLOSES, at):
            keys.append(GUARDIAN_DISCLOSES)
        acts: list[Act] = [ConsentWithdrawn(subject=ward, to=each) for each in keys]
        until = after(at, days=self._ground.terms.erase_days)
        if key == GUARDIAN_COLLECTS:
            duty = request_id()
            acts.append(Owe(subject=ward, duty=duty, what=ending.ERASE_CHILD, by=until))
        chinese, english = WORDS[key]
        told = {"what_zh": chinese, "what_en": english, "until": date(until)}
        acts += self._ground.letter(one, "guardian_withdrew", told)
        outcome = self._gate.perform(*acts, by=by)
        if key == GUARDIAN_COLLECTS:
            self._ground.proof.forget(ward)
        return outcome

    def refuse_further(self, guardian: SubjectId, *, by: Actor) -> Outcome:
        """Refuse any further collection and use (COPPA 312.6(a)(2)); see ``withdraw``."""
        return self.withdraw(guardian, GUARDIAN_COLLECTS, by=by)

    def give(self, guardian: SubjectId, key: str = GUARDIAN_COLLECTS, *, by: Actor) -> Outcome:
        """Give a consent anew, or the one to disclose later, as the guardian was verified before.

        An erasure that waited for want of consent is called off. Raises ``BadInput`` where the
        guardian was verified by a way that is good only while nothing is disclosed.
        """
        one, ward = self._bound(guardian, by)
        standing = self._gate.standing(ward)
        acts: list[Act] = [
            ConsentGiven(
                subject=ward,
                to=key,
                notice="guardian_centre",
                language=language_of(standing),
                method=f"guardian:{one.method}",
            )
        ]
        if key == GUARDIAN_COLLECTS and not is_frozen(standing):
            acts += [
                Settle(subject=ward, duty=duty, state="revoked")
                for duty, owed in standing.owed.items()
                if owed.what == ending.ERASE_CHILD and owed.state == "open"
            ]
        return self._gate.perform(*acts, by=by)

    def open_again(self, guardian: SubjectId, *, by: Actor) -> None:
        """Have a new link sent by which the minor's password is set."""
        one, _ = self._bound(guardian, by)
        self._consenting.open_again(one)
