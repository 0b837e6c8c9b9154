"""Marks bring a reply to its request and nobody can make one (A21)."""

from hypothesis import given
from hypothesis import strategies as st

from troth.documents.intake.threads import Threads, marks_in

THREADS = Threads(b"k" * 32)
NUMBER = "r-0123456789ab"


def test_a_mark_is_found_in_a_subject_line_and_in_an_address() -> None:
    address = THREADS.address(NUMBER, "privacy@troth.example")
    assert address.startswith("privacy+r-0123456789ab-")
    for text in (f"Re: [{THREADS.mark(NUMBER)}]", address.upper()):
        assert THREADS.find(marks_in([text])) == NUMBER


def test_anothers_mark_leads_nowhere() -> None:
    mark = THREADS.mark(NUMBER)
    assert THREADS.find([mark.replace("0123", "9123")]) == ""
    assert Threads(b"x" * 32).find([mark]) == ""


def test_of_many_false_marks_only_some_are_looked_at() -> None:
    noise = " ".join(f"r-{n:012x}.aaaaaaaaaaaaaaaa" for n in range(1000))
    assert len(marks_in([noise])) == 20


@given(st.text(max_size=300))
def test_no_text_is_a_mark_by_chance(text: str) -> None:
    assert THREADS.find(marks_in([text])) == ""
