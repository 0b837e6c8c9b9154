"""One family of errors: a code and a status each, and a message a person can read."""

import http
from collections import Counter

import pytest

from troth.model import errors
from troth.model.errors import BadValue, ConsentMissing, NotFound, Refused, TrothError

FAMILY = [
    error
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, TrothError)
]
BY_NAME = pytest.mark.parametrize("error", FAMILY, ids=lambda error: error.__name__)


@BY_NAME
def test_the_default_message_reads_like_part_of_a_sentence(error: type[TrothError]) -> None:
    told = str(error())
    assert told[0].islower() or told.startswith("`")
    assert not told.endswith(".")
    assert "\n" not in told


@BY_NAME
def test_the_status_is_one_http_knows(error: type[TrothError]) -> None:
    assert 400 <= http.HTTPStatus(error.status) < 600


def test_every_error_has_a_code_of_its_own() -> None:
    codes = Counter(error.code for error in FAMILY)
    assert [code for code, count in codes.items() if count > 1] == []


def test_an_error_says_what_why_and_what_to_do() -> None:
    error = NotFound("no such subject", clause="6.1", remedy="check the id")
    assert str(error) == "no such subject (§6.1): check the id"
    assert (error.message, error.clause, error.remedy) == ("no such subject", "6.1", "check the id")


def test_a_bad_value_names_its_field() -> None:
    assert BadValue("not a phone number", field="contact.phone").field == "contact.phone"


def test_a_refusal_carries_its_decision() -> None:
    decision = object()
    assert ConsentMissing(decision=decision).decision is decision
    assert issubclass(ConsentMissing, Refused)


def test_without_docstrings_the_code_is_the_message() -> None:
    class BareError(TrothError):
        __doc__ = None
        code = "bare"

    assert str(BareError()) == "bare"
