"""Patterns: names of keys and objects in which identifiers stand, such as ``user:{email}`` (9.1).

A part in braces is a variable, and a column of the table; ``*`` is anything, and no column. A
variable holds no separator, so that a name is read in one way only; braces of the name itself are
written twice. A value that could not stand there names nothing: it leads to no other record.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from troth.egress.databases.port import Value
from troth.model.errors import BadInput

PART: Final = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}|(\*)|([^{}*]+)|.", re.DOTALL)
STEPS: Final = frozenset({"", ".", ".."})
"""What names no object of a folder, but the folder itself or the one above."""
OCTETS: Final = "\\x"
"""How a lead carries octets that are no text, before their digits."""
GLOBBED: Final = re.compile(r"([*?\[\]\\])")


class Pattern:
    r"""One pattern and its variables.

    >>> profile = Pattern("user:{email}:profile", ":")
    >>> profile.variables, profile.read("user:mei@example.cn:profile")
    (('email',), {'email': 'mei@example.cn'})
    >>> profile.write({"email": "mei@example.cn"}), profile.write({"email": "a:b"})
    ('user:mei@example.cn:profile', None)
    >>> Pattern("{{{id}}}:cart:{item}", ":").glob({"id": "7*"})
    '{7\\*}:cart:*'
    """

    def __init__(self, text: str, separator: str) -> None:
        """Read a pattern. Raises ``BadInput`` for braces that are not closed or hold no name."""
        self.text = text
        self._separator = separator
        self._parts = tuple(_parts(text))
        named = [part for kind, part in self._parts if kind == "variable"]
        self.variables = tuple(dict.fromkeys(named))
        self._regex = re.compile(self._as_regex(), re.DOTALL)

    def read(self, name: str) -> dict[str, str] | None:
        """Return the variables in a name, or ``None`` where it is of another pattern."""
        found = self._regex.fullmatch(name)
        if not found or not all(map(self._fits, found.groups())):
            return None
        return found.groupdict()

    def write(self, values: Mapping[str, Value]) -> str | None:
        """Return the one name that values make; ``None`` where they make several or none."""
        texts = {name: spelled(value) for name, value in values.items() if value is not None}
        written: list[str] = []
        for kind, part in self._parts:
            if kind == "any" or (kind == "variable" and not self._fits(texts.get(part, ""))):
                return None
            written.append(texts[part] if kind == "variable" else part)
        name = "".join(written)
        # What is written must be read as the same again, or it would be somebody else's.
        read = self.read(name)
        same = read is not None and all(texts[key] == told for key, told in read.items())
        return name if same else None

    def possible(self, values: Mapping[str, Value]) -> bool:
        """Tell whether values could stand in a name at all."""
        return all(self._fits(spelled(values[name])) for name in self.variables if name in values)

    def glob(self, values: Mapping[str, Value]) -> str:
        """Return the pattern as Redis matches it, with what is known filled in."""
        told: list[str] = []
        for kind, part in self._parts:
            if kind == "variable" and part in values:
                told.append(GLOBBED.sub(r"\\\1", spelled(values[part])))
            else:
                told.append("*" if kind != "text" else GLOBBED.sub(r"\\\1", part))
        return "".join(told)

    def folder(self, values: Mapping[str, Value]) -> tuple[str, bool]:
        """Return the longest folder that values lead to, and whether one of them stands in it."""
        told, last = "", 0
        for kind, part in self._parts:
            if kind == "any" or (kind == "variable" and part not in values):
                break
            told += spelled(values[part]) if kind == "variable" else part
            last = last or (len(told) if kind == "variable" else 0)
        cut = told.rfind(self._separator) + 1
        return told[:cut], 0 < last < cut

    def shown(self) -> str:
        """Return the pattern with ``?`` for its variables."""
        return "".join("?" if kind == "variable" else part for kind, part in self._parts)

    def _fits(self, text: str) -> bool:
        return text not in STEPS and self._separator not in text and "\0" not in text

    def _as_regex(self) -> str:
        told: list[str] = []
        seen: set[str] = set()
        for kind, part in self._parts:
            if kind == "text":
                told.append(re.escape(part))
            elif kind == "any":
                told.append(".*")
            elif part in seen:
                told.append(f"(?P={part})")
            else:
                seen.add(part)
                told.append(f"(?P<{part}>[^{re.escape(self._separator)}]+)")
        return "".join(told)


def spelled(value: Value | bytes) -> str:
    r"""Write a value as it stands in a name; octets that are no text as lone surrogates.

    >>> spelled(7), spelled(b"mei"), spelled(None), spelled(True), spelled("\\xff") == "\udcff"
    ('7', 'mei', '', 'true', True)
    """
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(OCTETS):
        return _octets(value)
    return "" if value is None else str(value)


def carried(text: str) -> str:
    r"""Write a text so that a lead can carry it: octets that are no text by their digits.

    >>> carried("mei"), carried("\udcff")
    ('mei', '\\xff')
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return OCTETS + text.encode("utf-8", "surrogateescape").hex()
    return text


def _octets(text: str) -> str:
    try:
        found = bytes.fromhex(text.removeprefix(OCTETS)).decode("utf-8", "surrogateescape")
    except ValueError:
        return text
    # Digits that make a plain text were a text themselves.
    return found if carried(found) == text else text


def _parts(text: str) -> Iterator[tuple[str, str]]:
    for found in PART.finditer(text):
        variable, star, plain = found.groups()
        if variable:
            yield "variable", variable
        elif star:
            yield "any", star
        elif plain or found[0] in ("{{", "}}"):
            yield "text", plain or found[0][0]
        else:
            raise BadInput(
                f"the pattern `{text}` has a brace that is not closed, or no name in one",
                clause="9.1",
                remedy="write {name} for a variable, {{ and }} for braces of the name itself",
            )
