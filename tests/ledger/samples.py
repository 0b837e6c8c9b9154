"""Entries, acts and small ledgers that the tests of this room share."""

import secrets
from collections.abc import Iterable
from itertools import count

from hypothesis import strategies as st

from troth.ledger.entry import Entry, of
from troth.ledger.fold import Standings, after
from troth.ledger.log import Log
from troth.model import acts
from troth.model.acts import SUBJECT, Act
from troth.model.clock import Moment
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import ALL, AgeBand

ORIGIN = "troth.example/ledger/cn"
SEED = bytes(range(32))
NOON = Moment(1_795_348_800_000)
_ticks = count()


def someone() -> str:
    """Draw a pseudonym."""
    return secrets.token_hex(16)


def entry(who: str = "", kind: str = "data.used", at: int | None = None, **what: object) -> Entry:
    """Make an entry, each a millisecond after the one before."""
    moment = Moment(NOON + next(_ticks) if at is None else at)
    return Entry(id=secrets.token_hex(16), kind=kind, at=moment, by="subject", who=who, what=what)


def entries(number: int, who: str | None = None) -> list[Entry]:
    """Make entries of one subject."""
    who = someone() if who is None else who
    return [entry(who, n=n) for n in range(number)]


def record(log: Log, *new: Entry) -> tuple[Entry, ...]:
    """Record in a transaction of its own."""
    return log.store.transact(lambda tx: log.record(tx, new))


def placed(log: Log, number: int, who: str | None = None) -> list[Entry]:
    """Record and integrate entries; return them as recorded."""
    made = record(log, *entries(number, who))
    log.integrate(NOON)
    return list(made)


def perform(log: Log, standings: Standings, who: str, acts: Iterable[Act], at: Moment) -> Standing:
    """Do with acts what the gate does: load, fold, record, save."""
    made = [of(act, who=who, at=at, by=SUBJECT) for act in acts]

    def work(tx):
        before = standing = standings.load(tx, who)
        for each in made:
            standing = after(standing, each)
        log.record(tx, made, onto=[before])
        standings.save(tx, standing)
        return standing

    return log.store.transact(work)


# --- random acts -------------------------------------------------------------------------------

FIELDS = ("contact.email", "contact.phone", "identity.name", "identity.id_number")
field_sets = st.lists(st.sampled_from(FIELDS), min_size=1, max_size=3, unique=True).map(tuple)
some_fields = st.one_of(field_sets, st.just(("contact",)))
fields_or_all = st.one_of(some_fields, some_fields, some_fields, st.just(ALL))
purposes = st.sampled_from(["account", "marketing", "realname"])
keys = st.sampled_from(["marketing", "guardian/collect", "share/idp/realname"])
names = st.sampled_from(["a", "b", "c"])
moments = st.integers(0, 2**42).map(Moment)
values = field_sets.map(lambda fields: {field: Secret("canary") for field in fields})
editions = st.sampled_from(["e1", "e2"])

OF_ONE_SUBJECT: tuple[st.SearchStrategy[Act], ...] = (
    st.builds(
        acts.Admit,
        subject=st.none(),
        residence=st.sampled_from(["CN", "EEA"]),
        regimes=st.sampled_from([("cn",), ("eu", "cn")]),
        age=st.sampled_from(list(AgeBand)),
    ),
    st.builds(acts.Collect, subject=st.none(), values=values, purpose=purposes),
    st.builds(acts.Correct, subject=st.none(), values=values),
    st.builds(acts.Use, subject=st.none(), fields=field_sets, purpose=purposes),
    st.builds(acts.Show, subject=st.none(), fields=field_sets, purpose=purposes),
    st.builds(acts.Export, subject=st.none(), fields=field_sets),
    st.builds(acts.Share, subject=st.none(), recipient=names, fields=field_sets, purpose=purposes),
    st.builds(acts.Erase, subject=st.none(), fields=fields_or_all),
    st.builds(acts.Restrict, subject=st.none(), fields=fields_or_all, until=st.none() | moments),
    st.builds(acts.Release, subject=st.none(), fields=fields_or_all),
    st.builds(acts.Close, subject=st.none()),
    st.builds(
        acts.AgeLearned,
        subject=st.none(),
        age=st.sampled_from(AgeBand),
        method=st.sampled_from(["birthday", "finding"]),
    ),
    st.builds(
        acts.AcceptTerms,
        subject=st.none(),
        edition=editions,
        language=st.just("zh"),
        means=st.just("checkbox"),
    ),
    st.builds(
        acts.ConsentGiven,
        subject=st.none(),
        to=keys,
        expires=st.none() | moments,
        method=st.sampled_from(["self", "guardian:card"]),
    ),
    st.builds(acts.ConsentRefused, subject=st.none(), to=keys),
    st.builds(acts.ConsentWithdrawn, subject=st.none(), to=keys),
    st.builds(acts.Object, subject=st.none(), purpose=purposes),
    st.builds(acts.ObjectionLifted, subject=st.none(), purpose=purposes),
    st.builds(
        acts.Verified,
        subject=st.none(),
        fact=st.sampled_from(["contact.email", "realname"]),
        result=st.sampled_from(["verified", "failed"]),
        method=st.just("code"),
    ),
    st.builds(
        acts.Hold, subject=st.none(), name=names, law=names, fields=some_fields, until=moments
    ),
    st.builds(acts.HoldLifted, subject=st.none(), name=names),
    st.builds(acts.Owe, subject=st.none(), duty=names, what=st.just("answer"), by=moments),
    st.builds(acts.Settle, subject=st.none(), duty=names, state=st.just("fulfilled")),
)
one_act = st.one_of(*OF_ONE_SUBJECT)
