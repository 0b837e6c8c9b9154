"""Who records a choice about cookies: the house in this program, or at its address (3.1.2, 9.3)."""

from collections.abc import Iterable
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from troth.interfaces.cookies import registers
from troth.model.clock import Clock, SystemClock
from troth.model.cookies import Choice, Register, choose, read
from troth.model.errors import Unreachable
from troth.model.secret import Secret

CHOICE: Final = "/v1/cookies/choice"


class Keeper(Protocol):
    """Records choices; ``Troth.cookies`` is one."""

    def choose(
        self,
        given: Iterable[str],
        *,
        signal: bool,
        language: str,
        surface: str,
        network: str = "",
    ) -> Choice:
        """Record a choice and return it with its receipt. Raises ``TrothError``."""
        ...


class _Answer(Struct):
    value: str


class House:
    """A house at an address, which a service key with the scope ``cookies`` opens.

    Raises ``Misconfigured`` for an address that is neither TLS nor on this machine.
    """

    def __init__(self, address: str, key: Secret) -> None:
        self._address = registers.trusted(address)
        self._key = key

    def choose(
        self,
        given: Iterable[str],
        *,
        signal: bool,
        language: str,
        surface: str,
        network: str = "",
    ) -> Choice:
        """Have a choice recorded there. Raises ``Unreachable``."""
        del network
        said = {"given": [*given], "signal": signal, "language": language, "surface": surface}
        headers = {
            "content-type": "application/json",
            "authorization": f"Bearer {self._key.reveal()}",
        }
        raw = registers.asked(f"{self._address}{CHOICE}", msgspec.json.encode(said), headers)
        try:
            found = read(msgspec.json.decode(raw, type=_Answer).value)
        except msgspec.DecodeError:
            found = None
        if found is None:
            raise Unreachable("the house answers something else", clause="3.1")
        return found


class Unrecorded:
    """Records nothing: for trials and tests. A yes that cannot be proved is no consent (9.3)."""

    def __init__(self, register: Register, clock: Clock | None = None) -> None:
        self._register = register
        self._clock = clock or SystemClock()

    def choose(
        self,
        given: Iterable[str],
        *,
        signal: bool,
        language: str,
        surface: str,
        network: str = "",
    ) -> Choice:
        """Return the choice, without a receipt."""
        del language, surface, network
        return choose(self._register, given, signal=signal, at=self._clock.now())
