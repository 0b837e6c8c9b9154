"""Nobody is asked again sooner than their law lets, and in time before a consent ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chapters.people import EMAIL, PHONE, PROVED, House, ticks
from troth.documents.consents.asking import RENEW_DAYS, demand_may_ask, renewable_from
from troth.model.acts import Use
from troth.model.clock import DAY, Moment, moment
from troth.model.errors import BadInput, ConsentMissing, TooSoon, UnknownTerm
from troth.model.standing import Asked, Consent, Standing
from troth.model.terms import SubjectId
from troth.policy.regimes import later_by_months
from troth.policy.regimes.asking import QUIET

AT = moment("2026-11-22")
CALIFORNIA = ("ca", "us")


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


def give(house: House, subject: SubjectId, *keys: str) -> None:
    house.consent.give(subject, ticks(*keys), shown=house.shown())


def state(house: House, subject: SubjectId, key: str = "marketing") -> str:
    return {one.key: one.state for one in house.consent.choices(subject)}[key]


# --- asking ------------------------------------------------------------------------------------


def test_who_was_never_asked_may_be_asked(house: House, subject: SubjectId) -> None:
    assert "marketing" in house.consent.asking.askable(subject)
    house.consent.asking.ask(subject, "marketing")
    assert state(house, subject) == "requested"


@pytest.mark.clause("9.3b")
def test_who_said_no_is_not_asked_again_by_themselves(house: House, subject: SubjectId) -> None:
    house.consent.refuse(subject, "marketing")
    house.clock.forward(days=150)
    with pytest.raises(TooSoon) as caught:
        house.consent.asking.ask(subject, "marketing")
    assert "2027-05-22" in caught.value.message
    assert "marketing" not in house.consent.asking.askable(subject)
    house.clock.forward(days=40)
    house.consent.asking.ask(subject, "marketing")


def test_the_switch_is_theirs_all_the_while(house: House, subject: SubjectId) -> None:
    house.consent.refuse(subject, "marketing")
    give(house, subject, "marketing")
    assert state(house, subject) == "given"


def test_who_does_not_answer_is_left_in_peace(house: House, subject: SubjectId) -> None:
    house.consent.asking.ask(subject, "marketing")
    with pytest.raises(TooSoon):
        house.consent.asking.ask(subject, "marketing")
    house.consent.asking.later(subject, "marketing")
    assert state(house, subject) == "deferred"
    house.clock.forward(days=32)
    house.consent.asking.ask(subject, "marketing")


def test_a_consent_that_stands_and_does_not_end_is_not_asked_for(
    house: House, subject: SubjectId
) -> None:
    give(house, subject, "improve")
    with pytest.raises(BadInput, match="stands"):
        house.consent.asking.ask(subject, "improve")


def test_nobody_is_asked_for_what_no_rule_asks_for(house: House, subject: SubjectId) -> None:
    with pytest.raises(UnknownTerm):
        house.consent.asking.ask(subject, "everything")


@pytest.mark.clause("9.6b")
def test_after_an_opt_out_a_californian_is_left_alone_for_twelve_months() -> None:
    standing = Standing(pseudonym="w", regimes=CALIFORNIA, objections={"marketing": AT})
    year = later_by_months(AT, 12)
    with pytest.raises(TooSoon, match="1798.135"):
        demand_may_ask(standing, "marketing", Moment(year - 1))
    demand_may_ask(standing, "marketing", year)


@given(
    st.sampled_from(["refused", "withdrawn", "objected", "requested", "deferred"]),
    st.sets(st.sampled_from(["cn", "eu", "ca", "us"]), min_size=1),
    st.integers(0, 700),
)
def test_the_strictest_of_the_laws_that_bind_sets_the_pause(said, regimes, days) -> None:
    standing = Standing(
        pseudonym="w",
        regimes=tuple(sorted(regimes)),
        consents={"improve": Consent(said, AT)} if said in ("refused", "withdrawn") else {},
        asked={"improve": Asked(said, AT)} if said in ("requested", "deferred") else {},
        objections={"improve": AT} if said == "objected" else {},
    )
    at = Moment(AT + days * DAY)
    months = [row.months for row in QUIET if row.regime in regimes and said in row.after]
    free = later_by_months(AT, max(months, default=0))
    if at < free:
        with pytest.raises(TooSoon):
            demand_may_ask(standing, "improve", at)
    else:
        demand_may_ask(standing, "improve", at)


# --- ending and renewing -----------------------------------------------------------------------


def test_a_consent_ends_by_the_policys_term(house: House, subject: SubjectId) -> None:
    give(house, subject, "marketing")
    kept = house.gate.standing(subject).consents["marketing"]
    assert kept.expires == later_by_months(house.clock.now(), 24)
    use = Use(subject=subject, fields=("contact.email",), purpose="marketing")
    house.clock.forward(days=(kept.expires - kept.at) / DAY - 1)
    house.gate.perform(use)
    house.clock.forward(days=1)
    with pytest.raises(ConsentMissing):
        house.gate.perform(use)
    assert state(house, subject) == "expired"


def test_no_program_can_stretch_the_term(house: House, subject: SubjectId) -> None:
    far = Moment(house.clock.now() + 4000 * DAY)
    (tick,) = ticks("marketing")
    house.consent.give(
        subject, [type(tick)(keys=tick.keys, ticked=True, expires=far)], shown=house.shown()
    )
    kept = house.gate.standing(subject).consents["marketing"]
    assert kept.expires == later_by_months(house.clock.now(), 24)


def test_before_it_ends_they_are_asked_once_whether_to_renew(
    house: House, subject: SubjectId
) -> None:
    give(house, subject, "marketing")
    ends = house.gate.standing(subject).consents["marketing"].expires
    assert ends is not None
    house.deliver()
    house.clock.forward(days=(ends - house.clock.now()) / DAY - RENEW_DAYS - 1)
    assert house.consent.asking.tick() == 0
    house.clock.forward(days=1)
    assert house.consent.asking.tick() == 1
    assert house.consent.asking.tick() == 0
    told = house.last(house.email)
    assert told.title == "您的一项同意即将到期"
    assert state(house, subject) == "given"


@pytest.mark.clause("9.3b")
def test_a_consent_that_is_renewed_is_in_a_state_of_its_own(
    house: House, subject: SubjectId
) -> None:
    give(house, subject, "marketing")
    house.clock.forward(days=710)
    give(house, subject, "marketing")
    assert state(house, subject) == "renewed"
    assert [said.state for said in house.consent.history(subject)] == ["given", "renewed"]
    kept = house.gate.standing(subject).consents["marketing"]
    assert kept.expires == later_by_months(house.clock.now(), 24)


def test_who_took_it_back_is_not_asked_to_renew(house: House, subject: SubjectId) -> None:
    give(house, subject, "marketing")
    house.consent.withdraw(subject, "marketing")
    house.clock.forward(days=720)
    assert house.consent.asking.tick() == 0


def test_who_was_erased_is_not_asked_and_leaves_no_row(house: House) -> None:
    one = house.register(
        email=type(EMAIL)("a@mail.example"), phone=type(PHONE)("+8613900003333")
    ).subject
    give(house, one, "marketing")
    assert _rows(house, one) == 1
    house.rights.erase(one, by=PROVED)
    assert _rows(house, one) == 0
    house.clock.forward(days=720)
    assert house.consent.asking.tick() == 0


def _rows(house: House, subject: SubjectId) -> int:
    store = house.gate.regions[subject.region].store
    return int(store.query("SELECT COUNT(*) FROM renewals WHERE subject_id = ?", (subject,))[0][0])


@given(st.integers(1, 4000), st.lists(st.integers(0, 5000), max_size=12))
def test_at_no_moment_does_an_ended_consent_open_anything(life, days) -> None:
    ends = Moment(AT + life * DAY)
    standing = Standing(
        pseudonym="w", regimes=("cn",), consents={"marketing": Consent("given", AT, ends)}
    )
    for day in days:
        at = Moment(AT + day * DAY)
        stands = standing.consents_to("marketing", at)
        assert stands == (at < ends)
        if stands and at < renewable_from(ends):
            with pytest.raises(TooSoon):
                demand_may_ask(standing, "marketing", at)
        else:
            demand_may_ask(standing, "marketing", at)
