"""What arrives at once shares one commit (house decision 7).

The first to come lets the event loop turn; whoever has arrived by then goes with it. Where the last
had company, whose answers they wait for come back one by one, and so do their next questions: the
loop then turns until nobody more comes. Who comes alone waits for one turn, nobody for a clock, and
nothing is answered before it is recorded. Uses are gathered so, and words: consents given, refused,
taken back.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from litestar.concurrency import sync_to_thread

from troth.app import COMPANY, Outcome, Steps, Troth, alone, in_step, use_each
from troth.model.acts import Actor, Use
from troth.model.errors import StoreBusy, TrothError
from troth.model.terms import SubjectId

A = TypeVar("A")
R = TypeVar("R")
Followers = list[tuple[A, asyncio.Future[R]]]
QUIET: Final = 8
"""Turns of the loop in which nobody came, after which nobody is expected: some tens of
microseconds, where a commit takes milliseconds."""


class Gathering(Generic[A, R]):
    """What is asked at once in one event loop, done together."""

    def __init__(self, work: Callable[[list[A]], list[R | TrothError]]) -> None:
        """``work`` does all of it and says what came of each, in order."""
        self._work = work
        self._followers: Followers[A, R] | None = None
        self._company = False

    async def do(self, asked: A) -> R:
        """Do what is asked with what came at once; return or raise what came of it."""
        if self._followers is not None and len(self._followers) < COMPANY - 1:
            future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
            self._followers.append((asked, future))
            return await future
        followers: Followers[A, R] = []
        self._followers = followers
        try:
            await self._gather(followers)
        finally:
            if self._followers is followers:
                self._followers = None
            self._company = bool(followers)
            told = self._lead(asked, followers)
        return told

    async def _gather(self, followers: Followers[A, R]) -> None:
        """Let the loop turn until nobody more comes."""
        quiet, turns = 0, QUIET if self._company else 1
        while quiet < turns and len(followers) < COMPANY - 1:
            there = len(followers)
            await asyncio.sleep(0)
            quiet = quiet + 1 if len(followers) == there else 0

    def _lead(self, asked: A, followers: Followers[A, R]) -> R:
        told: list[R | TrothError] = []
        try:
            told = self._work([asked, *(theirs for theirs, _ in followers)])
        finally:
            for place, (_, future) in enumerate(followers, 1):
                _settle(future, told[place] if told else StoreBusy(remedy="try again"))
        if isinstance(told[0], TrothError):
            raise told[0]
        return told[0]


def _settle(future: asyncio.Future[R], told: R | TrothError) -> None:
    if future.done():
        return
    if isinstance(told, TrothError):
        future.set_exception(told)
    else:
        future.set_result(told)


class Reads:
    """The uses that programs ask for, gathered. Belongs to one event loop."""

    def __init__(self, troth: Troth) -> None:
        self._troth = troth
        self._gathering: Gathering[tuple[Use, Actor], Outcome] = Gathering(
            lambda asked: use_each(troth.gate, asked)
        )

    async def use(self, act: Use, by: Actor) -> Outcome:
        """Do a use, with those that came at once. Raises what the gate's ``perform`` raises."""
        if self._troth.slow:
            return await sync_to_thread(self._troth.gate.perform, act, by=by)
        if self._is_batched(act):
            return self._troth.gate.perform(act, by=by)
        return await self._gathering.do((act, by))

    def _is_batched(self, act: Use) -> bool:
        """Tell whether a use is recorded with others anyway, so that it has no commit to share."""
        purpose = self._troth.gate.policy().edition.purposes.get(act.purpose)
        return purpose is not None and purpose.batched is not None


class Words:
    """The words that programs pass on, gathered. Belongs to one event loop."""

    def __init__(self, troth: Troth) -> None:
        self._troth = troth
        self._gathering: Gathering[tuple[SubjectId, Steps[Any]], Any] = Gathering(
            lambda said: in_step(troth.gate, said)
        )

    async def say(self, subject: SubjectId, steps: Steps[R]) -> R:
        """Go through the steps of a word, with those that came at once; raises what they raise."""
        if self._troth.slow:
            return await sync_to_thread(alone, self._troth.gate, steps)
        told: R = await self._gathering.do((subject, steps))
        return told
