"""What somebody granted, and sign-ins that end with what they rest on."""

import pytest

from tests.documents.applications.people import (
    CN,
    OTHER,
    OTHER_SESSION,
    SESSION,
    WHO,
    begun,
    heard,
    run,
)
from troth.documents.applications.grants import (
    FORGET,
    LASTING,
    REPLACED_AFTER,
    RESTING,
    SHORT,
    Grants,
    Proved,
)
from troth.documents.applications.passes import Passes
from troth.model.clock import DAY, MINUTE, Moment
from troth.model.errors import NotFound, NotProved
from troth.model.terms import Region, SubjectId
from troth.store.sql import Store

KEY = b"k" * 32


@pytest.fixture
def grants(data_store: Store) -> Grants:
    """Return the grants of a house with one region."""
    return Grants({CN: data_store})


@pytest.fixture
def passes(data_store: Store) -> Passes:
    """Return its passes."""
    return Passes({CN: data_store}, KEY)


def left(grants: Grants, who: SubjectId = WHO) -> list[str]:
    return [one.id for one in grants.sign_ins(who)]


def test_what_was_said_last_counts_and_since_when_stays(grants: Grants, at: Moment) -> None:
    grants.keep(WHO, "app-1", ("openid", "email"), ("phone",), at=at)
    grants.keep(WHO, "app-1", ("openid",), ("email", "phone"), at=Moment(at + DAY))
    kept = grants.one(WHO, "app-1")
    assert kept is not None
    assert (kept.scopes, kept.declined) == (("openid",), ("email", "phone"))
    assert (kept.since, kept.changed) == (at, at + DAY)
    assert grants.one(OTHER, "app-1") is None
    assert grants.one(WHO, "app-2") is None


def test_a_grant_ends_once(grants: Grants, at: Moment) -> None:
    grants.keep(WHO, "app-1", ("openid",), (), at=at)
    assert grants.end(WHO, "app-1")
    assert not grants.end(WHO, "app-1")
    assert grants.of(WHO) == []


def test_a_sign_in_is_read_back_as_it_began(grants: Grants, at: Moment) -> None:
    grants.keep(WHO, "app-1", ("openid",), (), at=at)
    one = begun(grants, Moment(at + MINUTE), lasting=True)
    assert grants.sign_in(WHO, one.id) == one
    assert one.proved == Proved(session=SESSION, at=Moment(at + MINUTE), means=("pwd",))
    assert one.until == at + MINUTE + LASTING
    assert begun(grants, at).until == at + SHORT
    assert grants.of(WHO)[0].used == at


def test_nobody_else_finds_it(grants: Grants, at: Moment) -> None:
    one = begun(grants, at)
    for who in (OTHER, SubjectId.new(Region("xx"))):
        with pytest.raises(NotFound):
            grants.sign_in(who, one.id)


def test_ending_takes_every_pass_and_is_told_once(
    grants: Grants, passes: Passes, data_store: Store, at: Moment
) -> None:
    one, other = begun(grants, at), begun(grants, at, session=OTHER_SESSION)
    mine, theirs = passes.issue("access", one, at=at), passes.issue("access", other, at=at)
    assert grants.end_sign_in(one)
    assert not grants.end_sign_in(one)
    with pytest.raises(NotProved):
        passes.check("access", mine, at=at)
    assert passes.check("access", theirs, at=at).sign_in == other.id
    assert heard(data_store) == [one.id]


def test_an_application_hears_only_if_it_wants_to(
    grants: Grants, data_store: Store, at: Moment
) -> None:
    grants.end_sign_in(begun(grants, at, told=False))
    grants.end_sign_in(begun(grants, at), tell=False)
    assert heard(data_store) == []


# --- what they rest on -------------------------------------------------------------------------


def test_a_session_takes_its_own_sign_ins_along(
    grants: Grants, passes: Passes, data_store: Store, at: Moment
) -> None:
    short, lasting = begun(grants, at), begun(grants, at, application="app-2", lasting=True)
    other = begun(grants, at, session=OTHER_SESSION)
    token = passes.issue("access", short, at=at)
    run(data_store, RESTING.one, str(WHO), SESSION)
    assert sorted(left(grants)) == sorted([lasting.id, other.id])
    assert heard(data_store) == sorted([short.id, lasting.id])
    with pytest.raises(NotProved):
        passes.check("access", token, at=at)


def test_every_other_session_takes_the_lasting_ones_along_too(
    grants: Grants, data_store: Store, at: Moment
) -> None:
    here = begun(grants, at, lasting=True)
    begun(grants, at, session=OTHER_SESSION, lasting=True)
    somebody = begun(grants, at, who=OTHER, session=OTHER_SESSION)
    run(data_store, RESTING.others, str(WHO), SESSION)
    assert left(grants) == [here.id]
    assert left(grants, OTHER) == [somebody.id]


def test_all_sessions_take_all_of_them_along(grants: Grants, data_store: Store, at: Moment) -> None:
    ids = sorted([begun(grants, at).id, begun(grants, at, lasting=True).id])
    grants.keep(WHO, "app-1", ("openid",), (), at=at)
    run(data_store, RESTING.all, str(WHO))
    assert left(grants) == []
    assert heard(data_store) == ids
    assert grants.one(WHO, "app-1") is not None


def test_a_session_that_goes_on_carries_them(grants: Grants, data_store: Store, at: Moment) -> None:
    one, other = begun(grants, at), begun(grants, at, who=OTHER)
    run(data_store, RESTING.go_on, OTHER_SESSION, str(WHO), SESSION)
    assert grants.sign_in(WHO, one.id).proved.session == OTHER_SESSION
    assert grants.sign_in(OTHER, other.id).proved.session == SESSION


def test_an_erasure_leaves_nothing_but_words_that_name_nobody(
    grants: Grants, passes: Passes, data_store: Store, at: Moment
) -> None:
    passes.issue("refresh", begun(grants, at, lasting=True), at=at)
    grants.keep(WHO, "app-1", ("openid",), (), at=at)
    run(data_store, FORGET, str(WHO))
    for table in ("grants", "sign_ins", "passes"):
        assert data_store.query(f"SELECT COUNT(*) FROM {table}")[0][0] == 0
    assert str(WHO) not in repr(data_store.query("SELECT * FROM logouts"))


# --- time --------------------------------------------------------------------------------------


def test_a_new_sign_in_takes_the_place_of_an_old_one_of_the_same_session(
    grants: Grants, data_store: Store, at: Moment
) -> None:
    old, elsewhere = begun(grants, at), begun(grants, at, application="app-2")
    soon = begun(grants, Moment(at + REPLACED_AFTER - 1))
    late = begun(grants, Moment(at + REPLACED_AFTER))
    assert sorted(left(grants)) == sorted([elsewhere.id, soon.id, late.id])
    assert old.id not in heard(data_store)


def test_what_is_over_is_swept_away(grants: Grants, at: Moment) -> None:
    begun(grants, at)
    lasting = begun(grants, at, lasting=True)
    assert grants.purge(Moment(at + SHORT)) == 1
    assert left(grants) == [lasting.id]
    assert grants.purge(Moment(at + LASTING)) == 1


def test_all_sign_ins_are_gone_through_a_page_at_a_time(grants: Grants, at: Moment) -> None:
    ids = {begun(grants, at, session=f"{nth:064x}").id for nth in range(70)}
    ids |= {begun(grants, at, who=OTHER).id}
    seen: list[str] = []
    place = ("", "")
    while page := grants.page(CN, place):
        seen += [one.id for one in page]
        place = (str(page[-1].subject), page[-1].id)
    assert set(seen) == ids
    assert len(seen) == len(ids)
