"""Quarantine: lines set aside, where they are and why; looking at one, and taking them in once the cause is mended.

Belongs here: listing what is open, the raw line from the vault, the retry. Not here: why a line is set aside (`exact`).
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import duckdb

from assets.ingestion.accounting import AccountingError, Ledger
from assets.ingestion.batch import check_room, decode_all, open_engine
from assets.ingestion.batch import commit as write_batch
from assets.ingestion.contracts import FEEDS
from assets.ingestion.exact import Fault, canonical_json
from assets.ingestion.fast_sql import quoted
from assets.ingestion.file_decoding import Decoded, FileJob, compression_of
from assets.ingestion.mappings import load_mappings, mapping_for
from assets.ingestion.parts import QuarantineFile, data_file, quarantine_path
from assets.ingestion.readers import open_lines
from assets.ingestion.settlement import Settled, registered_surfaces, settle
from assets.ingestion.source_line import SourceLine
from assets.ingestion.splitter import Limits, read_lines
from assets.ingestion.tally import BadLine
from orchestration.core import erasures, vault
from orchestration.core.commits import Commit, Delivery, read_commits
from orchestration.core.failpoints import reach
from orchestration.core.home import Home
from orchestration.core.settings import get_settings


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line set aside and not yet taken in; ``line_no`` 0 stands for a whole file that was refused.

    Attributes:
        batch_id: Batch that set it aside.
        file_id: File.
        file_sha256: Digest of the delivered bytes.
        feed: Feed.
        line_no: 1-based line, row or element; 0 for the whole file.
        byte_offset: Offset in the decompressed stream, where the format has one.
        sheet: Spreadsheet's sheet.
        reason: Code.
        json_path: Where in the record.
        detail: What was expected; never the content.
    """

    batch_id: int
    file_id: int
    file_sha256: str
    feed: str
    line_no: int
    byte_offset: int | None
    sheet: str | None
    reason: str
    json_path: str | None
    detail: str | None


def list_open(home: Home) -> list[OpenLine]:
    """List every line that is set aside and was neither taken in nor erased since, by feed, file and line."""
    files = [f.path for c in read_commits(home) for f in c.data_files if f.kind == "quarantine"]
    if not files:
        return []
    listed = ", ".join(quoted(str(home.root / path)) for path in files)
    with duckdb.connect(":memory:") as con:
        rows = con.execute(
            "SELECT _batch_id, file_id, file_sha256, feed, line_no, byte_offset, sheet, reason, json_path, detail "
            f"FROM read_parquet([{listed}], union_by_name = true) "
            "WINDOW same AS (PARTITION BY file_id, line_no, coalesce(sheet, '')), "
            "latest AS (PARTITION BY file_id, line_no, coalesce(sheet, '') ORDER BY _batch_id DESC) "
            "QUALIFY bool_and(resolved_batch_id IS NULL) OVER same AND row_number() OVER latest = 1 "
            "ORDER BY feed, file_id, sheet, line_no"
        ).fetchall()
    gone = erasures.erased_lines(home)
    lines = [OpenLine(*row) for row in rows]
    return [line for line in lines if gone.erasure_of(line.file_sha256, line.line_no) is None]


def raw_line(home: Home, sha256: str, line_no: int) -> bytes:
    """Read one line as it was delivered, from the vault.

    Args:
        home: The home.
        sha256: Digest of the delivered file.
        line_no: 1-based line, row or element.

    Returns:
        The bytes of a JSONL line without its line end; canonical JSON for other formats, under the columns or keys
        as delivered.

    Raises:
        erasures.LineErased: It was erased, and under which request.
        ValueError: No such file was delivered, or it has no such line, or it is blank or longer than a line may be.
    """
    known = next((d for c in read_commits(home) for d in c.deliveries if d.file_sha256 == sha256), None)
    if known is None:
        raise ValueError(f"no delivered file has the digest {sha256}; see `rapporteur status`")
    if (erasure := erasures.erased_lines(home).erasure_of(sha256, line_no)) is not None:
        raise erasures.LineErased(sha256, line_no, erasure)
    path, name = vault.path_of(home, sha256), PurePosixPath(known.path).name
    compression = compression_of(name)
    if compression is not None and known.mapping is None:
        settings = get_settings()
        limits = Limits(settings.block_bytes, settings.max_line_bytes, settings.max_expansion_ratio)
        for _, raw in read_lines(path, compression, limits, {line_no}):
            return raw
    else:
        mapping = mapping_for(load_mappings(home), known.feed, name)
        for line in open_lines(path, known.feed, mapping, name):
            if isinstance(line, SourceLine) and line.line_no == line_no:
                found = line.delivered or line.value
                if found is None:
                    return f"({line.reason}: {line.detail})".encode()
                return canonical_json({k: v if _is_json(v) else str(v) for k, v in found.items()}).encode()
    raise ValueError(f"{sha256[:16]} has no line {line_no} that can be shown")


def _is_json(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool | list | dict)


def retry(
    home: Home, run_id: str, *, feed: str | None = None, progress: Callable[[str, int], None] | None = None
) -> Commit | None:
    """Take in again what is set aside, under today's contract and mappings. The caller holds the run lock.

    Each file gets a ledger row of its own: no lines, ``quarantined`` less the lines that were settled, ``loaded`` (or
    ``duplicate``) as many more; so the accounting holds on sums. A file refused as a whole is taken in from the start.

    Args:
        home: The home.
        run_id: The run that the commit names.
        feed: Only this feed; all when None.
        progress: Called with (path, lines so far).

    Returns:
        The commit, or None when no line could be settled.
    """
    settings = get_settings()
    check_room(home, settings)
    commits = read_commits(home)
    ledger = Ledger.of(commits)
    lines: dict[int, list[OpenLine]] = defaultdict(list)
    for line in list_open(home):
        if feed in (None, line.feed):
            lines[line.file_id].append(line)
    delivered = {d.file_id: d for c in reversed(commits) for d in c.deliveries if d.status != "duplicate_file"}
    jobs = [
        _job(home, ledger, delivered[file_id], lines[file_id])
        for file_id in sorted(lines)
        if delivered[file_id].file_sha256
    ]
    with open_engine(home, settings) as con:
        decoded = decode_all(home, con, jobs, settings, progress)
        reach("decoded")
        for one in decoded:
            _keep_only_fresh(one)
        settled = settle(home, con, decoded, ledger)
        rows = [_account(home, one, lines[one.job.file_id], delivered[one.job.file_id], settled) for one in decoded]
        reach("lake_written")
        surfaces = registered_surfaces(con, home, ledger, settled)
    made = [
        replace_surfaces(row, one.tally.surfaces - surfaces)
        for row, one in zip(rows, decoded, strict=True)
        if row is not None
    ]
    named = {file.path for file in settled.data_files}
    if not made:
        for path in named:
            (home.root / path).unlink(missing_ok=True)
        return None
    return write_batch(home, run_id, ledger, made, settled, any(row.is_synthetic for row in made))


def replace_surfaces(row: Delivery, unknown: set[str]) -> Delivery:
    """The same ledger row, with the unregistered surfaces that the retried lines brought."""
    import msgspec

    return msgspec.structs.replace(row, unregistered_surfaces=sorted(unknown))


def _job(home: Home, ledger: Ledger, known: Delivery, lines: Sequence[OpenLine]) -> FileJob:
    name = PurePosixPath(known.path).name
    whole = any(line.line_no == 0 for line in lines)
    return FileJob(
        feed=known.feed,
        received_on=known.received_on,
        name=name,
        vault_path=vault.path_of(home, known.file_sha256),
        sha256=known.file_sha256,
        file_id=known.file_id,
        batch_id=ledger.next_batch_id,
        mapping=mapping_for(load_mappings(home), known.feed, name),
        only_lines=None if whole else frozenset(line.line_no for line in lines),
    )


def _keep_only_fresh(one: Decoded) -> None:
    """A file that is refused again changes nothing: its reason stands in the record already."""
    if one.rejected:
        one.quarantine.discard()


def _account(home: Home, one: Decoded, lines: list[OpenLine], known: Delivery, settled: Settled) -> Delivery | None:
    """The ledger row of a retried file and the rows that close its quarantined lines; None when nothing changed."""
    job = one.job
    if one.rejected:
        return None
    loaded, duplicate, conflicts = (
        counts[job.file_id] for counts in (settled.loaded, settled.duplicates, settled.conflicts)
    )
    whole = job.only_lines is None
    still = one.quarantined + conflicts
    before = 0 if whole else len(lines)
    counted = one.tally.lines if whole else 0
    if counted - one.tally.blank * whole != loaded + duplicate + still - before:
        raise AccountingError(
            f"{known.path}: a retry of {before} lines gave {loaded} + {duplicate} + {still}; please report this"
        )
    if loaded + duplicate == 0 and not whole:
        return None
    _close_lines(home, one, lines, settled)
    return Delivery(
        **{
            name: getattr(known, name)
            for name in (
                "file_id",
                "file_sha256",
                "feed",
                "received_on",
                "path",
                "size_bytes",
                "mtime_ns",
                "is_synthetic",
            )
        },
        status="retried",
        lines=counted,
        loaded=loaded,
        duplicate=duplicate,
        quarantined=still - before,
        blank=one.tally.blank if whole else 0,
        new_fields=dict(sorted(one.tally.new_fields.items())),
        mapping=job.mapping.name if job.mapping else None,
        contract_version=FEEDS[job.feed].version,
        seconds=round(one.seconds, 3),
    )


def _close_lines(home: Home, one: Decoded, lines: list[OpenLine], settled: Settled) -> None:
    job = one.job
    failed = {(bad.line_no, bad.sheet) for bad in one.bad} | {
        (line, None) for line in settled.conflict_lines[job.file_id]
    }
    closed = [line for line in lines if (line.line_no, line.sheet) not in failed]
    path = quarantine_path(home, job.feed, job.batch_id, job.file_id, "-resolved")
    with QuarantineFile(path, job.batch_id, job.file_id, job.sha256, FEEDS[job.feed]) as file:
        file.write(
            [BadLine(o.line_no, o.byte_offset, o.sheet, Fault(o.reason, o.json_path, o.detail or "")) for o in closed],
            resolved_batch_id=job.batch_id,
        )
    if closed:
        settled.data_files.append(data_file(home, path, "quarantine", job.feed, len(closed), []))
