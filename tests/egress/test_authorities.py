"""What an authority can be asked, and the fake one: it decides by how a number ends."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.egress.authorities import ELEMENTS, LATER, Check, Result, digest
from troth.egress.fake import AMOUNT, ENDINGS, FakeAuthority, call
from troth.model.errors import BadInput
from troth.model.identifiers import credit_code, resident_id
from troth.model.secret import Secret

GOOD = "110105199003071802"
TOLD = {"request_id": "r1", "scene": "realname", "authorisation": "e1"}


def secrets(**values):
    return {name: Secret(value) for name, value in values.items()}


def verify(check=Check.PERSON_2, fake=None, told=TOLD, **values):
    return (fake or FakeAuthority()).verify(check, secrets(**values), **told)


# --- the fake ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("ending", "result"), [(e, r) for e, (r, _) in ENDINGS.items()])
def test_the_ending_of_a_number_decides(ending, result):
    assert verify(name="林梅", id_number=GOOD[:-2] + ending).result is result


def test_any_other_number_matches():
    outcome = verify(name="林梅", id_number=GOOD)
    assert (outcome.result, outcome.billed) == (Result.MATCH, True)
    assert outcome.fields == {"name": True, "id_number": True}


def test_a_mismatch_names_what_is_wrong():
    outcome = verify(name="林误", id_number=GOOD)
    assert outcome.result is Result.MISMATCH
    assert outcome.fields == {"name": False, "id_number": True}


def test_no_record_is_not_false_and_costs_nothing():
    outcome = verify(name="林梅", id_number=GOOD[:-2] + "92")
    assert (outcome.billed, set(outcome.fields.values())) == (False, {None})


def test_a_repeated_request_is_billed_once():
    fake = FakeAuthority()
    told = [verify(fake=fake, name="林梅", id_number=GOOD) for _ in range(2)]
    assert [outcome.billed for outcome in told] == [True, False]
    assert told[0].provider_ref == told[1].provider_ref


@pytest.mark.parametrize(
    ("uscc", "status"), [("91110105MA00014212", "in_operation"), ("…98", "dissolved")]
)
def test_a_company_matches_with_its_business_status(uscc, status):
    outcome = verify(Check.ENT_2, company="某某有限公司", uscc=uscc)
    assert (outcome.result, outcome.business_status) == (Result.MATCH, status)


def test_a_question_with_an_element_too_few_is_bad_input():
    assert verify(name="林梅").result is Result.BAD_INPUT


@pytest.mark.clause("2.1.1g")
def test_the_fake_too_wants_an_authorisation():
    told = TOLD | {"authorisation": ""}
    assert verify(told=told, name="林梅", id_number=GOOD).code == "incomplete"


def test_the_numbers_in_the_table_are_valid_and_end_as_it_says():
    table = FakeAuthority.__doc__.split("=\n", 2)[2]
    people = re.findall(r"\b\d{18}\b", table)
    companies = re.findall(r"\b9111\w{14}\b", table)
    assert [resident_id(n, date(2026, 11, 22)) for n in people] == people
    assert [credit_code(n) for n in companies] == companies
    assert set(ENDINGS) <= {n[-2:] for n in people} & {n[-2:] for n in companies}


@given(st.sampled_from(sorted(ELEMENTS)), st.text(min_size=3))
def test_an_outcome_never_holds_what_was_asked(check, value):
    value = f"<{value}>"
    elements = dict.fromkeys(ELEMENTS[check], value)
    outcome = verify(check, **elements)
    assert value not in repr(outcome)


# --- checks that end later ---------------------------------------------------------------------


def start(check=Check.DEPOSIT, memo="", fake=None, number="6222020200011122233"):
    known = {"card": number, "id_number": GOOD}
    elements = secrets(**{name: known.get(name, "林梅") for name in ELEMENTS[check]})
    return (fake or FakeAuthority()).start(check, elements, memo=memo, **TOLD)


def confirm(reference, answer="", check=Check.DEPOSIT, fake=None):
    return (fake or FakeAuthority()).confirm(check, reference, Secret(answer), request_id="r2")


def test_an_amount_is_right_or_wrong():
    reference = start().reference
    assert confirm(reference, AMOUNT).result is Result.MATCH
    assert confirm(reference, "0.41").result is Result.MISMATCH


def test_a_face_has_a_page_and_ends_when_it_is_asked_about():
    begun = start(Check.FACE)
    assert begun.url.endswith(begun.reference)
    assert confirm(begun.reference, check=Check.FACE).result is Result.MATCH


def test_a_slow_one_keeps_waiting():
    fake = FakeAuthority(slow=True)
    reference = start(Check.FACE, fake=fake).reference
    outcome = confirm(reference, check=Check.FACE, fake=fake)
    assert (outcome.result, outcome.code) == (Result.UNAVAILABLE, "waiting")


@pytest.mark.parametrize("ending", ["93", "94", "95"])
def test_what_cannot_be_asked_is_not_started(ending):
    refused = start(number=f"62220202000111222{ending}").refused
    assert refused is not None
    assert refused.result is ENDINGS[ending][0]


def test_what_a_check_is_called_outlives_the_program():
    reference = start(Check.REVERSE_DEPOSIT, number="6222020200011122291").reference
    assert confirm(reference, check=Check.REVERSE_DEPOSIT).result is Result.MISMATCH


def test_a_payment_carries_our_code_where_it_can():
    fake = FakeAuthority(memo=True)
    start(memo="482913", fake=fake)
    assert fake.memos == ["482913"]
    assert [fake.takes_memo(check) for check in sorted(LATER)] == [True, False, False]


def test_a_call_says_which_check_has_ended():
    called = FakeAuthority().called(call("match-1", Result.MATCH))
    assert (called.reference, called.outcome.result) == ("match-1", Result.MATCH)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"flow": "x", "result": "yes"}'])
def test_a_call_that_says_nothing_is_refused(body):
    with pytest.raises(BadInput):
        FakeAuthority().called(body)


# --- a digest ----------------------------------------------------------------------------------


@given(st.dictionaries(st.text(), st.text() | st.binary()), st.binary(min_size=1))
def test_a_digest_needs_its_key(values, key):
    elements = secrets(**values)
    assert digest(elements, key) == digest(elements, key)
    assert digest(elements, key) != digest(elements, key + b"\x01")


def test_a_digest_knows_where_a_value_ends():
    assert digest(secrets(a="b", c="d"), b"k") != digest(secrets(a="bc", d=""), b"k")
