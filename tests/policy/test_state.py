"""A standing reduced to bits: all that a policy can ask about, good for its time only."""

import pytest

from tests.policy.small import ADULT, AT, but, edition, policy, said
from troth.model.clock import DAY, Moment
from troth.model.standing import Fact, Restriction, Standing
from troth.model.terms import AgeBand
from troth.policy import state as st
from troth.policy.state import FIRST, LAST, Alphabet, last_word

LETTERS = Alphabet(edition(), ("marketing", "marketing/contact.email"), ("realname",))


def bits(standing: Standing, at: Moment = AT) -> int:
    """Return the bits of a standing at a moment."""
    return LETTERS.read(standing, at).bits


@pytest.mark.parametrize(
    ("change", "bit"),
    [
        ({"life": "closed"}, st.CLOSED),
        ({"life": "erased"}, st.ERASED),
        ({"life": "unknown"}, st.UNKNOWN),
        ({"age": AgeBand.MINOR}, st.MINOR),
        ({"age": AgeBand.CHILD}, st.CHILD),
        ({"restrictions": {"*": Restriction("g", None)}}, st.ALL_RESTRICTED),
        (
            {"restrictions": {"usage.page": Restriction("g", None)}},
            LETTERS.restrictions["usage.page"],
        ),
        ({"objections": {"marketing": AT}}, LETTERS.objections["marketing"]),
        ({"facts": {"realname": Fact("verified", AT, "m")}}, LETTERS.facts["realname"]),
    ],
)
def test_each_thing_a_subject_is_or_said_has_its_bit(change, bit):
    assert bits(but(ADULT, **change)) & bit
    assert not bits(ADULT) & bit


def test_a_guardians_consents_have_bits_while_they_stand():
    both = said(ADULT, "guardian/collect", "guardian/disclose")
    assert bits(both) & (st.GUARDIAN | st.DISCLOSURE) == st.GUARDIAN | st.DISCLOSURE
    assert not bits(ADULT) & (st.GUARDIAN | st.DISCLOSURE)
    withdrawn = said(both, "guardian/disclose", state="withdrawn")
    assert bits(withdrawn) & (st.GUARDIAN | st.DISCLOSURE) == st.GUARDIAN


def test_consent_to_disclose_is_nothing_without_consent_to_collect():
    alone = said(ADULT, "guardian/disclose")
    assert not bits(alone) & (st.GUARDIAN | st.DISCLOSURE)


def test_accepted_terms_have_a_bit():
    assert bits(ADULT) & st.ACCEPTED
    assert not bits(but(ADULT, accepted=())) & st.ACCEPTED


def test_a_fact_that_failed_is_no_fact():
    failed = but(ADULT, facts={"realname": Fact("failed", AT, "m")})
    assert bits(failed) == bits(ADULT)


def test_what_the_edition_does_not_know_changes_nothing():
    strange = but(said(ADULT, "gossip"), objections={"gossip": AT}, entries=9)
    assert bits(strange) == bits(ADULT)


def test_bits_do_not_overlap():
    laid = [
        *LETTERS.regimes.values(),
        *LETTERS.residences.values(),
        *LETTERS.facts.values(),
        *LETTERS.objections.values(),
        *LETTERS.restrictions.values(),
        *(3 << place for place in LETTERS.consents.values()),
    ]
    assert sum(bit.bit_count() for bit in laid) == sum(laid).bit_count()
    assert not sum(laid) & st.COMMON


def test_regimes_and_residence_are_read_back():
    californian = bits(but(ADULT, residence="US-CA", regimes=("ca", "us")))
    assert LETTERS.regimes_of(californian) == ["ca", "us"]
    assert LETTERS.residence_of(californian) == "US-CA"


def test_without_regimes_those_of_the_residence_bind():
    assert LETTERS.regimes_of(bits(but(ADULT, residence="FR", regimes=()))) == ["eu"]
    assert LETTERS.regimes_of(bits(Standing(pseudonym="p"))) == ["cn"]


@pytest.mark.parametrize(("state", "word"), [("given", 1), ("withdrawn", 2), ("refused", 3)])
def test_the_last_word_on_a_consent_is_read_back(state, word):
    assert LETTERS.said(bits(said(ADULT, "marketing", state=state)), "marketing") == word
    assert LETTERS.said(bits(ADULT), "marketing") == st.NOTHING
    assert LETTERS.said(bits(ADULT), "no/such/key") == st.NOTHING


def test_an_expired_consent_is_no_word():
    ended = said(ADULT, "marketing", expires=AT)
    assert last_word(ended.consents, "marketing", AT) == st.NOTHING
    assert last_word(ended.consents, "marketing", Moment(AT - 1)) == st.GIVEN


@pytest.mark.clause("9.3c")
@pytest.mark.parametrize(("when", "word"), [(-1, st.GIVEN), (0, st.WITHDRAWN), (1, st.WITHDRAWN)])
def test_a_field_follows_a_later_withdrawal_of_its_purpose(when, word):
    narrow = said(ADULT, "marketing/contact.email")
    both = said(narrow, "marketing", state="withdrawn", at=Moment(AT + when))
    assert last_word(both.consents, "marketing/contact.email", AT) == word


def test_a_consent_to_a_recipient_does_not_hang_on_its_first_word():
    both = said(said(ADULT, "share/checker/realname"), "share", state="withdrawn")
    assert last_word(both.consents, "share/checker/realname", AT) == st.GIVEN


def test_a_state_is_good_until_something_ends_by_date():
    restricted = {"*": Restriction("law", Moment(AT + 3 * DAY))}
    person = but(said(ADULT, "marketing", expires=Moment(AT + DAY)), restrictions=restricted)
    spans = [LETTERS.read(person, Moment(AT + n * DAY)) for n in (0, 1, 2, 3, 4)]
    assert [(one.since, one.until) for one in spans] == [
        (FIRST, AT + DAY),
        (AT + DAY, AT + 3 * DAY),
        (AT + DAY, AT + 3 * DAY),
        (AT + 3 * DAY, LAST),
        (AT + 3 * DAY, LAST),
    ]


def test_a_policy_remembers_a_state_only_for_its_span():
    until = said(ADULT, "marketing", expires=Moment(AT + DAY))
    first, later = (policy().state(until, Moment(AT + n * DAY)).bits for n in (0, 1))
    assert first != later
