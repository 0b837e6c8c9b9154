"""A code works once, a token for its time, and nothing in them tells whose they are."""

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.documents.applications.people import CN, GLOBAL, WHO, begun
from troth.documents.applications.grants import Grants, SignIn
from troth.documents.applications.passes import LIFE, Bound, Kind, Passes, answers
from troth.model.clock import DAY, MINUTE, SECOND, Moment
from troth.model.errors import NotProved
from troth.model.secret import Secret
from troth.store.sql import Store

KEY = b"k" * 32
BOUND = Bound(redirect="https://shop.example/back", challenge="c" * 43, nonce="n")
KINDS: tuple[Kind, ...] = ("code", "access", "refresh")
WANTED: dict[Kind, Bound] = {"access": Bound(scopes=("openid",)), "refresh": Bound()}


@pytest.fixture
def grants(data_store: Store) -> Grants:
    """Return the grants of a house with one region."""
    return Grants({CN: data_store})


@pytest.fixture
def passes(data_store: Store) -> Passes:
    """Return the passes of a house with one region."""
    return Passes({CN: data_store}, KEY)


@pytest.fixture
def sign_in(grants: Grants, at: Moment) -> SignIn:
    """Return a sign-in that lasts."""
    return begun(grants, at, lasting=True)


def test_a_code_brings_back_what_it_was_made_for(
    passes: Passes, sign_in: SignIn, at: Moment
) -> None:
    held = passes.look("code", passes.issue("code", sign_in, at=at, bound=BOUND), at=at)
    assert (held.subject, held.sign_in, held.bound, held.stolen) == (
        WHO,
        sign_in.id,
        BOUND,
        False,
    )


@pytest.mark.parametrize("kind", ["code", "refresh"])
def test_a_pass_is_traded_once_and_a_second_use_is_a_theft(
    passes: Passes, sign_in: SignIn, at: Moment, kind: Kind
) -> None:
    given = passes.issue(kind, sign_in, at=at)
    first = passes.trade(kind, given, sign_in, WANTED, at=at)
    assert first.keys() == WANTED.keys()
    assert passes.check("access", first["access"], at=at).bound == WANTED["access"]
    assert passes.trade(kind, given, sign_in, WANTED, at=at) == {}
    assert passes.look(kind, given, at=at).stolen
    with pytest.raises(NotProved):
        passes.check(kind, given, at=at)


def test_nothing_is_traded_for_a_late_pass_or_an_ended_sign_in(
    passes: Passes, grants: Grants, sign_in: SignIn, at: Moment
) -> None:
    given = passes.issue("code", sign_in, at=at)
    assert passes.trade("code", given, sign_in, WANTED, at=Moment(at + MINUTE)) == {}
    grants.end_sign_in(sign_in)
    assert passes.trade("code", given, sign_in, WANTED, at=at) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_good_for_its_time(passes: Passes, sign_in: SignIn, at: Moment, kind: Kind) -> None:
    given = passes.issue(kind, sign_in, at=at)
    assert passes.check(kind, given, at=Moment(at + LIFE[kind] - 1)).subject == WHO
    for late in (Moment(at + LIFE[kind]), Moment(at + 400 * DAY)):
        with pytest.raises(NotProved):
            passes.check(kind, given, at=late)
        with pytest.raises(NotProved):
            passes.look(kind, given, at=late)


def test_a_code_lives_a_minute_and_an_access_token_ten() -> None:
    assert (LIFE["code"], LIFE["access"]) == (60 * SECOND, 10 * MINUTE)


def test_nothing_outlives_its_sign_in(passes: Passes, grants: Grants, at: Moment) -> None:
    one = begun(grants, at, lasting=True)
    late = Moment(one.until - MINUTE)
    given = passes.issue("refresh", one, at=late)
    with pytest.raises(NotProved):
        passes.check("refresh", given, at=one.until)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("used_as", KINDS)
def test_a_pass_is_good_for_its_own_kind_alone(
    passes: Passes, sign_in: SignIn, at: Moment, kind: Kind, used_as: Kind
) -> None:
    given = passes.issue(kind, sign_in, at=at)
    if kind == used_as:
        passes.check(kind, given, at=at)
    else:
        with pytest.raises(NotProved):
            passes.check(used_as, given, at=at)


def test_a_sign_in_that_has_ended_gives_nothing_more(
    passes: Passes, grants: Grants, sign_in: SignIn, data_store: Store, at: Moment
) -> None:
    grants.end_sign_in(sign_in)
    with pytest.raises(NotProved):
        passes.issue("access", sign_in, at=at)
    assert data_store.query("SELECT COUNT(*) FROM passes")[0][0] == 0


def test_of_many_who_come_at_once_one_is_given_something(
    passes: Passes, sign_in: SignIn, at: Moment
) -> None:
    code = passes.issue("code", sign_in, at=at)
    with ThreadPoolExecutor(8) as pool:
        done = list(
            pool.map(lambda _: passes.trade("code", code, sign_in, WANTED, at=at), range(16))
        )
    assert [bool(made) for made in done].count(True) == 1


def test_the_table_holds_no_pass_and_the_pass_no_name(
    passes: Passes, sign_in: SignIn, data_store: Store, at: Moment
) -> None:
    given = [passes.issue(kind, sign_in, at=at).reveal() for kind in KINDS]
    told = repr(data_store.query("SELECT * FROM passes"))
    assert not any(each in told or each.removeprefix("app_") in told for each in given)
    assert not any(str(WHO) in each or sign_in.id in each for each in given)
    assert len(set(given)) == 3


def test_a_stolen_digest_is_of_no_use(
    passes: Passes, sign_in: SignIn, data_store: Store, at: Moment
) -> None:
    passes.issue("access", sign_in, at=at)
    ((digest,),) = data_store.query("SELECT digest FROM passes")
    with pytest.raises(NotProved):
        passes.check("access", Secret(digest), at=at)


def test_a_pass_that_is_given_up_is_gone(passes: Passes, sign_in: SignIn, at: Moment) -> None:
    given = passes.issue("access", sign_in, at=at)
    passes.give_up(given)
    passes.give_up(Secret("never made"))
    with pytest.raises(NotProved):
        passes.check("access", given, at=at)


def test_what_is_late_is_swept_away(passes: Passes, sign_in: SignIn, at: Moment) -> None:
    passes.issue("code", sign_in, at=at)
    passes.issue("access", sign_in, at=at)
    assert passes.purge(Moment(at + MINUTE)) == 1
    assert passes.purge(Moment(at + 10 * MINUTE)) == 1


def test_a_pass_is_found_in_whichever_region_it_lies(data_store: Store, at: Moment) -> None:
    # One database stands for both: the pass is looked for in each.
    passes = Passes({GLOBAL: data_store, CN: data_store}, KEY)
    given = passes.issue("access", begun(Grants({CN: data_store}), at), at=at)
    assert passes.check("access", given, at=at).subject == WHO
    with pytest.raises(NotProved):
        passes.check("access", Secret("app_unknown"), at=at)


VERIFIERS = st.text("abcXYZ019-._~", min_size=43, max_size=128)


@given(made=VERIFIERS, tried=VERIFIERS)
def test_only_the_verifier_answers_its_challenge(made: str, tried: str) -> None:
    challenge = challenge_of(made)
    assert answers(challenge, made)
    assert answers(challenge, tried) == (tried == made)


@given(verifier=st.text(max_size=20))
def test_whatever_is_sent_as_a_verifier_is_no_fault(verifier: str) -> None:
    assert not answers("c" * 43, verifier)


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
