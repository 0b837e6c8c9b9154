"""An identity authority is asked with permission, with what it needs, and says only an outcome."""

import json
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.egress.conftest import SIGNING
from troth.egress.authorities import (
    ELEMENTS,
    AuthorityPort,
    Check,
    HttpAuthority,
    Result,
    digest,
)
from troth.egress.fake import ENDINGS, FakeAuthority
from troth.egress.post import Line, SigningKey
from troth.model.errors import BadInput, ConsentMissing
from troth.model.secret import Secret
from troth.model.terms import Region
from troth.vault.identifiers import credit_code, resident_id

GOOD = "110105199003071802"
PERSON = {"identity.name": Secret("林梅"), "identity.id_number": Secret(GOOD)}
FIELDS = {
    "identity.name": "name",
    "identity.id_number": "id_number",
    "enterprise.name": "company",
    "enterprise.uscc": "uscc",
}
TOLD = {"request_id": "r1", "scene": "realname", "authorisation": "e1"}


def secrets(**values):
    return {name: Secret(value) for name, value in values.items()}


def verify(check=Check.PERSON_2, fake=None, told=TOLD, **values):
    return (fake or FakeAuthority()).verify(check, secrets(**values), **told)


def port(authority=None, **more):
    return AuthorityPort(authority or FakeAuthority(), FIELDS, digest_key=b"k" * 32, **more)


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


# --- at the gate's door ------------------------------------------------------------------------


def test_the_fields_decide_which_check_is_asked():
    reply = port().deliver("realname", PERSON, "r1", authorisation="e1")
    assert (reply.result, reply.billed) == ("match", True)
    assert reply.fields == {"identity.name": True, "identity.id_number": True}


@pytest.mark.clause("2.1.1g")
def test_without_the_recorded_authorisation_nobody_is_asked():
    fake = FakeAuthority()
    with pytest.raises(ConsentMissing) as caught:
        port(fake).deliver("realname", PERSON, "r1")
    assert (caught.value.clause, fake._asked) == ("2.1.1", set())


@pytest.mark.clause("4.1.4a")
def test_a_field_the_authority_does_not_take_is_refused():
    values = PERSON | {"contact.email": Secret("mei@example.cn")}
    with pytest.raises(BadInput, match=r"contact\.email"):
        port().deliver("realname", values, "r1", authorisation="e1")


def test_a_set_of_fields_that_is_no_check_is_refused():
    with pytest.raises(BadInput, match="just `name`"):
        port().deliver("realname", {"identity.name": Secret("林梅")}, "r1", authorisation="e1")


def test_over_the_rate_limit_the_authority_hears_nothing():
    fake, asked = FakeAuthority(), []
    limited = port(fake, may_ask=lambda check: asked.append(check) or False)
    reply = limited.deliver("realname", PERSON, "r1", authorisation="e1")
    assert (reply.result, reply.code) == ("throttled", "rate_limit")
    assert (asked, fake._asked) == ([Check.PERSON_2], set())


def test_the_same_values_are_recognised_by_their_digest():
    one, again = (port().deliver("p", PERSON, r, authorisation="e").digest for r in ("r1", "r2"))
    other = PERSON | {"identity.name": Secret("林海")}
    assert one == again
    assert one != port().deliver("p", other, "r3", authorisation="e").digest


@given(st.dictionaries(st.text(), st.text() | st.binary()), st.binary(min_size=1))
def test_a_digest_needs_its_key(values, key):
    elements = secrets(**values)
    assert digest(elements, key) == digest(elements, key)
    assert digest(elements, key) != digest(elements, key + b"\x01")


def test_a_digest_knows_where_a_value_ends():
    assert digest(secrets(a="b", c="d"), b"k") != digest(secrets(a="bc", d=""), b"k")


# --- behind a bridge ---------------------------------------------------------------------------


def bridge(sink, **more):
    return HttpAuthority(
        Line(sink.url, SigningKey(SIGNING), **more),
        name="bridge",
        recipient_id="id-authority",
        region=Region("cn"),
        checks=frozenset({Check.PERSON_2}),
    )


def test_a_bridge_is_asked_and_answers(http_sink):
    http_sink.answer = (
        b'{"result": "mismatch", "fields": {"name": false, "shoe": true}, "billed": true,'
        b' "provider_ref": "P-1", "new": []}'
    )
    outcome = verify(fake=bridge(http_sink), name="林梅", id_number=GOOD)
    assert (outcome.result, outcome.billed) == (Result.MISMATCH, True)
    assert outcome.fields == {"name": False, "id_number": None}
    assert json.loads(http_sink.posts[0].body) == {
        "check": "person_2",
        "elements": {"name": "林梅", "id_number": GOOD},
        "scene": "realname",
        "authorisation": "e1",
    }


def test_a_bridge_that_repeats_a_number_is_not_quoted(http_sink):
    http_sink.answer = b'{"result": "match", "provider_ref": "x-%s"}' % GOOD.encode()
    assert verify(fake=bridge(http_sink), name="林梅", id_number=GOOD).provider_ref == ""


@pytest.mark.parametrize("answer", [b"", b"[]", b'{"result": "yes"}', b'{"fields": {}}', b"\xff"])
def test_a_bad_answer_is_no_answer(http_sink, answer):
    http_sink.answer = answer
    outcome = verify(fake=bridge(http_sink), name="林梅", id_number=GOOD)
    assert (outcome.result, outcome.code) == (Result.UNAVAILABLE, "bad_answer")


def test_a_bridge_that_is_down_is_unavailable(http_sink):
    http_sink.mood = "temporary"
    outcome = verify(fake=bridge(http_sink), name="林梅", id_number=GOOD)
    assert (outcome.result, outcome.code) == (Result.UNAVAILABLE, "http_503")


def test_a_bridge_that_hangs_is_unavailable(http_sink):
    http_sink.mood = "hang"
    outcome = verify(fake=bridge(http_sink, timeout=0.1), name="林梅", id_number=GOOD)
    assert (outcome.result, outcome.code) == (Result.UNAVAILABLE, "http_late")
