"""Staging: where a file's rows gather in DuckDB until a part of the lake is written of them.

Belongs here: staging tables, rows of the exact path put into them, what is counted over them. Not here: how a block of
lines is decoded (`decode`), what a fault is (`exact`), writing the lake (`parts`).
"""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from assets.ingestion.contracts import Feed, duckdb_type
from assets.ingestion.exact import Row, canonical_json
from assets.ingestion.fast_sql import name_of, quoted, staged_columns, version
from assets.ingestion.sensitive import printable_name
from assets.ingestion.tally import Tally

MIB = 1024 * 1024


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


def versioned(stage: Stage, sql: str) -> str:
    """SQL with the version of a record that tells none filled in."""
    return sql.replace("$version_at", quoted(stage.received_at))


def drop_table(stage: Stage, table: str) -> None:
    """Forget the rows of one staging table."""
    stage.con.execute(f"DROP TABLE IF EXISTS {table}")
    if table in stage.tables:
        stage.tables.remove(table)


def new_table(stage: Stage) -> str:
    """Name of the next staging table, from now on one of the stage's tables."""
    stage.count += 1
    name = f"{stage.prefix}_{stage.count}"
    stage.tables.append(name)
    return name


def staged(stage: Stage) -> str:
    """SQL of all rows gathered so far, under the lake's columns."""
    columns = staged_columns(stage.feed, stage.batch_id, stage.file_id)
    return " UNION ALL ".join(f"SELECT {columns} FROM {table}" for table in stage.tables)


@contextmanager
def as_file(data: bytes, scratch: Path) -> Iterator[str]:
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
    with as_file(b"".join(lines), stage.scratch) as path:
        stage.con.execute(
            f"CREATE TEMP TABLE {new_table(stage)} AS SELECT {', '.join(selected)}, json(__extra)::VARCHAR AS _extra, "
            f"__line AS _line_no{versioned(stage, version(stage.feed))} FROM read_json({quoted(path)}, "
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
