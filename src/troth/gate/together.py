"""Uses that come at once: each judged by itself, all recorded under one commit (house decision 7).

A commit that survives a power cut costs about as much for one record as for sixteen. Uses that
arrive while others are waiting can therefore share one: nothing is released before it, and each use
has an entry of its own. Where one of them cannot be done, none is, and each is done alone instead,
so that a refusal of one is no other's.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import msgspec

from troth.gate.passage import Passage
from troth.gate.rooms import Outcome, Rooms
from troth.model.acts import SUBJECT, Act, Actor, Use
from troth.model.clock import Clock, Moment
from troth.model.errors import TrothError
from troth.model.terms import Region
from troth.policy.decide import Policy
from troth.store.sql import Tx

Asked = tuple[Use, Actor]
MOST: Final = 64
"""Uses under one commit, so that nobody waits long for the others."""


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
    if rooms is None or not 1 < len(asked) <= MOST or _in_batches(asked, policy):
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
