"""What every part of this chapter stands on: the gate, letters, links, terms (policy 8).

A link names a guardian and one step; it proves that whoever follows it reads the address that the
letter went to, and nothing else.
"""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from troth.documents import ending
from troth.documents.certificate import ErasureCertificate
from troth.documents.guardian.prospect import in_words
from troth.documents.guardian.speakers import Speaker, Speakers
from troth.documents.notice import Notices, channels_of
from troth.documents.proof import Proof
from troth.gate import Gate
from troth.model.acts import Act, Actor, Notify, Use
from troth.model.clock import after, date
from troth.model.errors import NotProved, Refused
from troth.model.secret import Secret
from troth.model.standing import BY_CLOCK
from troth.model.terms import ALL, AgeBand, Fields, SubjectId

UNDER_AGE: Final = (AgeBand.MINOR, AgeBand.CHILD)
PURPOSE: Final = "guardian"
LOGIN: Final = "account.login"
GUARDIANSHIP: Final = "guardianship"
"""The fact that somebody was verified as a guardian."""
CONSENT_DUE: Final = f"{BY_CLOCK}guardian_consent"
OPEN_DUE: Final = f"{BY_CLOCK}open_account"
APPEAL_DUE: Final = f"{BY_CLOCK}age_appeal"
"""What the clock ends: waiting for a guardian, for a first password, for an appeal's decision."""
TOLD_AS: Final = "guardian_notice"


class Terms(Struct, frozen=True, kw_only=True):
    """How long a guardian's consent and a child's data wait; when a second letter follows.

    Days, days and hours. The law says "in a reasonable time" and "promptly" (COPPA 312.5(c)(1),
    policy 8.2, 8.3).
    """

    consent_days: int = 15
    erase_days: int = 15
    again_hours: int = 24


class Ways(Struct, frozen=True, kw_only=True):
    """What is the rights chapter's to do: a copy, and an end, of one subject's data."""

    copy: Callable[[SubjectId, Actor], object]
    erase: Callable[[SubjectId, tuple[str, ...], str, Actor], ErasureCertificate]


class Ground(Struct, frozen=True, kw_only=True):
    """The floor of the chapter. ``base`` is the address that links begin with."""

    gate: Gate
    notices: Notices
    proof: Proof
    speakers: Speakers
    ways: Ways
    terms: Terms
    base: str

    # --- links ---------------------------------------------------------------------------------

    def link(self, subject: SubjectId, number: str, step: str) -> str:
        """Return the address at which somebody takes one step."""
        return self.base + self.proof.links.write(subject, f"minors/{number}/{step}")

    def read(self, token: str, *steps: str) -> tuple[Speaker, str]:
        """Return whose link it is and for which step.

        Raises ``NotProved`` for one that is not ours, is for another step, or whose matter is over.
        """
        subject, what = self.proof.links.read(token)
        match what.split("/"):
            case ["minors", number, step] if not steps or step in steps:
                found = self.speakers.find(subject)
                if found is not None and found.number == number:
                    return found, step
        raise NotProved("this link is not valid any more", clause="8.4", remedy="ask anew")

    # --- ends ----------------------------------------------------------------------------------

    def ended(self, subject: SubjectId, ground: str, fields: Fields = ALL) -> tuple[Act, ...]:
        """Return the acts that erase somebody, or some fields; what a law holds is set aside.

        Raises ``NotFound``, ``Erased``.
        """
        at, edition = self.gate.clock.now(), self.gate.policy().edition
        standing = self.gate.standing(subject)
        return ending.freed(subject, standing, edition, at, ground=ground, fields=fields)

    # --- letters -------------------------------------------------------------------------------

    def letter(
        self,
        one: Speaker,
        notice: str,
        values: Mapping[str, str | Secret],
        *,
        ways: tuple[str, ...] = (),
    ) -> list[Notify]:
        """Return the act that tells a guardian something; empty when no address is held."""
        channels = ways or channels_of(self.gate.standing(one.guardian))
        if not channels:
            return []
        return [
            self.notices.notify(
                one.guardian, notice, values, channels=channels[:1], language=one.language
            )
        ]

    def about(self, language: str) -> dict[str, str]:
        """Return what the policy says about a minor's information, in words for a parent."""
        policy = self.gate.policy()
        who = policy.edition.controller
        told = in_words(policy.edition, self.gate.clock.now(), language)
        return told | {"controller": who.legal_name, "contact": who.contact}

    def contact(self) -> str:
        """Return where questions go."""
        return self.gate.policy().edition.controller.contact

    def login(self, ward: SubjectId, by: Actor) -> Secret:
        """Fetch the user name that a minor chose, for their guardian."""
        act = Use(subject=ward, fields=(LOGIN,), purpose=PURPOSE)
        return self.gate.perform(act, by=by).values[LOGIN]

    def day(self, days: int) -> str:
        """Write the day so many days from now."""
        return date(after(self.gate.clock.now(), days=days))


def demand_desk(gate: Gate, by: Actor) -> None:
    """Raise ``Refused`` for everybody but staff whose role has this purpose."""
    role = gate.policy().edition.staff.get(by.role)
    if by.kind != "staff" or role is None or PURPOSE not in role.purposes:
        raise Refused(
            "this is for the minors desk",
            clause="7.1",
            remedy="let somebody do it whose role has this purpose",
        )


def actor(one: Speaker, *, assurance: int = 1) -> Actor:
    """Return a guardian as an actor: known to the ledger by the number of their matter alone."""
    return Actor(kind="guardian", id=one.number, assurance=assurance)
