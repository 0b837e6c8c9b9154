"""Telling agents and controllers how far their requests are, where they asked for it (A6, A16).

Whenever a state has changed since it was told, it is posted, signed, to addresses that the operator
entered before. What cannot be told is tried again, ever more slowly, for about two days.
"""

from typing import Final

import msgspec

from troth.chapters.intake import controllers, delegates
from troth.chapters.intake.ground import LIVE, Ground
from troth.documents.intake import opendsr
from troth.documents.intake.register import Came
from troth.model.acts import SYSTEM
from troth.model.errors import Misconfigured, NotDelivered

AT_ONCE: Final = 4
"""Requests that one tick tells of: each may wait for somebody slow."""


class Telling:
    """Posts states to whom they are owed."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def tick(self) -> int:
        """Tell of every state that has changed; return how many were told."""
        ground = self._ground
        due = ground.register.due(ground.gate.clock.now(), AT_ONCE)
        return sum(self._look(came) for came in due)

    def _look(self, came: Came) -> bool:
        state = self._ground.ways.status(came.number).state
        over = state not in LIVE
        if state == came.told:
            self._ground.register.told(came, state, over=over)
            return False
        try:
            for address in came.sealing.callbacks:
                self._post(came, address)
        except (NotDelivered, Misconfigured):
            self._fail(came)
            return False
        self._ground.register.told(came, state, over=over)
        return True

    def _fail(self, came: Came) -> None:
        if not self._ground.register.failed(came, self._ground.gate.clock.now()):
            self._ground.note("callback.given_up", SYSTEM, request=came.number, party=came.party)

    def _post(self, came: Came, address: str) -> None:
        if came.way == controllers.WAY:
            told = controllers.told_of(self._ground, came)
            body = msgspec.json.encode(msgspec.structs.replace(told, status_callback_url=address))
            self._ground.carry(address, body, self._sealed(body))
            return
        status = delegates.told_of(self._ground, came)
        body = msgspec.json.encode(status)
        at = self._ground.gate.clock.now()
        word = f"{came.number}.{status.status}"
        self._ground.carry(address, body, self._ground.voice.headers(word, at, body))

    def _sealed(self, body: bytes) -> dict[str, str]:
        seal = self._ground.seal
        if seal is None:
            return {}
        return {
            opendsr.DOMAIN_HEADER: seal.domain,
            opendsr.SIGNATURE_HEADER: seal.sign(body),
        }
