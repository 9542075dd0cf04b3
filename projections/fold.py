"""What folds share: rows read once for a batch, rows written once for a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from projections.projection import Connection


async def rows_by_key(
    connection: Connection, table: str, key: str, keys: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Return the rows of a table whose key is among ``keys``, as dicts, by that key."""
    rows = await connection.fetch(
        f"SELECT * FROM {table} WHERE {key} = ANY ($1)",  # noqa: S608 - names from the code
        list(set(keys)),
    )
    return {row[key]: dict(row) for row in rows}


async def write_rows(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """Run a statement over ``unnest($1, $2, ...)``, one array for each column; nothing for no rows.

    Sorted by their first columns, the key, so that all transactions lock in one order.
    """
    ordered = sorted(rows, key=lambda row: (str(row[0]), str(row[1])))
    if ordered:
        await connection.execute(
            statement, *(list(column) for column in zip(*ordered, strict=True))
        )
