"""One delivered file, decoded: its rows in parts of the lake, its bad lines in quarantine, its lines counted.

Belongs here: choosing the block path or a reader, bounding what is in memory, refusing a file as a whole. Not here: what
other files hold (`deduplicate`), the commit (`batch`).
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import duckdb

from assets.ingestion.contracts import FEEDS, Feed
from assets.ingestion.decode import decode_block
from assets.ingestion.exact import Fault, Row, decode_line, judge
from assets.ingestion.mapping_language import Mapping
from assets.ingestion.parts import QuarantineFile, part_path, quarantine_path, write_part
from assets.ingestion.readers import open_lines
from assets.ingestion.source_line import Blank, Lines, SourceLine, SourceRejectedError
from assets.ingestion.splitter import Limits, blocks
from assets.ingestion.staging import Stage, count_new, drop_stage, insert_rows
from assets.ingestion.tally import BadLine, Tally
from orchestration.core.home import Home

MIB = 1024 * 1024
PART_BYTES = 16 * MIB
"""Text gathered before a part is sorted and written, at least."""
_READER_LINES = 5_000


@dataclass(frozen=True, slots=True)
class FileJob:
    """What there is to decode.

    Attributes:
        feed: Feed's name.
        received_on: Landing day.
        name: Bare name as delivered; its ending says the format.
        vault_path: Where the bytes are.
        sha256: Their digest.
        file_id: Number of (feed, sha256).
        batch_id: Batch being written.
        mapping: The mapping that fits the name, if any.
        only_lines: Decode just these lines (a retry); all when None.
    """

    feed: str
    received_on: str
    name: str
    vault_path: Path
    sha256: str
    file_id: int
    batch_id: int
    mapping: Mapping | None = None
    only_lines: frozenset[int] | None = None


@dataclass(slots=True)
class Decoded:
    """What became of a file, before other files were looked at.

    Attributes:
        job: The job.
        tally: Counts and drift; ``bad`` is empty, the lines are in ``quarantine``.
        parts: Parquet parts with the number of rows of each.
        quarantine: Its quarantined lines.
        quarantined: Their number.
        rejected: (reason, detail) when the file as a whole was refused.
        seconds: Wall time.
        bad: Lines set aside in a retry, where they are compared instead of written.
    """

    job: FileJob
    tally: Tally
    quarantine: QuarantineFile
    parts: dict[Path, int] = field(default_factory=dict)
    quarantined: int = 0
    rejected: tuple[str, str] | None = None
    seconds: float = 0.0
    bad: list[BadLine] = field(default_factory=list)


def compression_of(name: str) -> str | None:
    """``gz``, ``zst`` or empty for JSONL names; None for any other format."""
    lowered = name.lower()
    return next((end for end in ("gz", "zst", "") if lowered.endswith(f".jsonl.{end}".rstrip("."))), None)


def part_bytes(limits: Limits) -> int:
    """Text that a part of the lake is made of: as much as memory allows beside a block being decoded."""
    return max(PART_BYTES, limits.block_bytes)


def decode_file(
    home: Home,
    con: duckdb.DuckDBPyConnection,
    job: FileJob,
    limits: Limits,
    progress: Callable[[int], None] | None = None,
) -> Decoded:
    """Decode one file into parts and quarantine.

    Args:
        home: Where the lake is.
        con: The batch's DuckDB; a cursor of its own is taken, so that files can be decoded side by side.
        job: What to decode.
        limits: Bounds of blocks and lines.
        progress: Called with the lines seen so far.

    Returns:
        What became of it. A file refused as a whole leaves nothing but its reason.

    Raises:
        OSError: The disk is full or broken.
    """
    started = time.monotonic()
    feed = FEEDS[job.feed]
    cursor = con.cursor()
    cursor.execute("SET TimeZone = 'UTC'")
    midnight = f"{job.received_on}T00:00:00Z"
    stage = Stage(cursor, f"stage_{job.file_id}", feed, job.batch_id, job.file_id, midnight, home.scratch)
    quarantine = QuarantineFile(
        quarantine_path(home, job.feed, job.batch_id, job.file_id), job.batch_id, job.file_id, job.sha256, feed
    )
    decoded = Decoded(job, Tally(), quarantine)
    try:
        for gathered in _steps(home, stage, job, limits, decoded.tally):
            _settle(decoded)
            if progress:
                progress(decoded.tally.lines)
            if gathered >= part_bytes(limits):
                _close_part(home, stage, decoded)
        _close_part(home, stage, decoded)
    except SourceRejectedError as error:
        _reject(decoded, error)
    finally:
        drop_stage(stage)
        cursor.close()
    quarantine.close()
    decoded.seconds = time.monotonic() - started
    return decoded


def _settle(decoded: Decoded) -> None:
    """Move the bad lines out of memory."""
    bad = decoded.tally.bad
    decoded.quarantined += len(bad)
    if decoded.job.only_lines is None:
        decoded.quarantine.write(bad)
    else:
        decoded.bad.extend(bad)
    bad.clear()


def _close_part(home: Home, stage: Stage, decoded: Decoded) -> None:
    job = decoded.job
    count_new(stage, decoded.tally)
    path = part_path(home, job.feed, job.batch_id, job.file_id, len(decoded.parts))
    if rows := write_part(stage, path):
        decoded.parts[path] = rows


def _reject(decoded: Decoded, error: SourceRejectedError) -> None:
    """Forget what was read: nothing of a broken file counts; the vault keeps it, and one quarantine row says why."""
    for path in decoded.parts:
        path.unlink(missing_ok=True)
    decoded.parts.clear()
    decoded.quarantine.discard()
    decoded.tally = Tally()
    decoded.quarantined = 0
    decoded.rejected = (error.reason, error.detail)
    decoded.bad.clear()
    decoded.quarantine.write([BadLine(0, None, None, Fault(error.reason, None, error.detail))])


def _steps(home: Home, stage: Stage, job: FileJob, limits: Limits, tally: Tally) -> Iterator[int]:
    """Decode step by step; yields the bytes (JSONL) or a like measure gathered since the last part."""
    compression = compression_of(job.name)
    if job.mapping is not None or compression is None:
        yield from _reader_steps(stage, job, tally, part_bytes(limits))
        return
    gathered = 0
    for block in blocks(job.vault_path, compression, limits):
        if job.only_lines is None:
            decode_block(stage, block, home.scratch, tally)
        else:
            last = len(block.starts) - 1
            rows: list[tuple[int, Row]] = []
            for index, line_no in enumerate(block.line_numbers.tolist()):
                if line_no in job.only_lines:
                    is_cut = block.is_cut and index == last
                    found = decode_line(stage.feed, block.line(index), is_cut=is_cut)
                    _sort_out(found, SourceLine(line_no, block.byte_offset(index)), rows, tally)
            insert_rows(stage, rows)
        gathered += len(block.data)
        yield gathered
        if gathered >= part_bytes(limits):
            gathered = 0


def _reader_steps(stage: Stage, job: FileJob, tally: Tally, enough: int) -> Iterator[int]:
    feed = stage.feed
    _check_ending(feed, job)
    lines: Lines = open_lines(job.vault_path, job.feed, job.mapping, job.name)
    while batch := list(islice(lines, _READER_LINES)):
        rows: list[tuple[int, Row]] = []
        for line in batch:
            if job.only_lines is not None and line.line_no not in job.only_lines:
                continue
            tally.lines += 1
            if isinstance(line, Blank):
                tally.blank += 1
                continue
            found = judge(feed, line.value) if line.value is not None else None
            reason = Fault(line.reason or "unreadable", line.json_path, line.detail or "")
            _sort_out(found or reason, line, rows, tally)
        insert_rows(stage, rows)
        # Rows of other formats are small or few: a part is closed after each step that brought some.
        yield enough if len(stage.tables) * _READER_LINES >= 100_000 else 0


def _check_ending(feed: Feed, job: FileJob) -> None:
    lowered = job.name.lower()
    if job.mapping is None and not any(lowered.endswith(f".{ending}") for ending in feed.formats):
        endings = ", ".join(feed.formats)
        raise SourceRejectedError("unsupported_format", f"{feed.name} takes {endings}; other formats need a mapping")


def _sort_out(found: Row | Fault, line: SourceLine, rows: list[tuple[int, Row]], tally: Tally) -> None:
    if isinstance(found, Fault):
        tally.refuse(line.line_no, line.byte_offset, line.sheet, found)
    else:
        rows.append((line.line_no, found))
