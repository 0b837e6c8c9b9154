"""Receipts and counts on both databases: by their number alone, bounded, gone in time (3.1.2)."""

import pytest

from troth.documents.cookies.receipts import KEPT_DAYS, PER_NETWORK, Receipts, digest
from troth.documents.cookies.signals import Signals
from troth.model.clock import DAY, Moment
from troth.model.cookies import new_receipt
from troth.store.sql import Store

KEY = bytes(32)


@pytest.fixture
def receipts(data_store: Store) -> Receipts:
    return Receipts(data_store, KEY)


def test_a_receipt_is_found_by_its_number_and_the_number_is_not_kept(
    receipts: Receipts, data_store: Store, at: Moment
) -> None:
    number = new_receipt()
    receipts.keep(number, "e" * 32, at)
    assert receipts.find(number) == ("e" * 32, at)
    assert receipts.find(new_receipt()) is None
    rows = data_store.query("SELECT digest, entry, at FROM cookie_receipts")
    assert rows == [(digest(number), "e" * 32, at)]


def test_old_receipts_go_and_younger_ones_stay(receipts: Receipts, at: Moment) -> None:
    old, young = new_receipt(), new_receipt()
    receipts.keep(old, "1" * 32, at)
    receipts.keep(young, "2" * 32, Moment(at + 2 * DAY))
    assert receipts.purge(Moment(at + (KEPT_DAYS + 1) * DAY)) == 1
    assert receipts.find(old) is None
    assert receipts.find(young) is not None


def test_a_network_has_its_share_and_time_gives_it_back(receipts: Receipts, at: Moment) -> None:
    taken = [receipts.may("198.51.100.0", at) for _ in range(PER_NETWORK.at_once + 5)]
    assert taken.count(True) == PER_NETWORK.at_once
    assert receipts.may("203.0.113.0", at)
    assert receipts.may("198.51.100.0", Moment(at + DAY))


def test_counts_of_a_day_add_up_whoever_heard_and_are_due_once(
    data_store: Store, at: Moment
) -> None:
    one, other = Signals(data_store), Signals(data_store)
    for signals, times in ((one, 3), (other, 4)):
        for _ in range(times):
            signals.hear(at)
        assert signals.put_down(at) == []
    assert one.waiting() == [("2026-11-22", "gpc", 7)]
    tomorrow = Moment(at + DAY)
    other.hear(tomorrow)
    assert one.put_down(tomorrow) == [("2026-11-22", "gpc", 7)]
    assert other.put_down(tomorrow) == []
    assert other.waiting() == [("2026-11-23", "gpc", 1)]
