"""Exactly once: what the lake keeps is what a plain model of the contract's words keeps."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.ingestion import batch
from orchestration.core.commits import read_commits
from orchestration.core.home import Home

_DAYS = ("2026-04-23", "2026-04-24", "2026-04-25")


def _request(key: str, day: str, content: int) -> dict[str, Any]:
    return {
        "request_id": key,
        "requested_at": f"{day}T10:00:00Z",
        "account_id": "acct_1",
        "surface": "api",
        "model": "aria-3",
        "ip_hash": "ab",
        "input_tokens": content,
        "output_tokens": 1,
        "status_code": 200,
    }


def _detection(key: str, day: str, content: int) -> dict[str, Any]:
    return {
        "detection_id": key,
        "detected_at": f"{day}T10:00:00Z",
        "detector_id": "d",
        "detector_version": "v1",
        "account_id": "acct_1",
        "surface": "api",
        "policy_code": "p",
        "score": content / 10,
        "is_automated": True,
    }


def _appeal(key: str, day: str, content: int) -> dict[str, Any]:
    found = {"appeal_id": key, "submitted_at": "2026-04-20T00:00:00Z", "channel": "internal", "outcome": None}
    found["subject_id"] = f"s{content}"
    if content:
        found["updated_at"] = f"{day}T10:00:00Z"
    return found


_MAKERS = {"model_requests": _request, "detections": _detection, "appeals": _appeal}
_line = st.tuples(st.sampled_from(["k1", "k2"]), st.sampled_from(_DAYS), st.integers(0, 2))
_files = st.lists(st.tuples(st.sampled_from(_DAYS), st.lists(_line, min_size=1, max_size=5)), min_size=1, max_size=3)


def _model(feed: str, batches: list[list[tuple[str, list[dict[str, Any]]]]]) -> Counter[str]:
    """The contract's words, line by line, with nothing clever."""
    counts: Counter[str] = Counter()
    held: dict[Any, tuple[Any, dict[str, Any]]] = {}
    seen_files = set()
    for number, files in enumerate(batches):
        for place, (received, lines) in enumerate(files):
            if (body := json.dumps(lines)) in seen_files:
                continue
            seen_files.add(body)
            for index, line in enumerate(lines):
                key = (
                    (line["request_id"], line["requested_at"][:10])
                    if feed == "model_requests"
                    else next(iter(line.values()))
                )
                rank = ((line.get("updated_at") or f"{received}T00:00:00Z"), number, place, index)
                if key not in held:
                    held[key] = (rank, line)
                    counts["loaded"] += 1
                elif held[key][1] == line:
                    counts["duplicate"] += 1
                elif feed != "appeals":
                    counts["quarantined"] += 1
                else:
                    counts["loaded"] += 1
                    held[key] = max(held[key], (rank, line), key=lambda pair: pair[0])
    return counts


def _take_in(root: Path, feed: str, batches: list[list[tuple[str, list[dict[str, Any]]]]]) -> Counter[str]:
    shutil.rmtree(root, ignore_errors=True)
    home = Home.at(root).ensure()
    for number, files in enumerate(batches):
        for place, (received, lines) in enumerate(files):
            folder = home.landing / feed / received
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number}-{place}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        batch.ingest(home, f"run {number}", batch.discover(home, read_commits(home)))
    counts: Counter[str] = Counter()
    rows = 0
    for commit in read_commits(home):
        for delivery in commit.deliveries:
            counts.update(loaded=delivery.loaded, duplicate=delivery.duplicate, quarantined=delivery.quarantined)
        for file in commit.data_files:
            if file.kind == "raw":
                found = duckdb.execute(f"SELECT count(*) FROM read_parquet('{home.root / file.path}')").fetchone()
                rows += found[0] if found else 0
                assert found is not None
                assert found[0] == file.rows
    assert rows == counts["loaded"]
    return +counts


def test_lake_keeps_what_a_plain_model_keeps(tmp_path: Path) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.sampled_from(sorted(_MAKERS)), st.lists(_files, min_size=1, max_size=3))
    def same(feed: str, batches: list[list[tuple[str, list[tuple[str, str, int]]]]]) -> None:
        made = [
            [
                (received, [_MAKERS[feed](*line) for line in lines])
                for received, lines in sorted(files, key=lambda f: f[0])
            ]
            for files in batches
        ]
        assert _take_in(tmp_path / "home", feed, made) == +_model(feed, made)

    same()


def test_superseded_version_touches_the_day_that_it_leaves(home: Home) -> None:
    for number, day in enumerate(("2026-04-20", "2026-04-22")):
        folder = home.landing / "appeals" / f"2026-04-2{number + 3}"
        folder.mkdir(parents=True)
        line = {"appeal_id": "apl_1", "submitted_at": f"{day}T00:00:00Z", "channel": "internal"}
        (folder / "a.jsonl").write_text(json.dumps(line) + "\n")
        batch.ingest(home, "run", batch.discover(home, read_commits(home)))
    assert read_commits(home)[-1].touched_days == {"appeals": ["2026-04-20", "2026-04-22"]}


def test_old_backfill_does_not_hide_a_repeat_of_the_version_in_force(home: Home) -> None:
    folder = home.landing / "appeals" / "2026-04-23"
    folder.mkdir(parents=True)
    new, old = ({**_appeal("k", day, 1), "subject_id": day} for day in ("2026-04-25", "2026-04-01"))
    (folder / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in (new, old, new)))
    commit = batch.ingest(home, "run", batch.discover(home, []))
    assert commit is not None
    assert (commit.deliveries[0].loaded, commit.deliveries[0].duplicate) == (2, 1)
