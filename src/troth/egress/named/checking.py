"""A map of named records, held against what names can do, before it is used (policy 9.1)."""

from collections.abc import Iterator, Sequence

from troth.egress.databases.edges import Edge
from troth.egress.databases.finding import Finding
from troth.egress.databases.map import StoreMap, Table
from troth.egress.named.patterns import Pattern

AT_ONCE = "member"
"""What a set is asked for by, without being read."""


def checked(
    mapped: StoreMap, patterns: dict[str, Pattern], ways: Sequence[Edge]
) -> Iterator[Finding]:
    """Give what is wrong: columns that nothing but a walk finds, patterns that overlap."""
    for table in mapped.tables:
        for column in table.columns:
            if column.identity:
                yield from _findable(mapped, table, patterns[table.name], (column.name,))
        for way in ways:
            if (way.target.store, way.target.table) == (mapped.name, table.name):
                yield from _findable(mapped, table, patterns[table.name], way.to)
    yield from _overlapping(mapped, patterns)


def _findable(
    mapped: StoreMap, table: Table, pattern: Pattern, columns: tuple[str, ...]
) -> Iterator[Finding]:
    entry = table.name.partition("#")[2]
    named = {*pattern.variables, *(Pattern(entry, "\0").variables if entry else ())}
    inner = [name for name in columns if name not in named]
    exact = set(columns) >= set(pattern.variables) and "*" not in pattern.text
    # Whose folder it is can be listed; a set is asked for one member of it.
    known = dict.fromkeys(set(columns) & named, "x")
    own = exact or pattern.folder(known)[1]
    if table.walk or (own and inner in ([], [AT_ONCE])):
        return
    yield Finding(
        level="error" if not own else "warning",
        place=f"{mapped.name}.{table.name}",
        message=f"nothing but a walk finds records by `{', '.join(columns)}`",
        hint="say how many names may be looked through (`walk: 100000`), or map an index",
    )


def _overlapping(mapped: StoreMap, patterns: dict[str, Pattern]) -> Iterator[Finding]:
    tables = [table.name for table in mapped.tables if table.name != "*"]
    for place, one in enumerate(tables):
        example = patterns[one].shown().replace("*", "x")
        for other in tables[:place]:
            if "#" not in one + other and patterns[other].read(example) is not None:
                yield Finding(
                    level="warning",
                    place=f"{mapped.name}.{one}",
                    message=f"what it names, `{other}` names as well",
                    hint="a record is then found, and ended, by both: let one say more",
                )
