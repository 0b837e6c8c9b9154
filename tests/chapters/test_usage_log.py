"""The log keeps every visit, nobody can thin it out unseen, and each line goes on its day."""

import pytest

from tests.chapters.people import PRIVACY, PROVED, House
from troth.chapters.usage import Visit
from troth.model.clock import DAY, Moment
from troth.model.errors import Erased, Sealed
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId

CN = Region("cn")


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


def visit(house: House, subject: SubjectId, query: str) -> None:
    seen = {"query": Secret(query), "ip": Secret("203.0.113.7")}
    house.usage.record(subject, "usage", seen)


def queries(house: House, subject: SubjectId) -> list[str]:
    return [line.values["usage.query"].reveal() for line in house.usage.log(subject)]


def rows(house: House, sql: str) -> int:
    return int(house.gate.regions[CN].store.query(sql)[0][0])


@pytest.mark.clause("2.1.4a", "2.1.4b")
def test_every_visit_is_a_line_and_the_newest_is_the_value(
    house: House, subject: SubjectId
) -> None:
    for query in ("一", "二", "三"):
        visit(house, subject, query)
    assert queries(house, subject) == ["一", "二", "三"]
    assert house.usage.check(subject).sound
    assert house.kinds(subject).count("data.logged") == 3


@pytest.mark.clause("2.1.4b", "7.2e")
def test_a_line_is_there_on_day_182_and_gone_with_an_entry_after_its_last(
    house: House, subject: SubjectId
) -> None:
    visit(house, subject, "旧")
    house.clock.forward(days=182)
    house.troth.tick()
    visit(house, subject, "新")
    assert queries(house, subject) == ["旧", "新"]
    house.clock.forward(days=184)
    purged = house.usage.purge()
    assert (purged.lines, purged.keys) == (1, 1)
    assert queries(house, subject) == ["新"]
    (entry,) = [one for one in house.recent("house.event") if one.what["event"] == "log.erased"]
    assert entry.what["lines"] == 1
    house.clock.forward(days=183)
    house.usage.purge()
    house.retention.sweep([subject])
    assert "data.erased" in house.kinds(subject)
    assert rows(house, "SELECT COUNT(*) FROM log_lines") == 0
    assert rows(house, "SELECT COUNT(*) FROM log_days") == 0


def test_an_older_copy_of_a_line_opens_nowhere_once_its_day_has_come(
    house: House, subject: SubjectId
) -> None:
    visit(house, subject, "秘密")
    data = house.gate.regions[CN].store
    copied = data.query("SELECT subject_id, nth, ends, sealed FROM log_lines")
    days = data.query("SELECT ends, key_id FROM log_days")
    house.clock.forward(days=366)
    house.usage.purge()
    data.transact(
        lambda tx: (
            tx.run_many("INSERT INTO log_lines VALUES (?, ?, ?, ?)", copied),
            tx.run_many("INSERT INTO log_days VALUES (?, ?)", days),
        )
    )
    with pytest.raises(Sealed):
        house.gate.regions[CN].logs.read(subject)


@pytest.mark.clause("2.1.4b")
def test_a_line_that_is_taken_out_is_missed(house: House, subject: SubjectId) -> None:
    for query in ("一", "二"):
        visit(house, subject, query)
    data = house.gate.regions[CN].store
    first = data.query("SELECT MIN(nth) FROM log_lines")[0][0]
    data.transact(lambda tx: tx.run("DELETE FROM log_lines WHERE nth = ?", (first,)))
    assert house.usage.check(subject).missing == (first,)


@pytest.mark.clause("2.1.4b")
def test_a_line_that_is_put_in_or_moved_is_seen(house: House, subject: SubjectId) -> None:
    visit(house, subject, "一")
    data = house.gate.regions[CN].store
    data.transact(
        lambda tx: tx.run(
            "INSERT INTO log_lines SELECT subject_id, nth + 900, ends, sealed FROM log_lines"
        )
    )
    assert house.usage.check(subject).extra
    with pytest.raises(Sealed):
        queries(house, subject)


def test_a_changed_line_opens_nowhere(house: House, subject: SubjectId) -> None:
    visit(house, subject, "一")
    data = house.gate.regions[CN].store
    data.transact(lambda tx: tx.run("UPDATE log_lines SET ends = ends + 0, sealed = ?", (b"x",)))
    with pytest.raises(Sealed):
        queries(house, subject)


def test_what_a_case_holds_stays_when_the_day_has_come_and_goes_after_it(
    house: House, subject: SubjectId
) -> None:
    visit(house, subject, "一")
    until = Moment(house.clock.now() + 500 * DAY)
    house.retention.hold(
        subject, "case-7", law="named case", fields=("usage.query",), until=until, by=PRIVACY
    )
    house.clock.forward(days=366)
    assert (house.usage.purge().held, queries(house, subject)) == (1, ["一"])
    house.clock.forward(days=136)
    assert house.usage.purge().lines == 1


def test_erasing_somebody_shreds_their_log_and_no_other(house: House, subject: SubjectId) -> None:
    house.clock.forward(days=1)
    visit(house, subject, "一")
    house.clock.forward(days=200)
    house.rights.erase(subject, by=PROVED)
    assert rows(house, "SELECT COUNT(*) FROM log_lines") == 0
    with pytest.raises(Erased):
        house.gate.standing(subject)


def test_erasing_one_field_takes_it_out_of_every_line(house: House, subject: SubjectId) -> None:
    for query in ("一", "二"):
        visit(house, subject, query)
    house.clock.forward(days=200)
    house.rights.erase(subject, ("usage.ip",), by=PROVED)
    assert queries(house, subject) == ["一", "二"]
    assert all("usage.ip" not in line.values for line in house.usage.log(subject))


def test_visits_that_come_together_are_kept_in_one_transaction(
    house: House, subject: SubjectId
) -> None:
    seen = [
        Visit(subject=subject, collector="usage", seen={"query": Secret(str(number))})
        for number in range(20)
    ]
    assert house.usage.record_many(seen) == 20
    assert queries(house, subject) == [str(number) for number in range(20)]
    assert house.usage.check(subject).sound
