"""Retention takes what is older than its feed may be kept, a line at a time or a file as a whole, and leaves the held."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assets.ingestion import quarantine, retention
from orchestration.core import erasures, vault
from orchestration.core.commits import read_commits
from orchestration.core.home import Home
from tests.unit.ingestion.erased_home import (
    GONE,
    OTHER,
    account,
    csv_bytes,
    detection,
    holding,
    jsonl,
    lake_rows,
    land,
    parquet_bytes,
    take_in,
)

AS_OF = date(2026, 6, 20)


def dated(number: int, day: str, account_id: str = OTHER, **more: Any) -> dict[str, Any]:
    return {**detection(number, account_id, **more), "detected_at": f"{day}T12:00:00Z"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.at(tmp_path / "home").ensure()
    rules = [
        {"feed": "detections", "days": 10, "basis": "policy 4"},
        {"feed": "accounts", "days": 10, "basis": "policy 4"},
        {"feed": "policies", "days": 10, "basis": "policy 4"},
        {"feed": "nowhere", "days": 10, "basis": "policy 4"},
    ]
    land(home, "retention", "r.csv", csv_bytes(rules))
    old = [dated(1, "2026-06-01"), dated(2, "2026-06-02"), "not json", dated(2, "2026-06-02")]
    land(home, "detections", "old.jsonl.gz", gzip.compress(jsonl(old)), day="2026-06-02")
    edge = [
        dated(11, "2026-06-09"),
        dated(12, "2026-06-10"),
        dated(1, "2026-06-01"),
        dated(13, "2026-06-11", surface=4),
        "broken",
    ]
    land(home, "detections", "edge.jsonl", jsonl(edge), day="2026-06-12")
    land(
        home,
        "detections",
        "table.parquet",
        parquet_bytes([dated(21, "2026-06-09"), dated(22, "2026-06-15")]),
        day="2026-06-15",
    )
    land(
        home,
        "detections",
        "held.jsonl",
        jsonl([dated(31, "2026-06-01"), dated(32, "2026-06-01", GONE)]),
        day="2026-06-02",
    )
    hold = {"entity_kind": "account", "entity_id": GONE, "case_id": "case_syn_7", "valid_from": "2026-01-01"}
    land(home, "legal_holds", "h.csv", csv_bytes([hold]))
    versions = [account(OTHER, 1), {**account(OTHER, 2), "observed_at": "2026-06-19T00:00:00Z", "status": "suspended"}]
    land(home, "accounts", "a.jsonl", jsonl(versions), day="2026-06-19")
    take_in(home)
    return home


def delivered(home: Home, name: str) -> str:
    return next(d.file_sha256 for c in read_commits(home) for d in c.deliveries if d.path.endswith("/" + name))


def gone_lines(home: Home, name: str, last: int) -> list[int]:
    gone = erasures.erased_lines(home)
    return [line for line in range(1, last + 1) if gone.erasure_of(delivered(home, name), line)]


def test_lines_go_by_the_day_on_which_they_happened_and_the_cutoff_is_kept(home: Home) -> None:
    applied = {one.rule.feed: one for one in retention.apply(home, AS_OF)}
    assert applied["detections"].cutoff == date(2026, 6, 10)
    assert gone_lines(home, "edge.jsonl", 5) == [1, 3]
    assert gone_lines(home, "table.parquet", 2) == [1]
    assert quarantine.raw_line(home, delivered(home, "edge.jsonl"), 2)
    left = {line for feed, _, line in lake_rows(home) if feed == "detections"}
    assert left == {2}
    assert erasures.read(home)[0].erasure_id == "retention:accounts:2026-06-10"
    assert applied["accounts"].found.blank_count == 1


def test_a_file_that_is_old_altogether_goes_whole(home: Home) -> None:
    retention.apply(home, AS_OF)
    sha256 = delivered(home, "old.jsonl.gz")
    assert vault.path_of(home, sha256).read_bytes() == b""
    with pytest.raises(erasures.LineErased, match="retention:detections"):
        quarantine.raw_line(home, sha256, 3)
    (record,) = [one for one in erasures.read(home) if one.erasure_id.startswith("retention:detections")]
    assert next(one.line_count for one in record.objects if one.sha256 == sha256) == 4
    assert not [one for one in quarantine.list_open(home) if one.file_sha256 == sha256]


def test_lines_of_a_held_account_stay_and_the_case_is_named(home: Home) -> None:
    applied = {one.rule.feed: one for one in retention.apply(home, AS_OF)}
    assert gone_lines(home, "held.jsonl", 2) == [1]
    assert dict(applied["detections"].held) == {"case_syn_7": 1}
    assert holding(home, GONE)


def test_a_rule_that_cannot_be_applied_is_told(home: Home) -> None:
    refused = {one.rule.feed: one.refused for one in retention.apply(home, AS_OF)}
    assert "no feed" in (refused["nowhere"] or "")
    assert "not erased by age" in (refused["policies"] or "")
    assert refused["detections"] is None


def test_a_second_application_finds_nothing_more(home: Home) -> None:
    first = retention.apply(home, AS_OF)
    again = retention.apply(home, AS_OF)
    assert sum(one.found.blank_count for one in first) == erasures.erased_lines(home).count
    assert [one.found.blank_count for one in again] == [0] * len(again)
    assert [one.record for one in again] == [None] * len(again)


def test_a_dry_run_says_the_same_and_changes_nothing(home: Home) -> None:
    dry = retention.apply(home, AS_OF, dry_run=True)
    assert not erasures.read(home)
    real = retention.apply(home, AS_OF)
    assert [one.found.blank_count for one in dry] == [one.found.blank_count for one in real]


def test_the_accounting_stays_exact(home: Home) -> None:
    was, rows = read_commits(home), len(lake_rows(home))
    retention.apply(home, AS_OF)
    now = read_commits(home)
    assert [commit.deliveries for commit in was] == [commit.deliveries for commit in now]
    assert sum(file.erased_rows for commit in now for file in commit.data_files) == rows - len(lake_rows(home))
