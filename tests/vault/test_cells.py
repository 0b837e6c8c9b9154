"""What is kept comes back, to those who have the key, from where it was put."""

import itertools
import secrets
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vault.room import CN, FORMS, PROFILE, Room, revealed, sealed
from troth.model.clock import Moment
from troth.model.errors import BadValue, Misconfigured, NotFound, Sealed, Taken
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId
from troth.store.sql import Tx
from troth.vault.cells import Handle
from troth.vault.forms import Form
from troth.vault.keys import KeyId
from troth.vault.records import LARGE


def cells_of(room: Room, handle: Handle) -> list[str]:
    """Return the names of a subject's cells."""
    sql = "SELECT grp FROM cells WHERE subject_id = ? ORDER BY grp"
    return [name for (name,) in room.data.query(sql, (handle.subject,))]


# --- subjects ----------------------------------------------------------------------------------


def test_a_subject_s_file_links_them_with_their_pseudonym(room: Room):
    subject, who = SubjectId.new(CN), secrets.token_hex(16)
    made = room.data.transact(lambda tx: room.vault.admit(tx, subject, who))
    assert made == room.vault.handle(subject) == Handle(subject, who, made.key)


def test_a_handle_prints_neither_pseudonym_nor_key():
    handle = Handle(SubjectId.new(CN), "w" * 32, KeyId("k" * 32))
    assert str(handle) == repr(handle) == f"Handle({handle.subject})"


def test_a_subject_is_admitted_once(room: Room):
    handle = room.admitted()
    with pytest.raises(Taken):
        room.data.transact(lambda tx: room.vault.admit(tx, handle.subject, "w"))
    assert room.vault.handle(handle.subject) == handle


def test_a_stranger_has_no_file(room: Room):
    stranger = SubjectId.new(CN)
    with pytest.raises(NotFound):
        room.vault.handle(stranger)
    with pytest.raises(NotFound):
        room.vault.open(Handle(stranger, "", KeyId("")), ("contact.email",))
    with pytest.raises(NotFound):
        room.keep(Handle(stranger, "", KeyId("")), PROFILE)


def test_what_is_drawn_is_opened_later(room: Room):
    handle = room.admitted(PROFILE)
    drawn = room.vault.draw(handle.subject, ("contact.email", "nickname"))
    assert (drawn.who, repr(drawn)) == (handle.who, "Drawn(…)")
    assert revealed(drawn.open()) == {"contact.email": PROFILE["contact.email"]}
    assert room.vault.draw(handle.subject, ()).open() == {}
    assert revealed(room.vault.draw(handle.subject, ("*",)).open()) == PROFILE


def test_a_large_value_is_drawn_too(room: Room):
    handle = room.admitted({"profile.note": "n" * (LARGE + 1), "contact.phone": "+8613912345678"})
    assert len(room.vault.draw(handle.subject, ("profile.note",)).open()) == 1


def test_nothing_is_drawn_of_a_stranger(room: Room):
    with pytest.raises(NotFound):
        room.vault.draw(SubjectId.new(CN), ("contact.email",))


def test_what_is_drawn_after_a_partial_erasure_is_what_is_left(room: Room):
    handle = room.admitted(PROFILE)
    room.vault.draw(handle.subject, ("contact.email",))
    room.erase(handle, "contact.email")
    drawn = room.vault.draw(handle.subject, ("contact.email", "contact.phone"))
    assert (drawn.who, list(drawn.open())) == (handle.who, ["contact.phone"])


def test_the_files_of_those_who_hold_a_value_are_found_in_order(room: Room):
    made = [room.admitted({"contact.phone": "+8613912345678"}) for _ in range(3)]
    sought = room.vault.seek("contact.phone", Secret("139 1234 5678"), FORMS["contact.phone"])
    assert sought == sorted(made, key=lambda handle: handle.subject)
    assert [one.subject for one in sought] == room.find("contact.phone", "+8613912345678")


def test_a_new_file_is_kept_in_without_being_read(room: Room):
    subject = SubjectId.new(CN)

    def work(tx: Tx) -> Handle:
        handle = room.vault.admit(tx, subject, "w" * 32)
        room.vault.keep(tx, handle, sealed(PROFILE), FORMS, new=True)
        room.vault.keep(tx, handle, sealed({"contact.address": "elsewhere"}), FORMS)
        return handle

    handle = room.data.transact(work)
    assert room.open(handle) == PROFILE | {"contact.address": "elsewhere"}


def test_what_is_held_is_never_taken_for_new(room: Room):
    handle = room.admitted(PROFILE)
    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.UniqueViolation)):
        room.data.transact(
            lambda tx: room.vault.keep(
                tx, handle, sealed({"contact.address": "elsewhere"}), FORMS, new=True
            )
        )
    assert room.open(handle) == PROFILE


def test_a_file_is_seen_in_its_own_transaction_and_gone_if_that_fails(room: Room):
    subject = SubjectId.new(CN)

    def admit_and_fail(tx):
        made = room.vault.admit(tx, subject, "w")
        assert room.vault.handle(subject, tx) == made
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        room.data.transact(admit_and_fail)
    with pytest.raises(NotFound):
        room.vault.handle(subject)


@pytest.mark.clause("7.1b")
def test_the_tables_name_no_pseudonym(room: Room):
    handle = room.admitted(PROFILE)
    for table in ("subjects", "cells", "blind", "doomed"):
        assert handle.who not in str(room.data.query(f"SELECT * FROM {table}"))


# --- keeping and opening -----------------------------------------------------------------------


@pytest.mark.clause("2.1.1b", "7.1b")
def test_what_is_kept_comes_back(room: Room):
    handle = room.admitted(PROFILE)
    assert room.open(handle) == PROFILE
    assert room.open(handle, "contact.email") == {"contact.email": "zhang@example.com"}


def test_what_is_kept_comes_back_in_canonical_form(room: Room):
    handle = room.admitted({"contact.phone": "139 1234 5678", "nickname": "z"})
    assert room.open(handle) == {"contact.phone": "+8613912345678", "nickname": "z"}


def test_fields_come_in_the_order_asked_and_what_is_not_held_is_left_out(room: Room):
    handle = room.admitted(PROFILE)
    asked = ("profile.note", "contact.fax", "nickname", "contact.phone")
    assert list(room.open(handle, *asked)) == ["profile.note", "contact.phone"]
    assert room.vault.open(handle, ()) == {}


def test_one_group_is_one_cell(room: Room):
    handle = room.admitted(PROFILE)
    assert cells_of(room, handle) == ["contact", "identity", "profile"]


def test_fields_of_a_group_are_kept_one_after_the_other(room: Room):
    handle = room.admitted()
    for field, value in PROFILE.items():
        room.keep(handle, {field: value})
    assert room.open(handle) == PROFILE


def test_a_value_supersedes_the_one_before(room: Room):
    handle = room.admitted(PROFILE)
    room.keep(handle, {"contact.address": "somewhere else"})
    assert room.open(handle) == {**PROFILE, "contact.address": "somewhere else"}


def test_held_names_the_fields(room: Room):
    handle = room.admitted({**PROFILE, "enterprise.licence": b"x" * 5000})
    assert room.vault.held(handle) == tuple(sorted([*PROFILE, "enterprise.licence"]))


def test_what_a_transaction_kept_it_can_open(room: Room):
    handle = room.admitted()

    def work(tx):
        room.vault.keep(tx, handle, sealed(PROFILE), FORMS)
        return room.vault.open(handle, ("contact.email",), tx)

    assert revealed(room.data.transact(work)) == {"contact.email": "zhang@example.com"}


def test_many_subjects_are_kept_together(room: Room):
    handles = [room.admitted() for _ in range(5)]
    batch = [(handle, sealed({"nickname": f"n{n}"})) for n, handle in enumerate(handles)]
    batch.append((handles[0], sealed({"profile.note": "twice"})))
    room.data.transact(lambda tx: room.vault.keep_many(tx, batch, FORMS))
    assert room.open(handles[0]) == {"nickname": "n0", "profile.note": "twice"}
    assert [room.open(handle)["nickname"] for handle in handles] == [f"n{n}" for n in range(5)]


def test_keeping_nothing_changes_nothing(room: Room):
    handle = room.admitted()
    room.keep(handle, {})
    assert room.open(handle) == {}


def test_a_group_may_have_any_number_of_neighbours(room: Room):
    values = {f"g{number}.field": str(number) for number in range(40)}
    forms = dict.fromkeys(values, Form("text"))
    handle = room.admitted()
    room.data.transact(lambda tx: room.vault.keep(tx, handle, sealed(values), forms))
    assert room.open(handle, *values) == values


@pytest.mark.clause("2.1.1a")
def test_a_bad_value_is_never_stored(room: Room):
    handle = room.admitted()
    with pytest.raises(BadValue) as refused:
        room.keep(handle, {**PROFILE, "identity.id_number": "110105194912310021"})
    assert refused.value.field == "identity.id_number"
    assert room.vault.residue(handle.subject) == {"subjects": 1, "cells": 0, "blind": 0}


def test_a_birth_date_is_judged_at_the_moment_given(room: Room):
    handle, born = room.admitted(), Moment(1_795_305_600_000)
    number = sealed({"identity.id_number": "11010520261122001X"})
    keep = room.vault.keep
    with pytest.raises(BadValue):
        room.data.transact(lambda tx: keep(tx, handle, number, FORMS, at=Moment(born - 1)))
    room.data.transact(lambda tx: keep(tx, handle, number, FORMS, at=born))


@pytest.mark.parametrize("forms", [{}, {"nickname": Form("colour")}])
def test_a_field_without_a_known_form_is_a_wrong_setting(room: Room, forms: dict[str, Form]):
    handle = room.admitted()
    with pytest.raises(Misconfigured):
        room.data.transact(lambda tx: room.vault.keep(tx, handle, sealed({"nickname": "z"}), forms))


# --- large values ------------------------------------------------------------------------------


def test_a_large_value_lies_apart_and_comes_back(room: Room):
    licence = secrets.token_bytes(100_000)
    handle = room.admitted({"enterprise.name": "某某有限公司", "enterprise.licence": licence})
    assert cells_of(room, handle) == ["enterprise", "enterprise.licence/"]
    assert room.open(handle, "enterprise.licence") == {"enterprise.licence": licence}
    assert room.open(handle, "enterprise.name") == {"enterprise.name": "某某有限公司"}
    assert len(room.open(handle)) == 2


def test_a_value_may_grow_and_shrink(room: Room):
    handle = room.admitted({"enterprise.licence": b"small", "enterprise.name": "某某有限公司"})
    for content in (b"x" * (LARGE + 1), b"y" * LARGE, b"z" * 90_000, b"small"):
        room.keep(handle, {"enterprise.licence": content})
        assert room.open(handle, "enterprise.licence") == {"enterprise.licence": content}
        assert len(room.open(handle)) == 2
    assert cells_of(room, handle) == ["enterprise"]


# --- where it was put, and nowhere else --------------------------------------------------------


@pytest.mark.clause("7.1b")
def test_none_of_200_cells_opens_in_the_place_of_another(room: Room):
    for number in range(67):
        room.admitted(PROFILE | {"contact.email": f"s{number}@example.com"})
    cells = room.data.query(
        "SELECT c.subject_id, s.key_id, c.grp, c.sealed FROM cells c"
        " JOIN subjects s ON s.subject_id = c.subject_id"
    )
    assert len(cells) == 201
    opened = {
        (at, of)
        for (at, (subject, key, group, _)), (of, moved) in itertools.product(
            enumerate(cells), enumerate(cells)
        )
        if opens(room, SubjectId(subject), (key, group, moved[-1]))
    }
    assert opened == {(number, number) for number in range(201)}


def opens(room: Room, subject: SubjectId, row: tuple[str, str, bytes]) -> bool:
    """Tell whether a sealed value opens as a subject's group, to the vault's own reader."""
    try:
        room.vault._records.read(lambda *_: [(row[0], b"", *row[1:])], subject, {row[1]})
    except Sealed:
        return False
    return True


MOVES = {
    "a cell of another subject": (
        "UPDATE cells SET sealed = (SELECT sealed FROM cells WHERE subject_id = ? AND grp ="
        " 'contact') WHERE subject_id = ? AND grp = 'contact'"
    ),
    "a subject's key": (
        "UPDATE subjects SET key_id = (SELECT key_id FROM subjects WHERE subject_id = ?)"
        " WHERE subject_id = ?"
    ),
    "a pseudonym as a cell": (
        "UPDATE cells SET sealed = (SELECT link FROM subjects WHERE subject_id = ?)"
        " WHERE subject_id = ? AND grp = 'contact'"
    ),
}


@pytest.mark.clause("7.1b")
@pytest.mark.parametrize("moved", sorted(MOVES))
@pytest.mark.parametrize("origin", ["another's", "their own"])
def test_what_is_moved_in_the_database_does_not_open(room: Room, moved: str, origin: str):
    one, other = room.admitted(PROFILE), room.admitted({"contact.address": "elsewhere"})
    source = other if origin == "another's" else one
    room.data.transact(lambda tx: tx.run(MOVES[moved], (source.subject, one.subject)))
    if source is one and moved != "a pseudonym as a cell":
        assert room.open(one) == PROFILE
        return
    with pytest.raises(Sealed):
        room.open(one, "contact.address")


def test_a_pseudonym_of_another_does_not_open(room: Room):
    one, other = room.admitted(), room.admitted()
    move = (
        "UPDATE subjects SET link = (SELECT link FROM subjects WHERE subject_id = ?)"
        " WHERE subject_id = ?"
    )
    room.data.transact(lambda tx: tx.run(move, (other.subject, one.subject)))
    with pytest.raises(Sealed):
        room.vault.handle(one.subject)


def test_another_tenant_opens_nothing(room: Room):
    handle = room.admitted(PROFILE)
    room.vault._records._tenant = "another"
    with pytest.raises(Sealed):
        room.open(handle)


def test_a_cell_of_before_a_rekey_does_not_open_after_it(room: Room):
    handle = room.admitted(PROFILE)
    read = "SELECT sealed FROM cells WHERE subject_id = ? AND grp = 'profile'"
    old = room.data.query(read, (handle.subject,))[0][0]
    room.erase(handle, "contact.phone")
    put = "UPDATE cells SET sealed = ? WHERE subject_id = ? AND grp = 'profile'"
    room.data.transact(lambda tx: tx.run(put, (old, handle.subject)))
    with pytest.raises(Sealed):
        room.open(handle, "profile.note")


# --- many at once ------------------------------------------------------------------------------


def test_two_threads_keep_fields_of_one_group_and_neither_is_lost(room: Room):
    handle = room.admitted()
    fields = [f"profile.f{number}" for number in range(24)]
    forms = dict.fromkeys(fields, Form("text"))

    def keep(field: str) -> None:
        values = sealed({field: field})
        room.data.transact(lambda tx: room.vault.keep(tx, handle, values, forms))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(keep, fields))
    assert room.vault.held(handle) == tuple(sorted(fields))


def test_another_process_opens_what_this_one_keeps(room: Room, another: Callable[[], Room]):
    handle = room.admitted(PROFILE)
    other = another()
    assert other.open(other.vault.handle(handle.subject)) == PROFILE
    other.keep(handle, {"nickname": "z"})
    assert room.open(handle, "nickname") == {"nickname": "z"}


# --- what is due -------------------------------------------------------------------------------


@pytest.mark.clause("7.2e")
def test_the_sweep_is_told_who_is_due_longest_first(room: Room):
    handles = [room.admitted() for _ in range(4)]
    for handle, at in zip(handles, (300, 100, 200, None), strict=True):
        set_due(room, handle, at)
    due = [handle.subject for handle in (handles[1], handles[2], handles[0])]
    assert room.vault.due(Moment(99), 10) == []
    assert room.vault.due(Moment(200), 10) == due[:2]
    assert room.vault.due(Moment(1000), 10) == due
    assert room.vault.due(Moment(1000), 1) == due[:1]
    set_due(room, handles[1], None)
    assert room.vault.due(Moment(1000), 10) == due[1:]


def set_due(room: Room, handle: Handle, at: int | None) -> None:
    """Say when a subject is due."""
    moment = None if at is None else Moment(at)
    room.data.transact(lambda tx: room.vault.set_due(tx, handle, moment))


# --- parcels -----------------------------------------------------------------------------------


def test_a_parcel_opens_under_its_own_key_until_that_is_doomed(room: Room):
    (key, parcel), (other, _) = (room.vault.seal_parcel(b"letter") for _ in range(2))
    assert room.vault.open_parcel(key, parcel) == b"letter"
    with pytest.raises(Sealed):
        room.vault.open_parcel(other, parcel)
    room.vault.finish(room.data.transact(lambda tx: room.vault.doom(tx, [key])))
    with pytest.raises(Sealed, match="its key is gone"):
        room.vault.open_parcel(key, parcel)


# --- properties --------------------------------------------------------------------------------

FIELDS = st.sampled_from(["a.one", "a.two", "b.one", "c", "b.large"])
VALUES = st.dictionaries(
    FIELDS, st.text("xyz张", min_size=1, max_size=6) | st.just("L" * (LARGE + 1)), min_size=1
)
TEXT = dict.fromkeys(["a.one", "a.two", "b.one", "c", "b.large"], Form("text", indexed=True))


@given(steps=st.lists(VALUES | st.frozensets(FIELDS, min_size=1), max_size=6))
def test_the_vault_holds_what_was_kept_and_not_erased(room: Room, steps):
    handle, model = room.admitted(), {}
    for step in steps:
        if isinstance(step, frozenset):
            room.erase(handle, *step)
            model = {field: value for field, value in model.items() if field not in step}
        else:
            values = sealed(step)
            room.data.transact(lambda tx, v=values: room.vault.keep(tx, handle, v, TEXT))
            model |= step
        assert room.open(handle) == model
    for field in TEXT:
        found = model.get(field)
        assert found is None or handle.subject in room.vault.find(field, Secret(found), TEXT[field])
    assert room.vault.residue(handle.subject)["blind"] == len(model)
    room.erase(handle)
    assert sum(room.vault.residue(handle.subject).values()) == 0


def test_the_region_of_a_vault_is_told(room: Room):
    assert room.vault.region == Region("cn")
