"""A mail server for one address: it takes mail for it, passes nothing on (policy 9.1b; A11, A19).

It listens on this machine unless told otherwise: a mail server of the operator's stands before it.
A mail is taken, and a 250 said, only once its request stands in the books; whoever was not told so
sends it again, and that becomes nothing new.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from troth.interfaces.mail.taking import Take, ours
from troth.model.errors import BadInput, Misconfigured, StoreBusy, TooMany, TrothError

TAKEN: Final = "250 2.0.0 taken"
NOT_OURS: Final = "550 5.1.1 mail is taken for one address here, and passed on to none"
NO_RECIPIENT: Final = "503 5.5.1 for whom?"
ONE: Final = "452 4.5.3 one recipient at a time"
LATER: Final = "451 4.3.0 try again later"
TOO_OFTEN: Final = "452 4.7.0 this sender writes too often; try again later"
UNREADABLE: Final = "550 5.6.0 this cannot be read as a mail of one sender"
PATIENCE: Final = 30
"""Seconds that a client may stay silent."""
MOST_AT_ONCE: Final = 8
"""Mails that are read at the same time, so that memory is bounded."""


class Handler:
    """What is answered to a client, step by step."""

    def __init__(self, address: str, take: Take, failed: Callable[[str], None]) -> None:
        self._address = address.lower()
        self._take = take
        self._failed = failed
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's own name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient only if it is ours."""
        del server, session, options
        if not ours(address, self._address):
            return NOT_OURS
        if envelope.rcpt_tos:
            return ONE
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's own name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take a mail, and say so only when it stands."""
        del server, session
        if not envelope.rcpt_tos:
            return NO_RECIPIENT
        raw = envelope.content
        octets = raw if isinstance(raw, bytes) else str(raw).encode()
        async with self._turns:
            # A bounce has an empty sender, which the library hands on as it was written.
            sender = (envelope.mail_from or "").strip("<>")
            return await asyncio.to_thread(self._answer, octets, sender)

    def _answer(self, raw: bytes, sender: str) -> str:
        try:
            self._take(raw, envelope=sender)
        except TooMany:
            return TOO_OFTEN
        except BadInput:
            return UNREADABLE
        except StoreBusy:
            return LATER
        except TrothError as error:
            self._failed(error.code)
            return LATER
        return TAKEN


class Receiver(Controller):
    """The server, in a thread of its own while a ``with`` block lasts."""

    def __init__(
        self,
        address: str,
        take: Take,
        *,
        host: str,
        port: int,
        max_size: int,
        failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Say for which address mail is taken, where it listens, and what a mail may weigh."""
        self._max_size = max_size
        super().__init__(
            Handler(address, take, failed), hostname=host, port=port, ready_timeout=10.0
        )

    def factory(self) -> SMTP:
        """Make the server of one connection."""
        return SMTP(
            self.handler,
            data_size_limit=self._max_size,
            enable_SMTPUTF8=True,
            decode_data=False,
            hostname="localhost",
            ident="mail",
            timeout=PATIENCE,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
        )

    def __enter__(self) -> "Receiver":
        try:
            self.start()
        except (OSError, TimeoutError) as error:
            raise Misconfigured(
                f"no mail can be taken at `{self.hostname}:{self.port}`",
                remedy="take another host or port under [intake]",
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
