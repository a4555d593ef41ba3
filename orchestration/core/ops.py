"""Operations tables: append-only JSON lines about runs, checks, filings and access.

Appending and reading belong here; what a row means is told by whoever writes it. Published as schema `ops`.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from orchestration.core.home import Home

TABLES: dict[str, dict[str, str]] = {
    "runs": {
        "run_id": "VARCHAR",
        "job": "VARCHAR",
        "status": "VARCHAR",
        "started_at": "TIMESTAMPTZ",
        "finished_at": "TIMESTAMPTZ",
        "watermark": "BIGINT",
        "published": "VARCHAR",
        "message": "VARCHAR",
        "cpu_seconds": "DOUBLE",
    },
    "check_results": {
        "check_name": "VARCHAR",
        "asset": "VARCHAR",
        "severity": "VARCHAR",
        "passed": "BOOLEAN",
        "observed": "VARCHAR",
        "expected": "VARCHAR",
        "message": "VARCHAR",
        "owner": "VARCHAR",
        "runbook": "VARCHAR",
        "run_id": "VARCHAR",
        "batch_id": "BIGINT",
        "checked_at": "TIMESTAMPTZ",
        "seconds": "DOUBLE",
    },
    "filings": {
        "filing_id": "VARCHAR",
        "report_id": "VARCHAR",
        "period": "VARCHAR",
        "version": "BIGINT",
        "status": "VARCHAR",
        "watermark": "BIGINT",
        "as_of": "TIMESTAMPTZ",
        "manifest_sha256": "VARCHAR",
        "is_synthetic": "BOOLEAN",
        "corrects": "VARCHAR",
        "envelope_sha256": "VARCHAR",
        "register_seq": "BIGINT",
        "signers": "VARCHAR",
        "detail": "VARCHAR",
        "recorded_at": "TIMESTAMPTZ",
    },
    "readouts": {
        "readout_id": "VARCHAR",
        "range_start": "VARCHAR",
        "range_end": "VARCHAR",
        "metrics": "VARCHAR",
        "dimensions": "VARCHAR",
        "filters": "VARCHAR",
        "watermark": "BIGINT",
        "requested_at": "TIMESTAMPTZ",
        "zone": "VARCHAR",
        "who": "VARCHAR",
        "event": "VARCHAR",
        "manifest_sha256": "VARCHAR",
        "is_synthetic": "BOOLEAN",
    },
    "access_log": {
        "accessed_at": "TIMESTAMPTZ",
        "who": "VARCHAR",
        "action": "VARCHAR",
        "object": "VARCHAR",
        "detail": "VARCHAR",
        "previous": "VARCHAR",
        "sha256": "VARCHAR",
    },
    "audits": {
        "audit_id": "VARCHAR",
        "filing_id": "VARCHAR",
        "figure_key": "VARCHAR",
        "seed": "VARCHAR",
        "population_count": "BIGINT",
        "population_sha256": "VARCHAR",
        "sample_count": "BIGINT",
        "sample_sha256": "VARCHAR",
        "drawn_by": "VARCHAR",
        "drawn_at": "TIMESTAMPTZ",
    },
    "sendings": {
        "sending_id": "VARCHAR",
        "mode": "VARCHAR",
        "target": "VARCHAR",
        "range_start": "TIMESTAMPTZ",
        "range_end": "TIMESTAMPTZ",
        "status": "VARCHAR",
        "watermark": "BIGINT",
        "in_scope": "BIGINT",
        "held_back": "BIGINT",
        "already_sent": "BIGINT",
        "changed_after_sending": "BIGINT",
        "sent": "BIGINT",
        "known": "BIGINT",
        "rejected": "BIGINT",
        "unsent": "BIGINT",
        "detail": "VARCHAR",
        "recorded_at": "TIMESTAMPTZ",
    },
    "alerts": {
        "alerted_at": "TIMESTAMPTZ",
        "severity": "VARCHAR",
        "subject": "VARCHAR",
        "message": "VARCHAR",
        "owner": "VARCHAR",
        "runbook": "VARCHAR",
        "run_id": "VARCHAR",
    },
}

CHAINED = {"access_log": "orchestration.core.access.record_access"}
"""Tables whose rows are chained, and who alone writes them."""


def append(home: Home, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add rows to an operations table, durably.

    Args:
        home: Whose table.
        table: A key of TABLES.
        rows: Each with columns of that table; absent ones are null.

    Raises:
        KeyError: The table, or a column, is not declared.
        ValueError: The table is a chain with a writer of its own.
    """
    if table in CHAINED:
        raise ValueError(f"ops.{table} is a hash chain; it is written by {CHAINED[table]}")
    columns = TABLES[table]
    lines = []
    for row in rows:
        if unknown := set(row) - set(columns):
            raise KeyError(f"ops.{table} has no column {sorted(unknown)}; declare it in orchestration/core/ops.py")
        lines.append(msgspec.json.encode(row) + b"\n")
    if not lines:
        return
    folder = home.ops / table
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log.jsonl").open("ab") as handle:
        # A kill in the middle of a write leaves half a line: start on a fresh one, readers skip the half.
        if handle.tell() and not _ends_with_newline(folder / "log.jsonl"):
            handle.write(b"\n")
        handle.write(b"".join(lines))
        handle.flush()
        os.fsync(handle.fileno())


def _ends_with_newline(path: os.PathLike[str]) -> bool:
    with open(path, "rb") as handle:  # noqa: PTH123 - takes any path
        handle.seek(-1, os.SEEK_END)
        return handle.read(1) == b"\n"


def read(home: Home, table: str) -> list[dict[str, Any]]:
    """All rows of an operations table, oldest first; a line torn by a kill is passed over.

    Raises:
        KeyError: The table is not declared.
    """
    if table not in TABLES:
        raise KeyError(f"ops.{table} is not declared in orchestration/core/ops.py")
    rows = []
    for path in sorted((home.ops / table).glob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            try:
                rows.append(msgspec.json.decode(line, type=dict[str, Any]))
            except msgspec.MsgspecError:
                continue
    return rows


def read_of_run(home: Home, table: str, run_id: str) -> list[dict[str, Any]]:
    """The rows of an operations table that one run wrote, oldest first, without decoding those of others.

    Raises:
        KeyError: The table is not declared.
    """
    if table not in TABLES:
        raise KeyError(f"ops.{table} is not declared in orchestration/core/ops.py")
    wanted = run_id.encode()
    rows = []
    for path in sorted((home.ops / table).glob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            if wanted in line:
                try:
                    row = msgspec.json.decode(line, type=dict[str, Any])
                except msgspec.MsgspecError:
                    continue
                if row.get("run_id") == run_id:
                    rows.append(row)
    return rows
