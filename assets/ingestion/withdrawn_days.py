"""Days of withdrawn requests: which UTC days of the feed too big to copy new retractions take rows from.

Belongs here: finding the lake files and rows that a new retraction names. Not here: leaving the rows out (staging).
Only the files that a retraction's digest names are read; one that names an id alone looks through them all, by that column.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from assets.ingestion.contracts import FEEDS, Feed
from assets.ingestion.deduplicate import event_date
from assets.ingestion.fast_sql import name_of, quoted
from orchestration.core.commits import Commit, DataFile
from orchestration.core.home import Home

_RETRACTIONS = "retractions"


@dataclass(frozen=True, slots=True)
class _Retraction:
    batch_id: int
    file_sha256: str | None
    line: int | None
    id: str | None


def withdrawn_days(
    con: duckdb.DuckDBPyConnection, home: Home, commits: Sequence[Commit], feed: Feed, built_through: int
) -> set[str]:
    """Find the days that retractions of new batches take rows from.

    Args:
        con: Any connection.
        home: Where the lake is.
        commits: All commits, in order.
        feed: The feed whose rows are withdrawn.
        built_through: Last batch that the marts already hold; later ones are new.

    Returns:
        UTC days, ``YYYY-MM-DD``.
    """
    ids: dict[int, set[str]] = {}
    days: set[str] = set()
    for row in _retractions(con, home, [one for one in commits if one.batch_id > built_through], feed):
        if row.file_sha256 is not None:
            days |= _named_days(con, home, commits, feed, row)
        elif row.id is not None:
            ids.setdefault(row.batch_id, set()).add(row.id)
    for batch_id, wanted in ids.items():
        listed = ", ".join(quoted(one) for one in sorted(wanted))
        files = _files(commits, feed, through=batch_id)
        days |= _days(con, home, files, feed, f"{name_of(feed.key[0])} IN ({listed})")
    return days


def _retractions(
    con: duckdb.DuckDBPyConnection, home: Home, commits: Sequence[Commit], feed: Feed
) -> list[_Retraction]:
    files = _files(commits, FEEDS[_RETRACTIONS])
    if not files:
        return []
    found = con.execute(
        f"SELECT _batch_id, file_sha256, line, id FROM read_parquet([{_listed(home, files)}], union_by_name = true) "
        f"WHERE feed = {quoted(feed.name)}"
    )
    return [_Retraction(*row) for row in found.fetchall()]


def _named_days(
    con: duckdb.DuckDBPyConnection, home: Home, commits: Sequence[Commit], feed: Feed, row: _Retraction
) -> set[str]:
    ids = _file_ids(commits, feed.name, row.file_sha256 or "")
    files = [file for file in _files(commits, feed) if _file_id(file) in ids]
    if row.line is None and row.id is None:
        return {day for file in files for day in file.event_days}
    conditions = [f"_line_no = {row.line}"] if row.line is not None else []
    conditions += [f"{name_of(feed.key[0])} = {quoted(row.id)}"] if row.id is not None else []
    return _days(con, home, files, feed, " AND ".join(conditions))


def _days(
    con: duckdb.DuckDBPyConnection, home: Home, files: Sequence[DataFile], feed: Feed, condition: str
) -> set[str]:
    if not files:
        return set()
    found = con.execute(
        f"SELECT DISTINCT ({event_date(feed)})::VARCHAR FROM read_parquet([{_listed(home, files)}], union_by_name = true) "
        f"WHERE {condition}"
    )
    return {day for (day,) in found.fetchall() if day is not None}


def _files(commits: Sequence[Commit], feed: Feed, through: int | None = None) -> list[DataFile]:
    return [
        file
        for commit in commits
        if through is None or commit.batch_id <= through
        for file in commit.data_files
        if file.kind == "raw" and file.feed == feed.name
    ]


def _listed(home: Home, files: Iterable[DataFile]) -> str:
    return ", ".join(quoted(str(home.root / file.path)) for file in files)


def _file_id(file: DataFile) -> int:
    """The file that a lake file's rows came from: the middle of its name (`parts.part_path`)."""
    return int(file.path.rsplit("/", 1)[-1].split("-")[1])


def _file_ids(commits: Sequence[Commit], feed: str, sha256: str) -> set[int]:
    return {
        one.file_id for commit in commits for one in commit.deliveries if one.feed == feed and one.file_sha256 == sha256
    }
