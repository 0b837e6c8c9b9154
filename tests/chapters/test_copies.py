"""A copy that was ordered: packed by the clock, sealed, fetched for a week, gone with its data."""

import csv
import io
import json
import zipfile

import pytest

from tests.chapters.people import EMAIL, PROVED, SUPPORT, House
from troth.chapters.rights.copies import MOST
from troth.model.acts import SUBJECT, Erase
from troth.model.clock import DAY, MINUTE
from troth.model.errors import Erased, NotFound, NotProved, Sealed
from troth.model.secret import Secret
from troth.model.terms import SubjectId
from troth.vault.deposits import LEASE, MOST_TRIES

ADDRESS = Secret("北京市朝阳区 1 号")


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register(values={"contact.address": ADDRESS}).subject


def fetched(house: House, subject: SubjectId, number: str) -> zipfile.ZipFile:
    pieces = house.rights.copies.fetch(subject, number, by=PROVED)
    raw = b"".join(piece.reveal_raw() for piece in pieces)  # type: ignore[misc]
    return zipfile.ZipFile(io.BytesIO(raw))


def made(house: House, subject: SubjectId, language: str = "zh") -> str:
    number = house.rights.copies.order(subject, by=PROVED, language=language)
    assert house.rights.copies.work() == 1
    return number


def states(house: House, subject: SubjectId) -> list[str]:
    return [one.state for one in house.rights.copies.of(subject)]


def rows(packed: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(packed.read(name).decode("utf-8-sig"), newline="")))


# --- ordered, packed, fetched ----------------------------------------------------------------


def test_it_is_packed_by_the_clock_and_then_fetched(house: House, subject: SubjectId) -> None:
    number = house.rights.copies.order(subject, by=PROVED)
    assert states(house, subject) == ["ordered"]
    with pytest.raises(NotFound):
        house.rights.copies.fetch(subject, number, by=PROVED)
    house.troth.tick()
    (copy,) = house.rights.copies.of(subject)
    assert (copy.state, copy.done, copy.until) == ("ready", 100, house.clock.now() + 7 * DAY)
    data = json.loads(fetched(house, subject, number).read("data.json"))
    assert EMAIL.reveal() in {each["value"] for each in data["data"]}


def test_neither_ordering_nor_fetching_goes_without_a_fresh_proof(
    house: House, subject: SubjectId
) -> None:
    with pytest.raises(NotProved):
        house.rights.copies.order(subject, by=SUBJECT)
    number = made(house, subject)
    with pytest.raises(NotProved):
        house.rights.copies.fetch(subject, number, by=SUBJECT)


def test_an_order_is_owed_at_once_and_settled_when_it_is_ready(
    house: House, subject: SubjectId
) -> None:
    number = house.rights.copies.order(subject, by=PROVED)
    owed = house.gate.owed(subject)[number]
    assert (owed.what, owed.state) == ("copy", "open")
    house.troth.tick()
    assert house.gate.owed(subject)[number].state == "fulfilled"
    assert house.last(house.email).title == "您的信息副本可以下载了"


def test_every_fetching_is_counted_and_remembered(house: House, subject: SubjectId) -> None:
    number = made(house, subject)
    for _ in range(2):
        fetched(house, subject, number)
    assert house.rights.copies.of(subject)[0].fetched == 2
    events = [each for each in house.gate.trail(subject) if each.kind == "house.event"]
    assert [each.what for each in events] == [{"event": "copy.fetched", "deposit": number}] * 2


def test_what_is_under_way_is_not_ordered_twice(house: House, subject: SubjectId) -> None:
    first = house.rights.copies.order(subject, by=PROVED)
    assert house.rights.copies.order(subject, by=PROVED) == first
    assert len(house.rights.copies.of(subject)) == 1


def test_a_new_copy_takes_the_place_of_the_oldest(house: House, subject: SubjectId) -> None:
    numbers = []
    for _ in range(MOST + 1):
        numbers.append(made(house, subject))
        house.clock.forward(seconds=1)
    assert [one.id for one in house.rights.copies.of(subject)] == numbers[:0:-1]


def test_what_a_crash_interrupted_is_packed_after_all(
    house: House, subject: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.rights.copies.order(subject, by=PROVED)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("troth.gate.waiting.deposits.Deposits.release", killed)
        with pytest.raises(KeyboardInterrupt):
            house.rights.copies.work()
    assert states(house, subject) == ["made"]
    house.clock.forward(seconds=3 * MINUTE / 1000)
    house.rights.copies.work()
    assert states(house, subject) == ["ready"]


# --- the end of a copy -----------------------------------------------------------------------


def test_after_a_week_it_is_gone(house: House, subject: SubjectId) -> None:
    number = made(house, subject)
    house.clock.forward(days=7)
    with pytest.raises(NotFound):
        house.rights.copies.fetch(subject, number, by=PROVED)
    house.troth.tick()
    assert house.gate.regions[subject.region].deposits.held(subject) == 0


def test_its_subject_may_end_it_before(house: House, subject: SubjectId) -> None:
    number = made(house, subject)
    assert house.rights.copies.drop(subject, number)
    assert house.rights.copies.of(subject) == []


def test_an_erasure_takes_the_copies_along_even_of_a_part(house: House, subject: SubjectId) -> None:
    made(house, subject)
    house.gate.perform(Erase(subject=subject, fields=("contact.address",)))
    assert house.rights.copies.of(subject) == []
    made(house, subject)
    certificate = house.rights.erase(subject, by=PROVED)
    assert certificate.complete
    assert certificate.stores["deposits"] == 0


def test_what_was_ordered_before_an_erasure_is_made_for_nobody(
    house: House, subject: SubjectId
) -> None:
    house.rights.copies.order(subject, by=PROVED)
    # As if the order had been written just after the erasure looked.
    rooms = house.gate.regions[subject.region]
    house.rights.erase(subject, by=PROVED)
    rooms.deposits.order(
        subject, "r-late", language="zh", at=house.clock.now(), until=house.clock.now()
    )
    assert house.rights.copies.work() == 0
    assert rooms.deposits.held(subject) == 0
    with pytest.raises(Erased):
        house.rights.copies.order(subject, by=PROVED)


# --- what is in it ---------------------------------------------------------------------------


def test_it_holds_tables_a_page_for_people_and_a_manifest(house: House, subject: SubjectId) -> None:
    packed = fetched(house, subject, made(house, subject))
    assert {
        *("read-me-first.html", "data.json", "data.csv", "consents.csv", "given.csv"),
        *("looks.csv", "trail.csv", "manifest.json"),
    } == set(packed.namelist()) - {"read-me-first.pdf"}


@pytest.mark.parametrize(
    ("language", "told"), [("zh", "您的个人信息副本"), ("en", "A copy of your personal data")]
)
def test_the_page_is_in_the_language_it_was_ordered_in(
    house: House, subject: SubjectId, language: str, told: str
) -> None:
    page = fetched(house, subject, made(house, subject, language)).read("read-me-first.html")
    assert told in page.decode()
    assert EMAIL.reveal() in page.decode()


def test_the_page_lets_no_value_become_markup(house: House, subject: SubjectId) -> None:
    values = {"contact.address": Secret("<script>alert(1)</script>")}
    house.rights.correct(subject, values)
    page = fetched(house, subject, made(house, subject)).read("read-me-first.html").decode()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_it_tells_who_looked_and_what_was_given(house: House, subject: SubjectId) -> None:
    house.staff.look(SUPPORT, subject, ("contact.email",), purpose="support", ticket="T-1")
    packed = fetched(house, subject, made(house, subject))
    (look,) = rows(packed, "looks.csv")
    assert (look["ticket"], look["allowed"], look["fields"]) == ("T-1", "True", "contact.email")
    assert rows(packed, "given.csv") == []
    assert {row["to"] for row in rows(packed, "consents.csv")} == set(
        house.gate.standing(subject).consents
    )


def test_what_nobody_may_copy_is_left_out_and_named(house: House, subject: SubjectId) -> None:
    packed = fetched(house, subject, made(house, subject))
    withheld = json.loads(packed.read("manifest.json"))["withheld"]
    assert {"what": "account.id", "reason": "not_obtainable"} in withheld
    assert "account.password" not in packed.read("data.csv").decode()


def test_what_cannot_be_packed_is_given_up_after_some_tries_and_stays_owed(
    house: House, subject: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = house.rights.copies.order(subject, by=PROVED)

    def damaged(*_: object, **__: object) -> None:
        raise Sealed

    monkeypatch.setattr("troth.gate.waiting.deposits.Deposits.fill", damaged)
    for _ in range(MOST_TRIES + 1):
        assert house.rights.copies.work() == 0
        house.clock.forward(seconds=LEASE / 1000)
    assert states(house, subject) == ["failed"]
    assert house.gate.owed(subject)[number].state == "open"


# --- reviewed by people ------------------------------------------------------------------------


def owed(house: House, subject: SubjectId) -> str:
    return house.rights.desk.request(subject, "copy", by=PROVED)


def test_what_people_review_is_exactly_what_is_fetched(house: House, subject: SubjectId) -> None:
    number = owed(house, subject)
    house.rights.copies.prepare(subject, number, left_out={"contact.address": "others"})
    assert house.rights.copies.work() == 0
    preview = house.rights.copies.preview(subject, number)
    with pytest.raises(NotFound):
        house.rights.copies.fetch(subject, number, by=PROVED)
    house.rights.copies.release(subject, number)
    packed = fetched(house, subject, number)
    assert {file.name: file.bytes for file in preview.files} == {
        info.filename: info.file_size
        for info in packed.infolist()
        if info.filename != "manifest.json"
    }
    assert ("contact.address", "others") in {(out.what, out.reason) for out in preview.withheld}
    assert "contact.address" not in {row["field"] for row in rows(packed, "data.csv")}


def test_a_preview_holds_no_value(house: House, subject: SubjectId) -> None:
    number = owed(house, subject)
    house.rights.copies.prepare(subject, number)
    house.rights.copies.work()
    preview = repr(house.rights.copies.preview(subject, number))
    assert EMAIL.reveal() not in preview
    assert ADDRESS.reveal() not in preview


def test_only_what_was_packed_for_review_is_released(house: House, subject: SubjectId) -> None:
    with pytest.raises(NotFound):
        house.rights.copies.release(subject, "r-none")
    number = owed(house, subject)
    house.rights.copies.prepare(subject, number)
    with pytest.raises(NotFound):
        house.rights.copies.release(subject, number)


def test_every_visit_of_the_network_log_is_in_the_copy(house: House, subject: SubjectId) -> None:
    for page in ("/a", "/b"):
        house.troth.usage.record(subject, "usage", {"pages": Secret(page)})
    packed = fetched(house, subject, made(house, subject))
    lines = packed.read("elsewhere/troth/visits.jsonl").decode().splitlines()
    assert [json.loads(line)["usage.pages"] for line in lines] == ["/a", "/b"]
