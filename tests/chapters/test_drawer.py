"""A drawer: of changes at once none is lost, and none is made on what is no longer there."""

import json
import secrets

import pytest

from tests.chapters.factors import BROWSER, Person
from tests.chapters.people import House
from tests.chapters.test_second_factor import together
from tests.support.authenticator import Authenticator
from troth.app import PasskeyAnswer
from troth.chapters.accounts.drawer import TRIES, Drawer, clear, put
from troth.model.acts import Act
from troth.model.errors import NotFound, StoreBusy
from troth.model.secret import Secret
from troth.model.terms import SubjectId

FIELD = "account.passkeys"


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


@pytest.fixture
def drawer(house: House) -> Drawer:
    return Drawer(house.gate)


def listed(kept: Secret | None) -> list[str]:
    return json.loads(kept.reveal())["had"] if kept else []


def adding(subject: SubjectId, what: str):  # type: ignore[no-untyped-def]
    """Return work that adds one thing to a list; a ``revision`` makes each state another one."""

    def work(kept: Secret | None) -> list[Act]:
        had = [*listed(kept), what]
        value = Secret(json.dumps({"had": had, "revision": secrets.token_hex(8)}))
        return [put(subject, FIELD, value, over=kept)]

    return work


def test_of_changes_at_once_none_is_lost(drawer: Drawer, subject: SubjectId) -> None:
    names = [str(nth) for nth in range(8)]
    came = together(8, lambda nth: drawer.change(subject, FIELD, adding(subject, names[nth])))
    assert not [each for each in came if isinstance(each, Exception)]
    assert sorted(listed(drawer.open(subject, FIELD))) == names


def test_a_field_that_was_emptied_begins_anew(drawer: Drawer, subject: SubjectId) -> None:
    for _ in range(3):
        drawer.change(subject, FIELD, adding(subject, "a"))
        drawer.change(subject, FIELD, lambda _: [clear(subject, FIELD)])
        assert drawer.open(subject, FIELD) is None


def test_a_change_on_what_others_always_change_gives_up(
    drawer: Drawer, subject: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawer.change(subject, FIELD, adding(subject, "a"))
    stale, tries = drawer.open(subject, FIELD), []
    drawer.change(subject, FIELD, adding(subject, "b"))
    monkeypatch.setattr(drawer, "open", lambda *_: tries.append(1) or stale)
    with pytest.raises(StoreBusy):
        drawer.change(subject, FIELD, adding(subject, "c"))
    assert len(tries) == TRIES


def test_what_the_work_raises_is_raised_and_nothing_is_done(
    drawer: Drawer, subject: SubjectId
) -> None:
    def work(_: Secret | None) -> list[Act]:
        raise NotFound

    with pytest.raises(NotFound):
        drawer.change(subject, FIELD, work)
    assert drawer.open(subject, FIELD) is None


def test_nobodys_drawer_is_empty(house: House, drawer: Drawer, subject: SubjectId) -> None:
    assert drawer.open(SubjectId("cn-" + "a" * 26), FIELD) is None
    assert drawer.open(subject, FIELD) is None


def test_passkeys_added_at_once_are_all_there_and_one_set_of_codes_is_good(house: House) -> None:
    house.register()
    person = Person(house)
    asked = [person.factors.begin_passkey(person.token, browser=BROWSER) for _ in range(4)]

    def add(nth: int) -> tuple[Secret, ...]:
        answer = Secret(Authenticator().create(asked[nth].options.reveal()))
        given = PasskeyAnswer(state=asked[nth].state, answer=answer, browser=BROWSER)
        return person.factors.add_passkey(person.token, given, Secret(f"key {nth}"))

    sets = together(4, add)
    names = {each.name.reveal() for each in person.factors.had(person.token).passkeys}
    assert names == {f"key {nth}" for nth in range(4)}
    (codes,) = [codes for codes in sets if codes]
    person.codes = codes  # type: ignore[assignment]  # of the one who drew them
    person.factors.finish(person.sign_in().ticket, person.recovery())
