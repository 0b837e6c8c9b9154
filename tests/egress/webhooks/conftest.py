"""Webhooks on a real store, their words really sealed, and a receiver on loopback."""

from collections.abc import Callable, Iterator
from ipaddress import ip_network

import pytest

from tests.egress.conftest import SIGNING, SUBJECT, WHO, KeyRing
from troth.egress.loopback import HttpSink
from troth.egress.post import Pinned, SigningKey
from troth.egress.webhooks.outbox import Endpoint, Webhooks
from troth.model.acts import Act
from troth.model.clock import SetClock
from troth.model.standing import Standing
from troth.store.sql import Store

LOOPBACK = (ip_network("127.0.0.0/8"),)
STANDING = Standing(pseudonym=WHO)


class Hooks:
    """Webhooks and what a test wants to do with them all the time."""

    def __init__(self, store: Store, clock: SetClock, *endpoints: Endpoint):
        self.store, self.clock, self.ring = store, clock, KeyRing()
        self.webhooks = Webhooks(store, self.ring, endpoints, source="troth.example/cn")

    def queue(self, act: Act, standing: Standing = STANDING) -> None:
        at = self.clock.now()
        self.store.transact(lambda tx: self.webhooks.queue(tx, act, standing, at))

    def try_once(self, name: str) -> str:
        """Try the next word for an address and return what came of it; empty: none was due."""
        at = self.clock.now()
        hook = self.webhooks.next(name, at)
        if hook is None:
            return ""
        sent = self.webhooks.attempt(hook)
        settled = self.store.transact(lambda tx: self.webhooks.settle(tx, sent, at))
        self.ring.keys.pop(settled.key_id, None)
        return settled.state

    def waiting(self) -> int:
        return self.webhooks.held(SUBJECT)


Build = Callable[..., Hooks]


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    with HttpSink() as found:
        yield found


@pytest.fixture
def clock(at) -> SetClock:
    return SetClock(at)


@pytest.fixture
def endpoint(clock) -> Callable[..., Endpoint]:
    """Make an address on loopback."""

    def make(url: str, name: str = "billing", *events: str, key: SigningKey | None = None):
        line = Pinned(url, key or SigningKey(SIGNING), networks=LOOPBACK, timeout=0.3, clock=clock)
        return Endpoint(name=name, line=line, events=events or ("*",))

    return make


@pytest.fixture
def build(data_store, clock) -> Build:
    """Open webhooks with some addresses."""
    return lambda *endpoints: Hooks(data_store, clock, *endpoints)
