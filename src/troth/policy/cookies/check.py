"""Finds what contradicts in the register of cookies and similar technologies (policy 3.1, 3.3).

Each entry says what it is for, how long it lives, whose it is and which clause gives it; and it is
for nothing that the rules forbid to be done with what it holds.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from troth.model.clock import DAY
from troth.policy.edition import Condition, Cookie, Edition, Names, Rule, When, above
from troth.policy.finding import Findings, Path
from troth.policy.regimes.spans import span

NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'^_`|~+.-]+\*?")
"""What a cookie may be called (RFC 6265), and a group of them."""
LASTING: Final = ("local_storage", "database")
"""What stays until somebody takes it away: how long that is has to be said."""
LONGEST_MONTHS: Final = 13
"""How long a choice and what rests on it lasts at most, as the European authorities see it."""
MONTH_DAYS: Final = 30


def cookie_names(edition: Edition, found: Findings) -> None:
    """Names are such as a browser takes, and none stands for everything (3.1)."""
    for name, cookie in edition.cookies.items():
        if not NAME.fullmatch(name):
            message = f"nothing a browser keeps can be called `{name}`"
            remedy = "write the name it is set under; `*` at its end stands for any ending"
            found.error(("cookies", name), message, clause=_first(cookie), remedy=remedy)


def cookie_facts(edition: Edition, found: Findings) -> None:
    """Each entry names its clause, its life, and whoever else it belongs to (3.1)."""
    for name, cookie in edition.cookies.items():
        path: Path = ("cookies", name)
        if not cookie.clause:
            message = f"no clause gives `{name}`"
            found.error(path, message, clause="3.1", remedy="name it under `clause`")
        if cookie.kind in LASTING and not cookie.life:
            message = f"`{name}` has no life: it would stay for ever"
            found.error(path, message, clause=_first(cookie), remedy="write it, such as P90D")
        if cookie.party == "third":
            known = edition.recipients
            found.unknown(path, "recipient", (cookie.recipient,), known, cookie.clause)
        elif cookie.recipient:
            message = f"`{name}` is our own and names a recipient"
            remedy = "write `party: third`, or leave the recipient out"
            found.error(path, message, clause=_first(cookie), remedy=remedy)
        _not_too_long(found, path, cookie)


def _not_too_long(found: Findings, path: Path, cookie: Cookie) -> None:
    try:
        months, rest = span(cookie.life) if cookie.life else (0, 0)
    except ValueError:
        return
    if months * MONTH_DAYS + rest // DAY > LONGEST_MONTHS * (MONTH_DAYS + 1):
        message = f"`{path[-1]}` lives longer than {LONGEST_MONTHS} months"
        remedy = "ask again sooner: browsers and authorities count no further"
        found.warn(path, message, clause=_first(cookie), remedy=remedy)


def cookie_purposes(edition: Edition, found: Findings) -> None:
    """No entry is for what the rules forbid with what it holds, or its clause permits not (3.3)."""
    for name, cookie in edition.cookies.items():
        if cookie.field not in edition.categories or cookie.purpose not in edition.purposes:
            continue
        ways = purposes_of(edition, cookie.field, cookie.clause)
        if cookie.purpose not in ways:
            message = f"`{name}` is for `{cookie.purpose}`, which its clause does not let it be for"
            remedy = f"use one of {', '.join(ways) or 'none'}, or write a rule of that clause"
            found.error(("cookies", name), message, clause=_first(cookie), remedy=remedy)


def purposes_of(edition: Edition, field: str, clause: Names) -> tuple[str, ...]:
    """Return the purposes for which the rules of some clauses let a field be gathered or used."""
    about = [one for one in edition.rules.values() if not above(field).isdisjoint(one.categories)]
    permitted = {
        what
        for one in about
        if _of_use(one, "permit") and set(one.clause) & set(clause)
        for what in edition.covered(one)
    }
    forbidden = {what for one in about if _of_use(one, "forbid") for what in edition.covered(one)}
    return tuple(what for what in edition.purposes if what in permitted - forbidden)


def _of_use(rule: Rule, verb: str) -> bool:
    """Tell whether a rule is about gathering and using; one that forbids, whoever's it is."""
    if rule.verb != verb or not {"*", "collect", "use"} & set(rule.operations):
        return False
    bare = rule.only_if == Condition() and rule.when == When() and not rule.unless
    return verb == "permit" or bare


def _first(cookie: Cookie) -> str:
    return "".join(cookie.clause[:1]) or "3.1"


COOKIE_CHECKS: Final[Iterable[Callable[[Edition, Findings], None]]] = (
    cookie_names,
    cookie_facts,
    cookie_purposes,
)
