"""Parquet files as source lines, with row numbers.

Belongs here: batches of rows in bounded memory. Does not belong here: typing rules, mappings, judging values.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assets.ingestion.mapping_language import Mapping
from assets.ingestion.readers.records import mapped_line, own_record, table_rows
from assets.ingestion.source_line import Lines, SourceLine, SourceRejectedError

BATCH_ROWS = 4096


def read_parquet(path: Path, feed: str, mapping: Mapping | None, name: str) -> Lines:
    """Read a Parquet file, a few thousand rows in memory at a time.

    Args:
        path: Where the bytes are.
        feed: The feed's name.
        mapping: The mapping in force, or None for the feed's own columns.
        name: The delivered name (unused: the bytes say what they are).

    Raises:
        SourceRejectedError: `unreadable_file`, `duplicate_column` or `mapping_column_missing`.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    del name
    try:
        with pq.ParquetFile(path) as file:
            columns = file.schema_arrow.names
            table_rows(feed, mapping, columns)  # the header's own checks
            own = own_record(feed)
            for row_no, record in enumerate(_rows(file, columns), start=1):
                if mapping is not None:
                    yield mapped_line(mapping, row_no, record)
                else:
                    yield SourceLine(row_no, value=own(record))
    except (pa.ArrowException, OSError, EOFError) as error:
        raise SourceRejectedError("unreadable_file", "this is not a Parquet file that can be read whole") from error


def _rows(file: Any, columns: list[str]) -> Iterator[dict[str, Any]]:  # noqa: ANN401  pyarrow has no types
    for batch in file.iter_batches(batch_size=BATCH_ROWS):
        lists = [_microseconds(column).to_pylist() for column in batch.columns]
        for cells in zip(*lists, strict=True):
            yield dict(zip(columns, cells, strict=True))


def _microseconds(column: Any) -> Any:  # noqa: ANN401  pyarrow has no types
    """Round nanosecond times down: Python's and the lake's times hold microseconds."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        return column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    return column
