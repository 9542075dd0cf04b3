"""The user-item matrix as Arrow and Parquet."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet

from projections.interactions import InteractionRow

if TYPE_CHECKING:
    from collections.abc import Sequence

_TYPES = {str: pa.string(), int: pa.int64()}
SCHEMA = pa.schema(
    [
        pa.field(f.name, _TYPES.get(f.type, pa.timestamp("us", tz="UTC")), nullable=False)
        for f in msgspec.structs.fields(InteractionRow)
    ]
)


class ArrowStream:
    """Encodes pages of cells as one Arrow stream."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._writer: Any = pyarrow.ipc.new_stream(self._buffer, SCHEMA)

    def add(self, rows: Sequence[InteractionRow]) -> bytes:
        """Return the bytes that these rows add."""
        self._writer.write_batch(_batch(rows))
        return self._drain()

    def end(self) -> bytes:
        """Return the last bytes."""
        self._writer.close()
        return self._drain()

    def _drain(self) -> bytes:
        made = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return made


class ParquetFile:
    """Writes pages of cells into a Parquet file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._writer: Any = pyarrow.parquet.ParquetWriter(file, SCHEMA)

    def add(self, rows: Sequence[InteractionRow]) -> None:
        """Write rows."""
        self._writer.write_batch(_batch(rows))

    def end(self) -> None:
        """Write the index."""
        self._writer.close()


def _batch(rows: Sequence[InteractionRow]) -> Any:
    columns = zip(*(msgspec.structs.astuple(row) for row in rows), strict=True)
    arrays = [pa.array(c, field.type) for c, field in zip(columns, SCHEMA, strict=True)]
    return pa.record_batch(arrays, schema=SCHEMA)
