"""Acceptance is one act of the person's own; each consent stands apart from it and the others."""

import pytest

from tests.documents.editions import SMALL
from troth.documents.agreement import MEANS, Shown, Tick, accept, asked, consents, in_words
from troth.model.acts import AcceptTerms, ConsentGiven, ConsentRefused
from troth.model.errors import BadInput
from troth.model.terms import Region, SubjectId

SUBJECT = SubjectId.new(Region("cn"))
SHOWN = Shown(edition="e" * 64, language="zh", surface="centre")


@pytest.mark.clause("P.2", "A.1")
@pytest.mark.parametrize("means", sorted(MEANS))
def test_terms_are_accepted_by_a_named_means(means: str) -> None:
    told = accept(SUBJECT, SHOWN, means=means, confirmed=True)
    assert isinstance(told, AcceptTerms)
    assert (told.edition, told.language, told.means) == (SHOWN.edition, "zh", means)


@pytest.mark.clause("A.1")
@pytest.mark.parametrize("means", ["", "scrolling", "Checkbox", "silence"])
def test_an_unknown_means_is_refused(means: str) -> None:
    with pytest.raises(BadInput) as refused:
        accept(SUBJECT, SHOWN, means=means, confirmed=True)
    assert refused.value.field == "means"


@pytest.mark.clause("P.2")
def test_an_unconfirmed_policy_is_not_accepted() -> None:
    with pytest.raises(BadInput):
        accept(SUBJECT, SHOWN, means="button", confirmed=False)


@pytest.mark.clause("A.1")
def test_a_box_ticked_for_the_person_is_no_acceptance() -> None:
    with pytest.raises(BadInput):
        accept(SUBJECT, SHOWN, means="checkbox", confirmed=True, pre_ticked=True)


@pytest.mark.clause("A.2")
def test_going_on_to_use_accepts_terms_and_gives_no_consent() -> None:
    accept(SUBJECT, SHOWN, means="continued_use", confirmed=True)
    assert consents(SUBJECT, [], shown=SHOWN, means="continued_use") == ()
    with pytest.raises(BadInput):
        consents(
            SUBJECT,
            [Tick(keys=("marketing",), ticked=True)],
            shown=SHOWN,
            means="continued_use",
        )


@pytest.mark.clause("2.3b")
@pytest.mark.parametrize(
    "keys", [("marketing", "realname/identity.id_number"), (), ("*",), ("terms",), ("share/*/x",)]
)
def test_bundled_consent_is_refused(keys: tuple[str, ...]) -> None:
    with pytest.raises(BadInput):
        consents(SUBJECT, [Tick(keys=keys, ticked=True)], shown=SHOWN, means="checkbox")


def test_a_pre_ticked_consent_is_refused() -> None:
    tick = Tick(keys=("marketing",), ticked=True, pre_ticked=True)
    with pytest.raises(BadInput):
        consents(SUBJECT, [tick], shown=SHOWN, means="checkbox")


def test_what_was_not_ticked_was_refused() -> None:
    given, refused = consents(
        SUBJECT,
        [
            Tick(keys=("marketing",), ticked=True, notice="n1"),
            Tick(keys=("improve",), ticked=False),
        ],
        shown=SHOWN,
        means="checkbox",
    )
    assert isinstance(given, ConsentGiven)
    assert (given.to, given.notice, given.language) == ("marketing", "n1", "zh")
    assert refused == ConsentRefused(subject=SUBJECT, to="improve")


def test_a_key_the_policy_does_not_ask_for_is_refused() -> None:
    with pytest.raises(BadInput):
        consents(
            SUBJECT,
            [Tick(keys=("everything",), ticked=True)],
            shown=SHOWN,
            means="checkbox",
            known={"marketing"},
        )


def test_a_key_asked_twice_is_refused() -> None:
    twice = [Tick(keys=("marketing",), ticked=True), Tick(keys=("marketing",), ticked=False)]
    with pytest.raises(BadInput):
        consents(SUBJECT, twice, shown=SHOWN, means="checkbox")


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("marketing", "营销"),
        ("realname/identity.id_number", "实名认证，身份证号"),
        ("share/id-authority/realname", "实名认证，认证机构"),
        ("export/global/marketing", "营销，global"),
        ("unheard", "unheard"),
    ],
)
def test_a_consent_is_told_in_the_policys_own_names(key: str, words: str) -> None:
    assert in_words(key, SMALL, "zh") == words


def test_a_key_is_read_by_its_parts() -> None:
    assert asked("share/id-authority/realname").operation == "share"
    assert asked("export/global/support").region == "global"
    assert asked("realname/identity.id_number").field == "identity.id_number"
