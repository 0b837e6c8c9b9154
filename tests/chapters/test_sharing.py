"""Sharing: nobody without a ground, nothing without an agreement, all of it in the register."""

import pytest

from tests.chapters import companies
from tests.chapters.people import LEGAL, PRIVACY, House, ticks
from troth.documents.contract import Contract
from troth.model.clock import DAY, Moment
from troth.model.errors import BadInput, ConsentMissing, Refused, UnknownTerm
from troth.model.secret import Secret
from troth.model.terms import SubjectId

FIELDS = ("contact.email",)
ABROAD = {"business_need", "impact_assessed", "standard_contract"}
"""What lets data leave the mainland at all (2.4b)."""


@pytest.fixture
def subject(house: House) -> SubjectId:
    return companies.register(house).subject


def sign(
    house: House, recipient: str, *purposes: str, fields: tuple[str, ...] = ("contact",)
) -> None:
    at = house.clock.now()
    contract = Contract(
        reference=f"C-{recipient}",
        recipient=recipient,
        purposes=purposes,
        fields=fields,
        since=at,
        until=Moment(at + 30 * DAY),
    )
    house.sharing.sign(contract, by=PRIVACY)


@pytest.mark.clause("4.1")
def test_nothing_is_shared_without_consent(house: House, subject: SubjectId) -> None:
    sign(house, "partners", "provide")
    with pytest.raises(ConsentMissing):
        house.sharing.give("share", subject, "partners", FIELDS, "provide")


@pytest.mark.clause("4.1.1")
def test_a_consent_names_its_recipient_and_opens_no_other(house: House, subject: SubjectId) -> None:
    sign(house, "partners", "provide")
    sign(house, "affiliates", "provide")
    house.consent.give(subject, ticks("share/partners/provide"), shown=house.shown())
    house.sharing.give("share", subject, "partners", FIELDS, "provide")
    with pytest.raises(Refused):
        house.sharing.give("share", subject, "affiliates", FIELDS, "provide")


@pytest.mark.clause("4.1.4d")
def test_nothing_goes_out_before_an_agreement_or_after_its_end(
    house: House, subject: SubjectId
) -> None:
    def entrust() -> None:
        house.sharing.give("entrust", subject, "cloud-infra", FIELDS, "provide")

    with pytest.raises(Refused):
        entrust()
    sign(house, "cloud-infra", "provide")
    entrust()
    house.clock.forward(days=30)
    with pytest.raises(Refused):
        entrust()


@pytest.mark.clause("4.1.4a")
@pytest.mark.parametrize(
    ("fields", "purpose"), [(("enterprise.name",), "provide"), (FIELDS, "support")]
)
def test_an_agreement_covers_its_fields_and_purposes_only(
    house: House, subject: SubjectId, fields: tuple[str, ...], purpose: str
) -> None:
    sign(house, "cloud-infra", "provide")
    with pytest.raises(Refused):
        house.sharing.give("entrust", subject, "cloud-infra", fields, purpose)


def test_nobody_can_claim_an_agreement(house: House, subject: SubjectId) -> None:
    with pytest.raises(Refused):
        house.sharing.give("entrust", subject, "cloud-infra", FIELDS, "provide", facts={"contract"})


def test_an_agreement_can_be_ended_early(house: House, subject: SubjectId) -> None:
    sign(house, "cloud-infra", "provide")
    assert house.sharing.end_contract("C-cloud-infra")
    assert not house.sharing.end_contract("C-cloud-infra")
    with pytest.raises(Refused):
        house.sharing.give("entrust", subject, "cloud-infra", FIELDS, "provide")


def test_an_agreement_is_with_a_declared_recipient_and_covers_something(house: House) -> None:
    with pytest.raises(UnknownTerm):
        sign(house, "friends", "provide")
    with pytest.raises(BadInput):
        sign(house, "cloud-infra")
    assert house.sharing.contracts() == []


@pytest.mark.clause("4.1.4d")
def test_a_signature_stands_in_the_ledger(house: House) -> None:
    sign(house, "cloud-infra", "provide")
    (entry,) = house.recent("house.event", "global")
    assert entry.what["event"] == "contract.signed"


@pytest.mark.clause("4.4")
def test_an_authority_needs_ground_paper_and_two_approvals(
    house: House, subject: SubjectId
) -> None:
    facts = {"paper", "two_approvals"}

    def give(ground: str, facts: set[str], reference: str = "doc-9") -> None:
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

    for ground, known in (("", facts), ("4.4.3", {"paper"}), ("4.4.9", facts)):
        with pytest.raises(Refused):
            give(ground, known)
    with pytest.raises(BadInput):
        give("4.4.3", facts, reference="")
    give("4.4.3", facts)
    (given,) = house.sharing.register(subject)
    assert (given.ground, given.reference) == ("4.4.3", "doc-9")


def test_an_authority_abroad_waits_for_the_mainlands_approval(
    house: House, subject: SubjectId
) -> None:
    with pytest.raises(Refused):
        house.sharing.give(
            "share",
            subject,
            "authority-abroad",
            FIELDS,
            "legal",
            ground="4.1.2",
            facts={"paper", "two_approvals"},
            reference="doc-9",
        )


@pytest.mark.clause("4.4.4")
def test_after_an_emergency_the_subject_is_owed_the_news(house: House, subject: SubjectId) -> None:
    house.sharing.give(
        "share",
        subject,
        "authority",
        FIELDS,
        "public_safety",
        ground="4.4.4",
        facts={"consent_out_of_reach"},
        reference="case-1",
    )
    (owed,) = house.gate.owed(subject).values()
    assert owed.what == "tell_after_emergency"


@pytest.mark.clause("4.2")
@pytest.mark.parametrize("facts", [set(), {"bound_by_policy"}, {"told"}])
def test_a_successor_has_to_be_bound_and_told_of(
    house: House, subject: SubjectId, facts: set[str]
) -> None:
    house.consent.give(subject, ticks("export/global/provide"), shown=house.shown())

    def transfer(known: set[str]) -> None:
        house.sharing.give("transfer", subject, "successor", FIELDS, "provide", facts=known)

    with pytest.raises(Refused):
        transfer(ABROAD | facts)
    transfer(ABROAD | {"bound_by_policy", "told"})
    assert house.sharing.register(subject)[0].way == "transfer"


@pytest.mark.clause("4.2.1")
def test_a_consent_to_share_is_no_consent_to_transfer(house: House) -> None:
    email, phone = Secret("ann@mail.example"), Secret("+33612345678")
    subject = house.register(email=email, phone=phone, residence="DE").subject

    def transfer() -> None:
        house.sharing.give("transfer", subject, "successor", FIELDS, "approved", facts=ABROAD)

    house.consent.give(subject, ticks("share/partners/approved"), shown=house.shown())
    with pytest.raises(ConsentMissing):
        transfer()
    house.consent.give(subject, ticks("transfer/successor/approved"), shown=house.shown())
    transfer()


@pytest.mark.clause("4.3.2")
def test_a_publication_for_safety_needs_reason_approval_and_end(
    house: House, subject: SubjectId
) -> None:
    facts = {"reason", "approved", "until"}

    def publish(known: set[str]) -> None:
        house.sharing.give(
            "disclose",
            subject,
            "public",
            ("enterprise.name",),
            "public_safety",
            ground="4.3.2",
            facts=known,
            reference="decision-3",
        )

    for missing in facts:
        with pytest.raises(Refused):
            publish(facts - {missing})
    publish(facts)


@pytest.mark.clause("4.1.3a")
def test_an_affiliate_gets_only_what_the_service_needs(house: House, subject: SubjectId) -> None:
    sign(house, "affiliates", "provide", "support", fields=("*",))
    keys = ("share/affiliates/provide", "export/global/provide")
    house.consent.give(subject, ticks(*keys), shown=house.shown())
    facts = {"business_need", "impact_assessed", "standard_contract"}

    def give(fields: tuple[str, ...], purpose: str) -> None:
        house.sharing.give("share", subject, "affiliates", fields, purpose, facts=facts)

    give(FIELDS, "provide")
    for fields, purpose in ((("account.password",), "provide"), (FIELDS, "support")):
        with pytest.raises(Refused):
            give(fields, purpose)


@pytest.mark.clause("4.1.4c")
def test_every_recipient_is_published_with_its_kind_and_service(house: House) -> None:
    recipients = house.gate.policy().edition.recipients
    for recipient in recipients.values():
        assert recipient.kind
        assert recipient.words["zh"]
        if recipient.kind in ("supplier", "service_provider", "partner"):
            assert recipient.service in ("authentication", "basic_technical", "consulting")


@pytest.mark.clause("4.4.1", "4.4.2", "4.4.6")
@pytest.mark.parametrize("ground", ["4.4.1", "4.4.2", "4.4.3", "4.4.6"])
def test_each_listed_ground_opens_the_way_to_an_authority_with_its_paper(
    house: House, subject: SubjectId, ground: str
) -> None:
    house.sharing.give(
        "share",
        subject,
        "authority",
        FIELDS,
        "legal",
        ground=ground,
        facts={"paper", "two_approvals"},
        reference="doc-9",
        by=LEGAL,
    )
    assert house.sharing.register(subject)[0].ground == ground


@pytest.mark.clause("4.3", "4.3.1")
def test_publication_is_chosen_and_can_be_taken_back(house: House, subject: SubjectId) -> None:
    key = "disclose/public/publish"
    with pytest.raises(ConsentMissing):
        house.sharing.give("disclose", subject, "public", ("enterprise.name",), "publish")
    house.consent.give(subject, ticks(key), shown=house.shown())
    house.sharing.give("disclose", subject, "public", ("enterprise.name",), "publish")
    house.sharing.take_down(subject, key, by=PRIVACY)
    with pytest.raises(Refused):
        house.sharing.give("disclose", subject, "public", ("enterprise.name",), "publish")


@pytest.mark.clause("9.6b")
@pytest.mark.parametrize("purpose", ["marketing", "analytics"])
def test_nothing_is_shared_for_advertising(house: House, subject: SubjectId, purpose: str) -> None:
    sign(house, "partners", purpose)
    with pytest.raises(Refused):
        house.sharing.give("share", subject, "partners", FIELDS, purpose)


def test_the_register_names_recipients_in_words(house: House, subject: SubjectId) -> None:
    sign(house, "cloud-infra", "provide")
    house.sharing.give("entrust", subject, "cloud-infra", FIELDS, "provide")
    (given,) = house.sharing.register(subject)
    assert given.words["zh"] == "境内基础设施供应商"
    assert (given.way, given.fields) == ("entrust", FIELDS)
