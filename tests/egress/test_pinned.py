"""An address of somebody else's choice leads to the public, or to where the settings say."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.egress.conftest import SIGNING
from troth.egress.loopback import HttpSink
from troth.egress.post import Pinned, SigningKey, reachable, resolve
from troth.model.clock import SetClock
from troth.model.errors import Misconfigured, NotDelivered

KEY = SigningKey(SIGNING)
LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1"),
        *("64:ff9b::10.0.0.1", "2002:0a00:0001::", "fe80::1%eth0", "", "localhost"),
    ],
)
def test_no_address_of_our_own_network_is_posted_to(address):
    assert not reachable(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_a_public_address_is_posted_to(address):
    assert reachable(address)


@given(st.ip_addresses(v=4, network="10.0.0.0/8"))
def test_a_private_address_stays_private_in_every_coat(address):
    number = int(address)
    coats = [
        f"::ffff:{address}",
        f"64:ff9b::{address}",
        f"2002:{number >> 16:x}:{number & 65535:x}::",
    ]
    assert not any(map(reachable, coats))


def test_a_name_that_changes_its_mind_leads_nowhere(http_sink, at):
    answers = iter([["93.184.216.34", "127.0.0.1"], ["127.0.0.1"]])
    line = Pinned(
        f"https://rebinding.example:{http_sink.port}/", KEY, look_up=lambda *_: next(answers)
    )
    for _ in range(2):
        with pytest.raises(NotDelivered) as caught:
            line.post("m1", b"{}")
        assert caught.value.reason == "http_forbidden"
    assert http_sink.posts == []


def test_the_connection_goes_to_the_address_that_was_judged(http_sink, at):
    asked = []

    def look_up(host, port):
        asked.append((host, port))
        return [http_sink.host]

    line = Pinned(http_sink.url, KEY, networks=LOOPBACK, look_up=look_up, clock=SetClock(at))
    line.post("m1", b"{}")
    assert asked == [("127.0.0.1", http_sink.port)]
    assert http_sink.posts[0].headers["host"] == f"127.0.0.1:{http_sink.port}"


def test_over_tls_the_certificate_is_demanded(certificate, at):
    with HttpSink() as sink:
        line = Pinned(f"https://127.0.0.1:{sink.port}/", KEY, networks=LOOPBACK, timeout=0.5)
        with pytest.raises(NotDelivered):
            line.post("m1", b"{}")
    assert sink.posts == []


@pytest.mark.parametrize("found", [[], None])
def test_a_name_that_is_not_found_is_unreachable(found):
    def look_up(*_):
        if found is None:
            raise OSError
        return found

    with pytest.raises(NotDelivered) as caught:
        Pinned("https://nowhere.example/", KEY, look_up=look_up).post("m1", b"{}")
    assert caught.value.reason == "http_unreachable"


@pytest.mark.parametrize("url", ["http://hooks.example.com/", "http://10.0.0.1/"])
def test_plain_http_is_for_loopback_alone(url):
    with pytest.raises(Misconfigured):
        Pinned(url, KEY, networks=[ip_network("10.0.0.0/8")])


def test_even_loopback_has_to_be_named():
    with pytest.raises(Misconfigured, match="over https"):
        Pinned("http://127.0.0.1:8080/", KEY)


def test_a_host_is_looked_up():
    assert "127.0.0.1" in resolve("127.0.0.1", 80)
