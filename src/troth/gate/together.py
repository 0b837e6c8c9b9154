"""Uses that come at once: each judged by itself, all recorded under one commit (house decision 7).

A commit that survives a power cut costs about as much for one record as for sixteen. Uses that
arrive while others are waiting can therefore share one: nothing is released before it, and each use
has an entry of its own. Where one of them cannot be done, none is, and each is done alone instead,
so that a refusal of one is no other's.

Words that come at once do the same (``in_step``). Saying one is written as *steps*: a generator
that reads what it has to, yields the acts it wants and is given their outcome.
"""

from collections.abc import Generator, Mapping, Sequence
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

import msgspec

from troth.gate.passage import Passage
from troth.gate.rooms import Outcome, Rooms
from troth.model.acts import SUBJECT, Act, Actor, Use
from troth.model.clock import Clock, Moment
from troth.model.errors import TrothError
from troth.model.terms import Region, SubjectId
from troth.policy.decide import Policy
from troth.store.sql import Tx

Asked = tuple[Use, Actor]
COMPANY: Final = 64
"""Uses or words under one commit, so that nobody waits long for the others."""
T = TypeVar("T")


class Wanted(NamedTuple):
    """Acts that are asked of the gate together: by whom, and under which idempotency key."""

    acts: tuple[Act, ...]
    by: Actor = SUBJECT
    key: str = ""


Steps = Generator[Wanted, Outcome, T]
"""What reads, wants acts done, is given each outcome or its refusal, and comes to a ``T``."""


class Door(Protocol):
    """What is needed of the gate."""

    regions: Mapping[Region, Rooms]
    clock: Clock

    def policy(self, at: Moment | None = None) -> Policy:
        """Return the policy in force at a moment."""
        ...

    def perform(self, *acts: Act, by: Actor = SUBJECT, key: str = "") -> Outcome:
        """Do acts, all or none."""
        ...

    def perform_each(self, wanted: Sequence[Wanted]) -> list[Outcome | TrothError]:
        """Do what came at once, each by itself or all under one commit."""
        ...


def use_each(gate: Door, asked: Sequence[Asked]) -> list[Outcome | TrothError]:
    """Do uses that came at once, in few commits; return what came of each, in order.

    Whatever is no refusal of the house's own is raised, and then none of them was done.
    """
    done = _together(gate, asked)
    return [*done] if done else [_alone(gate, act, by) for act, by in asked]


def _alone(gate: Door, act: Use, by: Actor) -> Outcome | TrothError:
    try:
        return gate.perform(act, by=by)
    except TrothError as error:
        return error


def _together(gate: Door, asked: Sequence[Asked]) -> list[Outcome]:
    """Return what was done under one commit: nothing, where they have to be done one by one.

    That is where they are too few or too many, of several regions, recorded in batches anyway, or
    where one of them cannot be done.
    """
    at = gate.clock.now()
    policy = gate.policy(at)
    found = {act.subject.region if act.subject is not None else None for act, _ in asked}
    rooms = gate.regions.get(found.pop() or Region("")) if len(found) == 1 else None
    if rooms is None or not 1 < len(asked) <= COMPANY or _in_batches(asked, policy):
        return []
    try:
        passages = rooms.store.transact(lambda tx: _run(tx, rooms, policy, asked, at))
    except TrothError:
        return []
    return [
        msgspec.structs.replace(passage.outcome(), values=passage.values) for passage in passages
    ]


def _run(tx: Tx, rooms: Rooms, policy: Policy, asked: Sequence[Asked], at: Moment) -> list[Passage]:
    # A use needs no form: values were checked when they came in.
    passages = [Passage(tx, rooms, policy, {}, by, at) for _, by in asked]
    for passage, (act, _) in zip(passages, asked, strict=True):
        passage.run((act,))
    return passages


def _in_batches(asked: Sequence[Asked], policy: Policy) -> bool:
    purposes = policy.edition.purposes
    return any(
        act.purpose in purposes and purposes[act.purpose].batched is not None for act, _ in asked
    )


# --- words -------------------------------------------------------------------------------------


class _Walk(Generic[T]):
    """Steps on their way: what they want next, or else what they came to."""

    def __init__(self, steps: Steps[T]) -> None:
        self._steps = steps
        self.wanted: Wanted | None = None
        self.result: T | TrothError
        self.go(None)

    def go(self, done: Outcome | TrothError | None) -> None:
        """Take one step, on what came of the last."""
        self.wanted = None
        try:
            if isinstance(done, TrothError):
                self.wanted = self._steps.throw(done)
            else:
                self.wanted = next(self._steps) if done is None else self._steps.send(done)
        except StopIteration as end:
            self.result = end.value
        except TrothError as error:
            self.result = error


def alone(gate: Door, steps: Steps[T]) -> T:
    """Go through steps by themselves; return what they come to, or raise it."""
    result = _through(gate, steps)
    if isinstance(result, TrothError):
        raise result
    return result


def _through(gate: Door, steps: Steps[T]) -> T | TrothError:
    walk = _Walk(steps)
    while walk.wanted is not None:
        walk.go(done_alone(gate, walk.wanted))
    return walk.result


def done_alone(gate: Door, wanted: Wanted) -> Outcome | TrothError:
    """Do what one asks for under a commit of its own; return what came of it."""
    try:
        return gate.perform(*wanted.acts, by=wanted.by, key=wanted.key)
    except TrothError as error:
        return error


def in_step(gate: Door, several: Sequence[tuple[SubjectId, Steps[T]]]) -> list[T | TrothError]:
    """Go through steps that came at once, each step of all together; return what each came to.

    Steps read before they want: of one subject, only the first goes with the others, and the next
    begins when that is done, so that it reads what was written.
    """
    told: dict[int, T | TrothError] = {}
    first = {subject: place for place, (subject, _) in reversed([*enumerate(several)])}
    walks = {place: _Walk(several[place][1]) for place in sorted(first.values())}
    while going := {place: walk.wanted for place, walk in walks.items() if walk.wanted}:
        for place, done in zip(going, gate.perform_each([*going.values()]), strict=True):
            walks[place].go(done)
    for place, (_, steps) in enumerate(several):
        told[place] = walks[place].result if place in walks else _through(gate, steps)
    return [*told.values()]
