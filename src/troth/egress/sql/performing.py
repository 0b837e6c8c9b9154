"""Moves performed: few rows in one transaction, many in small ones that can be resumed (9.4).

A database is never locked for long by one subject's erasure. What is counted is asked of the
database, never believed; what a statement said it changed is only a number for the log.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from troth.egress.databases.port import Step
from troth.egress.sql.moves import Move
from troth.egress.sql.where import Condition

FEW: Final = 10_000
"""Rows up to which a whole order is one transaction."""
BATCH: Final = 1_000
"""Rows of one transaction beyond that."""
Key = tuple[object, ...]


def counted(connection: sa.Connection, moves: Sequence[Move]) -> list[int]:
    """Return how many rows each move would touch, all asked at once."""
    sizes = [
        sa.select(sa.func.count()).select_from(move.live.table).where(each).scalar_subquery()
        for move in moves
        for each in move.conditions
    ]
    found = iter(connection.execute(sa.select(*sizes)).one() if sizes else ())
    return [sum(int(next(found)) for _ in move.conditions) for move in moves]


def steps(connection: sa.Connection, store: str, moves: Sequence[Move]) -> Iterator[Step]:
    """Yield moves as they would be said, with how many rows each would touch; none without rows."""
    for move, records in zip(moves, counted(connection, moves), strict=True):
        if records:
            yield Step(
                store=store,
                table=move.name,
                method=move.method,
                statement=_text(connection, _shown(move)),
                records=records,
            )


def perform(engine: sa.Engine, moves: Sequence[Move]) -> int:
    """Do everything; return how many rows were touched."""
    with engine.begin() as connection:
        sizes = counted(connection, moves)
        if sum(sizes) <= FEW:
            return sum(
                _moved(connection, move)
                for move, size in zip(moves, sizes, strict=True)
                if size or move.then
            )
    return sum(_batched(engine, move) for move in moves)


def _now(move: Move) -> Sequence[Condition]:
    return move.then or move.conditions


def _moved(connection: sa.Connection, move: Move) -> int:
    """Do one move in the transaction that is open."""
    if not (move.keyed or move.rewrites):
        said = [connection.execute(move.statement(each)) for each in _now(move)]
        return sum(result.rowcount for result in said)
    return sum(_all_of(connection, move, condition) for condition in _now(move))


def _all_of(connection: sa.Connection, move: Move, condition: Condition) -> int:
    touched, last, more = 0, None, True
    while more:
        done, last, more = _taken(connection, move, condition, last)
        touched += done
    return touched


def _batched(engine: sa.Engine, move: Move) -> int:
    """Do one move in transactions of a limited size; each stands by itself."""
    if not move.live.key:
        with engine.begin() as connection:
            return _moved(connection, move)
    touched = 0
    for condition in _now(move):
        last: Key | None = None
        more = True
        while more:
            with engine.begin() as connection:
                done, last, more = _taken(connection, move, condition, last)
            touched += done
    return touched


def _taken(
    connection: sa.Connection, move: Move, condition: Condition, last: Key | None
) -> tuple[int, Key | None, bool]:
    """Do the next rows of a move; return how many, the key to go on after, and whether to go on.

    Rows that are done leave the condition, so the next ones are simply the first; where each row is
    rewritten they may not, and the key says where to go on. A key that comes back says that nothing
    moves any more.
    """
    keys = move.keys()
    wanted = [*keys, *(move.live.table.c[change.column] for change in move.changes)]
    said = sa.select(*(wanted if move.rewrites else keys)).where(condition).limit(BATCH)
    if move.rewrites:
        said = said.order_by(*keys)
        said = said if last is None else said.where(_after(keys, last))
    found = [tuple(row) for row in connection.execute(said)]
    if not found or (not move.rewrites and found[0] == last):
        return 0, None, False
    more = len(found) == BATCH
    if move.rewrites:
        done = sum(_rewritten(connection, move, row) for row in found)
        return done, found[-1][: len(keys)], more
    done = connection.execute(move.statement(_among(keys, found))).rowcount
    return done, found[0], more


def _rewritten(connection: sa.Connection, move: Move, row: Key) -> int:
    """Write the new values of one row; a row that needs none is left alone."""
    size = len(move.live.key)
    new = {
        change.column: change.rewrite(old)
        if change.rewrite and old is not None
        else old
        if change.rewrite
        else change.value
        for change, old in zip(move.changes, row[size:], strict=True)
    }
    if all(new[change.column] == old for change, old in zip(move.changes, row[size:], strict=True)):
        return 0
    mine = _among(move.keys(), [row[:size]])
    return connection.execute(sa.update(move.live.table).where(mine).values(new)).rowcount


def _among(keys: Sequence[ColumnElement[object]], found: Sequence[Key]) -> Condition:
    if len(keys) == 1:
        return keys[0].in_([row[0] for row in found])
    return sa.tuple_(*keys).in_(found)


def _after(keys: Sequence[ColumnElement[object]], last: Key) -> Condition:
    """Return the condition of what comes after a key, written out: not every index takes tuples."""
    ways = []
    for place, (key, value) in enumerate(zip(keys, last, strict=True)):
        same = [one == told for one, told in zip(keys[:place], last[:place], strict=True)]
        ways.append(sa.and_(*same, key > value))
    return sa.or_(*ways)


def _shown(move: Move) -> sa.Delete | sa.Update:
    if move.keyed or move.rewrites:
        return move.statement(_among(move.keys(), [tuple("?" for _ in move.live.key)]))
    return move.statement(move.conditions[0])


def _text(connection: sa.Connection, said: sa.Delete | sa.Update) -> str:
    """Return a statement with a ``?`` for every value."""
    asking = {"paramstyle": "qmark"}
    dialect = type(connection.dialect)(**asking)
    compiled = said.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    return " ".join(str(compiled).split())
