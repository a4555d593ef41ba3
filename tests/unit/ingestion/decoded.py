"""One delivery decoded on the fast path or on the exact path, and records to write deliveries of.

Belongs here: what the tests of both paths share. Not here: any assertion.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from assets.ingestion import decode
from assets.ingestion.contracts import FEEDS
from assets.ingestion.splitter import Block, Limits, blocks
from assets.ingestion.staging import Stage, count_new, drop_stage, staged
from assets.ingestion.tally import Tally

_LIMITS = Limits(1 << 22, 1 << 22, 200)

GOOD: dict[str, dict[str, Any]] = {
    "model_requests": {
        "request_id": "req_1",
        "requested_at": "2026-04-23T02:00:01.434+02:00",
        "account_id": "acct_1",
        "surface": "api",
        "model": "aria-3",
        "ip_hash": "b20127b339f399bf",
        "asn": 11760,
        "asn_kind": "cloud",
        "elicits_reasoning": False,
        "input_tokens": 1046,
        "output_tokens": 411,
        "status_code": 200,
        "tools": ["bash", "mcp:notes-sync"],
        "policy_scores": {"harassment": 0.25, "jailbreak": 0.5},
    },
    "detections": {
        "detection_id": "det_1",
        "detected_at": "2026-04-23T00:29:41.679Z",
        "detector_id": "det-x",
        "detector_version": "1.3",
        "account_id": "acct_1",
        "surface": "api",
        "policy_code": "p",
        "score": 0.744,
        "is_automated": True,
    },
    "user_reports": {
        "report_id": "rpt_1",
        "submitted_at": "2026-04-23T00:11:01.476Z",
        "reporter_id": "3cbdfc0d94ce",
        "reporter_kind": "user",
        "surface": "chat",
        "target_kind": "mcp_server",
        "target_id": "t",
        "mcp_server": "notes-sync",
        "reason_code": "harassment",
        "claims_illegal": False,
        "is_article_16": False,
    },
    "accounts": {
        "account_id": "acct_1",
        "observed_at": "2026-04-23T00:01:00.038Z",
        "created_at": "2026-02-13T10:50:17.421Z",
        "kind": "individual",
        "status": "active",
        "verification": "payment",
        "signup_asn": 46828,
    },
}


def outcome(
    feed: str, data: bytes, path: Path, *, fast: bool
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], Tally]:
    """Rows (line number first, unknown fields last), lines set aside, and the tally of a file with these bytes."""
    path.write_bytes(data)
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        stage = Stage(con, "stage", FEEDS[feed], 1, 1, "2026-04-24T00:00:00Z")
        tally = Tally()
        for block in blocks(path, "", _LIMITS):
            if fast:
                decode.decode_block(stage, block, path.parent, tally)
            else:
                _all_exact(stage, block, tally)
        count_new(stage, tally)
        rows = []
        if stage.tables:
            names = ", ".join(f'"{f.name}"' for f in FEEDS[feed].fields)
            rows = con.execute(f"SELECT _line_no, {names}, _extra FROM ({staged(stage)}) ORDER BY _line_no").fetchall()
        drop_stage(stage)
    return (
        rows,
        sorted((bad.line_no, bad.byte_offset, bad.fault.reason, bad.fault.json_path) for bad in tally.bad),
        tally,
    )


def _all_exact(stage: Stage, block: Block, tally: Tally) -> None:
    tally.lines += len(block.starts) + block.blank
    tally.blank += block.blank
    decode._run_exact(stage, block, np.arange(len(block.starts)), tally)
