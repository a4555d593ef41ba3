"""Commits: the only record of what exists in the lake, one JSON file a batch.

Their shape, reading, writing and the sweep of what no commit names belong here; how a file becomes rows does not.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from orchestration.core import erasures
from orchestration.core.durable import BrokenRecord, create_exclusively
from orchestration.core.home import Home

__all__ = ["BrokenRecord", "Commit", "DataFile", "Delivery", "head", "path_of", "read_commits", "sweep", "write_commit"]


class DataFile(msgspec.Struct, frozen=True, kw_only=True):
    """A Parquet file that a batch brought into the lake.

    Attributes:
        path: Relative to the home.
        kind: `raw` or `quarantine`.
        feed: Whose rows they are.
        sha256: Digest of the Parquet file, as it stands now.
        rows: Number of rows when it was committed.
        size_bytes: Size on disk, as it stands now.
        event_days: UTC days (`YYYY-MM-DD`, sorted) on which its rows happened; empty where a feed has no event time.
        erased_rows: Rows of those that were erased since (erasures.py); 0 in what a run commits.
    """

    path: str
    kind: str
    feed: str
    sha256: str
    rows: int
    size_bytes: int
    event_days: list[str] = []
    erased_rows: int = 0


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """The accounting of one file in one batch: `lines = loaded + duplicate + quarantined + blank`.

    Attributes:
        file_id: Sequence number of (feed, sha256), for ever.
        file_sha256: Digest of the delivered bytes.
        feed: Feed that it landed under.
        received_on: Day of its landing folder, `YYYY-MM-DD`.
        path: Relative to the landing folder.
        size_bytes: Delivered size.
        mtime_ns: Modification time seen; with path and size it tells a known file from a new one without reading it.
        status: `loaded`, `duplicate_file` (same bytes before: all zeros), `rejected` (unreadable as a whole: all zeros), `retried`
            (quarantined lines taken in: quarantined is negative).
        reason: Why it was rejected; else None.
        lines: Physical lines, blank ones included (rows or elements in other formats).
        loaded: Lines that became rows.
        duplicate: Lines equal to what was there.
        quarantined: Lines set aside with a reason.
        blank: Lines of white space.
        new_fields: Fields outside the contract, with the number of lines.
        new_values: Unknown enum values (`field=value`), with the number of lines.
        unregistered_surfaces: Surfaces absent from the register when it was read.
        mapping: Name of the mapping that was used, if any.
        contract_version: Version of the feed's contract that typed the rows.
        is_synthetic: Whether a generator wrote it.
        seconds: Wall time spent on it.
    """

    file_id: int
    file_sha256: str
    feed: str
    received_on: str
    path: str
    size_bytes: int
    mtime_ns: int
    status: str
    reason: str | None = None
    lines: int = 0
    loaded: int = 0
    duplicate: int = 0
    quarantined: int = 0
    blank: int = 0
    new_fields: dict[str, int] = {}
    new_values: dict[str, int] = {}
    unregistered_surfaces: list[str] = []
    mapping: str | None = None
    contract_version: int = 1
    is_synthetic: bool = False
    seconds: float = 0.0


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """One run's batch over all feeds.

    Attributes:
        batch_id: 1, 2, 3, ...: the watermark.
        run_id: The run that wrote it.
        committed_at: UTC instant, RFC 3339.
        deliveries: Accounting of each file, in the order (feed, received_on, path).
        data_files: What it brought into the lake.
        touched_days: By feed, the UTC event days of new and of superseded versions.
        is_synthetic: Whether any delivery is.
    """

    batch_id: int
    run_id: str
    committed_at: str
    deliveries: list[Delivery]
    data_files: list[DataFile]
    touched_days: dict[str, list[str]]
    is_synthetic: bool


def path_of(home: Home, batch_id: int) -> Path:
    """Where a batch's commit lies."""
    return home.commits / f"{batch_id:08d}.json"


def read_commits(home: Home) -> list[Commit]:
    """All commits, in order, their files as erasures left them.

    Raises:
        BrokenRecord: One cannot be read, or a number is missing.
    """
    commits = []
    for number, path in enumerate(sorted(home.commits.glob("[0-9]*.json")), start=1):
        try:
            commit = msgspec.json.decode(path.read_bytes(), type=Commit)
        except msgspec.MsgspecError as error:
            raise BrokenRecord(f"{path}: not a commit ({error}). Restore it from a backup.") from error
        if commit.batch_id != number:
            raise BrokenRecord(f"{path}: batch {number} expected, {commit.batch_id} found. Restore it from a backup.")
        commits.append(commit)
    changes = erasures.file_changes(home)
    return [_as_it_stands(commit, changes) for commit in commits] if changes else commits


def _as_it_stands(commit: Commit, changes: Mapping[str, erasures.FileChange]) -> Commit:
    if not any(file.path in changes for file in commit.data_files):
        return commit
    files = [_erased(file, changes.get(file.path)) for file in commit.data_files]
    return msgspec.structs.replace(commit, data_files=files)


def _erased(file: DataFile, change: erasures.FileChange | None) -> DataFile:
    if change is None:
        return file
    return msgspec.structs.replace(
        file, sha256=change.sha256, size_bytes=change.size_bytes, erased_rows=change.erased_rows
    )


def head(home: Home) -> Commit | None:
    """The last commit, or None in a new home."""
    names = sorted(home.commits.glob("[0-9]*.json"))
    return msgspec.json.decode(names[-1].read_bytes(), type=Commit) if names else None


def write_commit(home: Home, commit: Commit) -> Path:
    """Make a batch exist.

    Raises:
        FileExistsError: Another writer committed this number first.
    """
    path = path_of(home, commit.batch_id)
    create_exclusively(path, msgspec.json.format(msgspec.json.encode(commit), indent=1))
    return path


def sweep(home: Home, commits: list[Commit]) -> list[Path]:
    """Remove what an interrupted run left behind: lake files that no commit names, and scratch.

    Call it under the run lock only.

    Returns:
        The lake files that were removed.
    """
    named = {home.root / data_file.path for commit in commits for data_file in commit.data_files}
    orphans = [
        path
        for folder in (home.lake_raw, home.lake_quarantine)
        for path in folder.rglob("*")
        if path.is_file() and path not in named
    ]
    for path in orphans:
        path.unlink()
    for path in [*home.scratch.rglob("*"), *home.commits.glob(".*.tmp")]:
        if path.is_file() or path.is_symlink():
            path.unlink()
    return orphans
