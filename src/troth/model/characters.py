"""Characters that deceive: what a value may not hide (policy 2.1.1; reliability A20).

Invisible, bidirectional and control characters make two different values look alike; full-width
digits make one number into two. Rare ideographs, which a name may need, are left exactly as typed:
composed (NFC), never folded by compatibility (NFKC).
"""

import unicodedata
from typing import Final

from troth.model.errors import BadValue

REFUSED: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control, format (zero width, bidirectional), lone surrogates, line and paragraph separators."""
BLANKS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters that show nothing."""
NOTHING: Final[frozenset[str]] = frozenset()
MARKS: Final = frozenset("._-")
"""What a user name may hold besides letters and digits."""
EAST_ASIAN: Final = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "LATIN"})
"""Scripts that people of one language mix; every other stands alone (UTS 39)."""
ALIKE: Final = str.maketrans(
    "01iıɩɑавегикмнорстухіјѕһԁԛԝьӏαβγεηικνορστυχω",
    "ollllaaberukmhopctyxljshdqwblabyenlkvopotuxw",
)
"""Letters and digits of other shapes that are drawn like a Latin one, after folding case."""
PROSE: Final = frozenset("\n\t\u200c\u200d\u200e\u200f")
"""What free text may hold besides: new lines, tabs, joiners and plain direction marks."""


def line(text: str, *, most: int, least: int = 1) -> str:
    """Return one composed line of text with single spaces.

    Raises ``BadValue`` for an empty, overlong or deceiving one.

    >>> line("  Anna   M\u00fcller ", most=100)
    'Anna M\u00fcller'
    """
    _visible(text, NOTHING)
    return _measured(" ".join(unicodedata.normalize("NFC", text).split()), least, most)


def prose(text: str, *, most: int) -> str:
    """Return free text, composed, new lines made one kind. Raises ``BadValue`` as ``line``."""
    if text.isascii() and text.isprintable() and text.strip():
        # The usual case at sight: printable ASCII hides nothing and is composed already.
        return _measured(text, 1, most)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    _visible(text, PROSE)
    if not text.strip():
        raise BadValue(remedy="leave the field out where there is nothing to say")
    return _measured(unicodedata.normalize("NFC", text), 1, most)


def code(text: str, *, without: str = " -") -> str:
    """Return an identifier in capitals, without the separators people write.

    Raises ``BadValue`` for anything but ordinary (half-width, ASCII) characters.

    >>> code("4111 1111-1111 1111")
    '4111111111111111'
    """
    if not (text.isascii() and text.isprintable()):
        raise BadValue(remedy="use ordinary half-width letters and digits only")
    return text.translate({ord(mark): None for mark in without}).upper()


def login(text: str) -> str:
    """Return a user name: 2 to 40 letters, digits, dots, dashes and underscores, in one script.

    It needs a letter, so that it is no telephone number, and is kept as typed, but for its width.
    Raises ``BadValue``.

    >>> login("Li-Na.1990"), login("李娜_na")
    ('Li-Na.1990', '李娜_na')
    """
    name = unicodedata.normalize("NFKC", text.strip())
    plain = all(each.isalnum() or each in MARKS for each in name) and BLANKS.isdisjoint(name)
    if not plain or not any(map(str.isalpha, name)) or not 2 <= len(name) <= 40:
        raise BadValue(remedy="give 2 to 40 letters, digits, dots, dashes or underscores")
    letters = {each for each in name if not each.isascii()}
    scripts = {_script(each) for each in name if each.isalpha()}
    if not all(map(str.isalpha, letters)) or not (len(scripts) == 1 or scripts <= EAST_ASIAN):
        raise BadValue(remedy="use the letters of one script, and ordinary digits")
    return name


def skeleton(name: str) -> str:
    """Return what user names that people would take for one another have in common.

    Two of them cannot be two accounts, and either signs in to the one there is.

    >>> skeleton("PayPal") == skeleton("paypaI") == skeleton("раураl") == skeleton("pаypa1")
    True
    >>> skeleton("li-na") == skeleton("lina")
    False
    """
    bare = unicodedata.normalize("NFKD", name.casefold())
    shown = "".join(each for each in bare if not unicodedata.combining(each))
    return shown.translate(ALIKE).replace("rn", "m").replace("vv", "w")


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _visible(text: str, allowed: frozenset[str]) -> None:
    if text.isprintable() and (text.isascii() or BLANKS.isdisjoint(text)):
        return
    for character in text:
        if character in allowed:
            continue
        if character in BLANKS or unicodedata.category(character) in REFUSED:
            raise BadValue(remedy="remove invisible or control characters")


def _measured(text: str, least: int, most: int) -> str:
    if not least <= len(text) <= most:
        raise BadValue(remedy=f"give between {least} and {most} characters")
    return text
