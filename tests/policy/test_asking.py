"""How long nobody is asked again: rows of law, each cited, the strictest counting."""

import pytest

from troth.model.clock import iso, moment
from troth.model.terms import Regime
from troth.policy.regimes.asking import QUIET, ask_from

AT = moment("2026-11-22")


def test_every_regime_has_a_row_for_a_no_and_every_row_is_cited():
    assert {row.regime for row in QUIET if "refused" in row.after} == {*Regime}
    assert all(row.cite and row.since and row.months > 0 for row in QUIET)


@pytest.mark.clause("9.6b")
def test_california_names_twelve_months_itself():
    (row,) = (row for row in QUIET if row.by_law)
    assert (row.regime, row.months) == ("ca", 12)


@pytest.mark.parametrize(
    ("said", "bound", "day"),
    [
        ("refused", ["cn"], "2027-05-22"),
        ("withdrawn", ["eu", "cn"], "2027-05-22"),
        ("objected", ["eu", "ca"], "2027-11-22"),
        ("requested", ["eu"], "2026-12-22"),
        ("deferred", ["ca", "us"], "2026-12-22"),
    ],
)
def test_the_longest_pause_binds(said, bound, day):
    found = ask_from(said, AT, bound)
    assert found is not None
    assert iso(found[0])[:10] == day


@pytest.mark.parametrize(
    ("said", "bound", "at"),
    [
        ("given", ["cn"], AT),
        ("expired", ["ca"], AT),
        ("refused", [], AT),
        ("refused", ["ca"], moment("2019-05-01")),
    ],
)
def test_where_no_row_binds_there_is_no_pause(said, bound, at):
    assert ask_from(said, at, bound) is None
