"""Registration as a person meets it: two steps, nothing kept before they agree (2.1, 8.1, A.1)."""

import re

import pytest

from tests.interfaces.visitor import PASSWORD, Visitor, field, hidden
from tests.support.letters import letters
from troth.app import Troth
from troth.model.secret import Secret


def held(troth: Troth) -> int:
    """Count the subjects of every region."""
    return sum(
        rooms.store.query("SELECT COUNT(*) FROM subjects")[0][0]
        for rooms in troth.gate.regions.values()
    )


@pytest.mark.clause("P.2", "A.1", "2.1.2b", "2.1.2c")
def test_an_adult_registers_and_sees_what_is_held(visitor: Visitor) -> None:
    page = visitor.register()
    assert page.url.path == "/me"
    assert "账号已开通" in page.text
    accepted = visitor.troth.gate.standing(visitor.subject).accepted[0]
    assert (accepted.edition, accepted.language, accepted.means) == (
        visitor.troth.gate.policy().hash,
        "zh",
        "checkbox",
    )


@pytest.mark.clause("A.1")
def test_no_box_is_ticked_before_the_person_came(visitor: Visitor) -> None:
    page = visitor.ask_codes().text
    boxes = re.findall(r'<input[^>]*type="checkbox"[^>]*>', page)
    assert len(boxes) > 1
    assert not any("checked" in box for box in boxes)


@pytest.mark.clause("A.1")
def test_agree_and_decline_stand_side_by_side_as_buttons(visitor: Visitor) -> None:
    page = visitor.ask_codes().text
    agree, decline = (page.index(f'name="answer" value="{word}"') for word in ("agree", "decline"))
    assert 0 < decline - agree < 200
    assert 'href="/policy"' in page[:agree]


@pytest.mark.clause("A.1")
def test_who_declines_leaves_nothing_behind(visitor: Visitor) -> None:
    second, before = visitor.ask_codes(), held(visitor.troth)
    page = visitor.send(second, "/register/codes", **visitor.answers(answer="decline"))
    assert "没有保存您的任何信息" in page.text
    assert held(visitor.troth) == before


@pytest.mark.clause("P.2")
def test_without_the_box_there_is_no_account(visitor: Visitor) -> None:
    second, before = visitor.ask_codes(), held(visitor.troth)
    page = visitor.send(second, "/register/codes", **visitor.answers(terms=""))
    assert page.status_code == 422
    assert 'id="e-terms"' in page.text
    assert held(visitor.troth) == before


@pytest.mark.clause("2.1.1a")
def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(visitor: Visitor) -> None:
    page = visitor.ask_codes(**{"contact.email": "no address"})
    assert page.status_code == 422
    assert 'id="e-contact.email"' in page.text
    assert 'aria-invalid="true"' in field(page.text, "contact.email")
    assert f'value="{visitor.phone}"' in field(page.text, "contact.phone")


def test_every_empty_field_is_named_at_once_with_a_link_to_it(visitor: Visitor) -> None:
    page = visitor.send(visitor.ask_codes(), "/register/codes", answer="agree").text
    for name in ("email_code", "phone_code", "password", "terms", "identity.birth_date"):
        assert f'href="#f-{name}"' in page
        assert f'id="f-{name}"' in page


def test_passwords_are_never_shown_again(visitor: Visitor) -> None:
    second = visitor.ask_codes()
    page = visitor.send(second, "/register/codes", **visitor.answers(born_month="13"))
    assert page.status_code == 422
    assert PASSWORD not in page.text
    assert 'value="28"' in field(page.text, "born_day")


@pytest.mark.clause("2.1.2b")
@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"password_confirm": "something else here"}, "password_confirm"),
        ({"password": "1234567890123456", "password_confirm": "1234567890123456"}, "password"),
        ({"email_code": "000000"}, "code"),
        ({"born_month": "13"}, "identity.birth_date"),
    ],
)
def test_each_mistake_is_told_at_its_place(
    changed: dict[str, str], where: str, visitor: Visitor
) -> None:
    second = visitor.ask_codes()
    page = visitor.send(second, "/register/codes", **visitor.answers(**changed))
    assert page.status_code in (401, 422)
    assert f'href="#f-{where}"' in page.text


def test_codes_stay_good_when_the_form_had_another_mistake(visitor: Visitor) -> None:
    answers = visitor.answers if visitor.ask_codes() else None
    second = visitor.ask_codes()
    good = answers() if answers else {}
    wrong = visitor.send(second, "/register/codes", **good | {"password_confirm": "another one"})
    assert visitor.send(wrong, "/register/codes", **good).url.path == "/me"


@pytest.mark.clause("8.1a", "8.1b")
def test_a_minor_is_refused_neutrally_and_leaves_nothing(visitor: Visitor) -> None:
    second, before = visitor.ask_codes(), held(visitor.troth)
    page = visitor.send(second, "/register/codes", **visitor.answers(born_year="2015"))
    assert page.status_code == 403
    assert "没有保存" in page.text
    assert "2015" not in page.text
    assert not re.search(r"1[48]\s*(岁|years)", page.text)
    assert held(visitor.troth) == before


def test_the_date_of_birth_is_asked_without_a_hint_of_the_age_wanted(visitor: Visitor) -> None:
    page = visitor.ask_codes().text
    assert not re.search(r"\b1[48]\b", re.sub(r"<[^>]+>", "", page.partition("<fieldset")[2]))


@pytest.mark.clause("9.3b")
def test_only_ticked_consents_are_given(visitor: Visitor) -> None:
    visitor.register(**{"consent:marketing": "yes"})
    consents = visitor.troth.gate.standing(visitor.subject).consents
    assert [key for key, said in consents.items() if said.state == "given"] == ["marketing"]


def test_a_known_address_gets_the_same_page_and_another_letter(troth: Troth) -> None:
    first, second = Visitor(troth), Visitor(troth)
    first.register()
    known = second.ask_codes(**{"contact.email": first.email})
    fresh = Visitor(troth).ask_codes()
    plain = [re.sub(r'value="[^"]*"|visitor\d+@|\+86\d+', "", page.text) for page in (known, fresh)]
    assert plain[0] == plain[1]
    assert known.status_code == fresh.status_code
    told = [one["text"] for one in letters(troth, "email") if one["to"] == first.email]
    assert not re.search(r"\d{6}", told[-1])


def test_the_second_step_speaks_the_other_language_without_losing_anything(
    visitor: Visitor,
) -> None:
    second = visitor.ask_codes()
    again = visitor.send(second, "/register/codes?lang=en", born_year="1990")
    assert "Step 2 of 2" in again.text
    assert 'value="1990"' in field(again.text, "born_year")


def test_the_state_between_the_steps_cannot_be_read_altered_or_moved(
    visitor: Visitor, troth: Troth
) -> None:
    fields = hidden(visitor.ask_codes().text, "/register/codes")
    assert visitor.email not in fields["state"]
    altered = fields["state"][:-3] + ("AAA" if fields["state"][-3:] != "AAA" else "BBB")
    assert visitor.post("/register/codes", fields | {"state": altered}).status_code == 422
    other = Visitor(troth)
    token = hidden(other.get("/register").text, "/register")
    moved = other.post("/register/codes", token | {"state": fields["state"]})
    assert moved.status_code == 422
    assert visitor.email not in moved.text


COMPANY = {
    "kind": "enterprise",
}
FILLED = {
    "born_year": "",
    "born_month": "",
    "born_day": "",
    "enterprise.name": "杭州测试科技有限公司",
    "enterprise.uscc": "91110105MA00014212",
    "handler.name": "李四",
    "handler.phone": "+8613700002222",
    "handler.email": "lisi@example.com",
    "legal_rep.name": "王五",
    "about_others": "yes",
}


def test_a_company_registers_with_the_people_who_stand_for_it(visitor: Visitor) -> None:
    second = visitor.ask_codes(**COMPANY)
    assert 'name="handler.name"' in second.text
    assert 'name="handler.id_number"' not in second.text
    done = visitor.send(second, "/register/codes", **visitor.answers(**FILLED))
    assert done.url.path == "/me"
    token = Secret(visitor.client.cookies["__Host-troth"])
    places = visitor.troth.accounts.enterprise.places(token)
    assert {place.role for place in places if place.filled} == {"legal_rep", "handler"}


def test_without_the_declaration_a_company_is_told_at_the_form(visitor: Visitor) -> None:
    second = visitor.ask_codes(**COMPANY)
    fields = visitor.answers(**FILLED | {"about_others": ""})
    told = visitor.send(second, "/register/codes", **fields)
    assert told.status_code == 422
    assert "李四" in told.text


def test_what_a_company_needs_is_told_at_its_field(visitor: Visitor) -> None:
    second = visitor.ask_codes(**COMPANY)
    told = visitor.send(
        second, "/register/codes", **visitor.answers(**FILLED | {"enterprise.name": ""})
    )
    assert 'id="e-enterprise.name"' in told.text


def test_a_person_may_add_an_address_and_a_name_at_once(visitor: Visitor) -> None:
    visitor.register(**{"identity.name": "张三", "contact.address": "香港尖沙咀漆咸道南 45 号"})
    held = visitor.troth.gate.standing(visitor.subject).held
    assert {"identity.name", "contact.address"} <= set(held)
