"""What a run's checks look at: the watermark, the new batches, the feeds they touch, and the databases being built.

Reading pins, commits and opening the writer's databases to read belong here; no check does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from orchestration.core.commits import Commit, Delivery, read_commits
from orchestration.core.home import Home


@dataclass(frozen=True)
class Scope:
    """The stretch of the record that a run has to check.

    Attributes:
        commits: All commits up to the watermark, in order.
        built_through: Last batch already in the marts; 0 when everything is rebuilt.
        watermark: Last batch to be seen.
    """

    commits: tuple[Commit, ...]
    built_through: int
    watermark: int

    @property
    def fresh(self) -> tuple[Commit, ...]:
        """The commits that the marts have not seen."""
        return tuple(commit for commit in self.commits if commit.batch_id > self.built_through)

    @property
    def touched(self) -> frozenset[str]:
        """Feeds with a delivery in a fresh commit."""
        return frozenset(delivery.feed for commit in self.fresh for delivery in commit.deliveries)

    def deliveries(self) -> Iterator[tuple[int, Delivery]]:
        """Every (batch, delivery) up to the watermark, oldest first."""
        for commit in self.commits:
            for delivery in commit.deliveries:
                yield commit.batch_id, delivery


def read_scope(home: Home, connection: duckdb.DuckDBPyConnection) -> Scope:
    """The scope that `raw.pins` sets.

    Args:
        home: Whose commits.
        connection: From `open_build`.

    Raises:
        ValueError: `raw.pins` is empty.
    """
    row = connection.execute("select watermark, built_through from raw.pins").fetchone()
    if row is None:
        raise ValueError(f"{home.warehouse_db}: raw.pins is empty; run `rapporteur rebuild`")
    watermark, built_through = int(row[0]), int(row[1])
    return Scope(tuple(one for one in read_commits(home) if one.batch_id <= watermark), built_through, watermark)


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")


@contextmanager
def open_build(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The databases being built, read-only: the warehouse by default, `current` and `restricted` when they exist.

    Nothing else in this process may have them open; they are closed at the end of the block. The session's zone is UTC.
    """
    connection = duckdb.connect(str(home.warehouse_db), read_only=True)
    try:
        connection.execute("set timezone = 'UTC'")
        for alias, path in (("current", home.current_db), ("restricted", home.restricted_db)):
            if path.exists():
                connection.execute(f"attach '{_quoted(path)}' as {alias} (read_only)")
        yield connection
    finally:
        connection.close()


def load_ledger(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    """Make the commits queryable as `ledger` (a row per file and batch) and `lake_files` (a row per Parquet file).

    Args:
        connection: From `open_build`.
        scope: Whose commits.
    """
    ledger = [
        {
            "batch_id": batch_id,
            "feed": one.feed,
            "file_id": one.file_id,
            "file_sha256": one.file_sha256,
            "received_on": one.received_on,
            "path": one.path,
            "status": one.status,
            "lines": one.lines,
            "loaded": one.loaded,
            "duplicate": one.duplicate,
            "quarantined": one.quarantined,
            "blank": one.blank,
        }
        for batch_id, one in scope.deliveries()
    ]
    files = [
        {"batch_id": commit.batch_id, "feed": one.feed, "kind": one.kind, "rows": one.rows, "path": one.path}
        for commit in scope.commits
        for one in commit.data_files
    ]
    connection.register("ledger", pa.Table.from_pylist(ledger, schema=_LEDGER))
    connection.register("lake_files", pa.Table.from_pylist(files, schema=_FILES))


_LEDGER = pa.schema(
    [("batch_id", pa.int64()), ("feed", pa.string()), ("file_id", pa.int64())]
    + [(name, pa.string()) for name in ("file_sha256", "received_on", "path", "status")]
    + [(name, pa.int64()) for name in ("lines", "loaded", "duplicate", "quarantined", "blank")]
)
_FILES = pa.schema(
    [
        ("batch_id", pa.int64()),
        ("feed", pa.string()),
        ("kind", pa.string()),
        ("rows", pa.int64()),
        ("path", pa.string()),
    ]
)


def has_relation(connection: duckdb.DuckDBPyConnection, relation: str) -> bool:
    """Whether `catalog.schema.name` exists."""
    catalog, schema, name = relation.split(".")
    found = connection.execute(
        "select 1 from duckdb_tables() where database_name = ? and schema_name = ? and table_name = ? union all "
        "select 1 from duckdb_views() where database_name = ? and schema_name = ? and view_name = ?",
        [catalog, schema, name] * 2,
    ).fetchone()
    return found is not None


def rows_of(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[object] | None = None
) -> list[dict[str, object]]:
    """A query's rows as dictionaries."""
    cursor = connection.execute(sql, parameters or [])
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
