"""Reads that arrive in one turn of the event loop share one commit (house decision 7).

The first to come lets the loop turn once; whoever has arrived by then goes with it. Nobody waits
for anybody who is not there already, and nothing is answered before it is recorded.
"""

import asyncio

from litestar.concurrency import sync_to_thread

from troth.app import Outcome, Troth, use_each
from troth.model.acts import Actor, Use
from troth.model.errors import StoreBusy, TrothError

Follower = tuple[Use, Actor, asyncio.Future[Outcome]]


class Reads:
    """The uses that programs ask for, gathered. Belongs to one event loop."""

    def __init__(self, troth: Troth) -> None:
        self._troth = troth
        self._slow = troth.slow
        self._followers: list[Follower] | None = None

    async def use(self, act: Use, by: Actor) -> Outcome:
        """Do a use, with those that came at once. Raises what the gate's ``perform`` raises."""
        if self._slow:
            return await sync_to_thread(self._troth.gate.perform, act, by=by)
        if self._is_batched(act):
            return self._troth.gate.perform(act, by=by)
        if self._followers is not None:
            future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
            self._followers.append((act, by, future))
            return await future
        followers = self._followers = []
        try:
            await asyncio.sleep(0)
        finally:
            self._followers = None
            outcome = self._lead(act, by, followers)
        return outcome

    def _is_batched(self, act: Use) -> bool:
        """Tell whether a use is recorded with others anyway, so that it has no commit to share."""
        purpose = self._troth.gate.policy().edition.purposes.get(act.purpose)
        return purpose is not None and purpose.batched is not None

    def _lead(self, act: Use, by: Actor, followers: list[Follower]) -> Outcome:
        told: list[Outcome | TrothError] = []
        try:
            asked = [(act, by), *((theirs, who) for theirs, who, _ in followers)]
            told = use_each(self._troth.gate, asked)
        finally:
            for place, (_, _, future) in enumerate(followers, 1):
                _settle(future, told[place] if told else StoreBusy(remedy="try again"))
        if isinstance(told[0], TrothError):
            raise told[0]
        return told[0]


def _settle(future: asyncio.Future[Outcome], told: Outcome | TrothError) -> None:
    if future.done():
        return
    if isinstance(told, TrothError):
        future.set_exception(told)
    else:
        future.set_result(told)
