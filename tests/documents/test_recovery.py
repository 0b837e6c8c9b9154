"""Recovery codes: ten, each good once, written as people write them, and kept as hashes."""

import json

import pytest

from troth.documents.proof.recovery import HOW_MANY, LETTERS, RecoveryCodes, left
from troth.model.errors import Sealed
from troth.model.secret import Secret
from troth.model.terms import SubjectId

WHO, OTHER = SubjectId("cn-" + "a" * 26), SubjectId("cn-" + "b" * 26)
CODES = RecoveryCodes(b"k" * 32)


def test_each_code_is_good_once() -> None:
    codes, kept = CODES.draw(WHO)
    for used, code in enumerate(codes, 1):
        rest = CODES.without(WHO, kept, code)
        assert rest is not None
        assert left(rest) == HOW_MANY - used
        assert CODES.without(WHO, rest, code) is None
        kept = rest
    assert left(kept) == 0


def test_a_code_has_eighty_bits_and_no_letter_that_is_mistaken() -> None:
    codes, _ = CODES.draw(WHO)
    plain = [code.reveal().replace("-", "") for code in codes]
    assert {len(code) for code in plain} == {16}
    assert set("".join(plain)) <= set(LETTERS)
    assert len(LETTERS) == 32
    assert len(set(plain)) == HOW_MANY


@pytest.mark.parametrize("spell", [str.upper, lambda t: t.replace("-", ""), lambda t: f"  {t} "])
def test_a_code_may_be_written_another_way(spell: object) -> None:
    codes, kept = CODES.draw(WHO)
    written = Secret(spell(codes[3].reveal()))  # type: ignore[operator]  # parametrised
    assert CODES.without(WHO, kept, written) is not None


def test_letters_that_look_alike_are_read_as_the_digits_they_are() -> None:
    codes, kept = CODES.draw(WHO)
    written = Secret(codes[0].reveal().replace("0", "O").replace("1", "l"))
    assert CODES.without(WHO, kept, written) is not None


@pytest.mark.parametrize("text", ["", "-", "0" * 15, "0" * 17, "ü" * 16, "\ud800" * 16, "0" * 9999])
def test_what_is_no_code_is_none(text: str) -> None:
    _, kept = CODES.draw(WHO)
    assert CODES.without(WHO, kept, Secret(text)) is None


def test_codes_are_of_one_subject_and_one_house() -> None:
    codes, kept = CODES.draw(WHO)
    assert CODES.without(OTHER, kept, codes[0]) is None
    assert RecoveryCodes(b"x" * 32).without(WHO, kept, codes[0]) is None


def test_what_is_kept_holds_no_code_and_never_repeats() -> None:
    codes, kept = CODES.draw(WHO)
    told = kept.reveal()
    assert not any(
        code.reveal() in told or code.reveal().replace("-", "") in told for code in codes
    )
    rest = CODES.without(WHO, kept, codes[0])
    assert rest is not None
    assert json.loads(rest.reveal())["revision"] != json.loads(told)["revision"]


def test_something_else_in_its_place_is_said_to_be_unreadable() -> None:
    with pytest.raises(Sealed):
        left(Secret("[]"))
    assert left(None) == 0
