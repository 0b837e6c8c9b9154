"""What must always hold, whatever is performed in whatever order (house.md, style rule 13)."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gate.house import CN, SUPPORT, House
from troth.ledger.audit import audit
from troth.ledger.fold import after
from troth.model.acts import (
    SUBJECT,
    SYSTEM,
    Act,
    Actor,
    Collect,
    ConsentGiven,
    ConsentRefused,
    ConsentWithdrawn,
    Correct,
    Erase,
    Export,
    Find,
    Hold,
    HoldLifted,
    Notify,
    Object,
    ObjectionLifted,
    Release,
    Restrict,
    Show,
    Use,
)
from troth.model.clock import DAY, Moment
from troth.model.errors import StoreBusy, TrothError
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import SubjectId

MARK = "canary"
FIELDS = ("contact.email", "contact.address", "contact", "profile.work", "usage.ip", "*", "shoe")
PURPOSES = ("account", "authenticate", "marketing", "improve", "rights", "support", "security")
KEYS = ("marketing", "improve", "share/partners/provide", "realname/identity.id_number")
VALUES = {
    "contact.email": st.integers(0, 9**9).map(lambda n: f"{MARK}{n}@mail.example"),
    "contact.address": st.integers(0, 9**9).map(lambda n: f"{MARK} street {n}"),
    "profile.work": st.integers(0, 9**9).map(lambda n: f"{MARK} works {n}"),
    "usage.ip": st.integers(0, 255).map(lambda n: f"203.0.113.{n}"),
}
KEPT_FOR = {
    "contact.email": "account",
    "contact.address": "account",
    "profile.work": "improve",
    "usage.ip": "security",
}
Step = tuple[type[Act], dict[str, object], Actor]


def values(field: str) -> st.SearchStrategy[dict[str, Secret]]:
    return VALUES[field].map(lambda value: {field: Secret(value)})


def fields() -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(FIELDS), min_size=1, max_size=2).map(tuple)


def step(kind: type[Act], **parts: st.SearchStrategy[object]) -> st.SearchStrategy[Step]:
    by = st.sampled_from([SUBJECT, SUBJECT, SYSTEM, SUPPORT])
    return st.tuples(st.just(kind), st.fixed_dictionaries(parts), by)


MAIL = VALUES["contact.email"].map(Secret)
LONG = st.just(Moment(2**41))
PURPOSE, KEY = st.sampled_from(PURPOSES), st.sampled_from(KEYS)
STEPS = st.one_of(
    *(
        step(Collect, values=values(field), purpose=st.just(purpose))
        for field, purpose in KEPT_FOR.items()
    ),
    step(Correct, values=st.sampled_from(list(KEPT_FOR)).flatmap(values)),
    step(Use, fields=fields(), purpose=PURPOSE),
    step(Show, fields=fields(), purpose=PURPOSE, ticket=st.just("T-1")),
    step(Export, fields=fields()),
    step(
        Find,
        field=st.just("contact.email"),
        value=VALUES["contact.email"].map(Secret),
        purpose=PURPOSE,
    ),
    step(ConsentGiven, to=KEY),
    step(ConsentGiven, to=KEY),
    step(ConsentRefused, to=KEY),
    step(ConsentWithdrawn, to=KEY),
    step(Object, purpose=PURPOSE),
    step(ObjectionLifted, purpose=PURPOSE),
    step(Restrict, fields=fields()),
    step(Release, fields=fields()),
    step(
        Hold, name=st.just("h"), law=st.just("case"), fields=fields(), until=st.just(Moment(2**41))
    ),
    step(HoldLifted, name=st.just("h")),
    step(Erase, fields=fields()),
    step(Notify, notice=st.just("news"), purpose=PURPOSE, text=st.just(Secret(f"{MARK} text"))),
)
Words = st.lists(st.sampled_from([ConsentGiven, ConsentWithdrawn, Object]), max_size=4)
Steps = st.lists(st.one_of(STEPS, st.just("tick")), min_size=1, max_size=20)


def walk(house: House, subject: SubjectId, steps: list[Step | str]) -> None:
    """Perform what may be."""
    for each in steps:
        if isinstance(each, str):
            house.clock.forward(seconds=31)
            house.gate.tick()
            continue
        kind, parts, by = each
        whom = None if kind is Find else subject
        with suppress(TrothError):
            house.perform(kind(subject=whom, **parts), by=by)
    house.gate.tick()


def whos(house: House) -> list[str]:
    return [who for (who,) in house.rooms().store.query("SELECT DISTINCT who FROM entries")]


# Hypothesis runs many walks in one house: each has a subject of its own.
@pytest.mark.clause("9.4-6")
@given(steps=Steps)
@settings(max_examples=40)
def test_no_entry_holds_a_value_and_standings_are_what_the_entries_say(
    house: House, steps: list[Step | str]
) -> None:
    subject = house.admit("CN", contact_phone=Secret(f"+86138{len(whos(house)):08d}"))
    who = house.gate.standing(subject).pseudonym
    walk(house, subject, steps)
    trail = house.rooms().log.trail(who)
    assert not any(MARK in str(entry) or "203.0.113." in str(entry) for entry in trail)
    folded = Standing(pseudonym=who)
    for entry in trail:
        folded = after(folded, entry)
    assert folded == house.rooms().standings.read(who)
    assert [entry.nth for entry in trail] == list(range(1, len(trail) + 1))


@pytest.mark.clause("9.3c")
@given(steps=Steps)
@settings(max_examples=40)
def test_vault_and_standing_never_disagree_about_what_is_held(
    house: House, steps: list[Step | str]
) -> None:
    subject = house.admit("CN", contact_phone=Secret(f"+86137{len(whos(house)):08d}"))
    walk(house, subject, steps)
    vault = house.rooms().vault
    with suppress(TrothError):
        held = set(house.gate.standing(subject).held)
        assert held == set(vault.held(vault.handle(subject)))


@pytest.mark.clause("9.3c", "2.1.2e")
@given(
    steps=Steps,
    words=st.lists(st.sampled_from([ConsentGiven, ConsentWithdrawn, Object]), max_size=4),
)
@settings(max_examples=40)
def test_no_use_passes_after_its_consent_was_withdrawn(
    house: House, steps: list[Step | str], words: list[type[Act]]
) -> None:
    subject = house.admit("CN", contact_phone=Secret(f"+86136{len(whos(house)):08d}"))
    walk(house, subject, steps)
    use = Use(subject=subject, fields=("contact.phone",), purpose="marketing")
    with suppress(TrothError):
        house.perform(ConsentGiven(subject=subject, to="marketing"), use, key="before")
    with suppress(TrothError):
        for word in words:
            to = {"purpose": "marketing"} if word is Object else {"to": "marketing"}
            house.perform(word(subject=subject, **to))
        house.perform(ConsentWithdrawn(subject=subject, to="marketing"))
    for key in ("", "before", "after"):
        with pytest.raises(TrothError):
            house.perform(use, key=key)


def test_a_rebuild_changes_nothing(house: House) -> None:
    subjects = [house.admit("CN", "marketing") for _ in range(3)]
    house.perform(Erase(subject=subjects[0]))
    house.perform(Restrict(subject=subjects[1], fields=("contact",)))
    rooms = house.rooms()
    live = {who: rooms.standings.read(who) for who in whos(house) if who}
    rooms.store.transact(lambda tx: tx.run("DELETE FROM standings"))
    rooms.standings.rebuild(rooms.log)
    assert {who: rooms.standings.read(who) for who in live} == live


def test_many_at_once_on_one_subject_leave_no_gap(house: House) -> None:
    subject = house.admit("CN", "marketing")
    use = Use(subject=subject, fields=("contact.email",), purpose="marketing")

    def work(number: int) -> None:
        act: Act = use if number % 3 else ConsentGiven(subject=subject, to=KEYS[number % 2])
        with suppress(StoreBusy):
            house.perform(act)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(30)))
    trail = house.gate.trail(subject)
    assert [entry.nth for entry in trail] == list(range(1, len(trail) + 1))
    assert len(trail) == 30 + 4
    house.troth.checkpoints()
    report = audit(house.rooms().store, house.rooms().log.vkey)
    assert (report.ok, report.size) == (True, house.count())


def test_many_subjects_at_once_do_not_wait_for_each_other_for_ever(house: House) -> None:
    subjects = [house.admit() for _ in range(4)]

    def work(number: int) -> bool:
        one, other = subjects[number % 4], subjects[(number + 1) % 4]
        acts = [ConsentGiven(subject=each, to="marketing") for each in (one, other)]
        return bool(house.perform(*acts).entries)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(16)))


def test_holds_always_end(house: House) -> None:
    subject = house.admit()
    until = Moment(house.clock.now() + DAY)
    house.perform(Hold(subject=subject, name="h", law="case", fields=("*",), until=until))
    house.clock.forward(days=1)
    assert house.perform(Erase(subject=subject)).certificate
    assert house.rooms(CN).vault.residue(subject)["cells"] == 0
