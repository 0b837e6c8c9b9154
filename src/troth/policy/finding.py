"""What is wrong in a policy document: where it stands and how to mend it (policy 7.2c, 11.4)."""

import difflib
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

Path = tuple[str, ...]


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that is wrong, as a value. A policy with an ``error`` cannot be published.

    >>> print(Finding(level="error", file="policy.yaml", line=3, message="`x` is unknown"))
    policy.yaml:3: error: `x` is unknown
    """

    level: Literal["error", "warning"]
    file: str
    line: int
    message: str
    clause: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        clause = f" (§{self.clause})" if self.clause else ""
        remedy = f"\n  {self.remedy}" if self.remedy else ""
        return f"{self.file}:{self.line}: {self.level}: {self.message}{clause}{remedy}"


class Findings:
    """Findings as they are made, with the lines at which the parts of a document stand.

    A ``Path`` names a part: ``("rules", "r-marketing", "basis")``. A path that has no line of its
    own stands at its parent's.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self._found: list[Finding] = []

    def line(self, path: Path) -> int:
        """Return the line, counted from 1, of a part or of the nearest part around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def error(self, where: Path | int, message: str, *, clause: str = "", remedy: str) -> None:
        """Note something that must be mended before the policy can be used."""
        self._note("error", where, message, clause, remedy)

    def warn(self, where: Path | int, message: str, *, clause: str = "", remedy: str) -> None:
        """Note something that should be looked at."""
        self._note("warning", where, message, clause, remedy)

    def unknown(
        self,
        where: Path,
        what: str,
        asked: Iterable[str],
        known: Iterable[str],
        clauses: tuple[str, ...],
    ) -> None:
        """Note each asked word that is not known, with the known ones as the way out."""
        ways = set(known)
        for word in asked:
            if word not in ways:
                close = difflib.get_close_matches(word, ways, n=3, cutoff=0.5) or sorted(ways)[:12]
                self.error(
                    where,
                    f"{what} `{word}` is unknown",
                    clause=clauses[0] if clauses else "",
                    remedy="declare it, or use: " + ", ".join(f"`{way}`" for way in close),
                )

    def _note(
        self,
        level: Literal["error", "warning"],
        where: Path | int,
        message: str,
        clause: str,
        remedy: str,
    ) -> None:
        line = where if isinstance(where, int) else self.line(where)
        self._found.append(
            Finding(
                level=level,
                file=self.file,
                line=line,
                clause=clause,
                message=message,
                remedy=remedy,
            )
        )

    def all(self) -> list[Finding]:
        """Return every finding, by line; errors before warnings of the same line."""
        return sorted(self._found, key=lambda found: (found.line, found.level, found.message))

    @property
    def broken(self) -> bool:
        """Whether an error was found."""
        return any(found.level == "error" for found in self._found)
