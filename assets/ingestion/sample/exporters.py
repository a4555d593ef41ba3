"""Writing files as upstream systems write them: JSON lines, CSV, Parquet, spreadsheets; whole or not at all.

Belongs here: encodings that give the same bytes for the same rows.
Does not belong here: which rows, which file, which day.
"""

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from assets.ingestion.contracts import FEEDS
from assets.ingestion.sample.dirt import Judged

_ENCODER = msgspec.json.Encoder()
_FIRST_EXCEL_DAY = (1980, 1, 1, 0, 0, 0)


def pack(data: bytes, name: str) -> bytes:
    """Compress as the name's ending says (`.gz`, `.zst`), without a clock or a name inside."""
    if name.endswith(".gz"):
        return gzip.compress(data, 1, mtime=0)
    if name.endswith(".zst"):
        import zstandard

        return zstandard.ZstdCompressor(level=1).compress(data)
    return data


def json_lines(lines: Iterable[Judged]) -> bytes:
    """JSON lines; text lines as they are, each with its own line end."""
    parts: list[bytes] = []
    for judged in lines:
        parts.append(judged.line if isinstance(judged.line, bytes) else _ENCODER.encode(judged.line))
        parts.append(judged.ending)
    return b"".join(parts)


def cell(value: object) -> str:
    """A CSV cell: lists joined with `;`, booleans in JSON's spelling, null empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(map(str, value))
    return str(value)


def csv_text(feed: str, lines: Sequence[Judged], line_end: str = "\n") -> bytes:
    """A CSV file with the contract's columns that occur (and whatever else occurs), header first."""
    rows = [judged.line for judged in lines if isinstance(judged.line, dict)]
    names = {name: None for row in rows for name in row}
    ordered = [field.name for field in FEEDS[feed].fields if field.name in names]
    ordered += [name for name in names if name not in ordered]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=line_end)
    writer.writerow(ordered)
    for judged in lines:
        if isinstance(judged.line, dict):
            writer.writerow([cell(judged.line.get(name)) for name in ordered])
        else:
            text.write(line_end)
    return text.getvalue().encode()


def parquet_bytes(feed: str, lines: Sequence[Judged]) -> bytes:
    """A Parquet file with typed columns: times as UTC instants in milliseconds."""
    from datetime import datetime

    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "int": pa.int64(),
        "float": pa.float64(),
        "bool": pa.bool_(),
        "time": pa.timestamp("ms", "UTC"),
        "[str]": pa.list_(pa.string()),
    }
    rows = [dict(judged.line) for judged in lines if isinstance(judged.line, dict)]
    fields = [field for field in FEEDS[feed].fields if any(field.name in row for row in rows)]
    for row in rows:
        for field in fields:
            if field.type == "time" and field.name in row:
                row[field.name] = datetime.fromisoformat(row[field.name])
    schema = pa.schema([(field.name, types.get(field.type, pa.string())) for field in fields])
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows, schema), sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def xlsx_bytes(sheet: str, rows: Iterable[Sequence[str]]) -> bytes:
    """A workbook with one sheet of text cells, without a clock inside."""
    from datetime import datetime

    import xlsxwriter

    sink = io.BytesIO()
    book = xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": datetime(*_FIRST_EXCEL_DAY), "author": "Example Desk"})  # noqa: DTZ001  Excel knows no zone
    page = book.add_worksheet(sheet)
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            page.write_string(number, column, text)
    book.close()
    return sink.getvalue()


def zip_bytes(members: Sequence[tuple[str, bytes]]) -> bytes:
    """A zip archive of the members in order, all dated 1980."""
    import zipfile

    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name, _FIRST_EXCEL_DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return sink.getvalue()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under a `.tmp` name and move it into place; leave one alone that already holds the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size == len(data) and path.read_bytes() == data:
        return
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.write_bytes(data)
    unfinished.replace(path)
