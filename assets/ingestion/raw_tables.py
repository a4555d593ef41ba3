"""Raw tables: what is committed in the lake, made visible in the warehouse as schema `raw`, before dbt runs.

Belongs here: appending new batches, pins, touched days, what file ids mean. Not here: choosing versions in force (staging).
"""

from collections.abc import Sequence
from datetime import date

import duckdb

from assets.ingestion.contracts import FEEDS, Feed, lake_columns
from assets.ingestion.fast_sql import name_of, quoted
from assets.ingestion.withdrawn_days import withdrawn_days
from orchestration.core import derived
from orchestration.core.commits import Commit, DataFile
from orchestration.core.home import Home

BY_DAY = "model_requests"
"""The feed too big to copy: a view over just the lake files that hold a touched day."""


def raw_columns() -> dict[str, dict[str, str]]:
    """Column name to DuckDB type of every table of schema ``raw`` that holds a feed or a register."""
    return {name: lake_columns(feed) for name, feed in FEEDS.items()}


def load(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    commits: Sequence[Commit],
    *,
    built_through: int,
    rebuild_days: tuple[date, date] | None = None,
) -> None:
    """Bring schema ``raw`` up to the last commit, and say what is to be recomputed.

    Args:
        con: The warehouse, open for writing, alone.
        home: Where the lake and the open file are.
        commits: All commits, in order.
        built_through: Last batch that the marts already hold; 0 rebuilds everything.
        rebuild_days: First and last event day to recompute besides, both inclusive.

    Writes ``raw.<feed>`` (one row per loaded line and version), ``raw.pins`` (one row), ``raw.touched_days`` (one row per
    feed and UTC event day) and ``current.ops.files`` (one row per file id). All in one transaction a database.
    """
    con.execute("SET TimeZone = 'UTC'")
    touched = _touched(commits, built_through, rebuild_days)
    # Retractions of other feeds are followed in dbt, which has all their rows; of this one it sees only touched days.
    touched.setdefault(BY_DAY, set()).update(withdrawn_days(con, home, commits, FEEDS[BY_DAY], built_through))
    con.execute("BEGIN")
    try:
        con.execute("CREATE SCHEMA IF NOT EXISTS raw")
        for feed in FEEDS.values():
            if feed.name == BY_DAY:
                _view(con, home, feed, commits, touched.get(feed.name, set()))
            else:
                _append(con, home, feed, commits)
        _pins(con, commits, built_through)
        _touched_table(con, touched)
        con.execute("COMMIT")
    except BaseException:
        con.execute("ROLLBACK")
        raise
    derived.load(con, home, commits[-1].batch_id if commits else 0)
    _files(con, home, commits)


def _touched(
    commits: Sequence[Commit], built_through: int, rebuild_days: tuple[date, date] | None
) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for commit in commits:
        if commit.batch_id > built_through:
            for feed, days in commit.touched_days.items():
                found.setdefault(feed, set()).update(days)
        if rebuild_days:
            first, last = (day.isoformat() for day in rebuild_days)
            for file in commit.data_files:
                if file.kind == "raw":
                    found.setdefault(file.feed, set()).update(day for day in file.event_days if first <= day <= last)
    return found


def _raw_files(commits: Sequence[Commit], feed: Feed, after: int = 0) -> list[DataFile]:
    return [
        file
        for commit in commits
        if commit.batch_id > after
        for file in commit.data_files
        if file.kind == "raw" and file.feed == feed.name
    ]


def _empty(feed: Feed) -> str:
    columns = ", ".join(f"NULL::{kind} AS {name_of(name)}" for name, kind in lake_columns(feed).items())
    return f"SELECT {columns} WHERE false"


def _rows(home: Home, feed: Feed, files: Sequence[DataFile]) -> str:
    """Rows of lake files under the contract's columns of today: what an older contract lacked is null."""
    columns = ", ".join(name_of(name) for name in lake_columns(feed))
    if not files:
        return _empty(feed)
    listed = ", ".join(quoted(str(home.root / file.path)) for file in files)
    return (
        f"SELECT {columns} FROM ({_empty(feed)} UNION ALL BY NAME "
        f"SELECT * FROM read_parquet([{listed}], union_by_name = true))"
    )


def _view(con: duckdb.DuckDBPyConnection, home: Home, feed: Feed, commits: Sequence[Commit], days: set[str]) -> None:
    files = [file for file in _raw_files(commits, feed) if days.intersection(file.event_days)]
    con.execute(f"CREATE OR REPLACE VIEW raw.{feed.name} AS {_rows(home, feed, files)}")


def _append(con: duckdb.DuckDBPyConnection, home: Home, feed: Feed, commits: Sequence[Commit]) -> None:
    present = con.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = current_database() "
        "AND schema_name = 'raw' AND table_name = $name ORDER BY column_index",
        {"name": feed.name},
    ).fetchall()
    wanted = [
        (name, kind.replace("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE")) for name, kind in lake_columns(feed).items()
    ]
    loaded = _loaded_through(con, feed) if present == wanted else 0
    head = commits[-1].batch_id if commits else 0
    if present != wanted or loaded > head:
        con.execute(f"CREATE OR REPLACE TABLE raw.{feed.name} AS {_empty(feed)}")
        loaded = 0
    if files := _raw_files(commits, feed, after=loaded):
        con.execute(f"INSERT INTO raw.{feed.name} BY NAME {_rows(home, feed, files)}")


def _loaded_through(con: duckdb.DuckDBPyConnection, feed: Feed) -> int:
    found = con.execute(f"SELECT coalesce(max(_batch_id), 0) FROM raw.{feed.name}").fetchone()
    return int(found[0]) if found else 0


def _pins(con: duckdb.DuckDBPyConnection, commits: Sequence[Commit], built_through: int) -> None:
    head = commits[-1] if commits else None
    con.execute(
        "CREATE OR REPLACE TABLE raw.pins AS SELECT $watermark::BIGINT AS watermark, $built::BIGINT AS built_through, "
        "$as_of::TIMESTAMPTZ AS as_of",
        {
            "watermark": head.batch_id if head else 0,
            "built": built_through,
            "as_of": head.committed_at if head else "1970-01-01T00:00:00Z",
        },
    )


def _touched_table(con: duckdb.DuckDBPyConnection, touched: dict[str, set[str]]) -> None:
    rows = [(feed, day) for feed, days in sorted(touched.items()) for day in sorted(days)]
    con.execute(
        "CREATE OR REPLACE TABLE raw.touched_days AS SELECT unnest($feeds::VARCHAR[]) AS feed, "
        "unnest($days::DATE[]) AS event_date",
        {"feeds": [feed for feed, _ in rows], "days": [day for _, day in rows]},
    )


def _files(con: duckdb.DuckDBPyConnection, home: Home, commits: Sequence[Commit]) -> None:
    """Write ``current.ops.files``: published views join it, so it lives in the open file."""
    known: dict[int, tuple[int, str, str, str, bool]] = {}
    for commit in commits:
        for one in commit.deliveries:
            if one.file_sha256:
                row = (one.file_id, one.file_sha256, one.feed, one.received_on, one.is_synthetic)
                known.setdefault(one.file_id, row)
    attached = con.execute("SELECT 1 FROM duckdb_databases() WHERE database_name = 'current'").fetchone()
    if attached is None:
        home.current_db.parent.mkdir(parents=True, exist_ok=True)
        con.execute(f"ATTACH {quoted(str(home.current_db))} AS current")
    try:
        rows = [known[file_id] for file_id in sorted(known)]
        con.execute("CREATE SCHEMA IF NOT EXISTS current.ops")
        con.execute(
            "CREATE OR REPLACE TABLE current.ops.files AS SELECT unnest($ids::BIGINT[]) AS file_id, "
            "unnest($sha::VARCHAR[]) AS file_sha256, unnest($feeds::VARCHAR[]) AS feed, "
            "unnest($days::DATE[]) AS received_on, unnest($synthetic::BOOLEAN[]) AS is_synthetic",
            {
                "ids": [row[0] for row in rows],
                "sha": [row[1] for row in rows],
                "feeds": [row[2] for row in rows],
                "days": [row[3] for row in rows],
                "synthetic": [row[4] for row in rows],
            },
        )
    finally:
        if attached is None:
            con.execute("DETACH current")
