"""Each provider is asked in its own words; what comes back is a stranger's word."""

import hashlib
import json
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.egress.conftest import SIGNING
from troth.egress import shapes
from troth.egress.authorities import ELEMENTS, Check, Result
from troth.egress.loopback import HttpSink
from troth.egress.post import Line, SigningKey
from troth.egress.providers import HttpAuthority, outcome
from troth.egress.shapes import BRIDGE
from troth.model.clock import Moment
from troth.model.errors import BadInput, Misconfigured
from troth.model.secret import Secret
from troth.model.terms import Region

FOLDER = Path(__file__).parent / "shapes"
GOOD = "110105199003071802"
VALUES = {
    "name": "林梅",
    "id_number": GOOD,
    "card": "6222020200011122233",
    "phone": "+8613900001111",
    "company": "示例科技有限公司",
    "uscc": "91110105MA00014212",
    "legal_rep": "王芳",
    "legal_rep_id": "110105197003070018",
    "valid_from": "2020-01-01",
    "valid_until": "2040-01-01",
    "holder": "示例科技有限公司",
    "bank": "示例银行",
}
TOLD = {"request_id": "r1", "scene": "realname", "authorisation": "e1"}


def provider(sink, name="", *checks, **more):
    shape = shapes.load(FOLDER / f"{name}.toml") if name else BRIDGE
    return HttpAuthority(
        Line(sink.url, SigningKey(SIGNING), **more),
        name="provider",
        recipient_id="id-authority",
        region=Region("cn"),
        checks=frozenset(checks or shape.checks),
        shape=shape,
    )


def elements(check):
    return {name: Secret(VALUES[name]) for name in ELEMENTS[check]}


def ask(authority, check, sink=None, answer=None):
    if sink is not None:
        sink.answer = json.dumps(answer).encode()
    return authority.verify(check, elements(check), **TOLD)


def sent(sink):
    return json.loads(sink.posts[-1].body)


# --- a bridge of the controller's own ----------------------------------------------------------


def test_a_bridge_is_asked_in_our_words(http_sink):
    told = {
        "result": "mismatch",
        "fields": {"name": False, "shoe": True},
        "billed": True,
        "provider_ref": "P-1",
        "new": [],
    }
    found = ask(provider(http_sink), Check.PERSON_2, http_sink, told)
    assert (found.result, found.billed, found.provider_ref) == (Result.MISMATCH, True, "P-1")
    assert found.fields == {"name": False, "id_number": None}
    assert sent(http_sink) == {
        "check": "person_2",
        "elements": {"name": "林梅", "id_number": GOOD},
        "scene": "realname",
        "authorisation": "e1",
    }


def test_what_is_asked_is_signed(http_sink, at):
    ask(provider(http_sink), Check.PERSON_2, http_sink, {"result": "match"})
    (posted,) = http_sink.posts
    headers = posted.headers
    assert headers["webhook-id"] == "r1"
    stamp = headers["webhook-timestamp"]
    SigningKey(SIGNING).check(
        "r1", stamp, headers["webhook-signature"], posted.body, at=Moment(int(stamp) * 1000)
    )


def test_a_bridge_that_repeats_a_number_is_not_quoted(http_sink):
    answer = {"result": "match", "provider_ref": f"x-{GOOD}"}
    assert ask(provider(http_sink), Check.PERSON_2, http_sink, answer).provider_ref == ""


# --- the shapes of known providers -------------------------------------------------------------

BY_NUMBER = [("1", "match", True), ("2", "mismatch", True), ("3", "no_record", False)]


@pytest.mark.parametrize(("code", "result", "billed"), BY_NUMBER)
def test_name_and_number_are_answered_by_number(http_sink, code, result, billed):
    answer = {"Code": "200", "RequestId": "Q-1", "ResultObject": {"BizCode": code}}
    found = ask(provider(http_sink, "name_and_number"), Check.PERSON_2, http_sink, answer)
    assert (found.result, found.billed, found.provider_ref) == (Result(result), billed, "Q-1")
    assert http_sink.posts[0].path == "/messages/Id2MetaVerify"
    assert sent(http_sink) == {
        "UserName": "林梅",
        "IdentifyNum": GOOD,
        "OuterOrderNo": "r1",
        "ParamType": "normal",
    }


@pytest.mark.parametrize(
    ("code", "result"),
    [("ExceptionRepeatedInvoke", "throttled"), ("401", "bad_input"), ("999", "unavailable")],
)
def test_the_code_around_an_answer_is_looked_at_first(http_sink, code, result):
    answer = {"Code": code, "ResultObject": {"BizCode": "1"}}
    found = ask(provider(http_sink, "name_and_number"), Check.PERSON_2, http_sink, answer)
    assert (found.result, found.code, found.billed) == (Result(result), code, False)


def test_a_second_code_says_which_elements_of_a_card_are_wrong(http_sink):
    answer = {"ResultObject": {"BizCode": "2", "SubCode": "205"}}
    found = ask(provider(http_sink, "bank_card"), Check.BANK_4, http_sink, answer)
    assert found.fields == {"name": False, "phone": False, "card": None, "id_number": None}


def test_an_element_can_go_as_a_digest(http_sink):
    answer = {"ResultObject": {"BizCode": "1"}}
    assert ask(provider(http_sink, "bank_card"), Check.BANK_2, http_sink, answer).billed
    digest = hashlib.md5("林梅".encode()).hexdigest()
    assert (sent(http_sink)["UserName"], sent(http_sink)["BankCard"]) == (digest, VALUES["card"])


def test_a_company_is_asked_with_the_consent_and_answered_flag_by_flag(http_sink):
    detail = {"EntName": "1", "LicenseNo": "1", "LegalPersonName": "2", "LegalPersonCertNo": "1"}
    answer = {"Result": {"BizCode": "2", "EntStatus": "注销", "ReasonDetail": json.dumps(detail)}}
    found = ask(provider(http_sink, "enterprise"), Check.ENT_4, http_sink, answer)
    assert (found.result, found.business_status) == (Result.MISMATCH, "dissolved")
    assert found.fields["legal_rep"] is False
    assert found.fields["company"] is True
    assert sent(http_sink)["UserAuthorization"] == "e1"
    assert sent(http_sink)["SceneCode"] == "realname"


@pytest.mark.parametrize(
    ("code", "result", "billed"),
    [
        ("0", "match", True),
        ("-1", "mismatch", True),
        ("-4", "bad_input", False),
        ("-5", "expired", False),
        ("-6", "unavailable", False),
        ("-7", "no_record", False),
    ],
)
@pytest.mark.parametrize("check", [Check.BANK_4, Check.PERSON_VALIDITY])
def test_codes_can_count_downward_and_questions_be_forms(http_sink, check, code, result, billed):
    answer = {"Response": {"Result": code}}
    found = ask(provider(http_sink, "numbered"), check, http_sink, answer)
    assert (found.result, found.billed) == (Result(result), billed)
    assert parse_qs(http_sink.posts[0].body.decode())["IdCard"] == [GOOD]


def test_flags_can_be_true_and_false(http_sink):
    flags = {"companyNameMatch": True, "regNumMatch": True, "legalPersonMatch": False}
    answer = {"log_id": 7, "words_result": {"verifyresult": 0, **flags}}
    found = ask(provider(http_sink, "four_factors"), Check.ENT_4, http_sink, answer)
    assert (found.result, found.provider_ref) == (Result.MISMATCH, "7")
    assert found.fields == {
        "company": True,
        "uscc": True,
        "legal_rep": False,
        "legal_rep_id": None,
    }


# --- checks that end later ---------------------------------------------------------------------


def start(sink, check, answer, memo="", name="payments"):
    sink.answer = json.dumps(answer).encode()
    return provider(sink, name).start(check, elements(check), memo=memo, **TOLD)


def confirm(sink, check, answer, told=""):
    sink.answer = json.dumps(answer).encode()
    return provider(sink, "payments").confirm(check, "F-1", Secret(told), request_id="r2")


def test_a_deposit_is_begun_with_our_code_and_ends_by_its_amount(http_sink):
    begun = start(http_sink, Check.DEPOSIT, {"code": 0, "data": {"flowId": "F-1"}}, memo="482913")
    assert (begun.reference, begun.refused) == ("F-1", None)
    assert sent(http_sink)["remark"] == "482913"
    found = confirm(http_sink, Check.DEPOSIT, {"code": 0}, told="0.07")
    assert found.result is Result.MATCH
    assert sent(http_sink) == {"flowId": "F-1", "amount": "7"}


@pytest.mark.parametrize(
    ("code", "result"),
    [(30500203, "mismatch"), (30500204, "locked"), (30500205, "expired"), (1, "unavailable")],
)
def test_a_deposit_can_end_otherwise(http_sink, code, result):
    assert confirm(http_sink, Check.DEPOSIT, {"code": code}, told="0.07").result is Result(result)


def test_money_that_has_not_come_is_waited_for(http_sink):
    found = confirm(http_sink, Check.DEPOSIT, {"code": 30500206}, told="0.07")
    assert (found.result, found.code) == (Result.UNAVAILABLE, "waiting")


def test_a_face_goes_on_at_a_page_of_the_provider(http_sink):
    url = "https://face.provider.example/f/F-1"
    begun = start(http_sink, Check.FACE, {"data": {"flowId": "F-1", "authUrl": url}})
    assert (begun.reference, begun.url) == ("F-1", url)
    found = confirm(http_sink, Check.FACE, {"data": {"status": "ING"}})
    assert found.code == "waiting"
    assert "amount" not in sent(http_sink)
    found = confirm(http_sink, Check.FACE, {"data": {"status": "SUCCESS"}})
    assert found.result is Result.MATCH


@pytest.mark.parametrize(
    "url",
    [
        "http://face.provider.example/f",
        "https://elsewhere.example/f",
        "https://face.provider.example@elsewhere.example/f",
        "https://face.provider.example/f?id=" + GOOD,
        "https://face.provider.example/f?n=%E6%9E%97%E6%A2%85",
        "https://face.provider.example/" + "f" * 1024,
        "javascript:alert(1)",
        "https://face.provider.example/\nx",
        "https://[/",
    ],
)
def test_nobody_is_sent_on_to_another_place(http_sink, url):
    begun = start(http_sink, Check.FACE, {"data": {"flowId": "F-1", "authUrl": url}})
    assert begun.refused is not None
    assert (begun.refused.result, begun.refused.code) == (Result.UNAVAILABLE, "bad_url")


@pytest.mark.parametrize(
    ("answer", "result"),
    [({"code": 30500101}, "bad_input"), ({"data": {}}, "unavailable"), ({}, "unavailable")],
)
def test_what_was_not_begun_says_why(http_sink, answer, result):
    begun = start(http_sink, Check.DEPOSIT, answer)
    assert begun.refused is not None
    assert begun.refused.result is Result(result)


def test_a_call_is_read_by_its_shape(http_sink):
    authority = provider(http_sink, "payments")
    called = authority.called(b'{"flowId": "F-1", "action": "SUCCESS"}')
    assert (called.reference, called.outcome.result) == ("F-1", Result.MATCH)
    for body in (b"", b"[]", b'{"flowId": "F-1"}', b'{"action": "SUCCESS"}', b'{"flowId": "x y"}'):
        with pytest.raises(BadInput):
            authority.called(body)
    with pytest.raises(BadInput):
        provider(http_sink, "enterprise").called(b'{"flowId": "F-1", "action": "SUCCESS"}')


def test_what_was_answered_at_once_is_not_confirmed(http_sink):
    with pytest.raises(BadInput):
        provider(http_sink, "enterprise").confirm(Check.ENT_2, "F", Secret(""), request_id="r")


def test_a_check_the_shape_does_not_have_is_a_wrong_setting(http_sink):
    with pytest.raises(Misconfigured, match="no check `face`"):
        provider(http_sink, "enterprise", Check.FACE)


# --- what goes wrong ---------------------------------------------------------------------------

DEEP = b'{"result": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"
LONG = b'{"result": "match", "x": "' + b"x" * 70_000 + b'"}'
GARBAGE = [b"", b"[]", b'{"fields": {}}', b"\xff", b"<html>", b'"match"', DEEP, LONG]


@pytest.mark.parametrize("answer", GARBAGE, ids=range(len(GARBAGE)))
def test_a_bad_answer_is_no_answer(http_sink, answer):
    http_sink.answer = answer
    found = ask(provider(http_sink), Check.PERSON_2)
    assert (found.result, found.code) == (Result.UNAVAILABLE, "bad_answer")


def test_a_code_nobody_knows_is_no_answer_and_is_named(http_sink):
    found = ask(provider(http_sink), Check.PERSON_2, http_sink, {"result": "yes"})
    assert (found.result, found.code) == (Result.UNAVAILABLE, "bad_answer:yes")


def test_a_match_that_names_a_wrong_element_contradicts_itself(http_sink):
    answer = {"result": "match", "fields": {"name": True, "id_number": False}}
    found = ask(provider(http_sink), Check.PERSON_2, http_sink, answer)
    assert (found.result, found.code) == (Result.UNAVAILABLE, "contradiction")


@pytest.mark.parametrize(
    ("status", "code"), [(503, "http_503"), (422, "http_422"), (302, "http_redirected")]
)
def test_a_provider_that_is_down_or_points_elsewhere_is_unavailable(http_sink, status, code):
    with HttpSink() as elsewhere:
        http_sink.status = status
        http_sink.headers = {"Location": elsewhere.url}
        found = ask(provider(http_sink), Check.PERSON_2, http_sink, {"result": "match"})
        assert (found.result, found.code, found.billed) == (Result.UNAVAILABLE, code, False)
        assert elsewhere.posts == []


@pytest.mark.parametrize("mood", ["hang", "drip"])
def test_a_provider_that_is_slow_is_unavailable(http_sink, mood):
    http_sink.mood = mood
    found = ask(provider(http_sink, timeout=0.1), Check.PERSON_2)
    assert (found.result, found.code) == (Result.UNAVAILABLE, "http_late")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.dictionaries(st.sampled_from(["result", "fields", "name", "code"]), inner),
    )
)
def test_whatever_is_answered_nobody_is_confirmed_by_accident(told):
    found = outcome(BRIDGE.checks[Check.PERSON_2].answer, told, elements(Check.PERSON_2))
    said = isinstance(told, dict) and told.get("result") == "match"
    assert (found.result is Result.MATCH) <= said
    assert GOOD not in repr(found)
