"""Choices about cookies: recorded about nobody, provable, theirs at the gate when signed in (3)."""

import hashlib

import msgspec
import pytest

from tests.chapters.people import House
from tests.gate.house import REGIMES
from troth.documents.cookies.receipts import PER_NETWORK
from troth.ledger.entry import Entry
from troth.model.acts import AcceptTerms, Actor, Admit, Use
from troth.model.clock import DAY, moment
from troth.model.cookies import AGAIN_DAYS, Choice
from troth.model.errors import BadInput, NotFound, Refused, TooMany
from troth.model.terms import AgeBand, SubjectId
from troth.policy.regimes.asking import ask_from

ALL = ("analytics", "personalise")
OTHERS = ("marketing", "improve", "security", "provide", "support", "fraud", "research.stats")


def admit(house: House, residence: str, age: AgeBand = AgeBand.ADULT) -> SubjectId:
    """Open the file of somebody who lives there."""
    subject = house.gate.new_subject(residence)
    terms = AcceptTerms(
        subject=subject, edition=house.gate.policy().hash, language="en", means="checkbox"
    )
    regimes = REGIMES[residence]
    house.gate.perform(Admit(subject=subject, residence=residence, regimes=regimes, age=age), terms)
    return subject


def choose(house: House, *given: str, signal: bool = False, network: str = "n") -> Choice:
    return house.troth.cookies.choose(
        given, signal=signal, language="en", surface="centre", network=network
    )


def bring(house: House, subject: SubjectId, *given: str) -> tuple[str, ...]:
    by = Actor(kind="subject", assurance=1)
    return house.troth.cookies.bring(subject, choose(house, *given), language="en", by=by)


def may(house: House, subject: SubjectId, purpose: str) -> bool:
    use = Use(subject=subject, fields=("web.cookie",), purpose=purpose)
    return house.gate.ask(use)[0].allowed


def chosen(house: House) -> list[Entry]:
    log = house.gate.regions[house.gate.home].log
    events = log.recent("house.event", 1000)
    return [entry for entry in events if entry.what["event"] == "cookies.chosen"]


# --- the record --------------------------------------------------------------------------------


def test_choices_are_counted_by_category_and_answer(house: House) -> None:
    before = house.troth.cookies.choices()
    choose(house, "analytics")
    choose(house)
    after = house.troth.cookies.choices()
    more = {key: count - before.get(key, 0) for key, count in after.items()}
    assert {key: count for key, count in more.items() if count} == {
        ("analytics", "given"): 1,
        ("analytics", "refused"): 1,
        ("personalise", "refused"): 2,
    }


def test_a_choice_is_an_entry_about_nobody(house: House) -> None:
    choice = choose(house, "analytics")
    (entry,) = chosen(house)
    assert entry.who == ""
    assert entry.by == "visitor"
    assert entry.what["said"] == {"analytics": "given", "personalise": "refused"}
    assert entry.what["receipt"] == hashlib.sha256(choice.receipt.encode()).hexdigest()
    told = msgspec.json.encode(entry).decode()
    assert choice.receipt not in told
    assert '"n"' not in told


def test_its_receipt_proves_it_to_whoever_has_the_number(house: House) -> None:
    choice = choose(house, "analytics", signal=True)
    found = house.troth.cookies.prove(choice.receipt)
    assert (found.given, found.refused) == (("analytics",), ("personalise",))
    assert found.signal
    assert found.at == house.clock.now()
    assert choice.receipt.encode() not in house.gate.prove(found.region, found.entry).leaf


@pytest.mark.parametrize("number", ["", "0" * 32, "x", "0" * 31 + "G", "' OR 1=1 --"])
def test_a_number_that_is_not_ours_proves_nothing(number: str, house: House) -> None:
    choose(house)
    with pytest.raises(NotFound):
        house.troth.cookies.prove(number)


def test_a_receipt_is_forgotten_when_nobody_can_ask_for_it_any_more(house: House) -> None:
    choice = choose(house, "analytics")
    house.clock.forward(days=3 * 365 + 1)
    house.troth.cookies.tick()
    with pytest.raises(NotFound):
        house.troth.cookies.prove(choice.receipt)
    assert len(chosen(house)) == 1


def test_nobody_can_choose_a_category_that_nobody_is_asked_about(house: House) -> None:
    for strange in ("essential", "advertising", "*", ""):
        with pytest.raises(BadInput):
            choose(house, strange)
    assert chosen(house) == []


def test_who_chooses_all_day_is_not_recorded_for_ever_and_a_no_still_holds(house: House) -> None:
    for _ in range(PER_NETWORK.at_once):
        choose(house)
    with pytest.raises(TooMany):
        choose(house, "analytics")
    no = choose(house)
    assert no.receipt == ""
    assert no.given == ()
    assert len(chosen(house)) == PER_NETWORK.at_once
    assert choose(house, "analytics", network="another").receipt


# --- privacy signals ---------------------------------------------------------------------------


def test_signals_are_counted_by_day_and_nothing_else_is_kept(house: House) -> None:
    for _ in range(3):
        house.troth.cookies.hear()
    assert house.troth.cookies.heard() == [("2026-11-22", "gpc", 3)]
    assert house.troth.cookies.tick() == 0
    assert house.troth.cookies.heard() == [("2026-11-22", "gpc", 3)]
    house.clock.forward(days=1)
    house.troth.cookies.hear()
    assert house.troth.tick()["signals"] == 1
    log = house.gate.regions[house.gate.home].log
    counts = [e.what for e in log.recent("house.event", 50) if e.what["event"] == "signals.counted"]
    assert counts == [
        {"event": "signals.counted", "day": "2026-11-22", "signal": "gpc", "times": 3}
    ]


def test_a_signal_is_the_opt_out_of_who_is_signed_in_where_their_law_knows_one(
    house: House,
) -> None:
    subject = admit(house, "US-CA")
    assert may(house, subject, "personalise")
    by = Actor(kind="subject", assurance=1)
    assert house.troth.cookies.heed(subject, by=by) == ("personalise",)
    assert not may(house, subject, "personalise")
    assert house.troth.cookies.heed(subject, by=by) == ()


def test_a_signal_changes_nothing_where_a_consent_is_needed_or_stands(house: House) -> None:
    by = Actor(kind="subject", assurance=1)
    assert house.troth.cookies.heed(admit(house, "EEA"), by=by) == ()
    subject = admit(house, "US-CA")
    bring(house, subject)
    bring(house, subject, "personalise")
    assert may(house, subject, "personalise")


# --- at the gate -------------------------------------------------------------------------------


@pytest.mark.parametrize("residence", ["CN", "EEA", "US-CA"])
def test_cookie_data_serves_no_other_purpose_whatever_was_agreed(
    residence: str, house: House
) -> None:
    subject = admit(house, residence)
    bring(house, subject, *ALL)
    declared = house.gate.policy().edition.purposes
    assert set(OTHERS) <= set(declared)
    own = {"authenticate", *ALL, "rights", "legal"}
    refused = [purpose for purpose in declared if purpose not in own]
    assert [purpose for purpose in refused if may(house, subject, purpose)] == []
    with pytest.raises(Refused):
        house.gate.perform(
            Use(subject=subject, fields=("web.cookie",), purpose="marketing"),
            by=Actor(kind="service", id="k"),
        )


@pytest.mark.parametrize("residence", ["CN", "EEA"])
def test_a_yes_is_a_consent_and_a_no_takes_it_back_in_one_step(
    residence: str, house: House
) -> None:
    subject = admit(house, residence)
    assert not may(house, subject, "analytics")
    bring(house, subject, "analytics")
    assert may(house, subject, "analytics")
    assert not may(house, subject, "personalise")
    bring(house, subject)
    assert not may(house, subject, "analytics")
    assert house.gate.standing(subject).consents["analytics"].state == "withdrawn"


def test_a_no_is_an_objection_where_no_consent_is_needed_and_a_yes_lifts_it(house: House) -> None:
    subject = admit(house, "US-CA")
    assert may(house, subject, "analytics")
    bring(house, subject)
    assert not may(house, subject, "analytics")
    bring(house, subject, *ALL)
    assert may(house, subject, "analytics")


def test_who_answered_as_themselves_is_not_asked_in_another_browser(house: House) -> None:
    subject = admit(house, "EEA")
    decide = house.troth.cookies.decide
    assert decide("", signal=False, subject=subject).ask
    bring(house, subject, "analytics")
    found = decide("", signal=False, subject=subject)
    assert not found.ask
    assert found.allowed == {"essential", "analytics"}


@pytest.mark.parametrize("residence", ["CN", "EEA"])
def test_what_the_gate_refuses_is_not_set_whatever_the_cookie_says(
    residence: str, house: House
) -> None:
    subject, value = admit(house, residence), choose(house, *ALL).written()
    decide = house.troth.cookies.decide
    assert decide(value, signal=False).allowed == {"essential", *ALL}
    assert decide(value, signal=False, subject=subject).allowed == {"essential"}
    bring(house, subject, *ALL)
    assert decide(value, signal=False, subject=subject).allowed == {"essential", *ALL}
    house.consent.withdraw(subject, "personalise")
    assert decide(value, signal=False, subject=subject).allowed == {"essential", "analytics"}


def test_the_register_is_that_of_the_edition_in_force(house: House) -> None:
    register = house.troth.cookies.register()
    assert register.edition == house.gate.policy().hash
    assert register is house.troth.cookies.register()


@pytest.mark.parametrize("day", ["2026-02-28", "2027-03-01", "2028-02-29"])
def test_nobody_is_asked_again_before_any_law_lets_them_be(day: str) -> None:
    at = moment(day)
    for regime in ("cn", "eu", "ca", "us"):
        for word in ("refused", "withdrawn", "objected"):
            pause = ask_from(word, at, (regime,))
            assert pause is None or pause[0] <= at + AGAIN_DAYS * DAY


def test_a_choice_holds_for_a_year(house: House) -> None:
    choice = choose(house, "analytics")
    assert choice.until - choice.at == AGAIN_DAYS * DAY
