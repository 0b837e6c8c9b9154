"""What the controller's other databases hold, as files of the copy: a table, a file (policy 9.1).

Every record is a line of JSON. A table of few records is a spreadsheet's table besides; the line
is what counts.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Final

from troth.documents.packages.contents import Record
from troth.documents.packages.tables import table
from troth.model.secret import Secret, veiled

FOLDER: Final = "elsewhere/"
FEW: Final = 2000
"""Records up to which a table is given as CSV too: they are kept in memory meanwhile."""
STRANGE: Final = re.compile(r"[^A-Za-z0-9_.-]+")
"""What does not stand in a file's name, whatever a table is called."""


def parts(
    records: Iterable[Record], counts: dict[tuple[str, str, str], int]
) -> Iterator[tuple[str, Secret]]:
    """Yield the files of all records, piece by piece; ``counts`` is filled on the way.

    A table whose records come in two runs has two files.
    """
    for (store, name), run in groupby(records, key=lambda one: (one.store, one.table)):
        file = _free(f"{FOLDER}{_plain(store)}/{_plain(name)}", {key[2] for key in counts})
        yield from _table(file, (store, name, f"{file}.jsonl"), run, counts)


def _table(
    file: str,
    place: tuple[str, str, str],
    run: Iterable[Record],
    counts: dict[tuple[str, str, str], int],
) -> Iterator[tuple[str, Secret]]:
    few: list[Record] | None = []
    for count, record in enumerate(run, start=1):
        counts[place] = count
        yield place[2], veiled(_line, record.values)
        if few is not None:
            few.append(record)
            few = few if count <= FEW else None
    if few:
        yield f"{file}.csv", _spreadsheet(few)


def _line(opened: Mapping[str, str | bytes]) -> str:
    told = {name: _text(value) for name, value in opened.items()}
    return json.dumps(told, ensure_ascii=False) + "\n"


def _spreadsheet(records: list[Record]) -> Secret:
    columns = tuple(dict.fromkeys(name for record in records for name in record.values))
    values = {
        f"{place}/{name}": value
        for place, record in enumerate(records)
        for name, value in record.values.items()
    }
    return veiled(
        lambda opened: table(
            (
                {name: _text(opened[f"{place}/{name}"]) for name in record.values}
                for place, record in enumerate(records)
            ),
            columns,
        ),
        values,
    )


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.hex()


def _plain(name: str) -> str:
    """Return a name that is a file's on every system.

    >>> _plain("public.orders"), _plain("../../etc"), _plain("订单")
    ('public.orders', '___etc', '_')
    """
    return STRANGE.sub("_", name).lstrip(".").replace("..", "_") or "_"


def _free(file: str, taken: set[str]) -> str:
    found, count = file, 1
    while f"{found}.jsonl" in taken:
        count += 1
        found = f"{file}-{count}"
    return found
