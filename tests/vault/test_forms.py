"""What is well formed and what is not: every failure mode is a named vector."""

import contextlib
import json
import re
import time
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import assume, given
from hypothesis import strategies as st

from troth.model.clock import moment
from troth.model.errors import BadValue, Misconfigured
from troth.model.secret import Secret
from troth.vault.forms import (
    CHECKS,
    KINDS,
    MOST_FILE,
    Form,
    birth_date,
    canonical,
    comparable,
    masked,
)

VECTORS = Path(__file__).parent.parent / "vectors"
FILES = [json.loads((VECTORS / name).read_text()) for name in ("identifiers.json", "values.json")]
TODAY = moment(FILES[0]["today"])
Vector = dict[str, Any]


def vectors(key: str) -> list[Any]:
    """Return the vectors that end in ``canonical`` or in ``refused``, as test parameters."""
    return [
        pytest.param(kind, vector, id=f"{kind}: {vector['name']}")
        for file in FILES
        for kind, some in file["forms"].items()
        for vector in some
        if key in vector
    ]


def given_value(vector: Vector, key: str = "value") -> str:
    """Return a vector's text; a long one is written as a character and a count."""
    return vector["repeat"][0] * vector["repeat"][1] if "repeat" in vector else vector[key]


def checked(kind: str, text: str | bytes, **form: Any) -> str | bytes:
    """Return a value's canonical form."""
    return canonical("a.field", Secret(text), Form(kind, **form), at=TODAY).reveal_raw()


@pytest.mark.clause("2.1.1a")
@pytest.mark.parametrize(("kind", "vector"), vectors("canonical"))
def test_a_good_value_is_written_in_its_one_way(kind: str, vector: Vector):
    form = {"region": vector["region"]} if "region" in vector else {}
    assert checked(kind, given_value(vector), **form) == given_value(vector, "canonical")


@pytest.mark.parametrize(("kind", "vector"), vectors("canonical"))
def test_the_canonical_form_of_a_canonical_form_is_itself(kind: str, vector: Vector):
    text = given_value(vector, "canonical")
    assert checked(kind, text) == text


@pytest.mark.clause("2.1.1a")
@pytest.mark.parametrize(("kind", "vector"), vectors("refused"))
def test_a_bad_value_is_refused_with_a_remedy(kind: str, vector: Vector):
    with pytest.raises(BadValue) as refused:
        checked(kind, given_value(vector))
    assert refused.value.field == "a.field"
    assert vector["refused"] in refused.value.remedy


@pytest.mark.clause("2.1.1a")
@pytest.mark.parametrize(("kind", "vector"), vectors("refused"))
def test_a_refusal_never_repeats_the_value(kind: str, vector: Vector):
    text = given_value(vector)
    with pytest.raises(BadValue) as refused:
        checked(kind, text)
    told = f"{refused.value!r} {refused.value}".replace("name@example.com", "")
    assert not text.strip() or text not in told
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_every_kind_has_good_and_bad_vectors():
    for key in ("canonical", "refused"):
        assert {param.values[0] for param in vectors(key)} == set(CHECKS)


def test_the_kinds_are_those_of_the_policy_document():
    assert sorted(KINDS) == [
        "address", "bank_account", "bank_card", "cn_id", "cnaps", "company_name", "date", "email",
        "file", "hk_id", "ip", "json", "login", "name", "passport", "password_hash", "phone",
        "text", "travel_permit", "url", "uscc",
    ]  # fmt: skip


def test_an_unknown_kind_is_a_wrong_setting():
    with pytest.raises(Misconfigured, match="`colour` is not known"):
        checked("colour", "red")


# --- files -------------------------------------------------------------------------------------


def test_a_file_is_kept_as_it_is():
    assert checked("file", b"%PDF-\x00\xff") == b"%PDF-\x00\xff"


@pytest.mark.parametrize("content", [b"", b"x" * (MOST_FILE + 1), "text"])
def test_an_empty_huge_or_textual_file_is_refused(content: str | bytes):
    with pytest.raises(BadValue):
        checked("file", content)


def test_a_file_of_ten_mebibytes_is_taken():
    assert len(checked("file", b"x" * MOST_FILE)) == MOST_FILE


@pytest.mark.parametrize("kind", sorted(CHECKS))
def test_a_file_is_no_text(kind: str):
    with pytest.raises(BadValue, match="not a file"):
        checked(kind, b"13912345678")


# --- properties --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(CHECKS))
@given(text=st.text(max_size=30))
def test_any_text_is_refused_or_has_a_stable_canonical_form(kind: str, text: str):
    try:
        once = checked(kind, text)
    except BadValue:
        return
    assert checked(kind, once) == once
    assert once.encode()


LOCAL = st.from_regex(r"[A-Za-z0-9_+.-]{1,30}", fullmatch=True)
DOMAIN = st.from_regex(r"[A-Za-z0-9.-]{1,30}\.(cn|com|hk|net|org)", fullmatch=True)


@given(local=LOCAL, domain=DOMAIN)
def test_addresses_known_at_sight_are_those_the_library_takes(local: str, domain: str):
    text = f"{local}@{domain}"
    try:
        expected = validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        expected = None
    try:
        found = checked("email", text)
    except BadValue:
        found = None
    assert found == expected


@given(st.from_regex(r"\+861[3-9][0-9]{9}", fullmatch=True))
def test_mobile_numbers_known_at_sight_are_those_the_library_takes(text: str):
    number = phonenumbers.parse(text, None)
    assert phonenumbers.is_possible_number(number)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert checked("phone", text) == written == text


@pytest.mark.parametrize("unit", ["a", "a.", "a-", "a@", "a.a@a-", "1 ", "((", "\u00b7", "{", '"'])
@pytest.mark.parametrize("kind", sorted(CHECKS))
def test_no_check_takes_long_over_a_hostile_text(kind: str, unit: str):
    began = time.perf_counter()
    with contextlib.suppress(BadValue):
        checked(kind, unit * 20_000)
    assert time.perf_counter() - began < 2


@given(st.integers(0, 10**17 - 1), st.integers(0, 16), st.integers(1, 9))
def test_every_single_wrong_digit_of_a_resident_id_is_found(number: int, place: int, by: int):
    digits = f"{number:017d}"
    good = [c for c in "0123456789X" if _taken("9" + digits[1:] + c)]
    assert len(good) == 1
    wrong = list("9" + digits[1:])
    assume(place)
    wrong[place] = str((int(wrong[place]) + by) % 10)
    assert not _taken("".join(wrong) + good[0])


def _taken(number: str) -> bool:
    try:
        checked("cn_id", number)
    except BadValue:
        return False
    return True


# --- comparing, masking, birth dates -----------------------------------------------------------


def same(kind: str, one: str, other: str) -> bool:
    """Tell whether two values are one to the index."""
    form = Form(kind)
    values = (canonical("a.b", Secret(text), form) for text in (one, other))
    return len({comparable(value, form) for value in values}) == 1


def test_addresses_are_one_whatever_their_case():
    assert same("email", "Zhang@Example.com", "zHANG@eXAMPLE.COM")
    assert not same("email", "zhang@example.com", "zhang+a@example.com")


def test_companies_are_one_whatever_the_width_of_their_brackets():
    assert same("company_name", "某某（北京）公司", "某某(北京)公司")


def test_names_differ_by_every_character():
    assert not same("name", "李四", "李\u56db\u58eb")


def test_files_are_compared_by_their_bytes():
    assert comparable(Secret(b"\xff"), Form("file")) == b"\xff"


def test_a_mask_is_that_of_the_form():
    shown = masked(Secret("zhang@example.com"), Form("email", mask="email"))
    assert shown.reveal() == "z***@example.com"
    assert masked(Secret("zhang@example.com"), Form("email")).reveal() == "***"


@pytest.mark.clause("8.1b")
def test_the_birth_date_stands_in_the_number():
    assert str(birth_date(Secret("11010519491231002X"))) == "1949-12-31"
    assert str(birth_date(Secret("810000199408230021"))) == "1994-08-23"


@pytest.mark.parametrize("number", ["900110199913300019", "A123456(3)", "E12345678", ""])
def test_a_number_without_a_date_has_no_birth_date(number: str):
    assert birth_date(Secret(number)) is None


def test_the_moment_decides_what_is_past():
    number, form = Secret("11010520261122001X"), Form("cn_id")
    assert canonical("a.b", number, form, at=moment("2026-11-22"))
    with pytest.raises(BadValue):
        canonical("a.b", number, form, at=moment("2026-11-21"))


def test_without_a_moment_it_is_now():
    assert re.fullmatch(
        r"\d{17}X", canonical("a.b", Secret("11010519491231002x"), Form("cn_id")).reveal()
    )
