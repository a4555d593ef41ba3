"""Settlement: decoded files of a batch are set against each other and against the lake, and the lake files made final.

Belongs here: dropping what repeats, quarantining what contradicts, event days, durable lake files. Not here: the decision
itself (`deduplicate`), the ledger row (`accounting`).
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from assets.ingestion.contracts import FEEDS, Feed
from assets.ingestion.deduplicate import CONFLICT, Decisions, event_date, find
from assets.ingestion.exact import Fault
from assets.ingestion.fast_sql import quoted
from assets.ingestion.file_decoding import Decoded, compression_of
from assets.ingestion.parts import QuarantineFile, data_file, quarantine_path, rewrite_part
from assets.ingestion.splitter import Limits, line_offsets
from assets.ingestion.tally import BadLine
from orchestration.core.commits import DataFile
from orchestration.core.home import Home
from orchestration.core.settings import get_settings

if TYPE_CHECKING:
    from assets.ingestion.accounting import Ledger

_CONFLICT = Fault("conflicting_duplicate", None, "an earlier line has the same id and other content")


@dataclass(slots=True)
class Settled:
    """What a batch brings into the lake.

    Attributes:
        loaded: Rows that stay, by file.
        duplicates: Rows dropped as equal to what is there, by file.
        conflicts: Rows dropped as contradicting what is there, by file.
        conflict_lines: Their line numbers, by file.
        data_files: Final lake files, durable.
        touched_days: By feed, UTC event days of new and of superseded rows.
    """

    loaded: Counter[int] = field(default_factory=Counter)
    duplicates: Counter[int] = field(default_factory=Counter)
    conflicts: Counter[int] = field(default_factory=Counter)
    conflict_lines: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    data_files: list[DataFile] = field(default_factory=list)
    touched_days: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def settle(home: Home, con: duckdb.DuckDBPyConnection, decoded: Sequence[Decoded], ledger: "Ledger") -> Settled:
    """Make a batch's lake files final.

    Args:
        home: The home.
        con: The batch's DuckDB.
        decoded: Files in the order of delivery.
        ledger: What was there before.

    Returns:
        Counts, files and touched days.
    """
    settled = Settled()
    by_feed: dict[str, list[Decoded]] = defaultdict(list)
    for one in decoded:
        by_feed[one.job.feed].append(one)
    for name, files in by_feed.items():
        _settle_feed(home, con, FEEDS[name], files, ledger, settled)
    for one in decoded:
        if one.quarantine.rows and one.quarantine.path.exists():
            settled.data_files.append(
                data_file(home, one.quarantine.path, "quarantine", one.job.feed, one.quarantine.rows, [])
            )
    return settled


def _settle_feed(
    home: Home, con: duckdb.DuckDBPyConnection, feed: Feed, files: list[Decoded], ledger: "Ledger", settled: Settled
) -> None:
    parts = {path: one for one in files for path in one.parts}
    if not parts:
        return
    days = _days(con, feed, list(parts))
    old = _earlier(home, feed, ledger, {day for found in days.values() for day in found})
    decisions = find(con, feed, ledger.next_batch_id, [str(p) for p in parts], old, [one.job.file_id for one in files])
    if decisions.outcomes:
        _drop(con, parts, decisions, settled)
        days = _days(con, feed, [path for one in files for path in one.parts])
        _quarantine_conflicts(home, files, settled)
    for one in files:
        for path, rows in one.parts.items():
            settled.loaded[one.job.file_id] += rows
            settled.data_files.append(data_file(home, path, "raw", feed.name, rows, sorted(days[str(path)])))
            settled.touched_days[feed.name] |= days[str(path)]
    settled.touched_days[feed.name] |= decisions.superseded_days


def _days(con: duckdb.DuckDBPyConnection, feed: Feed, paths: Sequence[Path]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {str(path): set() for path in paths}
    if paths:
        listed = ", ".join(quoted(str(path)) for path in paths)
        rows = con.execute(
            f"SELECT filename, day::VARCHAR FROM (SELECT DISTINCT filename, {event_date(feed)} AS day "
            f"FROM read_parquet([{listed}], filename = true))"
        )
        for path, day in rows.fetchall():
            if day is not None:
                found[path].add(day)
    return found


def _earlier(home: Home, feed: Feed, ledger: "Ledger", days: set[str]) -> list[str]:
    """Lake files that may hold the same keys: all of the feed, or just those of the same days where keys are unique in one."""
    return [
        str(home.root / file.path)
        for file in ledger.data_files
        if file.kind == "raw"
        and file.feed == feed.name
        and (not feed.unique_per_day or days.intersection(file.event_days))
    ]


def _drop(con: duckdb.DuckDBPyConnection, parts: dict[Path, Decoded], decisions: Decisions, settled: Settled) -> None:
    dropped = pa.table(
        {
            "file_id": pa.array([key[0] for key in decisions.outcomes], pa.int64()),
            "line_no": pa.array([key[1] for key in decisions.outcomes], pa.int64()),
        }
    )
    con.register("dropped", dropped)
    hit = {file_id for file_id, _ in decisions.outcomes}
    try:
        for path, one in parts.items():
            if one.job.file_id not in hit:
                continue
            rows = rewrite_part(con, path)
            one.parts[path] = rows
            if rows == 0:
                del one.parts[path]
    finally:
        con.unregister("dropped")
    for (file_id, line_no), outcome in decisions.outcomes.items():
        (settled.conflicts if outcome == CONFLICT else settled.duplicates)[file_id] += 1
        if outcome == CONFLICT:
            settled.conflict_lines[file_id].add(line_no)


def _quarantine_conflicts(home: Home, files: list[Decoded], settled: Settled) -> None:
    for one in files:
        job = one.job
        lines = sorted(settled.conflict_lines[job.file_id])
        if not lines:
            continue
        offsets = _offsets(one, lines)
        path = quarantine_path(home, job.feed, job.batch_id, job.file_id, "-conflicts")
        with QuarantineFile(path, job.batch_id, job.file_id, job.sha256, FEEDS[job.feed]) as file:
            file.write([BadLine(line, offsets.get(line), None, _CONFLICT) for line in lines])
        settled.data_files.append(data_file(home, path, "quarantine", job.feed, len(lines), []))


def _offsets(one: Decoded, lines: list[int]) -> dict[int, int]:
    compression = compression_of(one.job.name)
    if compression is None or one.job.mapping is not None:
        return {}
    settings = get_settings()
    limits = Limits(settings.block_bytes, settings.max_line_bytes, settings.max_expansion_ratio)
    return line_offsets(one.job.vault_path, compression, limits, set(lines))


def registered_surfaces(
    con: duckdb.DuckDBPyConnection, home: Home, ledger: "Ledger", settled: Settled
) -> frozenset[str]:
    """Codes that the `surfaces` register holds, this batch included."""
    files = [f for f in [*ledger.data_files, *settled.data_files] if f.kind == "raw" and f.feed == "surfaces"]
    if not files:
        return frozenset()
    listed = ", ".join(quoted(str(home.root / file.path)) for file in files)
    rows = con.execute(f"SELECT DISTINCT surface FROM read_parquet([{listed}], union_by_name = true)").fetchall()
    return frozenset(surface for (surface,) in rows)
