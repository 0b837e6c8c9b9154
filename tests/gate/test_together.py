"""Uses and words that come at once share one commit, and a refusal of one is no other's."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.gate.house import CN, House
from troth.gate.rooms import Outcome
from troth.gate.together import COMPANY, Steps, Wanted, alone, in_step, use_each
from troth.model.acts import SYSTEM, Actor, ConsentGiven, Event, Use
from troth.model.errors import ConsentMissing, Erased, NotFound, StoreBusy, TrothError
from troth.model.terms import SubjectId

BILLING = Actor(kind="service", id="k1")
DESK = Actor(kind="service", id="k2", purposes=frozenset({"support"}))


def use(subject: SubjectId, purpose: str = "support", field: str = "contact.email") -> Use:
    return Use(subject=subject, fields=(field,), purpose=purpose)


def told(each: Outcome | TrothError) -> Any:
    return each.values["contact.email"].reveal() if isinstance(each, Outcome) else type(each)


@pytest.fixture
def commits(house: House, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the transactions of the region where the subjects are."""
    counted: list[int] = []
    store = house.rooms(CN).store
    real: Callable[..., Any] = store.transact

    def transact(work: Any, **more: Any) -> Any:
        counted.append(1)
        return real(work, **more)

    monkeypatch.setattr(store, "transact", transact)
    return counted


def test_each_is_answered_with_its_own_values_and_its_own_record(
    house: House, commits: list[int]
) -> None:
    people = [house.admit() for _ in range(5)]
    commits.clear()
    done = use_each(house.gate, [(use(subject), BILLING) for subject in people])
    assert [told(each) for each in done] == [f"person{n}@mail.example" for n in range(1, 6)]
    assert len(commits) == 1
    for subject, each in zip(people, done, strict=True):
        assert house.gate.trail(subject)[-1].id == each.entries[0]


def test_two_uses_of_one_subject_are_numbered_one_after_the_other(house: House) -> None:
    subject = house.admit()
    use_each(house.gate, [(use(subject), BILLING), (use(subject), DESK)])
    trail = house.gate.trail(subject)
    assert [entry.nth for entry in trail] == list(range(1, len(trail) + 1))
    assert [entry.by for entry in trail[-2:]] == ["service:k1", "service:k2"]
    assert house.gate.standing(subject).entries == len(trail)


@pytest.mark.clause("P.1")
def test_one_that_may_not_be_is_refused_and_remembered_and_the_others_are_done(
    house: House,
) -> None:
    first, second = house.admit(), house.admit()
    nobody = SubjectId.new(CN)
    asked = [
        (use(first), BILLING),
        (use(second, "marketing"), BILLING),
        (use(nobody), BILLING),
        (use(second), BILLING),
    ]
    done = use_each(house.gate, asked)
    assert [told(each) for each in done] == [
        "person1@mail.example",
        ConsentMissing,
        NotFound,
        "person2@mail.example",
    ]
    assert house.kinds(first).count("data.used") == 1
    assert house.last("use.denied").what["purpose"] == "marketing"


def test_one_whose_subject_was_erased_is_told_so(house: House) -> None:
    here, gone = house.admit(), house.admit()
    house.troth.rights.erase(gone, by=Actor(kind="subject", assurance=2))
    done = use_each(house.gate, [(use(here), BILLING), (use(gone), BILLING)])
    assert [told(each) for each in done] == ["person1@mail.example", Erased]


def test_uses_of_two_regions_are_done_each_in_its_own(house: House) -> None:
    asked = [(use(house.admit("CN")), BILLING), (use(house.admit("EEA")), BILLING)]
    assert [told(each) for each in use_each(house.gate, asked)] == [
        "person1@mail.example",
        "person2@mail.example",
    ]


def test_a_use_alone_and_too_many_at_once_are_done_one_by_one(
    house: House, commits: list[int]
) -> None:
    subject = house.admit()
    commits.clear()
    use_each(house.gate, [(use(subject), BILLING)])
    assert len(commits) == 1
    commits.clear()
    use_each(house.gate, [(use(subject), BILLING)] * (COMPANY + 1))
    assert len(commits) == COMPANY + 1


def test_nothing_is_released_when_the_commit_fails(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [house.admit() for _ in range(2)]

    def busy(*_: object, **__: object) -> None:
        raise StoreBusy

    monkeypatch.setattr(house.rooms(CN).log, "record", busy)
    done = use_each(house.gate, [(use(subject), BILLING) for subject in people])
    assert [told(each) for each in done] == [StoreBusy, StoreBusy]


def test_a_purpose_recorded_in_batches_keeps_its_batches(house: House, commits: list[int]) -> None:
    people = [house.admit() for _ in range(3)]
    commits.clear()
    done = use_each(house.gate, [(use(subject, "security"), BILLING) for subject in people])
    assert [isinstance(each, Outcome) for each in done] == [True] * 3
    assert commits == []


def test_no_use_is_no_work(house: House) -> None:
    assert use_each(house.gate, []) == []


# --- words that come at once --------------------------------------------------------------------


def said(subject: SubjectId, to: str = "marketing") -> Wanted:
    return Wanted((ConsentGiven(subject=subject, to=to),))


def saying(house: House, subject: SubjectId, to: str = "marketing") -> Steps[int]:
    """Say a word, say more when it is said, and come to the number of the word's entry."""
    known = house.gate.standing(subject).entries
    done = yield said(subject, to)
    yield Wanted((Event(subject=subject, name="told", detail={}),), SYSTEM)
    return known + len(done.entries)


def test_words_of_several_are_kept_under_one_commit(house: House, commits: list[int]) -> None:
    people = [house.admit() for _ in range(5)]
    commits.clear()
    done = house.gate.perform_each([said(subject) for subject in people])
    assert len(commits) == 1
    for subject, each in zip(people, done, strict=True):
        assert isinstance(each, Outcome)
        assert house.gate.standing(subject).consents["marketing"].entry == each.entries[0]


def test_a_word_that_may_not_be_said_is_no_others(house: House) -> None:
    first, second = house.admit(), house.admit()
    nobody = SubjectId.new(CN)
    done = house.gate.perform_each([said(first), said(nobody), said(second)])
    assert [type(each) for each in done] == [Outcome, NotFound, Outcome]
    assert house.kinds(first).count("consent.given") == 1
    assert house.kinds(second).count("consent.given") == 1


def test_what_is_no_word_keeps_its_own_commit(house: House, commits: list[int]) -> None:
    people = [house.admit() for _ in range(2)]
    commits.clear()
    done = house.gate.perform_each([Wanted((use(subject),), BILLING) for subject in people])
    assert [told(each) for each in done] == ["person1@mail.example", "person2@mail.example"]
    assert len(commits) == 2


def test_words_of_many_share_some_commits(house: House, commits: list[int]) -> None:
    subject = house.admit()
    commits.clear()
    done = house.gate.perform_each([said(subject)] * (COMPANY + 2))
    assert [type(each) for each in done] == [Outcome] * (COMPANY + 2)
    assert len(commits) == 2


def test_a_word_under_a_key_is_said_once_among_others_too(house: House) -> None:
    first, second = house.admit(), house.admit()
    again = Wanted((ConsentGiven(subject=first, to="marketing"),), key="k")
    (before,) = house.gate.perform_each([again])
    after, other = house.gate.perform_each([again, said(second)])
    assert isinstance(before, Outcome)
    assert isinstance(after, Outcome)
    assert (after.entries, after.replayed) == (before.entries, True)
    assert isinstance(other, Outcome)
    assert house.kinds(first).count("consent.given") == 1


def test_steps_of_several_go_on_together(house: House, commits: list[int]) -> None:
    people = [house.admit() for _ in range(3)]
    commits.clear()
    done = in_step(house.gate, [(subject, saying(house, subject)) for subject in people])
    # The words under one commit, and what follows each under its own: an event is no word.
    assert len(commits) == 1 + len(people)
    assert all(isinstance(each, int) and each > 0 for each in done)


def test_the_second_word_of_one_subject_reads_what_the_first_wrote(house: House) -> None:
    subject, other = house.admit(), house.admit()
    known = house.gate.standing(subject).entries
    several = [(one, saying(house, one)) for one in (subject, other, subject)]
    first, _, second = in_step(house.gate, several)
    assert (first, second) == (known + 1, known + 3)


def test_steps_are_told_of_a_refusal_and_may_come_to_something_all_the_same(house: House) -> None:
    subject, other = house.admit(), house.admit()

    def refused(gone: SubjectId) -> Steps[str]:
        try:
            yield said(gone)
        except NotFound:
            return "nobody"
        return "somebody"

    nobody = SubjectId.new(CN)
    several = [(one, refused(one)) for one in (subject, nobody, other)]
    assert in_step(house.gate, several) == ["somebody", "nobody", "somebody"]
    assert alone(house.gate, refused(nobody)) == "nobody"


def test_steps_that_do_not_take_a_refusal_come_to_it(house: House) -> None:
    def asks(subject: SubjectId) -> Steps[Outcome]:
        return (yield said(subject))

    nobody, somebody = SubjectId.new(CN), house.admit()
    done = in_step(house.gate, [(one, asks(one)) for one in (nobody, somebody)])
    assert [type(each) for each in done] == [NotFound, Outcome]
    with pytest.raises(NotFound):
        alone(house.gate, asks(nobody))
