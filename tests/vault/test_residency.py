"""A subject's data lies in their region and nowhere else."""

import pytest

from tests.vault.room import CN, Room
from troth.model.errors import WrongRegion
from troth.model.terms import Region, SubjectId
from troth.vault import residency
from troth.vault.cells import Vault


@pytest.mark.clause("2.4a")
def test_a_subject_of_another_region_is_not_admitted(room: Room):
    stranger = SubjectId.new(Region("global"))
    with pytest.raises(WrongRegion) as refused:
        room.data.transact(lambda tx: room.vault.admit(tx, stranger, "w" * 32))
    assert refused.value.clause == "2.4a"
    assert room.vault.residue(stranger) == {"subjects": 0, "cells": 0, "blind": 0}


@pytest.mark.clause("2.4a")
def test_a_subject_of_china_is_written_in_china_only(room: Room):
    abroad = Vault(room.data, room.keys, bytes(32), region=Region("global"), tenant="t")
    subject = SubjectId.new(CN)
    with pytest.raises(WrongRegion, match="`cn` may not be kept in region `global`"):
        room.data.transact(lambda tx: abroad.admit(tx, subject, "w" * 32))


@pytest.mark.clause("2.4a")
def test_the_audit_finds_nobody_misplaced(room: Room):
    for _ in range(3):
        room.admitted({"contact.phone": "+8613912345678"})
    assert residency.audit([room.vault]) == 0


@pytest.mark.clause("2.4a")
def test_the_audit_finds_who_was_written_behind_the_vault_s_back(room: Room):
    move = "UPDATE subjects SET subject_id = ? WHERE subject_id = ?"
    for region in ("global", "cnx"):
        moved = (SubjectId.new(Region(region)), room.admitted().subject)
        room.data.transact(lambda tx, moved=moved: tx.run(move, moved))
    room.admitted()
    assert room.vault.misplaced() == 2
    assert residency.audit([room.vault, room.vault]) == 4
