"""Nothing leaves outside an agreement, and a recipient's answer is a stranger's word."""

import json

import pytest

from tests.egress.conftest import PHONE, SIGNING, SUBJECT
from troth.egress.post import Line, SigningKey
from troth.egress.recipients import Agreement, Bound, HttpRecipient, Reply, by_id, plain
from troth.model.clock import DAY, SetClock, after
from troth.model.errors import Misconfigured, NotDelivered, Refused
from troth.model.secret import Secret

VALUES = {"contact.phone": Secret(PHONE)}


class Kept:
    """A recipient that keeps what it was given."""

    id = "sms-carrier"

    def __init__(self):
        self.given = []

    def deliver(self, purpose, values, request_id, *, authorisation="", task="", subject=None):
        self.given.append((purpose, values, request_id, authorisation))
        return Reply(reference="kept")


def bound(at, port, **more):
    told = {"reference": "C-7", "purposes": frozenset({"codes"}), "fields": ("contact",)}
    return Bound(port, Agreement(**told | more), SetClock(at))


def refusal(port, purpose="codes", values=VALUES):
    with pytest.raises(Refused) as caught:
        port.deliver(purpose, values, "r1")
    assert caught.value.clause == "4.1.4"
    return caught.value.message


# --- agreements --------------------------------------------------------------------------------


def test_what_an_agreement_covers_is_delivered(at):
    port = Kept()
    assert bound(at, port).deliver("codes", VALUES, "r1", authorisation="e1").reference == "kept"
    assert port.given == [("codes", VALUES, "r1", "e1")]


@pytest.mark.clause("4.1.4d")
def test_without_an_agreement_not_a_byte_leaves(at):
    port = Kept()
    assert "no agreement" in refusal(Bound(port, None, SetClock(at)))
    assert port.given == []


@pytest.mark.clause("4.1.4d")
def test_an_agreement_that_ended_opens_nothing(at):
    port = Kept()
    held = bound(at, port, until=at)
    assert "ended on 2026-11-22" in refusal(held)
    assert port.given == []


def test_an_agreement_holds_until_its_last_moment(at):
    clock = SetClock(at)
    deal = Agreement(
        reference="C-7", purposes=frozenset({"codes"}), fields=("*",), until=after(at, days=1)
    )
    held = Bound(Kept(), deal, clock)
    held.deliver("codes", VALUES, "r1")
    clock.forward(seconds=DAY / 1000)
    refusal(held)


@pytest.mark.clause("4.1.4a")
def test_a_field_outside_the_agreement_is_refused_and_named(at):
    port = Kept()
    values = VALUES | {"identity.id_number": Secret("11010519491231002X")}
    assert "`identity.id_number`" in refusal(bound(at, port), values=values)
    assert port.given == []


def test_a_purpose_outside_the_agreement_is_refused(at):
    assert "`marketing`" in refusal(bound(at, Kept()), purpose="marketing")


def test_a_bound_recipient_keeps_its_id(at):
    assert bound(at, Kept()).id == "sms-carrier"


def test_recipients_are_found_by_their_id(at):
    port = Kept()
    assert by_id(port) == {"sms-carrier": port}
    with pytest.raises(Misconfigured):
        by_id(port, bound(at, Kept()))


# --- over HTTP ---------------------------------------------------------------------------------


def http(sink):
    return HttpRecipient("carrier", Line(sink.url, SigningKey(SIGNING)))


def test_values_travel_with_their_purpose(http_sink):
    http_sink.answer = b'{"reference": "T-42", "else": 1}'
    values = VALUES | {"identity.licence": Secret(b"\x00PNG")}
    reply = http(http_sink).deliver("codes", values, "entry1", authorisation="e1")
    assert (reply.result, reply.reference) == ("accepted", "T-42")
    [posted] = http_sink.posts
    assert posted.headers["webhook-id"] == "entry1"
    assert json.loads(posted.body) == {
        "request": "entry1",
        "purpose": "codes",
        "authorisation": "e1",
        "values": {"contact.phone": PHONE, "identity.licence": {"base64": "AFBORw=="}},
    }


def test_a_task_travels_too_and_whom_it_is_about_does_not(http_sink):
    http(http_sink).deliver("codes", VALUES, "r1", task="send", subject=SUBJECT)
    body = http_sink.posts[0].body
    assert json.loads(body)["task"] == "send"
    assert SUBJECT.encode() not in body


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b'{"reference": 7}',
        b'{"reference": "line\\nbreak"}',
        b'{"reference": "%s"}' % PHONE.encode(),
        b'{"reference": "%s"}' % (b"x" * 65),
    ],
)
def test_an_odd_answer_is_not_kept(http_sink, answer):
    http_sink.answer = answer
    assert http(http_sink).deliver("codes", VALUES, "r1") == Reply()


def test_a_recipient_that_is_down_is_not_taken_for_told(http_sink):
    http_sink.mood = "temporary"
    with pytest.raises(NotDelivered):
        http(http_sink).deliver("codes", VALUES, "r1")


def test_a_text_travels_as_it_is_and_a_file_in_base64():
    assert plain(Secret("梅")) == "梅"
    assert plain(Secret(b"\xff")) == {"base64": "/w=="}
