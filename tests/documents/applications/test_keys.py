"""A key is published before it signs and kept until nothing needs it."""

import pytest

from troth.documents.applications.keys import AHEAD, BEHIND, SIGNS, Keys, Made
from troth.model.clock import DAY, Moment
from troth.model.errors import NotFound, Sealed
from troth.store.sql import Store

KEY = b"k" * 32


def made(kid: str) -> Made:
    return Made(kid=kid, public=b"{}", private=f"private half of {kid}".encode())


@pytest.fixture
def keys(data_store: Store) -> Keys:
    """Return a house's keys, none made yet."""
    return Keys(data_store, KEY)


def kids(keys: Keys) -> list[str]:
    return [key.kid for key in keys.published()]


def test_the_first_key_signs_at_once(keys: Keys, at: Moment) -> None:
    assert keys.is_due("RS256", at=at)
    with pytest.raises(NotFound):
        keys.signing("RS256", at=at)
    keys.publish("RS256", made("a"), at=at)
    assert keys.signing("RS256", at=at).kid == "a"
    assert not keys.is_due("RS256", at=at)


def test_the_next_key_is_published_a_week_before_it_signs(keys: Keys, at: Moment) -> None:
    keys.publish("RS256", made("a"), at=at)
    then = Moment(at + SIGNS)
    assert keys.is_due("RS256", at=then)
    keys.publish("RS256", made("b"), at=then)
    assert kids(keys) == ["a", "b"]
    assert keys.signing("RS256", at=Moment(then + AHEAD - 1)).kid == "a"
    assert keys.signing("RS256", at=Moment(then + AHEAD)).kid == "b"


def test_the_old_key_stays_until_what_it_signed_is_over(keys: Keys, at: Moment) -> None:
    keys.publish("RS256", made("a"), at=at)
    then = Moment(at + SIGNS)
    keys.publish("RS256", made("b"), at=then)
    assert keys.retire(at=Moment(then + AHEAD + BEHIND - 1)) == 0
    assert kids(keys) == ["a", "b"]
    assert keys.retire(at=Moment(then + AHEAD + BEHIND)) == 1
    assert kids(keys) == ["b"]


def test_a_house_that_slept_for_a_year_signs_with_the_old_key_until_the_new_one_is_known(
    keys: Keys, at: Moment
) -> None:
    keys.publish("RS256", made("a"), at=at)
    late = Moment(at + 365 * DAY)
    keys.publish("RS256", made("b"), at=late)
    assert keys.signing("RS256", at=late).kid == "a"


def test_algorithms_have_keys_of_their_own(keys: Keys, at: Moment) -> None:
    keys.publish("RS256", made("a"), at=at)
    keys.publish("ES256", made("e"), at=at)
    assert keys.signing("ES256", at=at).kid == "e"
    keys.publish("RS256", made("b"), at=at, at_once=True)
    assert kids(keys) == ["e", "b"]


def test_in_an_emergency_a_key_is_replaced_at_once(keys: Keys, at: Moment) -> None:
    keys.publish("RS256", made("a"), at=at)
    keys.publish("RS256", made("b"), at=Moment(at + 1), at_once=True)
    assert kids(keys) == ["b"]
    assert keys.signing("RS256", at=Moment(at + 1)).kid == "b"


def test_of_two_programs_that_make_the_same_key_one_is_first(
    keys: Keys, data_store: Store, at: Moment
) -> None:
    keys.publish("RS256", made("a"), at=at)
    row = ("RS256", 1, "z", b"{}", b"", at)
    sql = (
        "INSERT INTO signing_keys (algorithm, nth, kid, public, sealed, published)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (algorithm, nth) DO NOTHING"
    )
    assert data_store.transact(lambda tx: tx.change(sql, row)) == 0


def test_a_private_half_opens_with_the_houses_key_alone(
    keys: Keys, data_store: Store, at: Moment
) -> None:
    kept = keys.publish("RS256", made("a"), at=at)
    assert keys.private(kept).reveal_raw() == b"private half of a"
    assert b"private half" not in kept.sealed
    with pytest.raises(Sealed):
        Keys(data_store, b"x" * 32).private(kept)


def test_a_private_half_that_was_moved_to_another_key_does_not_open(
    keys: Keys, data_store: Store, at: Moment
) -> None:
    keys.publish("RS256", made("a"), at=at)
    keys.publish("ES256", made("e"), at=at)
    rsa = keys.signing("RS256", at=at)
    data_store.transact(
        lambda tx: tx.run(
            "UPDATE signing_keys SET sealed = ? WHERE algorithm = 'ES256'", (rsa.sealed,)
        )
    )
    with pytest.raises(Sealed):
        keys.private(keys.signing("ES256", at=at))
