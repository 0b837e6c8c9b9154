"""One value in other spellings: case, full width, white space, as JSON escapes it (policy 9.4).

A person who typed ``Mei@Example.CN`` and a form that stored it in full width are one address. What
is folded is compared with what is folded; nothing is ever erased on the strength of it.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Final
from unicodedata import normalize

WIDE: Final = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
"""Each letter of ASCII as Chinese and Japanese keyboards write it in full width."""
LONG: Final = 6
"""Characters from which a value inside a text is nobody else's by chance."""


def loose(text: object) -> str:
    """Return a value in one case and width, with one space where there was any.

    >>> loose(" Ｍei  LIN "), loose(b"Mei")
    ('mei lin', 'mei')
    """
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return " ".join(normalize("NFKC", told).lower().split())


def tight(text: object) -> str:
    """Return a value in one case and width, without any space.

    >>> tight("+86 139 1234 5678"), tight("ＭＥＩ＠example.cn")
    ('+8613912345678', 'mei@example.cn')
    """
    return loose(text).replace(" ", "")


def spaced(text: str) -> bool:
    """Tell whether spaces tell a value from another: in a name they do, in a number they do not.

    >>> spaced("Mei Lin"), spaced("+86 139 1234 5678"), spaced("mei@example.cn")
    (True, False, False)
    """
    return "@" not in text and not any(each.isdigit() for each in text)


def escaped(texts: Iterable[str]) -> Iterator[str]:
    r"""Give each text, and as JSON may write it: a Chinese name inside a document is all digits.

    >>> list(escaped(["林梅", "mei"]))
    ['林梅', '\\u6797\\u6885', 'mei']
    """
    for text in texts:
        yield text
        if (told := json.dumps(text)[1:-1]) != text:
            yield told


def spellings(text: str) -> tuple[str, ...]:
    """Return a value as an index may be asked for it, itself first.

    >>> spellings("Mei@x.cn")
    ('Mei@x.cn', 'mei@x.cn', 'MEI@X.CN', 'Ｍｅｉ＠ｘ．ｃｎ')
    """
    plain = normalize("NFKC", text).strip()
    told = (text, plain, tight(text), plain.lower(), plain.upper(), plain.translate(WIDE))
    return tuple(dict.fromkeys(told if not spaced(text) else (told[:2] + told[3:])))
