"""A small home for erasure tests: one account in every delivered format, taken in by the real batch, without dbt.

Belongs here: landing and ingesting files, what lies in the home. Not here: what must hold.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from assets.ingestion import batch
from orchestration.core.commits import Commit, read_commits
from orchestration.core.home import Home

GONE = "acct_syn_gone_0001"
OTHER = "acct_syn_gone_00012"
"""Another account, whose id begins with the first one's."""
DAY = "2026-06-01"


def detection(number: int, account: str, **more: Any) -> dict[str, Any]:
    return {
        "detection_id": f"det_{number}",
        "detected_at": f"2026-06-01T00:{number % 60:02d}:00Z",
        "detector_id": "d1",
        "detector_version": "1",
        "account_id": account,
        "surface": "api",
        "policy_code": "spam",
        "score": 0.5,
        "is_automated": True,
        **more,
    }


def account(account_id: str, minute: int, **more: Any) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "observed_at": f"2026-06-01T01:{minute:02d}:00Z",
        "created_at": "2026-01-01T00:00:00Z",
        "kind": "individual",
        "status": "active",
        "verification": "none",
        **more,
    }


def report(number: int, reporter: str, account_id: str | None) -> dict[str, Any]:
    return {
        "report_id": f"rep_{number}",
        "submitted_at": "2026-06-01T02:00:00Z",
        "reporter_id": reporter,
        "reporter_kind": "user",
        "surface": "api",
        "target_kind": "conversation",
        "target_id": f"conv_{number}",
        "account_id": account_id,
        "reason_code": "spam",
        "claims_illegal": False,
        "is_article_16": False,
    }


def request(erasure_id: str, entity_id: str, kind: str = "account") -> dict[str, Any]:
    return {
        "erasure_id": erasure_id,
        "requested_at": "2026-06-02T00:00:00Z",
        "entity_kind": kind,
        "entity_id": entity_id,
        "basis": "data subject request",
        "approved_by": "privacy_syn_1",
    }


def jsonl(rows: Iterable[dict[str, Any] | str]) -> bytes:
    return b"".join((row if isinstance(row, str) else json.dumps(row)).encode() + b"\n" for row in rows)


def csv_bytes(rows: list[dict[str, Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def parquet_bytes(rows: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


def xlsx_bytes(rows: list[dict[str, Any]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def land(home: Home, feed: str, name: str, content: bytes, day: str = DAY) -> Path:
    path = home.landing / feed / day / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def take_in(home: Home) -> Commit | None:
    return batch.ingest(home, "test", batch.discover(home, read_commits(home)))


def filled(root: Path) -> Home:
    """A home in which GONE occurs in every format, as subject, as a mention, as a duplicate and in broken lines."""
    home = Home.at(root).ensure()
    land(
        home,
        "detections",
        "a.jsonl",
        jsonl([detection(1, GONE), detection(2, OTHER), detection(2, OTHER), detection(1, GONE)]),
    )
    land(
        home,
        "detections",
        "b.jsonl.gz",
        gzip.compress(jsonl([detection(11, OTHER), "", detection(12, GONE), '{"account_id":"' + GONE])),
    )
    land(
        home,
        "detections",
        "c.jsonl.zst",
        zstandard.compress(jsonl([detection(21, GONE, surface=5), detection(22, OTHER)])),
    )
    land(home, "detections", "d.csv", csv_bytes([detection(31, OTHER), detection(32, GONE), detection(33, OTHER)]))
    land(home, "detections", "e.csv.gz", gzip.compress(csv_bytes([detection(41, GONE), detection(42, OTHER)])))
    land(
        home,
        "detections",
        "f.parquet",
        parquet_bytes([detection(51, OTHER), detection(52, GONE), detection(53, OTHER)]),
    )
    land(
        home,
        "user_reports",
        "g.xlsx",
        xlsx_bytes([report(1, "ab12", GONE), report(2, "CD34", OTHER), report(3, "cd34", None)]),
    )
    land(
        home,
        "accounts",
        "h.jsonl",
        jsonl([account(GONE, 1), account(OTHER, 2, referrer_account_id=GONE), account(GONE, 3, status="suspended")]),
    )
    land(
        home,
        "leads",
        "i.jsonl",
        jsonl(
            [
                {
                    "lead_id": f"lead_{number}",
                    "opened_at": "2026-06-01T00:00:00Z",
                    "origin": "detection",
                    "title": f"seen with {GONE}, again",
                    "priority": 2,
                    "status": "open",
                    "account_ids": accounts,
                }
                for number, accounts in enumerate([[GONE, OTHER], [GONE], [OTHER]])
            ]
        ),
    )
    land(home, "allowlist", "j.csv", csv_bytes([{"entity_kind": "account", "entity_id": GONE, "reason": "partner"}]))
    land(home, "erasures", "k.jsonl", jsonl([request("E-1", GONE), request("E-2", "CD34", "reporter")]))
    take_in(home)
    return home


def holding(home: Home, text: str) -> list[str]:
    """Files of the home, landing aside, that hold an id standing alone: in their bytes, decompressed, or as a value of a column."""
    wanted = re.compile(rb"(?<![\w-])" + text.encode() + rb"(?![\w-])")
    found = []
    for path in sorted(home.root.rglob("*")):
        relative = path.relative_to(home.root).as_posix()
        if path.is_file() and not relative.startswith("landing/") and wanted.search(_opened(path)):
            found.append(relative)
    return found


def _opened(path: Path) -> bytes:
    raw = path.read_bytes()
    if raw[:2] == b"\x1f\x8b":
        return gzip.decompress(raw)
    if raw[:4] == b"\x28\xb5\x2f\xfd":
        return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(raw)).read()
    if raw[:4] == b"PAR1":
        return raw + repr(pq.read_table(path).to_pylist()).encode()
    if raw[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return raw + b"".join(archive.read(name) for name in archive.namelist())
    return raw


def lake_rows(home: Home) -> set[tuple[str, int, int]]:
    """(feed, file, line) of every row in the lake."""
    found = set()
    for commit in read_commits(home):
        for file in commit.data_files:
            if file.kind == "raw":
                rows = duckdb.sql(f"select _file_id, _line_no from read_parquet('{home.root / file.path}')").fetchall()
                found |= {(file.feed, int(file_id), int(line)) for file_id, line in rows}
    return found
