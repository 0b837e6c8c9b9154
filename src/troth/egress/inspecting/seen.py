"""What a database looks like from outside: its tables, columns, and a few of their values."""

from typing import Literal

from msgspec import Struct

from troth.model.secret import Secret

Kind = Literal["text", "number", "moment", "truth", "octets", "document", "other"]
"""What a column's type takes, roughly."""


class SeenColumn(Struct, frozen=True, kw_only=True):
    """One column and some of its values, which do not print."""

    name: str
    kind: Kind = "text"
    samples: tuple[Secret, ...] = ()
    unique: bool = False


class SeenLink(Struct, frozen=True, kw_only=True):
    """A foreign key: columns that equal those of another table."""

    columns: tuple[str, ...]
    table: str
    to: tuple[str, ...]


class SeenTable(Struct, frozen=True, kw_only=True):
    """One table, key pattern or folder. ``found`` is how many records it has, where that is known.

    ``variables`` are columns that stand in the name of a record.
    """

    name: str
    key: tuple[str, ...] = ()
    columns: tuple[SeenColumn, ...] = ()
    links: tuple[SeenLink, ...] = ()
    variables: tuple[str, ...] = ()
    found: int | None = None

    def column(self, name: str) -> SeenColumn | None:
        """Return a column by its name, if there is one."""
        return next((column for column in self.columns if column.name == name), None)


class Holds(Struct, frozen=True, kw_only=True):
    """How many of some values of one table stand in a column of another; see ``Prober``."""

    share: float
    asked: int
