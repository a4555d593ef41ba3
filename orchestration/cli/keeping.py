"""Commands that keep the house: status, backup, restore.

They read the record alone; none of them needs Dagster.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestration.cli.console import (
    NO,
    JsonFlag,
    answer,
    answer_json,
    bytes_text,
    explains,
    folder_size,
    open_home,
    say,
    show_table,
    waiting,
)
from orchestration.core import backup as keeping
from orchestration.core import ops
from orchestration.core.commits import Commit, read_commits
from orchestration.core.home import Home
from orchestration.core.locks import holder_of, run_lock
from orchestration.core.state import read_state

_PLACES = ("landing", "vault", "lake", "build", "published", "filings", "ops", "dagster")


def _feeds(commits: list[Commit]) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for commit in commits:
        for delivery in commit.deliveries:
            row = rows.setdefault(
                delivery.feed,
                {"feed": delivery.feed, "last_received_on": "", "files": 0, "loaded": 0, "duplicate": 0}
                | {"quarantined": 0, "rejected_files": 0},
            )
            row["last_received_on"] = max(row["last_received_on"], delivery.received_on)
            row["files"] += delivery.status != "retried"
            row["rejected_files"] += delivery.status == "rejected"
            for name in ("loaded", "duplicate", "quarantined"):
                row[name] += getattr(delivery, name)
    return [rows[feed] for feed in sorted(rows)]


def _failing_checks(home: Home) -> list[dict[str, Any]]:
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for row in ops.read(home, "check_results"):
        last[row["check_name"], row.get("asset") or ""] = row
    return [row for _, row in sorted(last.items()) if not row["passed"]]


def gather_status(home: Home) -> dict[str, Any]:
    """All that `rapporteur status` tells, as data."""
    from assets.ingestion.discovery import unread
    from reports.catalogue.standing import due

    commits = read_commits(home)
    state = read_state(home)
    holder = holder_of(home)
    free = shutil.disk_usage(home.root if home.root.exists() else home.root.parent)
    return {
        "home": str(home.root),
        "watermark": commits[-1].batch_id if commits else 0,
        "built_through": state.built_through,
        "published_through": state.published_through,
        "is_synthetic": any(commit.is_synthetic for commit in commits),
        "writing": str(holder) if holder else None,
        "feeds": _feeds(commits),
        "rejected_files": [
            {"path": delivery.path, "reason": delivery.reason}
            for commit in commits
            for delivery in commit.deliveries
            if delivery.status == "rejected"
        ],
        "unread": [{"path": path, "reason": why} for path, why in unread(home)],
        "failing_checks": _failing_checks(home),
        "erasure_requests": _erasure_requests(home, commits),
        "reports_due": [_plain_due(row) for row in due(home)],
        "last_runs": ops.read(home, "runs")[-3:],
        "disk": {
            "free_bytes": free.free,
            "total_bytes": free.total,
            "used_bytes": {place: folder_size(home.root / place) for place in _PLACES},
        },
    }


def _erasure_requests(home: Home, commits: list[Commit]) -> dict[str, int]:
    """Approved requests to erase by how they stand; empty, and nothing read, where none has landed."""
    if not any(file.feed == "erasures" for commit in commits for file in commit.data_files):
        return {}
    from collections import Counter

    from assets.ingestion.erasure import states

    return dict(sorted(Counter(one.state for one in states(home)).items()))


def _plain_due(row: object) -> dict[str, Any]:
    import msgspec

    value: dict[str, Any] = msgspec.to_builtins(row, enc_hook=str)
    return value


@explains()
def status(as_json: JsonFlag = False) -> None:
    """Feeds and last deliveries, quarantine, failing checks, reports due, watermark, disk use and room.

    Exit code 1 when an error check fails or a report is overdue.

    Example:
      rapporteur status --json
    """
    home = open_home()
    facts = gather_status(home)
    bad = any(row["severity"] == "error" for row in facts["failing_checks"]) or any(
        row["status"] == "overdue" for row in facts["reports_due"]
    )
    if as_json:
        answer_json(facts)
    else:
        _show(facts)
    if bad:
        raise typer.Exit(NO)


def _show(facts: dict[str, Any]) -> None:
    answer(f"Home {facts['home']}{'   SYNTHETIC: nothing here can be filed' if facts['is_synthetic'] else ''}")
    behind = "" if facts["watermark"] == facts["published_through"] else "   (readers are behind: run `rapporteur run`)"
    answer(f"Watermark: batch {facts['watermark']}; readers see batch {facts['published_through']}{behind}")
    if facts["writing"]:
        answer(f"Now writing: {facts['writing']}")
    if facts["feeds"]:
        columns = ["feed", "last received", "files", "loaded", "duplicate", "quarantined", "rejected"]
        show_table("\nFeeds", columns, [list(row.values()) for row in facts["feeds"]])
    else:
        answer("No feed has landed yet. Try `rapporteur demo`, or put files under landing/<feed>/<received_on>/.")
    for title, name in (("Rejected files", "rejected_files"), ("Left unread under landing/", "unread")):
        if facts[name]:
            answer(f"\n{title}")
            for row in facts[name]:
                answer(f"  {row['path']!r}: {row['reason']}")
    if facts["failing_checks"]:
        answer("\nFailing checks (what to do about each: --json)")
        for row in facts["failing_checks"]:
            answer(f"  {row['severity']:<5}  {row['check_name']}  {row.get('asset') or '-'}  {row['observed']}")
    else:
        answer("\nNo check fails.")
    if facts["reports_due"]:
        columns = ["report_id", "period", "due_on", "status"]
        show_table("\nReports", columns, [[row.get(name) for name in columns] for row in facts["reports_due"]])
    requests = ", ".join(f"{count} {state}" for state, count in facts["erasure_requests"].items())
    answer(f"\nRequests to erase: {requests or 'none'}. (rapporteur erase --list)")
    disk = facts["disk"]
    used = ", ".join(f"{place} {bytes_text(size)}" for place, size in disk["used_bytes"].items() if size)
    answer(
        f"\nDisk: {bytes_text(disk['free_bytes'])} free of {bytes_text(disk['total_bytes'])}. {used or 'Nothing used.'}"
    )
    for row in facts["last_runs"]:
        began = datetime.fromisoformat(row["started_at"]).astimezone(UTC)
        answer(
            f"Run {row['run_id'][:8]} {began:%Y-%m-%d %H:%M} UTC: {row['status']} {row.get('message') or ''}".rstrip()
        )


@explains(ValueError)
def backup(target: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to save the record in.")]) -> None:
    """Save the record (vault, lake, commits, filings, operations) to a folder, verified.

    A second backup into the same folder copies only what is new.

    Example:
      rapporteur backup /mnt/safe/rapporteur
    """
    from reports.filing.register import filings_lock

    home = open_home()
    copied: list[str] = []
    with (
        run_lock(home, "backup", wait_seconds=600, on_wait=lambda holder: say(f"Waiting for {holder}.")),
        filings_lock(home),
        waiting("Saving"),
    ):
        listing = keeping.backup(home, target, progress=copied.append)
    size = sum(entry.size_bytes for entry in listing.files)
    answer(
        f"Saved {len(listing.files):,} files, {bytes_text(size)}, {len(copied):,} copied anew; watermark {listing.watermark}."
    )


@explains(ValueError)
def restore(source: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `backup` wrote.")]) -> None:
    """Bring a backup's record into an empty home, verified; then run `rapporteur rebuild`.

    Example:
      RAPPORTEUR_HOME=/srv/new rapporteur restore /mnt/safe/rapporteur
    """
    home = open_home()
    with run_lock(home, "restore"), waiting("Restoring"):
        listing = keeping.restore(home, source)
    answer(f"Restored {len(listing.files):,} files; watermark {listing.watermark}. Next: rapporteur rebuild")
