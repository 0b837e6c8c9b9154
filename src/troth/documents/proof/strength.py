"""Strength: what is left of a password when everything predictable is taken out (policy 7.2).

Length and surprise count, kinds of characters do not. Taken out are the subject's own names, some
five thousand passwords that people choose again and again, runs along a keyboard, dates, numbers of
telephones, cars and identity cards, and repeats; the habits are those of China as well.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import Final, Literal

from msgspec import Struct

from troth.model.secret import Secret

LONGEST: Final = 128
UNPREDICTABLE: Final = 6
"""Characters that must be left when every common word, run and repeat is taken out."""
GOOD: Final = 12
STRONG: Final = 18
"""Characters that are left of a good password, and of a strong one."""

Level = Literal["refused", "fair", "good", "strong"]
Reason = Literal[
    "short", "long", "own_name", "breached", "common", "date", "number", "run", "repeat"
]

ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "!@#$%^&*()_+",
)
LEAST_RUN: Final = 4
SEPARATORS: Final = re.compile(r"[\s_.-]+")
DATES: Final = re.compile(
    r"(?:19|20)\d\d(?:[01]?\d[0-3]?\d)?"  # 1990, 199012, 19901231
    r"|(?<!\d)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)"  # 901231
    r"|(?<!\d)(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)?\d\d(?!\d)"  # 311290, 31121990
    r"|\d{1,4}年\d{1,2}月(?:\d{1,2}日)?"
)
NUMBERS: Final = re.compile(
    r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)"  # a mobile number
    r"|\d{17}[\dx]"  # an identity card's
    # a car's, by its province
    r"|[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][a-z]\s?[a-z\d]{5,6}"
)
REPEATS: Final = re.compile(r"(.{1,8}?)\1{2,}")
EDGE: Final = " !@#$%^&*?.~"
UNLEET: Final = str.maketrans("0134578@$!", "oleastbasi")
"""What letters are written as, by those who write `p@ssw0rd`."""


class Strength(Struct, frozen=True, kw_only=True):
    """How strong a password is, and by name what makes it weaker than it could be."""

    level: Level
    reasons: tuple[Reason, ...] = ()


def judged(text: str, known: Iterable[str], *, shortest: int, stolen: bool = False) -> Strength:
    """Judge a password in its NFKC form; ``known`` are the subject's own names, folded."""
    folded, known = text.casefold(), tuple(known)
    left, weaker = weighed(folded, known)
    rules: dict[Reason, bool] = {
        "short": len(text) < shortest,
        "long": len(text) > LONGEST,
        "own_name": _is_own_name(folded, known),
        "common": len(left) < UNPREDICTABLE and not weaker,
        "breached": stolen,
    }
    broken = [rule for rule, breaks in rules.items() if breaks]
    reasons = tuple(dict.fromkeys([*broken, *weaker]))
    if broken or len(left) < UNPREDICTABLE:
        return Strength(level="refused", reasons=reasons)
    level: Level = "strong" if len(left) >= STRONG else "good" if len(left) >= GOOD else "fair"
    return Strength(level=level, reasons=reasons)


def _is_own_name(folded: str, known: Iterable[str]) -> bool:
    return any(
        name in folded and len(folded.replace(name, "")) < UNPREDICTABLE + 2 for name in known
    )


def left_over(folded: str, known: Iterable[str] = ()) -> str:
    """Return what is left when everything predictable is taken out of a folded password.

    >>> left_over("woaini5201314520"), left_over("qwertyuiop123456"), left_over("p@55w0rd1990")
    ('', '', '')
    >>> left_over("correct horse battery")
    'correct horse battery'
    """
    return weighed(folded, known)[0]


def weighed(folded: str, known: Iterable[str] = ()) -> tuple[str, list[Reason]]:
    """Return what is left of a folded password, and by name what was taken out."""
    taken: list[Reason] = []
    text = _without(folded, sorted(known, key=len, reverse=True))
    if text != folded:
        taken.append("own_name")
    steps: list[tuple[Reason, str]] = [("own_name", SEPARATORS.sub(" ", text))]

    def take(reason: Reason, left: str) -> str:
        steps.append((reason, left))
        return left

    text = take("number", NUMBERS.sub("", steps[0][1]))
    text = take("run", _without_runs(text))
    text = take("common", _without_common(text))
    text = take("date", DATES.sub("", text))
    text = take("common", _without_drawn(text))
    text = take("repeat", REPEATS.sub(r"\1", text))
    taken += [now[0] for before, now in pairwise(steps) if now[1] != before[1]]
    return (text.strip(EDGE) if any(map(str.isalnum, text)) else ""), taken


def _without_drawn(text: str) -> str:
    """Take out common words that are drawn with digits and signs for letters."""
    read = text.translate(UNLEET)
    left = _without_common(read)
    return left if left != read else text


def _without_common(text: str) -> str:
    """Take out common words, the longest first, until none is left.

    Pieces of the text are looked up among the words: the words are thousands, the pieces few.
    """
    words, lengths = blocklist(), _lengths()
    while True:
        pieces = (text[at : at + n] for at in range(len(text)) for n in lengths)
        found = {piece for piece in pieces if piece in words}
        if not found:
            return text
        text = text.replace(min(found, key=lambda word: (-len(word), word)), "")


def _without(text: str, words: Iterable[str]) -> str:
    for word in words:
        text = text.replace(word, "")
    return text


def _without_runs(text: str) -> str:
    """Take out runs of four or more along a row of a keyboard, either way."""
    kept: list[str] = []
    at = 0
    while at < len(text):
        run = max(_run(text, at, row) for row in _rows())
        if run >= LEAST_RUN:
            at += run
        else:
            kept.append(text[at])
            at += 1
    return "".join(kept)


def _run(text: str, at: int, row: str) -> int:
    length = 1
    while at + length < len(text) and text[at : at + length + 1] in row:
        length += 1
    return length


@lru_cache(maxsize=1)
def _rows() -> tuple[str, ...]:
    return (*ROWS, *(row[::-1] for row in ROWS))


@lru_cache(maxsize=1)
def blocklist() -> frozenset[str]:
    """Return the common passwords that ship with the house, folded."""
    text = (resources.files("troth.documents.proof") / "blocklist.txt").read_text("utf-8")
    lines = (line.strip().casefold() for line in text.splitlines())
    return frozenset(line for line in lines if line and not line.startswith("#"))


@lru_cache(maxsize=1)
def _lengths() -> tuple[int, ...]:
    """Return how long common words are."""
    return tuple(sorted({len(word) for word in blocklist()}))


def names_in(about: Secret) -> list[str]:
    """Return what others know of a subject, in the parts a password could be made of.

    A file holds nothing that somebody would type.
    """
    raw = about.reveal_raw()
    if isinstance(raw, bytes):
        return []
    text = unicodedata.normalize("NFKC", raw).casefold()
    parts = [text, text.partition("@")[0], re.sub(r"\D", "", text)]
    return [part for part in parts if len(part) >= 4]
