"""Codes of an authenticator app: RFC 6238's own examples, a step of drift, no other spelling."""

import pyotp
import pytest

from troth.documents.proof import totp
from troth.model.clock import SECOND, Moment
from troth.model.secret import Secret

RFC = Secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
"""The secret of RFC 6238's appendix B: ``12345678901234567890``."""
STEP = totp.STEP_SECONDS


def code(seconds: int) -> Secret:
    return Secret(pyotp.TOTP(RFC.reveal()).at(seconds))


@pytest.mark.parametrize(
    ("seconds", "eight"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_rfcs_examples_hold(seconds: int, eight: str) -> None:
    at = Moment(seconds * SECOND)
    assert totp.step_of(RFC, Secret(eight[2:]), at=at) == seconds // STEP


@pytest.mark.parametrize(
    ("off", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_phone_may_be_one_step_off(off: int, good: bool) -> None:
    now = 1_800_000_000
    found = totp.step_of(RFC, code(now + off * STEP), at=Moment(now * SECOND))
    assert found == (now // STEP + off if good else None)


@pytest.mark.parametrize("change", [" {}", "{} ", "+{}", "0{}", "{}0", "{:.5}", "\n{}"])
def test_no_other_spelling_is_a_code(change: str) -> None:
    now = 1_800_000_000
    spelled = Secret(change.format(code(now).reveal()))
    assert totp.step_of(RFC, spelled, at=Moment(now * SECOND)) is None


def test_full_width_digits_are_no_code() -> None:
    now = 1_800_000_000
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code(now).reveal())
    assert totp.step_of(RFC, Secret(wide), at=Moment(now * SECOND)) is None


def test_a_step_is_remembered_as_long_as_anybody_could_use_it() -> None:
    step = 60_000_000
    last = Moment(totp.gone_by(step) - 1)
    assert totp.step_of(RFC, code(step * STEP), at=last) is None
    drifted = Moment((step + totp.DRIFT + 1) * STEP * SECOND - 1)
    assert totp.step_of(RFC, code(step * STEP), at=drifted) == step


def test_a_secret_has_160_bits_and_is_never_drawn_twice() -> None:
    drawn = {totp.new_secret().reveal() for _ in range(50)}
    assert len(drawn) == 50
    assert {len(pyotp.TOTP(secret).byte_secret()) for secret in drawn} == {20}


def test_the_address_names_service_and_account_and_does_not_print() -> None:
    label = Secret("li.na+x@mail.example")
    address = totp.address(RFC, label=label, issuer="ITNIO TECH LIMITED")
    parsed = pyotp.parse_uri(address.reveal())
    assert (parsed.name, parsed.issuer) == (label.reveal(), "ITNIO TECH LIMITED")
    assert "GEZD" not in repr(address)


def test_the_drawing_is_one_svg_without_style_or_script() -> None:
    address = totp.address(RFC, label=Secret("<b>&\"'"), issuer="<script>")
    drawn = totp.drawn(address).reveal()
    assert drawn.startswith("<svg ")
    assert drawn.endswith("</svg>")
    assert not any(word in drawn for word in ("style", "script", "href", "http", "GEZD", "<b>"))
