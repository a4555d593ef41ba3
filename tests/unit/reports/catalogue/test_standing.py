"""How reports stand: prepared, due, overdue, blocked and by what."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import msgspec
import pytest

from orchestration.core.home import Home
from reports.bundle import prepare
from reports.catalogue import CATALOGUE, After, standing
from reports.catalogue.standing import Due, due
from tests.unit.reports.conftest import small_facts
from tests.unit.reports.published_copy import build_copy

REPORT = "enforcement_overview"


@pytest.fixture
def real_copy(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with delivered data, on 11 July 2026, whose overview is a filing."""
    build_copy(home, small_facts(), is_synthetic=False)
    monkeypatch.setenv("RAPPORTEUR_NOW", "2026-07-11T12:00:00Z")
    filed = msgspec.structs.replace(CATALOGUE[REPORT], is_filed=True, due=After(days=20))
    monkeypatch.setattr(standing, "CATALOGUE", {REPORT: filed})
    return home


def rows(home: Home) -> dict[str, Due]:
    return {row.period: row for row in due(home)}


def fail_check(home: Home, name: str) -> None:
    with duckdb.connect(str(home.published_current.resolve())) as con:
        con.execute(
            "create table ops.check_results (check_name varchar, asset varchar, checked_at timestamptz, run_id varchar, "
            "passed boolean, severity varchar)"
        )
        con.execute(
            "insert into ops.check_results values (?, 'raw/x', timestamptz '2026-07-01 00:00:00+00', 'r', false, 'error')",
            [name],
        )


def test_nothing_is_due_before_a_first_publish(home: Home) -> None:
    assert due(home) == []


def test_a_draft_of_a_filing_is_prepared_and_late_once_its_day_has_passed(real_copy: Home) -> None:
    before = rows(real_copy)
    assert (before["2026-06"].status, before["2026-06"].is_overdue) == ("due", False)
    assert (before["2026-05"].status, before["2026-05"].is_overdue) == ("overdue", True)
    prepare(real_copy, REPORT, "2026-06")
    prepare(real_copy, REPORT, "2026-05")
    for period in ("2026-06", "2026-05"):
        (real_copy.filings / REPORT / period / "v1" / "blockers.json").write_text("[]")
    after = rows(real_copy)
    assert (after["2026-06"].status, after["2026-06"].filing) == ("prepared", f"{REPORT}/2026-06/v1")
    assert (after["2026-05"].status, after["2026-05"].stage) == ("overdue", "prepared")


def test_a_failing_required_check_blocks_and_is_named(real_copy: Home) -> None:
    fail_check(real_copy, "every_surface_is_registered")
    row = rows(real_copy)["2026-06"]
    assert (row.status, row.blocked_by) == ("blocked", ("every_surface_is_registered",))


def test_a_failing_check_that_is_not_required_blocks_nothing(real_copy: Home) -> None:
    fail_check(real_copy, "delivery_is_on_time")
    assert rows(real_copy)["2026-06"].blocked_by == ()


def test_a_bundle_s_own_blockers_are_named_instead_of_today_s_checks(real_copy: Home) -> None:
    folder = prepare(real_copy, REPORT, "2026-06")
    fail_check(real_copy, "every_surface_is_registered")
    blockers = {"blockers": [{"name": "quarantined_lines"}, {"name": "quarantined_lines"}, {"name": "unproven_feed"}]}
    Path(folder / "blockers.json").write_text(json.dumps(blockers))
    assert rows(real_copy)["2026-06"].blocked_by == ("quarantined_lines", "unproven_feed")
    Path(folder / "blockers.json").write_text("{")
    assert rows(real_copy)["2026-06"].blocked_by == ("every_surface_is_registered",)


def test_generated_data_are_as_far_as_they_go_with_a_draft(small_copy: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    filed = msgspec.structs.replace(CATALOGUE[REPORT], is_filed=True)
    monkeypatch.setattr(standing, "CATALOGUE", {REPORT: filed})
    prepare(small_copy, REPORT, "2026-05")
    row = rows(small_copy)["2026-05"]
    assert (row.status, row.is_overdue, row.blocked_by) == ("prepared", False, ())


def test_older_days_without_a_bundle_are_one_row(real_copy: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    daily = msgspec.structs.replace(CATALOGUE[REPORT], cadence="daily", due=After(days=2))
    monkeypatch.setattr(standing, "CATALOGUE", {REPORT: daily})
    before = [row for row in due(real_copy) if row.days]
    assert [(row.period, row.days, row.status) for row in before] == [("2026-04-02..2026-07-04", 93, "overdue")]
    prepare(real_copy, REPORT, "2026-04-02")
    (after,) = [row for row in due(real_copy) if row.days]
    assert (after.period, after.days) == ("2026-04-03..2026-07-04", 92)


def test_a_tour_shows_the_last_ended_period_that_deliveries_touch_or_a_month_instead(
    small_copy: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    cadences = {"month": "monthly", "quarter": "quarterly", "year": "yearly"}
    entries = {
        name: msgspec.structs.replace(CATALOGUE[REPORT], report_id=name, cadence=cadence)
        for name, cadence in cadences.items()
    }
    monkeypatch.setattr(standing, "CATALOGUE", entries)
    assert standing.touched_periods(small_copy) == {"month": ["2026-06"], "quarter": ["2026-Q2"], "year": ["2026-06"]}


def test_an_older_day_of_a_filing_with_nothing_but_a_draft_is_not_done(
    real_copy: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily = msgspec.structs.replace(CATALOGUE[REPORT], cadence="daily", due=After(days=2), is_filed=True)
    monkeypatch.setattr(standing, "CATALOGUE", {REPORT: daily})
    prepare(real_copy, REPORT, "2026-04-02")
    (row,) = [row for row in due(real_copy) if row.days]
    assert (row.period, row.days) == ("2026-04-02..2026-07-04", 93)
