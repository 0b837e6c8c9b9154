"""May this be done? The compiled policy beside two dict look-ups and beside two policy engines."""

import random
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from bench import world as worlds
from bench.harness import Contender, cycle, interleave
from bench.peer.decide import Casbin, Cedar
from bench.people import AT
from bench.plan import Plan
from bench.report import OURS, Findings, Goal, rows_of
from bench.sketch.decide import DecideSketch
from bench.world import Question, Said, World, ask_of, standing_of
from troth.model.standing import Standing
from troth.model.terms import ALL, Effect, Operation
from troth.policy import packs, reader
from troth.policy.decide import Ask, Decision, Policy

GROUP: Final = "decide"
ASKED: Final = 2_000
"""How many different requests are prepared for each size."""
KINDS: Final = 50
"""How many different sets of words said there are; a subject has one of them."""
KNOWN: Final = 1_000
"""How many subjects, of all, are asked about: their standings are warm. Peers hold only them."""
STRANGERS: Final = 50_000
"""How many subjects are gone through when every standing is to be read anew."""


def shipped() -> Policy:
    """Return the policy that ships, compiled."""
    text, path = packs.source("itnio")
    edition, findings = reader.read(text, str(path))
    if edition is None:
        raise RuntimeError(f"the shipped policy does not compile: {findings[:3]}")
    return Policy(edition)


class Hall:
    """Everybody who decides about the same ``n`` subjects."""

    def __init__(self, policy: Policy, world: World, n: int) -> None:
        chance = random.Random(KINDS)
        kinds = [_said(world, chance) for _ in range(KINDS)]
        said = {f"cn-{number}": chance.choice(kinds) for number in range(n)}
        self.n = n
        self._decide, self._judge, self._mask = policy.decide, policy.judge, policy.mask
        self._standings = _standings(said)
        self.sketch = DecideSketch(world, said)
        self.known = chance.sample(list(said), min(KNOWN, n))
        words = {who: said[who] for who in self.known}
        self.cedar, self.casbin = Cedar(world, words), Casbin(world, words)
        questions = _questions(world, chance)
        self.asked = list(zip(chance.choices(self.known, k=ASKED), questions, strict=True))
        self.strangers = chance.sample(list(said), min(STRANGERS, n))
        self._states = {who: policy.state(self._standings[who], AT).bits for who in self.known}

    def decide(self, subject: str, ask: Ask) -> Decision:
        """Decide as Troth does: the standing by id, then the policy."""
        return self._decide(ask, self._standings[subject], AT)

    def decide_anew(self, subject: str, question: Question) -> Decision:
        """Decide on an ask that is written for the occasion, as a program that holds none does."""
        return self._decide(ask_of(question), self._standings[subject], AT)

    def judge(self, subject: str, ask: Ask) -> Decision:
        """Decide on a state that was kept as an integer, as the sketch keeps it."""
        return self._judge(ask, self._states[subject])

    def fields(self, subject: str, ask: Ask) -> int:
        """Decide all fields of a purpose in one call."""
        return self._mask(ask, self._standings[subject], AT)

    def check(self) -> None:
        """Raise ``RuntimeError`` at the first request on which not all agree."""
        for who, question in self.asked:
            ours = self.decide(who, kept(question)).effect is Effect.ALLOW
            others = (
                self.sketch.decide(who, question).allowed,
                self.cedar.decide(who, question),
                self.casbin.decide(who, question),
            )
            if set(others) != {ours}:
                raise RuntimeError(f"{question}: troth says {ours}, the others {others}")


@cache
def kept(question: Question) -> Ask:
    """Return the ask of a question: one object for each, as a program's constants are."""
    return ask_of(question)


def _said(world: World, chance: random.Random) -> Said:
    """Draw what somebody said: one consent in four, an objection now and then."""
    given = frozenset(key for key in world.keys if chance.random() < 0.25)
    against = frozenset(purpose for purpose in world.purposes if chance.random() < 0.1)
    return Said(given, against)


def _standings(said: Mapping[str, Said]) -> dict[str, Standing]:
    """Give every subject a standing of their own; only the dicts of equal words are shared."""
    by_words = {words: standing_of(words, "nobody") for words in set(said.values())}
    return {who: replace(by_words[words], pseudonym=who) for who, words in said.items()}


def _questions(world: World, chance: random.Random) -> list[Question]:
    """Draw requests: four in five that some rule permits, one in five anything at all."""
    granted = list(world.grants)
    return [
        chance.choice(granted)
        if chance.random() < 0.8
        else Question("use", chance.choice(world.purposes), chance.choice(world.fields), "")
        for _ in range(ASKED)
    ]


def one_field(hall: Hall) -> list[Contender]:
    """Decide about one field of somebody whose standing was seen before."""
    ours = [(who, kept(question)) for who, question in hall.asked]
    peers = {"cedarpy": hall.cedar.decide, "pycasbin": hall.casbin.decide}
    return [
        Contender(name=OURS, n=hall.n, call=hall.decide, supply=cycle(ours)),
        Contender(name="sketch", n=hall.n, call=hall.sketch.decide, supply=cycle(hall.asked)),
        Contender(name="fresh ask", n=hall.n, call=hall.decide_anew, supply=cycle(hall.asked)),
        Contender(name="state as integer", n=hall.n, call=hall.judge, supply=cycle(ours)),
        *(
            Contender(name=name, n=hall.n, call=call, supply=cycle(hall.asked), most=400)
            for name, call in peers.items()
        ),
    ]


def unseen(hall: Hall) -> list[Contender]:
    """Decide about one field of somebody whose standing is read for the first time."""
    questions = [question for _, question in hall.asked]
    asks = [kept(question) for question in questions]
    who = hall.strangers
    ours = [(one, asks[i % ASKED]) for i, one in enumerate(who)]
    floor = [(one, questions[i % ASKED]) for i, one in enumerate(who)]
    return [
        Contender(name=OURS, n=hall.n, call=hall.decide, supply=cycle(ours)),
        Contender(name="sketch", n=hall.n, call=hall.sketch.decide, supply=cycle(floor)),
    ]


def all_fields(hall: Hall) -> list[Contender]:
    """Decide about every field of a purpose in one call; beside it, one field."""
    whole = {
        purpose: Ask(operation=Operation.USE, purpose=purpose, fields=ALL)
        for purpose in {question.purpose for _, question in hall.asked}
    }
    ours = [(who, whole[question.purpose]) for who, question in hall.asked]
    for who, ask in ours:
        hall.fields(who, ask)
    floor = [(who, ("use", ask.purpose, "")) for who, ask in ours]
    single = replace(one_field(hall)[0], name="one field")
    return [
        Contender(name=OURS, n=hall.n, call=hall.fields, supply=cycle(ours)),
        Contender(name="sketch", n=hall.n, call=hall.sketch.fields, supply=cycle(floor)),
        single,
    ]


GROWTH: Final = Goal(of="growth", bound="<=", limit=1.5)
ONE: Final = (
    Goal(of="x", bound="<=", limit=3.0, against="sketch"),
    Goal(of="faster", bound=">=", limit=100, against="cedarpy"),
    Goal(of="faster", bound=">=", limit=100, against="pycasbin"),
    GROWTH,
)
WHOLE: Final = (Goal(of="x", bound="<=", limit=1.5, against="one field"), GROWTH)
SEEN_NOT_BEFORE: Final = 10_000
"""From this size on there are more standings than a policy remembers."""


def run(plan: Plan, folder: Path) -> Findings:
    """Time the cases at every size, after all engines agreed on every request."""
    del folder
    found = Findings(group=GROUP)
    world = worlds.of_policy(shipped())
    policy = shipped()
    halls = [Hall(policy, world, n) for n in plan.reading_sizes()]
    for hall in halls:
        hall.check()
    note = f"{len(world.fields)} fields, {len(world.grants):,} permitted questions"
    for operation, case, goals, least in (
        ("decide one field", one_field, ONE, 0),
        ("decide all fields of a purpose", all_fields, WHOLE, 0),
        ("decide one field, standing unseen", unseen, (GROWTH,), SEEN_NOT_BEFORE),
    ):
        contenders = [one for hall in halls if hall.n >= least for one in case(hall)]
        timed = interleave(contenders, plan.pace, "cpu")
        found.rows += rows_of(GROUP, operation, timed, goals, note)
    return found
