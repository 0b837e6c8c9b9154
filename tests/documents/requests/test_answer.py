"""Answers: the earliest term counts; a refusal stands only on a ground the laws let stand."""

import pytest

from troth.documents.requests.answer import complain_to, owe_answer, refuse, request_id
from troth.model.clock import DAY, moment
from troth.model.errors import BadInput
from troth.model.terms import Region, SubjectId

SUBJECT = SubjectId.new(Region("cn"))
FEBRUARY = moment("2027-02-01")


@pytest.mark.clause("9.7b")
def test_the_policys_thirty_days_bind_where_no_law_is_stricter() -> None:
    owed = owe_answer(SUBJECT, "access", duty="r-1", regimes=["cn"], received=FEBRUARY)
    assert owed.by - FEBRUARY == 30 * DAY


@pytest.mark.clause("9.7b")
def test_a_european_month_can_be_shorter() -> None:
    owed = owe_answer(SUBJECT, "access", duty="r-1", regimes=["eu"], received=FEBRUARY)
    assert owed.by - FEBRUARY == 28 * DAY


@pytest.mark.clause("6.3")
@pytest.mark.parametrize("ground", ["unlawful", "no_consent", "breach_of_agreement", ""])
def test_a_deletion_names_one_of_three_grounds_or_none(ground: str) -> None:
    owed = owe_answer(
        SUBJECT, "delete", duty="r-1", regimes=["cn"], received=FEBRUARY, ground=ground
    )
    assert owed.what == (f"delete/{ground}" if ground else "delete")


def test_another_ground_is_refused() -> None:
    with pytest.raises(BadInput):
        owe_answer(
            SUBJECT, "delete", duty="r-1", regimes=["cn"], received=FEBRUARY, ground="dislike"
        )


@pytest.mark.clause("9.7e")
@pytest.mark.parametrize(
    ("code", "regimes", "stands"),
    [
        ("repetitive", ["cn"], True),
        ("others_at_risk", ["cn", "eu"], True),
        ("impractical", ["ca"], True),
        ("impractical", ["cn"], False),
        ("too_technical", ["cn"], False),
        ("held_by_law", ["cn", "eu", "ca"], True),
        ("no_time", ["cn"], False),
    ],
)
def test_a_refusal_needs_a_ground_that_every_law_lets_stand(
    code: str, regimes: list[str], stands: bool
) -> None:
    if stands:
        assert refuse(SUBJECT, "r-1", code, regimes).state == "denied"
    else:
        with pytest.raises(BadInput):
            refuse(SUBJECT, "r-1", code, regimes)


@pytest.mark.clause("10.4b")
def test_a_refusal_can_name_where_to_complain() -> None:
    assert "Cyberspace" in complain_to(["cn"])["en"]
    assert "网信" in complain_to(["cn"])["zh"]


def test_a_request_number_says_nothing() -> None:
    assert request_id() != request_id()
