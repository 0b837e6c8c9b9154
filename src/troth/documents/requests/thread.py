"""A thread of messages on requests, kept as one text for each side (policy 9.1b, 9.7b, 10.4).

A field holds one value; what was said before must stay. So a message is put after those before it,
under a line that says which request it is about, when it was written and by whom. Lines of a
message are set in by two spaces: nobody can write a line that passes for another's.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec
from msgspec import Struct

from troth.model.clock import Moment, iso

HEAD: Final = re.compile(r"\[(\S+) (\S+) (\S+)\]")
INSET: Final = "  "


class Message(Struct, frozen=True, kw_only=True):
    """One message: the request it is about, when (ISO 8601, UTC), the kind of who wrote it."""

    number: str
    at: str
    by: str
    text: str


def added(before: str, number: str, at: Moment, by: str, text: str) -> str:
    r"""Put a message after those that stand there.

    >>> added("", "r-1", Moment(0), "subject", "why?\n[r-1 now staff] because")
    '[r-1 1970-01-01T00:00:00Z subject]\n  why?\n  [r-1 now staff] because'
    """
    lines = (f"{INSET}{line}" for line in text.strip().splitlines() or [""])
    told = "\n".join((f"[{number} {iso(at)} {by}]", *lines))
    return f"{before}\n{told}" if before else told


def messages(text: str) -> Iterator[Message]:
    r"""Read a text's messages; one that no head line stands over is left out.

    >>> [told.text for told in messages("[r-1 t subject]\n  a\n  b\n[r-2 t subject]\n  c")]
    ['a\nb', 'c']
    """
    head: tuple[str, ...] = ()
    lines: list[str] = []
    for line in (*text.splitlines(), "[- - -]"):
        found = HEAD.fullmatch(line)
        if found is None:
            lines.append(line.removeprefix(INSET))
            continue
        if head:
            yield Message(number=head[0], at=head[1], by=head[2], text="\n".join(lines))
        head, lines = found.groups(), []


def about(numbers: Collection[str], texts: Iterable[str]) -> str:
    """Return the messages on one request, under all its numbers, oldest first, as JSON."""
    found = [told for text in texts for told in messages(text) if told.number in numbers]
    return msgspec.json.encode(sorted(found, key=lambda told: told.at)).decode()
