"""The outbox delivers at least once, in order, and holds nothing that can be read."""

import base64
import threading

import pytest

from tests.egress.conftest import ADDRESS, PHONE, SUBJECT, TEXT, WHO, Post
from troth.egress.channels import MemoryChannel, by_name
from troth.egress.courier import Courier, Pace
from troth.egress.outbox import READY
from troth.model.clock import DAY, HOUR, MINUTE, SECOND
from troth.model.errors import BadInput, NotDelivered, NotFound, StoreBusy
from troth.store.sqlite import SqliteStore

DOWN = NotDelivered("the relay could not be reached", reason="smtp_unreachable")
NOBODY = NotDelivered("the relay answered `550`", permanent=True, reason="smtp_550")
BOTH = (("email", ADDRESS), ("sms", PHONE))


def post_of(store, email=(), sms=(), **pace):
    mail, text = MemoryChannel("email", email), MemoryChannel("sms", sms)
    return Post(store, mail, text, pace=Pace(**pace)), mail, text


# --- delivering --------------------------------------------------------------------------------


@pytest.mark.clause("2.1.2c")
def test_a_code_reaches_the_address_and_leaves_nothing_behind(data_store, at):
    post, mail, _ = post_of(data_store)
    sent = post.queue(at, *BOTH)
    assert post.round(at) == ["delivered"]
    assert [(m.id, m.address.reveal(), m.text.reveal()) for m in mail.sent] == [
        (sent, ADDRESS, TEXT)
    ]
    assert data_store.query("SELECT COUNT(*) FROM outbox") == [(0,)]
    assert post.ring.keys == {}


def test_a_delivery_says_for_which_pseudonym_it_was(data_store, at):
    post, _, _ = post_of(data_store)
    post.queue(at, *BOTH)
    [parcel] = post.courier.due(at)
    delivery = post.courier.attempt(parcel)
    assert (delivery.who, delivery.channel, delivery.error_code) == (WHO, "email", "")
    assert parcel.subject == SUBJECT


def test_a_message_to_somebody_without_a_file_belongs_to_nobody(data_store, at):
    post, _mail, _ = post_of(data_store)
    sent = post.queue(at, *BOTH, subject=None, who="")
    [parcel] = post.courier.due(at)
    assert (parcel.subject, parcel.subject_id) == (None, sent)
    assert post.courier.attempt(parcel).ok


def test_a_message_needs_an_address(data_store, at):
    post, _, _ = post_of(data_store)
    with pytest.raises(BadInput):
        post.queue(at)


def test_what_is_queued_in_a_transaction_that_fails_is_not_sent(data_store, at):
    post, _, _ = post_of(data_store)

    def work(tx):
        post.queue_in(tx, at, *BOTH)
        raise BadInput("the act was refused after all")

    with pytest.raises(BadInput):
        data_store.transact(work)
    assert post.round(at) == []


# --- failing -----------------------------------------------------------------------------------


def test_a_temporary_failure_is_tried_again_after_a_wait_that_doubles(data_store, at):
    post, mail, _ = post_of(data_store, email=[DOWN, DOWN])
    post.queue(at, *BOTH)
    assert post.round(at) == ["retry"]
    assert post.round(at + 29 * SECOND) == []
    assert post.round(at + 30 * SECOND) == ["retry"]
    assert post.round(at + 89 * SECOND) == []
    assert post.round(at + 90 * SECOND) == ["delivered"]
    assert len(mail.sent) == 1


def test_a_permanent_failure_falls_to_the_next_channel_at_once(data_store, at):
    post, mail, text = post_of(data_store, email=[NOBODY])
    sent = post.queue(at, *BOTH)
    assert [*post.round(at), *post.round(at)] == ["next_channel", "delivered"]
    assert mail.sent == []
    assert [(m.id, m.channel, m.address.reveal()) for m in text.sent] == [(sent, "sms", PHONE)]


def test_a_channel_that_stays_down_falls_to_the_next_one(data_store, at):
    post, _, text = post_of(data_store, email=[DOWN] * 9, tries=3)
    post.queue(at, *BOTH)
    states = [state for minute in range(5) for state in post.round(at + minute * MINUTE)]
    assert states == ["retry", "retry", "next_channel", "delivered"]
    assert len(text.sent) == 1


def test_a_channel_that_is_not_there_is_passed_over(data_store, at):
    post, _, text = post_of(data_store)
    post.queue(at, ("letter", "1 Road"), ("sms", PHONE))
    assert [*post.round(at), *post.round(at)] == ["next_channel", "delivered"]
    assert len(text.sent) == 1


def test_what_no_channel_takes_is_dead_and_listed_without_its_address(data_store, at):
    post, _, _ = post_of(data_store, email=[NOBODY], sms=[DOWN] * 2, last_tries=2)
    sent = post.queue(at, *BOTH, notice="breach")
    for minute in range(4):
        post.round(at + minute * MINUTE)
    [letter] = post.courier.dead()
    assert (letter.id, letter.notice, letter.code) == (sent, "breach", "smtp_unreachable")
    assert ADDRESS not in repr(letter)
    backlog = post.courier.waiting()
    assert (backlog.waiting, backlog.dead, backlog.oldest) == (0, 1, None)


def test_a_dead_letter_that_is_asked_for_starts_over(data_store, at):
    post, mail, _ = post_of(data_store, email=[NOBODY])
    sent = post.queue(at, ("email", ADDRESS))
    assert post.round(at) == ["dead"]
    post.do(post.courier.requeue, sent, at + HOUR)
    assert post.round(at + HOUR) == ["delivered"]
    assert mail.sent[0].id == sent


def test_only_a_dead_letter_can_be_asked_for(data_store, at):
    post, _, _ = post_of(data_store)
    sent = post.queue(at, *BOTH)
    with pytest.raises(NotFound):
        post.do(post.courier.requeue, sent, at)


def test_a_dead_letter_is_purged_when_its_time_is_over(data_store, at):
    post, _, _ = post_of(data_store, email=[NOBODY], keep_dead=DAY)
    post.queue(at, ("email", ADDRESS))
    post.round(at)
    assert post.do(post.courier.purge, at + DAY - 1) == []
    assert post.do(post.courier.purge, at + DAY) == list(post.ring.keys)
    assert post.courier.dead() == []


def test_a_dead_code_is_not_kept_longer_than_it_was_good_for(data_store, at):
    post, _, _ = post_of(data_store, email=[NOBODY])
    post.queue(at, ("email", ADDRESS), until=at + 10 * MINUTE)
    post.round(at)
    assert len(post.do(post.courier.purge, at + 10 * MINUTE)) == 1


def test_a_code_that_is_too_late_is_dropped_instead_of_sent(data_store, at):
    post, mail, _ = post_of(data_store, email=[DOWN])
    post.queue(at, *BOTH, until=at + 10 * SECOND)
    assert post.round(at) == ["retry"]
    assert post.round(at + MINUTE) == ["expired"]
    assert (mail.sent, post.ring.keys) == ([], {})


# --- crashing, racing --------------------------------------------------------------------------


def test_a_crash_before_settling_sends_once_more_under_the_same_id(data_store, at):
    post, mail, _ = post_of(data_store)
    sent = post.queue(at, *BOTH)
    [parcel] = post.courier.due(at)
    post.courier.attempt(parcel)  # and here the power went
    assert post.round(at + 5 * MINUTE - 1) == []
    assert post.round(at + 5 * MINUTE) == ["delivered"]
    assert [m.id for m in mail.sent] == [sent, sent]


def test_a_crash_before_attempting_loses_nothing(data_store, at):
    post, mail, _ = post_of(data_store)
    post.queue(at, *BOTH)
    post.courier.due(at)
    assert post.round(at + 5 * MINUTE) == ["delivered"]
    assert len(mail.sent) == 1


def test_a_message_that_kills_every_courier_ends_as_a_dead_letter(data_store, at):
    post, _mail, _ = post_of(data_store, last_tries=3)
    post.queue(at, ("email", ADDRESS))
    for n in range(3):
        assert len(post.courier.due(at + n * 5 * MINUTE)) == 1
    assert post.round(at + 15 * MINUTE) == ["dead"]
    assert post.courier.dead()[0].code == "unsettled"


def test_what_one_courier_leased_another_does_not_get(data_store, at):
    post, _, _ = post_of(data_store)
    ids = {post.queue(at, *BOTH) for _ in range(5)}
    mine, yours = post.courier.due(at, 3), post.courier.due(at, 3)
    assert (len(mine), len(yours)) == (3, 2)
    assert {parcel.id for parcel in (*mine, *yours)} == ids
    assert post.courier.due(at) == []


def test_couriers_at_the_same_time_send_each_message_once(data_store, at):
    post, mail, _ = post_of(data_store)
    ids = [post.queue(at, *BOTH) for _ in range(40)]

    def work():
        while post.round(at):
            pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(m.id for m in mail.sent) == sorted(ids)


def test_who_lost_the_lease_cannot_postpone_what_another_sends(data_store, at):
    post, _, _ = post_of(data_store, email=[DOWN])
    post.queue(at, *BOTH)
    slow = post.courier.attempt(post.courier.due(at)[0])
    [parcel] = post.courier.due(at + 5 * MINUTE)
    assert post.settle(slow, at + 5 * MINUTE).state == "gone"
    assert post.settle(post.courier.attempt(parcel), at + 5 * MINUTE).state == "delivered"


def test_delivered_counts_even_after_the_lease_is_lost(data_store, at):
    post, _, _ = post_of(data_store)
    post.queue(at, *BOTH)
    slow = post.courier.attempt(post.courier.due(at)[0])
    post.courier.due(at + 5 * MINUTE)
    assert post.settle(slow, at + 5 * MINUTE).state == "delivered"
    assert post.settle(slow, at + 5 * MINUTE).state == "gone"


# --- taking back -------------------------------------------------------------------------------


@pytest.mark.clause("2.1.2e")
def test_a_stop_takes_effect_before_the_next_send(data_store, at):
    post, mail, _ = post_of(data_store)
    post.queue(at, *BOTH, purpose="marketing")
    bill = post.queue(at, *BOTH, purpose="billing")
    assert len(post.do(post.courier.recall, SUBJECT, purpose="marketing")) == 1
    assert post.round(at) == ["delivered"]
    assert [m.id for m in mail.sent] == [bill]


def test_an_erasure_takes_back_all_but_the_farewell(data_store, at):
    post, _, _ = post_of(data_store)
    post.queue(at, *BOTH)
    farewell = post.queue(at, *BOTH, notice="erased")
    assert post.courier.held(SUBJECT) == 2
    assert len(post.do(post.courier.recall, SUBJECT, keep=[farewell])) == 1
    assert post.courier.held(SUBJECT) == 1


def test_a_recalled_message_is_not_sent_by_who_leased_it_before(data_store, at):
    post, mail, _ = post_of(data_store)
    post.queue(at, *BOTH)
    [parcel] = post.courier.due(at)
    for key_id in post.do(post.courier.recall, SUBJECT):
        del post.ring.keys[key_id]
    delivery = post.courier.attempt(parcel)
    assert (delivery.error_code, mail.sent) == ("sealed", [])
    assert post.settle(delivery, at).state == "gone"


# --- at rest -----------------------------------------------------------------------------------


def test_a_message_moved_to_another_row_is_not_sent(data_store, at):
    post, mail, _ = post_of(data_store)
    post.queue(at, *BOTH)
    post.queue(at, ("email", "other@example.com"))
    [one, other] = data_store.query("SELECT id, key_id, sealed FROM outbox ORDER BY id")
    move = "UPDATE outbox SET key_id = ?, sealed = ? WHERE id = ?"
    post.do(lambda tx: tx.run(move, (one[1], one[2], other[0])))
    post.do(lambda tx: tx.run(move, (other[1], other[2], one[0])))
    assert post.round(at) == ["dead", "dead"]
    assert mail.sent == []


def test_a_busy_key_store_is_asked_again_later(data_store, at, monkeypatch):
    post, _mail, _ = post_of(data_store)
    post.queue(at, *BOTH)
    monkeypatch.setattr(post.ring, "open_parcel", _busy)
    assert post.round(at) == ["retry"]
    monkeypatch.undo()
    assert post.round(at + MINUTE) == ["delivered"]


def _busy(key, sealed):
    raise StoreBusy


def spellings(text):
    for raw in (text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")):
        yield from (raw, base64.b64encode(raw).rstrip(b"=")[:-1], raw.hex().encode())
        yield raw.hex().upper().encode()


def test_neither_address_nor_text_lies_readable_in_the_database(tmp_path, at, sqlite_maker):
    store, end = sqlite_maker.make(tmp_path, "data")
    post, _, _ = post_of(store, email=[NOBODY])
    for _ in range(3):
        post.queue(at, *BOTH)
    post.round(at)
    found = [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()]
    secrets = (ADDRESS, PHONE, TEXT, "验证码", WHO)
    assert sum(len(content) for content in found) > 4096
    assert not any(s in content for content in found for t in secrets for s in spellings(t))
    end()


def test_a_parcel_does_not_print_its_contents(data_store, at):
    post, _, _ = post_of(data_store)
    post.queue(at, *BOTH)
    delivery = post.courier.attempt(post.courier.due(at)[0])
    assert ADDRESS not in repr(delivery)
    assert TEXT not in repr(delivery)


def test_what_is_due_is_read_from_the_index(tmp_path, sqlite_maker):
    store, end = sqlite_maker.make(tmp_path, "data")
    assert isinstance(store, SqliteStore)
    [(*_, plan)] = store.query("EXPLAIN QUERY PLAN " + READY, (0, 1))
    assert "USING INDEX outbox_due" in plan
    end()


def test_a_courier_without_channels_keeps_what_it_was_given(data_store, at):
    post, _, _ = post_of(data_store)
    post.queue(at, ("email", ADDRESS))
    idle = Courier(data_store, by_name(), post.ring)
    [parcel] = idle.due(at)
    assert post.settle(idle.attempt(parcel), at).state == "dead"
    assert [letter.code for letter in idle.dead()] == ["no_channel"]
