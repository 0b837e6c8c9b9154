"""A sweep plans first, goes in chunks, goes on after a kill, and leaves nothing overdue."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chapters.people import PRIVACY, PROVED, House
from tests.chapters.retention.terms import (
    accept,
    approve,
    edition,
    unused_for,
    usage_kept,
    visitor,
    web_then,
)
from troth.model.acts import SYSTEM, Admit, Collect, Erase, Use
from troth.model.clock import DAY, Moment
from troth.model.errors import BadInput, NotFound, Refused
from troth.model.secret import Secret
from troth.model.terms import AgeBand, Region, SubjectId


def held_by(house: House, *subjects: SubjectId) -> list[set[str]]:
    return [house.held(subject) for subject in subjects]


# --- approval ----------------------------------------------------------------------------------


def test_the_first_sweep_only_plans_until_somebody_approved_it(house: House) -> None:
    subjects = [visitor(house) for _ in range(3)]
    house.clock.forward(days=366)
    swept = house.retention.run()
    assert (swept.values, swept.waiting) == (0, 3)
    assert all("usage.query" in held for held in held_by(house, *subjects))
    plan = house.retention.waiting
    assert plan is not None
    assert [(one.field, one.done, one.subjects) for one in plan.figures] == [
        ("usage.query", "erase", 3),
        ("web.browser", "erase", 3),
    ]
    house.retention.approve(plan.id, by=PRIVACY)
    assert house.retention.run().values == 6
    assert held_by(house, *subjects) == [{"contact.email"}] * 3
    assert house.retention.waiting is None


def test_who_approved_what_is_remembered(house: House) -> None:
    visitor(house)
    house.clock.forward(days=366)
    house.troth.tick()
    events = [one.what["event"] for one in house.recent("house.event", "global")]
    approve(house)
    (entry,) = [
        one
        for one in house.recent("house.event", "global")
        if one.what["event"] == "retention.approved"
    ]
    assert ("retention.planned" in events, entry.by) == (True, "staff:s4")


def test_a_plan_is_approved_by_staff_once(house: House) -> None:
    plan = house.retention.plan()
    with pytest.raises(BadInput):
        house.retention.approve(plan.id, by=SYSTEM)
    with pytest.raises(NotFound):
        house.retention.approve("no-such", by=PRIVACY)
    house.retention.approve(plan.id, by=PRIVACY)
    with pytest.raises(BadInput):
        house.retention.approve(plan.id, by=PRIVACY)


def test_an_edition_that_shortens_a_term_is_approved_anew(house: House) -> None:
    approve(house)
    house.troth.publish(edition(usage_kept("P400D")))
    assert house.retention.sweeping.approved()
    house.troth.publish(edition(usage_kept("P200D"), name="2026-11-21"))
    subject = visitor(house)
    house.clock.forward(days=201)
    assert house.retention.run().values == 0
    approve(house)
    assert house.retention.run().values == 1
    assert "usage.query" not in house.held(subject)


def test_another_edition_moves_due_dates_that_were_worked_out_before(house: House) -> None:
    subject = visitor(house)
    approve(house)
    house.troth.publish(edition(usage_kept("P200D")))
    approve(house)
    house.clock.forward(days=201)
    assert house.retention.overdue() == 0
    house.troth.tick()
    assert "usage.query" not in house.held(subject)


def test_what_its_subject_decided_waits_for_nobody(house: House) -> None:
    subject = house.register().subject
    act = Collect(
        subject=subject,
        values={"usage.query": Secret("价格")},
        purpose="security",
        source="observed",
    )
    house.gate.perform(act, by=SYSTEM)
    house.rights.erase(subject, by=PROVED)
    assert house.held(subject) == {"usage.query"}
    house.clock.forward(days=190)
    house.troth.tick()
    assert house.retention.sweep([subject]) == []


# --- chunks ------------------------------------------------------------------------------------


@pytest.mark.clause("7.2e", "9.4-2")
def test_each_subject_has_an_entry_of_their_own_and_a_chunk_sums_up(house: House) -> None:
    subjects = [visitor(house) for _ in range(40)]
    approve(house)
    house.clock.forward(days=366)
    swept = house.retention.run()
    assert (swept.subjects, swept.values) == (40, 80)
    for subject in subjects:
        (entry,) = [one for one in house.gate.trail(subject) if one.kind == "data.erased"]
        assert entry.what["fields"] == ["usage.query", "web.browser"]
        assert entry.what["methods"]["vault"] == "shred_key"
    summed = [one for one in house.recent("house.event") if one.what["event"] == "retention.batch"]
    # How many go in a chunk is found out by how long the lock was held.
    assert len(summed) == swept.chunks
    assert sum(one.what["subjects"] for one in summed) == 40
    assert sum(one.what["cells"] for one in summed) == 80


@pytest.mark.clause("9.4-6")
def test_what_a_chunk_erased_opens_in_no_older_copy(house: House) -> None:
    subject = visitor(house)
    data = house.gate.regions[Region("cn")].store
    cells = data.query("SELECT subject_id, grp, sealed FROM cells WHERE grp = 'usage'")
    old = data.query("SELECT key_id FROM subjects WHERE subject_id = ?", (subject,))[0][0]
    approve(house)
    house.clock.forward(days=366)
    house.retention.run()
    vault = house.gate.regions[Region("cn")].vault
    assert vault.many._keys.missing([old]) == {old}
    assert cells
    email = Use(subject=subject, fields=("contact.email",), purpose="account")
    assert house.gate.perform(email, by=SYSTEM).values["contact.email"].reveal()


def test_the_same_standing_is_folded_again_from_the_ledger(house: House) -> None:
    subjects = [visitor(house) for _ in range(5)]
    approve(house)
    house.clock.forward(days=366)
    house.retention.run()
    before = [house.gate.standing(subject) for subject in subjects]
    rooms = house.gate.regions[Region("cn")]
    rooms.standings.rebuild(rooms.log)
    assert [house.gate.standing(subject) for subject in subjects] == before
    assert all(report.ok for report in house.troth.audit().values())


KILLED = """
import sys
from troth import app
from troth.model.clock import SetClock, Moment
house = app.open(sys.argv[1], clock=SetClock(Moment(int(sys.argv[2]))))
house.retention.run(progress=lambda looked, values: print(looked, flush=True))
"""


def test_a_sweep_that_is_killed_goes_on_where_it_was(house: House) -> None:
    for _ in range(300):
        visitor(house)
    approve(house)
    at = house.clock.forward(days=366)
    folder = str(house.troth.settings.folder)
    command = [sys.executable, "-c", KILLED, folder, str(at)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path.cwd()) as running:
        assert running.stdout is not None
        running.stdout.readline()
        os.kill(running.pid, signal.SIGKILL)
    house.gate.tick()
    house.retention.run()
    assert house.retention.overdue() == 0
    assert all(report.ok for report in house.troth.audit().values())


# --- terms -------------------------------------------------------------------------------------


@pytest.mark.clause("7.2d", "7.2e")
def test_after_any_jump_of_the_clock_nothing_is_overdue(house: House) -> None:
    subjects = [visitor(house) for _ in range(4)]
    approve(house)
    for days in (182, 184, 400, 1500):
        house.clock.forward(days=days)
        house.troth.tick()
        assert house.retention.overdue() == 0
        for subject in subjects:
            assert not house.retention.due(subject).gone


@pytest.mark.clause("7.2d")
def test_every_category_has_a_term_and_none_is_for_ever(house: House) -> None:
    lines = house.retention.schedule()
    open_ones = {
        field
        for field, category in house.gate.policy().edition.categories.items()
        if not category.closed
    }
    assert {line.field for line in lines} == open_ones
    assert all(line.keep.startswith("P") and line.start for line in lines)
    assert {line.then for line in lines} <= {"erase", "anonymise"}


@pytest.mark.clause("7.5a")
def test_a_law_extends_a_term_of_those_it_binds_and_is_named(house: House) -> None:
    house.troth.publish(edition(usage_kept("P30D")))
    here, abroad = visitor(house), visitor(house, "EEA")
    approve(house)
    house.clock.forward(days=31)
    house.troth.tick()
    assert ("usage.query" in house.held(here), "usage.query" in house.held(abroad)) == (True, False)
    (line,) = [one for one in house.retention.schedule() if one.field == "usage.query"]
    assert [(one.law, one.regimes) for one in line.laws] == [
        ("Cybersecurity Law, network log rule", ("cn",)),
        ("network log rule", ("cn",)),
        ("Cybersecurity Law 21(3)", ("cn",)),
    ]
    house.clock.forward(days=160)
    house.troth.tick()
    assert "usage.query" not in house.held(here)


def test_a_hold_of_californian_law_binds_nobody_else(house: House) -> None:
    subject = visitor(house)
    act = Collect(subject=subject, values={"rights.request": Secret("查阅")}, purpose="rights")
    house.gate.perform(act, by=SYSTEM)
    assert house.rights.plan(subject, ("rights",)).everything


@pytest.mark.clause("9.4-5")
def test_a_released_hold_resumes_the_erasure_that_it_held_back(house: House) -> None:
    subject = visitor(house)
    until = Moment(house.clock.now() + 500 * DAY)
    house.retention.hold(
        subject, "case-7", law="named case", fields=("web.browser",), until=until, by=PRIVACY
    )
    house.rights.erase(subject, ("web",), by=PROVED)
    assert house.held(subject) == {"contact.email", "usage.query", "web.browser"}
    house.retention.lift(subject, "case-7", by=PRIVACY)
    house.troth.tick()
    assert house.held(subject) == {"contact.email", "usage.query"}


@pytest.mark.clause("9.4-5")
def test_a_held_field_goes_when_its_hold_is_over_and_nothing_else_was_kept(house: House) -> None:
    subject = visitor(house)
    house.rights.erase(subject, ("usage", "web"), by=PROVED)
    assert house.held(subject) == {"contact.email", "usage.query"}
    house.clock.forward(days=185)
    house.troth.tick()
    assert house.held(subject) == {"contact.email"}


# --- anonymised --------------------------------------------------------------------------------


@pytest.mark.clause("6.4c", "7.2e")
def test_what_is_anonymised_leaves_counts_of_ten_and_nobody(house: House) -> None:
    house.troth.publish(edition(web_then("anonymise")))
    subjects = [visitor(house, query=f"问题 {number}") for number in range(12)]
    alone = house.gate.new_subject("CN")
    house.gate.perform(
        Admit(subject=alone, residence="CN", regimes=("cn",), age=AgeBand.ADULT),
        accept(house, alone),
        Collect(
            subject=alone,
            values={"web.browser": Secret("Unusual-Browser")},
            purpose="security",
            source="observed",
        ),
        by=SYSTEM,
    )
    approve(house)
    house.clock.forward(days=366)
    house.retention.run()
    counted = house.retention.anonymised()
    assert [(field, value, many) for field, _, value, many in counted] == [
        ("web.browser", "", 1),
        ("web.browser", "Firefox", 12),
    ]
    assert all("web.browser" not in held for held in held_by(house, *subjects, alone))
    (entry,) = [
        one
        for one in house.gate.trail(subjects[0])
        if one.kind == "data.erased" and one.what["method"] == "anonymise"
    ]
    assert entry.what["fields"] == ["web.browser"]


def test_what_is_to_be_set_aside_is_and_stays(house: House) -> None:
    house.troth.publish(edition(web_then("restrict")))
    subject = visitor(house)
    approve(house)
    house.clock.forward(days=366)
    house.retention.run()
    assert "web.browser" in house.gate.standing(subject).restrictions
    assert house.retention.overdue() == 0


def test_the_gate_itself_refuses_what_a_law_of_the_regime_holds(house: House) -> None:
    subject = visitor(house)
    with pytest.raises(Refused, match="Cybersecurity Law"):
        house.gate.perform(Erase(subject=subject, fields=("usage.query",)), by=SYSTEM)


def test_the_months_ahead_are_counted(house: House) -> None:
    for _ in range(3):
        visitor(house)
    months = house.retention.ahead(13)
    assert len(months) == 14
    assert [one.subjects for one in months if one.subjects] == [3]


def test_unused_accounts_are_not_touched_by_the_shipped_policy(house: House) -> None:
    subject = visitor(house)
    approve(house)
    house.clock.forward(days=4000)
    house.troth.tick()
    assert house.held(subject) == {"contact.email"}
    assert unused_for("P2Y")
