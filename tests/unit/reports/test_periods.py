"""Periods: the grammar, half-open edges, and midnights across clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.periods import PeriodError, month_before, parse_instant, parse_period, parse_range

DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-05", "2026-05-01", "2026-06-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-Q2", "2026-04-01", "2026-07-01"),
        ("2026-Q4", "2026-10-01", "2027-01-01"),
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-05-01..2026-06-15", "2026-05-01", "2026-06-15"),
    ],
)
def test_period_covers_the_days_that_its_name_says(text: str, start: str, end: str) -> None:
    period = parse_period(text)
    assert period.start == datetime.fromisoformat(f"{start}T00:00:00+00:00")
    assert period.end == datetime.fromisoformat(f"{end}T00:00:00+00:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-13",
        "2026-Q5",
        "26-05",
        "2026-5",
        "2026-02-30..2026-03-02",
        "2026-06-01..2026-06-01",
        "2026-05-02..2026-05-01",
        "0000",
        "0000-01",
        "9999",
        "2026-05'; drop table x",
    ],
)
def test_unreadable_or_empty_period_is_refused_with_the_grammar(text: str) -> None:
    with pytest.raises(PeriodError, match=r"2026-Q2|is empty"):
        parse_period(text)


def test_unknown_zone_is_refused() -> None:
    for zone in ("Mars/Base", "../etc/passwd", ""):
        with pytest.raises(PeriodError, match="not a time zone"):
            parse_period("2026-05", zone)


@pytest.mark.parametrize(("month", "hours"), [("2026-03", 31 * 24 - 1), ("2026-10", 31 * 24 + 1), ("2026-05", 31 * 24)])
def test_berlin_months_gain_and_lose_the_hour_of_the_clock_change(month: str, hours: int) -> None:
    period = parse_period(month, "Europe/Berlin")
    assert period.end - period.start == timedelta(hours=hours)


def test_berlin_month_starts_at_local_midnight_not_at_utc_midnight() -> None:
    period = parse_period("2026-04", "Europe/Berlin")
    assert period.start == datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert period.end_day == date(2026, 5, 1)
    assert period.span == "2026-04-01 00:00 to before 2026-05-01 00:00 (Europe/Berlin)"


def test_day_whose_midnight_does_not_exist_starts_after_the_gap() -> None:
    # Beirut skipped 00:00 to 01:00 on 30 March 2025.
    period = parse_range("2025-03-30", "2025-03-31", "Asia/Beirut")
    assert period.start == datetime(2025, 3, 29, 22, tzinfo=UTC)
    assert period.end - period.start == timedelta(hours=23)


@given(
    DAYS,
    st.integers(1, 400),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]),
)
def test_adjacent_ranges_share_just_their_edge(first: date, length: int, zone: str) -> None:
    middle = first + timedelta(days=length)
    last = middle + timedelta(days=length)
    assert parse_range(str(first), str(middle), zone).end == parse_range(str(middle), str(last), zone).start


def test_range_of_instants_honours_offsets() -> None:
    period = parse_range("2026-05-01T00:00:00+02:00", "2026-05-01T12:00:00Z")
    assert period.start == datetime(2026, 4, 30, 22, tzinfo=UTC)


def test_instant_without_offset_is_refused() -> None:
    with pytest.raises(PeriodError, match="no offset"):
        parse_instant("2026-05-01T00:00:00")


def test_month_before_is_the_last_that_had_ended() -> None:
    assert month_before(date(2026, 6, 30)) == "2026-05"
    assert month_before(date(2026, 7, 1)) == "2026-06"
    assert month_before(date(2026, 1, 15)) == "2025-12"
