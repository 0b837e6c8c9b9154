"""What the end of some fields of one subject will write, worked out before anybody waits (9.4).

Opening cells, drawing a new key and sealing what is left under it take far longer than writing the
result. So they are done before the write lock is taken; under it, whoever is still as they were
read is written as worked out, and whoever changed meanwhile is worked out again.
"""

from collections.abc import Mapping
from typing import NamedTuple

from troth.model.terms import SubjectId
from troth.vault.keys import Keyed
from troth.vault.records import CellRow, Cells, Opened, Records

Drawn = Mapping[str, bytes]
"""A subject's cells as they lie in the store, by name."""


class Ready(NamedTuple):
    """The end of some fields of one subject: how they were, and what is to be written instead.

    ``gone`` are rows of the blind index, ``empty`` cells in which nothing is left.
    """

    file: Opened
    who: str
    fields: frozenset[str]
    drawn: Drawn
    fresh: Opened
    gone: list[tuple[bytes, SubjectId]]
    empty: list[tuple[str, str]]
    put: list[CellRow]

    def holds_of(self, file: Opened, fields: frozenset[str], drawn: Drawn) -> bool:
        """Tell whether this is what has to be written of a subject as they are now."""
        return self.file is file and self.fields == fields and self.drawn == drawn


def ready(
    records: Records,
    file: Opened,
    who: str,
    fields: frozenset[str],
    drawn: Drawn,
    cells: Cells,
    keyed: Keyed,
) -> Ready:
    """Work out the end of some fields of one subject, whose cells were opened, under a new key."""
    subject, rest = file.subject, Cells()
    gone, empty = list[tuple[bytes, SubjectId]](), list[tuple[str, str]]()
    for name, contents in cells.items():
        gone += [(contents.blind[field], subject) for field in fields & contents.blind.keys()]
        left = contents.without(fields)
        if left:
            rest[name] = left
        else:
            empty.append((str(subject), name))
    fresh = records.under(file, *keyed, who)
    return Ready(file, who, fields, drawn, fresh, gone, empty, records.sealed(fresh, rest))
