"""The data map: where personal data lies in the controller's other databases (policy 9.1, 9.4).

By hand in our own format (``reading``), from a fideslang dataset, or proposed by looking: all three
make this. What no map names is not known, and an erasure that meets it is not complete.
"""

from typing import Literal

from msgspec import Struct

from troth.model.errors import NotFound

Method = Literal["delete", "null", "replace", "pseudonymise", "keep"]
"""How one column ends: with its row; emptied; under a filler; under a keyed name; not at all."""
UNKNOWN = "?"
"""The category of a column of which nobody said what it holds."""


class Reference(Struct, frozen=True, kw_only=True):
    """Columns that equal columns of another table, in the same database or another.

    ``way`` says where a trace may go. ``in``: from the other table to this one, whose rows *belong*
    to its rows (an order to its customer). ``out``: from this table to the other, whose rows it
    *uses*, perhaps with others (a customer their address). ``both``: nobody said, so it goes away
    from the identities (``edges``).
    """

    columns: tuple[str, ...]
    store: str
    table: str
    to: tuple[str, ...]
    way: Literal["out", "in", "both"] = "both"


class Column(Struct, frozen=True, kw_only=True):
    """One column. A dotted name lies inside a document (``profile.address.street``).

    ``category`` is the policy's; empty: nothing personal; ``?``: nobody said. ``identity`` is the
    category that a subject is found by here; ``unique``: where it finds several records that others
    belong to, whose they are is disputed. ``erase`` overrides the table's way. ``scan``: values are
    looked for *inside* this text afterwards, whatever reading the whole table costs.
    """

    name: str
    category: str = ""
    identity: str = ""
    unique: bool = True
    erase: Method | None = None
    filler: str = ""
    length: int = 0
    scan: bool = False


class Table(Struct, frozen=True, kw_only=True):
    """One table: its primary key, its columns, where it leads, and how it ends.

    ``row``: the subject's rows are deleted; ``fields``: they stay, each column ends by its own
    method. ``after`` names tables that end first. ``restricted`` is a column that takes the last
    day of a restriction. ``walk``, of keys and objects: how many may be looked through where no
    name leads to the subject's; 0: none, ever.
    """

    name: str
    key: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    references: tuple[Reference, ...] = ()
    erase: Literal["row", "fields"] = "row"
    after: tuple[str, ...] = ()
    restricted: str = ""
    walk: int = 0

    def column(self, name: str) -> Column:
        """Return a column. Raises ``NotFound``."""
        for column in self.columns:
            if column.name == name:
                return column
        raise NotFound(f"the map of `{self.name}` has no column `{name}`")


class StoreMap(Struct, frozen=True, kw_only=True):
    """One database: its name, where it is, and its tables.

    ``url`` is an address without a password, or a reference to one (``env:SHOP_URL``).
    ``impersonal`` are tables of which somebody said that they hold nothing personal.
    """

    name: str
    url: str = ""
    tables: tuple[Table, ...] = ()
    impersonal: tuple[str, ...] = ()

    def table(self, name: str) -> Table:
        """Return a table. Raises ``NotFound``."""
        for table in self.tables:
            if table.name == name:
                return table
        raise NotFound(f"the map of `{self.name}` has no table `{name}`")


class DataMap(Struct, frozen=True, kw_only=True):
    """All of them."""

    stores: tuple[StoreMap, ...] = ()

    def store(self, name: str) -> StoreMap:
        """Return one database's map. Raises ``NotFound``."""
        for store in self.stores:
            if store.name == name:
                return store
        raise NotFound(f"the data map has no database `{name}`")
