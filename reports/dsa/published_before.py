"""When a service's report was last published: read from part 1 of the bundle that the register of filings has for it.

Finding and reading that day belongs here; which day stands in the new report is told by prose_sheets.
"""

import csv
import io

from orchestration.core.home import Home
from reports.dsa import template
from reports.dsa.filled import Subject
from reports.dsa.period import parse_day
from reports.filing.register import Entry, read_entries
from reports.periods import Period, PeriodError, parse_period

_PUBLISHED = template.part(1).rows[1][1]


def previous_publication(home: Home, report_id: str, subject: Subject) -> str:
    """Date of publication (YYYY-MM-DD) of the service's report before this one; "" when none was filed.

    The version that a correction follows, else the last version of the latest period that ended before this one began.

    Args:
        home: Whose register and filings.
        report_id: The report.
        subject: Service and period.

    Raises:
        RegisterBroken: The register of filings cannot be read.
    """
    period = subject.lookup.figures.period
    ranked = []
    for number, entry in enumerate(read_entries(home)):
        report, _, rest = entry.filing.partition("/")
        if report == report_id and (rank := _rank(rest.partition("/")[0], period)) is not None:
            ranked.append((rank, number, entry))
    for _, _, entry in sorted(ranked, key=lambda one: one[:2], reverse=True):
        if day := _day_of(home, entry, subject.service.folder):
            return day
    return ""


def _rank(name: str, period: Period) -> tuple[bool, str] | None:
    """Same period before earlier ones, later before sooner; None for a period that does not come before."""
    try:
        other = parse_period(name, period.zone)
    except PeriodError:
        return None
    is_same = (other.start, other.end) == (period.start, period.end)
    return (is_same, other.end.isoformat()) if is_same or other.end <= period.start else None


def _day_of(home: Home, entry: Entry, service_folder: str) -> str:
    path = home.filings / entry.filing / "dsa" / service_folder / template.part(1).file_name
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error):
        return ""
    found = next((row[3] for row in rows if len(row) == 4 and row[2] == _PUBLISHED), "")
    return found if parse_day(found) is not None else ""
