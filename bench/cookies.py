"""What may be set for this browser? The banner's decision beside the smallest parse of a cookie.

One decision stands in every page that is given out, so it may cost a millisecond at most; and what
a guarded page costs is told by the kilobyte.
"""

import random
from pathlib import Path
from typing import Final

from bench.decide import shipped
from bench.harness import Contender, cycle, interleave
from bench.people import AT
from bench.plan import Plan
from bench.report import OURS, Findings, Goal, rows_of
from troth.documents.cookies.register import register_of
from troth.interfaces.cookies import banner
from troth.interfaces.cookies.banner import Place
from troth.interfaces.cookies.markup import Rewriter
from troth.model.cookies import Register, choose, decide, new_receipt

GROUP: Final = "cookies"
ASKED: Final = 2_000
"""How many different cookies are decided upon."""
US_IN_A_MS: Final = 1_000
PLACE: Final = Place(language="en", action="/cookies/choice", back="/", settings="/cookies")
PARAGRAPH: Final = b'<p class="x">Some words of a page, as they are.</p>\n'
SCRIPT: Final = b'<script data-category="analytics" src="/a.js"></script>\n'


def values(register: Register) -> list[tuple[str]]:
    """Draw what browsers send: nothing, somebody's choice, or what is none."""
    chance = random.Random(ASKED)
    found = ["", "nonsense"]
    for _ in range(ASKED):
        yes = [name for name in register.optional if chance.random() < 0.5]
        choice = choose(register, yes, signal=chance.random() < 0.2, at=AT, receipt=new_receipt())
        found.append(choice.written())
    return [(value,) for value in found]


class Sketch:
    """The floor: split the cookie, look its words up, ask no question of when or of signals."""

    def __init__(self, register: Register) -> None:
        self._optional = register.optional

    def decide(self, value: str) -> frozenset[str]:
        """Return the categories with a plus."""
        said = value.split(".")[4:]
        return frozenset(name for name in self._optional if f"+{name}" in said)


def page(paragraphs: int) -> bytes:
    """Return a page with a few gated scripts in it."""
    body = (PARAGRAPH * (paragraphs // 4) + SCRIPT) * 4
    return b"<!doctype html><html><head></head><body>" + body + b"</body></html>"


def run(plan: Plan, folder: Path) -> Findings:
    """Time a decision, a banner and a page gone through."""
    del folder
    found = Findings(group=GROUP)
    register = register_of(shipped().edition)
    sketch, asked = Sketch(register), values(register)

    def ours(value: str) -> object:
        return decide(register, value, signal=False, at=AT)

    def whole(value: str) -> object:
        decision = decide(register, value, signal=True, at=AT)
        return banner.asking(register, decision, PLACE)

    n = len(asked)
    decided = [
        Contender(name=OURS, n=n, call=ours, supply=cycle(asked)),
        Contender(name="sketch", n=n, call=sketch.decide, supply=cycle(asked)),
        Contender(name="with the banner", n=n, call=whole, supply=cycle(asked)),
    ]
    goals = (Goal(of="us", bound="<=", limit=US_IN_A_MS),)
    timed = interleave(decided, plan.pace, "cpu")
    found.rows += rows_of(GROUP, "decide what may be set", timed, goals, "a cookie's value")
    text = page(400)

    def gone_through(data: bytes) -> object:
        rewriter = Rewriter(frozenset(), head=b"<link>", top=b"<aside></aside>")
        return rewriter.feed(data) + rewriter.end()

    size = f"{len(text) // 1024} kB"
    pages = [
        Contender(name=OURS, n=len(text), call=gone_through, supply=cycle([(text,)])),
        Contender(name="sketch", n=len(text), call=plainly, supply=cycle([(text,)])),
    ]
    timed = interleave(pages, plan.pace, "cpu")
    limits = (Goal(of="us", bound="<=", limit=2 * US_IN_A_MS),)
    found.rows += rows_of(GROUP, "go through a page", timed, limits, size)
    return found


def plainly(data: bytes) -> bytes:
    """Put a banner in by one search: the floor that gates nothing."""
    return data.replace(b"<body>", b"<body><aside></aside>", 1)
