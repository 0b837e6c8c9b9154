"""Rights: proved first, done whole, told, and answered in time (walk 4)."""

import io
import json
import zipfile

import pytest

from tests.chapters.people import EMAIL, PRIVACY, PROVED, House
from troth.chapters.rights import Copy
from troth.model.acts import Actor, Collect, Use, Verified
from troth.model.clock import DAY, MINUTE, date
from troth.model.errors import BadInput, Erased, NotFound, NotProved, Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId

ADDRESS = Secret("北京市朝阳区 1 号")
BARELY = Actor(kind="subject", assurance=0)


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register(values={"contact.address": ADDRESS}).subject


def files(copy: Copy) -> zipfile.ZipFile:
    raw = copy.archive.reveal_raw()
    assert isinstance(raw, bytes)
    return zipfile.ZipFile(io.BytesIO(raw))


def log_a_visit(house: House, subject: SubjectId) -> None:
    """Keep one line of the network log, which a law holds for 183 days."""
    act = Collect(
        subject=subject,
        values={"usage.ip": Secret("203.0.113.7")},
        purpose="security",
        source="observed",
    )
    house.gate.perform(act)


# --- proof -----------------------------------------------------------------------------------


@pytest.mark.clause("6.3.3b", "9.7a")
@pytest.mark.parametrize("by", [Actor(kind="subject", assurance=1), Actor(kind="visitor")])
def test_nothing_is_copied_or_erased_without_a_fresh_proof(
    house: House, subject: SubjectId, by: Actor
) -> None:
    for act in (house.rights.copy, house.rights.erase):
        with pytest.raises(NotProved):
            act(subject, by=by)
    assert house.held(subject)


@pytest.mark.clause("6.1b")
def test_each_act_has_its_assurance(house: House, subject: SubjectId) -> None:
    with pytest.raises(NotProved):
        house.rights.access(subject, by=BARELY)
    assert house.rights.access(subject)


@pytest.mark.clause("9.7a")
def test_a_code_proves_one_act_of_one_subject(house: House, subject: SubjectId) -> None:
    house.deliver()
    challenge = house.rights.begin_proof(subject, "erase")
    code = Secret(house.code(house.email))
    with pytest.raises(NotProved):
        house.rights.prove(subject, "copy", challenge, code)
    assert house.rights.prove(subject, "erase", challenge, code).assurance == 2
    assert house.gate.standing(subject).facts["request/erase"].result == "verified"


# --- seeing ----------------------------------------------------------------------------------


@pytest.mark.clause("6.1a", "9.1a")
def test_access_shows_every_field_its_source_purpose_term_and_recipients(
    house: House, subject: SubjectId
) -> None:
    held = {each.field: each for each in house.rights.access(subject)}
    assert set(held) == house.held(subject)
    email = held["contact.email"]
    assert email.name["zh"] == "电子邮箱"
    assert email.purposes == ("register",)
    assert email.source == "provided"
    assert "mail-carrier" in email.recipients


@pytest.mark.clause("9.1a", "9.1c", "6.1c")
def test_a_copy_is_whole_checked_and_without_the_account_id(
    house: House, subject: SubjectId
) -> None:
    log_a_visit(house, subject)
    copy = house.rights.copy(subject, by=PROVED)
    data = json.loads(files(copy).read("data.json"))
    values = {item["field"]: item["value"] for item in data["data"]}
    assert values["contact.email"] == EMAIL.reveal()
    assert values["usage.ip"] == "203.0.113.7"
    assert "account.password" not in values
    assert {"what": "account.id", "reason": "not_obtainable"} in json.loads(
        files(copy).read("manifest.json")
    )["withheld"]
    assert any(line["kind"] == "data.exported" for line in data["trail"])


def test_a_copy_is_told_to_the_subject(house: House, subject: SubjectId) -> None:
    house.rights.copy(subject, by=PROVED)
    assert house.last(house.email).title == "您的信息副本已生成"


# --- changing --------------------------------------------------------------------------------


@pytest.mark.clause("9.2", "6.1a")
def test_a_correction_supersedes_and_is_told(house: House, subject: SubjectId) -> None:
    house.rights.correct(subject, {"contact.address": Secret("上海市徐汇区 2 号")})
    told = house.last(house.email)
    assert "通讯地址" in told.text.reveal()
    copy = json.loads(files(house.rights.copy(subject, by=PROVED)).read("data.json"))
    assert "上海市徐汇区 2 号" in json.dumps(copy, ensure_ascii=False)
    assert ADDRESS.reveal() not in json.dumps(copy, ensure_ascii=False)


@pytest.mark.clause("9.2")
def test_what_is_missing_is_completed(house: House, subject: SubjectId) -> None:
    house.rights.correct(subject, {"account.login": Secret("lina-1990")})
    assert "account.login" in house.held(subject)


@pytest.mark.clause("6.2")
def test_a_confirmed_identity_is_changed_by_support_alone(house: House, subject: SubjectId) -> None:
    house.gate.perform(Verified(subject=subject, fact="realname", result="verified", method="test"))
    with pytest.raises(Refused, match="contact support"):
        house.rights.correct(subject, {"identity.name": Secret("李四")})


@pytest.mark.parametrize("field", ["contact.email", "contact.phone", "account.password"])
def test_a_contact_changes_only_with_its_own_proof(
    house: House, subject: SubjectId, field: str
) -> None:
    with pytest.raises(BadInput):
        house.rights.correct(subject, {field: Secret("x")})


@pytest.mark.clause("9.4-5")
def test_what_is_restricted_is_only_stored(house: House, subject: SubjectId) -> None:
    house.rights.restrict(subject, ("contact.email",))
    act = Use(subject=subject, fields=("contact.email",), purpose="notify.service")
    with pytest.raises(Refused):
        house.gate.perform(act)
    house.rights.release(subject, ("contact.email",))
    house.gate.perform(act)


def test_an_objection_stops_a_purpose_and_can_be_taken_back(house: House) -> None:
    house.begin()
    subject = house.register(
        email=Secret("ann@mail.example"), phone=Secret("+33612345678"), residence="EEA"
    ).subject
    log_a_visit(house, subject)
    stats = Use(subject=subject, fields=("usage.ip",), purpose="research.stats")
    house.gate.perform(stats)
    house.rights.object(subject, "research.stats")
    with pytest.raises(Refused):
        house.gate.perform(stats)
    house.rights.lift_objection(subject, "research.stats")
    house.gate.perform(stats)


# --- ending ----------------------------------------------------------------------------------


@pytest.mark.clause("6.4b", "6.4c", "9.4-8")
def test_an_erasure_takes_everything_and_every_store_is_asked_again(
    house: House, subject: SubjectId
) -> None:
    plan = house.rights.plan(subject)
    certificate = house.rights.erase(subject, by=PROVED)
    assert plan.everything
    assert certificate.complete
    assert certificate.stores
    assert not any(certificate.stores.values())
    assert {gone.method for gone in certificate.gone} == {"shred_key"}
    assert certificate.irreversible_by - certificate.effective == 7 * DAY
    with pytest.raises(Erased):
        house.gate.inventory(subject)


@pytest.mark.clause("6.4a")
def test_the_farewell_arrives_though_the_address_is_gone(house: House, subject: SubjectId) -> None:
    house.rights.erase(subject, by=PROVED)
    told = house.last(house.email)
    assert (told.address, told.title) == (EMAIL, "您的账号已注销，信息已删除")


@pytest.mark.clause("6.4c", "9.4-5", "2.1.4b")
def test_what_a_law_holds_is_set_aside_with_its_law_and_date(
    house: House, subject: SubjectId
) -> None:
    log_a_visit(house, subject)
    plan = house.rights.plan(subject)
    (held,) = plan.held
    assert (held.field, held.hold) == ("usage.ip", "network-log")
    certificate = house.rights.erase(subject, by=PROVED)
    assert certificate.held == plan.held
    assert (certificate.complete, certificate.state) == (True, "held")
    assert house.held(subject) == {"usage.ip"}
    assert house.gate.standing(subject).life == "closed"
    with pytest.raises(Refused):
        house.gate.perform(Use(subject=subject, fields=("usage.ip",), purpose="fraud"))


def test_the_certificates_entries_can_be_proved(house: House, subject: SubjectId) -> None:
    certificate = house.rights.erase(subject, by=PROVED)
    assert certificate.proofs
    log = house.gate.regions[subject.region].log
    log.integrate(house.clock.now())
    log.checkpoint(house.clock.now())
    for entry in certificate.proofs:
        assert house.gate.prove(subject.region, entry)


@pytest.mark.clause("6.1a")
def test_a_part_can_be_erased_and_the_rest_lives_on(house: House, subject: SubjectId) -> None:
    house.rights.erase(subject, ("contact.address",), by=PROVED)
    assert "contact.address" not in house.held(subject)
    assert house.gate.standing(subject).life == "active"


# --- asking us -------------------------------------------------------------------------------


@pytest.mark.clause("9.1b", "9.7b", "9.7c", "11.2")
def test_a_request_is_received_numbered_and_due_in_thirty_days(
    house: House, subject: SubjectId
) -> None:
    number = house.rights.desk.request(subject, "explain", text=Secret("为什么？"))
    owed = house.gate.owed(subject)[number]
    assert owed.by == house.clock.now() + 30 * DAY
    told = house.last(house.email).text.reveal()
    assert number in told
    assert date(owed.by) in told
    assert "rights.request" in house.held(subject)


@pytest.mark.clause("6.3", "6.3.1", "6.3.2", "6.3.3a")
@pytest.mark.parametrize("ground", ["unlawful", "no_consent", "breach_of_agreement"])
def test_a_deletion_is_asked_for_on_one_of_three_grounds(
    house: House, subject: SubjectId, ground: str
) -> None:
    number = house.rights.desk.request(subject, "delete", ground=ground)
    assert house.gate.owed(subject)[number].what == f"delete/{ground}"
    with pytest.raises(BadInput):
        house.rights.desk.request(subject, "delete", ground="dislike")


@pytest.mark.clause("9.5b", "9.7e", "10.4b")
def test_a_refusal_names_its_ground_and_where_to_complain(house: House, subject: SubjectId) -> None:
    number = house.rights.desk.request(subject, "copy")
    house.deliver()
    with pytest.raises(BadInput):
        house.rights.desk.deny(subject, number, "too_technical", by=PRIVACY)
    house.rights.desk.deny(subject, number, "repetitive", by=PRIVACY)
    told = house.last(house.email).text.reveal()
    assert "网信" in told
    assert "无端重复" in told
    owed = house.gate.owed(subject)[number]
    assert (owed.state, owed.code) == ("denied", "repetitive")


def test_a_request_is_answered_once(house: House, subject: SubjectId) -> None:
    number = house.rights.desk.request(subject, "access")
    house.rights.desk.answer(subject, number, by=PRIVACY)
    house.troth.tick()
    assert house.gate.owed(subject)[number].state == "fulfilled"
    with pytest.raises(NotFound):
        house.rights.desk.answer(subject, number, by=PRIVACY)


@pytest.mark.clause("9.7b")
def test_what_is_due_is_named_before_it_is_late(house: House, subject: SubjectId) -> None:
    number = house.rights.desk.request(subject, "access")
    assert house.rights.desk.overdue(subject) == []
    house.clock.forward(days=25)
    assert house.rights.desk.overdue(subject, within_days=5) == [number]
    house.clock.forward(days=5, seconds=MINUTE / 1000)
    assert house.rights.desk.overdue(subject) == [number]


RESIDENTS = {
    "DE": ("ann@mail.example", "+4930123456"),
    "US-CA": ("sam@mail.example", "+12133734253"),
}


@pytest.mark.clause("9.5a", "9.6a")
@pytest.mark.parametrize("residence", sorted(RESIDENTS))
def test_residents_elsewhere_have_the_rights_of_their_law(house: House, residence: str) -> None:
    email, phone = map(Secret, RESIDENTS[residence])
    subject = house.register(email=email, phone=phone, residence=residence).subject
    regimes = set(house.gate.standing(subject).regimes)
    declared = house.gate.policy().edition.rights
    offered = {name for name, right in declared.items() if regimes & set(right.regimes)}
    assert {"access", "copy", "correct", "delete", "withdraw"} <= offered
    house.rights.correct(subject, {"contact.address": Secret("1 Main Street")})
    house.rights.restrict(subject, ("contact.address",))
    house.rights.object(subject, "improve")
    assert house.rights.access(subject)
    assert house.rights.copy(subject, by=PROVED).fields
    number = house.rights.desk.request(subject, "explain")
    assert house.gate.owed(subject)[number].by <= house.clock.now() + 31 * DAY
    assert house.rights.erase(subject, by=PROVED).complete


@pytest.mark.clause("9.6c")
def test_using_a_right_changes_nothing_about_the_service(house: House, subject: SubjectId) -> None:
    use = Use(subject=subject, fields=("contact.email",), purpose="notify.service")
    before = house.gate.ask(use)[0].effect
    house.rights.desk.request(subject, "access")
    house.rights.copy(subject, by=PROVED)
    assert house.gate.ask(use)[0].effect == before
