"""Reports: each law's own clock, the strictest that the incident calls for."""

import pytest

from troth.documents.report import drafts, owe
from troth.model.clock import HOUR, moment
from troth.model.errors import BadInput

AT = moment("2026-11-22T12:00:00")


def test_europe_gives_72_hours_and_names_what_a_report_holds() -> None:
    (draft,) = drafts(["eu"], AT)
    assert draft.by - AT == 72 * HOUR
    assert {"nature", "contact", "effects", "measures"} <= set(draft.parts)
    assert draft.cite == "GDPR 33"


def test_the_most_urgent_report_comes_first() -> None:
    assert [draft.regime for draft in drafts(["eu", "cn"], AT)] == ["cn", "eu"]


def test_a_law_without_a_clock_asks_for_none() -> None:
    assert drafts(["us"], AT) == ()


def test_an_unknown_circumstance_is_refused() -> None:
    with pytest.raises(BadInput):
        drafts(["cn"], AT, ["embarrassing"])


def test_the_duty_is_nobodys_in_particular() -> None:
    (draft,) = drafts(["eu"], AT)
    assert owe(draft, "i-1").subject is None
