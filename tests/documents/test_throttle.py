"""Failed tries slow the next one down, and a success forgets them."""

import pytest

from troth.documents.proof.throttle import FREE, LONGEST_WAIT, MOST, Throttle, wait
from troth.model.clock import DAY, Moment
from troth.model.errors import TooMany
from troth.model.secret import Secret
from troth.store.sql import Store

WHO = Secret("li.na@mail.example")


@pytest.fixture
def throttle(data_store: Store) -> Throttle:
    return Throttle(data_store, b"k" * 32)


@pytest.mark.clause("7.1c")
def test_five_tries_are_free_and_the_next_has_to_wait(throttle: Throttle, at: Moment) -> None:
    for _ in range(FREE + 1):
        throttle.begin(WHO, at=at)
    with pytest.raises(TooMany):
        throttle.begin(Secret("LI.NA@mail.example"), at=at)
    throttle.begin(WHO, at=Moment(at + wait(FREE + 1)))


@pytest.mark.clause("7.1c")
def test_a_hundred_failures_lock_until_recovery(throttle: Throttle, at: Moment) -> None:
    for _ in range(MOST):
        throttle.begin(WHO, at=at)
        at = Moment(at + LONGEST_WAIT)
    with pytest.raises(TooMany):
        throttle.begin(WHO, at=Moment(at + DAY))
    throttle.succeeded(WHO)
    throttle.begin(WHO, at=at)


def test_a_success_forgets_the_failures(throttle: Throttle, at: Moment) -> None:
    for _ in range(20):
        throttle.begin(WHO, at=at)
        throttle.succeeded(WHO)


def test_one_identifier_does_not_slow_another(throttle: Throttle, at: Moment) -> None:
    for _ in range(FREE + 1):
        throttle.begin(WHO, at=at)
    throttle.begin(Secret("other@mail.example"), at=at)


def test_the_sweep_takes_old_counts(throttle: Throttle, at: Moment) -> None:
    throttle.begin(WHO, at=at)
    assert throttle.purge(at) == 0
    assert throttle.purge(Moment(at + 2 * DAY)) == 1
