"""An authority is asked with permission and within limits, and a check ends once."""

import pytest

from tests.egress.conftest import SIGNING, SUBJECT
from troth.egress.authorities import Check, CheckOutcome, Result
from troth.egress.fake import AMOUNT, FakeAuthority, call
from troth.egress.inquiry import STARTED, AuthorityPort
from troth.egress.post import WINDOW, SigningKey
from troth.egress.questions import LOOKS, Limits, Questions
from troth.model.clock import DAY, MINUTE, Moment, SetClock
from troth.model.errors import BadInput, ConsentMissing, NotFound, Unverifiable
from troth.model.secret import Secret
from troth.store.sql import migrate
from troth.store.sqlite import SqliteStore

GOOD = "110105199003071802"
PERSON = {"identity.name": Secret("林梅"), "identity.id_number": Secret(GOOD)}
ACCOUNT = {
    "bank.holder": Secret("林梅"),
    "bank.bank": Secret("示例银行"),
    "bank.number": Secret("6222020200011122233"),
}
FIELDS = {
    "identity.name": "name",
    "handler.name": "name",
    "identity.id_number": "id_number",
    "enterprise.name": "company",
    "enterprise.uscc": "uscc",
    "bank.holder": "holder",
    "bank.bank": "bank",
    "bank.number": "card",
}
KEY = SigningKey(SIGNING)


@pytest.fixture
def clock(at):
    return SetClock(at)


@pytest.fixture
def questions(at):
    store = SqliteStore(":memory:")
    migrate(store, "data", at)
    yield Questions(store, b"k" * 32)
    store.close()


@pytest.fixture
def make(clock, questions):
    def port(authority=None, **more):
        told = {"clock": clock, "calls": KEY} | more
        return AuthorityPort(authority or FakeAuthority(), FIELDS, questions, **told)

    return port


def deliver(port, values=PERSON, request="r1", authorisation="e1", **more):
    told = {"authorisation": authorisation, "subject": SUBJECT} | more
    return port.deliver("realname", values, request, **told)


# --- asking ------------------------------------------------------------------------------------


def test_the_fields_decide_which_check_is_asked(make):
    reply = deliver(make())
    assert (reply.result, reply.billed) == ("match", True)
    assert reply.fields == {"identity.name": True, "identity.id_number": True}


@pytest.mark.clause("2.1.1g")
def test_without_the_recorded_authorisation_nobody_is_asked(make):
    fake = FakeAuthority()
    with pytest.raises(ConsentMissing) as caught:
        deliver(make(fake), authorisation="")
    assert (caught.value.clause, fake._asked) == ("2.1.1", set())


@pytest.mark.clause("4.1.4a")
def test_a_field_the_authority_does_not_take_is_refused(make):
    values = PERSON | {"contact.email": Secret("mei@example.cn")}
    with pytest.raises(BadInput, match=r"contact\.email"):
        deliver(make(), values)


@pytest.mark.parametrize(
    "values",
    [{"identity.name": Secret("林梅")}, PERSON | {"handler.name": Secret("林梅")}],
    ids=["too few", "one element twice"],
)
def test_a_set_of_fields_that_is_no_check_is_refused(make, values):
    with pytest.raises(BadInput, match="no check of just"):
        deliver(make(), values)


def test_a_check_that_ends_later_is_named(make):
    with pytest.raises(BadInput, match="no check of just"):
        deliver(make(), ACCOUNT)
    with pytest.raises(BadInput, match="no check `face`"):
        deliver(make(), ACCOUNT, task="face")
    assert deliver(make(), PERSON, task="face").result == STARTED


def test_over_a_limit_the_authority_hears_nothing(make, questions):
    fake = FakeAuthority()
    questions._limits = Limits(subject=1)
    replies = [deliver(make(fake), request=request) for request in ("r1", "r2")]
    assert (replies[1].result, replies[1].code) == ("throttled", "rate_limit")
    assert fake._asked == {"r1"}
    assert make().over(SUBJECT, PERSON)


def test_the_same_values_are_answered_without_asking_and_cost_nothing(make):
    port = make()
    assert port.known(SUBJECT, PERSON) is None
    told = deliver(port)
    known = port.known(SUBJECT, PERSON)
    assert (known.result, known.billed, known.fields) == ("match", False, told.fields)
    assert port.known(SUBJECT, PERSON | {"identity.name": Secret("林海")}) is None


def test_what_says_nothing_of_the_person_is_not_remembered(make):
    port = make()
    values = PERSON | {"identity.id_number": Secret("110105199003070594")}
    assert deliver(port, values).result == "unavailable"
    assert port.known(SUBJECT, values) is None


# --- an amount on an account -------------------------------------------------------------------


def began(port, values=ACCOUNT, task="deposit"):
    reply = deliver(port, values, task=task)
    assert reply.result == STARTED
    return reply.reference


def answer(port, check, told):
    return port.confirm(SUBJECT, check, Secret(told))


def test_the_right_amount_ends_a_deposit(make):
    port = make()
    flow = answer(port, began(port), AMOUNT)
    assert (flow.state, flow.outcome.result) == ("answered", Result.MATCH)
    assert port.answered(flow).result == "match"


@pytest.mark.parametrize("told", [".42", "0.42", " 0.42 ", "0,42"])
def test_an_amount_may_be_written_in_several_ways(make, told):
    port = make()
    assert answer(port, began(port), told).outcome.result is Result.MATCH


@pytest.mark.parametrize("told", ["1.42", "0.00", "42", "0.421", "-0.42", "０.42", "0.4x", "a"])
def test_what_is_no_amount_costs_no_try(make, told):
    port = make()
    check = began(port)
    with pytest.raises(BadInput):
        answer(port, check, told)
    assert port.flows(SUBJECT)[0].tries == 0


def test_three_wrong_amounts_lock_it(make):
    port = make()
    check = began(port)
    states = [answer(port, check, told).state for told in ("0.01", "0.02", "0.03")]
    assert states == ["waiting", "waiting", "answered"]
    flow = answer(port, check, AMOUNT)
    assert flow.outcome.result is Result.LOCKED


def test_an_authority_that_is_down_costs_no_try(make):
    class Down(FakeAuthority):
        def confirm(self, *args, **more):
            return super().verify(Check.PERSON_2, {}, request_id="", scene="", authorisation="")

    port = make(Down())
    check = began(port)
    for _ in range(4):
        assert answer(port, check, "0.01").state == "waiting"
    assert port.flows(SUBJECT)[0].tries == 0


def test_with_a_memo_its_digits_are_asked_and_not_the_amount(make):
    fake = FakeAuthority(memo=True)
    port = make(fake)
    check = began(port)
    assert port.flows(SUBJECT)[0].memo
    with pytest.raises(BadInput, match="remark"):
        answer(port, check, AMOUNT)
    wrong = f"{(int(fake.memos[0]) + 1) % 10**6:06}"
    assert answer(port, check, wrong).state == "waiting"
    assert answer(port, check, fake.memos[0]).outcome.result is Result.MATCH


def test_after_seven_days_it_has_run_out(make, clock):
    port = make()
    check = began(port)
    clock.forward(days=7)
    assert answer(port, check, AMOUNT).outcome.result is Result.EXPIRED


def test_begun_twice_it_is_the_same_check(make):
    port = make()
    check = began(port)
    known = port.known(SUBJECT, ACCOUNT, "deposit")
    assert (known.result, known.reference) == (STARTED, check)


def test_nobody_answers_another_ones_check(make):
    port = make()
    check = began(port)
    with pytest.raises(NotFound):
        port.confirm(type(SUBJECT).new(SUBJECT.region), check, Secret(AMOUNT))


def test_what_is_refused_at_the_start_waits_for_nothing(make):
    port = make()
    reply = deliver(port, ACCOUNT | {"bank.number": Secret("62220202000111222394")}, task="deposit")
    assert reply.result == "unavailable"
    assert port.flows(SUBJECT) == []


# --- a face, and calls -------------------------------------------------------------------------


def signed(body, clock, call_id="c1", key=KEY, off=0):
    stamp, signature = key.sign(call_id, Moment(clock.now() + off), body)
    return {"webhook-id": call_id, "webhook-timestamp": stamp, "webhook-signature": signature}


@pytest.fixture
def port(make):
    return make(FakeAuthority(slow=True))


@pytest.fixture
def face(port):
    """Return what the authority calls a face check that waits."""
    check = began(port, PERSON, "face")
    return next(flow.provider for flow in port.flows(SUBJECT) if flow.id == check)


def test_a_call_ends_a_face_check(port, face, clock):
    body = call(face, Result.MATCH)
    flow = port.called(signed(body, clock), body)
    assert (flow.state, flow.outcome.result) == ("answered", Result.MATCH)


def test_a_call_that_is_repeated_or_out_of_order_changes_nothing(port, face, clock):
    right, wrong = call(face, Result.MATCH), call(face, Result.MISMATCH)
    late = signed(wrong, clock, "c2")
    assert port.called(signed(right, clock), right)
    assert port.called(signed(right, clock), right) is None
    assert port.called(late, wrong) is None
    assert port.flows(SUBJECT)[0].outcome.result is Result.MATCH


@pytest.mark.parametrize("off", [-WINDOW - 1000, WINDOW + 1000])
def test_an_old_or_early_call_is_refused(port, face, clock, off):
    body = call(face, Result.MATCH)
    with pytest.raises(Unverifiable):
        port.called(signed(body, clock, off=off), body)


def test_an_altered_call_is_refused(port, face, clock):
    headers = signed(call(face, Result.MISMATCH), clock)
    with pytest.raises(Unverifiable):
        port.called(headers, call(face, Result.MATCH))
    with pytest.raises(Unverifiable):
        port.called(headers | {"webhook-id": "c9"}, call(face, Result.MISMATCH))
    with pytest.raises(Unverifiable):
        port.called({}, call(face, Result.MATCH))


def test_another_key_opens_nothing_and_two_overlap(make, clock):
    other = Secret("another secret of enough length")
    both = make(FakeAuthority(slow=True), calls=SigningKey(SIGNING, other))
    check = began(both, PERSON, "face")
    body = call(both.flows(SUBJECT)[0].provider, Result.MATCH)
    with pytest.raises(Unverifiable):
        make(calls=KEY).called(signed(body, clock, key=SigningKey(other)), body)
    assert both.called(signed(body, clock, key=SigningKey(other)), body).id == check


def test_where_no_key_is_set_nobody_may_call(make, clock):
    body = call("match-1", Result.MATCH)
    with pytest.raises(Unverifiable):
        make(calls=None).called(signed(body, clock), body)


def test_a_call_about_a_check_that_is_not_ours_changes_nothing(port, face, clock):
    body = call("match-unknown", Result.MATCH)
    assert port.called(signed(body, clock), body) is None


def test_a_call_that_knows_no_outcome_has_the_check_asked_about(make, clock):
    fake = FakeAuthority(slow=True)
    port = make(fake)
    began(port, PERSON, "face")
    fake._slow = False
    body = call(port.flows(SUBJECT)[0].provider, Result.UNAVAILABLE)
    assert port.called(signed(body, clock), body).outcome.result is Result.MATCH


def test_nobody_has_an_authority_asked_without_end(port, face):
    asked = []
    port._authority.confirm = lambda *args, **more: (
        asked.append(args) or CheckOutcome(result=Result.UNAVAILABLE, code="waiting")
    )
    (flow,) = port.flows(SUBJECT)
    for _ in range(LOOKS + 5):
        port.confirm(SUBJECT, flow.id, Secret(""))
    assert len(asked) == LOOKS


def test_a_face_has_no_amount(port, face):
    (flow,) = port.flows(SUBJECT)
    assert port.confirm(SUBJECT, flow.id, Secret(AMOUNT)).tries == 0


# --- the clock ---------------------------------------------------------------------------------


def test_the_clock_asks_about_what_is_silent(make, clock):
    fake = FakeAuthority(slow=True)
    port = make(fake)
    began(port, PERSON, "face")
    clock.forward(seconds=11 * MINUTE / 1000)
    assert port.due() == []
    fake._slow = False
    clock.forward(seconds=20 * MINUTE / 1000)
    (flow,) = port.due()
    assert flow.outcome.result is Result.MATCH


def test_the_clock_ends_what_is_out_of_time_and_tells_it_until_it_was_told(make, clock):
    port = make()
    began(port)
    clock.forward(seconds=7 * DAY / 1000)
    (flow,) = port.due()
    assert flow.outcome.result is Result.EXPIRED
    clock.forward(seconds=DAY / 1000)
    assert [each.id for each in port.due()] == [flow.id]
    port.ended(flow)
    assert port.due() == []
