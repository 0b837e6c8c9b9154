"""Walk 5: a breach is told whole, to each person, by every way; else announced; and reported."""

import pytest
from msgspec.structs import replace

from tests.chapters.people import PRIVACY, PROVED, House
from troth.documents.notice import Breach
from troth.model.clock import HOUR
from troth.model.errors import BadInput, NotDelivered
from troth.model.secret import Secret
from troth.model.terms import SubjectId

TOLD = Breach(
    facts={"zh": "一台服务器被访问，涉及联系方式", "en": "a server with contacts was read"},
    measures={"zh": "已断开并更换密钥", "en": "it was cut off and its keys changed"},
    advice={"zh": "请更改密码，警惕来电", "en": "change your password, beware of calls"},
    remedy={"zh": "提供免费监测", "en": "monitoring is free of charge"},
)


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


@pytest.mark.clause("7.4b")
def test_each_person_is_told_all_four_parts(house: House, subject: SubjectId) -> None:
    number = house.incidents.open(["cn"], by=PRIVACY).number
    told = house.incidents.tell(number, TOLD, [subject], reference="/notices/1")
    assert (told.queued, told.announced) == (1, False)
    letter = house.last(house.email).text.reveal()
    assert all(
        part["zh"] in letter for part in (TOLD.facts, TOLD.measures, TOLD.advice, TOLD.remedy)
    )


@pytest.mark.clause("7.4b")
@pytest.mark.parametrize("part", ["facts", "measures", "advice", "remedy"])
def test_nobody_is_told_half_of_it(house: House, subject: SubjectId, part: str) -> None:
    lacking = replace(TOLD, **{part: {"zh": "只有中文"}})
    with pytest.raises(BadInput) as refused:
        house.incidents.tell("i-1", lacking, [subject], reference="/notices/1")
    assert refused.value.field == part
    assert "breach" not in str(house.gate.trail(subject))


def test_a_letter_that_does_not_arrive_goes_by_the_next_channel_and_both_are_recorded(
    house: House, subject: SubjectId
) -> None:
    house.email._failures.append(NotDelivered("no such mailbox", permanent=True))
    house.incidents.tell("i-1", TOLD, [subject], reference="/notices/1")
    for _ in range(3):
        house.deliver()
        house.clock.forward(seconds=3600)
    assert house.sms.sent[-1].title == "重要：关于您个人信息的安全事件"
    tried = [entry for entry in house.gate.trail(subject) if entry.kind.startswith("notice.")]
    assert [entry.kind for entry in tried[-2:]] == ["notice.failed", "notice.delivered"]
    assert [entry.what["channel"] for entry in tried[-2:]] == ["email", "sms"]


def test_who_cannot_be_reached_is_told_by_an_announcement(house: House, subject: SubjectId) -> None:
    gone = house.register(email=Secret("gone@mail.example"), phone=Secret("+8613922224444")).subject
    house.rights.erase(gone, by=PROVED)
    told = house.incidents.tell("i-1", TOLD, [subject, gone], reference="/notices/1")
    assert told.unreached == (gone,)
    (entry,) = house.recent("notice.announced", "global")
    assert entry.what["reference"] == "/notices/1"


@pytest.mark.parametrize(
    ("regimes", "circumstances", "hours"),
    [
        (["cn"], [], {"cn": 0}),
        (["eu"], [], {"eu": 72}),
        (["cn", "eu"], ["relatively_large"], {"cn": 0, "eu": 72}),
    ],
)
def test_the_authorities_clocks_run_from_the_moment_it_is_known(
    house: House, regimes: list[str], circumstances: list[str], hours: dict[str, int]
) -> None:
    opened = house.incidents.open(regimes, circumstances=circumstances, by=PRIVACY)
    assert {draft.regime: (draft.by - opened.at) // HOUR for draft in opened.reports} == hours
    assert all(draft.parts for draft in opened.reports)
    owed = house.recent("duty.owed", "global")
    assert {entry.what["duty"] for entry in owed} == {
        f"{opened.number}/{regime}" for regime in regimes
    }


def test_a_report_is_settled_under_the_authoritys_reference(house: House) -> None:
    opened = house.incidents.open(["eu"], by=PRIVACY)
    house.incidents.reported(opened.number, "eu", reference="DPA-7", by=PRIVACY)
    (settled,) = house.recent("duty.settled", "global")
    assert settled.what["duty"] == f"{opened.number}/eu"


def test_stages_have_names(house: House) -> None:
    opened = house.incidents.open(["cn"], by=PRIVACY)
    house.incidents.stage(opened.number, "mitigated", by=PRIVACY)
    with pytest.raises(BadInput):
        house.incidents.stage(opened.number, "forgotten", by=PRIVACY)  # type: ignore[arg-type]
    with pytest.raises(BadInput):
        house.incidents.open(["cn"], circumstances=["sad"], by=PRIVACY)
