"""Tickets: sealed, in time, for whoever they were given to, and good once."""

import base64
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.documents.proof.tickets import Tickets
from troth.model.clock import DAY, MINUTE, Moment
from troth.model.errors import NotProved
from troth.model.secret import Secret
from troth.store.sql import Store

KEY = b"k" * 32
TOLD = Secret("cn-" + "a" * 26)


@pytest.fixture
def tickets(data_store: Store) -> Tickets:
    return Tickets(data_store, KEY)


def test_a_ticket_says_what_was_sealed_until_it_is_over(tickets: Tickets, at: Moment) -> None:
    until = Moment(at + MINUTE)
    ticket = tickets.seal("half", TOLD, until=until)
    opened = tickets.open("half", ticket, at=Moment(until - 1))
    assert (opened.told, opened.subject, opened.until) == (TOLD, TOLD.reveal(), until)
    with pytest.raises(NotProved):
        tickets.open("half", ticket, at=until)


@pytest.mark.parametrize(("kind", "bound"), [("other", "here"), ("half", "there"), ("half", "")])
def test_a_ticket_is_nothing_to_anybody_else(
    tickets: Tickets, at: Moment, kind: str, bound: str
) -> None:
    ticket = tickets.seal("half", TOLD, until=Moment(at + 1), bound="here")
    with pytest.raises(NotProved):
        tickets.open(kind, ticket, at=at, bound=bound)


@pytest.mark.parametrize("text", ["", "x", "=", "ü", "A" * 40, "A" * 5000])
def test_what_is_no_ticket_is_one_answer(tickets: Tickets, at: Moment, text: str) -> None:
    with pytest.raises(NotProved) as refused:
        tickets.open("half", Secret(text), at=at)
    assert "took too long" in str(refused.value)


def test_a_ticket_is_good_once_however_it_is_written(tickets: Tickets, at: Moment) -> None:
    text = tickets.seal("half", Secret("12"), until=Moment(at + 1)).reveal()
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twins = [
        twin
        for letter in alphabet
        if base64.urlsafe_b64decode((twin := text[:-1] + letter) + "=" * (-len(twin) % 4)) == raw
    ]
    assert len(twins) > 1
    opened = [tickets.open("half", Secret(twin), at=at) for twin in twins]
    tickets.spend(opened[0])
    for again in opened:
        with pytest.raises(NotProved):
            tickets.spend(again)


def test_of_many_who_use_it_at_once_one_does(tickets: Tickets, at: Moment) -> None:
    ticket = tickets.open("half", tickets.seal("half", TOLD, until=Moment(at + 1)), at=at)
    won: list[bool] = []

    def use() -> None:
        try:
            tickets.spend(ticket)
        except NotProved:
            return
        won.append(True)

    threads = [threading.Thread(target=use) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [True]


def test_what_was_used_is_forgotten_a_day_after_it_could_be_tried(
    tickets: Tickets, data_store: Store, at: Moment
) -> None:
    assert tickets.once("step 1", until=at)
    assert not tickets.once("step 1", until=at)
    assert tickets.purge(Moment(at + DAY - 1)) == 0
    assert tickets.purge(Moment(at + DAY)) == 1


def test_what_was_used_is_kept_as_a_digest_alone(
    tickets: Tickets, data_store: Store, at: Moment
) -> None:
    tickets.once(f"totp|{TOLD.reveal()}|1", until=at)
    ((what, until),) = data_store.query("SELECT what, until FROM spent_proofs")
    assert (len(bytes(what)), until) == (32, at)


@given(st.text(max_size=200), st.text(max_size=20))
def test_any_text_comes_back_as_it_was(told: str, bound: str) -> None:
    tickets = Tickets(None, KEY)  # type: ignore[arg-type]  # nothing is stored here
    try:
        told.encode(), bound.encode()
    except UnicodeEncodeError:
        return
    ticket = tickets.seal("half", Secret(told), until=Moment(9), bound=bound)
    assert tickets.open("half", ticket, at=Moment(8), bound=bound).told.reveal() == told
