"""Somebody who was erased and is delivered again is told, by request and feed, without the id."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from assets.ingestion import erasure, raw_tables
from orchestration.core.commits import read_commits
from orchestration.core.home import Home
from quality_checks.erased import erased_entities_stay_away
from quality_checks.ledger import CheckResult
from quality_checks.scope import Scope
from tests.unit.ingestion.erased_home import GONE, OTHER, account, detection, filled, jsonl, land, take_in


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return filled(tmp_path / "home")


def judged(home: Home) -> list[CheckResult]:
    commits = read_commits(home)
    home.warehouse_db.parent.mkdir(parents=True, exist_ok=True)
    home.warehouse_db.unlink(missing_ok=True)
    with duckdb.connect(str(home.warehouse_db)) as connection:
        raw_tables.load(connection, home, commits, built_through=0)
        return erased_entities_stay_away(connection, home, Scope(tuple(commits), 0, commits[-1].batch_id))


def test_nothing_is_judged_where_nobody_was_erased(home: Home) -> None:
    assert judged(home) == []


def test_an_erased_account_that_is_delivered_again_is_told(home: Home) -> None:
    erasure.erase(home, "E-1")
    assert [one.passed for one in judged(home)] == [True]
    again = [detection(91, GONE), detection(92, OTHER)]
    land(home, "detections", "again.jsonl", jsonl(again), day="2026-06-09")
    land(home, "accounts", "again.jsonl", jsonl([account(OTHER, 9, referrer_account_id=GONE)]), day="2026-06-09")
    take_in(home)
    (one,) = judged(home)
    assert (one.passed, one.severity) == (False, "warn")
    assert [dict(row) for row in one.offenders] == [
        {"feed": "accounts", "erasure_id": "E-1", "rows": 1},
        {"feed": "detections", "erasure_id": "E-1", "rows": 1},
    ]
    assert GONE not in one.message
    erasure.erase(home, "E-1")
    assert [one.passed for one in judged(home)] == [True]
