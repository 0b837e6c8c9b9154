"""Nobody learns who has an account: not by words, headers, length, work or time (reliability A1).

Pairs of requests, one about somebody who has an account and one about somebody who has none, are
sent to the whole application in random order. A difference in time counts when it is both large
(5 % of the median) and no chance (Mann-Whitney, p <= 0.01), three rounds in a row: chance does not
come three times, a leak does.
"""

import math
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from httpx import Response

from tests.interfaces.visitor import PASSWORD, Visitor, hidden
from troth import app
from troth.app import Troth
from troth.documents.proof.passwords import Passwords
from troth.model.clock import MINUTE, SetClock, moment
from troth.model.secret import Secret

ROUNDS, GAP, CHANCE = 3, 0.05, 0.01
RANDOM = re.compile(r"[A-Za-z0-9_-]{40,}")
WRONG = "nobody would choose this one"

Ask = Callable[[bool], Response]
"""Asks about somebody who has an account (``True``) or somebody who has none."""


@pytest.fixture(scope="module")
def clock() -> SetClock:
    return SetClock(moment("2026-11-22T12:00:00"))


@pytest.fixture(scope="module")
def troth(clock: SetClock) -> Iterator[Troth]:
    with app.memory(clock=clock) as made:
        yield made


def registered(troth: Troth) -> Visitor:
    """Return somebody who has an account and is signed in; the page they land on is not asked."""
    visitor = Visitor(troth)
    second = visitor.ask_codes()
    answer = visitor.send(second, "/register/codes", follow=False, **visitor.answers())
    assert answer.status_code == 303, answer.text
    return visitor


class Enquirer:
    """Somebody who wants to know who has an account."""

    def __init__(self, troth: Troth, clock: SetClock) -> None:
        self.troth, self.clock = troth, clock
        self.known, self.me, self.stranger = registered(troth), registered(troth), Visitor(troth)
        self.unknown = Visitor(troth)
        self._pages: dict[tuple[int, str], dict[str, str]] = {}

    def about(self, known: bool) -> Visitor:
        return self.known if known else self.unknown

    def sent(self, visitor: Visitor, page: str, action: str, **fields: str) -> Response:
        """Send a form of a page; the page is opened once."""
        place = id(visitor), page
        if place not in self._pages:
            self._pages[place] = hidden(visitor.get(page).text, action)
        return visitor.post(action, self._pages[place] | fields, follow=False)

    # --- the flows -----------------------------------------------------------------------------

    def sign_in(self, known: bool) -> Response:
        name = self.about(known).email
        return self.sent(self.stranger, "/sign-in", "/sign-in", identifier=name, password=WRONG)

    def sign_in_by_code(self, known: bool) -> Response:
        name = self.about(known).phone
        return self.sent(self.stranger, "/sign-in/code", "/sign-in/code", identifier=name)

    def recover(self, known: bool) -> Response:
        name = self.about(known).email
        return self.sent(self.stranger, "/recover", "/recover", identifier=name)

    def sign_up(self, known: bool) -> Response:
        about = self.about(known)
        fields = {
            "residence": "CN",
            "contact.email": about.email,
            "contact.phone": about.phone,
        }
        return self.sent(self.stranger, "/register", "/register", **fields)

    def bind(self, known: bool) -> Response:
        name = self.about(known).phone
        return self.sent(self.me, "/me/contact", "/me/contact", address=name)

    # --- between two pairs ---------------------------------------------------------------------

    def begin(self) -> None:
        """Sign in anew, with fresh pages, an hour after what was sent before."""
        self.wait(60)
        self._pages.clear()
        given = {"identifier": self.me.email, "password": PASSWORD}
        signed = self.sent(self.me, "/sign-in", "/sign-in", **given)
        assert signed.status_code == 303
        self._pages.clear()

    def wait(self, minutes: int = 16) -> None:
        """Let the paces recover; they are the same for everybody, and not what is looked at."""
        self.clock.forward(seconds=minutes * MINUTE / 1000)


@pytest.fixture(scope="module")
def enquirer(troth: Troth, clock: SetClock) -> Enquirer:
    return Enquirer(troth, clock)


FLOWS = ("sign_in", "sign_in_by_code", "recover", "sign_up", "bind")


def plain(response: Response) -> tuple[int, str, dict[str, str]]:
    """Return an answer without what is random in every answer, or was asked."""
    text = RANDOM.sub("RANDOM", response.text)
    for asked in re.findall(r"visitor\d+@example\.com|\+86139\d{8}", text):
        text = text.replace(asked, "ASKED")
    headers = {name: RANDOM.sub("RANDOM", value) for name, value in response.headers.items()}
    return response.status_code, text, headers


@pytest.mark.parametrize("flow", FLOWS)
def test_status_body_headers_and_length_are_the_same(enquirer: Enquirer, flow: str) -> None:
    ask: Ask = getattr(enquirer, flow)
    enquirer.begin()
    enquirer.wait()
    known, unknown = plain(ask(True)), plain(ask(False))
    assert known[0] in (200, 401)
    assert known == unknown


# --- work ----------------------------------------------------------------------------------------


class Counted:
    """A transaction whose statements are counted."""

    def __init__(self, tx: Any, count: Counter[str]) -> None:
        self._tx, self._count = tx, count

    def __getattr__(self, name: str) -> Any:
        self._count["statements"] += 1
        return getattr(self._tx, name)


@pytest.fixture
def work(troth: Troth, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Return the count of commits and statements in the data stores."""
    count: Counter[str] = Counter()

    def counting(store: Any) -> None:
        transact, query = store.transact, store.query

        def counted(job: Any, **more: Any) -> Any:
            count["commits"] += 1
            return transact(lambda tx: job(Counted(tx, count)), **more)

        def asked(sql: str, *args: Any) -> Any:
            # The shelf of editions is looked at once a second, whoever asks.
            count["statements"] += " FROM editions " not in sql
            return query(sql, *args)

        monkeypatch.setattr(store, "transact", counted)
        monkeypatch.setattr(store, "query", asked)

    for rooms in troth.gate.regions.values():
        counting(rooms.store)
    return count


FEW: Counter[str] = Counter(statements=4)
"""What a sign-in reads more of somebody who is there, beside a hash as long as hundreds of them."""


@pytest.mark.parametrize("flow", FLOWS)
def test_the_work_is_the_same(enquirer: Enquirer, work: Counter[str], flow: str) -> None:
    ask: Ask = getattr(enquirer, flow)
    done = []
    enquirer.begin()
    for known in (True, False):
        enquirer.wait()
        ask(known)
        work.clear()
        enquirer.wait()
        ask(known)
        done.append(Counter(work))
    assert done[0]["commits"] > 0
    assert done[0] - done[1] == (FEW if flow == "sign_in" else Counter())
    assert done[1] - done[0] == Counter()


# --- time ----------------------------------------------------------------------------------------


def chance(one: list[float], other: list[float]) -> float:
    """Return how likely two samples of one distribution differ so much (Mann-Whitney U, normal)."""
    both = sorted((value, of) for of, values in enumerate((one, other)) for value in values)
    rank = sum(place for place, (_, of) in enumerate(both, 1) if of == 0)
    n, m = len(one), len(other)
    u = rank - n * (n + 1) / 2
    sigma = math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(u - n * m / 2) / sigma / math.sqrt(2))


def timed(ask: Ask, known: bool) -> float:
    start = time.perf_counter()
    answer = ask(known)
    taken = time.perf_counter() - start
    assert answer.status_code in (200, 401), "what is timed is an answer, not a refusal to look"
    return taken


def leaks(enquirer: Enquirer, ask: Ask, pairs: int) -> bool:
    """Tell whether the time an answer takes tells who is known."""
    for _ in range(ROUNDS):
        taken: dict[bool, list[float]] = {True: [], False: []}
        enquirer.begin()
        for _ in range(pairs):
            # A quarter of an hour after many failures; a code every eighth part of an hour.
            enquirer.wait(16 if ask == enquirer.sign_in else 8)
            for known in random.sample((True, False), 2):
                taken[known].append(timed(ask, known))
        if not tells(taken[True], taken[False]):
            return False
    return True


def tells(known: list[float], unknown: list[float]) -> bool:
    """Tell whether two samples differ by more than a little, and not by chance."""
    medians = statistics.median(known), statistics.median(unknown)
    gap = abs(medians[0] - medians[1]) / max(medians)
    return gap >= GAP and chance(known, unknown) <= CHANCE


def test_a_tenth_more_is_told_from_noise_and_noise_from_nothing() -> None:
    dice = random.Random(7)
    one, other = ([dice.gauss(5.0, 0.4) for _ in range(40)] for _ in range(2))
    assert not tells(one, other)
    assert tells(one, [each * 1.1 for each in other])


def test_the_chance_of_a_difference_is_what_the_tables_say() -> None:
    low, high = [float(n) for n in range(8)], [float(n) + 7.5 for n in range(8)]
    assert chance(low, high) < 0.002
    assert chance(low, [n + 0.5 for n in low]) > 0.5


PAIRS = [("sign_in", 24), *((flow, 60) for flow in FLOWS[1:])]


@pytest.mark.parametrize(("flow", "pairs"), PAIRS)
def test_the_time_is_the_same(enquirer: Enquirer, flow: str, pairs: int) -> None:
    assert not leaks(enquirer, getattr(enquirer, flow), pairs)


def test_a_leak_of_one_hash_is_caught(enquirer: Enquirer, monkeypatch: pytest.MonkeyPatch) -> None:
    verify = Passwords.verify

    def hasty(self: Passwords, kept: Secret | None, password: Secret) -> bool:
        return kept is not None and verify(self, kept, password)

    monkeypatch.setattr(Passwords, "verify", hasty)
    assert leaks(enquirer, enquirer.sign_in, 8)
