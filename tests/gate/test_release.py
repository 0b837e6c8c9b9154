"""Recorded before released: a value leaves the vault only when its record is durable (A13)."""

import contextlib
from collections.abc import Iterator

import pytest

from tests.gate.house import CN, EMAIL, PHONE, House
from troth.ledger.log import Log
from troth.model.acts import ConsentGiven, ConsentWithdrawn, Erase, Find, Show, Use
from troth.model.errors import Refused, StoreFull
from troth.model.terms import SubjectId
from troth.policy.edition import Batch

FIELDS = ("contact.email",)


def code(subject: SubjectId) -> Use:
    return Use(subject=subject, fields=("contact.phone",), purpose="authenticate")


def personal(subject: SubjectId) -> Use:
    return Use(subject=subject, fields=("usage.pages",), purpose="personalise")


@contextlib.contextmanager
def no_room_in_the_ledger(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def full(*_: object, **__: object) -> None:
        raise StoreFull

    with monkeypatch.context() as patch:
        patch.setattr(Log, "record", full)
        yield


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.admit(contact_email=EMAIL, contact_phone=PHONE)


@pytest.mark.clause("P.1", "7.1d")
def test_no_record_no_value(
    house: House, subject: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = []
    with no_room_in_the_ledger(monkeypatch):
        for act in (code(subject), Show(subject=subject, fields=FIELDS, purpose="rights")):
            with pytest.raises(StoreFull):
                released.append(house.perform(act))
        with pytest.raises(StoreFull):
            released.append(
                house.perform(
                    Find(subject=None, field="contact.email", value=EMAIL, purpose="authenticate")
                )
            )
    assert released == []
    assert house.kinds(subject)[-1] == "data.collected"


def test_a_value_is_opened_but_not_released_when_the_commit_fails(
    house: House, subject: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = type(house.rooms().store)
    begin = store.transact

    def lost(self, work, *, urgent=False):
        def fails(tx):
            work(tx)
            raise StoreFull

        return begin(self, fails, urgent=urgent)

    monkeypatch.setattr(store, "transact", lost)
    with pytest.raises(StoreFull):
        house.perform(code(subject))
    monkeypatch.undo()
    assert "data.used" not in house.kinds(subject)


# --- batched purposes -----------------------------------------------------------------------------


@pytest.fixture
def visitor(house: House) -> SubjectId:
    from troth.model.secret import Secret

    subject = house.admit("CN", "personalise", contact_email=EMAIL)
    house.perform(
        *house.collects(subject, {"usage_pages": Secret('["/pricing"]')}),
    )
    return subject


def durable(house: House) -> int:
    sql = "SELECT COUNT(*) FROM pending_entries WHERE kind = 'data.used'"
    return int(house.rooms(CN).store.query(sql)[0][0])


def window(house: House) -> Batch:
    batched = house.gate.policy().purpose("personalise").batched
    assert batched is not None
    return batched


def test_a_batched_use_is_written_by_the_next_tick(house: House, visitor: SubjectId) -> None:
    assert house.perform(personal(visitor)).values
    assert durable(house) == 0
    house.gate._batches[CN].flush()
    assert durable(house) == 1


def test_no_more_uses_wait_than_the_policy_says(house: House, visitor: SubjectId) -> None:
    for _ in range(window(house).entries - 1):
        house.perform(personal(visitor))
    assert durable(house) == 0
    house.perform(personal(visitor))
    assert durable(house) == window(house).entries


def test_no_use_waits_longer_than_the_policy_says(house: House, visitor: SubjectId) -> None:
    house.perform(personal(visitor))
    house.clock.forward(seconds=window(house).seconds)
    house.perform(personal(visitor))
    assert durable(house) == 2


def test_a_batched_use_of_nothing_is_refused(house: House, visitor: SubjectId) -> None:
    with pytest.raises(Refused):
        house.perform(Use(subject=visitor, fields=(), purpose="personalise"))


def test_a_trail_shows_uses_that_still_wait(house: House, visitor: SubjectId) -> None:
    entry = house.perform(personal(visitor)).entries[0]
    assert house.gate.trail(visitor)[-1].id == entry


def test_what_waits_is_written_before_an_erasure(house: House, visitor: SubjectId) -> None:
    who = house.gate.standing(visitor).pseudonym
    # A law keeps the network log for half a year.
    house.clock.forward(days=200)
    house.perform(personal(visitor))
    house.perform(Erase(subject=visitor))
    kinds = [entry.kind for entry in house.rooms().log.trail(who)]
    assert kinds.index("data.used") < kinds.index("data.erased")


def test_what_waits_is_written_when_the_house_closes(house: House, visitor: SubjectId) -> None:
    house.perform(personal(visitor))
    batch = house.gate._batches[CN]
    house.gate.close()
    assert batch.flush() == 0


@pytest.mark.clause("9.3c", "3.1.2")
def test_a_batched_use_stops_with_its_consent_and_that_is_remembered(
    house: House, visitor: SubjectId
) -> None:
    house.perform(ConsentWithdrawn(subject=visitor, to="personalise"))
    with pytest.raises(Refused):
        house.perform(personal(visitor))
    assert house.kinds(visitor)[-1] == "use.denied"
    house.perform(ConsentGiven(subject=visitor, to="personalise"))
    assert house.perform(personal(visitor)).values


def test_records_that_could_not_be_written_keep_waiting(
    house: House, visitor: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.perform(personal(visitor))
    with no_room_in_the_ledger(monkeypatch), pytest.raises(StoreFull):
        house.gate._batches[CN].flush()
    assert house.gate._batches[CN].flush() == 1
