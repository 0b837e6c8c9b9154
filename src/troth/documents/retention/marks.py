"""By which terms due dates were worked out, and how far that is (policy 7.2d).

A due date is kept with each subject so that a sweep finds it at once. An edition with other terms
moves all of them: they are worked out anew in the order of the ids, and a kill costs one page.
"""

from collections.abc import Mapping
from typing import Final

from troth.model.terms import Region
from troth.store.sql import Store

READ: Final = "SELECT terms, cursor FROM retention_marks WHERE region = ?"
WRITE: Final = (
    "INSERT INTO retention_marks (region, terms, cursor) VALUES (?, ?, ?)"
    " ON CONFLICT (region) DO UPDATE SET terms = excluded.terms, cursor = excluded.cursor"
)
OVER: Final = "~"
"""A cursor after every subject's id: all of them are worked out."""


class Marks:
    """How far each region is."""

    def __init__(self, stores: Mapping[Region, Store]) -> None:
        self._stores = stores

    def cursor(self, region: Region, terms: str) -> str | None:
        """Return where to go on under some terms; ``None``: everybody's date is of these terms."""
        rows = self._stores[region].query(READ, (region,))
        known, cursor = rows[0] if rows else ("", "")
        if known != terms:
            return ""
        return None if cursor == OVER else str(cursor)

    def reach(self, region: Region, terms: str, cursor: str) -> None:
        """Write down how far it is."""
        self._stores[region].transact(lambda tx: tx.run(WRITE, (region, terms, cursor)))
