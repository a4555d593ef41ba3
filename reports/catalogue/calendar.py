"""Calendar: for which ended periods each report is owed, by when, and when its preparation is scheduled.

Periods of a cadence and due days belong here; how a report stands is told by standing.py.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from reports.catalogue import After, Cadence, Entry
from reports.periods import Kind, kind_of, months_after, parse_period, period_name

KINDS: dict[Cadence, tuple[Kind, ...]] = {
    "daily": ("day",),
    "monthly": ("month",),
    "quarterly": ("quarter",),
    "half_yearly": ("half_year",),
    "yearly": ("year",),
    "by_service_kind": ("year", "half_year"),
    "on_request": (),
}
AT_MOST: dict[Kind, int] = {"day": 7, "month": 12, "quarter": 8, "half_year": 4, "year": 3}
"""Ended periods that are listed one by one."""

VERY_LARGE = frozenset({"vlop", "vlose"})

_GRACE: dict[Kind, timedelta] = {"day": timedelta(0), "month": timedelta(days=7)}
_CRON: dict[Kind, str] = {
    "day": "0 5 * * *",
    "month": "0 6 3 * *",
    "quarter": "15 6 3 1,4,7,10 *",
    "half_year": "30 6 3 1,7 *",
    "year": "45 6 3 1 *",
}


class Service(msgspec.Struct, frozen=True):
    """A row of the register of services: its kind, from a day to before another; open where None."""

    dsa_service: str
    kind: str
    valid_from: date | None = None
    valid_to: date | None = None


class Owed(msgspec.Struct, frozen=True):
    """A period for which a report is owed.

    Attributes:
        period: Name of the period; for days too old to be listed one by one, a range over them.
        due_on: Last day on which it is in time; of a range, that of its oldest day.
        days: Days in a range; 0 for a period by itself.
    """

    period: str
    due_on: date
    days: int = 0


def ended_periods(kind: Kind, first: date, today: date, at_most: int | None = None) -> list[str]:
    """Periods of a kind that ended by `today`, newest first.

    The oldest is the one that deliveries reach: of months, the one in whose first week deliveries began; of days, the first
    whole one; of longer periods, the one in which they began, because a law asks for the part that there was.

    Args:
        kind: Not `range`.
        first: First day on which something was delivered.
        today: The day on which the copy stands.
        at_most: How many; the kind's limit when None.
    """
    names: list[str] = []
    name = last_ended(kind, today)
    limit = AT_MOST[kind] if at_most is None else at_most
    while len(names) < limit:
        period = parse_period(name)
        reached = period.start.date() >= first - _GRACE[kind] if kind in _GRACE else period.end_day > first
        if not reached:
            break
        names.append(name)
        name = period_name(kind, period.start.date() - timedelta(days=1))
    return names


def due_day(end: date, after: After) -> date:
    """The last day on which a report is in time.

    Whole months first, so that a period that ends with its month is due at the end of a month; then days.

    Args:
        end: The first day after the period.
        after: The entry's due rule.
    """
    return months_after(end, after.months) + timedelta(days=after.days - 1)


def owed_periods(entry: Entry, first: date, today: date, services: Sequence[Service] = ()) -> list[Owed]:
    """Ended periods for which a report is owed, the newest first; older days of a daily report as one range.

    Args:
        entry: The report.
        first: First day on which something was delivered.
        today: The day on which the copy stands.
        services: The register of services, for reports whose cadence hangs on them. A year is owed for those that are no
            VLOP or VLOSE in some part of it, a half-year for those that are; without any service, years are.
    """
    rows: list[Owed] = []
    for kind in KINDS[entry.cadence]:
        for name in ended_periods(kind, first, today):
            if is_owed(entry, name, services):
                rows.append(Owed(name, due_day(parse_period(name).end_day, entry.due)))
        if kind == "day":
            rows += _older_days(entry, first, today)
    return sorted(rows, key=lambda row: parse_period(row.period).end, reverse=True)


def schedule_of(entry: Entry) -> dict[Kind, str]:
    """Cron expressions (UTC) of a report's preparation, one per kind of period; the entry's own where it has one."""
    return {kind: entry.schedule or _CRON[kind] for kind in KINDS[entry.cadence]}


def last_ended(kind: Kind, today: date) -> str:
    """Name of the last period of a kind that had ended when `today` began."""
    return period_name(kind, parse_period(period_name(kind, today)).start.date() - timedelta(days=1))


def last_periods(entry: Entry, today: date, services: Sequence[Service] = ()) -> list[str]:
    """The last ended period of each kind for which a report is owed, whether or not deliveries reach back to it.

    Of a report on request, the last month.
    """
    names = [last_ended(kind, today) for kind in KINDS[entry.cadence] or ("month",)]
    return [name for name in names if is_owed(entry, name, services)] or names


def is_owed(entry: Entry, name: str, services: Sequence[Service]) -> bool:
    """Whether a report is owed for a period of one of its kinds: always, unless its cadence hangs on the services."""
    kind = kind_of(name)
    if entry.cadence != "by_service_kind":
        return True
    if not services:
        return kind == "year"
    period = parse_period(name)
    start, end = period.start.date(), period.end_day
    return any(
        (service.kind in VERY_LARGE) == (kind == "half_year")
        and (service.valid_from is None or service.valid_from < end)
        and (service.valid_to is None or service.valid_to > start)
        for service in services
    )


def _older_days(entry: Entry, first: date, today: date) -> list[Owed]:
    last = today - timedelta(days=AT_MOST["day"])
    count = (last - first).days
    if count <= 0:
        return []
    return [Owed(f"{first}..{last}", due_day(first + timedelta(days=1), entry.due), count)]
