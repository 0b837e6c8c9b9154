"""What was left blank is given later, each for its purpose; sensitive ones alone (9.2, 2.3)."""

import pytest

from tests.chapters import companies
from tests.chapters.people import EMAIL, ID_NUMBER, PASSWORD, House, ticks
from troth.chapters.accounts import Welcome
from troth.model.errors import BadInput, ConsentMissing, NotOfAge, NotProved
from troth.model.secret import Secret

ADDRESS = {"contact.address": Secret("北京市朝阳区 1 号"), "identity.name": Secret("李娜")}


@pytest.fixture
def person(house: House) -> Welcome:
    return house.register()


def test_what_was_left_blank_is_completed(house: House, person: Welcome) -> None:
    house.accounts.complete(person.token, {**ADDRESS, "account.login": Secret("lina-1990")})
    assert {*ADDRESS, "account.login"} <= house.held(person.subject)


def test_what_is_left_blank_again_stays_out(house: House, person: Welcome) -> None:
    house.accounts.complete(person.token, {**ADDRESS, "profile.work": Secret("")})
    assert "profile.work" not in house.held(person.subject)


def test_what_takes_a_consent_comes_with_its_box(house: House, person: Welcome) -> None:
    values = {"profile.work": Secret("建筑师"), "identity.birth_date": Secret("1990-03-07")}
    with pytest.raises(ConsentMissing):
        house.accounts.complete(person.token, values)
    house.accounts.complete(person.token, values, ticks=ticks("improve"), shown=house.shown())
    assert set(values) <= house.held(person.subject)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("identity.id_number", ID_NUMBER),
        ("identity.hk_id", Secret("A123456(3)")),
        ("identity.travel_permit", Secret("H12345678")),
        ("identity.passport", Secret("E12345678")),
        ("bank.number", Secret("6222020200011122233")),
    ],
)
def test_what_is_sensitive_comes_alone_with_a_consent_of_its_own(
    house: House, person: Welcome, field: str, value: Secret
) -> None:
    box = ticks(f"realname/{field}")
    with pytest.raises(ConsentMissing):
        house.accounts.complete(person.token, {field: value})
    with pytest.raises(BadInput) as refused:
        house.accounts.complete(
            person.token, {field: value, **ADDRESS}, ticks=box, shown=house.shown()
        )
    assert refused.value.field == field
    house.accounts.complete(person.token, {field: value}, ticks=box, shown=house.shown())
    assert field in house.held(person.subject)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "nothing"),
        ({"profile.work": Secret("")}, "nothing"),
        ({"contact.email": Secret("new@mail.example")}, "contact.email"),
        ({"account.password": Secret("x")}, "account.password"),
        ({"enterprise.name": companies.NAME}, "enterprise.name"),
        ({"handler.name": companies.HANDLER}, "handler.name"),
        ({"account.id": Secret("x")}, "account.id"),
        ({"shoe.size": Secret("43")}, "shoe.size"),
        ({"identity.birth_date": Secret("1990-02-30")}, "identity.birth_date"),
    ],
)
def test_what_cannot_be_completed_names_its_field(
    house: House, person: Welcome, values: dict[str, Secret], field: str
) -> None:
    before = house.held(person.subject)
    with pytest.raises(BadInput) as refused:
        house.accounts.complete(person.token, values, ticks=ticks("improve"), shown=house.shown())
    assert refused.value.field == field
    assert house.held(person.subject) == before


def test_what_is_held_already_is_corrected_instead(house: House, person: Welcome) -> None:
    house.accounts.complete(person.token, ADDRESS)
    with pytest.raises(BadInput, match="held already"):
        house.accounts.complete(person.token, ADDRESS)


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"identity.birth_date": Secret("2010-01-01")}, "improve"),
        ({"identity.id_number": Secret("11010520110307009X")}, "realname/identity.id_number"),
    ],
)
def test_a_date_that_tells_a_minor_is_not_kept_and_freezes_the_account(
    house: House, person: Welcome, values: dict[str, Secret], key: str
) -> None:
    with pytest.raises(NotOfAge):
        house.accounts.complete(person.token, values, ticks=ticks(key), shown=house.shown())
    assert house.held(person.subject).isdisjoint(values)
    assert "*" in house.gate.standing(person.subject).restrictions


def test_a_company_completes_its_licence_and_bank(house: House) -> None:
    company = companies.register(house)
    papers = {"enterprise.licence": Secret(b"%PDF"), "bank.bank": Secret("示例银行")}
    house.accounts.complete(company.token, papers)
    assert set(papers) <= house.held(company.subject)


def test_nobody_completes_without_a_session(house: House) -> None:
    with pytest.raises(NotProved):
        house.accounts.complete(Secret("nobody"), ADDRESS)


# --- no obstacles --------------------------------------------------------------------------------


def test_a_person_who_gives_and_allows_nothing_more_is_served(house: House) -> None:
    """Everything optional blank, every consent refused: the core flows pass all the same."""
    blank = {
        one.field: Secret("")
        for one in house.accounts.fields()
        if not one.required and not one.sensitive
    }
    welcome = house.register(values=blank)
    keys = [offer.key for offer in house.gate.policy().offers(("cn",))]
    for key in keys:
        house.consent.refuse(welcome.subject, key)
    flows(house, welcome)


@pytest.mark.clause("2.2.1")
def test_taking_back_whatever_is_not_needed_stops_no_core_flow(house: House) -> None:
    """Whatever can be consented to is given, used to keep a field, and taken back again."""
    keys = [offer.key for offer in house.gate.policy().offers(("cn",))]
    welcome = house.register(ticks=ticks(*keys))
    house.accounts.complete(welcome.token, {"profile.work": Secret("建筑师")})
    house.accounts.complete(welcome.token, {"identity.id_number": ID_NUMBER})
    house.accounts.complete(welcome.token, {"bank.number": Secret("6222020200011122233")})
    for key in keys:
        house.consent.withdraw(welcome.subject, key)
    for name, purpose in house.gate.policy().edition.purposes.items():
        if not purpose.necessary:
            house.rights.object(welcome.subject, name)
    gone = {"profile.work", "identity.id_number", "bank.number"}
    assert house.held(welcome.subject).isdisjoint(gone)
    flows(house, welcome)


def flows(house: House, welcome: Welcome) -> None:
    """Sign in by password and by code, recover, be told, ask, leave."""
    house.accounts.sign_in(EMAIL, PASSWORD)
    house.deliver()
    challenge = house.accounts.begin_sign_in(EMAIL)
    house.accounts.sign_in_with_code(EMAIL, challenge, Secret(house.code(house.email)))
    house.rights.desk.request(welcome.subject, "access")
    token = house.accounts.step_up(house.accounts.sign_in(EMAIL, PASSWORD).token, PASSWORD)
    assert house.accounts.close(token).complete
