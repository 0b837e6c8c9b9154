"""Requests by a form of ours, from who is not signed in nor keeps a cookie (3.2, 9.1, 9.7).

The form is as good as a mail: whoever sends it says who they are, and nothing of it is looked up.
"""

from typing import Final

from msgspec import Struct

from troth.chapters.intake.ground import Ground, Opened, kind_of, residence_of
from troth.documents.proof.pace import Share
from troth.documents.requests.claims import Claim
from troth.model.acts import Actor
from troth.model.errors import TooMany
from troth.model.secret import Secret

VISITOR: Final = Actor(kind="visitor")
NETWORK: Final = Share(5, 5)
"""How many requests a network's people may open at once, and an hour after that."""
HOUSE: Final = Share(200, 200)
"""How many may be opened by the form in all."""
LETTERS: Final = Share(3, 1)
"""How many letters an address gets from us: whoever types another's has us write to a stranger."""


class Sent(Struct, frozen=True, kw_only=True):
    """What somebody typed: what they ask for, where they can be written to, where they live."""

    kind: str
    email: Secret
    text: Secret
    residence: str = ""
    language: str = "zh"


class Forms:
    """Takes forms."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def take(self, sent: Sent, *, network: str) -> Opened:
        """Open the request that a form asks for; receipt is confirmed by mail.

        Raises ``TooMany`` for more than a network may send, and what the desk raises.
        """
        register, at = self._ground.register, self._ground.gate.clock.now()
        for what, share in (
            (register.digest("form", network), NETWORK),
            (register.digest("forms"), HOUSE),
        ):
            if not register.may(what, share, at):
                raise TooMany("too many requests come this way", clause="7.1c")
        letter = register.digest("letter to", register.known_as(sent.email))
        heard = register.may(letter, LETTERS, at)
        opened = self._ground.ways.open(
            kind_of(sent.kind),
            Claim(
                values={"contact.email": sent.email},
                reply={"email": sent.email} if heard else {},
            ),
            channel="centre",
            text=sent.text,
            language=sent.language,
            residence=residence_of(self._ground.gate, sent.residence),
            received=None,
            by=VISITOR,
        )
        self._ground.enter(opened, "centre")
        return opened
