"""The reporting period and the dates of part 1: V2 and V16.

Reading days and periods belongs here; figures do not.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from reports.dsa import template
from reports.dsa.findings import Finding, Level, Seen, Where, finding
from reports.dsa.sheets import Report, Row, Sheet, comparable

FIRST_DAY = date(2025, 7, 1)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INDICATORS = {
    "published": "date of the publication of the report",
    "previous": "date of the publication of the latest previous report",
    "start": "starting date of reporting period",
    "end": "ending date of reporting period",
}


class Dates(NamedTuple):
    """What part 1 says; None when absent or unreadable."""

    published: date | None = None
    previous: date | None = None
    start: date | None = None
    end: date | None = None


def parse_day(text: str) -> date | None:
    """A day of 2000 to 2100 written YYYY-MM-DD; None for anything else."""
    if not _DAY.fullmatch(text.strip()):
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


def parse_period(text: str) -> tuple[date, date] | None:
    """First and last day of `YYYY-MM-DD/YYYY-MM-DD`; None for anything else, also when it ends before it starts."""
    first, slash, last = text.strip().partition("/")
    start, end = parse_day(first), parse_day(last)
    return (start, end) if slash and start and end and start <= end else None


def _date_rows(sheet: Sheet) -> dict[str, Row]:
    if sheet.foreign:
        return dict(zip(("published", "previous", "start", "end"), sheet.rows[1:5], strict=False))
    rows = {comparable(sheet.cell(row, "Indicator")): row for row in reversed(sheet.rows)}
    return {name: rows[indicator] for name, indicator in _INDICATORS.items() if indicator in rows}


def dates_of(report: Report) -> Dates:
    """The dates of part 1."""
    if 1 not in report:
        return Dates()
    rows = _date_rows(report[1])
    return Dates(**{name: parse_day(report[1].cell(row, "Value")) for name, row in rows.items()})


def hours_of(report: Report) -> Decimal | None:
    """Length of the period by part 1, in hours; None when unknown."""
    dates = dates_of(report)
    if dates.start is None or dates.end is None or dates.end < dates.start:
        return None
    return Decimal(((dates.end - dates.start).days + 1) * 24)


def deadline(end: date) -> date:
    """The last day on which a report on a period ending then is in time: two calendar months later.

    A period that ends with its month is due by the end of the second month after it.
    """
    month = end.month + 2
    year, month = end.year + (month - 1) // 12, (month - 1) % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    is_month_end = (end + timedelta(days=1)).day == 1
    return date(year, month, last if is_month_end else min(end.day, last))


def check(report: Report) -> Iterator[Finding]:
    """All of this module's findings."""
    dates = dates_of(report)
    yield from _part_1(report, dates)
    said = (dates.start, dates.end) if dates.start and dates.end else None
    for sheet in report.values():
        if "Reporting period" in sheet.columns:
            yield from _period_cells(sheet, said)
    period = said or next(iter(_periods(report)), None)
    if period is not None and period[0] <= period[1]:
        yield from _allowed(report, period)
    yield from _publication(report, dates)


def _periods(report: Report) -> Iterator[tuple[date, date]]:
    for sheet in report.values():
        for row in sheet.rows:
            if (period := parse_period(sheet.cell(row, "Reporting period"))) is not None:
                yield period


def _part_1(report: Report, dates: Dates) -> Iterator[Finding]:
    if 1 not in report:
        return
    for name, row in _date_rows(report[1]).items():
        text = report[1].cell(row, "Value")
        if text.strip() and getattr(dates, name) is None and text.strip() != template.DAY_PLACEHOLDER:
            rule = "V2" if name in {"start", "end"} else "V16"
            what = f'"{text[:40]}" is not a day.'
            where: Where = {"part_number": 1, "row": row.number, "column": "Value"}
            yield finding(rule, "error", what, found=text, expected="YYYY-MM-DD", **where)
    if dates.start and dates.end and dates.end < dates.start:
        what = "the period ends before it starts."
        yield finding("V2", "error", what, part_number=1, found=dates.end, expected=f"after {dates.start}")


def _period_cells(sheet: Sheet, said: tuple[date, date] | None) -> Iterator[Finding]:
    for row in sheet.rows:
        text = sheet.cell(row, "Reporting period")
        where: Seen = {
            "part_number": sheet.part.number,
            "row": row.number,
            "column": "Reporting period",
            "found": text,
        }
        period = parse_period(text)
        if period is None:
            what = f'"{text[:60]}" is not a period of two days.' if text.strip() else "the period is blank."
            expected = f"{said[0]}/{said[1]}" if said else "YYYY-MM-DD/YYYY-MM-DD"
            yield finding("V2", "error", what, expected=expected, **where)
        elif said is not None and period != said:
            what = f"the period differs from part 1 ({said[0]}/{said[1]})."
            yield finding("V2", "error", what, expected=f"{said[0]}/{said[1]}", **where)


def _allowed(report: Report, period: tuple[date, date]) -> Iterator[Finding]:
    start, end = period
    part = 1 if 1 in report else None
    found = f"{start}/{end}"
    year = start == date(start.year, 1, 1) and end == date(start.year, 12, 31)
    half = (start.month, start.day, end.month, end.day) in {(1, 1, 6, 30), (7, 1, 12, 31)} and start.year == end.year
    if end == date(2025, 12, 31) and start < FIRST_DAY:
        what = "a transitional period; the template is binding for its part from 2025-07-01 on."
        yield finding("V2", "note", what, part_number=part, found=found, expected="2025-07-01/2025-12-31")
    elif end < date(2025, 12, 31):
        what = "the period ends before the template's first one does."
        yield finding("V2", "error", what, part_number=part, found=found, expected="2025-07-01/2025-12-31 or later")
    elif not (year or half):
        what = f"{found} is neither a calendar year nor a half-year."
        yield finding("V2", "error", what, part_number=part, found=found, expected=f"{end.year}-01-01/{end.year}-12-31")
    elif half and start != FIRST_DAY and not _is_very_large(report):
        what = "a half-year is reported by very large services only, and nothing here says that this is one."
        yield finding(
            "V2", "warning", what, part_number=part, found=found, expected=f"{end.year}-01-01/{end.year}-12-31"
        )


def _is_very_large(report: Report) -> bool:
    return any(
        sheet.cell(row, "Value").strip() and comparable(sheet.cell(row, "Applicability")).startswith("only for vlop")
        for number in (8, 9, 10)
        if (sheet := report.get(number)) is not None
        for row in sheet.rows
    )


def _publication(report: Report, dates: Dates) -> Iterator[Finding]:
    if dates.published is None:
        return
    row = _date_rows(report[1])["published"].number
    where: Seen = {"part_number": 1, "row": row, "column": "Value", "found": dates.published}
    if dates.end is not None:
        last = deadline(dates.end)
        if dates.published <= dates.end:
            what = f"published before the period was over ({dates.end})."
            yield finding("V16", "error", what, expected=f"after {dates.end}", **where)
        elif dates.published > last:
            in_time = dates.previous is not None and dates.end < dates.previous <= last
            level: Level = "warning" if in_time else "error"
            why = "; an earlier version was in time, so that this must be a correction" if in_time else ""
            what = f"published after {last}, two months after the period's end{why}."
            yield finding("V16", level, what, expected=f"by {last}", **where)
    if dates.previous is not None and dates.previous >= dates.published:
        what = f"the previous report ({dates.previous}) is not earlier than this one."
        yield finding("V16", "error", what, expected=f"after {dates.previous}", **where)
