"""Coordination in any event file: accounts that do the same thing to the same object within seconds of each other.

Running the statement over a file and writing pairs, edges and viral objects belong here; the statement itself is
dbt_project/macros/coordination.sql, and how a file is read is told by event_files.py.
"""

import os
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from assets.detection.coordination_sql import edges_sql, pairs_sql, shares_sql, viral_sql
from assets.detection.event_files import Columns, Loaded, load

if TYPE_CHECKING:
    import duckdb

DEFAULT_CAP = 200
DEFAULT_MIN_PARTICIPATION = 2
_SMALL_BYTES = 16 * 1024 * 1024
"""Below it one thread does: a second one only makes them wait for each other, at twice the CPU."""

_LONGEST_WINDOW = 366 * 86_400
_BEGINS_A_FORMULA = "^ *[-=+@\\t\\r\\n]"
_WHOLE_NUMBER = "-[0-9]+"


@dataclass(frozen=True)
class Viral:
    """A bucket of time in which more events fell on one object than are paired.

    Attributes:
        object: The object.
        bucket: First instant of the bucket, seconds since 1970 UTC, as text without trailing zeros.
        accounts: Accounts that took part.
        cut: Events that were not paired.
    """

    object: str
    bucket: str
    accounts: int
    cut: int


@dataclass(frozen=True)
class Coordination:
    """What was found in a file.

    Attributes:
        rows: Rows of the file.
        left_out: Rows without an account, object, time or content.
        missing: Role -> rows that lack it.
        events: Different events that were left, of any account.
        participating: Those of accounts with enough of them.
        pairs: Pairs of events.
        edges: Pairs of accounts.
        weight: Sum of the edges' weights.
        accounts: Accounts with an edge.
        cut: Events that were not paired, because their bucket was full.
        viral: The full buckets, the fullest first; at most 20 here, all of them in viral.csv.
        viral_buckets: How many there are.
        naive_time: Whether timestamps carried no zone and were taken as UTC.
        files: The files written.
    """

    rows: int
    left_out: int
    missing: dict[str, int]
    events: int
    participating: int
    pairs: int
    edges: int
    weight: int
    accounts: int
    cut: int
    viral: list[Viral]
    viral_buckets: int
    naive_time: bool
    files: list[str]


def find(
    file: Path,
    columns: Columns,
    window_seconds: float,
    out: Path,
    *,
    min_participation: int = DEFAULT_MIN_PARTICIPATION,
    cap: int = DEFAULT_CAP,
) -> Coordination:
    """Find coordinated pairs in a file and write pairs.csv, edges.csv and viral.csv (UTF-8, LF, sorted).

    Args:
        file: CSV, TSV or JSON lines (also .gz), or Parquet.
        columns: Its columns.
        window_seconds: Greatest distance in time of a pair, in seconds, both ends included; to the microsecond.
        out: Folder to write to; made when it is not there.
        min_participation: Fewest events of an account, and of its events in pairs; 1 = everybody.
        cap: Most events of one object in one bucket of time (as long as the window) that are paired.

    Returns:
        Counts, and what was cut.

    Raises:
        ValueError: An option or the file makes no sense; says what to do.
        OSError: The answer could not be made or written: no room, no memory, no permission.
    """
    if not isfinite(window_seconds) or not 0 <= window_seconds <= _LONGEST_WINDOW:
        raise ValueError(f"a window of {window_seconds} seconds: give 0 to {_LONGEST_WINDOW}")
    if min_participation < 1 or cap < 1:
        raise ValueError("min-participation and cap are at least 1")
    if not file.is_file():
        raise ValueError(f"{file} is not a file")
    import duckdb

    with TemporaryDirectory(prefix="rapporteur-") as spill:
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": "false",
            "python_enable_replacements": "false",
            "temp_directory": spill,
        }
        if file.stat().st_size < _SMALL_BYTES:
            config["threads"] = 1
        with duckdb.connect(config=config) as connection:
            loaded = load(connection, file, columns)
            try:
                return _found(connection, loaded, window_seconds, out, min_participation, cap)
            except duckdb.Error as error:
                raise OSError(f"{file}: {str(error).splitlines()[0]}") from error


def _found(
    connection: "duckdb.DuckDBPyConnection", loaded: Loaded, window: float, out: Path, min_participation: int, cap: int
) -> Coordination:
    made = {
        "shares": shares_sql("events", window, min_participation, cap),
        "pairs": pairs_sql("shares", window, min_participation),
        "edges": edges_sql("pairs"),
        "viral": viral_sql("shares", window),
    }
    for name, sql in made.items():
        connection.execute(f"create temporary table {name} as {sql}")
    files = _write(connection, out)
    events, participating, pairs, edges, weight, accounts, buckets, cut = _counts(connection)
    return Coordination(
        rows=loaded.rows,
        left_out=loaded.left_out,
        missing=loaded.missing,
        events=events,
        participating=participating,
        pairs=pairs,
        edges=edges,
        weight=weight,
        accounts=accounts,
        cut=cut,
        viral=_fullest(connection),
        viral_buckets=buckets,
        naive_time=loaded.naive_time,
        files=[str(path) for path in files],
    )


def _write(connection: "duckdb.DuckDBPyConnection", out: Path) -> list[Path]:
    """The three files, each complete or not there."""
    queries = {
        "pairs.csv": f"""
            select {_safe("object_id")} as object, {_safe("content_a")} as content_a, {_safe("content_b")} as content_b,
                {_safe("account_a")} as account_a, {_safe("account_b")} as account_b, {_seconds("delta_micros")} as time_delta
            from pairs
            order by object_id, pairs.account_a, pairs.account_b, paired_micros, delta_micros, pairs.content_a, pairs.content_b
        """,
        "edges.csv": f"""
            select {_safe("account_a")} as account_a, {_safe("account_b")} as account_b, weight
            from edges order by edges.account_a, edges.account_b
        """,
        "viral.csv": f"""
            select {_safe("object_id")} as object, {_seconds("bucket_micros")} as bucket, accounts, cut
            from viral order by object_id, bucket_micros
        """,
    }
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, query in queries.items():
        unfinished = out / f".{name}.{os.getpid()}"
        try:
            quoted = str(unfinished).replace("'", "''")
            connection.execute(
                f"copy ({query}) to '{quoted}' (format csv, header true, delimiter ',', quote '\"', escape '\"')"
            )
            unfinished.replace(out / name)
        finally:
            unfinished.unlink(missing_ok=True)
        written.append(out / name)
    return written


def _counts(connection: "duckdb.DuckDBPyConnection") -> tuple[int, ...]:
    row = connection.execute(
        """
        select
            (select count(*) from (select distinct account_id, object_id, content_id, shared_micros from events)),
            (select count(*) from shares),
            (select count(*) from pairs),
            (select count(*) from edges),
            (select coalesce(sum(weight), 0) from edges),
            (select count(*) from (select account_a from edges union select account_b from edges)),
            (select count(*) from viral),
            (select coalesce(sum(cut), 0) from viral)
        """
    ).fetchone()
    return tuple(int(value) for value in row or ())


def _fullest(connection: "duckdb.DuckDBPyConnection") -> list[Viral]:
    rows = connection.execute(
        f"select object_id, {_seconds('bucket_micros')}, accounts, cut from viral order by cut desc, object_id, bucket_micros limit 20"
    ).fetchall()
    return [Viral(str(name), str(bucket), int(accounts), int(cut)) for name, bucket, accounts, cut in rows]


def _safe(column: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before a dangerous beginning. Whole numbers stay."""
    dangerous = (
        f"regexp_matches({column}, '{_BEGINS_A_FORMULA}') and not regexp_full_match({column}, '{_WHOLE_NUMBER}')"
    )
    return f"case when {dangerous} then '''' || {column} else {column} end"


def _seconds(micros: str) -> str:
    """Microseconds as seconds, without trailing zeros."""
    return f"rtrim(rtrim(cast(cast({micros} as decimal(20, 0)) * 0.000001 as varchar), '0'), '.')"
