"""Questions are counted before they are asked, known by a digest, and end once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.egress.conftest import SUBJECT
from troth.egress.authorities import Check, CheckOutcome, Result
from troth.egress.questions import FORGET, LIFE, SHOWN_FOR, TRIES, Limits, Questions
from troth.model.clock import DAY, MINUTE, Moment
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId

PERSON = {"name": Secret("林梅"), "id_number": Secret("110105199003071802")}
OTHER = PERSON | {"id_number": Secret("110105199003070391")}
ACCOUNT = {"holder": Secret("林梅"), "bank": Secret("示例银行"), "card": Secret("62220202")}
KEY = b"k" * 32
MATCH = CheckOutcome(result=Result.MATCH, billed=True)
MISMATCH = CheckOutcome(result=Result.MISMATCH)


@pytest.fixture
def questions(data_store):
    return Questions(data_store, KEY)


def someone():
    return SubjectId.new(Region("cn"))


def asked(questions, at, subject=SUBJECT, elements=PERSON, task=Check.PERSON_2):
    return questions.count(subject, task, elements, at)


def begun(questions, at, task=Check.DEPOSIT, elements=ACCOUNT, memo="", reference="P-1"):
    seen = questions.digest(elements)
    flow = questions.begin(SUBJECT, task, ("bank.number",), seen, at)
    questions.started(SUBJECT, flow, reference, "", memo)
    return questions.one(SUBJECT, flow)


# --- how often ---------------------------------------------------------------------------------


def test_a_subject_asks_five_times_a_day(questions, at):
    numbers = [PERSON | {"id_number": Secret(f"11010519900307{n:04}")} for n in range(6)]
    told = [asked(questions, at, elements=elements) for elements in numbers]
    assert told == [True] * 5 + [False]
    assert questions.over(SUBJECT, Check.PERSON_2, PERSON, at)
    assert asked(questions, Moment(at + DAY))


def test_nobody_probes_one_number_through_many_accounts(questions, at):
    assert [asked(questions, at, subject=someone()) for _ in range(6)] == [True] * 5 + [False]
    assert asked(questions, at, subject=someone(), elements=OTHER)


def test_a_name_is_many_peoples_and_is_not_counted(questions, at):
    numbers = [PERSON | {"id_number": Secret(f"11010519900307{n:04}")} for n in range(20)]
    assert all(asked(questions, at, subject=someone(), elements=each) for each in numbers)


def test_the_house_has_a_limit_of_its_own(data_store, at):
    questions = Questions(data_store, KEY, Limits(house=2))
    numbers = [PERSON | {"id_number": Secret(f"11010519900307{n:04}")} for n in range(3)]
    told = [asked(questions, at, subject=someone(), elements=each) for each in numbers]
    assert told == [True, True, False]


def test_deposits_are_few_in_a_month_whoever_begins_them(questions, at):
    days = [Moment(at + day * DAY) for day in range(4)]
    told = [asked(questions, day, someone(), ACCOUNT, Check.DEPOSIT) for day in days]
    assert told == [True, True, True, False]
    assert asked(questions, Moment(at + 31 * DAY), someone(), ACCOUNT, Check.DEPOSIT)


def test_a_question_over_one_limit_counts_against_none(questions, at):
    for _ in range(5):
        asked(questions, at)
    assert not asked(questions, at, elements=OTHER)
    assert asked(questions, at, subject=someone(), elements=OTHER)


def test_many_at_once_get_no_more_than_one_after_another(questions, at):
    with ThreadPoolExecutor(8) as pool:
        told = [pool.submit(asked, questions, at) for _ in range(24)]
    assert sum(each.result() for each in told) == 5


def test_a_clock_put_back_opens_nothing(questions, at):
    for _ in range(5):
        asked(questions, at)
    assert not asked(questions, Moment(at - DAY))


# --- what was said before ----------------------------------------------------------------------


def test_the_same_elements_are_known_for_a_month_in_any_order(questions, at):
    seen = questions.digest(PERSON)
    questions.remember(SUBJECT, Check.PERSON_2, seen, MATCH, at)
    again = questions.digest(dict(reversed(PERSON.items())))
    assert questions.known(SUBJECT, Check.PERSON_2, again, Moment(at + 29 * DAY)) == MATCH
    assert questions.known(SUBJECT, Check.PERSON_2, again, Moment(at + 31 * DAY)) is None


def test_other_elements_another_check_and_another_subject_are_not_known(questions, at):
    seen = questions.digest(PERSON)
    questions.remember(SUBJECT, Check.PERSON_2, seen, MATCH, at)
    assert questions.known(SUBJECT, Check.PERSON_2, questions.digest(OTHER), at) is None
    assert questions.known(SUBJECT, Check.FACE, seen, at) is None
    assert questions.known(someone(), Check.PERSON_2, seen, at) is None


# --- checks that end later ---------------------------------------------------------------------


def test_a_check_waits_and_is_found_again_by_what_it_is_about(questions, at):
    flow = begun(questions, at)
    assert (flow.state, flow.expires - at) == ("waiting", LIFE[Check.DEPOSIT])
    found = questions.open(SUBJECT, Check.DEPOSIT, questions.digest(ACCOUNT), at)
    assert found == flow
    assert questions.open(SUBJECT, Check.DEPOSIT, questions.digest(PERSON), at) is None
    assert questions.open(SUBJECT, Check.DEPOSIT, questions.digest(ACCOUNT), flow.expires) is None


def test_one_that_was_not_started_is_not_shown(questions, at):
    questions.begin(SUBJECT, Check.FACE, (), "d", at)
    assert questions.of(SUBJECT) == []


def test_three_tries_whatever_the_number_at_once(questions, at):
    flow = begun(questions, at)
    with ThreadPoolExecutor(8) as pool:
        tries = [pool.submit(questions.take_try, flow, at) for _ in range(24)]
    assert sorted(each.result() for each in tries)[-TRIES:] == [1, 2, 3]
    assert sum(bool(each.result()) for each in tries) == TRIES


def test_a_try_nobody_judged_is_given_back(questions, at):
    flow = begun(questions, at)
    assert [
        questions.take_try(flow, at),
        questions.give_back(flow),
        questions.take_try(flow, at),
    ] == [
        1,
        None,
        1,
    ]


def test_no_try_is_taken_after_the_last_moment(questions, at):
    flow = begun(questions, at)
    assert questions.take_try(flow, flow.expires) == 0


def test_the_first_outcome_counts(questions, at):
    flow = begun(questions, at)
    assert [questions.answer(flow, each, at) for each in (MATCH, MISMATCH)] == [True, False]
    found = questions.one(SUBJECT, flow.id)
    assert (found.state, found.outcome) == ("answered", MATCH)
    questions.end(found, at)
    assert not questions.answer(found, MISMATCH, at)
    assert questions.one(SUBJECT, flow.id).state == "ended"


def test_a_memo_is_compared_without_being_kept(questions, data_store, at):
    flow = begun(questions, at, memo="482913")
    assert flow.memo
    assert questions.memo_is(flow, Secret("482913"))
    assert not questions.memo_is(flow, Secret("482914"))
    kept = data_store.query("SELECT memo FROM identity_flows")[0][0]
    assert b"482913" not in bytes(kept)


def test_a_call_finds_the_check_that_waits(questions, at):
    flow = begun(questions, at, reference="P-7")
    assert questions.called("P-7") == flow
    questions.answer(flow, MATCH, at)
    assert questions.called("P-7") is None
    assert questions.called("") is None


def test_a_call_is_taken_once(questions, at):
    assert [questions.first_time("c1", at), questions.first_time("c1", at)] == [True, False]
    questions.purge(Moment(at + DAY))
    assert questions.first_time("c1", Moment(at + DAY))


def test_what_waits_is_looked_at_ever_more_rarely_by_one_at_a_time(questions, at):
    flow = begun(questions, at, task=Check.REVERSE_DEPOSIT)
    assert questions.due(at) == []
    soon = Moment(at + 10 * MINUTE)
    assert questions.due(soon) == [flow]
    assert questions.due(soon) == []
    assert questions.due(Moment(soon + 9 * MINUTE)) == []
    assert questions.due(Moment(soon + 10 * MINUTE)) == [flow]
    assert questions.due(flow.expires) == [flow]


def test_what_was_never_started_or_ended_long_ago_is_swept_away(questions, data_store, at):
    questions.begin(SUBJECT, Check.FACE, (), "d", at)
    flow = begun(questions, at)
    questions.answer(flow, MATCH, at)
    questions.end(questions.one(SUBJECT, flow.id), at)
    questions.due(Moment(at + SHOWN_FOR))
    assert data_store.query("SELECT COUNT(*) FROM identity_flows")[0][0] == 0


def test_an_erasure_takes_all_of_a_subjects_rows_and_no_others(questions, data_store, at):
    begun(questions, at)
    questions.remember(SUBJECT, Check.PERSON_2, "d", MATCH, at)
    questions.remember(someone(), Check.PERSON_2, "d", MATCH, at)
    for forget in FORGET:
        data_store.transact(lambda tx, sql=forget: tx.run(sql, (SUBJECT,)))
    assert questions.of(SUBJECT) == []
    assert data_store.query("SELECT COUNT(*) FROM identity_outcomes")[0][0] == 1


def test_no_element_lies_in_any_row(questions, data_store, at):
    asked(questions, at)
    begun(questions, at)
    questions.remember(SUBJECT, Check.PERSON_2, questions.digest(PERSON), MATCH, at)
    for table in ("identity_flows", "identity_outcomes", "identity_counts"):
        told = repr(data_store.query(f"SELECT * FROM {table}"))
        assert not any(value.reveal() in told for value in (*PERSON.values(), *ACCOUNT.values()))
