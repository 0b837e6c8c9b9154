"""Weighing says what ``perform`` would, act upon act, and leaves nothing behind."""

import pytest

from tests.gate.house import ADDRESS, CN, EMAIL, GLOBAL, PHONE, PROVED, House
from troth.model.acts import (
    SUBJECT,
    SYSTEM,
    AcceptTerms,
    Act,
    Admit,
    Collect,
    ConsentGiven,
    Correct,
    Erase,
    Notify,
    Verified,
)
from troth.model.errors import BadInput, BadValue, ConsentMissing, NotOfAge, Refused
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId


def newcomer(house: House, *acts: Act, age: AgeBand = AgeBand.ADULT) -> list[Act]:
    subject = acts[0].subject if acts else house.gate.new_subject("CN")
    assert subject is not None
    return [
        Admit(subject=subject, residence="CN", regimes=("cn",), age=age),
        house.accept(subject),
        *acts,
    ]


def kept(subject: SubjectId, purpose: str = "account", **values: Secret) -> Collect:
    named = {name.replace("_", ".", 1): value for name, value in values.items()}
    return Collect(subject=subject, values=named, purpose=purpose)


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.gate.new_subject("CN")


def test_what_may_be_is_said_and_nothing_is_left(house: House, subject: SubjectId) -> None:
    before = house.count(CN), house.count(GLOBAL)
    weighed = house.gate.weigh(*newcomer(house, kept(subject, contact_email=EMAIL)))
    assert (weighed.taken, weighed.holders, set(weighed.marks)) == ((), 0, {"contact.email"})
    assert (house.count(CN), house.count(GLOBAL)) == before
    assert list(house.rooms().vault.subjects()) == []


def test_each_act_is_weighed_on_what_those_before_it_left(house: House, subject: SubjectId) -> None:
    profile = kept(subject, "improve", profile_work=ADDRESS)
    with pytest.raises(ConsentMissing):
        house.gate.weigh(*newcomer(house, profile))
    given = ConsentGiven(subject=subject, to="improve")
    house.gate.weigh(*newcomer(house, given, profile))


def test_a_refusal_is_not_remembered(house: House, subject: SubjectId) -> None:
    with pytest.raises(NotOfAge):
        house.gate.weigh(*newcomer(house, kept(subject), age=AgeBand.MINOR))
    assert house.recent("use.denied") == []


def test_a_value_that_is_not_well_formed_names_its_field(house: House, subject: SubjectId) -> None:
    with pytest.raises(BadValue) as refused:
        house.gate.weigh(*newcomer(house, kept(subject, contact_phone=Secret("12"))))
    assert refused.value.field == "contact.phone"


def test_what_belongs_to_somebody_is_told_and_how_many_they_are(
    house: House, subject: SubjectId
) -> None:
    house.admit(contact_email=EMAIL)
    house.admit(contact_phone=PHONE)
    act = kept(subject, contact_email=Secret("WANG.fang@mail.example"), contact_phone=PHONE)
    weighed = house.gate.weigh(*newcomer(house, act))
    assert (set(weighed.taken), weighed.holders) == ({"contact.email", "contact.phone"}, 2)


def test_two_spellings_of_one_value_have_one_mark(house: House, subject: SubjectId) -> None:
    marks = {
        house.gate.weigh(*newcomer(house, kept(subject, contact_phone=Secret(text)))).marks[
            "contact.phone"
        ]
        for text in ("+8613900002222", "139 0000 2222", "86 139-0000-2222".replace("86 ", "+86"))
    }
    assert len(marks) == 1


def test_somebody_who_is_here_is_weighed_as_they_stand(house: House) -> None:
    known = house.admit(contact_email=EMAIL)
    house.gate.weigh(Correct(subject=known, values={"contact.email": EMAIL}, purpose="account"))
    house.perform(Erase(subject=known), by=PROVED)
    with pytest.raises(Refused):
        house.gate.weigh(kept(house.gate.new_subject("CN"), contact_email=EMAIL))


# --- what an import says for others ------------------------------------------------------------


def imported(house: House, subject: SubjectId, edition: str = "") -> AcceptTerms:
    return AcceptTerms(
        subject=subject,
        edition=edition or house.gate.policy().hash,
        language="zh",
        means="imported",
        surface="CRM-7",
    )


def test_only_the_house_itself_reports_terms_accepted_elsewhere(
    house: House, subject: SubjectId
) -> None:
    house.perform(*newcomer(house, kept(subject, contact_email=EMAIL)))
    with pytest.raises(BadInput):
        house.perform(imported(house, subject), by=SUBJECT)
    with pytest.raises(BadInput):
        house.perform(house.accept(subject), by=SYSTEM)
    house.perform(imported(house, subject, "0" * 64), by=SYSTEM)
    last = house.gate.standing(subject).accepted[-1]
    assert (last.means, last.edition) == ("imported", "0" * 64)


# --- several subjects in one passage -----------------------------------------------------------


def named(house: House, company: SubjectId) -> SubjectId:
    person = house.gate.new_subject("CN")
    house.perform(
        Admit(
            subject=person,
            residence="CN",
            regimes=("cn",),
            age=AgeBand.UNKNOWN,
            subject_kind="handler",
        ),
        Verified(subject=person, fact="declared", result="verified", method="declaration"),
        kept(person, handler_email=Secret("zhao@company.example")),
        kept(company, enterprise_handler_ref=Secret(str(person))),
    )
    return person


def told(subject: SubjectId) -> Notify:
    return Notify(subject=subject, notice="n", purpose="rights", text=Secret("示例"))


def test_several_are_erased_in_one_passage_each_clean_but_for_its_own_farewell(
    house: House,
) -> None:
    company = house.admit(contact_email=EMAIL)
    person = named(house, company)
    acts = (told(person), Erase(subject=person), told(company), Erase(subject=company))
    outcome = house.perform(*acts, by=PROVED)
    assert outcome.certificate is not None
    assert outcome.certificate.complete
    certified = house.recent("erasure.certified")
    assert [entry.what["complete"] for entry in certified[:2]] == [True, True]
    house.gate.tick()
    assert {message.address.reveal() for message in house.channels["email"].sent} == {
        EMAIL.reveal(),
        "zhao@company.example",
    }


def test_a_value_about_another_person_takes_the_declaration(house: House) -> None:
    subject = house.admit(contact_email=EMAIL)
    with pytest.raises(Refused):
        house.perform(kept(subject, handler_name=Secret("赵敏")))
    house.perform(
        Verified(subject=subject, fact="declared", result="verified", method="declaration"),
        kept(subject, handler_name=Secret("赵敏")),
    )
