"""A word reaches every address that wants it once it is up; it names nobody."""

import json
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from tests.egress.conftest import SIGNING, SUBJECT, WHO
from tests.egress.webhooks.conftest import STANDING
from troth.egress.loopback import HttpSink
from troth.egress.webhooks.outbox import KEPT_FOR, WAITS
from troth.model.acts import ConsentGiven, ConsentWithdrawn, Object, Owe, Restrict, Settle, Use
from troth.model.clock import DAY, Moment
from troth.model.errors import NotDelivered, NotFound
from troth.model.standing import Owed, Standing

WITHDRAWN = ConsentWithdrawn(subject=SUBJECT, to="marketing")


@pytest.fixture
def dead(sink) -> str:
    """Return an address at which nobody listens any more."""
    with HttpSink() as gone:
        return gone.url


@pytest.mark.clause("9.3c")
def test_a_withdrawal_reaches_the_operators_own_service(build, endpoint, sink):
    hooks = build(endpoint(sink.url))
    hooks.queue(WITHDRAWN)
    assert hooks.try_once("billing") == "told"
    (posted,) = sink.posts
    event = json.loads(posted.body)
    assert (event["type"], event["subject"]) == ("consent.withdrawn", SUBJECT)
    assert event["data"] == {"to": "marketing"}
    assert (hooks.waiting(), hooks.ring.keys) == (0, {})


def test_an_event_has_the_shape_of_cloudevents_and_of_standard_webhooks(build, endpoint, sink):
    hooks = build(endpoint(sink.url))
    hooks.queue(WITHDRAWN)
    hooks.try_once("billing")
    (posted,) = sink.posts
    event = json.loads(posted.body)
    assert event["specversion"] == "1.0"
    assert event["id"] == posted.headers["webhook-id"]
    assert event["source"] == "troth.example/cn"
    assert event["time"] == event["timestamp"]
    assert posted.headers["content-type"] == "application/cloudevents+json"


def test_the_library_of_standard_webhooks_believes_us(build, endpoint, sink, clock):
    hooks = build(endpoint(sink.url))
    hooks.queue(WITHDRAWN)
    hooks.try_once("billing")
    (posted,) = sink.posts
    receiver = Webhook(SIGNING.reveal())
    told = {name: posted.headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature")}
    stamp = receiver.sign(
        told["id"], datetime.fromtimestamp(clock.now() / 1000, UTC), posted.body.decode()
    )
    assert stamp in told["signature"].split(" ")


def test_nothing_in_a_word_is_a_value_or_leads_to_the_ledger(build, endpoint, sink):
    hooks = build(endpoint(sink.url))
    given = ConsentGiven(subject=SUBJECT, to="marketing", notice="n1", receipt="r1")
    hooks.queue(given)
    hooks.try_once("billing")
    body = sink.posts[0].body.decode()
    assert WHO not in body
    assert "r1" not in body


@pytest.mark.parametrize(
    ("act", "event"),
    [
        (Object(subject=SUBJECT, purpose="analytics"), "objection.made"),
        (Restrict(subject=SUBJECT, fields=("contact.email",)), "restriction.made"),
        (Owe(subject=SUBJECT, duty="r-1", what="access", by=Moment(0)), "request.opened"),
        (Settle(subject=SUBJECT, duty="r-1", state="denied", code="x"), "request.denied"),
    ],
)
def test_every_kind_of_event_is_told_by_its_name(build, endpoint, sink, act, event):
    hooks = build(endpoint(sink.url))
    owed = {"r-1": Owed("access", Moment(0), Moment(0))}
    hooks.queue(act, Standing(pseudonym=WHO, owed=owed))
    hooks.try_once("billing")
    assert json.loads(sink.posts[0].body)["type"] == event


def test_what_machines_need_not_hear_is_not_written(build, endpoint, sink):
    hooks = build(endpoint(sink.url))
    hooks.queue(Use(subject=SUBJECT, fields=("contact.email",), purpose="marketing"))
    hooks.queue(Owe(subject=SUBJECT, duty="d", what="clock/erase", by=Moment(0)))
    assert hooks.waiting() == 0


def test_an_address_hears_only_what_it_asked_for(build, endpoint, sink):
    hooks = build(endpoint(sink.url, "a", "consent.*"), endpoint(sink.url, "b", "request.*"))
    hooks.queue(WITHDRAWN)
    assert (hooks.try_once("a"), hooks.try_once("b")) == ("told", "")


def test_without_an_address_nothing_is_written(build):
    hooks = build()
    hooks.queue(WITHDRAWN)
    assert hooks.waiting() == 0
    assert hooks.webhooks.waiting(hooks.clock.now()) == []


# --- addresses that do not take it -------------------------------------------------------------


def test_a_dead_address_is_tried_ever_more_slowly_then_left_alone(build, endpoint, dead):
    hooks = build(endpoint(dead))
    hooks.queue(WITHDRAWN)
    for wait in WAITS:
        assert hooks.try_once("billing") == "retry"
        hooks.clock.forward(seconds=wait / 1000 - 1)
        assert hooks.try_once("billing") == ""
        hooks.clock.forward(seconds=1)
    assert hooks.try_once("billing") == "left_alone"
    assert list(WAITS) == sorted(WAITS)
    assert sum(WAITS) > 3 * DAY
    assert hooks.webhooks.waiting(hooks.clock.now()) == []


def test_an_address_that_was_mended_gets_everything_that_waited(build, endpoint, sink):
    sink.status = 500
    hooks = build(endpoint(sink.url))
    hooks.queue(WITHDRAWN)
    for wait in WAITS:
        hooks.try_once("billing")
        hooks.clock.forward(seconds=wait / 1000)
    hooks.try_once("billing")
    sink.status = None
    hooks.queue(ConsentGiven(subject=SUBJECT, to="improve"))
    assert hooks.webhooks.enable("billing", hooks.clock.now())
    assert [hooks.try_once("billing") for _ in range(3)] == ["told", "told", ""]
    assert not hooks.webhooks.enable("billing", hooks.clock.now())


@pytest.mark.parametrize(("status", "code"), [(500, "http_500"), (302, "http_redirected")])
def test_an_address_that_errs_or_points_elsewhere_is_tried_again(
    build, endpoint, sink, status, code
):
    sink.status, sink.headers = status, {"Location": "http://127.0.0.1:9/"}
    hooks = build(endpoint(sink.url))
    hooks.queue(WITHDRAWN)
    assert hooks.try_once("billing") == "retry"
    (state,) = hooks.webhooks.states()
    assert (state.code, state.waiting, state.tries) == (code, 1, 1)


@pytest.mark.parametrize("mood", ["hang", "drip"])
def test_a_slow_address_does_not_hold_us_up(build, endpoint, sink, mood):
    sink.mood = mood
    hooks = build(endpoint(sink.url))
    hooks.queue(WITHDRAWN)
    assert hooks.try_once("billing") == "retry"
    assert hooks.webhooks.states()[0].code == "http_late"


def test_an_address_that_says_it_is_gone_is_left_alone_at_once(build, endpoint, sink):
    sink.status = 410
    hooks = build(endpoint(sink.url))
    hooks.queue(WITHDRAWN)
    assert hooks.try_once("billing") == "left_alone"
    assert hooks.webhooks.states()[0].off_since == hooks.clock.now()


def test_one_dead_address_keeps_no_other_waiting(build, endpoint, sink, dead):
    hooks = build(endpoint(dead, "dead"), endpoint(sink.url, "alive"))
    hooks.queue(WITHDRAWN)
    assert hooks.webhooks.waiting(hooks.clock.now()) == ["alive", "dead"]
    assert (hooks.try_once("dead"), hooks.try_once("alive")) == ("retry", "told")


def test_a_word_goes_out_again_under_the_same_id(build, endpoint, sink):
    sink.status = 503
    hooks = build(endpoint(sink.url))
    hooks.queue(WITHDRAWN)
    hooks.try_once("billing")
    hooks.clock.forward(seconds=5)
    sink.status = None
    hooks.try_once("billing")
    first, second = sink.posts
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]


def test_what_is_under_lease_is_nobody_elses(build, endpoint, sink):
    hooks = build(endpoint(sink.url))
    hooks.queue(WITHDRAWN)
    at = hooks.clock.now()
    hook = hooks.webhooks.next("billing", at)
    assert hooks.webhooks.next("billing", at) is None
    hooks.clock.forward(seconds=301)
    assert hooks.webhooks.next("billing", hooks.clock.now()).id == hook.id


# --- what ends ---------------------------------------------------------------------------------


@pytest.mark.clause("9.4-6")
def test_what_waits_goes_with_its_subject(build, endpoint, sink):
    hooks = build(endpoint(sink.url))
    hooks.queue(WITHDRAWN)
    keys = hooks.store.transact(lambda tx: hooks.webhooks.recall(tx, SUBJECT))
    assert keys == list(hooks.ring.keys)
    assert (hooks.waiting(), hooks.try_once("billing")) == (0, "")


def test_what_nobody_took_for_thirty_days_is_dropped(build, endpoint, dead):
    hooks = build(endpoint(dead))
    hooks.queue(WITHDRAWN)
    at = hooks.clock.now()
    purge = hooks.webhooks.purge
    assert hooks.store.transact(lambda tx: purge(tx, Moment(at + KEPT_FOR - 1))) == []
    assert hooks.store.transact(lambda tx: purge(tx, Moment(at + KEPT_FOR))) == [*hooks.ring.keys]


def test_a_word_that_was_altered_in_the_table_is_not_sent(build, endpoint, sink):
    hooks = build(endpoint(sink.url))
    hooks.queue(WITHDRAWN)
    hooks.store.transact(lambda tx: tx.run("UPDATE webhooks SET sealed = ?", (bytes(60),)))
    assert hooks.try_once("billing") == "retry"
    assert sink.posts == []


def test_a_table_of_words_tells_nobody_what_happened(build, endpoint, sink):
    hooks = build(endpoint(sink.url))
    hooks.queue(WITHDRAWN)
    (row,) = hooks.store.query("SELECT * FROM webhooks")
    assert "marketing" not in repr(row)
    assert "withdrawn" not in repr(row)


# --- recipients --------------------------------------------------------------------------------

TOLD = Owe(
    subject=SUBJECT,
    duty="r-9",
    what="tell_recipient/partners",
    by=Moment(0),
    word={"event": "consent.withdrawn", "to": "marketing", "references": ["e1"]},
)


@pytest.mark.clause("9.3c")
def test_a_recipient_with_an_address_is_told_by_its_own_numbers(build, endpoint, sink):
    hooks = build(endpoint(sink.url, "recipient/partners"))
    hooks.queue(TOLD)
    at = hooks.clock.now()
    sent = hooks.webhooks.attempt(hooks.webhooks.next("recipient/partners", at))
    assert (sent.ok, sent.who, sent.duty) == (True, WHO, "r-9")
    event = json.loads(sink.posts[0].body)
    assert (event["type"], event["subject"]) == ("consent.withdrawn", "r-9")
    assert event["data"] == {"to": "marketing", "references": ["e1"]}
    assert SUBJECT not in sink.posts[0].body.decode()


def test_a_recipient_without_an_address_waits_for_people(build, endpoint, sink):
    hooks = build(endpoint(sink.url, "recipient/somebody-else"), endpoint(sink.url))
    hooks.queue(TOLD)
    assert hooks.webhooks.waiting(hooks.clock.now()) == []
    (telling,) = hooks.webhooks.untold()
    assert (telling.recipient, telling.event) == ("partners", "consent.withdrawn")
    assert (telling.duty, telling.references) == ("r-9", ("e1",))
    assert not telling.addressed


def test_what_a_recipient_has_to_hear_outlives_its_subject_as_nobodys(build, endpoint, sink):
    hooks = build(endpoint(sink.url, "recipient/partners"))
    hooks.queue(TOLD)
    hooks.queue(WITHDRAWN)
    hooks.store.transact(lambda tx: hooks.webhooks.recall(tx, SUBJECT))
    hooks.store.transact(lambda tx: hooks.webhooks.purge(tx, hooks.clock.now() + KEPT_FOR + DAY))
    assert hooks.waiting() == 0
    assert SUBJECT not in repr(hooks.store.query("SELECT * FROM webhooks"))
    assert hooks.try_once("recipient/partners") == "told"
    assert len(sink.posts) == 1
    assert hooks.webhooks.untold() == []


def test_what_people_told_is_told_once(build):
    hooks = build()
    hooks.queue(TOLD)
    (telling,) = hooks.webhooks.untold()
    assert hooks.store.transact(lambda tx: hooks.webhooks.told(tx, telling)) == [telling.key_id]
    assert hooks.store.transact(lambda tx: hooks.webhooks.told(tx, telling)) == []


def test_a_recipient_hears_nothing_that_is_the_operators(build, endpoint, sink):
    hooks = build(endpoint(sink.url, "recipient/partners"))
    hooks.queue(WITHDRAWN)
    assert hooks.waiting() == 0


# --- for whoever keeps them --------------------------------------------------------------------


def test_a_trial_word_is_posted_and_says_what_it_is(build, endpoint, sink):
    hooks = build(endpoint(sink.url))
    hooks.webhooks.test("billing", hooks.clock.now())
    assert json.loads(sink.posts[0].body)["type"] == "webhook.test"


def test_a_trial_word_that_does_not_arrive_says_so(build, endpoint, dead):
    hooks = build(endpoint(dead))
    with pytest.raises(NotDelivered):
        hooks.webhooks.test("billing", hooks.clock.now())


def test_an_address_there_is_not_is_not_found(build):
    with pytest.raises(NotFound):
        build().webhooks.test("billing", Moment(0))


def test_an_erasure_that_is_complete_is_told(build, endpoint, sink):
    hooks = build(endpoint(sink.url))
    hooks.webhooks.completed(SUBJECT, {"vault": 0, "crm": 0}, hooks.clock.now())
    hooks.try_once("billing")
    event = json.loads(sink.posts[0].body)
    assert (event["type"], event["data"]) == ("erasure.completed", {"stores": ["crm", "vault"]})


def test_the_standing_before_is_what_a_settled_duty_was_about(build, endpoint, sink):
    hooks = build(endpoint(sink.url))
    hooks.queue(Settle(subject=SUBJECT, duty="unknown", state="fulfilled"), STANDING)
    assert hooks.waiting() == 0
