"""The register of requests, on both databases: found, changed once, followed, forgotten, kept."""

import pytest

from troth.documents.requests.register import FORGET, KEPT_DAYS, Matter, Register, Said
from troth.model.clock import DAY, Moment
from troth.model.errors import BadInput, NotFound
from troth.model.terms import Region, SubjectId
from troth.store.sql import Store

CN = Region("cn")
OWE = "INSERT INTO owing (subject_id, number, what, since, due_at) VALUES (?, ?, ?, ?, ?)"


@pytest.fixture
def register(data_store: Store) -> Register:
    return Register({CN: data_store})


def matter(number: str = "r-1", due: int = 10, **more: object) -> Matter:
    told: dict[str, object] = {
        "subject": SubjectId.new(CN),
        "number": number,
        "kind": "access",
        "state": "open",
        "received": Moment(1),
        "due": Moment(due),
        "alarm": Moment(5),
        "moved": Moment(1),
        "said": Said(left_out={"a.b": "security"}),
        **more,
    }
    return Matter(**told)  # type: ignore[arg-type]


def test_what_waits_comes_soonest_due_first_and_whole(register: Register) -> None:
    late, soon = matter("r-1", 20), matter("r-2", 10)
    for one in (late, soon, soon):
        register.enter(one)
    assert register.waiting() == [soon, late]
    assert register.find("r-1") == late
    assert {one.number for one in register.ringing(Moment(5))} == {"r-1", "r-2"}
    assert register.ringing(Moment(4)) == []
    assert register.counts() == {("access", "open"): 2}
    with pytest.raises(NotFound):
        register.find("r-3")


def test_of_two_who_take_a_step_at_once_one_does(register: Register) -> None:
    one = matter()
    register.enter(one)
    after = register.change(one, at=Moment(2), assignee="s-1", reason="signing_off")
    assert (after.version, after.said.reason) == (2, "signing_off")
    with pytest.raises(BadInput, match="meanwhile"):
        register.change(one, at=Moment(3), assignee="s-2")
    assert register.one(one.subject, "r-1") == after


def test_a_request_moves_to_whose_it_is_under_its_number(register: Register) -> None:
    one, subject = matter(), SubjectId.new(CN)
    register.enter(one)
    assert register.move(one, subject).subject == subject
    assert register.find("r-1").subject == subject
    assert register.of(one.subject) == []


def test_the_register_follows_what_is_owed(register: Register, data_store: Store) -> None:
    one, subject = matter(), SubjectId.new(CN)
    register.enter(one)
    for number, what in (("r-9", "delete/unlawful"), ("r-8", "tell_recipient/x")):
        row = (subject, number, what, 1, 9)
        data_store.transact(lambda tx, row=row: tx.run(OWE, row))
    assert [each.number for each in register.unlisted()] == ["r-9"]
    assert register.settled_elsewhere() == [one]


def test_an_erasure_leaves_a_record_about_nobody_for_two_years(
    register: Register, data_store: Store
) -> None:
    one = matter()
    register.enter(one)
    for statement in FORGET:
        data_store.transact(lambda tx, sql=statement: tx.run(sql, (one.subject,)))
    assert register.waiting() == []
    assert register.any("r-1").state == "revoked"
    register.settle_gone(CN, "r-1", "fulfilled", Moment(7))
    assert register.any("r-1").state == "fulfilled"
    rows = data_store.query("SELECT subject_id FROM requests")
    assert rows == [("-r-1",)]
    assert register.purge(Moment(7 + KEPT_DAYS * DAY - 1)) == 0
    assert register.purge(Moment(7 + KEPT_DAYS * DAY)) == 1
