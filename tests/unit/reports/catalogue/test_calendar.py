"""The due calendar: periods of each cadence, due days, and what hangs on the services' kinds."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.catalogue import CATALOGUE, After, Cadence, Entry
from reports.catalogue.calendar import (
    AT_MOST,
    KINDS,
    Service,
    due_day,
    ended_periods,
    is_owed,
    last_ended,
    owed_periods,
    schedule_of,
)
from reports.periods import Kind, kind_of, parse_period

SPANS: list[Kind] = ["day", "month", "quarter", "half_year", "year"]
DAYS = st.dates(date(2019, 1, 1), date(2031, 12, 31))


def entry(cadence: Cadence, after: After) -> Entry:
    return msgspec.structs.replace(CATALOGUE["enforcement_overview"], cadence=cadence, due=after)


@given(kind=st.sampled_from(SPANS), first=DAYS, today=DAYS)
def test_ended_periods_are_consecutive_have_ended_and_are_not_too_many(kind: Kind, first: date, today: date) -> None:
    names = ended_periods(kind, first, today)
    periods = [parse_period(name) for name in names]
    assert len(periods) <= AT_MOST[kind]
    assert all(period.end_day <= today for period in periods)
    assert all(kind_of(period.name) == kind for period in periods)
    assert all(older.end == newer.start for newer, older in pairwise(periods))
    if periods:
        assert names[0] == last_ended(kind, today)
        assert periods[-1].end_day > first


@pytest.mark.parametrize(
    ("kind", "today", "name"),
    [
        ("day", date(2028, 3, 1), "2028-02-29"),
        ("month", date(2026, 1, 1), "2025-12"),
        ("quarter", date(2026, 6, 30), "2026-Q1"),
        ("quarter", date(2026, 7, 1), "2026-Q2"),
        ("half_year", date(2026, 1, 1), "2025-H2"),
        ("year", date(2026, 12, 31), "2025"),
    ],
)
def test_the_last_ended_period_is_the_one_before_that_of_the_day(kind: Kind, today: date, name: str) -> None:
    assert last_ended(kind, today) == name


@pytest.mark.parametrize(
    ("period", "after", "due"),
    [
        ("2025", After(months=2), date(2026, 2, 28)),
        ("2027", After(months=2), date(2028, 2, 29)),
        ("2026-H1", After(months=2), date(2026, 8, 31)),
        ("2026-06", After(days=10), date(2026, 7, 10)),
        ("2026-05-01", After(days=1), date(2026, 5, 2)),
        ("2026-Q4", After(months=1, days=5), date(2027, 2, 5)),
    ],
)
def test_a_report_is_due_whole_months_then_days_after_its_last_day(period: str, after: After, due: date) -> None:
    assert due_day(parse_period(period).end_day, after) == due


def test_a_longer_period_is_owed_from_its_first_delivery_and_a_month_only_when_begun_in_its_first_week() -> None:
    first = date(2026, 5, 17)
    today = date(2026, 7, 1)
    assert ended_periods("half_year", first, today) == ["2026-H1"]
    assert ended_periods("quarter", first, today) == ["2026-Q2"]
    assert ended_periods("month", first, today) == ["2026-06"]
    assert ended_periods("year", first, today) == []


def test_older_days_of_a_daily_report_are_told_together() -> None:
    rows = owed_periods(entry("daily", After(days=2)), date(2026, 5, 17), date(2026, 7, 1))
    assert [row.period for row in rows[:2]] == ["2026-06-30", "2026-06-29"]
    assert len(rows) == AT_MOST["day"] + 1
    (older,) = [row for row in rows if row.days]
    assert (older.period, older.days) == ("2026-05-17..2026-06-24", 38)
    assert older.due_on == date(2026, 5, 19)
    covered = {parse_period(row.period).start.date() for row in rows if not row.days}
    covered |= {date(2026, 5, 17) + timedelta(days=n) for n in range(older.days)}
    assert covered == {date(2026, 5, 17) + timedelta(days=n) for n in range(45)}


def test_years_are_owed_for_ordinary_services_and_half_years_for_very_large_ones() -> None:
    harmonised = entry("by_service_kind", After(months=2))
    first, today = date(2024, 1, 1), date(2026, 7, 1)
    ordinary = Service("assistant", "hosting")
    large = Service("assistant", "vlop", date(2026, 3, 1))
    was_ordinary = Service("assistant", "online_platform", date(2020, 1, 1), date(2026, 3, 1))
    names = lambda services: [row.period for row in owed_periods(harmonised, first, today, services)]  # noqa: E731
    assert names([ordinary]) == ["2025", "2024"]
    assert names([large]) == ["2026-H1"]
    assert names([was_ordinary, large]) == ["2026-H1", "2025", "2024"]
    assert names([]) == ["2025", "2024"]
    assert is_owed(harmonised, "2026", [was_ordinary])
    assert not is_owed(harmonised, "2025-H2", [was_ordinary, large])


@pytest.mark.parametrize("report", CATALOGUE.values(), ids=lambda report: report.report_id)
def test_an_entry_says_all_that_the_calendar_and_an_approver_need(report: Entry) -> None:
    assert list(schedule_of(report)) == list(KINDS[report.cadence])
    assert report.regime
    assert report.schema_note, "say which official schema there is, or that there is none"
    assert report.required_checks
    assert report.due != After()
    assert {part.part for part in report.parts}


def test_part_names_are_unique_over_the_catalogue() -> None:
    parts = [part.part for report in CATALOGUE.values() for part in report.parts]
    assert sorted(parts) == sorted(set(parts))
