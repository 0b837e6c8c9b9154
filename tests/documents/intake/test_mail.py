"""Mail is read within bounds, whatever it is: hostile, broken, or a person's (A11, A14, A20)."""

import resource
import time
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.documents.intake.hostile import (
    READ,
    REFUSED,
    SENDER,
    attached,
    bomb,
    encoded_words,
    mail,
    picture,
)
from troth.documents.intake.mail import MOST_WORDS, read, unquoted
from troth.model.errors import BadInput
from troth.model.secret import Secret

MEBIBYTE = 1024


def grown_since(before: int) -> int:
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // MEBIBYTE


@pytest.mark.parametrize("name", REFUSED)
def test_what_goes_beyond_the_bounds_is_refused_at_once(name: str) -> None:
    before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BadInput):
        read(REFUSED[name])
    assert time.perf_counter() - before[0] < 2
    assert grown_since(before[1]) < 100


@pytest.mark.parametrize("name", READ)
def test_what_is_strange_is_read_all_the_same_and_at_once(name: str) -> None:
    before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert read(READ[name]).sender == Secret(SENDER)
    assert time.perf_counter() - before[0] < 2
    assert grown_since(before[1]) < 100


@given(st.binary(max_size=4000))
@example(b"\xff\xfe" * 100)
def test_any_bytes_are_a_mail_or_bad_input(raw: bytes) -> None:
    with suppress(BadInput):
        read(raw)


HEADERS = st.sampled_from(
    (
        *("From", "Subject", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition"),
        *("Message-ID", "References", "To", "Precedence", "Auto-Submitted", "Return-Path"),
    )
)


@given(
    st.lists(st.tuples(HEADERS, st.text(max_size=200) | st.binary(max_size=200)), max_size=12),
    st.binary(max_size=2000),
)
@example([("Content-Type", 'multipart/mixed; boundary="')], b"--\r\n--\r\n")
@example([("Content-Type", "text/plain; charset*=utf-8''%FF%FE")], b"x")
@example([("Content-Type", "text/plain; charset*=x'y'z; charset*0*=%")], b"x")
def test_any_header_lines_are_a_mail_or_bad_input(
    lines: list[tuple[str, str | bytes]], body: bytes
) -> None:
    told = b"From: " + SENDER.encode() + b"\r\n"
    for name, value in lines:
        octets = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
        told += name.encode() + b": " + octets.replace(b"\n", b" ").replace(b"\r", b" ") + b"\r\n"
    with suppress(BadInput):
        read(told + b"\r\n" + body)


def test_what_is_asked_is_guessed_from_what_is_not_quoted() -> None:
    told = read(
        mail("A copy of my data, please.\n\nOn Monday x@y.example wrote:\n> delete my account")
    )
    assert told.wish.kind == "copy"
    assert told.language == "en"


def test_words_beyond_the_bound_are_cut_and_it_is_said() -> None:
    told = read(mail("word " * MOST_WORDS))
    assert told.cut


def test_a_page_is_read_for_its_words_and_nothing_in_it_runs() -> None:
    page = (
        "<script>fetch('https://evil.example')</script><p>Delete my <b>account</b></p><img src=x>"
    )
    raw = mail().replace(b"text/plain", b"text/html").replace(b"Please delete my account.", b"@@")
    told = read(raw.replace(b"@@", page.encode()))
    assert told.wish.kind == "delete"


def test_of_many_encoded_words_only_the_first_are_decoded() -> None:
    told = read(encoded_words(500))
    assert told.language == "en"
    assert told.wish.kind in ("delete", "question")


@pytest.mark.parametrize(
    "lines",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "auto-generated; x=y"},
        {"Return-Path": "<>"},
        {"X-Autoreply": "yes"},
        {"From": "MAILER-DAEMON@mail.example"},
    ],
    ids=lambda lines: next(iter(lines)),
)
def test_what_a_program_wrote_is_known(lines: dict[str, str]) -> None:
    told = read(mail(**{name.replace("-", "_"): value for name, value in lines.items()}))
    assert told.machine
    assert told.silent


def test_a_bounce_is_known_by_its_empty_envelope() -> None:
    assert read(mail(), envelope="").machine
    assert not read(mail(), envelope=SENDER).machine


@pytest.mark.parametrize(
    "lines", [{"Precedence": "bulk"}, {"List-Id": "<all.x>"}, {"X-Auto-Response-Suppress": "All"}]
)
def test_what_a_list_sent_on_is_read_and_never_answered(lines: dict[str, str]) -> None:
    told = read(mail(**{name.replace("-", "_"): value for name, value in lines.items()}))
    assert told.silent
    assert not told.machine


def test_pictures_are_taken_and_all_else_is_refused_by_name() -> None:
    told = read(
        attached(
            (picture(), "image/jpeg", "id.jpg"),
            (bomb(), "application/zip", "42.zip"),
            (b"%PDF-1.7 x", "application/pdf", "id.pdf"),
            (b"MZ\x90", "image/jpeg", "virus.jpg"),
            (b"\xff\xd8\xff" + b"0" * (6 * 1024 * 1024), "image/jpeg", "huge.jpg"),
        )
    )
    assert len(told.papers) == 1
    assert set(told.refused) == {"archive", "pdf", "kind", "heavy"}


def test_more_papers_than_anybody_needs_are_refused() -> None:
    told = read(attached(*((picture(), "image/jpeg", f"{n}.jpg") for n in range(9))))
    assert len(told.papers) == 6
    assert "many" in told.refused


def test_a_printed_mail_shows_nothing_of_anybody() -> None:
    shown = repr(read(mail("my number is 13900001111")))
    assert "13900001111" not in shown
    assert SENDER not in shown


def test_unseen_characters_do_not_come_in() -> None:
    told = read(
        mail("delete\u202e my\u0000 account \u200bnow").replace(b"quoted-printable", b"8bit")
    )
    assert told.wish.kind in ("delete", "question")


def test_what_is_quoted_in_between_is_left_out() -> None:
    assert unquoted("> which?\nthe second\n> and?\nnothing") == "the second\nnothing"
    assert unquoted("是的\n在 2026-11-22 隐私团队写道：\n原文") == "是的"
