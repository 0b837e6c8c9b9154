"""Who speaks for whom: steps that one of two takes, and rows that go with their subjects."""

import pytest

from troth.documents.guardian.speakers import FORGET, Speaker, Speakers
from troth.model.clock import Moment
from troth.model.errors import NotFound
from troth.model.terms import Region, SubjectId
from troth.store.sql import Store

CN = Region("cn")
AT = Moment(1_000)


@pytest.fixture
def speakers(data_store: Store) -> Speakers:
    return Speakers({CN: data_store}, home=CN)


def entered(speakers: Speakers, number: str = "r-1", at: Moment = AT, **more: object) -> Speaker:
    kind = {"kind": "consent", "ward": SubjectId.new(CN), **more}
    return speakers.enter(
        SubjectId.new(CN), kind["ward"], number=number, kind=kind["kind"], language="en", at=at
    )


def test_what_was_entered_is_found_by_guardian_and_by_ward(speakers: Speakers) -> None:
    one = entered(speakers)
    assert speakers.one(one.guardian) == one
    assert one.ward is not None
    assert speakers.of(one.ward) == [one]
    assert (one.state, one.method, one.said, one.language) == ("asked", "", (), "en")


def test_nobody_is_found_who_was_not_entered(speakers: Speakers) -> None:
    stranger = SubjectId.new(CN)
    assert speakers.find(stranger) is None
    assert speakers.of(stranger) == []
    with pytest.raises(NotFound):
        speakers.one(stranger)
    with pytest.raises(NotFound):
        speakers.one(SubjectId.new(Region("mars")))


def test_of_two_who_take_a_step_from_one_state_one_does(speakers: Speakers) -> None:
    one = entered(speakers)
    taken = [
        speakers.move(one, "checking", at=Moment(2_000), method=method, said=("collect",))
        for method in ("video_call", "payment")
    ]
    now = speakers.one(one.guardian)
    assert taken == [True, False]
    assert (now.state, now.method, now.said, now.changed) == (
        "checking",
        "video_call",
        ("collect",),
        2_000,
    )


def test_a_step_keeps_method_and_words_unless_it_says_others(speakers: Speakers) -> None:
    one = entered(speakers)
    speakers.move(one, "checking", at=AT, method="video_call", said=("collect", "disclose"))
    speakers.move(speakers.one(one.guardian), "verified", at=AT)
    assert speakers.one(one.guardian).said == ("collect", "disclose")
    speakers.move(speakers.one(one.guardian), "asked", at=AT, method="", said=())
    assert (speakers.one(one.guardian).method, speakers.one(one.guardian).said) == ("", ())


def test_what_waits_longest_comes_first_and_what_is_newer_not_at_all(speakers: Speakers) -> None:
    late, early = (entered(speakers, at=Moment(at)) for at in (900, 100))
    entered(speakers, at=Moment(5_000))
    assert speakers.since("asked", AT) == [early, late]
    assert speakers.since("asked", AT, limit=1) == [early]


def test_the_end_of_a_ward_leaves_the_guardian_alone_and_then_gone(
    speakers: Speakers, data_store: Store
) -> None:
    one, request = entered(speakers), entered(speakers, kind="request")
    for subject in (one.ward, request.ward):
        for sql in FORGET:
            data_store.transact(lambda tx, sql=sql, who=subject: tx.run(sql, (who,)))
    assert [each.guardian for each in speakers.alone()] == [one.guardian]
    assert speakers.one(request.guardian).ward is None
    for sql in FORGET:
        data_store.transact(lambda tx, sql=sql: tx.run(sql, (one.guardian,)))
    assert speakers.find(one.guardian) is None


def test_a_request_learns_later_whom_it_is_about_and_a_consent_never(speakers: Speakers) -> None:
    one, request = entered(speakers), entered(speakers, kind="request", ward=None)
    ward = SubjectId.new(CN)
    for each in (one, request):
        speakers.about(each.guardian, ward)
    assert speakers.one(request.guardian).ward == ward
    assert speakers.one(one.guardian).ward == one.ward


def test_birthdays_are_looked_for_from_where_the_last_look_ended(speakers: Speakers) -> None:
    assert speakers.looked() is None
    for at in (100, 50):
        speakers.look_on(Moment(at))
    assert speakers.looked() == 100
    assert not speakers.any()
