"""A case is proposed by one and decided by another, and values are entered alike by both."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from troth.documents.cases import FORGET, KEPT_DAYS, Cases
from troth.model.clock import DAY, Moment
from troth.model.errors import BadInput, NotFound
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId

CN = Region("cn")
SUBJECT = SubjectId.new(CN)
VALUES = {"identity.name": Secret("李娜"), "identity.id_number": Secret("110105199003071802")}


@pytest.fixture
def cases(data_store):
    return Cases({CN: data_store}, b"k" * 32)


def opened(cases, at, subject=SUBJECT, case="r-1", kind="identity", **more):
    told = {"said": "person_2/no_record", "due": Moment(at + 30 * DAY)} | more
    return cases.open(subject, case, kind=kind, at=at, **told)


def changing(cases, at, values=VALUES):
    due = Moment(at + 30 * DAY)
    return cases.propose_change(SUBJECT, values, ticket="T-1", first="s1", at=at, due=due)


def test_one_case_of_a_kind_waits_at_a_time(cases, at):
    first = opened(cases, at)
    assert opened(cases, at, case="r-2") == first
    assert opened(cases, at, case="r-3", kind="bank").id == "r-3"
    cases.decided(first, second="", at=at)
    assert opened(cases, at, case="r-4").id == "r-4"


def test_what_waits_is_listed_soonest_due_first(cases, at):
    other = SubjectId.new(CN)
    opened(cases, at, due=Moment(at + 2 * DAY))
    opened(cases, at, subject=other, case="r-2", due=Moment(at + DAY))
    assert [case.id for case in cases.waiting()] == ["r-2", "r-1"]
    assert [case.id for case in cases.of(other)] == ["r-2"]


def test_of_several_who_propose_at_once_one_does(cases, at):
    case = opened(cases, at)

    def propose(who):
        try:
            cases.propose(case, "verified", "papers_agree", first=who, at=at)
        except BadInput:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(propose, [f"s{n}" for n in range(16)])) == 1


def test_who_proposed_does_not_send_it_back_either(cases, at):
    case = opened(cases, at)
    cases.propose(case, "verified", "papers_agree", first="s1", at=at)
    proposed = cases.one(SUBJECT, case.id)
    with pytest.raises(BadInput, match="two different"):
        cases.send_back(proposed, second="s1", at=at)
    cases.send_back(proposed, second="s2", at=at)
    again = cases.one(SUBJECT, case.id)
    assert (again.state, again.first, again.proposal) == ("open", "", "")


def test_who_decided_before_touches_no_appeal(cases, at):
    case = opened(cases, at, barred="s1 s2")
    for who in ("s1", "s2"):
        with pytest.raises(BadInput, match="decided before"):
            cases.propose(case, "verified", "papers_agree", first=who, at=at)


def test_both_enter_the_same_values(cases, at):
    case = changing(cases, at)
    assert cases.same(case, dict(reversed(VALUES.items())))
    assert not cases.same(case, VALUES | {"identity.name": Secret("李四")})
    assert not cases.same(case, {"identity.name": VALUES["identity.name"]})


def test_the_same_values_leave_different_digests_and_no_trace(cases, data_store, at):
    one, two = changing(cases, at), changing(cases, at)
    assert one.digest != two.digest
    assert "李娜" not in repr(data_store.query("SELECT * FROM cases"))


def test_a_decided_case_forgets_its_digest_and_is_forgotten_in_a_year(cases, at):
    case = changing(cases, at)
    cases.decided(case, second="s2", at=at)
    kept = cases.one(SUBJECT, case.id)
    assert (kept.state, kept.first, kept.second, kept.digest) == ("decided", "s1", "s2", "")
    cases.purge(Moment(at + KEPT_DAYS * DAY))
    with pytest.raises(NotFound):
        cases.one(SUBJECT, case.id)


def test_what_waits_is_not_swept_away(cases, at):
    opened(cases, at)
    assert cases.purge(Moment(at + 10 * KEPT_DAYS * DAY)) == 0


def test_an_erasure_takes_a_subjects_cases(cases, data_store, at):
    opened(cases, at)
    data_store.transact(lambda tx: tx.run(FORGET, (SUBJECT,)))
    assert cases.of(SUBJECT) == []


def test_a_region_there_is_not_is_not_found(cases, at):
    with pytest.raises(NotFound):
        cases.of(SubjectId.new(Region("mars")))
