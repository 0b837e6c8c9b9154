"""The ten states of a consent, read from words and dates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.documents.consents.states import DPV, VALID, history, state_of
from troth.ledger import fold
from troth.ledger.entry import Entry
from troth.model.clock import DAY, Moment
from troth.model.standing import Asked, Consent, Standing

LATER = Moment(10 * DAY)


@pytest.mark.parametrize(
    ("consent", "asked", "state"),
    [
        (None, None, "unknown"),
        (None, Asked("requested", Moment(1)), "requested"),
        (None, Asked("deferred", Moment(1)), "deferred"),
        (Consent("given", Moment(1)), None, "given"),
        (Consent("given", Moment(1), None, "", "renewed"), None, "renewed"),
        (Consent("given", Moment(1), Moment(2)), None, "expired"),
        (Consent("refused", Moment(1)), None, "refused"),
        (Consent("withdrawn", Moment(1)), None, "withdrawn"),
        (Consent("withdrawn", Moment(1), None, "", "revoked"), None, "revoked"),
        (Consent("withdrawn", Moment(1), None, "", "invalidated"), None, "invalidated"),
        (Consent("given", Moment(1)), Asked("requested", Moment(5)), "given"),
        (Consent("given", Moment(1), Moment(6)), Asked("requested", Moment(5)), "expired"),
        (Consent("refused", Moment(1)), Asked("requested", Moment(5)), "requested"),
    ],
)
def test_each_state_comes_from_the_last_word(consent, asked, state) -> None:
    assert state_of(consent, LATER, asked) == state


def test_there_are_the_ten_of_dpv() -> None:
    assert len(DPV) == len(set(DPV.values())) == 10


WORDS = st.sampled_from(
    [
        ("consent.given", "subject", {}),
        ("consent.given", "subject", {"expires": 5 * DAY}),
        ("consent.refused", "subject", {}),
        ("consent.withdrawn", "subject:k1", {}),
        ("consent.withdrawn", "staff:s1", {}),
        ("consent.withdrawn", "system", {"invalid": True}),
        ("consent.withdrawn", "system", {"elsewhere": {}}),
        ("consent.requested", "system", {}),
        ("consent.deferred", "guardian", {}),
    ]
)


@given(st.lists(WORDS, min_size=1, max_size=12), st.integers(0, 20))
def test_the_standing_and_the_history_always_tell_the_same(words, days) -> None:
    standing, entries = Standing(pseudonym="w"), []
    for number, (kind, by, more) in enumerate(words):
        what = {"to": "marketing", **{k: v for k, v in more.items() if k != "elsewhere"}}
        what |= {"elsewhere": _ELSEWHERE} if "elsewhere" in more else {}
        entry = Entry(id=f"{number}", kind=kind, at=Moment(number), by=by, who="w", what=what)
        entries.append(entry)
        standing = fold.after(standing, entry)
    at = Moment(days * DAY + len(words))
    now = state_of(standing.consents.get("marketing"), at, standing.asked.get("marketing"))
    assert now == _last(history(entries), at)
    assert (now in VALID) == standing.consents_to("marketing", at)


_ELSEWHERE = {"collector": "c", "at": 0, "means": "m", "text": "0" * 64, "reference": "r"}


def _last(words, at) -> str:
    """Tell the state from the words alone: a question counts where nothing stands."""
    spoken = [one for one in words if one.state not in ("requested", "deferred")]
    last, final = (spoken[-1] if spoken else None), words[-1]
    if last is None or final is last:
        return _over(last or final, at)
    stands = last.state in VALID and (last.expires is None or at < last.expires)
    ended = last.state in VALID and last.expires is not None and final.at < last.expires
    return _over(last, at) if stands or ended else final.state


def _over(one, at) -> str:
    gone = one.state in VALID and one.expires is not None and one.expires <= at
    return "expired" if gone else one.state
