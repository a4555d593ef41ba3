"""Decoding: blocks of lines become typed rows in a staging table; what the fast path cannot prove goes the exact path.

Belongs here: running the fast path on a block, choosing lines for the exact path, faults of lines. Not here: what a fault
is (`exact`), the SQL (`fast_sql`), writing the lake (`parts`).
"""

import json
import os
import re
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from assets.ingestion.contracts import Feed, duckdb_type
from assets.ingestion.exact import Fault, Row, canonical_json, decode_line
from assets.ingestion.fast_sql import name_of, quoted, read_columns, staged_columns, typing_sql, version
from assets.ingestion.sensitive import forbidden, printable_name
from assets.ingestion.splitter import Block

MIB = 1024 * 1024
FAST_LINE_BYTES = 1 * MIB
_OPENERS_ALLOWED = 100
# Below this many lines the exact path costs less than planning the fast path's statement.
FAST_FROM_LINES = 500
_SAMPLE_LINES = 160
_MAX_LEARNED = 16
_MAX_REMEMBERED = 100_000
# One read at a time: DuckDB's reader holds buffers of 32 MiB until it is done, and files are decoded side by side.
_READING = threading.Lock()
# A number with an exponent, as a member's value.
_EXPONENT = re.compile(rb":-?[0-9.]+[eE]")
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
        scratch: Folder for temporary files where the system has no files in memory.
        extras: Unknown fields learned so far, read along on the fast path.
        tables: Tables that hold rows now.
        count: Tables made so far.
        harmless: Unknown fields with values (JSON text) that were looked at and may come in.
    """

    con: duckdb.DuckDBPyConnection
    prefix: str
    feed: Feed
    batch_id: int
    file_id: int
    received_at: str
    scratch: Path = Path(tempfile.gettempdir())
    extras: tuple[str, ...] = ()
    tables: list[str] = field(default_factory=list)
    count: int = 0
    harmless: set[tuple[str, str]] = field(default_factory=set)


def drop_stage(stage: Stage) -> None:
    """Forget the rows gathered so far."""
    for table in stage.tables:
        stage.con.execute(f"DROP TABLE IF EXISTS {table}")
    stage.tables.clear()


def _versioned(stage: Stage, sql: str) -> str:
    return sql.replace("$version_at", quoted(stage.received_at))


def _drop_table(stage: Stage, table: str) -> None:
    stage.con.execute(f"DROP TABLE IF EXISTS {table}")
    if table in stage.tables:
        stage.tables.remove(table)


def _new_table(stage: Stage) -> str:
    stage.count += 1
    name = f"{stage.prefix}_{stage.count}"
    stage.tables.append(name)
    return name


def staged(stage: Stage) -> str:
    """SQL of all rows gathered so far, under the lake's columns."""
    columns = staged_columns(stage.feed, stage.batch_id, stage.file_id)
    return " UNION ALL ".join(f"SELECT {columns} FROM {table}" for table in stage.tables)


@contextmanager
def _as_file(data: bytes, scratch: Path) -> Iterator[str]:
    """Lend bytes to DuckDB as a file: in memory where the system can, else in scratch."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("block")
        try:
            with os.fdopen(handle, "wb", closefd=False) as file:
                file.write(data)
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
    for index in np.flatnonzero(lengths > 64 * 1024).tolist():
        line = block.line(index)
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


def _assembled(block: Block, odd: np.ndarray[Any, Any]) -> tuple[bytes, int]:
    """One line for each line of the file, ``{}`` in place of blank and odd ones; with it, the longest line's length."""
    longest = int((block.ends - block.starts).max())
    if (
        len(block.starts) == block.line_numbers[-1] - block.line_numbers[0] + 1
        and block.starts[0] == 0
        and not odd.any()
    ):
        return block.data, longest
    # A run is a stretch of lines that follow each other in the file; each run is copied as one piece.
    follows = (block.line_numbers[1:] == block.line_numbers[:-1] + 1) & ~odd[1:] & ~odd[:-1]
    heads = np.concatenate([[0], np.flatnonzero(~follows) + 1])
    tails = np.append(heads[1:], len(block.starts))
    pieces: list[bytes] = []
    line = int(block.line_numbers[0])
    for head, tail in zip(heads.tolist(), tails.tolist(), strict=True):
        pieces.append(b"{}\n" * (int(block.line_numbers[head]) - line))
        # The run ends at its last line's end, so that blank lines behind it stay out.
        text = b"{}" if odd[head] else block.data[int(block.starts[head]) : int(block.ends[tail - 1])]
        pieces.append(text + b"\n")
        line = int(block.line_numbers[tail - 1]) + 1
    return b"".join(pieces), longest


def _run_fast(stage: Stage, block: Block, odd: np.ndarray[Any, Any], scratch: Path) -> np.ndarray[Any, Any] | None:
    """Type a block in DuckDB; returns the lines that it could not prove clean, None when it lost count."""
    data, longest = _assembled(block, odd)
    before = int(block.line_numbers[0]) - 1
    con = stage.con
    table = _new_table(stage)
    try:
        with _as_file(data, scratch) as path:
            source = (
                f"read_json({quoted(path)}, format='newline_delimited', compression='uncompressed', ignore_errors=true, "
                f"maximum_object_size={max(longest + 2, MIB)}, columns={read_columns(stage.feed.name, stage.extras)})"
            )
            typing = typing_sql(stage.feed.name, stage.extras).replace("$before", str(before))
            with _READING:
                con.execute(f"CREATE TEMP TABLE {table} AS {_versioned(stage, typing)} FROM {source}))")
        proof = con.execute(f"SELECT _proof FROM {table}").fetchnumpy()["_proof"]
        if len(proof) != int(block.line_numbers[-1]) - before:
            _drop_table(stage, table)
            return None
        is_clean = _proved(block, proof[block.line_numbers - before - 1]) & ~odd
        if stage.extras:
            is_clean &= ~np.isin(block.line_numbers, _withheld(stage, table))
        _keep(stage, table, block.line_numbers[is_clean], len(proof))
    except duckdb.Error:
        _drop_table(stage, table)
        raise
    return np.flatnonzero(~is_clean)


def _proved(block: Block, proof: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Which lines are as long as what was found in them."""
    found: np.ndarray[Any, Any] = np.abs(proof) == block.ends - block.starts
    for index in np.flatnonzero(found & (proof < 0)).tolist():
        found[index] = _EXPONENT.search(block.line(index)) is None
    return found


def _keep(stage: Stage, table: str, lines: np.ndarray[Any, Any], rows: int) -> None:
    """Leave only these lines' rows in a table."""
    if len(lines) == rows:
        return
    if len(lines) == 0:
        _drop_table(stage, table)
        return
    first, last = int(lines[0]), int(lines[-1])
    gone = np.setdiff1d(np.arange(first, last + 1), lines, assume_unique=True)
    stage.con.execute(
        f"DELETE FROM {table} WHERE _line_no < {first} OR _line_no > {last} "
        f"OR _line_no IN (SELECT unnest({gone.tolist()}::BIGINT[]))"
    )


def _withheld(stage: Stage, table: str) -> list[int]:
    """Lines whose unknown fields may not come in; the exact path names the fault."""
    found: list[int] = []
    for name in stage.extras:
        path = quoted(f'$."{name}"')
        value = f"json_extract(_extra, {path})"
        # What is no string is judged by its field's name alone.
        kind = f"(CASE WHEN starts_with({value}::VARCHAR, '\"') THEN {value}::VARCHAR ELSE '1' END)"
        here = f"FROM {table} WHERE _proof <> 0 AND _extra IS NOT NULL AND {value} IS NOT NULL"
        distinct = stage.con.execute(f"SELECT DISTINCT {kind} {here}").fetchall()
        fresh = {(name, text) for (text,) in distinct} - stage.harmless
        bad = {text for _, text in fresh if forbidden(name, json.loads(text))}
        if len(stage.harmless) < _MAX_REMEMBERED:
            stage.harmless |= {one for one in fresh if one[1] not in bad}
        if bad:
            listed = ", ".join(quoted(text) for text in sorted(bad))
            rows = stage.con.execute(f"SELECT _line_no {here} AND {kind} IN ({listed})").fetchall()
            found.extend(line for (line,) in rows)
    return found


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
    selected = []
    types = {"__line": "BIGINT", "__extra": "VARCHAR"}
    for item in stage.feed.fields:
        value = name_of(f"v_{item.name}")
        types[f"v_{item.name}"] = duckdb_type(item)
        if item.type in {"scores", "object", "[object]"}:
            value = f"json({value})::VARCHAR"
        selected.append(f"{value} AS {name_of(item.name)}")
    # Handed over as text in memory: both Arrow and DuckDB's client import pandas as soon as they are given Python values.
    lines = [_as_line(line_no, row) for line_no, row in taken]
    columns = ", ".join(f"{quoted(name)}: {quoted(kind)}" for name, kind in types.items())
    with _as_file(b"".join(lines), stage.scratch) as path:
        stage.con.execute(
            f"CREATE TEMP TABLE {_new_table(stage)} AS SELECT {', '.join(selected)}, json(__extra)::VARCHAR AS _extra, "
            f"__line AS _line_no{_versioned(stage, version(stage.feed))} FROM read_json({quoted(path)}, "
            f"format='newline_delimited', maximum_object_size={max(MIB, *(len(line) + 2 for line in lines))}, columns={{{columns}}})"
        )


def _as_line(line_no: int, row: Row) -> bytes:
    held: dict[str, Any] = {f"v_{name}": value for name, value in row.values.items()}
    held["__line"] = line_no
    if row.extra:
        held["__extra"] = canonical_json(row.extra)
    return json.dumps(held, separators=(",", ":"), default=_moment_text).encode() + b"\n"


def _moment_text(value: date) -> str:
    return value.isoformat()


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
