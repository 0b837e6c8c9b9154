"""Whatever happens in whatever order, a message is delivered, dead, taken back, or still waits."""

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from tests.egress.conftest import ADDRESS, PHONE, SUBJECT, Post
from troth.egress.channels import MemoryChannel
from troth.egress.courier import Pace
from troth.model.clock import DAY, Moment, moment
from troth.model.errors import NotDelivered
from troth.store.sql import migrate
from troth.store.sqlite import SqliteStore

OUTCOMES = st.sampled_from(["taken", "later", "never", "crash before", "crash after"])


class Scripted(MemoryChannel):
    """A channel that does what the machine says next."""

    outcome = "taken"

    def send(self, message):
        if self.outcome in ("later", "never"):
            raise NotDelivered(permanent=self.outcome == "never")
        super().send(message)


class Outbox(RuleBasedStateMachine):
    queued = Bundle("queued")

    def __init__(self):
        super().__init__()
        self.at = moment("2026-11-22")
        store = SqliteStore(":memory:")
        migrate(store, "data", self.at)
        self.mail, self.text = Scripted("email"), Scripted("sms")
        self.post = Post(store, self.mail, self.text, pace=Pace(tries=2, last_tries=3))
        self.open, self.done = set(), set()

    @rule(target=queued)
    def queue(self):
        sent = self.post.queue(self.at, ("email", ADDRESS), ("sms", PHONE))
        self.open.add(sent)
        return sent

    @rule(outcome=OUTCOMES, limit=st.integers(1, 3))
    def deliver(self, outcome, limit):
        self.mail.outcome = self.text.outcome = outcome
        for parcel in self.post.courier.due(self.at, limit):
            assert parcel.id in self.open
            if outcome == "crash before":
                continue
            delivery = self.post.courier.attempt(parcel)
            if outcome != "crash after":
                self.settled(parcel.id, self.post.settle(delivery, self.at).state)

    def settled(self, parcel_id, state):
        if state == "delivered":
            self.open.remove(parcel_id)
            self.done.add(parcel_id)

    @rule(seconds=st.integers(1, 4000))
    def wait(self, seconds):
        self.at = Moment(self.at + seconds * 1000)

    @rule()
    def ask_for_the_dead(self):
        for letter in self.post.courier.dead():
            self.post.do(self.post.courier.requeue, letter.id, self.at)

    @rule()
    def purge(self):
        self.at = Moment(self.at + 31 * DAY)
        dead = {letter.id for letter in self.post.courier.dead()}
        for key_id in self.post.do(self.post.courier.purge, self.at):
            del self.post.ring.keys[key_id]
        self.open -= dead

    @rule(kept=consumes(queued))
    def recall_all_but_one(self, kept):
        for key_id in self.post.do(self.post.courier.recall, SUBJECT, keep=[kept]):
            del self.post.ring.keys[key_id]
        self.open &= {kept}

    @invariant()
    def nothing_is_lost_and_no_key_outlives_its_message(self):
        rows = self.post.store.query("SELECT id, key_id FROM outbox")
        assert {row[0] for row in rows} == self.open
        assert {row[1] for row in rows} == set(self.post.ring.keys)

    @invariant()
    def delivered_means_that_a_channel_took_it(self):
        assert self.done <= {m.id for m in (*self.mail.sent, *self.text.sent)}

    def teardown(self):
        self.post.store.close()


TestOutbox = Outbox.TestCase
