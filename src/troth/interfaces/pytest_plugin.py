"""A pytest plugin for programs that embed Troth: an instance in memory, a clock, what was sent.

Installed with the package, it needs no configuration::

    def test_a_code_reaches_the_phone(troth_instance, troth_clock, troth_outbox):
        send_code(troth_instance, subject)
        troth_instance.tick()
        assert "code" in troth_outbox.texts("sms")[-1]

Nothing leaves the machine, nothing is left on disk but a private folder of keys for the time of the
test, and time stands still until the test moves it.
"""

from collections.abc import Iterator
from typing import Final, Protocol

import pytest

from troth.app import Troth, memory
from troth.model.clock import SetClock, moment
from troth.model.secret import Secret

CHANNELS: Final = ("email", "sms", "letter", "phone", "push")
BEGINNING: Final = "2026-01-01T09:00:00"
"""When the clock of every test begins."""


class Sent(Protocol):
    """A message as its channel was given it; address and text are secrets: ``.reveal()`` them."""

    @property
    def channel(self) -> str:
        """The channel it went by: ``email``, ``sms``, ``letter``, ``phone``, ``push``."""
        ...

    @property
    def address(self) -> Secret:
        """Where it went."""
        ...

    @property
    def title(self) -> str:
        """Its title; a text message has none."""
        ...

    @property
    def text(self) -> Secret:
        """What it said."""
        ...


class Outbox:
    """What the courier delivered, oldest first. ``sent`` holds messages; ``clear`` forgets them."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []

    def by(self, channel: str) -> list[Sent]:
        """Return what went by one channel."""
        return [message for message in self.sent if message.channel == channel]

    def texts(self, channel: str) -> list[str]:
        """Return what went by one channel, to be read."""
        return [message.text.reveal() for message in self.by(channel)]

    def clear(self) -> None:
        """Forget what was delivered so far."""
        self.sent.clear()


class Caught:
    """A channel that delivers into an ``Outbox``."""

    def __init__(self, name: str, outbox: Outbox) -> None:
        self._name = name
        self._outbox = outbox

    @property
    def name(self) -> str:
        """The channel it stands for."""
        return self._name

    def send(self, message: Sent) -> None:
        """Keep the message."""
        self._outbox.sent.append(message)


@pytest.fixture
def troth_policy() -> str:
    """Name the policy: a pack that ships, or the path of a document. Override it in a conftest."""
    return "itnio"


@pytest.fixture
def troth_clock() -> SetClock:
    """Return the instance's clock, which stands still: ``troth_clock.forward(days=30)``."""
    return SetClock(moment(BEGINNING))


@pytest.fixture
def troth_outbox() -> Outbox:
    """Return what the instance's courier delivered; ``troth_instance.tick()`` delivers."""
    return Outbox()


@pytest.fixture
def troth_instance(
    troth_policy: str, troth_clock: SetClock, troth_outbox: Outbox
) -> Iterator[Troth]:
    """Return an instance in memory with the policy published and nobody in it."""
    channels = {name: Caught(name, troth_outbox) for name in CHANNELS}
    with memory(policy=troth_policy, clock=troth_clock, channels=channels) as instance:
        yield instance
