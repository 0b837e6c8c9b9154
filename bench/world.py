"""The ground all engines stand on: the shipped policy's permissions, written as plain words.

The permissions are asked of the compiled policy once, question by question, so that the sketch and
the peers decide the *same* policy; ``bench.decide`` then checks that all agree on every request.
"""

from itertools import product
from typing import Final, NamedTuple

from bench.people import AT
from troth.model.standing import Acceptance, Consent, Standing
from troth.model.terms import AgeBand, Effect, Operation
from troth.policy.decide import Ask, Decision, Policy

OWN: Final = (Operation.COLLECT, Operation.USE, Operation.SHOW)
TO_SOMEBODY: Final = (Operation.SHARE, Operation.ENTRUST)


class Question(NamedTuple):
    """May ``purpose`` do ``operation`` with ``field`` (for ``recipient``, where there is one)?"""

    operation: str
    purpose: str
    field: str
    recipient: str


class Need(NamedTuple):
    """What a yes rests on: consents that were given, and no objection where one would count."""

    consents: frozenset[str]
    objectable: bool
    clauses: tuple[str, ...] = ()


class Said(NamedTuple):
    """What one subject has said, as far as a decision needs it."""

    consents: frozenset[str]
    objections: frozenset[str]


SIGNED: Final = frozenset({"contract"})
NO_FACTS: Final[frozenset[str]] = frozenset()
SILENT: Final = Said(frozenset(), frozenset())


class World(NamedTuple):
    """A policy in plain words: every question that can be answered yes, and what that needs."""

    purposes: tuple[str, ...]
    fields: tuple[str, ...]
    keys: tuple[str, ...]
    grants: dict[Question, Need]


def of_policy(policy: Policy) -> World:
    """Ask a policy everything, once."""
    edition = policy.edition
    purposes, fields = tuple(edition.purposes), tuple(edition.categories)
    own = product(OWN, purposes, fields, ("",))
    others = product(TO_SOMEBODY, purposes, fields, tuple(edition.recipients))
    grants = {}
    for words in (*own, *others):
        need = need_of(policy, Question(*words))
        if need is not None:
            grants[Question(*words)] = need
    keys = frozenset[str]().union(*(need.consents for need in grants.values()))
    return World(purposes, fields, tuple(sorted(keys)), grants)


def need_of(policy: Policy, question: Question) -> Need | None:
    """Find what one question needs to be answered yes; ``None`` when nothing helps."""
    consents: frozenset[str] = frozenset()
    decision = ask(policy, question, SILENT)
    while decision.effect is Effect.ASK and not consents.issuperset(decision.missing):
        consents |= frozenset(decision.missing)
        decision = ask(policy, question, Said(consents, frozenset()))
    if decision.effect is not Effect.ALLOW:
        return None
    against = ask(policy, question, Said(consents, frozenset({question.purpose})))
    return Need(consents, against.effect is not Effect.ALLOW, decision.clauses)


def ask(policy: Policy, question: Question, said: Said) -> Decision:
    """Ask the policy one question about somebody who said this."""
    return policy.decide(ask_of(question), standing_of(said, "nobody"), AT)


def ask_of(question: Question) -> Ask:
    """Say a question in the policy's own form."""
    return Ask(
        operation=Operation(question.operation),
        purpose=question.purpose,
        fields=(question.field,),
        recipient=question.recipient or None,
        facts=SIGNED if question.recipient else NO_FACTS,
    )


def standing_of(said: Said, who: str) -> Standing:
    """Return the standing of an adult in mainland China who has said this."""
    return Standing(
        pseudonym=who,
        life="active",
        residence="CN",
        regimes=("cn",),
        age=AgeBand.ADULT,
        accepted=(Acceptance("edition", AT, "zh", "checkbox"),),
        consents={key: Consent("given", AT) for key in said.consents},
        objections=dict.fromkeys(said.objections, AT),
    )
