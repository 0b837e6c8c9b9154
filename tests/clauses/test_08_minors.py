"""Chapter 8, row by row: each test walks all that is checked by machine for its row."""

from collections.abc import Callable

import pytest

from tests.chapters.minors.family import (
    BROWSER,
    FIRST,
    LOGIN,
    MAIL,
    PASSWORD,
    Family,
    minors_policy,
    paper,
    traces,
)
from tests.chapters.people import EMAIL, PRIVACY, House, ticks
from troth.chapters.minors import Request
from troth.model.acts import SUBJECT, SYSTEM, Act, Collect, ConsentGiven, Hold, Share, Use
from troth.model.clock import DAY, HOUR, Moment, after, moment
from troth.model.errors import BadInput, Erased, NotOfAge, NotProved, Refused, TrothError
from troth.model.secret import Secret
from troth.model.standing import GUARDIAN_COLLECTS, GUARDIAN_DISCLOSES
from troth.model.terms import AgeBand, SubjectId

KEPT = {"contact.email": Secret("kid@mail.example")}
CHILDS_NUMBER = Secret("110105201403071801")
NOTIFY = ("contact.email",)


@pytest.fixture
def family(house: House) -> Family:
    house.troth.publish(minors_policy())
    return Family(house)


def refused(house: House, act: Act) -> bool:
    with pytest.raises(Refused):
        house.gate.perform(act, by=SUBJECT)
    return True


def erased(house: House, *subjects: SubjectId) -> bool:
    for subject in subjects:
        with pytest.raises(Erased):
            house.gate.standing(subject)
    return True


def collect(child: SubjectId) -> Collect:
    return Collect(subject=child, values=KEPT, purpose="register")


@pytest.mark.clause("8.1a")
def test_a_day_short_of_eighteen_is_refused_neutrally_and_nothing_is_kept(house: House) -> None:
    born = Secret("2008-11-23")
    begun = house.begin()
    words = set()
    for way in (
        lambda: house.minors.enter("CN", browser=BROWSER, born=born),
        lambda: house.minors.enter("CN", browser=BROWSER, born=Secret("1990-01-01")),
        lambda: house.minors.enter("CN", browser=Secret("b"), born=Secret("2020-01-01")),
        lambda: house.accounts.register(house.form(begun, born=born)),
    ):
        with pytest.raises(NotOfAge) as told:
            way()
        words.add(str(told.value))
    assert len(words) == 1
    assert "18" not in words.pop()
    house.troth.tick()
    assert list(house.gate.subjects()) == []
    assert traces(house, born.reveal(), BROWSER.reveal()) == []
    assert house.minors.enter("CN", browser=Secret("c"), born=Secret("2008-11-22"))
    assert house.register(born=Secret("2008-11-22")).subject


@pytest.mark.clause("8.1b")
def test_the_number_overrides_the_claim_wherever_one_is_given(house: House) -> None:
    adult = Secret("1990-01-01")
    with pytest.raises(NotOfAge):
        house.minors.enter("CN", browser=BROWSER, born=adult, id_number=CHILDS_NUMBER)
    form = house.form(house.begin(), born=adult, id_number=CHILDS_NUMBER)
    with pytest.raises(NotOfAge):
        house.accounts.register(form)
    house.sign_with_authority()
    subject = house.register().subject
    with pytest.raises(TrothError):
        house.realname.verify(
            subject,
            {"identity.name": Secret("李娜"), "identity.id_number": CHILDS_NUMBER},
            ticks("realname/identity.id_number", "share/id-authority/realname"),
            shown=house.shown(),
        )
    assert refused(house, Use(subject=subject, fields=NOTIFY, purpose="notify.service"))
    assert traces(house, CHILDS_NUMBER.reveal()) == []
    for language, words in (("zh", "未满十八周岁"), ("en", "under 18")):
        assert words in house.minors.note(language)


@pytest.mark.clause("8.1c")
@pytest.mark.parametrize("place", ["CN", "FR", "US-CA"])
def test_a_service_for_minors_waits_for_a_guardian_who_read_and_was_verified(
    family: Family, place: str
) -> None:
    one = family.apply(residence=place)
    child, house = family.child(one), family.house
    assert refused(house, collect(child))
    reading = family.minors.reading(family.link(one, "answer"))
    assert reading.edition == house.gate.policy().hash
    assert reading.parts["items"] in reading.rules.reveal()
    with pytest.raises(BadInput):
        family.reply(one, confirmed=False)
    family.reply(one)
    assert refused(house, collect(child))
    family.minors.desk.decide(one.guardian, is_so=True, ticket="T-1", by=FIRST)
    house.gate.perform(collect(child), by=SUBJECT)
    family.minors.open(family.link(one, "open"), PASSWORD, PASSWORD)
    assert house.accounts.sign_in(LOGIN, PASSWORD).subject == child
    said = [(entry.kind, entry.by) for entry in house.gate.trail(child)]
    assert ("terms.accepted", f"guardian:{one.number}") in said
    assert ("consent.given", f"guardian:{one.number}") in said


AGES = {
    "CN": (14, "16:00", 1),
    "EEA": (16, "04:00", 0),
    "FR": (15, "04:00", 0),
    "AT": (14, "04:00", 0),
    "NO": (16, "04:00", 0),
    "US-CA": (14, "08:00", 0),
    "US-NY": (14, "11:00", 0),
}
"""Under which age somebody is a child; when a day begins there in UTC, and how many days before."""


@pytest.mark.clause("8.2a")
@pytest.mark.parametrize("place", AGES)
@pytest.mark.parametrize("birthday", ["05-01", "12-31", "02-28", "02-29", "03-01"])
def test_who_is_a_child_changes_at_the_first_moment_of_a_birthday(
    house: House, place: str, birthday: str
) -> None:
    years, starts, before = AGES[place]
    year = 2012 if birthday == "02-29" else 2013
    there = year + years
    leaps = there % 4 == 0
    day = birthday if birthday != "02-29" or leaps else "03-01"
    begins = Moment(moment(f"{there}-{day}T{starts}:00") - before * DAY)
    told = []
    for at in (Moment(begins - 1), begins, Moment(begins + 24 * HOUR)):
        house.clock.forward(seconds=(at - house.clock.now()) / 1000)
        told.append(house.minors.band(place, born=Secret(f"{year}-{birthday}")))
    assert told == [AgeBand.CHILD, AgeBand.MINOR, AgeBand.MINOR]


@pytest.mark.clause("8.2b")
def test_a_finding_freezes_at_once_and_the_clock_erases_what_no_law_holds(house: House) -> None:
    kept, gone = house.register().subject, house.register(email=MAIL, phone=PHONES[0]).subject
    until = after(house.clock.now(), days=400)
    case = Hold(subject=kept, name="case", law="court order", fields=NOTIFY, until=until)
    house.gate.perform(case, by=SYSTEM)
    for subject in (kept, gone):
        house.minors.found(subject, by=PRIVACY)
        assert refused(house, Use(subject=subject, fields=NOTIFY, purpose="notify.service"))
        assert {"data.restricted", "duty.owed", "age.learned"} <= set(house.kinds(subject))
    house.clock.forward(days=14)
    house.troth.tick()
    assert house.held(gone)
    house.clock.forward(days=1)
    house.troth.tick()
    assert erased(house, gone)
    assert house.held(kept) == {"contact.email"}
    assert refused(house, Use(subject=kept, fields=NOTIFY, purpose="notify.service"))
    assert {entry.what["ground"] for entry in house.recent("data.erased")} == {"child"}


PHONES = (Secret("+8613900003333"),)


def unverified(family: Family) -> tuple[SubjectId, ...]:
    """Answered, and nobody found out whether it was the guardian."""
    one = family.apply()
    family.reply(one)
    word = ConsentGiven(
        subject=family.child(one), to=GUARDIAN_COLLECTS, method="guardian:signed_form"
    )
    with pytest.raises(BadInput):
        family.house.gate.perform(word, by=family.actor(one))
    return one.guardian, family.child(one)


def by_no_method(family: Family) -> tuple[SubjectId, ...]:
    """Consented by a way that verifies nothing."""
    one = family.apply()
    with pytest.raises(BadInput):
        family.reply(one, "a_click")
    return one.guardian, family.child(one)


def failed(family: Family) -> tuple[SubjectId, ...]:
    """Looked at, and not the guardian."""
    one = family.apply()
    family.reply(one)
    family.minors.desk.decide(one.guardian, is_so=False, ticket="T-1", by=FIRST)
    return one.guardian, family.child(one)


def by_mistake(family: Family) -> tuple[SubjectId, ...]:
    """Taken for an adult's."""
    subject = family.house.register().subject
    family.minors.found(subject, by=PRIVACY)
    return (subject,)


@pytest.mark.clause("8.3-2")
@pytest.mark.parametrize("how", [unverified, by_no_method, failed, by_mistake])
def test_what_came_without_a_verified_consent_is_erased(
    family: Family, how: Callable[[Family], tuple[SubjectId, ...]]
) -> None:
    subjects = how(family)
    for subject in subjects:
        assert refused(family.house, Use(subject=subject, fields=NOTIFY, purpose="provide"))
    family.wait(15)
    assert erased(family.house, *subjects)
    family.house.deliver()
    family.house.troth.tick()
    assert traces(family.house, LOGIN.reveal(), MAIL.reveal(), EMAIL.reveal()) == []


@pytest.mark.clause("8.4")
def test_a_guardian_asks_proves_and_is_answered_within_thirty_days(house: House) -> None:
    child, people = house.register().subject, Family(house)
    form = Request(
        residence="CN",
        about=EMAIL,
        name=Secret("李明远"),
        email=MAIL,
        relation=Secret("父亲"),
        text=Secret("请删除我孩子的信息"),
    )
    number = house.minors.requests.ask(form)
    (one,) = people.speakers.since("asked", house.clock.now())
    assert house.gate.owed(one.guardian)[number].by == house.clock.now() + 30 * DAY
    assert "2026-12-22" in people.letters()[-1]
    for early in (
        lambda: house.minors.requests.answer(one.guardian, "…", by=FIRST),
        lambda: house.minors.guardian.review(one.guardian, by=people.actor(one)),
    ):
        with pytest.raises(NotProved):
            early()
    house.minors.requests.prove(people.link(one, "proof"), paper())
    house.minors.desk.decide(one.guardian, is_so=True, ticket="T-1", by=FIRST)
    assert "guardian.proof" not in house.held(one.guardian)
    by = people.proved(one)
    assert house.minors.guardian.review(one.guardian, by=by)
    house.minors.guardian.delete(one.guardian, by=by)
    house.minors.requests.answer(one.guardian, "已删除", by=FIRST)
    assert "已删除" in people.letters()[-1]
    assert erased(house, child, one.guardian)


@pytest.mark.clause("8.5")
@pytest.mark.parametrize("disclose", [False, True])
def test_an_american_child_is_served_as_the_childrens_privacy_rule_asks(
    family: Family, disclose: bool
) -> None:
    house, minors = family.house, family.minors
    assert minors.band("US", born=Secret("2014-05-01")) is AgeBand.CHILD
    # 312.5(c)(1): the means to reach a parent and no more; 312.4(c)(1): the direct notice.
    one = family.apply(residence="US", language="en")
    child = family.child(one)
    assert family.held(child) | family.held(one.guardian) == {"account.login", "guardian.email"}
    notice = family.letters()[-1]
    for words in ("We took from them", "Without your consent", "affiliates", "are deleted"):
        assert words in notice
    # 312.5(a)(1), (2): consent before collection, to collect apart from to disclose.
    assert refused(house, collect(child))
    family.reply(one, "government_id", disclose=disclose)
    # 312.5(b)(2)(v): what was shown is deleted once it was looked at.
    minors.desk.decide(one.guardian, is_so=True, ticket="T-1", by=FIRST)
    assert "guardian.proof" not in family.held(one.guardian)
    house.gate.perform(collect(child), by=SUBJECT)
    share = Share(
        subject=child,
        recipient="affiliates",
        fields=("account.login",),
        purpose="provide",
        facts=frozenset({"contract", "law", "protects_minor"}),
    )
    assert house.gate.ask(share, by=SYSTEM)[0].allowed is disclose
    # 312.6: review, refusal of further collection, deletion.
    by = family.proved(one)
    assert minors.guardian.review(one.guardian, by=by)
    minors.guardian.refuse_further(one.guardian, by=by)
    said = house.gate.standing(child).consents
    assert said[GUARDIAN_COLLECTS].state == "withdrawn"
    assert said[GUARDIAN_DISCLOSES].state in ("withdrawn", "refused")
    assert refused(house, collect(child))
    assert minors.guardian.delete(one.guardian, by=by).complete
    assert erased(house, child, one.guardian)
