"""Walk 3: consent is said apart, taken back in one step, and what rested on it alone goes."""

import pytest

from tests.chapters.people import House, ticks
from troth.documents.agreement import Tick
from troth.model.acts import Collect, Use
from troth.model.errors import BadInput, ConsentMissing, NotFound, Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


def give(house: House, subject: SubjectId, *keys: str) -> None:
    house.consent.give(subject, ticks(*keys), shown=house.shown())


def use(house: House, subject: SubjectId, purpose: str) -> None:
    house.gate.perform(Use(subject=subject, fields=("contact.email",), purpose=purpose))


@pytest.mark.clause("9.3b", "9.3c", "2.1.2e", "A.2")
def test_marketing_waits_for_consent_and_stops_with_it(house: House, subject: SubjectId) -> None:
    with pytest.raises(ConsentMissing):
        use(house, subject, "marketing")
    give(house, subject, "marketing")
    use(house, subject, "marketing")
    house.consent.withdraw(subject, "marketing")
    with pytest.raises(Refused):
        use(house, subject, "marketing")


@pytest.mark.clause("9.3d")
def test_what_was_done_before_a_withdrawal_stays_in_the_ledger(
    house: House, subject: SubjectId
) -> None:
    give(house, subject, "marketing")
    use(house, subject, "marketing")
    house.consent.withdraw(subject, "marketing")
    kinds = house.kinds(subject)
    assert kinds.index("data.used") < kinds.index("consent.withdrawn")


@pytest.mark.clause("9.4-3")
def test_what_rested_on_it_alone_is_erased_and_the_rest_stays_with_its_clause(
    house: House,
) -> None:
    subject = house.register(
        ticks=ticks("improve", "marketing"), values={"profile.occupation": Secret("建筑师")}
    ).subject
    done = house.consent.withdraw(subject, "improve")
    assert done.gone == ("profile.occupation",)
    assert "profile.occupation" not in house.held(subject)
    assert house.consent.withdraw(subject, "marketing").gone == ()


@pytest.mark.clause("9.4-3")
def test_a_field_that_another_purpose_needs_stays_and_the_clause_is_named(house: House) -> None:
    subject = house.register(
        ticks=ticks("improve"), values={"identity.name": Secret("李娜")}
    ).subject
    house.gate.perform(_collect_name(subject))
    done = house.consent.withdraw(subject, "improve")
    assert done.gone == ()
    assert done.stays["identity.name"]
    assert "identity.name" in house.held(subject)


def _collect_name(subject: SubjectId) -> Collect:
    return Collect(subject=subject, values={"identity.name": Secret("李娜")}, purpose="improve")


def test_withdrawing_what_was_not_given_is_not_found(house: House, subject: SubjectId) -> None:
    with pytest.raises(NotFound):
        house.consent.withdraw(subject, "marketing")


@pytest.mark.clause("2.3b")
@pytest.mark.parametrize(
    "tick",
    [
        Tick(keys=("marketing", "improve"), ticked=True),
        Tick(keys=("marketing",), ticked=True, pre_ticked=True),
        Tick(keys=("everything",), ticked=True),
    ],
)
def test_bundled_pre_ticked_and_unknown_boxes_are_refused(
    house: House, subject: SubjectId, tick: Tick
) -> None:
    with pytest.raises(BadInput):
        house.consent.give(subject, [tick], shown=house.shown())
    assert house.gate.standing(subject).consents == {}


def test_a_no_is_remembered_and_refuses(house: House, subject: SubjectId) -> None:
    house.consent.refuse(subject, "marketing")
    with pytest.raises(Refused):
        use(house, subject, "marketing")
    assert house.gate.standing(subject).consents["marketing"].state == "refused"


@pytest.mark.clause("9.3b")
def test_every_consent_is_told_with_its_receipt(house: House, subject: SubjectId) -> None:
    house.deliver()
    give(house, subject, "marketing")
    entry = house.gate.standing(subject).consents["marketing"].entry
    told = house.last(house.email)
    assert told.title == "您的同意记录"
    receipt = house.consent.receipt(subject, "marketing")
    assert receipt.receipt_id in told.text.reveal()
    assert receipt.record_id == entry
    assert receipt.events[0].event_state == "ConsentGiven"


@pytest.mark.clause("9.3b")
def test_choices_say_what_can_be_agreed_to_and_what_was_said(
    house: House, subject: SubjectId
) -> None:
    give(house, subject, "marketing")
    choices = {choice.key: choice for choice in house.consent.choices(subject)}
    assert choices["marketing"].state == "given"
    assert choices["improve"].state == "unknown"
    assert choices["realname/identity.id_number"].sensitive
    assert all(choice.words["zh"] and choice.words["en"] for choice in choices.values())


def test_the_history_tells_every_word_in_order(house: House, subject: SubjectId) -> None:
    give(house, subject, "marketing")
    house.consent.withdraw(subject, "marketing")
    give(house, subject, "marketing")
    assert [said.state for said in house.consent.history(subject)] == [
        "given",
        "withdrawn",
        "given",
    ]


@pytest.mark.clause("2.2.6")
def test_a_use_the_person_approved_opens_just_that(house: House, subject: SubjectId) -> None:
    with pytest.raises(ConsentMissing):
        use(house, subject, "approved")
    give(house, subject, "approved")
    use(house, subject, "approved")
    with pytest.raises(ConsentMissing):
        use(house, subject, "marketing")


@pytest.mark.clause("2.2.1")
def test_refusing_everything_that_is_not_needed_stops_nothing(house: House) -> None:
    offers = house.gate.policy().offers(("cn",))
    said = [Tick(keys=(offer.key,), ticked=False) for offer in offers]
    subject = house.register(ticks=tuple(said)).subject
    for purpose in ("authenticate", "notify.service", "support"):
        use(house, subject, purpose)


# --- what it opens, what a no means ----------------------------------------------------------


def test_what_a_withdrawal_would_do_is_what_it_does(house: House) -> None:
    subject = house.register(
        ticks=ticks("improve"),
        values={"profile.occupation": Secret("建筑师"), "identity.name": Secret("李娜")},
    ).subject
    house.gate.perform(_collect_name(subject))
    would = house.consent.would(subject, "improve")
    assert would.gone == ("profile.occupation",)
    assert would.stays["identity.name"].purpose != "improve"
    assert house.consent.withdraw(subject, "improve").effect == would


def test_what_a_law_holds_is_named_with_law_and_date(house: House) -> None:
    subject = house.register(ticks=ticks("improve")).subject
    values = {"usage.query": Secret("鞋子")}
    house.gate.perform(
        Collect(subject=subject, values=values, purpose="improve", source="observed")
    )
    (held,) = house.consent.withdraw(subject, "improve").effect.held
    assert held.field == "usage.query"
    assert held.law
    assert held.until is not None
    assert held.until > house.clock.now()


def test_a_no_to_what_is_not_needed_stops_no_service(house: House) -> None:
    told = house.consent.consequence("marketing")
    assert told.services == ()
    assert told.fields == ("contact.email", "contact.phone")


@pytest.mark.parametrize("key", ["realname/identity.id_number", "share/id-authority/realname"])
def test_a_no_to_what_is_needed_names_the_services_that_wait_for_it(house: House, key: str) -> None:
    told = house.consent.consequence(key)
    assert set(told.services) == {"realname", "cloud"}
    assert "identity.id_number" in told.fields


def test_every_word_has_a_receipt_of_its_own(house: House, subject: SubjectId) -> None:
    give(house, subject, "marketing")
    house.clock.forward(days=1)
    house.consent.withdraw(subject, "marketing")
    given, withdrawn = house.consent.history(subject)
    receipts = [
        house.consent.receipt(subject, "marketing", one.entry) for one in (given, withdrawn)
    ]
    assert [one.record_id for one in receipts] == [given.entry, withdrawn.entry]
    assert [one.events[-1].event_state for one in receipts] == ["ConsentGiven", "ConsentWithdrawn"]
    with pytest.raises(NotFound):
        house.consent.receipt(subject, "improve", given.entry)
