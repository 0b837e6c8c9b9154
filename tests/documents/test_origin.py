"""Where a try comes from is coarse, and the same however an address is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.documents.proof.origin import NOWHERE, Origin


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.1", "192.0.2.0/24"),
        ("192.0.2.255", "192.0.2.0/24"),
        ("192.0.3.1", "192.0.3.0/24"),
        ("::ffff:192.0.2.9", "192.0.2.0/24"),
        ("2001:db8:7:1::1", "2001:db8:7::/48"),
        ("2001:db8:7:ffff::/64", "2001:db8:7::/48"),
        ("2001:db8:8::1", "2001:db8:8::/48"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_a_place_is_a_network_of_neighbours(address: str, place: str) -> None:
    assert Origin(network=address).place == place


@given(st.ip_addresses())
def test_no_place_is_a_single_address(address: object) -> None:
    place = Origin(network=str(address)).place
    assert place.endswith(("/24", "/48"))


def test_nowhere_has_no_place() -> None:
    assert (NOWHERE.place, NOWHERE.device) == ("", "")
