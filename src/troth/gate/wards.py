"""Minors' words: what a child cannot say, and whose word counts as their guardian's (policy 8.3).

A guardian is whoever was verified as one, by a method of the list; consent without a verified
method is none, and is refused here before anybody could rely on it (COPPA 312.5).
"""

from typing import Final

from troth.model.acts import Actor, Admit, AgeLearned, ConsentGiven
from troth.model.clock import Moment, date
from troth.model.errors import BadInput, NotOfAge
from troth.model.standing import GUARDIAN_COLLECTS, GUARDIAN_DISCLOSES, Standing
from troth.model.terms import AgeBand
from troth.policy.regimes import method_of
from troth.policy.words import GIVING

GUARDIANSHIP: Final = "guardianship"
"""The fact that says a guardian was verified, and by which method."""
BY_GUARDIAN: Final = "guardian:"
"""How the method of a guardian's consent begins; the method of verification follows."""
UNDER_AGE: Final = (AgeBand.MINOR, AgeBand.CHILD)


def check_admission(act: Admit, by: Actor, *, served: bool) -> None:
    """Raise ``NotOfAge`` for the too young, unless a guardian is about to be asked.

    Where a policy serves minors, their file is opened under the number of their guardian's matter;
    whoever registers as adults do is refused as everywhere.
    """
    if act.age in UNDER_AGE and not (served and by.kind == "visitor" and by.id):
        raise NotOfAge(clause="8.1", remedy="a parent or guardian can write to the privacy desk")


def check_consent(act: ConsentGiven, by: Actor, standing: Standing, at: Moment) -> None:
    """Raise ``BadInput`` for a consent that is not the speaker's to give.

    A child's is their guardian's; a guardian's is for a minor, from a guardian who was verified.
    """
    guardians = act.to in (GUARDIAN_COLLECTS, GUARDIAN_DISCLOSES)
    if by.kind == "guardian" or guardians or act.method.startswith(BY_GUARDIAN.rstrip(":")):
        _check_guardian(act, by, standing, at)
    elif standing.age is AgeBand.CHILD:
        raise BadInput(
            "a child's consent is their guardian's to give",
            clause="8.3",
            remedy="ask the parent or guardian",
        )


def _check_guardian(act: ConsentGiven, by: Actor, standing: Standing, at: Moment) -> None:
    fact = standing.facts.get(GUARDIANSHIP)
    name = act.method.removeprefix(BY_GUARDIAN)
    method = method_of(name, date(at))
    verified = fact is not None and (fact.result, fact.method) == ("verified", name)
    if by.kind != "guardian" or method is None or not verified or standing.age not in UNDER_AGE:
        raise BadInput(
            "a guardian's consent is given by a minor's guardian, verified by a method of the list",
            clause="8.3",
            remedy="check their proof first and remember it as `guardianship`, with its method",
        )
    gives = act.to == GUARDIAN_DISCLOSES or act.to.partition("/")[0] in GIVING
    if gives and not method.discloses:
        raise BadInput(
            f"`{name}` is good only while nothing goes to third parties",
            clause="8.3",
            remedy="let the guardian be verified by another method first",
        )


def check_age(act: AgeLearned, by: Actor) -> None:
    """Raise ``BadInput`` where somebody would declare their own age band, or a ward's."""
    if by.kind not in ("system", "staff") or act.age is AgeBand.UNKNOWN:
        raise BadInput(
            "an age band is learned from a date or a document, and entered by the house",
            clause="8.2",
            remedy="prove the age at the privacy desk",
        )
