"""Random policies, people and questions over a small vocabulary, so that rules meet often."""

import msgspec
from hypothesis import strategies as st

from tests.policy.small import AT, edition
from troth.model.clock import Moment
from troth.model.standing import Acceptance, Consent, Fact, Restriction, Standing
from troth.model.terms import AgeBand, Operation
from troth.policy.case import Ask
from troth.policy.edition import Condition, Edition, Rule, When
from troth.policy.words import bases

FIELDS = ("contact.email", "contact.phone", "identity.number", "usage.page")
PURPOSES = ("login", "marketing", "security", "rights")
OPERATIONS = (Operation.COLLECT, Operation.USE, Operation.SHARE, Operation.EXPORT, Operation.SHOW)
RECIPIENTS = ("checker", "friend")
FACTS = ("contract", "standard_contract", "anonymised", "realname")
PATTERNS = ("*", "contact", "identity", "usage.page", "contact.email")
REGIMES = ("cn", "eu", "ca", "us")
KEYS = (
    *PURPOSES,
    *(f"{purpose}/{field}" for purpose in PURPOSES[:2] for field in FIELDS[:3]),
    *(f"share/{one}/{purpose}" for one in RECIPIENTS for purpose in PURPOSES[:2]),
    *(f"export/{one}/{purpose}" for one in ("cn", "global") for purpose in PURPOSES[:2]),
    *("guardian/collect", "guardian/disclose"),
)


def some(*words, most=3, least=0):
    """Return a strategy of tuples of some of the words."""
    several = st.lists(st.sampled_from(words), min_size=least, max_size=most, unique=True)
    return several.map(tuple)


def one_of(*words):
    """Return a strategy of one of the words."""
    return st.sampled_from(words)


whens = st.builds(
    When,
    regimes=some(*REGIMES, most=2),
    age=one_of((), (), ("minor", "child"), ("child",)),
    residence=one_of((), (), (), ("CN",)),
)
conditions = st.builds(
    Condition, all=some(*FACTS, most=1), any=some(*FACTS, most=2), ground=some("4.1", most=1)
)
nothing = st.just(Condition())
narrow = st.just(When())


def rules(verb):
    """Return a strategy of rules; permits never close by a consent, forbids never open by one."""
    consent = ("separate_consent",) if verb == "forbid" else ()
    basis = st.fixed_dictionaries({}, optional={one: one_of(*bases(one)) for one in REGIMES})
    return st.builds(
        Rule,
        id=st.uuids().map(lambda one: f"r-{one.hex[:12]}"),
        verb=st.just(verb),
        operations=some(*OPERATIONS, least=1),
        categories=some(*PATTERNS, most=2, least=1),
        purposes=some(*PURPOSES),
        purposes_except=one_of((), (), ("login",)),
        to=one_of((), (), ("checker",), ("friend",)),
        to_kind=one_of((), (), ("affiliate",)),
        to_kind_not=one_of((), (), ("affiliate",)),
        basis=basis if verb == "permit" else st.just({}),
        only_if=nothing | conditions,
        unless=some(
            *("minor", "objected", "anonymised", "guardian", "guardian_disclosure", *consent),
            most=1,
        ),
        when=narrow | whens,
        necessary=one_of(False, False, True),
        clause=st.just(("2",)),
    )


def editions():
    """Return a strategy of editions: the small one with other rules."""

    def made(permits: list[Rule], forbids: list[Rule]) -> Edition:
        return msgspec.structs.replace(
            edition(), rules={rule.id: rule for rule in (*permits, *forbids)}
        )

    return st.builds(
        made, st.lists(rules("permit"), max_size=7), st.lists(rules("forbid"), max_size=2)
    )


moments = st.integers(min_value=AT - 5, max_value=AT + 5).map(Moment)
words = st.builds(
    Consent,
    state=one_of("given", "given", "withdrawn", "refused"),
    at=moments,
    expires=st.none() | moments,
)
people = st.builds(
    Standing,
    pseudonym=st.just("p"),
    life=one_of("active", "active", "active", "unknown", "closed", "erased"),
    residence=one_of("CN", "CN", "DE", "US-CA", "HK", ""),
    regimes=one_of((), ("cn",), ("eu",), ("ca", "us"), ("cn", "eu")),
    age=st.sampled_from(AgeBand),
    accepted=one_of((), (Acceptance("e", AT, "zh", "button"),)),
    consents=st.dictionaries(one_of(*KEYS), words, max_size=6),
    objections=st.dictionaries(one_of(*PURPOSES), moments, max_size=2),
    restrictions=st.dictionaries(
        one_of("*", *FIELDS),
        st.builds(Restriction, st.just("request"), st.none() | moments),
        max_size=1,
    ),
    facts=st.dictionaries(
        one_of("realname", "anonymised"),
        st.builds(Fact, one_of("verified", "failed"), moments, st.just("m")),
        max_size=1,
    ),
)
wild = st.builds(
    Ask,
    operation=one_of(*OPERATIONS),
    purpose=one_of(*PURPOSES, "gossip"),
    fields=some(*FIELDS, most=3) | one_of(("*",), ("contact.fax",), ("identity.face",)),
    recipient=st.none() | one_of(*RECIPIENTS, "stranger"),
    to_region=one_of(None, "cn", "global", "mars"),
    facts=st.frozensets(one_of(*FACTS, "on_behalf"), max_size=3),
    role=one_of("", "desk", "spy"),
    ground=one_of("", "4.1"),
)
"""Questions about anything, mostly about what no rule covers."""


@st.composite
def cases(draw):
    """Return a strategy of (edition, ask, person); the ask is mostly about what a rule permits."""
    edition, person = draw(editions()), draw(people)
    aims = [
        (rule, field, purpose)
        for rule in edition.rules.values()
        for field in edition.fields(rule.categories)
        for purpose in edition.covered(rule)
        if rule.verb == "permit" and not edition.categories[field].closed
    ]
    if not aims or draw(st.integers(0, 9)) == 9:
        return edition, draw(wild), person
    rule, field, purpose = draw(st.sampled_from(aims))
    more = draw(one_of((), (), (), edition.fields(rule.categories)[:3]))
    recipient = draw(st.sampled_from(edition.given_to(rule) or (None,)))
    established = frozenset((*rule.only_if.all, *rule.only_if.any, "contract"))
    ask = Ask(
        operation=draw(st.sampled_from(rule.operations)),
        purpose=purpose,
        fields=tuple(dict.fromkeys((field, *more))),
        recipient=recipient,
        to_region=draw(one_of(None, None, None, None, None, None, "cn", "global")),
        facts=draw(one_of(established, established, established, frozenset())),
        role=draw(one_of("", "", "", "", "", "desk")),
        ground=(rule.only_if.ground or ("",))[0],
    )
    if draw(st.integers(0, 4)):
        keys = (purpose, f"{purpose}/{field}", f"share/{recipient}/{purpose}")
        spoken = draw(st.dictionaries(st.sampled_from(keys), words, max_size=2))
        person = msgspec.structs.replace(
            person,
            life="active",
            regimes=tuple(rule.basis)[:1],
            consents={**person.consents, **spoken},
        )
    return edition, ask, person
