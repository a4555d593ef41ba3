"""A whole landing zone written by others, taken in with exactly the accounting that came with it."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from assets.ingestion import batch, quarantine, raw_tables
from assets.ingestion.contracts import FEEDS
from orchestration.core.commits import Commit, read_commits, sweep
from orchestration.core.home import Home


@pytest.fixture(scope="module")
def taken_in(conformance: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Commit]:
    home = Home.at(tmp_path_factory.mktemp("landing_zone") / "home")
    shutil.copytree(conformance / "landing_zone", home.landing)
    home.ensure()
    commit = batch.ingest(home, "run", batch.discover(home, []))
    assert commit is not None
    return home, commit


def _sums(commit: Commit) -> dict[str, tuple[int, int, int, int, int]]:
    totals: dict[str, Counter[str]] = {}
    for one in commit.deliveries:
        total = totals.setdefault(one.feed, Counter())
        for name in ("lines", "loaded", "duplicate", "quarantined", "blank"):
            total[name] += getattr(one, name)
    return {f: (t["lines"], t["loaded"], t["duplicate"], t["quarantined"], t["blank"]) for f, t in totals.items()}


def test_accounting_equals_the_true_figures(conformance: Path, taken_in: tuple[Home, Commit]) -> None:
    page = (conformance / "README.md").read_text()
    stated = {
        feed: tuple(int(number.replace(",", "")) for number in numbers)
        for feed, *numbers in re.findall(r"([a-z_]+) ([\d,]+) = ([\d,]+) \+ ([\d,]+) \+ ([\d,]+) \+ ([\d,]+)", page)
    }
    sums = _sums(taken_in[1])
    assert len(stated) == 9
    assert {feed: sums[feed] for feed in stated} == stated
    for feed, (lines, loaded, duplicate, quarantined, blank) in sums.items():
        assert lines == loaded + duplicate + quarantined + blank
        if FEEDS[feed].kind == "register":
            assert lines == loaded, feed


def test_every_file_is_known_afterwards_and_nothing_is_left_over(taken_in: tuple[Home, Commit]) -> None:
    home, _ = taken_in
    assert batch.discover(home, read_commits(home)) == []
    assert sweep(home, read_commits(home)) == []


def test_each_quarantined_line_can_be_read_from_the_vault(taken_in: tuple[Home, Commit]) -> None:
    home, commit = taken_in
    found = quarantine.list_open(home)
    assert len(found) == sum(one.quarantined for one in commit.deliveries)
    for line in found[:5] + found[-5:]:
        assert quarantine.raw_line(home, line.file_sha256, line.line_no)


def test_raw_tables_hold_every_loaded_row_under_the_contract_columns(taken_in: tuple[Home, Commit]) -> None:
    home, commit = taken_in
    with duckdb.connect(str(home.warehouse_db)) as con:
        raw_tables.load(con, home, read_commits(home), built_through=0)
        raw_tables.load(con, home, read_commits(home), built_through=0)
        sums = _sums(commit)
        for feed, columns in raw_tables.raw_columns().items():
            counted = con.execute(f"SELECT count(*) FROM raw.{feed}").fetchone()
            assert counted == (sums.get(feed, (0, 0))[1],), feed
            described = con.execute(f"DESCRIBE raw.{feed}").fetchall()
            assert [(row[0], row[1].replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")) for row in described] == list(
                columns.items()
            ), feed
        assert con.execute("SELECT watermark, built_through FROM raw.pins").fetchall() == [(1, 0)]
        raw_tables.load(con, home, read_commits(home), built_through=1)
        assert con.execute("SELECT count(*) FROM raw.touched_days").fetchone() == (0,)
        assert con.execute("SELECT count(*) FROM raw.model_requests").fetchone() == (0,)
    with duckdb.connect(str(home.current_db)) as con:
        known = {one.file_id for one in commit.deliveries}
        assert con.execute("SELECT count(*) FROM ops.files").fetchone() == (len(known),)


def test_lake_files_are_sorted_by_account_then_time(taken_in: tuple[Home, Commit]) -> None:
    home, commit = taken_in
    files = [file for file in commit.data_files if file.kind == "raw" and file.feed == "model_requests"]
    with duckdb.connect() as con:
        for file in files[:3]:
            source = f"read_parquet('{home.root / file.path}', file_row_number = true)"
            previous = "lag({0}) OVER (ORDER BY file_row_number)"
            wrong = con.execute(
                f"SELECT count(*) FROM (SELECT account_id < {previous.format('account_id')} OR (account_id = "
                f"{previous.format('account_id')} AND requested_at < {previous.format('requested_at')}) AS is_wrong "
                f"FROM {source}) WHERE is_wrong"
            ).fetchone()
            assert wrong == (0,)
