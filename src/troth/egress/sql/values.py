"""Values on their way into a database and out of it: fitted to a column, or plain (policy 9.1).

A lead's value is plain: text, a number, true or false, bytes. The column it is compared with may be
a date, a UUID, a number held as text in the other database. What cannot be fitted equals nothing
there, and is left out instead of failing.
"""

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final
from uuid import UUID

from sqlalchemy import types
from sqlalchemy.types import TypeEngine

from troth.egress.databases.port import Value
from troth.egress.sql.documents import written
from troth.model.clock import Moment
from troth.model.clock import date as day_of
from troth.model.secret import Secret

FOREVER: Final = "9999-12-31"
"""The last day of a restriction that has none."""
Fit = Callable[[str], object]


def _truth(text: str) -> bool:
    known = {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False}
    if text.lower() not in known:
        raise ValueError("neither true nor false")
    return known[text.lower()]


FITS: Final[tuple[tuple[type, Fit], ...]] = (
    (types.Boolean, _truth),
    (types.Integer, int),
    (types.Float, float),
    (types.Numeric, Decimal),
    (types.Uuid, UUID),
    (types.DateTime, datetime.fromisoformat),
    (types.Date, date.fromisoformat),
    (types.LargeBinary, lambda text: text.encode()),
)


def fitted(value: Value, kind: TypeEngine[object]) -> object:
    """Return a value as a column's type wants it; ``None`` when it can equal nothing there.

    >>> fitted("7", types.Integer()), fitted("seven", types.Integer()), fitted(7, types.String())
    (7, None, '7')
    """
    if value is None or isinstance(kind, types.NullType):
        return value
    if isinstance(value, bytes):
        return value if isinstance(kind, types.LargeBinary) else None
    for wanted, fit in FITS:
        if isinstance(kind, wanted):
            try:
                return fit(str(value))
            except (ValueError, InvalidOperation):
                return None
    if isinstance(kind, types.Enum):
        return str(value) if str(value) in kind.enums else None
    return str(value)


def plain(value: object) -> Value:
    """Return what a driver gave as a lead can carry it.

    >>> plain(date(2026, 11, 22)), plain(Decimal("1.50")), plain({"a": 1})
    ('2026-11-22', '1.50', '{"a":1}')
    """
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, memoryview | bytearray | bytes):
        return bytes(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, dict | list):
        return written(value)
    return str(value)


def sealed(value: object) -> Secret:
    """Return what a driver gave as a value that will not print."""
    told = plain(value)
    return Secret(told if isinstance(told, str | bytes) else json.dumps(told))


def named(secret: Secret) -> Value:
    """Return what a subject is known by as a lead can carry it."""
    return plain(secret.reveal_raw())


def rows(found: Iterable[Iterable[object]]) -> tuple[tuple[Value, ...], ...]:
    """Return what a driver gave as the values of a lead."""
    return tuple(tuple(map(plain, row)) for row in found)


def last_day(until: Moment | None, kind: TypeEngine[object]) -> object:
    """Return the last day of a restriction as its column takes it.

    >>> from troth.model.clock import DAY
    >>> last_day(Moment(20 * DAY), types.String()), last_day(None, types.String())
    ('1970-01-21', '9999-12-31')
    """
    if isinstance(kind, types.Boolean):
        return True
    if isinstance(kind, types.Integer):
        return until if until is not None else 2**53
    return fitted(FOREVER if until is None else day_of(until), kind)


def neutral(kind: TypeEngine[object]) -> object:
    """Return what stands for nothing in a column that must not be empty."""
    for wanted, nothing in (
        (types.Boolean, False),
        (types.Integer, 0),
        (types.Numeric, Decimal(0)),
        (types.Float, 0.0),
        (types.DateTime, datetime(1970, 1, 1)),  # noqa: DTZ001  # a filler without a zone
        (types.Date, date(1970, 1, 1)),
        (types.LargeBinary, b""),
        (types.JSON, {}),
        (types.Uuid, UUID(int=0)),
    ):
        if isinstance(kind, wanted):
            return nothing
    return ""
