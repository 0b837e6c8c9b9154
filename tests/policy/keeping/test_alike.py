"""Fields that came together are reckoned once, and never otherwise than one by one."""

from typing import Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from troth.model.clock import DAY, Moment, moment
from troth.model.standing import Held, HoldOn, Owed, Standing
from troth.policy import packs, reader
from troth.policy.declared import Declared
from troth.policy.keeping.alike import Alike
from troth.policy.keeping.holds import keeping
from troth.policy.keeping.terms import term

POLICY: Final = Declared(reader.load(*packs.source("itnio")))
FIELDS: Final = tuple(field for field, one in POLICY.edition.categories.items() if not one.closed)
PURPOSES: Final = ("security", "account", "realname", "support", "rights")
START: Final = moment("2024-01-01")
moments = st.sampled_from([Moment(START + days * DAY) for days in (0, 1, 200, 400)])
held = st.builds(
    Held,
    since=moments,
    purposes=st.lists(st.sampled_from(PURPOSES), max_size=3, unique=True).map(tuple),
    source=st.sampled_from(["provided", "observed"]),
    latest=st.one_of(st.just(Moment(0)), moments),
)
marks = st.dictionaries(
    st.sampled_from(["closed", "active", "ended", *(f"purpose/{one}" for one in PURPOSES)]), moments
)
owed = st.builds(Owed, what=st.just("access"), since=moments, by=moments)
placed = st.builds(
    HoldOn,
    law=st.just("named case"),
    fields=st.lists(st.sampled_from(FIELDS), min_size=1, max_size=2).map(tuple),
    until=moments,
)
standings = st.builds(
    Standing,
    pseudonym=st.just("w"),
    regimes=st.sampled_from([("cn",), ("eu",), ("ca", "us"), ()]),
    held=st.dictionaries(st.sampled_from(FIELDS), held, min_size=1, max_size=24),
    marks=marks,
    owed=st.dictionaries(st.sampled_from(["r1", "r2"]), owed),
    holds=st.one_of(st.just({}), st.dictionaries(st.just("case-7"), placed)),
)


@given(standings, moments)
def test_what_is_reckoned_together_is_what_is_reckoned_alone(
    standing: Standing, at: Moment
) -> None:
    alike = Alike(standing, POLICY)
    for field in standing.held:
        ours = msgspec.structs.replace(alike.term(field), field=field)
        assert ours == term(field, standing, POLICY)
        for moment_of in (at, Moment(at + 100 * DAY)):
            alone = keeping(field, standing, POLICY.edition, moment_of)
            assert alike.keeping(field, moment_of) == alone


def test_a_hold_that_was_placed_on_one_field_is_on_no_other() -> None:
    kept = Held(START, ("security",), "observed")
    hold = HoldOn("named case", ("web.browser",), Moment(START + 9000 * DAY))
    standing = Standing(
        pseudonym="w",
        regimes=("eu",),
        held={"web.browser": kept, "web.tag": kept},
        holds={"case-7": hold},
    )
    alike, at = Alike(standing, POLICY), Moment(START + 4000 * DAY)
    found = [alike.keeping(field, at) is not None for field in standing.held]
    assert found == [True, False]


def test_a_field_that_no_edition_knows_is_like_no_other() -> None:
    kept = Held(START, ("security",), "observed")
    held = {"old.one": kept, "web.browser": kept}
    standing = Standing(pseudonym="w", regimes=("cn",), held=held)
    assert Alike(standing, POLICY).keeping("old.one", START) is None
