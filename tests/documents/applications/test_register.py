"""Who may be entered, where people may be led back to, and how an application proves itself."""

from typing import Any

import pytest
from msgspec.structs import replace

from troth.documents.applications.register import Register, Said
from troth.model.clock import DAY, Moment
from troth.model.errors import BadInput, NotFound, NotProved
from troth.model.secret import Secret
from troth.store.sql import Store

KEY = b"k" * 32
SAID = Said(
    name="Shop",
    operator="Shop Ltd",
    contact="privacy@shop.example",
    recipient="affiliates-cn",
    redirects=("https://shop.example/back",),
    scopes=("openid", "email"),
)


@pytest.fixture
def register(data_store: Store) -> Register:
    """Return a register with nobody in it."""
    return Register(data_store, KEY)


def entered(register: Register, at: Moment, **changed: Any) -> tuple[str, Secret | None]:
    """Enter an application; return its id and secret."""
    made, secret = register.add(replace(SAID, **changed), at=at)
    return made.id, secret


def test_an_application_is_read_back_as_it_was_told(register: Register, at: Moment) -> None:
    name, _ = entered(register, at, afterwards=("https://shop.example/bye",))
    made = register.one(name)
    assert (made.operator, made.scopes) == ("Shop Ltd", ("openid", "email"))
    assert (made.made_at, made.ended_at, made.algorithm) == (at, None, "RS256")
    assert [each.id for each in register.all()] == [name]


# --- the secret --------------------------------------------------------------------------------


def test_a_secret_proves_its_application_and_lies_nowhere(
    register: Register, data_store: Store, at: Moment
) -> None:
    name, secret = entered(register, at)
    assert secret is not None
    assert register.proved(name, secret).id == name
    rows = data_store.query("SELECT * FROM applications")
    assert secret.reveal() not in repr(rows)


def test_everything_that_proves_nothing_is_one_answer(register: Register, at: Moment) -> None:
    name, secret = entered(register, at)
    public, _ = entered(register, at, public=True, sector="public.example")
    told = set()
    for tried, given in (
        (name, Secret("wrong")),
        (name, None),
        ("app-nobody", secret),
        ("app-nobody", None),
        (public, secret),
        ("", None),
    ):
        with pytest.raises(NotProved) as refused:
            register.proved(tried, given)
        told.add(str(refused.value))
    assert len(told) == 1


def test_an_application_that_keeps_no_secret_is_known_without(
    register: Register, at: Moment
) -> None:
    name, secret = entered(register, at, public=True)
    assert secret is None
    assert register.proved(name, None).public


def test_a_new_secret_makes_the_old_one_worthless(register: Register, at: Moment) -> None:
    name, old = entered(register, at)
    new = register.renew(name)
    assert register.proved(name, new).id == name
    with pytest.raises(NotProved):
        register.proved(name, old)


def test_an_ended_application_proves_nothing_and_keeps_its_name(
    register: Register, at: Moment
) -> None:
    name, secret = entered(register, at)
    register.end(name, at=Moment(at + DAY))
    for refused in (lambda: register.one(name), lambda: register.end(name, at=at)):
        with pytest.raises(NotFound):
            refused()
    with pytest.raises(NotProved):
        register.proved(name, secret)
    with pytest.raises(NotFound):
        register.renew(name)
    ended = register.any(name)
    assert ended is not None
    assert ended.ended_at == at + DAY


def test_nobody_renews_a_secret_that_is_not_there(register: Register, at: Moment) -> None:
    name, _ = entered(register, at, public=True)
    with pytest.raises(NotFound):
        register.renew(name)
    assert register.any("app-nobody") is None


# --- where people are led ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "http://shop.example/back",
        "https://shop.example/back#part",
        "https://*.shop.example/back",
        "https://user@shop.example/back",
        "https://shop.example\\@evil.example/",
        "https:///back",
        "//shop.example/back",
        "javascript:alert(1)",
        "data:text/html,hello",
        "http://localhost/back",
        "http://127.0.0.1.evil.example/back",
        "com.example.app:/back",
        "https://shop.example/ back",
        "https://shop.example:port/back",
        "https://shop.example/bäck",
        "",
    ],
)
def test_nobody_is_led_to_an_address_that_a_stranger_could_stand_behind(
    register: Register, at: Moment, address: str
) -> None:
    with pytest.raises(BadInput):
        entered(register, at, redirects=(address,))
    with pytest.raises(BadInput):
        entered(register, at, afterwards=(address,))


@pytest.mark.parametrize(
    ("entry", "asked"),
    [
        ("https://shop.example/back", "https://shop.example/back"),
        ("https://shop.example/back?a=1", "https://shop.example/back?a=1"),
        ("http://127.0.0.1/back", "http://127.0.0.1:51004/back"),
        ("http://127.0.0.1:8000/back", "http://127.0.0.1/back"),
        ("http://[::1]/back", "http://[::1]:51004/back"),
        ("com.example.app:/back", "com.example.app:/back"),
    ],
)
def test_people_are_led_back_to_what_was_entered(
    register: Register, at: Moment, entry: str, asked: str
) -> None:
    name, _ = entered(register, at, redirects=(entry,), public=True)
    assert register.one(name).leads_back(asked)


@pytest.mark.parametrize(
    ("entry", "asked"),
    [
        ("https://shop.example/back", "https://shop.example/back/"),
        ("https://shop.example/back", "https://shop.example/back?x=1"),
        ("https://shop.example/back", "https://shop.example:443/back"),
        ("https://shop.example/back", "https://SHOP.example/back"),
        ("https://shop.example/back", "https://shop.example/back/../back"),
        ("https://shop.example/back", "https://evil.example/back"),
        ("https://shop.example/back", "https://shop.example.evil.example/back"),
        ("http://127.0.0.1/back", "http://127.0.0.1:80/other"),
        ("http://127.0.0.1/back", "http://127.0.0.2/back"),
        ("http://127.0.0.1/back", "http://localhost/back"),
        ("http://127.0.0.1/back", "http://user@127.0.0.1:1/back"),
        ("http://127.0.0.1/back", "http://127.0.0.1:x/back"),
        ("http://127.0.0.1/back", "https://127.0.0.1/back"),
    ],
)
def test_people_are_led_nowhere_else(
    register: Register, at: Moment, entry: str, asked: str
) -> None:
    name, _ = entered(register, at, redirects=(entry,), public=True)
    assert not register.one(name).leads_back(asked)


# --- what is told of it ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("operator", "line\nbreak"),
        ("contact", "<b>"),
        ("scopes", ("email",)),
        ("scopes", ("openid", "calendar")),
        ("sector", "not a host"),
        ("sector", "a.example\n"),
        ("redirects", ()),
        ("backchannel", "http://shop.example/out"),
    ],
)
def test_what_is_not_well_told_is_refused_with_its_place(
    register: Register, at: Moment, field: str, value: object
) -> None:
    with pytest.raises(BadInput) as refused:
        entered(register, at, **{field: value})
    assert refused.value.field == field


def test_the_sector_is_the_one_host_or_the_applications_own(register: Register, at: Moment) -> None:
    one, _ = entered(register, at)
    two = ("https://a.example/back", "https://b.example/back")
    several, _ = entered(register, at, redirects=two)
    here, _ = entered(register, at, redirects=("http://127.0.0.1/back",))
    assert register.one(one).sector == "shop.example"
    assert register.one(several).sector == several
    assert register.one(here).sector == here


def test_two_recipients_never_share_a_sector(register: Register, at: Moment) -> None:
    entered(register, at)
    entered(register, at)
    with pytest.raises(BadInput) as refused:
        entered(register, at, recipient="partners")
    assert refused.value.field == "sector"
