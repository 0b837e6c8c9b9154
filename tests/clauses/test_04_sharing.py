"""Chapter 4: nobody gets anything but on a ground that is listed, and each ground has its price."""

import itertools

import pytest

from tests.chapters.people import LEGAL, PRIVACY, PROVED, House, ticks
from troth.documents.contract import Contract
from troth.model.clock import DAY, Moment
from troth.model.errors import BadInput, Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId

FIELDS = ("contact.email",)
ABROAD = {"business_need", "impact_assessed", "standard_contract"}
GROUNDS = ("4.1.2", "4.4.1", "4.4.2", "4.4.3", "4.4.6")


def european(house: House) -> SubjectId:
    return house.register(
        email=Secret("ann@mail.example"), phone=Secret("+33612345678"), residence="FR"
    ).subject


def sign(house: House, recipient: str, purpose: str) -> None:
    at = house.clock.now()
    contract = Contract(
        reference=f"C-{recipient}",
        recipient=recipient,
        purposes=(purpose,),
        fields=("contact", "identity", "enterprise"),
        since=at,
        until=Moment(at + 90 * DAY),
    )
    house.sharing.sign(contract, by=PRIVACY)


@pytest.mark.clause("4.1", "4.2", "4.3")
def test_without_consent_or_ground_every_way_out_is_shut(house: House) -> None:
    subject = house.register().subject
    recipients = house.gate.policy().edition.recipients
    for way, recipient in itertools.product(("share", "transfer", "disclose"), recipients):
        for purpose in ("provide", "legal", "publish", "public_safety", "approved"):
            with pytest.raises(Refused):
                house.sharing.give(way, subject, recipient, FIELDS, purpose)
    assert house.sharing.register(subject) == []


@pytest.mark.clause("4.4", "4.4.1", "4.4.2", "4.4.6")
def test_a_listed_ground_opens_the_way_to_an_authority_and_no_other_word_does(
    house: House,
) -> None:
    subject = house.register().subject

    def give(ground: str, reference: str, *facts: str) -> None:
        house.sharing.give(
            "share",
            subject,
            "authority",
            FIELDS,
            "legal",
            ground=ground,
            facts=facts,
            reference=reference,
            by=LEGAL,
        )

    for ground in GROUNDS:
        with pytest.raises(Refused):
            give(ground, "paper 7", "paper")
        with pytest.raises(BadInput):
            give(ground, "", "paper", "two_approvals")
        give(ground, f"paper for {ground}", "paper", "two_approvals")
    for word in ("4.4", "4.4.8", "because", "4.4.7"):
        with pytest.raises(Refused):
            give(word, "paper 7", "paper", "two_approvals")
    assert [given.ground for given in house.sharing.register(subject)] == list(GROUNDS)


@pytest.mark.clause("4.4.5")
def test_what_a_person_made_public_is_not_relied_on_after_their_no(house: House) -> None:
    subject = european(house)
    sign(house, "partners", "provide")

    def give() -> None:
        house.sharing.give(
            "share",
            subject,
            "partners",
            FIELDS,
            "provide",
            ground="4.4.5",
            facts={"made_public", *ABROAD},
            reference="https://profile.example/ann",
        )

    give()
    assert house.sharing.register(subject)[0].ground == "4.4.5"
    house.sharing.refuse(subject, "provide", by=PROVED)
    with pytest.raises(Refused):
        give()


def test_an_affiliate_that_changes_its_purpose_gets_nothing_more(house: House) -> None:
    subject = house.register(ticks=ticks("share/affiliates/provide")).subject
    sign(house, "affiliates", "provide")
    house.consent.give(subject, ticks("export/global/provide"), shown=house.shown())
    house.sharing.give("share", subject, "affiliates", FIELDS, "provide", facts=ABROAD)
    sign(house, "affiliates", "improve")
    for purpose in ("improve", "marketing", "analytics"):
        with pytest.raises(Refused):
            house.sharing.give("share", subject, "affiliates", FIELDS, purpose, facts=ABROAD)
    assert len(house.sharing.register(subject)) == 1


@pytest.mark.clause("4.1.1", "9.3c")
def test_a_consent_that_is_taken_back_stops_the_next_handing_over(house: House) -> None:
    subject = house.register(ticks=ticks("share/partners/provide")).subject
    sign(house, "partners", "provide")
    house.sharing.give("share", subject, "partners", FIELDS, "provide")
    house.consent.withdraw(subject, "share/partners/provide")
    with pytest.raises(Refused):
        house.sharing.give("share", subject, "partners", FIELDS, "provide")
    assert len(house.sharing.register(subject)) == 1


SEVEN = frozenset(f"4.4.{number}" for number in range(1, 8))


@pytest.mark.clause("4.4")
def test_the_grounds_without_an_authorisation_are_the_seven_listed_and_each_needs_its_paper(
    house: House,
) -> None:
    edition, subject = house.gate.policy().edition, european(house)
    named = {
        ground
        for rule in edition.rules.values()
        if rule.only_if is not None
        for ground in rule.only_if.ground
    }
    assert {ground for ground in named if ground.startswith("4.4")} == SEVEN
    assert named - SEVEN == {"4.1.2", "4.3.2"}  # law and safety have clauses of their own
    for ground in SEVEN:
        with pytest.raises(BadInput) as refused:
            house.sharing.give(
                "share", subject, "authority", FIELDS, "legal", ground=ground, reference=""
            )
        assert refused.value.field == "reference"
    assert house.sharing.register(subject) == []


@pytest.mark.clause("4.3.1")
def test_what_is_taken_down_is_told_in_the_ledger_and_is_public_no_more(house: House) -> None:
    key = "disclose/public/publish"
    subject = house.register(
        values={"profile.work": Secret("welding")}, ticks=ticks("improve", key)
    ).subject
    house.sharing.give("disclose", subject, "public", ("profile.work",), "publish")
    assert house.kinds(subject)[-1] == "data.disclosed"
    house.sharing.take_down(subject, key, by=PRIVACY)
    assert (
        "consent.withdrawn" in house.kinds(subject)[house.kinds(subject).index("data.disclosed") :]
    )
    assert house.gate.standing(subject).consents[key].state == "withdrawn"
    with pytest.raises(Refused):
        house.sharing.give("disclose", subject, "public", ("profile.work",), "publish")
