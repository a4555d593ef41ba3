"""The batch: delivered files go into the vault, become rows, and exist from the moment their commit is written.

Belongs here: the order of the steps, numbering of files, the accounting of each delivery. Not here: how each step works.
"""

import errno
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import duckdb

from assets.ingestion.accounting import Ledger, delivery_of, refused_delivery, repeated_delivery
from assets.ingestion.contracts import FEEDS
from assets.ingestion.discovery import Pending, discover
from assets.ingestion.file_decoding import Decoded, FileJob, decode_file
from assets.ingestion.mappings import load_mappings, mapping_for
from assets.ingestion.settlement import Settled, registered_surfaces, settle
from assets.ingestion.splitter import Limits
from orchestration.core import vault
from orchestration.core.clock import stamp
from orchestration.core.commits import Commit, Delivery, read_commits, write_commit
from orchestration.core.failpoints import reach
from orchestration.core.home import Home
from orchestration.core.settings import Settings, get_settings

__all__ = ["Pending", "discover", "ingest"]

MEMORY_LIMIT = "256MiB"
ALONE_BYTES = 24 * 2**20
"""Text decoded at a time when one file is read: planning a statement costs the same for any size, memory does not."""
SHARED_BYTES = 16 * 2**20
"""The same for all files that are read side by side, together."""
Progress = Callable[[str, int], None]


@dataclass(slots=True)
class _Intake:
    """Files in the vault, each with what it is known as."""

    jobs: list[FileJob] = field(default_factory=list)
    pending: dict[int, Pending] = field(default_factory=dict)
    deliveries: list[tuple[Pending, Delivery]] = field(default_factory=list)


def ingest(home: Home, run_id: str, pending: Sequence[Pending], *, progress: Progress | None = None) -> Commit | None:
    """Take files in and commit them as one batch. The caller holds the run lock and has swept.

    Args:
        home: The home.
        run_id: The run that the commit names.
        pending: What `discover` found.
        progress: Called with (path, lines so far) while a file is decoded; from several threads.

    Returns:
        The commit, or None when there was nothing to take in.

    Raises:
        OSError: No room, or a broken disk; nothing was committed, the next run takes the same files in.
        AccountingError: The lines of a file do not add up (a defect of ours); nothing was committed.
    """
    if not pending:
        return None
    settings = get_settings()
    check_room(home, settings)
    ledger = Ledger.of(read_commits(home))
    is_synthetic = home.synthetic_marker.exists()
    intake = _store(home, pending, ledger, is_synthetic)
    reach("vault_stored")
    with open_engine(home, settings) as con:
        decoded = decode_all(home, con, intake.jobs, settings, progress)
        reach("decoded")
        check_room(home, settings)
        try:
            settled = settle(home, con, decoded, ledger)
        except duckdb.Error as error:
            raise _as_disk_error(home, error) or error from error
        reach("lake_written")
        surfaces = registered_surfaces(con, home, ledger, settled)
    deliveries = [
        *intake.deliveries,
        *(
            (
                intake.pending[one.job.file_id],
                delivery_of(one, settled, intake.pending[one.job.file_id], surfaces, is_synthetic),
            )
            for one in decoded
        ),
    ]
    return commit(
        home, run_id, ledger, [row for _, row in sorted(deliveries, key=lambda pair: pair[0])], settled, is_synthetic
    )


def commit(
    home: Home, run_id: str, ledger: Ledger, deliveries: list[Delivery], settled: Settled, is_synthetic: bool
) -> Commit | None:
    """Write the commit: from here on the batch exists."""
    if not deliveries:
        return None
    made = Commit(
        batch_id=ledger.next_batch_id,
        run_id=run_id,
        committed_at=stamp(),
        deliveries=deliveries,
        data_files=sorted(settled.data_files, key=lambda one: one.path),
        touched_days={feed: sorted(days) for feed, days in sorted(settled.touched_days.items()) if days},
        is_synthetic=is_synthetic,
    )
    reach("before_commit")
    write_commit(home, made)
    reach("after_commit")
    return made


def check_room(home: Home, settings: Settings) -> None:
    """Stop before the disk is full, with a message that says what to do."""
    free = shutil.disk_usage(home.root).free
    if free < settings.min_free_bytes:
        raise OSError(
            errno.ENOSPC,
            f"only {free / 2**20:,.0f} MiB free, {settings.min_free_bytes / 2**20:,.0f} MiB wanted "
            "(RAPPORTEUR_MIN_FREE_BYTES); nothing was committed, make room and run again",
            str(home.root),
        )


def open_engine(home: Home, settings: Settings) -> duckdb.DuckDBPyConnection:
    """The DuckDB of a batch: in memory, bounded, spilling into scratch."""
    home.scratch.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(
        ":memory:",
        config={
            # Files are decoded side by side, each by its own thread; more threads inside one query only cost CPU.
            "threads": 1,
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(home.scratch / "engine"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    con.execute("SET TimeZone = 'UTC'")
    return con


def decode_all(
    home: Home, con: duckdb.DuckDBPyConnection, jobs: Sequence[FileJob], settings: Settings, progress: Progress | None
) -> list[Decoded]:
    """Decode files side by side, as many at a time as there are cores; results in the order of the jobs."""
    workers = max(1, min(settings.worker_count, len(jobs)))
    step = ALONE_BYTES if workers == 1 else SHARED_BYTES // workers
    limits = Limits(min(settings.block_bytes, step), settings.max_line_bytes, settings.max_expansion_ratio)

    def one(job: FileJob) -> Decoded:
        seen = (lambda lines: progress(f"{job.feed}/{job.received_on}/{job.name}", lines)) if progress else None
        return decode_file(home, con, job, limits, seen)

    try:
        try:
            with ThreadPoolExecutor(max_workers=workers) as pool:
                return list(pool.map(one, jobs))
        except duckdb.OutOfMemoryException:
            if workers == 1:
                raise
            # What was written is written again under the same names, one file at a time.
            return [one(job) for job in jobs]
    except duckdb.Error as error:
        raise _as_disk_error(home, error) or error from error


def _as_disk_error(home: Home, error: duckdb.Error) -> OSError | None:
    """The error of a full disk, or of no room to spill, with where and how much there is; None for any other."""
    full = ("No space left", "max_temp_directory_size", "failed to offload", "Could not write")
    if not isinstance(error, duckdb.OutOfMemoryException) and not any(sign in str(error) for sign in full):
        return None
    free = shutil.disk_usage(home.root).free
    return OSError(
        errno.ENOSPC,
        f"no room to work in: {free / 2**20:,.0f} MiB free on disk, {MEMORY_LIMIT} of memory used up; nothing was committed, "
        "make room and run again",
        str(home.root),
    )


def _store(home: Home, pending: Sequence[Pending], ledger: Ledger, is_synthetic: bool) -> _Intake:
    """Put files into the vault and tell new content from repeated content, in the order of delivery."""
    intake = _Intake()
    mappings = load_mappings(home)
    for one in sorted(pending):
        if one.refused:
            intake.deliveries.append((one, refused_delivery(one, ledger, is_synthetic)))
            continue
        stored = _keep(home, one)
        if stored is None:
            continue
        known = ledger.known(one.feed, stored.sha256)
        if known is not None:
            intake.deliveries.append((one, repeated_delivery(one, known, stored, is_synthetic)))
            continue
        job = FileJob(
            feed=one.feed,
            received_on=one.received_on,
            name=one.path.name,
            vault_path=vault.path_of(home, stored.sha256),
            sha256=stored.sha256,
            file_id=ledger.number(one.feed, stored.sha256),
            batch_id=ledger.next_batch_id,
            mapping=mapping_for(mappings, FEEDS[one.feed].name, one.path.name),
        )
        intake.jobs.append(job)
        intake.pending[job.file_id] = one
    return intake


def _keep(home: Home, one: Pending) -> vault.VaultObject | None:
    """Store a file; None when it vanished, cannot be read, or changed meanwhile (then it is still being written)."""
    try:
        before = one.path.stat()
        stored = vault.store(home, one.path)
        after = one.path.stat()
    except (FileNotFoundError, PermissionError) as error:
        _warn("landing_file_unreadable", path=one.relative, problem=error.strerror)
        return None
    seen = {(s.st_size, s.st_mtime_ns) for s in (before, after)}
    if seen != {(one.size_bytes, one.mtime_ns)} or stored.size_bytes != one.size_bytes:
        _warn("landing_file_changes", path=one.relative, hint="taken in by a later run, once it keeps still")
        return None
    return stored


def _warn(event: str, **fields: object) -> None:
    import structlog  # takes 0.2 s to import, and is seldom needed

    structlog.get_logger(__name__).warning(event, **fields)
