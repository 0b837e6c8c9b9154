"""Chapter 3: what cookies are for, the switch that turns analysis off, and no other purpose."""

import asyncio

import pytest

from tests.chapters.people import House
from tests.chapters.test_cookies import admit, bring, choose
from tests.interfaces.cookies.sites import PAGE, Answer, Site, asked
from tests.policy.test_cookies import GOOD, errors
from troth.interfaces.cookies.asgi import CookieGuard
from troth.model.acts import Actor, Use
from troth.model.cookies import COOKIE
from troth.model.errors import Refused
from troth.model.terms import SubjectId

ANALYSIS = ("analytics", "personalise")
OWN = frozenset({"authenticate", *ANALYSIS, "rights", "legal"})
"""What cookies are for (3.1.1, 3.1.2), and what the law makes us do with whatever is held."""


class Shop:
    """A website before which the house's guard stands: it counts visits, and picks what it shows.

    Of somebody it knows it asks the gate, as any program of the controller's has to.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        lines = ("analytics=1; Max-Age=100", "interests=2", "__Host-troth=3")
        self.site = Site(personal=True)
        self.site.headers += [("set-cookie", line) for line in lines]
        cookies = house.troth.cookies
        self.app = CookieGuard(self.site.asgi, cookies.register(), cookies, clock=house.clock)

    async def open(self, value: str) -> Answer:
        """Open a page in a browser with this choice, which keeps an older analytics cookie."""
        sent = f"analytics=old; {COOKIE}={value}"
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "query_string": b"",
            "scheme": "https",
            "headers": [(b"host", b"shop.example"), (b"cookie", sent.encode())],
            "client": ("198.51.100.7", 1),
        }
        return await asked(self.app, scope, b"")


async def _looked(shop: Shop, value: str) -> tuple[bool, bool, bool]:
    """Return whether analytics is set, whether it reaches the site, whether the page is picked."""
    answer = await shop.open(value)
    line = answer.set.get("analytics", "")
    kept = bool(line) and "Max-Age=0" not in line
    return kept, "analytics=old" in shop.site.saw["cookie"], b"Picked for you" in answer.body


def looked(shop: Shop, value: str) -> tuple[bool, bool, bool]:
    return asyncio.run(_looked(shop, value))


def may(house: House, subject: SubjectId, purpose: str) -> bool:
    use = Use(subject=subject, fields=("web.cookie",), purpose=purpose)
    return house.gate.ask(use)[0].allowed


@pytest.mark.clause("3.1.2")
def test_without_a_yes_there_is_no_analytics_cookie_and_everybody_gets_the_same_page(
    house: House,
) -> None:
    shop, subject = Shop(house), admit(house, "EEA")
    assert b"Picked" not in PAGE
    for value in ("", choose(house).written(), "nonsense"):
        assert looked(shop, value) == (False, False, False)
    assert not any(may(house, subject, purpose) for purpose in ANALYSIS)
    yes = choose(house, *ANALYSIS).written()
    assert looked(shop, yes) == (True, True, True)
    bring(house, subject, *ANALYSIS)
    assert all(may(house, subject, purpose) for purpose in ANALYSIS)
    # The switch: off again, in one step, in the browser and at the gate.
    bring(house, subject)
    assert looked(shop, choose(house).written()) == (False, False, False)
    assert not any(may(house, subject, purpose) for purpose in ANALYSIS)
    decided = house.troth.cookies.decide(yes, signal=False, subject=subject)
    assert decided.allowed == {"essential"}


@pytest.mark.clause("3.3")
@pytest.mark.parametrize("residence", ["CN", "EEA", "US-CA"])
def test_cookies_serve_nothing_else_at_the_gate_nor_in_the_register(
    residence: str, house: House
) -> None:
    subject = admit(house, residence)
    bring(house, subject, *ANALYSIS)
    others = [name for name in house.gate.policy().edition.purposes if name not in OWN]
    assert [purpose for purpose in others if may(house, subject, purpose)] == []
    with pytest.raises(Refused):
        house.gate.perform(
            Use(subject=subject, fields=("web.cookie",), purpose="marketing"),
            by=Actor(kind="service", id="k"),
        )
    for purpose in (*others, "rights", "legal"):
        told = errors(GOOD.replace("purpose: analytics,", f"purpose: {purpose},"))
        assert any("which its clause does not let it be for" in message for message in told)
