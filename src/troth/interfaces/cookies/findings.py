"""What a browser was given, held against the register: declared, undeclared, too early (3.1, 3.3).

A scan visits a site three times, each with a fresh profile: before anything was chosen, after a no,
and after a yes. What is not essential may appear after the yes alone.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from troth.model.cookies import ESSENTIAL, Register, Technology

Visit = Literal["before", "rejected", "accepted"]
VISITS: Final[tuple[Visit, ...]] = ("before", "rejected", "accepted")
REQUEST: Final = "request"
"""The kind of what a page fetched from somebody else; the register calls it pixel or script."""
FETCHED: Final = ("pixel", "script")
SLACK_DAYS: Final = 1
"""How much longer than declared a life may be counted: a day begun is a day."""
Verdict = Literal["declared", "undeclared", "too early", "too long"]


class Seen(Struct, frozen=True, kw_only=True):
    """Something a browser kept or fetched: on which visit, for whose host, for how many days.

    ``days`` is 0 for what goes with the window. ``page`` is where it was seen first.
    """

    name: str
    kind: str
    visit: Visit
    host: str
    days: float = 0
    page: str = ""


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that was seen and what is to be said of it; ``visits`` are those it appeared on."""

    name: str
    kind: str
    host: str
    party: str
    category: str
    visits: tuple[Visit, ...]
    verdict: Verdict
    page: str

    @property
    def wrong(self) -> bool:
        """Whether it is not as the register says."""
        return self.verdict != "declared"


class Scan(Struct, frozen=True, kw_only=True):
    """What a scan found: the pages that were opened, whether a choice could be made, each thing.

    ``absent`` are entries of the register that were never seen: nothing is wrong with that.
    """

    site: str
    pages: tuple[str, ...]
    chose: dict[str, bool]
    findings: tuple[Finding, ...]
    absent: tuple[str, ...]

    @property
    def wrong(self) -> int:
        """How many things are not as the register says."""
        return sum(finding.wrong for finding in self.findings)


def judged(register: Register, seen: Iterable[Seen], *, site: str) -> tuple[Finding, ...]:
    """Hold what was seen against a register, each thing once; what is wrong comes first.

    >>> one = Seen(name="_x", kind="cookie", visit="before", host="a.example")
    >>> empty = Register(edition="e", technologies=())
    >>> judged(empty, [one], site="https://a.example")[0].verdict
    'undeclared'
    """
    by_name: dict[tuple[str, str, str], list[Seen]] = {}
    for one in seen:
        by_name.setdefault((one.kind, one.name, one.host), []).append(one)
    found = [_judged(register, times, site) for times in by_name.values()]
    return tuple(sorted(found, key=lambda one: (not one.wrong, one.kind, one.name, one.host)))


def _judged(register: Register, times: list[Seen], site: str) -> Finding:
    first = times[0]
    entry = entry_of(register, first)
    visits = tuple(visit for visit in VISITS if any(one.visit == visit for one in times))
    verdict: Verdict = "declared"
    if entry is None:
        verdict = "undeclared"
    elif entry.category != ESSENTIAL and set(visits) - {"accepted"}:
        verdict = "too early"
    elif any(_too_long(entry, one) for one in times):
        verdict = "too long"
    return Finding(
        name=first.name,
        kind=first.kind,
        host=first.host,
        party="first" if same_site(first.host, urlsplit(site).hostname or "") else "third",
        category=entry.category if entry else "",
        visits=visits,
        verdict=verdict,
        page=first.page,
    )


def entry_of(register: Register, one: Seen) -> Technology | None:
    """Return the register's entry for something that was seen; a request's is its host's."""
    if one.kind != REQUEST:
        return register.find(one.name, one.kind)
    found = (register.find(one.host, kind) for kind in FETCHED)
    return next((entry for entry in found if entry is not None), None)


def _too_long(entry: Technology, one: Seen) -> bool:
    return one.kind == "cookie" and one.days > entry.days + SLACK_DAYS


def absent(register: Register, seen: Iterable[Seen]) -> tuple[str, ...]:
    """Name the entries of a register that were never seen."""
    met = {entry.name for one in seen if (entry := entry_of(register, one)) is not None}
    return tuple(one.name for one in register.technologies if one.name not in met)


def same_site(host: str, site: str) -> bool:
    """Tell whether a host is a site's own: the same, or one below the other.

    >>> same_site("www.a.example", "a.example"), same_site("b.example", "a.example")
    (True, False)
    """
    host, site = host.lstrip("."), site.lstrip(".")
    return host == site or host.endswith(f".{site}") or site.endswith(f".{host}")


def counted(findings: Iterable[Finding]) -> Mapping[str, int]:
    """Count findings by what is said of them."""
    told: dict[str, int] = {}
    for one in findings:
        told[one.verdict] = told.get(one.verdict, 0) + 1
    return told
