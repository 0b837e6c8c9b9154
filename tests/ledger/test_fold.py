from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.samples import NOON, ORIGIN, SEED, entry, one_act, perform, record, someone
from troth.ledger.checkpoint import Signer
from troth.ledger.entry import Entry, of
from troth.ledger.fold import COUNTED, FOLDS, Standings, after
from troth.ledger.log import Log
from troth.model import acts
from troth.model.acts import SUBJECT, Act
from troth.model.clock import Moment
from troth.model.errors import LedgerBroken
from troth.model.secret import Secret
from troth.model.standing import (
    Acceptance,
    Consent,
    Fact,
    Held,
    HoldOn,
    Owed,
    Restriction,
    Standing,
)
from troth.model.terms import AgeBand

WHO = "0" * 32
BLANK = Standing(pseudonym=WHO)


def done(*made: Act, onto: Standing = BLANK) -> Standing:
    """Fold acts, each a millisecond after the one before."""
    for n, act in enumerate(made):
        onto = after(onto, of(act, who=WHO, at=Moment(NOON + n), by=SUBJECT))
    return onto


def collect(*fields, purpose="account", source="provided"):
    values = {field: Secret("x") for field in fields}
    return acts.Collect(subject=None, values=values, purpose=purpose, source=source)


def kinds(act=Act):
    for child in act.__subclasses__():
        if child.kind != "act":
            yield child.kind
        yield from kinds(child)


# --- each kind ---------------------------------------------------------------------------------


def test_every_act_is_folded_or_counted():
    known = set(FOLDS) | COUNTED
    assert set(kinds()) <= known
    # These three are the gate's own; whether it is loaded depends on who else is tested.
    assert known - set(kinds()) <= {"use.denied", "notice.delivered", "notice.failed"}
    assert not set(FOLDS) & COUNTED


@pytest.mark.parametrize("kind", [*sorted(COUNTED), "of.tomorrow"])
def test_what_says_nothing_about_a_subject_only_counts(kind):
    before = done(collect("contact.email"))
    counted = after(before, entry(WHO, kind))
    assert (counted.entries, counted.held) == (2, before.held)


def test_admission_decides_life_and_law():
    act = acts.Admit(subject=None, residence="EEA", regimes=("eu", "cn"), age=AgeBand.MINOR)
    found = done(act)
    assert (found.life, found.residence) == ("active", "EEA")
    assert (found.regimes, found.age) == (("eu", "cn"), AgeBand.MINOR)


def test_what_was_collected_is_held_since_the_first_time():
    found = done(
        collect("contact.email"),
        collect("contact.email", purpose="marketing"),
        collect("contact.email"),
    )
    both = ("account", "marketing")
    assert found.held == {"contact.email": Held(NOON, both, "provided", latest=Moment(NOON + 2))}


def test_a_correction_changes_no_holding():
    correct = acts.Correct(subject=None, values={"contact.email": Secret("x")})
    assert done(collect("contact.email"), correct).held == done(collect("contact.email")).held


@pytest.mark.parametrize(
    "anew",
    [
        acts.Correct(subject=None, values={"contact.email": Secret("y")}),
        collect("contact.email"),
    ],
    ids=["corrected", "given anew"],
)
def test_what_was_verified_of_a_value_that_is_another_now_is_forgotten(anew):
    email, phone = (
        acts.Verified(subject=None, fact=fact, result="verified", method="code")
        for fact in ("contact.email", "contact.phone")
    )
    before = done(collect("contact.email", "contact.phone"), email, phone)
    assert set(done(anew, onto=before).facts) == {"contact.phone"}
    assert set(done(anew, email, onto=before).facts) == {"contact.email", "contact.phone"}


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        (("contact.email",), {"contact.phone", "identity.name"}),
        (("contact",), {"identity.name"}),
        (("identity.name", "contact"), set()),
    ],
)
def test_erased_fields_are_not_held_any_more(gone, left):
    before = done(collect("contact.email", "contact.phone", "identity.name"))
    found = done(acts.Erase(subject=None, fields=gone), onto=before)
    assert set(found.held) == left
    assert found.life == "unknown"


def test_what_was_verified_of_an_erased_field_is_forgotten():
    verified = acts.Verified(subject=None, fact="contact.email", result="verified", method="code")
    found = done(verified, acts.Erase(subject=None, fields=("contact.email",)))
    assert found.facts == {}


def test_of_an_erased_subject_only_what_is_owed_and_held_back_remains():
    owe = acts.Owe(subject=None, duty="d", what="answer", by=Moment(NOON + 9))
    hold = acts.Hold(subject=None, name="h", law="tax", fields=("a",), until=Moment(NOON + 9))
    said = [
        acts.Admit(subject=None, residence="CN", regimes=("cn",), age=AgeBand.ADULT),
        acts.ConsentGiven(subject=None, to="marketing"),
        collect("contact.email"),
    ]
    found = done(owe, hold, *said, acts.Erase(subject=None))
    assert found == Standing(
        pseudonym=WHO, life="erased", entries=6, owed=done(owe).owed, holds=done(hold).holds
    )


def test_an_erased_subject_stays_erased():
    gone = done(acts.Erase(subject=None))
    admit = acts.Admit(subject=None, residence="CN", regimes=("cn",), age=AgeBand.ADULT)
    assert done(admit, onto=gone).life == done(acts.Close(subject=None), onto=gone).life == "erased"


def test_a_closed_account_is_closed():
    assert done(acts.Close(subject=None)).life == "closed"


def test_restrictions_stand_until_they_are_released():
    act = acts.Restrict(subject=None, fields=("contact.email", "identity.name"), ground="disputed")
    before = done(act)
    assert before.restrictions["identity.name"] == Restriction("disputed", None)
    assert set(done(acts.Release(subject=None, fields=("contact",)), onto=before).restrictions) == {
        "identity.name"
    }
    assert done(acts.Release(subject=None), onto=before).restrictions == {}


def test_a_hold_stands_until_it_is_lifted():
    hold = acts.Hold(subject=None, name="h", law="tax", fields=("b", "a"), until=Moment(9))
    assert done(hold).holds == {"h": HoldOn("tax", ("a", "b"), Moment(9))}
    assert done(hold, acts.HoldLifted(subject=None, name="h")).holds == {}


def test_the_last_word_on_a_consent_counts():
    given = acts.ConsentGiven(subject=None, to="marketing", expires=Moment(NOON + 50))
    one = of(given, who=WHO, at=NOON, by=SUBJECT)
    found = after(BLANK, one)
    assert found.consents == {"marketing": Consent("given", NOON, Moment(NOON + 50), one.id)}
    assert found.consents_to("marketing", NOON)
    for act in (acts.ConsentWithdrawn, acts.ConsentRefused):
        assert not done(act(subject=None, to="marketing"), onto=found).consents_to(
            "marketing", NOON
        )


def test_every_state_of_a_consent_can_be_folded():
    said = (acts.ConsentGiven, acts.ConsentRefused, acts.ConsentWithdrawn)
    states = [done(act(subject=None, to="x")).consents["x"].state for act in said]
    assert states == list(get_args(Consent.__annotations__["state"]))


def test_a_guardian_stands_by_while_their_consent_does():
    given = acts.ConsentGiven(subject=None, to="guardian/collect", method="guardian:video_call")
    assert done(given).guardian
    assert done(given, acts.ConsentGiven(subject=None, to="other")).guardian
    assert not done(given, acts.ConsentWithdrawn(subject=None, to="guardian/collect")).guardian
    assert not done(acts.ConsentGiven(subject=None, to="other", method="guardian:card")).guardian


WORDS = [acts.ConsentGiven(subject=None, to=key) for key in ("guardian/collect", "marketing")]


@pytest.mark.parametrize(
    ("age", "kept"), [(AgeBand.MINOR, {"guardian/collect"}), (AgeBand.ADULT, set())]
)
def test_a_birthday_ends_what_others_consented_to(age, kept):
    found = done(*WORDS, acts.AgeLearned(subject=None, age=age, method="birthday"))
    assert (found.age, set(found.consents), found.guardian) == (age, kept, bool(kept))


def test_an_age_that_was_wrong_is_mended_and_nothing_else():
    found = done(*WORDS, acts.AgeLearned(subject=None, age=AgeBand.CHILD, method="finding"))
    assert found.age is AgeBand.CHILD
    assert set(found.consents) == {"guardian/collect", "marketing"}


def test_an_objection_stands_until_it_is_taken_back():
    objection = acts.Object(subject=None, purpose="profiling")
    assert done(objection).objections == {"profiling": NOON}
    assert done(objection, acts.ObjectionLifted(subject=None, purpose="profiling")).objections == {}


def test_every_acceptance_is_kept():
    accept = acts.AcceptTerms(subject=None, edition="e", language="zh", means="checkbox")
    assert done(accept, accept).accepted == (
        Acceptance("e", NOON, "zh", "checkbox"),
        Acceptance("e", Moment(NOON + 1), "zh", "checkbox"),
    )


def test_the_last_check_of_a_fact_counts():
    failed = acts.Verified(subject=None, fact="realname", result="failed", method="authority")
    assert done(failed).facts == {"realname": Fact("failed", NOON, "authority")}


@pytest.mark.parametrize(
    ("by", "more", "how"),
    [
        ("subject", {}, ""),
        ("guardian:g1", {}, ""),
        ("staff:s1", {}, "revoked"),
        ("system", {}, "revoked"),
        ("staff:s1", {"invalid": True}, "invalidated"),
        ("system", {"elsewhere": {"at": 7}}, ""),
    ],
)
def test_who_ended_a_consent_and_why_is_kept(by, more, how):
    entry = Entry(
        id="e", kind="consent.withdrawn", at=NOON, by=by, who=WHO, what={"to": "m", **more}
    )
    kept = after(BLANK, entry).consents["m"]
    assert (kept.state, kept.how) == ("withdrawn", how)
    assert kept.at == more.get("elsewhere", {"at": NOON})["at"]


def test_a_consent_given_again_is_renewed():
    given = acts.ConsentGiven(subject=None, to="marketing")
    assert done(given).consents["marketing"].how == ""
    assert done(given, given).consents["marketing"].how == "renewed"
    taken = acts.ConsentWithdrawn(subject=None, to="marketing")
    assert done(given, taken, given).consents["marketing"].how == ""


def test_a_question_is_open_until_it_is_answered():
    asked = acts.ConsentRequested(subject=None, to="marketing")
    later = acts.ConsentDeferred(subject=None, to="marketing")
    assert done(asked).asked["marketing"].state == "requested"
    assert done(asked, later).asked["marketing"].state == "deferred"
    assert done(asked, acts.ConsentRefused(subject=None, to="marketing")).asked == {}


def test_a_duty_with_another_day_is_owed_since_it_was_first():
    first = acts.Owe(subject=None, duty="d", what="copy", by=Moment(NOON + 9))
    longer = acts.Owe(subject=None, duty="d", what="copy", by=Moment(NOON + 99))
    assert done(first, longer).owed == {"d": Owed("copy", NOON, Moment(NOON + 99))}
    early = acts.Owe(
        subject=None, duty="d", what="copy", by=Moment(NOON + 9), since=Moment(NOON - 5)
    )
    assert done(early).owed["d"].since == NOON - 5
    assert done(early, longer).owed["d"].since == NOON - 5


def test_a_duty_is_owed_until_it_is_settled():
    owe = acts.Owe(subject=None, duty="d", what="copy", by=Moment(NOON + 9))
    settle = acts.Settle(subject=None, duty="d", state="denied", code="not_proved")
    assert done(owe).owed == {"d": Owed("copy", NOON, Moment(NOON + 9))}
    assert done(owe, settle).owed["d"] == Owed(
        "copy", NOON, Moment(NOON + 9), "denied", "not_proved", ended=Moment(NOON + 1)
    )
    assert done(settle).owed == {}


@pytest.mark.parametrize("wrong", [{"who": "another"}, {"nth": 2}])
def test_what_does_not_follow_is_not_folded(wrong):
    one = entry(WHO)
    bad = type(one)(**{name: getattr(one, name) for name in one.__struct_fields__} | wrong)
    with pytest.raises(LedgerBroken, match="does not follow"):
        after(BLANK, bad)


# --- kept standings ----------------------------------------------------------------------------


@pytest.fixture
def standings(log):
    return Standings(log.store)


def test_a_subject_without_entries_has_a_blank_standing(standings):
    assert standings.read(WHO) == BLANK


def test_a_standing_survives_its_row(log, standings):
    who = someone()
    live = perform(log, standings, who, [collect("contact.email"), acts.Close(subject=None)], NOON)
    assert standings.read(who) == live
    assert log.store.transact(lambda tx: standings.load(tx, who)) == live


def test_standings_without_entries_are_forgotten_and_lost_ones_come_back(log, standings):
    who = someone()
    live = perform(log, standings, who, [collect("contact.email")], NOON)
    log.store.transact(lambda tx: tx.run("DELETE FROM standings"))
    log.store.transact(lambda tx: standings.save(tx, Standing(pseudonym=someone(), entries=1)))
    assert standings.rebuild(log) == 1
    assert standings.read(who) == live
    assert log.store.query("SELECT COUNT(*) FROM standings") == [(1,)]


def rows(log: Log) -> list[tuple[object, ...]]:
    return log.store.query("SELECT standing FROM standings")


def test_a_use_is_counted_without_writing_the_standing(log, standings):
    who, used = someone(), acts.Use(subject=None, fields=("a.b",), purpose="p")
    loaded = perform(log, standings, who, [acts.Close(subject=None)], NOON)
    before = rows(log)
    now = after(loaded, of(used, who=who, at=NOON, by=SUBJECT))
    log.store.transact(lambda tx: standings.save(tx, now, was=loaded))
    record(log, of(used, who=who, at=NOON, by=SUBJECT))
    assert rows(log) == before
    assert standings.read(who) == now
    assert now.entries == 2


def test_what_was_said_is_read_without_the_count(log, standings):
    who = someone()
    assert standings.said(who) == Standing(pseudonym=who)
    closed = perform(log, standings, who, [acts.Close(subject=None)], NOON)
    assert standings.said(who).life == closed.life == "closed"


def test_subjects_are_held_whether_or_not_they_have_a_standing(log, standings):
    known = perform(log, standings, someone(), [acts.Close(subject=None)], NOON).pseudonym
    log.store.transact(lambda tx: standings.hold(tx, {known, someone()}))
    log.store.transact(lambda tx: standings.hold(tx, ()))


def test_rebuilding_takes_subjects_in_turns(log, standings, monkeypatch):
    monkeypatch.setattr("troth.ledger.fold.CHUNK", 2)
    whos = [someone() for _ in range(5)]
    for who in whos:
        record(log, entry(who, "account.closed"))
    record(log, entry(""))
    assert standings.rebuild(log) == 5
    assert {standings.read(who).life for who in whos} == {"closed"}


@pytest.fixture(scope="module")
def lasting(sqlite_maker, tmp_path_factory):
    """A log that all examples of a property share, each under a pseudonym of its own."""
    store, close = sqlite_maker.make(tmp_path_factory.mktemp("lasting"), "data")
    yield Log(store, ORIGIN, Signer(ORIGIN, SEED))
    close()


@given(passes=st.lists(st.lists(one_act, min_size=1, max_size=4), max_size=8))
def test_a_rebuilt_standing_is_the_live_one(lasting, passes):
    standings, who = Standings(lasting.store), someone()
    live = standings.read(who)
    for at, made in enumerate(passes):
        live = perform(lasting, standings, who, made, Moment(NOON - at))
    lasting.store.transact(lambda tx: tx.run("DELETE FROM standings"))
    standings.rebuild(lasting)
    assert standings.read(who) == live
    assert live.entries == sum(map(len, passes))


@given(st.lists(one_act, max_size=12))
def test_no_entry_holds_a_collected_value(made):
    for act in made:
        assert "canary" not in repr(of(act, who=WHO, at=NOON, by=SUBJECT))
