"""Applications are recipients: asked about, judged at each telling, recorded, taken back."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from tests.chapters.people import EMAIL, PASSWORD, PRIVACY, PROVED, House
from tests.chapters.shop import ABROAD, BACK, Shop, person, session_token, verify
from troth.chapters.applications.judging import Judging
from troth.model.acts import SYSTEM, ConsentGiven, ConsentWithdrawn, Hold, Restrict
from troth.model.clock import DAY, MINUTE
from troth.model.errors import (
    BadInput,
    ConsentMissing,
    NotFound,
    NotProved,
    Refused,
    UnknownTerm,
)
from troth.model.secret import Secret
from troth.model.terms import AgeBand, Region, SubjectId

KEY = "share/affiliates-cn/sign_in"


@pytest.fixture
def shop(house: House) -> Shop:
    """Return an application of an affiliate in the mainland, its agreement signed."""
    return Shop(house)


@pytest.fixture
def who(house: House) -> SubjectId:
    """Return somebody in China whose e-mail address and phone are held."""
    return person(house, contact_email="li@mail.example", contact_phone="+8613900007777")


def last(house: House, who: SubjectId, kind: str) -> dict[str, object]:
    """Return what the ledger says of the last entry of a kind about somebody."""
    return [entry.what for entry in house.gate.trail(who) if entry.kind == kind][-1]


def events(house: House, who: SubjectId) -> list[object]:
    return [entry.what["event"] for entry in house.gate.trail(who) if entry.kind == "house.event"]


# --- being entered -----------------------------------------------------------------------------


def test_an_application_names_a_recipient_that_a_rule_lets_be_given_something(
    house: House,
) -> None:
    for recipient in ("nobody", "cloud-infra", "authority"):
        with pytest.raises(UnknownTerm):
            Shop(house, recipient=recipient, signed=False)
    with pytest.raises(UnknownTerm):
        Shop(house, purpose="marketing", signed=False)


def test_entering_and_ending_stand_in_the_ledger(house: House, shop: Shop) -> None:
    shop.all.renew(shop.made.id)
    shop.all.end(shop.made.id)
    told = [
        entry.what
        for entry in house.recent("house.event", "global")
        if entry.what.get("application") == shop.made.id
    ]
    assert {what["event"] for what in told} == {
        "application.entered",
        "application.renewed",
        "application.ended",
    }
    assert all(what["recipient"] == "affiliates-cn" for what in told)


# --- what has to be there first ----------------------------------------------------------------


@pytest.mark.clause("4.1.4d")
def test_nothing_flows_before_an_agreement_is_in_force_or_after(
    house: House, who: SubjectId
) -> None:
    shop = Shop(house, signed=False)
    with pytest.raises(Refused) as refused:
        shop.question(who)
    assert "4.1.4d" in refused.value.clause
    assert last(house, who, "use.denied")["code"] == "no_contract"
    shop.sign(days=1)
    assert shop.question(who).keys == (KEY,)
    house.clock.forward(days=1)
    with pytest.raises(Refused):
        shop.question(who)


def test_an_agreement_that_is_ended_ends_what_was_handed_out(
    house: House, shop: Shop, who: SubjectId
) -> None:
    told = shop.sign_in(who, "email", "offline_access")
    house.sharing.end_contract("C-affiliates-cn")
    with pytest.raises(NotProved):
        shop.all.claims(told.access)
    with pytest.raises(Refused):
        shop.question(who)


def test_an_agreement_that_leaves_a_field_out_lets_nothing_of_it_flow(
    house: House, who: SubjectId
) -> None:
    shop = Shop(house, signed=False)
    house.troth.agree(
        "affiliates-cn", reference="C-9", purposes=("sign_in",), fields=("account.pairwise",)
    )
    assert shop.question(who, "openid", "email").boxes == ()
    other = Shop(house, recipient="partners", sector="other.example", signed=False)
    house.troth.agree("partners", reference="C-8", purposes=("provide",), fields=("*",))
    with pytest.raises(Refused):
        other.question(who)


@pytest.mark.parametrize("residence", ["CN", "EEA", "US-CA", "US"])
def test_everybody_is_asked_wherever_they_live(house: House, residence: str) -> None:
    shop = Shop(house, recipient="partners" if residence != "EEA" else "affiliates", facts=ABROAD)
    question = shop.question(person(house, residence=residence))
    assert not question.settled
    assert f"share/{shop.made.recipient}/sign_in" in question.keys


def test_data_of_the_mainland_does_not_leave_it_unless_that_was_prepared(
    house: House, who: SubjectId
) -> None:
    abroad = Shop(house, recipient="affiliates")
    with pytest.raises(Refused) as refused:
        abroad.question(who)
    assert "2.4b" in refused.value.clause


def test_once_prepared_leaving_the_mainland_takes_a_consent_of_its_own(
    house: House, who: SubjectId
) -> None:
    abroad = Shop(house, recipient="affiliates", facts=ABROAD)
    question = abroad.question(who)
    export = "export/global/sign_in"
    assert set(question.keys) == {"share/affiliates/sign_in", export}
    shown = house.shown()
    with pytest.raises(BadInput) as refused:
        abroad.all.agree(who, question, ticked=(), keys=("share/affiliates/sign_in",), shown=shown)
    assert refused.value.field == export
    assert abroad.all.mine(who) == []
    told = abroad.sign_in(who)
    assert told.sub


def test_nobody_can_claim_an_agreement(house: House, who: SubjectId) -> None:
    shop = Shop(house, signed=False, facts=("contract",))
    with pytest.raises(Refused):
        shop.question(who)


@pytest.mark.parametrize("age", [AgeBand.MINOR, AgeBand.CHILD])
def test_minors_are_not_signed_in_elsewhere(house: House, shop: Shop, age: AgeBand) -> None:
    who = person(house)
    rooms = house.gate.regions[who.region]
    standing = replace(rooms.standings.read(rooms.vault.handle(who).who), age=age)
    rooms.store.transact(lambda tx: rooms.standings.save(tx, standing))
    with pytest.raises(Refused):
        shop.question(who)


# --- asking ------------------------------------------------------------------------------------


def test_each_thing_has_a_box_and_what_is_not_held_has_none(
    house: House, shop: Shop, who: SubjectId
) -> None:
    question = shop.question(who)
    assert question.boxes == ("email", "phone", "realname", "offline_access")
    assert question.granted == ()
    assert shop.question(who, "openid", "email").boxes == ("email",)
    assert shop.question(who, "openid").boxes == ()


def test_an_application_gets_no_more_than_it_was_entered_for(house: House, who: SubjectId) -> None:
    shop = Shop(house, scopes=("openid", "email"))
    shop.agree(who, "email", "phone", scopes=("openid", "email", "phone"))
    assert shop.all.mine(who)[0].grant.scopes == ("openid", "email")


def test_agreeing_gives_the_consent_with_a_receipt_and_is_recorded(
    house: House, shop: Shop, who: SubjectId
) -> None:
    shop.agree(who, "email")
    consent = last(house, who, "consent.given")
    assert (consent["to"], consent["notice"]) == (KEY, f"application/{shop.made.id}")
    assert "application.connected" in events(house, who)
    assert last(house, who, "notice.queued")["notice"] == "consent_receipt"


def test_what_was_declined_is_not_asked_for_again(shop: Shop, who: SubjectId) -> None:
    shop.agree(who, "email")
    question = shop.question(who)
    assert question.settled
    assert question.granted == ("email",)
    assert shop.all.mine(who)[0].grant.declined == ("phone", "realname", "offline_access")


def test_everything_is_asked_again_when_that_is_wanted(shop: Shop, who: SubjectId) -> None:
    shop.agree(who, "email")
    question = shop.question(who, again=True)
    assert not question.settled
    assert "email" in question.boxes
    shop.all.agree(who, question, ticked=("phone",), keys=(), shown=shop.house.shown())
    assert shop.all.mine(who)[0].grant.scopes == ("openid", "phone")


def test_a_no_leaves_every_consent_as_it_was(house: House, shop: Shop, who: SubjectId) -> None:
    shop.agree(who, "email")
    shop.all.decline(who, shop.made)
    assert house.gate.standing(who).consents_to(KEY, house.clock.now())
    assert events(house, who)[-1] == "application.declined"


def test_whoever_took_the_consent_back_is_asked_anew(
    house: House, shop: Shop, who: SubjectId
) -> None:
    shop.agree(who, "email")
    house.consent.withdraw(who, KEY)
    question = shop.question(who)
    assert not question.settled
    assert question.keys == (KEY,)
    assert shop.sign_in(who).sub


def test_no_code_is_made_for_somebody_who_was_not_asked(shop: Shop, who: SubjectId) -> None:
    with pytest.raises(ConsentMissing):
        shop.code(who, shop.session(who))


@pytest.mark.clause("4.1.1")
def test_a_consent_for_one_recipient_does_not_open_another(
    house: House, shop: Shop, who: SubjectId
) -> None:
    other = Shop(house, recipient="partners", sector="other.example", redirects=(BACK,))
    shop.agree(who, "email")
    assert not other.question(who).settled
    assert other.question(who).keys == ("share/partners/sign_in",)
    with pytest.raises(ConsentMissing):
        other.code(who, shop.session(who))


def test_a_yes_to_one_application_is_none_to_another_of_the_same_recipient(
    house: House, shop: Shop, who: SubjectId
) -> None:
    other = Shop(house)
    shop.agree(who, "email")
    question = other.question(who)
    assert (question.settled, question.keys) == (False, ())
    with pytest.raises(ConsentMissing):
        other.code(who, shop.session(who))


# --- a code, and what it is exchanged for ------------------------------------------------------


def test_who_somebody_is_is_told_as_a_share_and_recorded_first(
    house: House, shop: Shop, who: SubjectId
) -> None:
    told = shop.sign_in(who, "email")
    entry = [each for each in house.gate.trail(who) if each.kind == "data.shared"][-1]
    assert entry.by == f"service:{shop.made.id}"
    assert entry.what["fields"] == ["account.pairwise"]
    assert entry.what["recipient"] == "affiliates-cn"
    assert entry.what["reference"] == shop.made.id
    assert {"4.1.1", "4.1.3a"} <= set(entry.clauses)
    assert told.nonce == "n"
    assert told.proved.means == ("pwd",)


def test_nothing_personal_stands_in_what_is_recorded(
    house: House, shop: Shop, who: SubjectId
) -> None:
    told = shop.sign_in(who, "email")
    shop.all.claims(told.access)
    trail = repr([entry.what for entry in house.gate.trail(who)])
    assert "li@mail.example" not in trail
    assert told.sub not in trail


def test_two_applications_know_somebody_by_different_names(
    house: House, shop: Shop, who: SubjectId
) -> None:
    other = Shop(house, sector="other.example")
    names = {shop.sign_in(who).sub, other.sign_in(who).sub}
    assert len(names) == 2
    assert not any(who in name for name in names)
    assert shop.all.name_of(who, shop.made) in names


def test_a_code_that_is_tried_twice_ends_what_the_first_try_began(
    shop: Shop, who: SubjectId
) -> None:
    shop.agree(who, "email")
    code = shop.code(who, shop.session(who))
    told = shop.exchange(code)
    with pytest.raises(NotProved):
        shop.exchange(code)
    with pytest.raises(NotProved):
        shop.all.claims(told.access)


@pytest.mark.parametrize(
    "changed", [{"verifier": "x" * 43}, {"redirect": f"{BACK}/other"}, {"redirect": ""}]
)
def test_a_code_is_good_for_whoever_it_was_made_for_and_for_one_try(
    shop: Shop, who: SubjectId, changed: dict[str, str]
) -> None:
    shop.agree(who)
    code = shop.code(who, shop.session(who))
    with pytest.raises(NotProved):
        shop.exchange(code, **changed)
    with pytest.raises(NotProved):
        shop.exchange(code)


def test_a_code_of_one_application_is_nothing_to_another(
    house: House, shop: Shop, who: SubjectId
) -> None:
    other = Shop(house)
    shop.agree(who)
    code = shop.code(who, shop.session(who))
    with pytest.raises(NotProved):
        other.exchange(code)
    with pytest.raises(NotProved):
        shop.exchange(code)


def test_a_code_dies_with_its_minute_and_with_its_session(
    house: House, shop: Shop, who: SubjectId
) -> None:
    shop.agree(who)
    late = shop.code(who, shop.session(who))
    house.clock.forward(seconds=60)
    with pytest.raises(NotProved):
        shop.exchange(late)
    token = session_token(house, who)
    session, _ = house.accounts.who(token)
    code = shop.code(who, session)
    house.accounts.sign_out(token)
    with pytest.raises(NotProved):
        shop.exchange(code)


def test_without_the_wish_to_stay_there_is_no_refresh_token(shop: Shop, who: SubjectId) -> None:
    assert shop.sign_in(who, "email").refresh is None
    shop.all.revoke(who, shop.made.id)
    assert shop.sign_in(who, "offline_access").refresh is not None


# --- staying signed in -------------------------------------------------------------------------


def test_a_refresh_token_gives_another_and_a_fresh_access_token(shop: Shop, who: SubjectId) -> None:
    first = shop.sign_in(who, "email", "offline_access")
    assert first.refresh
    second = shop.all.refresh(shop.made, first.refresh)
    assert second.refresh
    assert second.sub == first.sub
    assert shop.all.claims(second.access).values.keys() == {"contact.email"}
    assert shop.all.refresh(shop.made, second.refresh).session == first.session


def test_a_stolen_refresh_token_ends_it_for_thief_and_owner(shop: Shop, who: SubjectId) -> None:
    first = shop.sign_in(who, "offline_access")
    assert first.refresh
    second = shop.all.refresh(shop.made, first.refresh)
    assert second.refresh
    for given in (first.refresh, second.refresh):
        with pytest.raises(NotProved):
            shop.all.refresh(shop.made, given)
    with pytest.raises(NotProved):
        shop.all.claims(second.access)


def test_a_refresh_token_of_another_application_ends_it_too(
    house: House, shop: Shop, who: SubjectId
) -> None:
    told = shop.sign_in(who, "offline_access")
    assert told.refresh
    with pytest.raises(NotProved):
        Shop(house).all.refresh(Shop(house).made, told.refresh)
    with pytest.raises(NotProved):
        shop.all.refresh(shop.made, told.refresh)


def test_it_slides_a_week_at_a_time_and_ends_after_thirty_days(
    house: House, shop: Shop, who: SubjectId
) -> None:
    told = shop.sign_in(who, "offline_access")
    for _ in range(4):
        house.clock.forward(days=6.9)
        assert told.refresh
        told = shop.all.refresh(shop.made, told.refresh)
    house.clock.forward(days=2.5)
    assert told.refresh
    with pytest.raises(NotProved):
        shop.all.refresh(shop.made, told.refresh)


def test_scopes_can_be_narrowed_and_never_widened(shop: Shop, who: SubjectId) -> None:
    told = shop.sign_in(who, "email", "offline_access")
    assert told.refresh
    with pytest.raises(BadInput):
        shop.all.refresh(shop.made, told.refresh, ("openid", "phone"))
    narrow = shop.all.refresh(shop.made, told.refresh, ("openid",))
    assert shop.all.claims(narrow.access).values == {}


def test_an_access_token_lasts_ten_minutes(house: House, shop: Shop, who: SubjectId) -> None:
    told = shop.sign_in(who, "email")
    assert told.lasts == 600
    house.clock.forward(seconds=599)
    shop.all.claims(told.access)
    house.clock.forward(seconds=1)
    with pytest.raises(NotProved):
        shop.all.claims(told.access)


def test_a_token_that_is_given_back_is_void(shop: Shop, who: SubjectId) -> None:
    told = shop.sign_in(who, "offline_access")
    assert told.refresh
    shop.all.give_up(shop.made, told.access)
    with pytest.raises(NotProved):
        shop.all.claims(told.access)
    shop.all.give_up(shop.made, Secret("unknown"))
    shop.all.give_up(shop.made, told.refresh)
    with pytest.raises(NotProved):
        shop.all.refresh(shop.made, told.refresh)


def test_nobody_gives_back_what_is_anothers(house: House, shop: Shop, who: SubjectId) -> None:
    told = shop.sign_in(who, "offline_access")
    assert told.refresh
    other = Shop(house)
    other.all.give_up(other.made, told.refresh)
    other.all.give_up(other.made, told.access)
    assert shop.all.refresh(shop.made, told.refresh)


# --- what it learns ----------------------------------------------------------------------------


def test_it_learns_what_was_ticked_and_whether_that_is_proved(
    house: House, shop: Shop, who: SubjectId
) -> None:
    verify(house, who, "contact.email")
    claims = shop.all.claims(shop.sign_in(who, "email", "phone").access)
    assert claims.values["contact.email"].reveal() == "li@mail.example"
    assert claims.proved == {"contact.email": True, "contact.phone": False}
    assert claims.confirmed is None
    shared = last(house, who, "data.shared")["fields"]
    assert shared == ["account.pairwise", "contact.email", "contact.phone"]
    assert last(house, who, "data.used")["purpose"] == "sign_in"


def test_it_learns_whether_an_identity_is_confirmed_and_never_the_number(
    house: House, shop: Shop
) -> None:
    who = person(house, "realname/identity.id_number", identity_id_number="110105199003071802")
    before = shop.all.claims(shop.sign_in(who, "realname").access)
    assert (before.confirmed, before.level, before.values) == (False, "", {})
    verify(house, who, "realname", method="bridge/person_2")
    after = shop.all.claims(shop.sign_in(who, "realname").access)
    assert (after.confirmed, after.level, after.values) == (True, "bridge/person_2", {})


def test_a_field_that_is_restricted_is_left_out(house: House, shop: Shop, who: SubjectId) -> None:
    told = shop.sign_in(who, "email", "phone")
    house.gate.perform(Restrict(subject=who, fields=("contact.email",)), by=PROVED)
    assert shop.all.claims(told.access).values.keys() == {"contact.phone"}


def test_a_restricted_account_is_not_told_of(house: House, shop: Shop, who: SubjectId) -> None:
    told = shop.sign_in(who, "email")
    house.gate.perform(Restrict(subject=who), by=PROVED)
    with pytest.raises(NotProved):
        shop.all.claims(told.access)
    with pytest.raises(Refused):
        shop.question(who)


def test_a_processor_is_entrusted(house: House, who: SubjectId) -> None:
    shop = Shop(house)
    judging = Judging(house.gate, house.troth.contracts)
    processor = replace(shop.made, recipient="cloud-infra", purpose="provide")
    act = judging.giving(who, processor, ("contact.email",))
    assert act.kind == "data.entrusted"
    assert judging.giving(who, shop.made, ("contact.email",)).kind == "data.shared"


# --- taking back -------------------------------------------------------------------------------


def test_a_person_sees_what_each_application_may_learn(
    house: House, shop: Shop, who: SubjectId
) -> None:
    told = shop.sign_in(who, "email", "offline_access")
    (mine,) = shop.all.mine(who)
    assert mine.application.name == "Shop"
    assert mine.fields == ("account.pairwise", "contact.email")
    assert [one.lasting for one in mine.sign_ins] == [True]
    assert mine.open
    house.sharing.end_contract("C-affiliates-cn")
    assert not shop.all.mine(who)[0].open
    assert told.sub


def test_disconnecting_ends_everything_at_once(house: House, shop: Shop, who: SubjectId) -> None:
    told = shop.sign_in(who, "email", "offline_access")
    assert told.refresh
    shop.all.revoke(who, shop.made.id)
    with pytest.raises(NotProved):
        shop.all.claims(told.access)
    with pytest.raises(NotProved):
        shop.all.refresh(shop.made, told.refresh)
    assert shop.all.mine(who) == []
    assert not house.gate.standing(who).consents_to(KEY, house.clock.now())
    assert events(house, who)[-1] == "application.disconnected"
    with pytest.raises(NotFound):
        shop.all.revoke(who, shop.made.id)


def test_a_consent_stays_while_another_application_rests_on_it(
    house: House, shop: Shop, who: SubjectId
) -> None:
    other = Shop(house)
    shop.sign_in(who)
    told = other.sign_in(who, "email")
    shop.all.revoke(who, shop.made.id)
    assert house.gate.standing(who).consents_to(KEY, house.clock.now())
    assert other.all.claims(told.access).values
    other.all.revoke(who, other.made.id)
    assert not house.gate.standing(who).consents_to(KEY, house.clock.now())


def test_the_consent_to_leave_the_country_goes_with_the_last_application_abroad(
    house: House, who: SubjectId
) -> None:
    one, other = (Shop(house, recipient="affiliates", facts=ABROAD) for _ in range(2))
    export = "export/global/sign_in"
    one.sign_in(who)
    other.sign_in(who)
    one.all.revoke(who, one.made.id)
    assert house.gate.standing(who).consents_to(export, house.clock.now())
    one.all.revoke(who, other.made.id)
    assert not house.gate.standing(who).consents_to(export, house.clock.now())


def test_taking_the_consent_back_stops_the_next_telling(
    house: House, shop: Shop, who: SubjectId
) -> None:
    told = shop.sign_in(who, "email", "offline_access")
    assert told.refresh
    house.gate.perform(ConsentWithdrawn(subject=who, to=KEY))
    with pytest.raises(NotProved):
        shop.all.refresh(shop.made, told.refresh)
    with pytest.raises(NotProved):
        shop.all.claims(told.access)


def test_an_ended_application_is_told_nothing_more(
    house: House, shop: Shop, who: SubjectId
) -> None:
    told = shop.sign_in(who, "email", "offline_access")
    shop.all.end(shop.made.id)
    with pytest.raises(NotProved):
        shop.all.claims(told.access)
    with pytest.raises(NotFound):
        shop.all.one(shop.made.id)
    assert shop.all.mine(who)[0].open is False
    shop.all.revoke(who, shop.made.id)


def test_a_recipient_that_the_policy_drops_is_told_nothing_more(
    house: House, shop: Shop, who: SubjectId
) -> None:
    told = shop.sign_in(who, "email")
    source = house.gate.source(house.gate.policy().hash)
    # An edition from which the recipient is gone: its name stands for another from now on.
    changed = source.replace("affiliates-cn", "kinsfolk-cn").replace(
        'edition: "2023-05-31"\n  effective: 2023-05-31',
        'edition: "2026-11-23"\n  effective: 2026-11-23',
    )
    house.troth.publish(changed)
    house.clock.forward(days=1.1)
    assert shop.all.mine(who)[0].open is False
    for refused in (lambda: shop.question(who), lambda: shop.code(who, shop.session(who))):
        with pytest.raises(Refused):
            refused()
    with pytest.raises(NotProved):
        shop.all.claims(told.access)
    shop.all.revoke(who, shop.made.id)


# --- what a sign-in rests on -------------------------------------------------------------------


End = Callable[[House, SubjectId, Secret], object]
ENDS: dict[str, End] = {
    "signing out": lambda house, _, token: house.accounts.sign_out(token),
    "signing out everywhere": lambda house, _, token: house.accounts.sign_out_everywhere(token),
    "an idle half hour": lambda house, _, __: house.clock.forward(seconds=31 * 60),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_sign_in_ends_with_its_session(
    house: House, shop: Shop, who: SubjectId, end: str
) -> None:
    token = session_token(house, who)
    told = shop.sign_in(who, "email", session=house.accounts.who(token)[0])
    ENDS[end](house, who, token)
    with pytest.raises(NotProved):
        shop.all.claims(told.access)


def test_one_that_was_to_last_outlives_its_session(
    house: House, shop: Shop, who: SubjectId
) -> None:
    token = session_token(house, who)
    told = shop.sign_in(who, "email", "offline_access", session=house.accounts.who(token)[0])
    assert told.refresh
    house.accounts.sign_out(token)
    assert shop.all.claims(shop.all.refresh(shop.made, told.refresh).access).values


def test_stepping_up_carries_it_on(house: House, shop: Shop, who: SubjectId) -> None:
    token = session_token(house, who)
    told = shop.sign_in(who, "email", session=house.accounts.who(token)[0])
    stepped = house.troth.proof.sessions.step_up(token, at=house.clock.now())
    assert shop.all.claims(told.access).values
    house.accounts.sign_out(stepped)
    with pytest.raises(NotProved):
        shop.all.claims(told.access)


@pytest.mark.parametrize("all_of_them", [True, False])
def test_what_ends_every_other_session_ends_the_lasting_ones(
    house: House, shop: Shop, who: SubjectId, all_of_them: bool
) -> None:
    told = shop.sign_in(who, "offline_access")
    assert told.refresh
    sessions = house.troth.proof.sessions
    if all_of_them:
        sessions.end_all(who)
    else:
        sessions.end_others(who, shop.session(who).id)
    with pytest.raises(NotProved):
        shop.all.refresh(shop.made, told.refresh)


@pytest.mark.parametrize("how", ["changed", "recovered"])
def test_another_password_ends_everything_that_rests_on_the_old_one(
    house: House, shop: Shop, how: str
) -> None:
    welcome, new = house.register(), Secret("marble orchard under a bridge")
    session, _ = house.accounts.who(welcome.token)
    told = shop.sign_in(welcome.subject, "email", "offline_access", session=session)
    assert told.refresh
    if how == "changed":
        house.accounts.change_password(welcome.token, PASSWORD, new, new)
    else:
        challenge = house.accounts.begin_recovery(EMAIL)
        code = Secret(house.code(house.email))
        house.accounts.recover(EMAIL, challenge, code, new, new)
    for refused in (
        lambda: shop.all.refresh(shop.made, told.refresh),
        lambda: shop.all.claims(told.access),
    ):
        with pytest.raises(NotProved):
            refused()
    assert words(shop) == [(shop.made.id, told.sub)]
    assert shop.all.mine(welcome.subject)[0].grant.scopes == (
        "openid",
        "email",
        "offline_access",
    )


def test_by_what_somebody_proved_themselves_is_told(house: House, shop: Shop) -> None:
    opened = house.register().token
    assert house.accounts.who(opened)[0].means == ("pwd", "otp")
    token = house.accounts.sign_in(EMAIL, PASSWORD).token
    session, _ = house.accounts.who(token)
    stepped, _ = house.accounts.who(house.accounts.step_up(token, PASSWORD))
    assert session.means == stepped.means == ("pwd",)
    told = shop.sign_in(session.subject, session=stepped)
    assert told.session


def test_an_erasure_takes_everything_and_its_name_leads_to_nobody(
    house: House, shop: Shop, who: SubjectId
) -> None:
    told = shop.sign_in(who, "email", "offline_access")
    assert told.refresh
    house.rights.erase(who, by=PROVED)
    store = house.gate.regions[Region("cn")].store
    for table in ("grants", "sign_ins", "passes"):
        rows = store.query(f"SELECT COUNT(*) FROM {table} WHERE subject_id = ?", (str(who),))
        assert rows[0][0] == 0
    for refused in (
        lambda: shop.all.claims(told.access),
        lambda: shop.all.refresh(shop.made, told.refresh),
    ):
        with pytest.raises(NotProved):
            refused()
    everything = repr([store.query(f"SELECT * FROM {t}") for t in ("logouts", "gone")])
    assert told.sub not in everything


def test_an_account_that_a_law_holds_forgets_its_applications_all_the_same(
    house: House, shop: Shop, who: SubjectId
) -> None:
    shop.sign_in(who, "email")
    until = house.clock.forward(days=0) + 100 * DAY
    house.gate.perform(
        Hold(subject=who, name="dispute", law="a case", fields=("contact",), until=until),
        by=SYSTEM,
    )
    house.rights.erase(who, by=PROVED)
    store = house.gate.regions[Region("cn")].store
    assert store.query("SELECT COUNT(*) FROM grants")[0][0] == 0


# --- telling applications ----------------------------------------------------------------------


def words(shop: Shop) -> list[tuple[str, str]]:
    """Return which words are due: to which application, about whom."""
    return [(word.application, word.sub) for word, _ in shop.all.ending.due()]


@pytest.mark.parametrize("how", ["revoked", "erased", "all sessions", "stolen"])
def test_an_application_hears_that_a_sign_in_has_ended(
    house: House, shop: Shop, who: SubjectId, how: str
) -> None:
    told = shop.sign_in(who, "offline_access")
    assert told.refresh
    match how:
        case "revoked":
            shop.all.revoke(who, shop.made.id)
        case "erased":
            house.rights.erase(who, by=PROVED)
        case "all sessions":
            house.troth.proof.sessions.end_all(who)
        case _:
            shop.all.refresh(shop.made, told.refresh)
            with pytest.raises(NotProved):
                shop.all.refresh(shop.made, told.refresh)
    assert words(shop) == [(shop.made.id, told.sub)]


def test_one_without_a_back_channel_is_told_nothing(house: House, who: SubjectId) -> None:
    shop = Shop(house, backchannel="")
    shop.sign_in(who)
    shop.all.revoke(who, shop.made.id)
    assert words(shop) == []


def test_one_that_gives_a_token_back_knows_already(shop: Shop, who: SubjectId) -> None:
    told = shop.sign_in(who, "offline_access")
    assert told.refresh
    shop.all.give_up(shop.made, told.refresh)
    assert words(shop) == []


def test_the_clock_finds_what_lost_its_ground(house: House, shop: Shop, who: SubjectId) -> None:
    told = shop.sign_in(who, "offline_access")
    quiet = shop.all.tick()
    house.gate.perform(ConsentWithdrawn(subject=who, to=KEY))
    ended = sum(shop.all.tick() for _ in range(2))
    assert (quiet, ended) == (0, 1)
    assert words(shop) == [(shop.made.id, told.sub)]


def test_the_clock_finds_sessions_that_fell_asleep(
    house: House, shop: Shop, who: SubjectId
) -> None:
    shop.sign_in(who)
    house.clock.forward(seconds=31 * MINUTE / 1000)
    assert sum(shop.all.tick() for _ in range(2)) == 1


def test_a_consent_that_ran_out_is_asked_for_anew(house: House, shop: Shop, who: SubjectId) -> None:
    shop.sign_in(who)
    soon = house.clock.forward(days=0) + DAY
    house.gate.perform(ConsentGiven(subject=who, to=KEY, expires=soon))
    house.clock.forward(days=2)
    assert shop.question(who).keys == (KEY,)


def test_a_house_ticks_with_its_applications(house: House, shop: Shop, who: SubjectId) -> None:
    shop.sign_in(who)
    assert house.troth.tick()["signed_out"] == 0
    shop.all.end(shop.made.id, by=PRIVACY)
    assert sum(house.troth.tick()["signed_out"] for _ in range(2)) == 1
