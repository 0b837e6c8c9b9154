"""The blind index finds the holder and tells nobody else anything."""

import hashlib
import hmac
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from tests.vault.room import CN, FORMS, PROFILE, TENANT, Room
from troth.model.errors import BadValue, Misconfigured, Taken
from troth.model.secret import Secret
from troth.model.terms import SubjectId
from troth.vault.forms import Form
from troth.vault.index import Index

KEY = bytes(range(32))
PHONE = Form("phone", indexed=True)


def index_rows(room: Room) -> int:
    """Return how many rows the index has."""
    return int(room.data.query("SELECT count(*) FROM blind")[0][0])


# --- index values ------------------------------------------------------------------------------


def test_an_index_value_is_keyed_by_tenant_and_field():
    value, other_key = Secret("+8613912345678"), bytes(32)
    values = {
        Index(key, tenant).value(field, value, PHONE)
        for key, tenant, field in itertools.product((KEY, other_key), ("a", "b"), ("c.d", "e.f"))
    }
    assert len(values) == 8
    assert {len(value) for value in values} == {16}


def test_tenant_and_field_do_not_run_into_each_other():
    value = Secret("x")
    assert Index(KEY, "ab").value("c", value, PHONE) != Index(KEY, "a").value("bc", value, PHONE)


def test_an_index_value_is_an_hmac_of_field_and_value():
    told = msgspec.msgpack.encode(["t", "a.b"]) + b"x"
    expected = hmac.digest(KEY, told, "sha256")[:16]
    assert Index(KEY, "t").value("a.b", Secret("x"), PHONE) == expected


@pytest.mark.clause("7.1b")
def test_no_index_value_is_any_plain_hash_of_its_value(room: Room):
    room.admitted(PROFILE)
    stored = {bytes(value) for (value,) in room.data.query("SELECT value FROM blind")}
    assert len(stored) == 3
    for value, field, name in itertools.product(
        PROFILE.values(), ("", *PROFILE), sorted(hashlib.algorithms_guaranteed)
    ):
        for text in (value, field + value, f"{TENANT}{field}{value}", f"{field}:{value}"):
            digest = hashed(name, text.encode())
            assert not any(value in digest or digest[:16] == value for value in stored)


def hashed(name: str, text: bytes) -> bytes:
    """Return the unkeyed hash of a text."""
    digest = hashlib.new(name, text)
    return digest.digest(64) if name.startswith("shake") else digest.digest()


def test_threads_share_an_index():
    index, texts = Index(KEY, "t"), [Secret(str(number)) for number in range(500)]
    alone = [Index(KEY, "t").value("a.b", text, PHONE) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        together = pool.map(lambda _: [index.value("a.b", text, PHONE) for text in texts], "abcd")
        assert all(values == alone for values in together)


# --- finding -----------------------------------------------------------------------------------


def test_a_subject_is_found_by_what_they_hold_however_it_is_typed(room: Room):
    subject = room.admitted(PROFILE).subject
    assert room.find("contact.email", "ZHANG@example.COM") == [subject]
    assert room.find("contact.phone", "139 1234 5678") == [subject]
    assert room.find("identity.id_number", "11010519491231002x") == [subject]


def test_nobody_is_found_by_what_nobody_holds(room: Room):
    room.admitted(PROFILE)
    assert room.find("contact.email", "li@example.com") == []


def test_everybody_who_shares_a_value_is_found(room: Room):
    phone = {"contact.phone": PROFILE["contact.phone"]}
    subjects = sorted(room.admitted(phone).subject for _ in range(3))
    assert room.find("contact.phone", PROFILE["contact.phone"]) == subjects


def test_the_same_text_in_another_field_is_another_value(room: Room):
    room.admitted({"contact.phone": "+8613912345678"})
    form = FORMS["contact.phone"]
    assert room.vault.find("account.phone", Secret("+8613912345678"), form) == []


def test_what_is_not_indexed_cannot_be_searched(room: Room):
    with pytest.raises(Misconfigured, match="not indexed"):
        room.find("contact.address", "北京市海淀区某路1号")


def test_what_nobody_can_hold_cannot_be_searched(room: Room):
    with pytest.raises(BadValue):
        room.find("contact.email", "no address")


def test_another_process_finds_the_same(room: Room, another: Callable[[], Room]):
    subject = room.admitted(PROFILE).subject
    assert another().find("contact.email", PROFILE["contact.email"]) == [subject]


# --- keeping in line ---------------------------------------------------------------------------


def test_a_changed_value_is_found_and_the_old_one_no_more(room: Room):
    handle = room.admitted(PROFILE)
    room.keep(handle, {"contact.email": "new@example.com"})
    assert room.find("contact.email", "new@example.com") == [handle.subject]
    assert room.find("contact.email", PROFILE["contact.email"]) == []
    assert index_rows(room) == 3


def test_keeping_the_same_again_changes_nothing(room: Room):
    handle = room.admitted(PROFILE)
    room.keep(handle, PROFILE)
    assert index_rows(room) == 3
    assert room.find("contact.email", PROFILE["contact.email"]) == [handle.subject]


def test_a_value_whose_field_is_no_longer_indexed_leaves_the_index(room: Room):
    handle = room.admitted(PROFILE)
    plain = {"contact.phone": Form("phone")}
    value = {"contact.phone": Secret("+8613912345679")}
    room.data.transact(lambda tx: room.vault.keep(tx, handle, value, plain))
    assert room.find("contact.phone", PROFILE["contact.phone"]) == []
    assert index_rows(room) == 2


# --- unique values -----------------------------------------------------------------------------


def test_a_unique_value_has_one_holder(room: Room):
    room.admitted(PROFILE)
    other = room.admitted()
    with pytest.raises(Taken) as refused:
        room.keep(other, {"contact.email": "ZHANG@example.com", "profile.note": "x"})
    assert refused.value.field == "contact.email"
    assert "zhang" not in str(refused.value).lower()
    assert room.open(other) == {}


def test_a_unique_value_is_free_again_when_it_was_changed_or_erased(room: Room):
    first, second, third = room.admitted(PROFILE), room.admitted(), room.admitted()
    email = {"contact.email": PROFILE["contact.email"]}
    room.keep(first, {"contact.email": "other@example.com"})
    room.keep(second, email)
    room.erase(second)
    room.keep(third, email)
    assert room.find("contact.email", PROFILE["contact.email"]) == [third.subject]


def test_of_two_in_one_batch_who_want_the_same_neither_gets_it(room: Room):
    batch = [(room.admitted(), {"contact.email": Secret("a@example.com")}) for _ in range(2)]
    with pytest.raises(Taken):
        room.data.transact(lambda tx: room.vault.keep_many(tx, batch, FORMS))
    assert room.find("contact.email", "a@example.com") == []


def test_in_a_large_batch_the_taken_value_is_found(room: Room):
    room.admitted({"contact.email": "s77@example.com"})
    batch = [
        (room.admitted(), {"contact.email": Secret(f"s{n}@example.com")}) for n in range(70, 80)
    ]
    with pytest.raises(Taken):
        room.data.transact(lambda tx: room.vault.keep_many(tx, batch, FORMS))
    assert index_rows(room) == 1


def test_a_row_that_is_ours_already_is_not_taken(room: Room):
    handle = room.admitted(PROFILE)
    room.data.transact(lambda tx: tx.run("DELETE FROM cells WHERE grp = 'contact'"))
    room.keep(handle, {"contact.email": PROFILE["contact.email"]})
    assert room.find("contact.email", PROFILE["contact.email"]) == [handle.subject]


def test_a_unique_value_of_many_subjects(room: Room):
    batch = [(room.admitted(), {"contact.email": Secret(f"s{n}@example.com")}) for n in range(80)]
    room.data.transact(lambda tx: room.vault.keep_many(tx, batch, FORMS))
    holders = [room.find("contact.email", f"s{n}@example.com") for n in range(80)]
    assert holders == [[handle.subject] for handle, _ in batch]


def test_a_found_subject_is_a_subject_id(room: Room):
    room.admitted(PROFILE)
    (found,) = room.find("contact.email", PROFILE["contact.email"])
    assert isinstance(found, SubjectId)
    assert found.region == CN
