"""What folds share: rows read once for a batch, rows written once for a batch."""

from __future__ import annotations

import re
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import asyncpg

    from projections.projection import Connection

_ROWS = re.compile(r"json_to_recordset\(\$1\)\s+AS n \(([^)]+)\)")


async def rows_by_key(
    connection: Connection, table: str, key: str, keys: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Return the rows of a table whose key is among ``keys``, as dicts, by that key."""
    rows = await connection.fetch(
        f"SELECT * FROM {table} WHERE {key} = ANY ($1)",  # noqa: S608 - names from the code
        list(set(keys)),
    )
    return {row[key]: dict(row) for row in rows}


async def write_rows(
    connection: Connection, statement: str, rows: Iterable[Sequence[Any]]
) -> list[asyncpg.Record]:
    """Run a statement over ``json_to_recordset($1) AS n (name type, ...)``; nothing for no rows.

    Each row has its values in the order of these columns; what is JSON already comes as
    ``msgspec.Raw``. One JSON text costs this process a tenth of what the driver takes for an array
    of each column. Rows are sorted by their first columns, the key, so that all transactions lock
    in one order. Returns what the statement returns.
    """
    ordered = sorted(rows, key=itemgetter(0, 1))
    if not ordered:
        return []
    named = _row_type(statement)
    text = msgspec.json.encode([named(*row) for row in ordered]).decode()
    return await connection.fetch(statement, text)


@cache
def _row_type(statement: str) -> type[msgspec.Struct]:
    """Return a struct with the columns that a statement reads."""
    found = _ROWS.search(statement)
    if found is None:
        message = "the statement reads no rows"
        raise ValueError(message)
    names = [column.split()[0] for column in found[1].split(",")]
    return msgspec.defstruct("Row", names, gc=False)
