"""Columns in one case, width and spacing, each database in its own words (policy 9.4).

PostgreSQL normalises from version 13 on, where it holds UTF-8; of letters beyond ASCII its own
locale says which are one. MariaDB and MySQL compare by a collation to which case, accents and width
are nothing. SQLite knows none of it, and is given our own function on every connection.
"""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import types
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.types import TypeEngine

from troth.egress.databases.spelling import loose

FUNCTION: Final = "troth_loose"
"""What SQLite calls our own function."""
COLLATION: Final = "utf8mb4_unicode_520_ci"
SPACES: Final = " \t\r\n"
NORMALISES: Final = (13,)
"""The version from which PostgreSQL normalises."""
WORDLESS: Final = (
    types.Integer,
    types.Numeric,
    types.Date,
    types.DateTime,
    types.Time,
    types.Interval,
    types.Boolean,
    types.LargeBinary,
    types.Uuid,
)
"""Types of values that are spelled in one way only, or in none."""
Words = ColumnElement[Any]


def teach(raw: Any) -> None:  # noqa: ANN401  # a connection of any driver
    """Give a connection of SQLite what the others have."""
    raw.create_function(FUNCTION, 1, _told, deterministic=True)


def _told(value: object) -> str | None:
    return None if value is None else loose(value)


def words(column: ColumnElement[Any]) -> Words | None:
    """Return a column as text; ``None`` where what it holds is no text."""
    if isinstance(column.type, WORDLESS):
        return None
    text = isinstance(column.type, types.String) and not isinstance(column.type, types.Enum)
    return column if text else sa.cast(column, types.Text())


def packed(kind: TypeEngine[Any]) -> bool:
    """Tell whether a column holds more than one value: a document, an array."""
    known = (*WORDLESS, types.String, types.NullType)
    return not isinstance(kind, known)


class Folding:
    """How one database folds a text."""

    def __init__(self, connection: sa.Connection) -> None:
        """Ask a connection what it is; nothing is sent."""
        self._kind = connection.dialect.name
        self._wide = self._kind == "postgresql" and _normalises(connection)

    def loose(self, text: Words) -> Words:
        """Return a text in one case and width."""
        if self._kind == "sqlite":
            return sa.Function(FUNCTION, text, type_=types.Text())
        if self._kind != "postgresql":
            return sa.collate(_utf8(text), COLLATION)
        if self._wide:
            # A text of one octet a letter is ASCII: normalising it would be all the work.
            plain = sa.func.octet_length(text) == sa.func.char_length(text)
            normal = sa.Function("normalize", text, sa.text("NFKC"), type_=types.Text())
            text = sa.case((plain, text), else_=normal)
        return sa.Function("lower", text, type_=types.Text())

    def tight(self, text: Words) -> Words:
        """Return a text in one case and width, without spaces."""
        if self._kind == "postgresql":
            told = self.loose(text)
            return sa.Function("translate", told, SPACES, "", type_=types.Text())
        if self._kind == "sqlite":
            return sa.Function("replace", self.loose(text), " ", "", type_=types.Text())
        told = _utf8(text)
        for space in (*SPACES, "\N{IDEOGRAPHIC SPACE}"):
            told = sa.Function("replace", told, space, "", type_=types.Text())
        return sa.collate(told, COLLATION)


def _utf8(text: Words) -> Words:
    """Return a text in the letters of the connection, which are UTF-8 whatever the column's are."""
    return sa.cast(text, types.Text())


def _normalises(connection: sa.Connection) -> bool:
    version = connection.dialect.server_version_info or ()
    told: Any = connection.connection.driver_connection
    return version >= NORMALISES and told.info.parameter_status("server_encoding") == "UTF8"
