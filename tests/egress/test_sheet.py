"""What people deliver waits sealed, is in one hand at a time, and is given up when nobody comes."""

import threading

import pytest

from tests.egress.conftest import ADDRESS, PHONE, SUBJECT, TEXT, WHO, Post
from troth.egress.channels import MemoryChannel, Message
from troth.egress.courier import Delivery, Pace
from troth.egress.sheet import IN_HAND_FOR, ByHand
from troth.model.clock import DAY, MINUTE, Moment
from troth.model.errors import NotDelivered, NotFound
from troth.model.secret import Secret
from troth.store.sql import Store

CALL = ("phone", PHONE)
ANNA, BODO = "staff:anna", "staff:bodo"


@pytest.fixture
def mail() -> MemoryChannel:
    return MemoryChannel("email")


@pytest.fixture
def post(data_store: Store, mail: MemoryChannel) -> Post:
    return Post(data_store, ByHand("phone"), mail, pace=Pace())


def report(post: Post, parcel_id: str, staff: str, at: Moment, *, reached: bool) -> str:
    """Say what came of a message in somebody's hand; return what followed."""
    sheet = post.courier.in_hand(parcel_id, staff, at)
    code = "" if reached else "not_reached"
    told = Delivery(
        parcel=sheet.parcel,
        channel="phone",
        who=sheet.who,
        ok=reached,
        permanent=True,
        error_code=code,
    )
    return post.settle(told, at).state


def test_a_message_for_people_is_laid_out_and_not_sent(post: Post, at: Moment) -> None:
    sent = post.queue(at, CALL)
    assert post.round(at) == ["by_hand"]
    assert post.round(at) == []
    [(laid, sheet)] = post.courier.laid_out(at)
    assert (laid.parcel.id, laid.since, laid.taken) == (sent, at, False)
    assert (sheet.address.reveal(), sheet.text.reveal(), sheet.who) == (PHONE, TEXT, WHO)
    assert (post.courier.waiting().waiting, post.courier.waiting().by_hand) == (0, 1)


def test_the_row_tells_neither_number_nor_text(post: Post, data_store: Store, at: Moment) -> None:
    post.queue(at, CALL)
    post.round(at)
    told = repr(data_store.query("SELECT * FROM outbox")).encode()
    assert PHONE.encode() not in told
    assert PHONE[-4:].encode() not in told


def test_what_somebody_has_in_hand_is_nobody_elses_for_a_while(post: Post, at: Moment) -> None:
    sent = post.queue(at, CALL)
    post.round(at)
    assert post.courier.take(sent, ANNA, at).address.reveal() == PHONE
    assert post.courier.laid_out(at)[0][0].taken
    with pytest.raises(NotFound):
        post.courier.take(sent, BODO, at)
    with pytest.raises(NotFound):
        post.courier.in_hand(sent, BODO, at)
    assert post.courier.take(sent, ANNA, at)
    assert post.courier.take(sent, BODO, Moment(at + IN_HAND_FOR))
    with pytest.raises(NotFound):
        post.courier.in_hand(sent, ANNA, Moment(at + IN_HAND_FOR))


def test_of_many_who_reach_for_it_one_gets_it(post: Post, at: Moment) -> None:
    sent = post.queue(at, CALL)
    post.round(at)
    got: list[int] = []

    def reach(nth: int) -> None:
        try:
            post.courier.take(sent, f"staff:{nth}", at)
            got.append(nth)
        except NotFound:
            pass

    threads = [threading.Thread(target=reach, args=(nth,)) for nth in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


def test_who_was_reached_leaves_nothing_behind(post: Post, data_store: Store, at: Moment) -> None:
    sent = post.queue(at, CALL)
    post.round(at)
    post.courier.take(sent, ANNA, at)
    assert report(post, sent, ANNA, at, reached=True) == "delivered"
    assert data_store.query("SELECT COUNT(*) FROM outbox") == [(0,)]
    assert post.ring.keys == {}


def test_who_was_not_reached_is_tried_by_the_next_way(
    post: Post, mail: MemoryChannel, at: Moment
) -> None:
    sent = post.queue(at, CALL, ("email", ADDRESS))
    post.round(at)
    post.courier.take(sent, ANNA, at)
    assert report(post, sent, ANNA, at, reached=False) == "next_channel"
    assert post.round(at) == ["delivered"]
    assert mail.sent[0].address.reveal() == ADDRESS


def test_where_there_is_no_other_way_it_is_dead_and_can_be_laid_out_again(
    post: Post, at: Moment
) -> None:
    sent = post.queue(at, CALL)
    post.round(at)
    post.courier.take(sent, ANNA, at)
    assert report(post, sent, ANNA, at, reached=False) == "dead"
    [dead] = post.courier.dead()
    assert (dead.id, dead.code) == (sent, "not_reached")
    post.do(post.courier.requeue, sent, at)
    assert post.round(at) == ["by_hand"]
    assert post.courier.take(sent, BODO, at)


def test_what_nobody_takes_is_given_up_after_three_days(post: Post, at: Moment) -> None:
    post.queue(at, CALL, ("email", ADDRESS))
    post.round(at)
    later = Moment(at + 3 * DAY)
    assert post.courier.laid_out(later) == []
    assert post.round(later) == ["next_channel"]
    assert post.round(later) == ["delivered"]


def test_a_code_that_is_late_is_not_read_out(post: Post, data_store: Store, at: Moment) -> None:
    sent = post.queue(at, CALL, until=Moment(at + 10 * MINUTE))
    post.round(at)
    late = Moment(at + 10 * MINUTE)
    assert post.courier.laid_out(late) == []
    with pytest.raises(NotFound):
        post.courier.take(sent, ANNA, late)
    assert post.round(late) == ["expired"]
    assert data_store.query("SELECT COUNT(*) FROM outbox") == [(0,)]


def test_it_stays_in_hand_to_the_end_of_a_call_that_began_in_time(post: Post, at: Moment) -> None:
    until = Moment(at + 10 * MINUTE)
    sent = post.queue(at, CALL, until=until)
    post.round(at)
    post.courier.take(sent, ANNA, Moment(until - 1))
    assert post.round(until) == []
    assert report(post, sent, ANNA, until, reached=True) == "delivered"


def test_an_erasure_takes_it_off_the_sheet(post: Post, at: Moment) -> None:
    sent = post.queue(at, CALL)
    post.round(at)
    post.courier.take(sent, ANNA, at)
    assert post.courier.held(SUBJECT) == 1
    post.do(post.courier.recall, SUBJECT)
    assert post.courier.laid_out(at) == []
    with pytest.raises(NotFound):
        post.courier.in_hand(sent, ANNA, at)


def test_what_cannot_be_opened_is_not_shown_and_goes_its_way(post: Post, at: Moment) -> None:
    sent = post.queue(at, CALL)
    post.round(at)
    post.ring.keys.clear()
    assert post.courier.laid_out(at) == []
    with pytest.raises(NotFound):
        post.courier.take(sent, ANNA, at)


def test_a_channel_of_people_sends_nothing_itself() -> None:
    message = Message(
        channel="phone", address=Secret(PHONE), title="", text=Secret(TEXT), language="zh", id="a"
    )
    with pytest.raises(NotDelivered) as refused:
        ByHand("phone").send(message)
    assert (ByHand("phone").name, refused.value.reason) == ("phone", "by_hand")
