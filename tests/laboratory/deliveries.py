"""Taking deliveries apart and together again: the lines of any text or Parquet file of a landing zone.

Belongs here: reading a file's rows, writing other rows in the same format.
Does not belong here: which rows, and why (`metamorphic`).
"""

import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from orchestration.core.home import Home

Row = bytes | dict[str, Any]
"""A text line with its line end, or a row of a Parquet file."""


@dataclass(frozen=True)
class Delivery:
    """A file, taken apart.

    Attributes:
        path: Where it lies.
        feed: Its feed.
        header: Header line of a CSV file, else empty.
        rows: Its rows.
        schema: Schema of a Parquet file, else None.
    """

    path: Path
    feed: str
    header: bytes
    rows: list[Row]
    schema: Any = None

    def holding(self, rows: list[Row], name: str = "") -> "Delivery":
        """The same file with other rows, and another name if one is given."""
        return replace(self, rows=rows, path=self.path.with_name(name) if name else self.path)


def every(home: Home) -> list[Delivery]:
    """All files of a landing zone that can be taken apart, in the order of paths; spreadsheets and documents are left alone."""
    found = (read(path) for path in sorted(home.landing.glob("*/*/*")))
    return [delivery for delivery in found if delivery is not None]


def read(path: Path) -> Delivery | None:
    """Take a file apart; None for formats that are left alone and for files still being written."""
    base = path.name.removesuffix(".gz").removesuffix(".zst")
    feed = path.parent.parent.name
    if path.name.endswith(".parquet"):
        import pyarrow.parquet as pq

        table = pq.read_table(path)
        return Delivery(path, feed, b"", table.to_pylist(), table.schema)
    if not base.endswith((".jsonl", ".csv")):
        return None
    data = path.read_bytes()
    if path.name.endswith(".gz"):
        data = gzip.decompress(data)
    elif path.name.endswith(".zst"):
        import zstandard

        data = zstandard.ZstdDecompressor().decompress(data, max_output_size=1 << 30)
    lines = data.splitlines(keepends=True)
    if base.endswith(".csv"):
        return Delivery(path, feed, lines[0], list(lines[1:]))
    return Delivery(path, feed, b"", list(lines))


def write(delivery: Delivery) -> None:
    """Write a file as it was taken apart; one without rows is removed."""
    path = delivery.path
    if not delivery.rows:
        path.unlink(missing_ok=True)
        return
    if delivery.schema is not None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        sink = io.BytesIO()
        rows = [row for row in delivery.rows if isinstance(row, dict)]
        pq.write_table(pa.Table.from_pylist(rows, delivery.schema), sink)
        path.write_bytes(sink.getvalue())
        return
    data = delivery.header + b"".join(row for row in delivery.rows if isinstance(row, bytes))
    if path.name.endswith(".gz"):
        data = gzip.compress(data, 1, mtime=0)
    elif path.name.endswith(".zst"):
        import zstandard

        data = zstandard.ZstdCompressor(level=1).compress(data)
    path.write_bytes(data)


def rewrite(home: Home, change: Callable[[Delivery], list[Delivery]]) -> None:
    """Put what a change makes of each file in its place."""
    for delivery in every(home):
        changed = change(delivery)
        if delivery.path not in {other.path for other in changed}:
            delivery.path.unlink()
        for other in changed:
            write(other)
