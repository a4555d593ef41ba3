"""Parts: staged rows become sorted Parquet files of the lake, each of bounded size, and quarantine rows become theirs.

Belongs here: the lake's file layout, sorting, integer keys, durability. Not here: which rows are kept (`deduplicate`).
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from assets.ingestion.contracts import Feed, lake_columns
from assets.ingestion.fast_sql import name_of, quoted
from assets.ingestion.staging import Stage, drop_stage, staged
from assets.ingestion.tally import BadLine
from orchestration.core.commits import DataFile
from orchestration.core.durable import sync_file, sync_folder
from orchestration.core.home import Home
from orchestration.core.vault import digest_of

# The first 63 bits of the MD5 of the id: pinned, so that a key means the same account in every batch and on any engine.
ACCOUNT_KEY = "(md5_number_upper(account_id) >> 1)::BIGINT"
_PARQUET = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1"

# One sort at a time: it is the step that takes the most memory, and files are decoded side by side.
_SORTING = threading.Lock()

QUARANTINE_SCHEMA = pa.schema(
    [
        ("_batch_id", pa.int64()),
        ("file_id", pa.int64()),
        ("file_sha256", pa.string()),
        ("feed", pa.string()),
        ("line_no", pa.int64()),
        ("byte_offset", pa.int64()),
        ("sheet", pa.string()),
        ("reason", pa.string()),
        ("json_path", pa.string()),
        ("detail", pa.string()),
        ("resolved_batch_id", pa.int64()),
    ]
)


def part_path(home: Home, feed: str, batch_id: int, file_id: int, part: int) -> Path:
    """Where a part of a file's rows lies in the lake."""
    return home.lake_raw / feed / f"{batch_id:08d}-{file_id:08d}-{part:04d}.parquet"


def quarantine_path(home: Home, feed: str, batch_id: int, file_id: int, suffix: str = "") -> Path:
    """Where a file's quarantined lines lie in the lake."""
    return home.lake_quarantine / feed / f"{batch_id:08d}-{file_id:08d}{suffix}.parquet"


def write_part(stage: Stage, path: Path) -> int:
    """Sort the staged rows by account, then event time, write them to a Parquet file, and empty the stage.

    Args:
        stage: Rows gathered.
        path: Where; its folder is created.

    Returns:
        Rows written; no file appears when there are none.
    """
    if not stage.tables:
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = lake_columns(stage.feed)
    selected = ", ".join(name_of(name) for name in columns)
    order = ["account_id"] if "account_id" in columns else []
    order += [name_of(stage.feed.event_time)] if stage.feed.event_time else []
    rows_of_part = f"({staged(stage)})"
    if "account_key" in columns:
        # An account is digested once, not once a row.
        accounts = (
            f"(SELECT account_id, {ACCOUNT_KEY} AS account_key FROM (SELECT DISTINCT account_id FROM {rows_of_part}))"
        )
        rows_of_part += f" LEFT JOIN {accounts} USING (account_id)"
    with _SORTING:
        stage.con.execute(
            f"COPY (SELECT {selected} FROM {rows_of_part} ORDER BY {', '.join([*order, '_line_no'])}) "
            f"TO {quoted(str(path))} ({_PARQUET})"
        )
        written = stage.con.fetchone()
    drop_stage(stage)
    rows = int(written[0]) if written else 0
    if rows == 0:
        path.unlink(missing_ok=True)
    return rows


def rewrite_part(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Take the rows named by table ``dropped`` (file_id, line_no) out of a part; returns the rows that stay."""
    changed = path.with_suffix(".rewritten")
    con.execute(
        f"COPY (SELECT p.* EXCLUDE (file_row_number) FROM read_parquet({quoted(str(path))}, file_row_number=true) AS p "
        "ANTI JOIN dropped AS d ON p._file_id = d.file_id AND p._line_no = d.line_no "
        f"ORDER BY p.file_row_number) TO {quoted(str(changed))} ({_PARQUET})"
    )
    written = con.fetchone()
    rows = int(written[0]) if written else 0
    if rows:
        changed.replace(path)
    else:
        changed.unlink(missing_ok=True)
        path.unlink()
    return rows


def data_file(home: Home, path: Path, kind: str, feed: str, rows: int, event_days: Sequence[str]) -> DataFile:
    """Make a lake file durable and describe it for the commit."""
    sync_file(path)
    sync_folder(path.parent)
    return DataFile(
        path=str(path.relative_to(home.root)),
        kind=kind,
        feed=feed,
        sha256=digest_of(path),
        rows=rows,
        size_bytes=path.stat().st_size,
        event_days=sorted(event_days),
    )


def _array(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    """An Arrow array made without `pa.array`, which imports pandas."""
    builder = pa.lib.StringBuilder()
    builder.append_values([None if value is None else str(value) for value in values])
    return builder.finish().cast(kind)


class QuarantineFile:
    """Collects a file's quarantined lines in bounded memory; the Parquet file appears with the first one."""

    def __init__(self, path: Path, batch_id: int, file_id: int, file_sha256: str, feed: Feed) -> None:
        self.path = path
        self.rows = 0
        self._same = (batch_id, file_id, file_sha256, feed.name)
        self._writer: pq.ParquetWriter | None = None

    def write(self, bad: Sequence[BadLine], resolved_batch_id: int | None = None) -> None:
        """Append lines; where and why, never their content."""
        if not bad:
            return
        if self._writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(self.path, QUARANTINE_SCHEMA, compression="zstd")
        batch_id, file_id, sha256, feed = self._same
        columns: dict[str, Sequence[object]] = {
            "_batch_id": [batch_id] * len(bad),
            "file_id": [file_id] * len(bad),
            "file_sha256": [sha256] * len(bad),
            "feed": [feed] * len(bad),
            "line_no": [line.line_no for line in bad],
            "byte_offset": [line.byte_offset for line in bad],
            "sheet": [line.sheet for line in bad],
            "reason": [line.fault.reason for line in bad],
            "json_path": [line.fault.json_path for line in bad],
            "detail": [line.fault.detail for line in bad],
            "resolved_batch_id": [resolved_batch_id] * len(bad),
        }
        arrays = [_array(columns[column.name], column.type) for column in QUARANTINE_SCHEMA]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=QUARANTINE_SCHEMA))
        self.rows += len(bad)

    def discard(self) -> None:
        """Forget everything: the delivered file turned out to be unreadable as a whole."""
        self.close()
        self.path.unlink(missing_ok=True)
        self.rows = 0

    def close(self) -> None:
        """Finish the Parquet file, if there is one."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
