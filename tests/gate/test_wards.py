"""Minors' words at the gate: a child's consent is a guardian's, and a guardian's is verified."""

import pytest

from troth.gate.wards import check_admission, check_age, check_consent
from troth.model.acts import SUBJECT, SYSTEM, Actor, Admit, AgeLearned, ConsentGiven
from troth.model.clock import moment
from troth.model.errors import BadInput, NotOfAge
from troth.model.standing import GUARDIAN_COLLECTS, GUARDIAN_DISCLOSES, Fact, Standing
from troth.model.terms import AgeBand
from troth.policy.regimes import METHODS, PARENTAL_METHODS

AT = moment("2026-11-22")
GUARDIAN = Actor(kind="guardian", id="r-1")
STAFF = Actor(kind="staff", id="m1", role="minors")


def child(
    method: str = "video_call", result: str = "verified", age: AgeBand = AgeBand.CHILD
) -> Standing:
    facts = {"guardianship": Fact(result, AT, method)} if method else {}
    return Standing(pseudonym="p", life="active", age=age, facts=facts)


def consent(to: str = GUARDIAN_COLLECTS, method: str = "video_call") -> ConsentGiven:
    return ConsentGiven(subject=None, to=to, method=f"guardian:{method}" if method else "self")


@pytest.mark.parametrize("method", PARENTAL_METHODS)
def test_every_method_of_the_list_verifies_a_guardian(method: str) -> None:
    check_consent(consent(method=method), GUARDIAN, child(method), AT)


@pytest.mark.parametrize(
    ("act", "by", "standing"),
    [
        (consent(), GUARDIAN, child(method="")),
        (consent(), GUARDIAN, child(result="failed")),
        (consent(), GUARDIAN, child(result="pending")),
        (consent(), GUARDIAN, child(method="payment")),
        (consent(method="handshake"), GUARDIAN, child(method="handshake")),
        (consent(method=""), GUARDIAN, child()),
        (consent(), SUBJECT, child()),
        (consent(to="share/partners/provide"), SUBJECT, child()),
        (consent(method=""), SUBJECT, child()),
        (consent(), GUARDIAN, child(age=AgeBand.ADULT)),
        (consent(), GUARDIAN, child(age=AgeBand.UNKNOWN)),
    ],
)
def test_nothing_less_is_a_guardians_consent(
    act: ConsentGiven, by: Actor, standing: Standing
) -> None:
    with pytest.raises(BadInput):
        check_consent(act, by, standing, AT)


@pytest.mark.parametrize("row", METHODS, ids=lambda row: row.name)
@pytest.mark.parametrize("to", [GUARDIAN_DISCLOSES, "share/partners/provide"])
def test_mail_and_text_alone_let_nothing_go(row, to: str) -> None:
    act, standing = consent(to=to, method=row.name), child(row.name)
    if row.discloses:
        check_consent(act, GUARDIAN, standing, AT)
    else:
        with pytest.raises(BadInput):
            check_consent(act, GUARDIAN, standing, AT)


def test_a_method_counts_only_from_its_day() -> None:
    too_early = moment("2024-01-01")
    with pytest.raises(BadInput):
        check_consent(consent(method="text_plus"), GUARDIAN, child("text_plus"), too_early)


def test_a_child_says_nothing_for_themselves_and_a_minor_does() -> None:
    own = ConsentGiven(subject=None, to="improve")
    with pytest.raises(BadInput):
        check_consent(own, SUBJECT, child(), AT)
    for age in (AgeBand.MINOR, AgeBand.ADULT, AgeBand.UNKNOWN):
        check_consent(own, SUBJECT, child(age=age), AT)


@pytest.mark.parametrize("by", [SUBJECT, GUARDIAN, Actor(kind="service", id="s")], ids=str)
def test_nobody_declares_an_age_band_of_their_own(by: Actor) -> None:
    act = AgeLearned(subject=None, age=AgeBand.ADULT, method="document")
    with pytest.raises(BadInput):
        check_age(act, by)
    for allowed in (SYSTEM, STAFF):
        check_age(act, allowed)


def test_an_unknown_age_is_not_learned() -> None:
    with pytest.raises(BadInput):
        check_age(AgeLearned(subject=None, age=AgeBand.UNKNOWN, method="finding"), SYSTEM)


@pytest.mark.parametrize("age", [AgeBand.MINOR, AgeBand.CHILD])
@pytest.mark.parametrize(
    ("by", "served"),
    [
        (Actor(kind="visitor", id="r-1"), False),
        (Actor(kind="visitor"), True),
        (SUBJECT, True),
        (SYSTEM, True),
        (STAFF, True),
    ],
    ids=str,
)
def test_a_minors_file_is_opened_under_a_guardians_matter_alone(
    age: AgeBand, by: Actor, served: bool
) -> None:
    act = Admit(subject=None, residence="CN", regimes=("cn",), age=age)
    with pytest.raises(NotOfAge):
        check_admission(act, by, served=served)
    check_admission(act, Actor(kind="visitor", id="r-1"), served=True)
