"""What a subject sets aside, refuses or limits: at once, by their law, undone as easily (9.5)."""

import pytest

from tests.chapters.people import PROVED, House, ticks
from troth.chapters.rights.limits import TELL
from troth.model.acts import Collect, Share, Use
from troth.model.clock import DAY
from troth.model.errors import BadInput, ConsentMissing, Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId

ADDRESS = Secret("北京市朝阳区 1 号")
SAM = {"email": Secret("sam@mail.example"), "phone": Secret("+12133734253"), "residence": "US-CA"}
ANN = {"email": Secret("ann@mail.example"), "phone": Secret("+4930123456"), "residence": "DE"}


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register(values={"contact.address": ADDRESS}).subject


@pytest.fixture
def sam(house: House) -> SubjectId:
    """Somebody who lives in California."""
    return house.register(**SAM).subject


@pytest.fixture
def ann(house: House) -> SubjectId:
    """Somebody who lives in Germany."""
    return house.register(**ANN).subject


def visited(house: House, subject: SubjectId) -> None:
    values = {"usage.ip": Secret("203.0.113.7")}
    house.gate.perform(
        Collect(subject=subject, values=values, purpose="security", source="observed")
    )


# --- set aside -------------------------------------------------------------------------------


def test_what_signing_in_rests_on_cannot_be_set_aside(house: House, subject: SubjectId) -> None:
    offered = {each.field for each in house.rights.limits.settings(subject)}
    assert offered == {"contact.address"}


def test_what_is_set_aside_says_so_and_comes_back(house: House, subject: SubjectId) -> None:
    house.rights.restrict(subject, ("contact.address",))
    (setting,) = house.rights.limits.settings(subject)
    assert (setting.ground, setting.own) == ("request", True)
    act = Use(subject=subject, fields=("contact.address",), purpose="notify.service")
    with pytest.raises(Refused):
        house.gate.perform(act)
    house.rights.release(subject, ("contact.address",))
    assert house.rights.limits.settings(subject)[0].ground == ""
    house.gate.perform(act)


def test_what_a_law_demands_is_not_ones_own_to_undo(house: House, subject: SubjectId) -> None:
    visited(house, subject)
    house.rights.erase(subject, ("usage.ip",), by=PROVED)
    held = {each.field: each for each in house.rights.limits.settings(subject)}["usage.ip"]
    assert not held.own
    assert held.until is not None
    with pytest.raises(Refused):
        house.rights.release(subject, ("usage.ip",))


# --- refuse ----------------------------------------------------------------------------------


def test_a_purpose_that_rests_on_interests_is_refused_and_taken_up_again(
    house: House, ann: SubjectId
) -> None:
    visited(house, ann)
    stats = Use(subject=ann, fields=("usage.ip",), purpose="research.stats")
    house.gate.perform(stats)
    offered = {each.purpose: each for each in house.rights.limits.refusable(ann)}
    assert "usage.ip" in offered["research.stats"].fields
    assert offered["research.stats"].since is None
    house.rights.object(ann, "research.stats")
    again = {each.purpose: each for each in house.rights.limits.refusable(ann)}
    assert again["research.stats"].since == house.clock.now()
    with pytest.raises(Refused):
        house.gate.perform(stats)


def test_what_the_service_needs_is_not_offered_to_be_refused(house: House, ann: SubjectId) -> None:
    necessary = {
        name for name, one in house.gate.policy().edition.purposes.items() if one.necessary
    }
    for each in house.rights.limits.refusable(ann):
        assert each.purpose not in necessary or each.recipients


# --- California ------------------------------------------------------------------------------


def test_opting_out_refuses_every_purpose_that_the_law_names(house: House, sam: SubjectId) -> None:
    visited(house, sam)
    act = Use(subject=sam, fields=("usage.ip",), purpose="analytics")
    house.gate.perform(act)
    house.rights.limits.opt_out(sam)
    assert house.rights.limits.opted_out(sam)
    with pytest.raises(Refused):
        house.gate.perform(act)
    house.rights.limits.opt_in(sam)
    assert not house.rights.limits.opted_out(sam)
    house.gate.perform(act)


def test_limiting_sensitive_data_holds_for_what_comes_later_too(
    house: House, sam: SubjectId
) -> None:
    limits = house.rights.limits
    limits.limit_sensitive(sam)
    assert limits.sensitive_limited(sam)
    passport = Collect(
        subject=sam, values={"identity.passport": Secret("C01X00T47")}, purpose="realname"
    )
    with pytest.raises(Refused):
        house.gate.perform(passport)
    with pytest.raises(BadInput):
        limits.limit_sensitive(sam)
    limits.release_sensitive(sam)
    assert not limits.sensitive_limited(sam)
    house.gate.perform(passport)


def test_where_the_law_has_no_opt_out_there_is_none(house: House, subject: SubjectId) -> None:
    with pytest.raises(BadInput):
        house.rights.limits.opt_out(subject)
    assert not house.rights.limits.opted_out(subject)


def test_each_law_gives_its_own_rights(house: House, subject: SubjectId, sam: SubjectId) -> None:
    of_sam, of_subject = (house.rights.limits.rights(one) for one in (sam, subject))
    assert {"limit_sensitive", "opt_out_sale"} <= set(of_sam) - set(of_subject)
    assert {"restrict", "object"} <= set(of_subject) - set(of_sam)


# --- who has to be told ----------------------------------------------------------------------


def shared(house: House, subject: SubjectId) -> None:
    """Let a partner have the address."""
    house.troth.agree(
        "partners", reference="C-2", purposes=("approved",), fields=("contact.address",)
    )
    house.consent.give(subject, ticks("share/partners/approved"), shown=house.shown())
    act = Share(
        subject=subject,
        recipient="partners",
        fields=("contact.address",),
        purpose="approved",
        facts=frozenset({"contract"}),
    )
    house.gate.perform(act)


def tellings(house: House, subject: SubjectId) -> list[str]:
    return [each.what for each in house.gate.owed(subject).values() if each.what.startswith(TELL)]


def test_whoever_received_a_field_is_to_be_told_that_it_changed(
    house: House, subject: SubjectId
) -> None:
    shared(house, subject)
    house.rights.correct(subject, {"contact.address": Secret("上海市黄浦区 2 号")})
    assert tellings(house, subject) == [f"{TELL}/partners"]
    (owed,) = (each for each in house.gate.owed(subject).values() if each.what.startswith(TELL))
    assert owed.by == house.clock.now() + 30 * DAY
    house.rights.restrict(subject, ("contact.address",))
    house.rights.erase(subject, ("contact.address",), by=PROVED)
    assert len(tellings(house, subject)) == 3


def test_nobody_is_told_of_what_they_never_received(house: House, subject: SubjectId) -> None:
    house.rights.correct(subject, {"contact.address": Secret("上海市黄浦区 2 号")})
    assert tellings(house, subject) == []


def test_a_telling_is_no_request_of_the_subjects(house: House, subject: SubjectId) -> None:
    shared(house, subject)
    house.rights.correct(subject, {"contact.address": Secret("上海市黄浦区 2 号")})
    assert house.rights.desk.requests(subject) == []


def test_without_consent_a_partner_gets_nothing(house: House, subject: SubjectId) -> None:
    act = Share(
        subject=subject, recipient="partners", fields=("contact.address",), purpose="approved"
    )
    with pytest.raises((ConsentMissing, Refused)):
        house.gate.perform(act)


def test_an_opt_out_where_nobody_was_given_anything_tells_nobody(house: House) -> None:
    sam = house.register(residence="US-CA").subject
    house.rights.limits.opt_out(sam)
    assert tellings(house, sam) == []


def test_an_opt_out_that_is_sent_twice_is_made_once(house: House) -> None:
    sam = house.register(residence="US-CA").subject
    first = house.rights.limits.opt_out(sam, once="k1")
    again = house.rights.limits.opt_out(sam, once="k1")
    assert (again.replayed, set(again.entries) <= set(first.entries)) == (True, True)
