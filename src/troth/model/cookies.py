"""Cookies: what is declared, what a browser chose, what may be set (policy 3; 11 CCR 7025, 7026).

Values only, about nobody. They load nothing but msgspec, so that another program's middleware can
use them. A choice travels in one cookie that any server can read without asking us::

    1.1795348800.0.9c1f0e6a2b7d4f58a3c6e1d2b4f70915.+analytics.-personalise

The form's version; seconds since 1970; whether the browser's privacy signal was on; the number of
its receipt; and each category with what was said to it. What was not said is not allowed.
"""

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from troth.model.clock import DAY, MINUTE, SECOND, Moment

COOKIE: Final = "cookie_choice"
"""What the cookie with somebody's choice is called; it is in the register itself."""
ESSENTIAL: Final = "essential"
"""The category of what comes with what somebody asks for; nobody is asked about it."""
AGAIN_DAYS: Final = 366
"""How long a choice holds, a no as well as a yes: twelve months, whichever (CCPA 1798.135)."""
LONGEST: Final = 1024
HEADER: Final = "sec-gpc"
"""The header of Global Privacy Control, and the one value of it that says something."""
ON: Final = "1"
PROFILING: Final = frozenset({"personalise", "advertising", "marketing"})
"""Categories that a privacy signal turns off, besides those a third party has a part in."""
AHEAD: Final = 10 * MINUTE
"""How far another machine's clock may be ahead of ours."""
_CHOICE: Final = re.compile(
    r"1\.([0-9]{1,12})\.([01])\.([0-9a-f]{32})?((?:\.[+-][A-Za-z0-9_-]{1,64})*)"
)
STORAGE: Final = ("cookie", "local_storage", "session_storage", "database")
CONSENT_MODE: Final[Mapping[str, str]] = {
    "ad_storage": "advertising",
    "ad_user_data": "advertising",
    "ad_personalization": "advertising",
    "analytics_storage": "analytics",
    "personalization_storage": "personalise",
    "functionality_storage": ESSENTIAL,
    "security_storage": ESSENTIAL,
}
"""The signals of Consent Mode, and the category each of them waits for."""


class Technology(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of the register: a cookie, something stored, a pixel or a script (3.1).

    ``life`` is an ISO 8601 duration; nothing where it goes with the browser's window. ``days`` is
    the same in days. ``who`` names the third party, by language.
    """

    name: str
    category: str
    purpose: str
    words: dict[str, str]
    kind: str = "cookie"
    life: str = ""
    days: int = 0
    party: str = "first"
    who: dict[str, str] = {}
    clause: tuple[str, ...] = ()

    def covers(self, name: str) -> bool:
        """Tell whether it stands for something of that name."""
        if self.name.endswith("*"):
            return name.startswith(self.name[:-1])
        return name == self.name


class Register(Struct, frozen=True, kw_only=True):
    """Every cookie and similar technology of one edition, and the words of their purposes.

    >>> made = Technology(name="_a_*", category="analytics", purpose="analytics", words={})
    >>> register = Register(edition="e", technologies=(made,), purposes={"analytics": {}})
    >>> register.find("_a_7").category, register.find("other"), register.optional
    ('analytics', None, ('analytics',))
    """

    edition: str
    technologies: tuple[Technology, ...]
    purposes: dict[str, dict[str, str]] = {}

    @property
    def optional(self) -> tuple[str, ...]:
        """Every category that needs a yes, in the order of the register."""
        found = dict.fromkeys(one.category for one in self.technologies)
        return tuple(name for name in found if name != ESSENTIAL)

    @property
    def signalled(self) -> frozenset[str]:
        """Every category that a privacy signal turns off: profiling, and what others get."""
        others = {one.category for one in self.technologies if one.party != "first"}
        return (PROFILING | others) & frozenset(self.optional)

    def find(self, name: str, kind: str = "cookie") -> Technology | None:
        """Return the entry for something a browser keeps; the longest name first, then groups."""
        found = [one for one in self.technologies if one.kind == kind and one.covers(name)]
        return max(found, key=lambda one: (not one.name.endswith("*"), len(one.name)), default=None)


class Choice(Struct, frozen=True, kw_only=True):
    """What was said in a browser: to which categories yes, to which no; when; under which receipt.

    ``signal``: the browser's privacy signal was on, and whoever chose was told so. ``receipt`` is
    empty for a no that was not recorded: a no needs no proof.
    """

    said: dict[str, bool]
    at: Moment
    receipt: str = ""
    signal: bool = False

    @property
    def until(self) -> Moment:
        """Until when it holds."""
        return Moment(self.at + AGAIN_DAYS * DAY)

    @property
    def given(self) -> tuple[str, ...]:
        """The categories that were said yes to."""
        return tuple(name for name, yes in self.said.items() if yes)

    def written(self) -> str:
        """Write it as the cookie's value.

        >>> chosen = Choice(said={"analytics": True}, at=Moment(5000), receipt="0" * 32)
        >>> chosen.written()
        '1.5.0.00000000000000000000000000000000.+analytics'
        >>> read(chosen.written()) == chosen
        True
        """
        said = "".join(f".{'+' if yes else '-'}{name}" for name, yes in self.said.items())
        return f"1.{self.at // SECOND}.{int(self.signal)}.{self.receipt}{said}"


class Decision(Struct, frozen=True, kw_only=True):
    """What may be set for one browser, whether it is to be asked, and what its signal turned off.

    ``honoured`` are the categories that the privacy signal keeps off; with ``signal`` and nothing
    in it, there was nothing to turn off: nothing is sold or shared.
    """

    allowed: frozenset[str]
    ask: bool
    signal: bool = False
    honoured: tuple[str, ...] = ()
    choice: Choice | None = None

    def allows(self, category: str) -> bool:
        """Tell whether a category may be set and run."""
        return category in self.allowed

    def consent_mode(self) -> dict[str, str]:
        """Return the signals of Consent Mode: all denied until something was chosen.

        >>> Decision(allowed=frozenset({"essential"}), ask=True).consent_mode()["security_storage"]
        'denied'
        """
        chosen = self.choice is not None
        return {
            name: "granted" if chosen and self.allows(category) else "denied"
            for name, category in CONSENT_MODE.items()
        }


def read(value: str) -> Choice | None:
    """Read a choice from its cookie; ``None`` for what is none.

    >>> read("1.5.0..-analytics").said, read("yes to everything")
    ({'analytics': False}, None)
    """
    found = _CHOICE.fullmatch(value) if len(value) <= LONGEST else None
    if found is None:
        return None
    seconds, signal, receipt, said = found.groups()
    told = [word for word in said.split(".") if word]
    return Choice(
        said={word[1:]: word[0] == "+" for word in told},
        at=Moment(int(seconds) * SECOND),
        receipt=receipt or "",
        signal=signal == ON,
    )


def decide(register: Register, value: str, *, signal: bool, at: Moment) -> Decision:
    """Decide what may be set for a browser, by its cookie and its privacy signal.

    A choice holds for a year; what the register gained since then was not chosen, and is asked. A
    signal turns profiling and third parties off, unless the choice was made in its sight: an
    explicit word that came later than the signal wins, an older one does not.
    """
    optional = register.optional
    choice = read(value) if value else None
    if choice is not None and not choice.at <= at + AHEAD < choice.until + AHEAD:
        choice = None
    said = choice.said if choice is not None else {}
    given = {name for name in optional if said.get(name, False)}
    stands = choice is not None and choice.signal
    off = register.signalled if signal and not stands else frozenset[str]()
    return Decision(
        allowed=frozenset({ESSENTIAL, *given} - off),
        ask=any(name not in said for name in optional),
        signal=signal,
        honoured=tuple(name for name in optional if name in off),
        choice=choice,
    )


def choose(
    register: Register, given: Iterable[str], *, signal: bool, at: Moment, receipt: str = ""
) -> Choice:
    """Return a choice about every category of a register: yes to those given, no to the rest."""
    yes = frozenset(given)
    return Choice(
        said={name: name in yes for name in register.optional},
        at=Moment(at - at % SECOND),
        receipt=receipt,
        signal=signal,
    )


def new_receipt() -> str:
    """Draw the number of a receipt: 128 random bits, which say nothing of anybody."""
    return secrets.token_hex(16)


def signalled(values: Iterable[str]) -> bool:
    """Tell whether a request carries Global Privacy Control, by the values of its header.

    Exactly ``1`` says so and nothing else does. Sent more than once, one ``1`` is enough.

    >>> signalled(["1"]), signalled(["true"]), signalled(["0", "1"]), signalled([])
    (True, False, True, False)
    """
    return any(value == ON for value in values)


def header(name: str, value: str, *, days: int, secure: bool, script: bool) -> str:
    """Write a ``Set-Cookie``; without days it takes the cookie away.

    ``script``: scripts of the page may read it, too.
    """
    parts = [f"{name}={value}", "Path=/", f"Max-Age={days * DAY // SECOND}", "SameSite=Lax"]
    parts += ["Secure"] if secure else []
    parts += [] if script else ["HttpOnly"]
    return "; ".join(parts)
