"""Letters and telephone calls, entered by staff as they came (policy 11.2, 11.3; 9.1b).

The clock starts when a letter was received, not when somebody got round to entering it. Each has
its own number in the register of post; the same number twice is the same letter.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from troth.chapters.intake.ground import Ground, Opened, demand_desk, kind_of, residence_of
from troth.documents.intake.papers import FIELD
from troth.documents.requests.claims import Claim, Company
from troth.documents.upload import drawn
from troth.model.acts import Actor
from troth.model.clock import DAY, Moment
from troth.model.errors import BadInput
from troth.model.secret import Secret

Channel = Literal["letter", "telephone", "email"]
CHANNELS: Final = ("letter", "telephone", "email")
LATEST_DAYS: Final = 366
"""How long ago something may have been received that is entered now."""
REGISTER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9/._-]{0,39}", re.ASCII)
PAPERS: Final = (FIELD, "rights.identity_proof", "rights.residence_proof")
COMPANY_PAPERS: Final = ("rights.business_licence", "rights.power_of_attorney")
"""What a company has to send (11.3): without both, its request waits for them."""


class Received(Struct, frozen=True, kw_only=True):
    """What came, as staff enter it.

    ``values`` are who they say they are, by field; ``reply`` is where they want their answer, by
    channel (``letter``, ``email``, ``sms``). ``register`` is the number in the register of post;
    ``papers`` are scans, by field.
    """

    channel: Channel
    kind: str
    values: Mapping[str, Secret]
    text: Secret
    reply: Mapping[str, Secret] = {}
    residence: str = ""
    language: str = "zh"
    received: Moment | None = None
    register: str = ""
    papers: Mapping[str, Secret] = {}
    company: Company | None = None


class Letters:
    """Takes what staff enter."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def enter(self, told: Received, *, by: Actor) -> str:
        """Enter what came, and return its request's number.

        A number of the register that was entered before leads to the request there is. Raises
        ``BadInput`` for what is not whole, ``BadFile`` for a scan that is no picture, ``Refused``
        for whoever's role is for something else.
        """
        demand_desk(self._ground.gate, by)
        self._demand_whole(told)
        reference = self._reference(told)
        known = self._ground.register.by_reference(reference) if reference else None
        if known is not None:
            return known.number
        scans = {field: drawn(scan, field) for field, scan in told.papers.items() if scan}
        opened = self._open(told, reference, by)
        for field, scan in scans.items():
            self._ground.ways.attach(opened.requester, opened.number, field, scan, by)
        # Last, so that whoever was interrupted finds the scans missing and enters it again.
        self._ground.enter(opened, told.channel, reference=reference, register=told.register)
        return opened.number

    def _open(self, told: Received, reference: bytes, by: Actor) -> Opened:
        return self._ground.ways.open(
            kind_of(told.kind),
            Claim(
                values={field: value for field, value in told.values.items() if value},
                reply={way: to for way, to in told.reply.items() if to},
                company=told.company,
            ),
            channel=told.channel,
            text=told.text,
            language=told.language,
            residence=residence_of(self._ground.gate, told.residence),
            received=told.received,
            once=self._ground.once(reference),
            by=by,
        )

    def _reference(self, told: Received) -> bytes:
        if not told.register:
            return b""
        return self._ground.register.digest("register", told.channel, told.register)

    def _demand_whole(self, told: Received) -> None:
        at = self._ground.gate.clock.now()
        allowed = PAPERS if told.company is None else (*PAPERS, *COMPANY_PAPERS)
        if told.channel not in CHANNELS:
            raise _wrong("it came by letter, telephone or e-mail", "channel")
        if not any(told.values.values()) and told.company is None:
            raise _wrong("it is not said who asks", "name")
        if not told.text:
            raise _wrong("it is not said what they ask", "text")
        if told.register and not REGISTER.fullmatch(told.register):
            raise _wrong("a number of the register is 1 to 40 letters, digits, / . _ -", "register")
        if told.channel == "letter" and not told.register:
            raise _wrong("a letter has its number in the register of post", "register")
        if told.received is not None and not at - LATEST_DAYS * DAY <= told.received <= at:
            raise _wrong("it was received within the last year, and not later than now", "received")
        if not set(told.papers) <= set(allowed):
            raise _wrong("this paper is not taken here", "paper")


def _wrong(why: str, field: str) -> BadInput:
    return BadInput(why, clause="11.3", field=field)
