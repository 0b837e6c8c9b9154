"""Real SMTP on loopback: taken for one address, passed on to none, never lost (9.1b; A11, A19)."""

import smtplib
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.documents.intake.hostile import OURS, REFUSED, SENDER, mail
from troth.interfaces.mail.receiver import Receiver
from troth.interfaces.mail.taking import ours
from troth.model.errors import BadInput, StoreBusy, StoreFull, TooMany, TrothError

MOST = 200_000


class Books:
    """What the server hands mail to."""

    def __init__(self) -> None:
        self.taken: list[tuple[bytes, str | None]] = []
        self.failed: list[str] = []
        self.fails: TrothError | None = None

    def take(self, raw: bytes, *, envelope: str | None = None) -> None:
        if self.fails is not None:
            raise self.fails
        self.taken.append((raw, envelope))


def port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def receiver(books: Books) -> Iterator[Receiver]:
    with Receiver(
        OURS, books.take, host="127.0.0.1", port=port(), max_size=MOST, failed=books.failed.append
    ) as found:
        yield found


@pytest.fixture
def client(receiver: Receiver) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", receiver.port, timeout=10) as found:
        yield found


def test_a_mail_for_our_address_is_taken_with_its_envelope(
    client: smtplib.SMTP, books: Books
) -> None:
    client.sendmail(SENDER, OURS, mail())
    ((raw, envelope),) = books.taken
    assert b"delete my account" in raw
    assert envelope == SENDER


def test_a_bounce_comes_with_its_empty_envelope(client: smtplib.SMTP, books: Books) -> None:
    client.sendmail("", OURS, mail())
    assert books.taken[0][1] == ""


def test_a_mark_behind_a_plus_is_our_address(client: smtplib.SMTP, books: Books) -> None:
    client.sendmail(SENDER, "privacy+r-0123456789ab-aaaabbbbccccdddd@troth.example", mail())
    assert len(books.taken) == 1


@pytest.mark.parametrize(
    "recipient",
    [
        "somebody@else.example",
        "other@troth.example",
        "privacy@troth.example.evil.example",
        "privacy%else.example@troth.example",
        "else.example!privacy@relay.example",
    ],
)
def test_nothing_is_passed_on(client: smtplib.SMTP, books: Books, recipient: str) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        client.sendmail(SENDER, recipient, mail())
    assert next(iter(refused.value.recipients.values()))[0] == 550
    assert not books.taken


def test_a_second_recipient_is_sent_later(client: smtplib.SMTP, books: Books) -> None:
    refused = client.sendmail(SENDER, [OURS, "privacy+x@troth.example"], mail())
    assert [code for code, _ in refused.values()] == [452]
    assert len(books.taken) == 1


def test_a_mail_that_is_too_large_is_refused(client: smtplib.SMTP, books: Books) -> None:
    with pytest.raises((smtplib.SMTPDataError, smtplib.SMTPSenderRefused, smtplib.SMTPException)):
        client.sendmail(SENDER, OURS, mail("x" * 2 * MOST))
    assert not books.taken


@pytest.mark.parametrize(
    ("error", "code"),
    [(BadInput("no"), 550), (TooMany(), 452), (StoreBusy(), 451), (StoreFull(), 451)],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_taken_is_answered_so_that_it_comes_again_or_not(
    client: smtplib.SMTP, books: Books, error: TrothError, code: int
) -> None:
    books.fails = error
    with pytest.raises(smtplib.SMTPDataError) as refused:
        client.sendmail(SENDER, OURS, mail())
    assert refused.value.smtp_code == code
    books.fails = None
    client.sendmail(SENDER, OURS, mail())
    assert len(books.taken) == 1


def test_a_fault_of_ours_is_told_by_its_code_alone(client: smtplib.SMTP, books: Books) -> None:
    books.fails = StoreFull("zoe.quill@mail.example")
    with pytest.raises(smtplib.SMTPDataError):
        client.sendmail(SENDER, OURS, mail())
    assert books.failed == ["store_full"]


def test_commands_that_ask_for_more_get_nothing(client: smtplib.SMTP) -> None:
    client.ehlo()
    assert client.docmd("VRFY privacy")[0] in {252, 502}
    assert client.docmd("EXPN all")[0] == 502
    assert client.docmd("AUTH PLAIN AGEAYg==")[0] >= 500
    assert client.docmd("X" * 2000)[0] == 500


def test_many_at_once_are_all_taken(receiver: Receiver, books: Books) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", receiver.port, timeout=20) as one:
            one.sendmail(SENDER, OURS, mail())

    senders = [threading.Thread(target=send) for _ in range(12)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert len(books.taken) == 12


def test_hostile_mail_does_not_stop_the_server(client: smtplib.SMTP, books: Books) -> None:
    with pytest.raises(smtplib.SMTPDataError):
        client.sendmail(SENDER, OURS, b"x" * 5000)
    for name in ("parts in parts", "two senders in a line"):
        client.sendmail(SENDER, OURS, REFUSED[name])
    client.sendmail(SENDER, OURS, mail())
    assert len(books.taken) == 3


@pytest.mark.parametrize("address", ["", "privacy", "@", "+@troth.example", "@troth.example"])
def test_what_is_no_address_is_not_ours(address: str) -> None:
    assert not ours(address, OURS)
