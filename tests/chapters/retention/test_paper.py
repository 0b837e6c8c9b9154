"""Paper is found again, falls due like its category, and is gone when somebody signed for it."""

import pytest

from tests.chapters.people import IDENTITY, PRIVACY, PROVED, House
from tests.chapters.retention.terms import visitor
from troth.model.acts import SYSTEM
from troth.model.clock import DAY, Moment
from troth.model.errors import BadInput, NotFound, Refused, UnknownTerm
from troth.model.terms import SubjectId

PLACE = "Hong Kong, cabinet 3, shelf 2"


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


def enter(house: House, subject: SubjectId | None, category: str = "contact.email", **more: str):
    return house.retention.papers.enter(
        category=category, kind="form", pages=2, place=PLACE, subject=subject, by=PRIVACY, **more
    )


@pytest.mark.clause("9.4-7")
def test_paper_is_of_a_subject_and_lies_somewhere(house: House, subject: SubjectId) -> None:
    paper = enter(house, subject)
    assert house.retention.papers.of(subject) == [paper]
    assert (paper.place, paper.due, paper.state) == (PLACE, None, "held")
    moved = house.retention.papers.move(paper.id, "Hong Kong, cabinet 4", by=PRIVACY)
    assert moved.place == "Hong Kong, cabinet 4"
    events = [one.what["event"] for one in house.gate.trail(subject) if one.kind == "house.event"]
    assert events[-2:] == ["paper.entered", "paper.moved"]


@pytest.mark.clause("9.4-7")
def test_an_erasure_is_not_complete_while_there_is_paper(house: House, subject: SubjectId) -> None:
    paper = enter(house, subject)
    certificate = house.rights.erase(subject, by=PROVED)
    assert (certificate.complete, certificate.stores["paper"]) == (False, 1)
    (due,) = house.retention.papers.all()
    assert (due.id, due.due) == (paper.id, 0)
    done = house.retention.papers.destroy(paper.id, "shredded", "P-4", by=PRIVACY)
    assert (done.state, done.subject) == ("destroyed", None)
    assert house.retention.papers.of(subject) == []


@pytest.mark.clause("9.4-7")
def test_destroying_the_last_paper_makes_out_the_certificate_that_completes(
    house: House, subject: SubjectId
) -> None:
    first, second = enter(house, subject), enter(house, subject)
    house.rights.erase(subject, by=PROVED)
    who = house.gate.regions[subject.region].log.recent("erasure.certified")[0].who
    for paper, state in ((first, "incomplete"), (second, "complete")):
        house.clock.forward(days=1)
        house.retention.papers.destroy(paper.id, "shredded", "P-4", by=PRIVACY)
        house.troth.tick()
        assert house.gate.certified(subject.region, who)[-1].state == state
    newest = house.gate.certified(subject.region, who)[-1]
    assert {each.store: each.state for each in newest.answers}["paper"] == "clean"
    assert house.gate.databases.owed(subject) == []


def test_the_paper_of_somebody_who_stays_keeps_no_erasure_open(
    house: House, subject: SubjectId
) -> None:
    enter(house, subject)
    certificate = house.rights.erase(subject, ("contact.email",), by=PROVED)
    assert certificate.complete
    assert house.gate.databases.owed(subject) == []


@pytest.mark.clause("9.4-7")
def test_the_certificate_says_who_when_and_how(house: House, subject: SubjectId) -> None:
    paper = enter(house, subject)
    with pytest.raises(NotFound):
        house.retention.papers.certificate(paper.id)
    house.retention.papers.destroy(paper.id, "shredded", "P-5", by=PRIVACY)
    told = house.retention.papers.certificate(paper.id)
    assert (told.by, told.at, told.method, told.level, told.standard) == (
        "s4",
        house.clock.now(),
        "shredded",
        "P-5",
        "DIN 66399",
    )
    assert [one.id for one in house.retention.papers.gone()] == [paper.id]


@pytest.mark.clause("9.4-7")
def test_what_is_sensitive_is_destroyed_by_two(house: House, subject: SubjectId) -> None:
    paper = enter(house, subject, "identity.id_number")
    papers = house.retention.papers
    assert papers.two(paper)
    with pytest.raises(BadInput):
        papers.destroy(paper.id, "shredded", "P-4", by=PRIVACY)
    assert papers.destroy(paper.id, "shredded", "P-5", by=PRIVACY).state == "proposed"
    for by, method, level in ((PRIVACY, "shredded", "P-5"), (IDENTITY, "burnt", "")):
        with pytest.raises(Refused):
            papers.destroy(paper.id, method, level, by=by)
    assert papers.destroy(paper.id, "shredded", "P-5", by=IDENTITY).state == "destroyed"
    told = papers.certificate(paper.id)
    assert (told.by, told.witness) == ("s4", "s2")


@pytest.mark.parametrize(
    ("method", "level"), [("shredded", "P-3"), ("shredded", ""), ("burnt", "P-4"), ("eaten", "")]
)
def test_a_method_that_leaves_something_to_read_is_refused(
    house: House, subject: SubjectId, method: str, level: str
) -> None:
    paper = enter(house, subject)
    with pytest.raises(BadInput):
        house.retention.papers.destroy(paper.id, method, level, by=PRIVACY)  # type: ignore[arg-type]


def test_a_letter_of_nobody_we_know_counts_from_the_day_it_came(house: House) -> None:
    paper = enter(house, None, "rights.letter", letter="L-2026/17")
    assert paper.due == house.clock.now() + 731 * DAY


def test_paper_of_what_was_recorded_is_due_with_its_term(house: House) -> None:
    subject = visitor(house)
    paper = enter(house, subject, "support.communication")
    assert paper.due == house.clock.now() + 730 * DAY


def test_paper_is_due_as_soon_as_its_account_is_closed_or_its_value_gone(house: House) -> None:
    subject = house.register().subject
    paper = enter(house, subject)
    house.rights.erase(subject, ("contact.email",), by=PROVED)
    house.retention.papers.review()
    assert house.retention.papers.get(paper.id).due == 0


def test_paper_that_a_case_holds_is_not_destroyed(house: House, subject: SubjectId) -> None:
    paper = enter(house, subject)
    until = Moment(house.clock.now() + 100 * DAY)
    house.retention.hold(
        subject, "case-7", law="named case", fields=("contact.email",), until=until, by=PRIVACY
    )
    with pytest.raises(Refused):
        house.retention.papers.destroy(paper.id, "burnt", by=PRIVACY)


def test_the_register_takes_nothing_of_what_is_written_on_the_paper(
    house: House, subject: SubjectId
) -> None:
    for place in ("", "13900001111", "a@b.example", "x" * 41):
        with pytest.raises(BadInput):
            house.retention.papers.enter(
                category="contact.email",
                kind="form",
                pages=1,
                place=place,
                subject=subject,
                by=PRIVACY,
            )


def test_paper_is_of_one_subject_or_one_letter_and_in_the_hands_of_staff(
    house: House, subject: SubjectId
) -> None:
    with pytest.raises(BadInput):
        enter(house, None)
    with pytest.raises(BadInput):
        enter(house, subject, letter="L-1")
    with pytest.raises(UnknownTerm):
        enter(house, subject, "no.such")
    with pytest.raises(BadInput):
        house.retention.papers.enter(
            category="contact.email", kind="form", pages=1, place=PLACE, subject=subject, by=SYSTEM
        )
