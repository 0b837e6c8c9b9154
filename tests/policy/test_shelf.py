"""The shelf of published editions, on both databases: always the one in force, never an older."""

import msgspec
import pytest

from tests.policy.small import SMALL, changed, edition
from troth.model.clock import DAY, Moment, moment
from troth.model.errors import NotFound, PolicyBroken
from troth.policy import shelf as shelves
from troth.policy.decide import Policy
from troth.policy.edition import Edition
from troth.policy.shelf import Shelf
from troth.store.sql import Store

JANUARY, MARCH = moment("2026-01-01"), moment("2026-03-01")
SPRING = changed("effective: 2026-01-01", "effective: 2026-03-01")


def publish(shelf: Shelf, store: Store, made: Edition, at: Moment = JANUARY) -> str:
    """Publish an edition in a transaction of its own."""
    return store.transact(lambda tx: shelf.publish(tx, SMALL, made, at))


@pytest.fixture
def shelf(data_store):
    return Shelf(data_store)


def test_an_empty_shelf_has_nothing_in_force(shelf):
    with pytest.raises(NotFound, match="no edition"):
        shelf.at(JANUARY)


@pytest.mark.clause("11.5")
def test_the_edition_in_force_at_the_moment_is_picked(shelf, data_store):
    for made in (edition(), SPRING):
        publish(shelf, data_store, made)
    moments = (JANUARY, Moment(MARCH - 1), MARCH, Moment(MARCH + 400 * DAY))
    picked = [shelf.at(at).hash for at in moments]
    assert picked == [edition().hash, edition().hash, SPRING.hash, SPRING.hash]


@pytest.mark.clause("11.5")
def test_an_edition_of_the_future_does_not_apply(shelf, data_store):
    publish(shelf, data_store, SPRING)
    with pytest.raises(NotFound):
        shelf.at(Moment(MARCH - 1))


@pytest.mark.clause("10.2a", "11.5")
def test_nobody_is_led_back_to_an_older_promise(shelf, data_store):
    publish(shelf, data_store, SPRING)
    with pytest.raises(PolicyBroken, match="takes effect before"):
        publish(shelf, data_store, edition())
    assert [slot.hash for slot in shelf.editions()] == [SPRING.hash]


def test_of_two_editions_of_one_day_the_later_published_applies(shelf, data_store):
    other = changed("We are Small.", "We are small.")
    publish(shelf, data_store, edition(), JANUARY)
    publish(shelf, data_store, other, Moment(JANUARY + 1))
    assert shelf.at(JANUARY).hash == other.hash


def test_publishing_the_latest_again_changes_nothing(shelf, data_store):
    assert publish(shelf, data_store, edition()) == publish(shelf, data_store, edition())
    assert len(shelf.editions()) == 1


def test_an_edition_that_was_replaced_does_not_come_back(shelf, data_store):
    publish(shelf, data_store, edition(), JANUARY)
    publish(shelf, data_store, changed("We are Small.", "We are small."), Moment(JANUARY + 1))
    with pytest.raises(PolicyBroken, match="was published before"):
        publish(shelf, data_store, edition(), Moment(JANUARY + 2))


@pytest.mark.clause("11.4")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_edition_without_a_language_is_refused(shelf, data_store, language):
    silent = msgspec.structs.replace(edition().clauses[0], **{language: " "})
    mute = msgspec.structs.replace(edition(), clauses=(silent, *edition().clauses[1:]))
    with pytest.raises(PolicyBroken, match=f"no text in `{language}`") as refused:
        publish(shelf, data_store, mute)
    assert refused.value.clause == "11.4"


def test_a_publication_that_is_rolled_back_leaves_nothing(shelf, data_store):
    def fail(tx):
        shelf.publish(tx, SMALL, edition(), JANUARY)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        data_store.transact(fail)
    assert shelf.editions() == ()
    with pytest.raises(NotFound):
        shelf.at(MARCH)


def test_the_document_is_kept_as_it_was_written(shelf, data_store):
    digest = publish(shelf, data_store, edition())
    assert shelf.source(digest) == SMALL
    assert Shelf(data_store).policy(digest).edition == edition()


@pytest.mark.parametrize("ask", ["source", "policy"])
def test_an_edition_nobody_published_is_not_found(shelf, ask):
    with pytest.raises(NotFound):
        getattr(shelf, ask)("0" * 64)


def test_an_edition_is_compiled_once(shelf, data_store):
    publish(shelf, data_store, edition())
    assert shelf.at(MARCH) is shelf.at(JANUARY)
    assert isinstance(shelf.at(MARCH), Policy)


def test_what_another_process_publishes_is_seen_soon(shelf, data_store, monkeypatch):
    publish(shelf, data_store, edition())
    assert shelf.at(MARCH).hash == edition().hash
    publish(Shelf(data_store), data_store, SPRING)
    monkeypatch.setattr(shelves, "FRESH", 0)
    assert shelf.at(MARCH).hash == SPRING.hash


def test_a_question_in_force_asks_the_database_nothing(shelf, data_store, monkeypatch):
    publish(shelf, data_store, edition())
    shelf.at(MARCH)
    monkeypatch.setattr(data_store, "query", None)
    assert shelf.at(MARCH).hash == edition().hash
