"""Decoding: blocks of lines become typed rows in a staging table; what the fast path cannot prove goes the exact path.

Belongs here: running the fast path on a block, choosing lines for the exact path, faults of lines. Not here: what a fault
is (`exact`), the SQL (`fast_sql`), writing the lake (`parts`).
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from assets.ingestion.contracts import Feed, duckdb_type
from assets.ingestion.exact import Fault, Row, canonical_json, decode_line
from assets.ingestion.fast_sql import name_of, provenance, quoted, read_columns, typing_sql
from assets.ingestion.sensitive import forbidden, printable_name
from assets.ingestion.splitter import Block

MIB = 1024 * 1024
FAST_LINE_BYTES = 1 * MIB
_OPENERS_ALLOWED = 100
# Below this many lines the exact path costs less than planning the fast path's statement.
FAST_FROM_LINES = 500
_SAMPLE_LINES = 400
_MAX_LEARNED = 16
_PLAIN_NAME_CHARS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line set aside: where and why, never what it says."""

    line_no: int
    byte_offset: int | None
    sheet: str | None
    fault: Fault


@dataclass(slots=True)
class Tally:
    """What was met while decoding one file.

    Attributes:
        lines: Physical lines, blank ones included.
        blank: Lines of white space.
        bad: Lines set aside.
        new_fields: Unknown field to number of lines that carry it.
        new_values: Unknown ``field=value`` to number of lines.
        surfaces: Surfaces seen in rows that fit.
        exact_lines: Lines that went the exact path.
    """

    lines: int = 0
    blank: int = 0
    bad: list[BadLine] = field(default_factory=list)
    new_fields: Counter[str] = field(default_factory=Counter)
    new_values: Counter[str] = field(default_factory=Counter)
    surfaces: set[str] = field(default_factory=set)
    exact_lines: int = 0

    def refuse(self, line_no: int, byte_offset: int | None, sheet: str | None, fault: Fault) -> None:
        """Set a line aside."""
        self.bad.append(BadLine(line_no, byte_offset, sheet, fault))
        if fault.new_value:
            self.new_values[fault.new_value] += 1


@dataclass(slots=True)
class Stage:
    """Where a file's rows gather: a table of one connection, and what the rows need besides their values.

    Attributes:
        con: The worker's own cursor.
        prefix: Start of its staging tables' names; one table a block, because that costs less than appending.
        feed: Contract.
        batch_id: Batch that the rows will belong to.
        file_id: File that they come from.
        received_at: Midnight UTC of the delivery's day, RFC 3339: the version of a record that tells none.
        extras: Unknown fields learned so far, read along on the fast path.
    """

    con: duckdb.DuckDBPyConnection
    prefix: str
    feed: Feed
    batch_id: int
    file_id: int
    received_at: str
    extras: tuple[str, ...] = ()
    tables: list[str] = field(default_factory=list)
    count: int = 0

    def parameters(self) -> dict[str, Any]:
        """Values of the provenance parameters."""
        found: dict[str, Any] = {"batch_id": self.batch_id, "file_id": self.file_id}
        if self.feed.kind != "event":
            found["version_at"] = self.received_at
        return found


def drop_stage(stage: Stage) -> None:
    """Forget the rows gathered so far."""
    for table in stage.tables:
        stage.con.execute(f"DROP TABLE IF EXISTS {table}")
    stage.tables.clear()


def _new_table(stage: Stage) -> str:
    stage.count += 1
    name = f"{stage.prefix}_{stage.count}"
    stage.tables.append(name)
    return name


def staged(stage: Stage) -> str:
    """SQL of all clean rows gathered so far."""
    return " UNION ALL ".join(f"SELECT * EXCLUDE (_is_clean) FROM {table} WHERE _is_clean" for table in stage.tables)


@contextmanager
def _as_file(data: bytes, scratch: Path) -> Iterator[str]:
    """Lend bytes to DuckDB as a file: in memory where the system can, else in scratch."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("block")
        try:
            os.write(handle, data) if len(data) < 2**30 else None
            yield f"/proc/{os.getpid()}/fd/{handle}"
        finally:
            os.close(handle)
        return
    path = scratch / f"block-{os.getpid()}-{id(data)}.tmp"
    path.write_bytes(data)
    try:
        yield str(path)
    finally:
        path.unlink(missing_ok=True)


def decode_block(stage: Stage, block: Block, scratch: Path, tally: Tally) -> None:
    """Decode one block into the staging table.

    Args:
        stage: Where the rows go.
        block: Whole lines.
        scratch: Folder for temporary files where the system has no memory files.
        tally: Counts and faults, added to.
    """
    count = len(block.starts)
    tally.lines += count + block.blank + len(block.too_long)
    tally.blank += block.blank
    for line_no, offset in block.too_long:
        tally.refuse(line_no, offset, None, Fault("line_too_long", None, "the line is longer than a line may be"))
    if count == 0:
        return
    suspects = _fast_suspects(stage, block, scratch) if count >= FAST_FROM_LINES else None
    _run_exact(stage, block, np.arange(count) if suspects is None else suspects, tally)


def _fast_suspects(stage: Stage, block: Block, scratch: Path) -> np.ndarray[Any, Any] | None:
    """Take the fast path; returns the lines left for the exact path, None when it has to take them all."""
    odd = _odd_lines(block)
    _learn(stage, block)
    try:
        return _run_fast(stage, block, odd, scratch)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error:
        return None


def _odd_lines(block: Block) -> np.ndarray[Any, Any]:
    """Lines to keep away from DuckDB: very long, very nested, not UTF-8, or with a NUL."""
    lengths = block.ends - block.starts
    odd = lengths > FAST_LINE_BYTES
    data = block.data
    if not data.isascii():
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            for index in range(len(odd)):
                if not odd[index]:
                    odd[index] = not _is_utf8(block.line(index))
    if b"\0" in data:
        odd |= _holds(block, 0)
    if b"\\" in data:
        odd |= _holds(block, 92)
    deep = np.flatnonzero(lengths > 64 * 1024)
    for index in deep:
        line = block.line(int(index))
        odd[index] |= line.count(b"[") + line.count(b"{") > _OPENERS_ALLOWED
    return odd


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _holds(block: Block, byte: int) -> np.ndarray[Any, Any]:
    places = np.flatnonzero(np.frombuffer(block.data, dtype=np.uint8) == byte)
    found = np.zeros(len(block.starts), dtype=bool)
    found[np.maximum(np.searchsorted(block.starts, places, side="right") - 1, 0)] = True
    return found


def _learn(stage: Stage, block: Block) -> None:
    """Look at some lines for unknown fields, so that the fast path reads them along."""
    if len(stage.extras) >= _MAX_LEARNED:
        return
    known = {f.name.lower() for f in stage.feed.fields}
    step = max(1, len(block.starts) // (_SAMPLE_LINES if stage.count == 0 else _SAMPLE_LINES // 10))
    seen: Counter[str] = Counter()
    for index in range(0, len(block.starts), step):
        if block.ends[index] - block.starts[index] > 64 * 1024:
            continue
        row = decode_line(stage.feed, block.line(index))
        if isinstance(row, Row):
            seen.update(row.extra.keys())
    taken = {name.lower() for name in stage.extras}
    for name, _ in seen.most_common(_MAX_LEARNED):
        if _is_learnable(name, known | taken) and len(stage.extras) < _MAX_LEARNED:
            stage.extras = (*stage.extras, name)
            taken.add(name.lower())


def _is_learnable(name: str, taken: set[str]) -> bool:
    return (
        0 < len(name) <= 64
        and name.lower() not in taken
        and not name.startswith("_")
        and _PLAIN_NAME_CHARS.issuperset(name)
    )


def _assembled(block: Block, odd: np.ndarray[Any, Any]) -> tuple[bytes, np.ndarray[Any, Any]]:
    """The block without blank and odd lines (``{}`` in their place), and where each line starts in it."""
    count = len(block.starts)
    if block.blank == 0 and block.starts[0] == 0 and not odd.any():
        return block.data, np.append(block.starts, len(block.data))
    # A run is a stretch of lines that follow each other in the file; each run is copied as one piece.
    follows = (block.line_numbers[1:] == block.line_numbers[:-1] + 1) & ~odd[1:] & ~odd[:-1]
    heads = np.concatenate([[0], np.flatnonzero(~follows) + 1])
    tails = np.append(heads[1:], count)
    pieces: list[bytes] = []
    offsets = np.empty(count + 1, dtype=np.int64)
    size = 0
    for head, tail in zip(heads.tolist(), tails.tolist(), strict=True):
        if odd[head]:
            piece = b"{}\n"
            offsets[head] = size
        else:
            # The run ends at its last line's end, so that blank lines behind it stay out.
            end = int(block.ends[tail - 1])
            piece = block.data[int(block.starts[head]) : end] + b"\n"
            offsets[head:tail] = block.starts[head:tail] - block.starts[head] + size
        pieces.append(piece)
        size += len(piece)
    offsets[count] = size
    return b"".join(pieces), offsets


def _run_fast(stage: Stage, block: Block, odd: np.ndarray[Any, Any], scratch: Path) -> np.ndarray[Any, Any] | None:
    """Type a block in DuckDB; returns the lines that it could not prove clean, None when it lost count."""
    data, offsets = _assembled(block, odd)
    count = len(block.starts)
    text = pa.Array.from_buffers(pa.utf8(), count, [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(data)])
    lines = pa.table({"__line": block.line_numbers, "__length": block.ends - block.starts, "__text": text})
    longest = int(np.diff(offsets).max()) + 2
    con = stage.con
    table = _new_table(stage)
    con.register("lines", lines)
    try:
        with _as_file(data, scratch) as path:
            source = (
                f"read_json({quoted(path)}, format='newline_delimited', compression='uncompressed', ignore_errors=true, "
                f"maximum_object_size={max(longest, MIB)}, columns={read_columns(stage.feed.name, stage.extras)})"
            )
            # Two steps: typing straight from the positional join runs on small vectors and costs a fifth more.
            con.execute(f"CREATE OR REPLACE TEMP TABLE block AS SELECT * FROM {source} POSITIONAL JOIN lines")
            con.execute(f"CREATE TEMP TABLE {table} AS {typing_sql(stage.feed.name, stage.extras)}", stage.parameters())
            written = con.fetchone()
    except duckdb.Error:
        stage.tables.remove(table)
        raise
    finally:
        con.unregister("lines")
        con.execute("DROP TABLE IF EXISTS block")
    if written is None or written[0] != count:
        con.execute(f"DROP TABLE {table}")
        stage.tables.remove(table)
        return None
    if stage.extras:
        _withhold(stage, table)
    numbers = con.execute(f"SELECT _line_no FROM {table} WHERE NOT _is_clean").fetchnumpy()["_line_no"]
    return np.sort(np.searchsorted(block.line_numbers, np.asarray(numbers)))


def _withhold(stage: Stage, table: str) -> None:
    """Send the lines whose unknown fields may not come in the exact path, which names the fault."""
    found = stage.con.execute(f"SELECT DISTINCT _extra FROM {table} WHERE _is_clean AND _extra IS NOT NULL").fetchall()
    withheld = [text for (text,) in found if any(forbidden(name, value) for name, value in json.loads(text).items())]
    if withheld:
        stage.con.execute(
            f"UPDATE {table} SET _is_clean = false WHERE _extra IN (SELECT unnest($texts))", {"texts": withheld}
        )


def _run_exact(stage: Stage, block: Block, suspects: np.ndarray[Any, Any], tally: Tally) -> None:
    last = len(block.starts) - 1
    rows: list[tuple[int, Row]] = []
    for index in suspects.tolist():
        line_no = int(block.line_numbers[index])
        found = decode_line(stage.feed, block.line(index), is_cut=block.is_cut and index == last)
        if isinstance(found, Fault):
            tally.refuse(line_no, block.byte_offset(index), None, found)
        else:
            rows.append((line_no, found))
    tally.exact_lines += len(suspects)
    insert_rows(stage, rows)


def insert_rows(stage: Stage, rows: Iterable[tuple[int, Row]]) -> None:
    """Add rows of the exact path to the staging table.

    Args:
        stage: Where they go.
        rows: (line number, row).
    """
    taken = list(rows)
    if not taken:
        return
    columns: dict[str, Any] = {}
    selected = []
    for item in stage.feed.fields:
        values = [row.values.get(item.name) for _, row in taken]
        columns[f"v_{item.name}"] = pa.array(values, type=_ARROW[duckdb_type(item)])
        value = name_of(f"v_{item.name}")
        if item.type in {"scores", "object", "[object]"}:
            value = f"json({value})::VARCHAR"
        selected.append(f"{value} AS {name_of(item.name)}")
    columns["__line"] = pa.array([line_no for line_no, _ in taken], type=pa.int64())
    columns["__extra"] = pa.array(
        [canonical_json(row.extra) if row.extra else None for _, row in taken], type=pa.string()
    )
    stage.con.register("exact_rows", pa.table(columns))
    try:
        stage.con.execute(
            f"CREATE TEMP TABLE {_new_table(stage)} AS SELECT {', '.join(selected)}, json(__extra)::VARCHAR AS _extra, "
            f"{provenance(stage.feed)}, true AS _is_clean FROM exact_rows",
            stage.parameters(),
        )
    finally:
        stage.con.unregister("exact_rows")


_ARROW: dict[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMPTZ": pa.timestamp("us", tz="UTC"),
    "DATE": pa.date32(),
    "VARCHAR[]": pa.list_(pa.string()),
}


def count_new(stage: Stage, tally: Tally) -> None:
    """Add the unknown fields and the surfaces of the staged rows to the tally."""
    con = stage.con
    if not stage.tables:
        return
    found = con.execute(
        f"SELECT name, count(*) FROM (SELECT unnest(json_keys(_extra)) AS name FROM ({staged(stage)}) "
        "WHERE _extra IS NOT NULL) GROUP BY name"
    ).fetchall()
    for name, number in found:
        tally.new_fields[printable_name(name)] += number
    if any(f.name == "surface" for f in stage.feed.fields) and stage.feed.name != "surfaces":
        rows = con.execute(f"SELECT DISTINCT surface FROM ({staged(stage)}) WHERE surface IS NOT NULL").fetchall()
        tally.surfaces.update(surface for (surface,) in rows)
