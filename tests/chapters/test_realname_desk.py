"""The identity desk: two people decide, one after the other; reasons in words; appeal to others."""

from io import BytesIO

import pytest
from PIL import Image

from tests.chapters import companies
from tests.chapters.people import (
    AUTHORITY_KEYS,
    IDENTITY,
    NAME,
    PROVED,
    SECOND,
    SUPPORT,
    House,
    ticks,
)
from troth.chapters.realname.words import REASONS
from troth.model.acts import Actor
from troth.model.clock import DAY
from troth.model.errors import BadFile, BadInput, ConsentMissing, NotFound, Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId

NO_RECORD = Secret("110105199003070092")
PHOTO, LICENCE = "document.id_photo", "document.licence"
THIRD = Actor(kind="staff", id="s7", role="identity")
FOURTH = Actor(kind="staff", id="s8", role="identity")


def picture() -> Secret:
    out = BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "CANARY"
    Image.new("RGB", (600, 400), "white").save(out, "JPEG", exif=exif)
    return Secret(out.getvalue())


@pytest.fixture
def subject(house: House) -> SubjectId:
    house.sign_with_authority()
    return house.register().subject


@pytest.fixture
def case(house: House, subject: SubjectId) -> str:
    """Return a review that waits: the register did not know the number."""
    values = {"identity.name": NAME, "identity.id_number": NO_RECORD}
    checked = house.realname.verify(subject, values, ticks(*AUTHORITY_KEYS), shown=house.shown())
    house.deliver()
    return checked.case


def attach(
    house: House, subject: SubjectId, field: str = PHOTO, file: Secret | None = None
) -> None:
    keys = (f"realname/{field}",) if field == PHOTO else ()
    shown = house.shown()
    house.realname.attach(subject, field, file or picture(), ticks(*keys), shown=shown)


def decided(house: House, subject: SubjectId, case: str, result: str, why: str) -> None:
    house.realname.propose(subject, case, result, why, by=IDENTITY)  # type: ignore[arg-type]
    house.clock.forward(seconds=60)
    house.realname.decide(subject, case, by=SECOND)


def result(house: House, subject: SubjectId) -> tuple[str, str]:
    status = house.realname.status(subject)
    return (status.result, status.method) if status else ("", "")


# --- the queue ---------------------------------------------------------------------------------


def test_what_waits_stands_in_a_queue_without_anybodys_name(
    house: House, subject: SubjectId, case: str
) -> None:
    (waiting,) = house.realname.queue(IDENTITY)
    assert (waiting.subject, waiting.case, waiting.state) == (subject, case, "open")
    assert waiting.said == "person_2/no_record"
    assert waiting.due - waiting.since <= 30 * DAY
    assert house.gate.owed(subject)[case].by == waiting.due
    assert NAME.reveal() not in repr(waiting)


@pytest.mark.parametrize("by", [SUPPORT, PROVED, Actor(kind="service", id="k1")])
def test_nobody_else_sees_or_decides_it(
    house: House, subject: SubjectId, case: str, by: Actor
) -> None:
    for work in (
        lambda: house.realname.queue(by),
        lambda: house.realname.open(subject, case, by=by),
        lambda: house.realname.propose(subject, case, "verified", "papers_agree", by=by),
        lambda: house.realname.send_back(subject, case, by=by),
        lambda: house.realname.decide(subject, case, by=by),
    ):
        with pytest.raises(Refused):
            work()


def test_a_look_is_recorded_and_shows_what_the_role_may_see(
    house: House, subject: SubjectId, case: str
) -> None:
    attach(house, subject)
    seen = house.realname.open(subject, case, by=IDENTITY)
    assert seen.values["identity.id_number"].reveal().startswith("1***")
    assert Image.open(BytesIO(seen.papers[PHOTO].reveal_raw())).size == (600, 400)  # type: ignore[arg-type]
    (look,) = house.staff.who_looked(subject)
    assert (look.ticket, look.purpose, look.allowed) == (case, "realname", True)
    assert PHOTO in look.fields


def test_of_a_company_those_who_stand_for_it_are_shown_too(house: House) -> None:
    company = companies.register(house).subject
    case = house.realname.ask_people(company)
    seen = house.realname.open(company, case, by=IDENTITY)
    assert {"enterprise.name", "enterprise.uscc"} <= set(seen.values)
    assert not any(field.endswith("_ref") for field in seen.values)
    assert "legal_rep.name" in seen.people["legal_rep"]
    assert {"handler.name", "handler.phone"} <= set(seen.people["handler"])
    handler = house.accounts.enterprise.people.of(company)["handler"]
    (look,) = house.staff.who_looked(handler)
    assert look.ticket == case


# --- papers ------------------------------------------------------------------------------------


def test_a_paper_is_drawn_anew_kept_sealed_and_gone_once_decided(
    house: House, subject: SubjectId, case: str
) -> None:
    attach(house, subject)
    attach(house, subject, LICENCE)
    assert {PHOTO, LICENCE} <= house.held(subject)
    seen = house.realname.open(subject, case, by=IDENTITY)
    assert b"CANARY" not in seen.papers[PHOTO].reveal_raw()  # type: ignore[operator]
    assert set(seen.review.papers) == {PHOTO, LICENCE}
    decided(house, subject, case, "verified", "papers_agree")
    assert {PHOTO, LICENCE}.isdisjoint(house.held(subject))
    (erased,) = [entry for entry in house.gate.trail(subject) if entry.kind == "data.erased"]
    assert (set(erased.what["fields"]), erased.what["ground"]) == (  # type: ignore[arg-type]
        {PHOTO, LICENCE},
        "decided",
    )


def test_an_identity_document_takes_a_consent_of_its_own(
    house: House, subject: SubjectId, case: str
) -> None:
    assert case
    assert house.realname.missing(subject, (PHOTO,)) == (f"realname/{PHOTO}",)
    with pytest.raises(ConsentMissing):
        house.realname.attach(subject, PHOTO, picture())
    assert PHOTO not in house.held(subject)


def test_papers_nobody_needs_are_not_taken(house: House, subject: SubjectId) -> None:
    with pytest.raises(BadInput, match="no review waits"):
        attach(house, subject)
    house.realname.ask_people(subject)
    with pytest.raises(BadInput, match="no paper"):
        attach(house, subject, "identity.biometric")
    with pytest.raises(BadFile) as caught:
        attach(house, subject, file=Secret(b"%PDF-1.7"))
    assert caught.value.reason == "pdf"


# --- deciding ----------------------------------------------------------------------------------


def test_two_people_decide_one_after_the_other(house: House, subject: SubjectId, case: str) -> None:
    proposed = house.realname.propose(subject, case, "verified", "papers_agree", by=IDENTITY)
    assert (proposed.state, proposed.mine) == ("proposed", True)
    assert result(house, subject) == ("pending", "id-authority/person_2")
    with pytest.raises(BadInput, match="two different"):
        house.realname.decide(subject, case, by=IDENTITY)
    house.clock.forward(seconds=60)
    house.realname.decide(subject, case, by=SECOND)
    assert result(house, subject) == ("verified", "review")
    assert house.gate.owed(subject)[case].state == "fulfilled"
    assert house.realname.queue(IDENTITY) == []
    words = [e.what["event"] for e in house.gate.trail(subject) if e.kind == "house.event"]
    assert words == ["realname.proposed", "second_person"]
    fields = {status.field: status.method for status in house.realname.fields(subject)}
    assert fields["identity.id_number"] == "review"


def test_the_reason_is_told_in_words_with_the_way_to_appeal(
    house: House, subject: SubjectId, case: str
) -> None:
    decided(house, subject, case, "failed", "name_differs")
    told = house.last(house.email).text.reveal()
    assert REASONS["name_differs"][1] in told
    assert "申诉" in told
    states = {status.field: status.state for status in house.realname.fields(subject)}
    assert (states["identity.name"], states["identity.id_number"]) == ("failed", "unverified")


@pytest.mark.parametrize("verdict", ["verified", "failed"])
def test_a_reason_fits_its_result(
    house: House, subject: SubjectId, case: str, verdict: str
) -> None:
    other = next(name for name, (each, _, _) in REASONS.items() if each != verdict)
    for why in (other, "because"):
        with pytest.raises(BadInput, match="no reason"):
            house.realname.propose(subject, case, verdict, why, by=IDENTITY)  # type: ignore[arg-type]


def test_a_colleague_can_send_a_proposal_back(house: House, subject: SubjectId, case: str) -> None:
    house.realname.propose(subject, case, "failed", "not_readable", by=IDENTITY)
    with pytest.raises(BadInput, match="two different"):
        house.realname.send_back(subject, case, by=IDENTITY)
    assert house.realname.send_back(subject, case, by=SECOND).state == "open"
    with pytest.raises(BadInput, match="not open"):
        house.realname.decide(subject, case, by=SECOND)
    decided(house, subject, case, "verified", "papers_agree")
    assert result(house, subject)[0] == "verified"


def test_nothing_is_decided_that_was_not_proposed_or_twice(
    house: House, subject: SubjectId, case: str
) -> None:
    with pytest.raises(BadInput, match="not open"):
        house.realname.decide(subject, case, by=SECOND)
    decided(house, subject, case, "verified", "papers_agree")
    for again in (SECOND, THIRD):
        with pytest.raises(BadInput, match="not open"):
            house.realname.decide(subject, case, by=again)
    with pytest.raises(NotFound):
        house.realname.decide(subject, "r-none", by=SECOND)


def test_a_match_that_comes_meanwhile_ends_the_review(
    house: House, subject: SubjectId, case: str
) -> None:
    attach(house, subject)
    house.realname.verify(
        subject, {"identity.name": NAME, "identity.id_number": Secret("110105199003071802")}
    )
    assert house.gate.owed(subject)[case].state == "fulfilled"
    assert house.realname.queue(IDENTITY) == []
    assert PHOTO not in house.held(subject)


# --- asking for it, and appeal -----------------------------------------------------------------


def test_who_will_not_show_a_face_asks_for_people(house: House, subject: SubjectId) -> None:
    case = house.realname.ask_people(subject)
    assert house.realname.ask_people(subject) == case
    assert result(house, subject) == ("pending", "people")
    assert [waiting.case for waiting in house.realname.queue(IDENTITY)] == [case]


def test_an_appeal_is_decided_by_others(house: House, subject: SubjectId, case: str) -> None:
    decided(house, subject, case, "failed", "not_readable")
    appeal = house.realname.ask_people(subject)
    assert appeal != case
    assert [waiting.barred for waiting in house.realname.queue(IDENTITY)] == [True]
    with pytest.raises(BadInput, match="decided before"):
        house.realname.propose(subject, appeal, "verified", "papers_agree", by=IDENTITY)
    house.realname.propose(subject, appeal, "verified", "papers_agree", by=THIRD)
    with pytest.raises(BadInput, match="decided before"):
        house.realname.decide(subject, appeal, by=SECOND)
    house.realname.decide(subject, appeal, by=FOURTH)
    assert result(house, subject)[0] == "verified"


def test_who_is_confirmed_has_nothing_to_appeal(
    house: House, subject: SubjectId, case: str
) -> None:
    decided(house, subject, case, "verified", "register_agrees")
    with pytest.raises(BadInput, match="confirmed"):
        house.realname.ask_people(subject)


def test_without_an_authority_people_decide_and_nothing_is_shared(house: House) -> None:
    subject = house.register().subject
    for rooms in house.gate.regions.values():
        rooms.recipients.clear()  # type: ignore[attr-defined]
    values = {"identity.name": NAME, "identity.id_number": NO_RECORD}
    checked = house.realname.verify(
        subject, values, ticks("realname/identity.id_number"), shown=house.shown()
    )
    assert (checked.result, checked.code) == ("pending", "no_authority")
    assert house.sharing.register(subject) == []
    assert [way.task for way in house.realname.ways(subject)] == ["people"]
