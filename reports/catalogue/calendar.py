"""Calendar: for which ended periods each report is owed, by when, and how it stands.

Periods of a cadence, due days and their status belong here; preparing and filing do not.
"""

from datetime import date, timedelta

import msgspec

from orchestration.core.clock import utc_now
from orchestration.core.home import Home
from orchestration.core.publish import open_published
from reports.catalogue import CATALOGUE, After
from reports.periods import months_after, parse_period
from reports.published import State, read_state


class Due(msgspec.Struct, frozen=True):
    """A report for a period, and how it stands: `prepared`, `due` or `overdue`."""

    report_id: str
    title: str
    period: str
    due_on: date
    status: str
    owner: str


def data_day(state: State) -> date:
    """The day on which a copy stands: of generated data the last delivered, else today (UTC)."""
    if state.is_synthetic and state.known_until:
        return state.known_until.date()
    return utc_now().date()


def ended_months(first: date, today: date, at_most: int = 12) -> list[str]:
    """Calendar months that ended by `today`, newest first; the oldest is the one in whose first week deliveries began."""
    months: list[str] = []
    start = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    while len(months) < at_most and start >= first - timedelta(days=7):
        months.append(f"{start:%Y-%m}")
        start = (start - timedelta(days=1)).replace(day=1)
    return months


def due_day(end: date, after: After) -> date:
    """The last day on which a report is in time.

    Whole months first, so that a period that ends with its month is due at the end of a month; then days.

    Args:
        end: The first day after the period.
        after: The entry's due rule.
    """
    return months_after(end, after.months) + timedelta(days=after.days - 1)


def due(home: Home) -> list[Due]:
    """Every report for every ended period (at most twelve) that deliveries reach, newest first; none before a first publish."""
    if not home.published_current.exists():
        return []
    with open_published(home) as con:
        state = read_state(con, home)
    today = data_day(state)
    rows = []
    for entry in CATALOGUE.values():
        for month in ended_months(state.known_since or today, today):
            due_on = due_day(parse_period(month).end_day, entry.due)
            prepared = any((home.filings / entry.report_id / month).glob("v*/manifest.json"))
            status = "prepared" if prepared else "overdue" if due_on < today else "due"
            rows.append(Due(entry.report_id, entry.title, month, due_on, status, entry.owner))
    return rows
