"""A house to practise in: real mail over SMTP on loopback, everything else into a spool outside it.

The tour and trials use it: what is delivered can be looked at where it arrived, and the instance's
own folder holds nothing but what the house itself keeps.
"""

import json
import re
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Final

import msgspec

from troth.app import instance
from troth.app import settings as reading
from troth.app.house import Troth
from troth.app.settings import EmailSettings, IdentitySettings, stores
from troth.egress.loopback import MailSink
from troth.model.clock import Clock

CODE: Final = re.compile(r"(?<![0-9A-Za-z])[0-9]{6}(?![0-9A-Za-z])")
"""Six digits that stand alone: the number of a request may hold six of its own."""


class Rehearsal:
    """A fresh embedded instance with loopback mail. Use it in a ``with`` block."""

    def __init__(self, *, policy: str = "itnio", clock: Clock | None = None) -> None:
        self.outside = Path(tempfile.mkdtemp(prefix="troth-rehearsal-"))
        self.folder = self.outside / "instance"
        self.spool = self.outside / "spool"
        self._policy = policy
        self._clock = clock
        self.mail = MailSink()

    def __enter__(self) -> "Rehearsal":
        """Start the mail sink, make the instance and open it."""
        self.mail.__enter__()
        instance.create(self.folder, policy=self._policy, name="tour.troth.local").close()
        self.troth = self.open(self.folder)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the instance and stop the sink; the folder stays until ``clear``, to look at."""
        self.troth.close()
        self.mail.__exit__(kind, error, trace)

    def clear(self) -> None:
        """Remove the instance and everything that arrived."""
        shutil.rmtree(self.outside)

    def open(self, folder: Path) -> Troth:
        """Open this instance, or a copy of it, with the rehearsal's own ways out."""
        settings = msgspec.structs.replace(
            reading.load(folder),
            spool=str(self.spool),
            email=EmailSettings(host=self.mail.host, port=self.mail.port),
            identity=IdentitySettings(authority="fake"),
        )
        return Troth(settings, clock=self._clock, channels=stores.channels_of(settings))

    def mailed(self, address: str) -> list[str]:
        """Return the text of every mail that arrived at an address, oldest first."""
        return [mail.text() for mail in self.mail.mails if address in mail.recipients]

    def texted(self, number: str) -> list[str]:
        """Return every short message that was spooled for a number, oldest first."""
        files = sorted(
            (self.spool / "sms").glob("*.json"), key=lambda file: file.stat().st_mtime_ns
        )
        sheets = [json.loads(file.read_text("utf-8")) for file in files]
        return [sheet["text"] for sheet in sheets if sheet["to"] == number]

    @staticmethod
    def code(messages: list[str]) -> str:
        """Return the code in the last message that holds one; empty when none does."""
        return next(filter(None, map(code_in, reversed(messages))), "")


def code_in(text: str) -> str:
    """Return the one-time code that a message brings; empty when it brings none.

    >>> code_in("r-8cc4ee247184: use the code 314159."), code_in("r-8cc4ee247184")
    ('314159', '')
    """
    found = CODE.search(text)
    return found[0] if found else ""
