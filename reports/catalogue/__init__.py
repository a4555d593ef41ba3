"""The catalogue: which reports there are, for whom, how often and by when; entries are the YAML files beside this one.

Entries and due dates belong here; metrics stand in the seed `metrics`, splits in the YAML of the rpt_ models.
"""

from datetime import date, timedelta
from pathlib import Path

import msgspec
import yaml

from orchestration.core.clock import utc_now
from orchestration.core.home import Home
from orchestration.core.publish import open_published
from reports.periods import parse_period
from reports.published import State, read_state


class Chart(msgspec.Struct, frozen=True):
    """A bar chart: a metric by one dimension."""

    metric: str
    by: str


class Part(msgspec.Struct, frozen=True):
    """A part of a report: its figures come from one contribution relation."""

    part: str
    title: str
    about: str
    charts: tuple[Chart, ...] = ()


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A report.

    Attributes:
        report_id: Its name in filing ids.
        title: Its name for people.
        regime: The rule that it serves.
        audience: Who reads it.
        owner: Team that answers for it.
        cadence: `monthly`.
        due_days: Days after the period's last day by which it is due.
        template_version: Of its pages.
        renderers: Files that it consists of.
        required_checks: Checks whose results go into the bundle as required.
        headline: Metrics on the first page.
        parts: In the order of printing.
    """

    report_id: str
    title: str
    regime: str
    audience: str
    owner: str
    cadence: str
    due_days: int
    template_version: int
    renderers: tuple[str, ...]
    required_checks: tuple[str, ...]
    headline: tuple[str, ...]
    parts: tuple[Part, ...]


class Due(msgspec.Struct, frozen=True):
    """A report for a period, and how it stands: `prepared`, `due` or `overdue`."""

    report_id: str
    title: str
    period: str
    due_on: date
    status: str
    owner: str


class UnknownReport(ValueError):  # noqa: N818 - says what is the matter
    """A report that the catalogue does not hold."""


def _load() -> dict[str, Entry]:
    entries = {}
    for path in sorted(Path(__file__).parent.glob("*.yml")):
        entry = msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), Entry)
        entries[entry.report_id] = entry
    return entries


CATALOGUE: dict[str, Entry] = _load()


def entry_of(report_id: str) -> Entry:
    """The entry of that name.

    Raises:
        UnknownReport: There is none; the message lists those that there are.
    """
    if report_id not in CATALOGUE:
        raise UnknownReport(f"{report_id!r} is no report. There are: {', '.join(CATALOGUE)}.")
    return CATALOGUE[report_id]


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
            due_on = parse_period(month).end_day + timedelta(days=entry.due_days)
            prepared = any((home.filings / entry.report_id / month).glob("v*/manifest.json"))
            status = "prepared" if prepared else "overdue" if due_on < today else "due"
            rows.append(Due(entry.report_id, entry.title, month, due_on, status, entry.owner))
    return rows
