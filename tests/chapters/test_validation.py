"""The matrix: every field of 2.1.1 to 2.1.3 against everything that deceives or is not well formed.

Each refusal stands at its field, nothing is stored, and no file keeps a trace of what was typed.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chapters import companies
from tests.chapters.people import House, ticks
from troth.app.traces import find_traces
from troth.chapters.accounts import Begun, Registration
from troth.chapters.accounts.fields import FormField
from troth.model.errors import BadInput
from troth.model.secret import Secret

BLANK = "   "
DECEIVING = {
    "control": "\x07",
    "line end": "\x00",
    "right to left": "\u202e",
    "zero width": "\u200b",
    "byte order": "\ufeff",
    "letter that shows nothing": "\u3164",
}
GOOD = {
    "email": "canary.{}@mail.example",
    "phone": "+86139000{}",
    "name": "金丝雀{}",
    "login": "canary{}",
    "company_name": "金丝雀{}有限公司",
    "address": "金丝雀路 {} 号",
    "text": "金丝雀 {}",
    "date": "1990-03-07",
    "cn_id": "11010519900307180{}",
    "hk_id": "A12345{}(3)",
    "travel_permit": "H1234567{}",
    "passport": "E1234567{}",
    "uscc": "91110105MA0001421{}",
    "bank_account": "62220202000111222{}",
}
TOO_LONG = {
    "email": "c" * 65 + "@mail.example",
    "phone": "+86" + "1" * 40,
    "date": "1990-03-071",
    "cn_id": "110105199003071802" * 2,
    "hk_id": "AB1234567(3)9",
    "travel_permit": "H123456789",
    "passport": "E123456789012",
    "uscc": "91110105MA00014212" * 2,
    "bank_account": "6" * 33,
    "text": "长" * 100_001,
    "address": "长" * 501,
    "name": "长" * 101,
    "login": "c" * 41,
    "company_name": "长" * 101,
}
MISCOUNTED = {
    "cn_id": "110105199003071803",
    "hk_id": "A123456(4)",
    "passport": "L898902C37",
    "uscc": "91110105MA00014213",
}
FULL_WIDTH = {
    "email": "ｃａｎａｒｙ＠ｍａｉｌ．ｅｘａｍｐｌｅ ",
    "phone": "＋８６１３９０００００６６６６",
    "date": "１９９０-０３-０７",
    "cn_id": "１１０１０５１９９００３０７１８０２",
    "hk_id": "Ａ１２３４５６（３）",
    "travel_permit": "Ｈ１２３４５６７８",
    "passport": "Ｅ１２３４５６７８",
    "uscc": "９１１１０１０５ＭＡ０００１４２１２",
    "bank_account": "６２２２０２０２０００１１１２２２３３",
}
KINDS = ("person", "enterprise")
APART = ("contact.email", "contact.phone", "account.password", "enterprise.licence")
"""Proved by codes, judged as a password, or a file: tested where they come in."""


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def bad_values(form: str) -> Iterator[tuple[str, str]]:
    """Give every wrong value of a form, with what is wrong with it."""
    yield "blank", BLANK
    for what, mark in DECEIVING.items():
        plain = GOOD[form].format("6666"[: 4 if "{}" in GOOD[form] else 0])
        yield what, plain[:2] + mark + plain[2:]
    for what, table in (
        ("too long", TOO_LONG),
        ("miscounted", MISCOUNTED),
        ("full width", FULL_WIDTH),
    ):
        if form in table:
            yield what, table[form]


def asked(house: House, kind: str, *, sensitive: bool) -> list[FormField]:
    every = house.accounts.fields(kind)  # type: ignore[arg-type]
    return [one for one in every if one.field not in APART and one.sensitive is sensitive]


def form(house: House, begun: Begun, kind: str, field: str, value: Secret) -> Registration:
    boxes = ticks("improve") if kind == "person" else ()
    if field == "identity.birth_date":
        return house.form(begun, born=value, ticks=boxes)
    if kind == "person":
        return house.form(begun, values={field: value}, ticks=boxes)
    return house.form(begun, **companies.filled(house, values={field: value}))


def subjects(house: House) -> int:
    return sum(
        rooms.store.query("SELECT COUNT(*) FROM subjects")[0][0]
        for rooms in house.gate.regions.values()
    )


def traces(house: House, typed: list[str]) -> list[object]:
    folder = Path(house.troth.settings.folder)
    for ballast in folder.rglob("*.ballast"):
        ballast.unlink()
    return list(find_traces(folder, [text for text in typed if text.strip()]))


def test_no_registration_takes_what_is_not_well_formed(house: House, kind: str) -> None:
    begun, typed = house.begin(), list[str]()
    for one in asked(house, kind, sensitive=False):
        for what, value in bad_values(one.form):
            typed.append(value[:200])
            with pytest.raises(BadInput) as refused:
                house.accounts.register(form(house, begun, kind, one.field, Secret(value)))
            assert refused.value.field == one.field, (one.field, what)
            assert value.strip() not in str(refused.value) or not value.strip()
    assert subjects(house) == 0
    assert traces(house, typed) == []
    good = {} if kind == "person" else companies.filled(house)
    assert house.accounts.register(house.form(begun, **good)).subject == begun.subject


def test_no_sensitive_field_takes_what_is_not_well_formed(house: House, kind: str) -> None:
    welcome = house.register() if kind == "person" else companies.register(house)
    before, typed = house.held(welcome.subject), list[str]()
    for one in asked(house, kind, sensitive=True):
        if one.about == "handler":
            continue
        for what, value in bad_values(one.form):
            typed.append(value)
            with pytest.raises(BadInput) as refused:
                house.accounts.complete(
                    welcome.token,
                    {one.field: Secret(value)},
                    ticks=ticks(one.consent),
                    shown=house.shown(),
                )
            assert refused.value.field == one.field, (one.field, what)
        assert one.consent not in house.gate.standing(welcome.subject).consents
    assert house.held(welcome.subject) == before
    assert traces(house, typed) == []


def test_no_address_that_deceives_is_sent_a_code(house: House) -> None:
    good = {"email": Secret("li.na@mail.example"), "phone": Secret("+8613900001111")}
    for name in good:
        for what, value in bad_values(name):
            with pytest.raises(BadInput) as refused:
                house.begin(**{**good, name: Secret(value)})
            assert refused.value.field == f"contact.{name}", what
    assert subjects(house) == 0


def test_a_text_is_no_licence_and_a_file_no_name(house: House) -> None:
    begun = house.begin()
    for field, value in (
        ("enterprise.licence", Secret("a text")),
        ("enterprise.licence", Secret(b"x" * (10 * 1024 * 1024 + 1))),
        ("enterprise.name", Secret(b"%PDF-1.7")),
    ):
        with pytest.raises(BadInput) as refused:
            house.accounts.register(form(house, begun, "enterprise", field, value))
        assert refused.value.field == field
    assert subjects(house) == 0


def test_the_matrix_knows_every_form_that_is_asked_for(house: House) -> None:
    for kind in KINDS:
        for sensitive in (True, False):
            for one in asked(house, kind, sensitive=sensitive):
                assert one.form in GOOD
                assert one.form in TOO_LONG
