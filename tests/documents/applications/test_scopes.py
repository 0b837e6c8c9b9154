"""What a scope opens, and names that no two sectors share."""

from hypothesis import given
from hypothesis import strategies as st

from troth.documents.applications.scopes import DERIVED, SCOPES, Names, fields_of, known
from troth.model.terms import Region, SubjectId
from troth.policy import packs, reader

HOSTS = st.from_regex(r"[a-z]{1,8}\.example", fullmatch=True)
KEYS = st.binary(min_size=32, max_size=32)


def test_every_scope_stands_for_fields_that_the_policy_declares() -> None:
    declared = reader.load(*packs.source("itnio")).categories
    assert set(fields_of(SCOPES)) <= declared.keys()
    assert set(fields_of(SCOPES)) >= DERIVED


def test_scopes_come_in_their_own_order_and_unknown_ones_are_left_out() -> None:
    assert known(["offline_access", "x", "email", "openid", "openid"]) == (
        "openid",
        "email",
        "offline_access",
    )


@given(key=KEYS, hosts=st.lists(HOSTS, min_size=2, max_size=2, unique=True))
def test_no_two_sectors_know_somebody_by_the_same_name(key: bytes, hosts: list[str]) -> None:
    names, who = Names(key), SubjectId.new(Region("cn"))
    first, second = (names.pairwise(host, who) for host in hosts)
    assert first != second
    assert first == names.pairwise(hosts[0], who)
    assert who not in first


@given(key=KEYS, host=HOSTS)
def test_no_two_people_have_the_same_name(key: bytes, host: str) -> None:
    names = Names(key)
    one, other = SubjectId.new(Region("cn")), SubjectId.new(Region("cn"))
    assert names.pairwise(host, one) != names.pairwise(host, other)


@given(keys=st.lists(KEYS, min_size=2, max_size=2, unique=True), host=HOSTS)
def test_names_need_the_key(keys: list[bytes], host: str) -> None:
    who = SubjectId.new(Region("cn"))
    first, second = (Names(key).pairwise(host, who) for key in keys)
    assert first != second


def test_a_sign_in_has_another_name_for_each_application() -> None:
    names = Names(bytes(32))
    assert names.visit("app-1", "s") != names.visit("app-2", "s")
    assert names.visit("app-1", "s") != names.visit("app-1", "t")
