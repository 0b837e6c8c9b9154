"""Who may come in besides subjects: a key is shown once, ends at once, and carries its limits."""

import time

import pytest

from troth.documents.access import FRESH, PREFIX, SCOPES, SHIFT, Access
from troth.documents.proof.passwords import NOBODY
from troth.documents.proof.throttle import FREE, Throttle
from troth.model.clock import MINUTE, Moment
from troth.model.errors import BadInput, NotFound, NotProved, TooMany
from troth.model.secret import Secret
from troth.store.sql import Store

PASSWORD = Secret("first password of anna")


def hashed(password: Secret) -> Secret:
    return Secret(f"hashed:{password.reveal()}")


def matches(given: Secret, kept: Secret | None) -> bool:
    return hashed(given) == (kept or NOBODY)


@pytest.fixture
def access(data_store: Store) -> Access:
    throttle = Throttle(data_store, b"k" * 32)
    return Access(data_store, hashed=hashed, matches=matches, throttle=throttle)


def sign_in(access: Access, at: Moment, login: str = "anna", password: Secret = PASSWORD) -> Secret:
    return access.sign_in(login, password, at)


# --- programs ----------------------------------------------------------------------------------


def test_a_key_is_recognised_with_its_limits(access: Access, at: Moment) -> None:
    key = access.make_key("billing", ("read", "decide"), ("support",), at, "cn").reveal()
    found = access.key(key)
    assert key.startswith(PREFIX)
    assert found.scopes == {"read", "decide"}
    assert (found.actor().purposes, found.actor().region) == (frozenset({"support"}), "cn")
    assert str(found.actor()) == f"service:{found.id}"


def test_a_key_without_purposes_or_region_is_not_narrowed(access: Access, at: Moment) -> None:
    found = access.key(access.make_key("billing", SCOPES, (), at).reveal())
    assert (found.purposes, found.region) == (None, None)


@pytest.mark.clause("7.1d")
def test_a_key_that_ended_or_was_never_made_is_refused(access: Access, at: Moment) -> None:
    key = access.make_key("billing", ("read",), (), at).reveal()
    access.end_key(access.key(key).id, at)
    for token in (key, key[:-1], PREFIX, "", "中文"):
        with pytest.raises(NotProved):
            access.key(token)


def test_a_key_ends_once(access: Access, at: Moment) -> None:
    key_id = access.key(access.make_key("billing", ("read",), (), at).reveal()).id
    access.end_key(key_id, at)
    with pytest.raises(NotFound):
        access.end_key(key_id, at)


@pytest.mark.clause("7.1d")
def test_a_key_that_another_process_ended_is_refused_within_a_second(
    access: Access, data_store: Store, at: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = access.make_key("billing", ("read",), (), at).reveal()
    other = Access(data_store, hashed=hashed, matches=matches)
    other.end_key(access.key(key).id, at)
    later = time.monotonic() + FRESH
    monkeypatch.setattr(time, "monotonic", lambda: later)
    with pytest.raises(NotProved):
        access.key(key)


def test_only_so_many_keys_are_remembered(
    access: Access, at: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("troth.documents.access.REMEMBERED", 2)
    keys = [access.make_key("billing", ("read",), (), at).reveal() for _ in range(5)]
    assert len({access.key(key).id for key in keys}) == 5


def test_keys_are_listed_without_the_keys(access: Access, at: Moment) -> None:
    key = access.make_key("billing", ("read",), ("support",), at).reveal()
    (listed,) = access.keys()
    assert (listed["name"], listed["scopes"], listed["purposes"]) == ("billing", "read", "support")
    assert key.removeprefix(PREFIX) not in repr(access.keys())


@pytest.mark.clause("7.1b")
def test_the_store_does_not_hold_a_key_or_a_session(
    access: Access, data_store: Store, at: Moment
) -> None:
    key = access.make_key("billing", ("read",), (), at).reveal()
    access.add_staff("anna", "support", at, region="cn", password=PASSWORD)
    session = sign_in(access, at).reveal()
    rows = [
        *data_store.query("SELECT * FROM service_keys"),
        *data_store.query("SELECT * FROM staff_sessions"),
    ]
    assert not [row for row in rows if key in repr(row) or session in repr(row)]


@pytest.mark.parametrize(
    ("name", "scopes", "purposes"),
    [
        ("billing", (), ()),
        ("billing", ("read", "everything"), ()),
        ("billing", ("read",), ("support marketing",)),
        ("", ("read",), ()),
        ("two\nlines", ("read",), ()),
    ],
)
def test_a_key_is_not_made_with_words_nobody_knows(
    access: Access, at: Moment, name: str, scopes: tuple[str, ...], purposes: tuple[str, ...]
) -> None:
    with pytest.raises(BadInput):
        access.make_key(name, scopes, purposes, at)
    assert access.keys() == []


# --- staff -------------------------------------------------------------------------------------


@pytest.fixture
def anna(access: Access, at: Moment) -> None:
    access.add_staff("anna", "support", at, region="cn", password=PASSWORD)


@pytest.mark.usefixtures("anna")
def test_staff_sign_in_for_a_shift(access: Access, at: Moment) -> None:
    token = sign_in(access, at).reveal()
    actor = access.staff(token, at)
    assert (actor.kind, actor.role, actor.region, actor.assurance) == ("staff", "support", "cn", 1)
    with pytest.raises(NotProved):
        access.staff(token, Moment(at + SHIFT))


@pytest.mark.usefixtures("anna")
def test_a_wrong_login_and_a_wrong_password_are_told_alike(access: Access, at: Moment) -> None:
    told = []
    for login, password in (("anna", Secret("no")), ("nobody", PASSWORD)):
        with pytest.raises(NotProved) as refused:
            sign_in(access, at, login, password)
        told.append((str(refused.value), refused.value.field))
    assert told[0] == told[1]


@pytest.mark.clause("7.1c")
@pytest.mark.parametrize("login", ["anna", "nobody"])
@pytest.mark.usefixtures("anna")
def test_guessing_is_slowed_down_whether_or_not_there_is_such_a_login(
    access: Access, at: Moment, login: str
) -> None:
    for _ in range(FREE + 1):
        with pytest.raises(NotProved):
            sign_in(access, at, login, Secret("guess"))
    with pytest.raises(TooMany):
        sign_in(access, at, login)


@pytest.mark.usefixtures("anna")
def test_a_good_password_forgets_the_guesses_before_it(access: Access, at: Moment) -> None:
    for _ in range(3 * FREE):
        sign_in(access, at)
    assert sign_in(access, Moment(at + MINUTE))


@pytest.mark.usefixtures("anna")
def test_signing_out_ends_that_session_and_those_that_ran_out(
    access: Access, data_store: Store, at: Moment
) -> None:
    late = Moment(at + SHIFT)
    sign_in(access, at)
    token = sign_in(access, late).reveal()
    access.sign_out(token, late)
    assert data_store.query("SELECT * FROM staff_sessions") == []
    with pytest.raises(NotProved):
        access.staff(token, late)


@pytest.mark.clause("7.1d")
@pytest.mark.usefixtures("anna")
def test_whoever_leaves_loses_every_session_at_once(access: Access, at: Moment) -> None:
    tokens = [sign_in(access, at).reveal() for _ in range(2)]
    access.end_staff("anna", at)
    for token in tokens:
        with pytest.raises(NotProved):
            access.staff(token, at)
    with pytest.raises(NotProved):
        sign_in(access, at)
    with pytest.raises(NotFound):
        access.end_staff("anna", at)


@pytest.mark.usefixtures("anna")
def test_a_login_is_never_given_to_somebody_else(access: Access, at: Moment) -> None:
    with pytest.raises(BadInput):
        access.add_staff("anna", "privacy", at, region="cn")
    access.end_staff("anna", at)
    with pytest.raises(BadInput):
        access.add_staff("anna", "privacy", at, region="cn")


@pytest.mark.parametrize("login", ["", "a", "Anna", "an na", "anna@x", "a" * 41, "安娜"])
def test_a_login_is_plain(access: Access, at: Moment, login: str) -> None:
    with pytest.raises(BadInput):
        access.add_staff(login, "support", at, region="cn")


def test_a_first_password_is_made_and_told_once(access: Access, at: Moment) -> None:
    first = access.add_staff("anna", "support", at, region="cn")
    other = access.add_staff("ben", "support", at, region="cn")
    assert first != other
    assert sign_in(access, at, "anna", first)
