"""Walk 6: a material change is told before it binds; going on accepts terms, never consents."""

import pytest

from tests.chapters.people import House
from troth.model.acts import Use
from troth.model.errors import BadInput, ConsentMissing, PolicyBroken
from troth.model.terms import SubjectId
from troth.policy import packs

LONGER = ("start: recorded, keep: P365D, then: erase", "start: recorded, keep: P400D, then: erase")


def edition(effective: str, *changes: tuple[str, str]) -> str:
    """Return the shipped document as a new edition with some changes."""
    source, _ = packs.source("itnio")
    named = (
        ('edition: "2023-05-31"', f'edition: "{effective}"'),
        ("effective: 2023-05-31", f"effective: {effective}"),
    )
    for old, new in (*named, *changes):
        assert old in source
        source = source.replace(old, new)
    return source


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


@pytest.mark.clause("10.2c")
def test_a_longer_term_is_material_and_is_said_in_words(house: House) -> None:
    amendment = house.updates.propose(edition("2026-12-24", LONGER))
    assert amendment.material
    assert "P400D" in amendment.in_words("zh")
    assert house.updates.propose(edition("2026-12-24")).material is False


SHOES = (
    "  # --- the account\n",
    """  shoe.size:
    {en: Shoe size, zh: 鞋码, same_as: "dpv:Data", source: provided, form: text, clause: 2.1.3a}
  # --- the account
""",
)
KEPT = (
    "  - {categories: [profile], start: account_closed",
    "  - {categories: [profile, shoe], start: account_closed",
)


@pytest.mark.clause("2.1.1h", "10.2c")
def test_another_field_takes_another_edition_and_is_material(house: House) -> None:
    amendment = house.updates.propose(edition("2026-12-24", SHOES, KEPT))
    assert [change.name for change in amendment.comparison.widened] == ["shoe.size"]
    assert "鞋码" in amendment.in_words("zh")


@pytest.mark.clause("10.2a")
def test_a_material_change_that_binds_too_soon_is_refused_whole(house: House) -> None:
    with pytest.raises(PolicyBroken, match="less than 7 days"):
        house.updates.publish(edition("2026-11-25", LONGER))
    assert len(house.updates.editions()) == 1
    house.updates.publish(edition("2026-11-25"))


@pytest.mark.clause("10.2a", "11.5")
def test_people_are_told_before_it_takes_effect(house: House, subject: SubjectId) -> None:
    before = house.gate.policy().hash
    done = house.updates.publish(edition("2026-12-24", LONGER), subjects=[subject])
    assert (done.material, done.told, done.unreached) == (True, 1, ())
    told = house.last(house.email)
    assert told.title == "隐私政策即将变更"
    assert "2026-12-24" in told.text.reveal()
    assert house.gate.policy().hash == before
    house.clock.forward(days=33)
    assert house.gate.policy().hash == done.edition
    assert house.recent("notice.announced", "global")


@pytest.mark.clause("A.2", "10.2b")
def test_going_on_accepts_the_terms_and_gives_no_consent(house: House, subject: SubjectId) -> None:
    with pytest.raises(BadInput):
        house.updates.go_on(subject)
    house.updates.publish(edition("2026-12-24", LONGER), subjects=[subject])
    house.clock.forward(days=33)
    house.updates.go_on(subject)
    standing = house.gate.standing(subject)
    assert [each.means for each in standing.accepted] == ["checkbox", "continued_use"]
    assert standing.consents == {}
    with pytest.raises(ConsentMissing):
        house.gate.perform(Use(subject=subject, fields=("contact.email",), purpose="marketing"))


@pytest.mark.clause("10.2c")
def test_a_subject_sees_what_changed_since_they_agreed(house: House, subject: SubjectId) -> None:
    assert house.updates.since(subject).changes == ()
    house.updates.publish(edition("2026-12-24", LONGER))
    house.clock.forward(days=33)
    since = house.updates.since(subject)
    assert since.material
    assert (since.accepted, since.now) == ("2023-05-31", "2026-12-24")


@pytest.mark.clause("11.5")
def test_editions_are_listed_and_one_is_in_force(house: House) -> None:
    house.updates.publish(edition("2026-12-24", LONGER))
    assert [each.in_force for each in house.updates.editions()] == [True, False]
    house.clock.forward(days=33)
    assert [each.in_force for each in house.updates.editions()] == [False, True]


def test_a_document_that_does_not_compile_says_where(house: House) -> None:
    broken = edition(
        "2026-12-24", ("purpose: marketing\n    basis", "purpose: pleasure\n    basis")
    )
    with pytest.raises(PolicyBroken, match=r"policy.yaml:\d+"):
        house.updates.propose(broken)
