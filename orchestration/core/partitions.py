"""Partitions: `received_on`, the landing folder's day, and nothing else.

They start at the earliest day that has landed, so that the UI shows days that exist.
"""

from datetime import date, timedelta

import dagster as dg

from orchestration.core.clock import utc_now
from orchestration.core.home import Home


def parse_day(text: str) -> date | None:
    """A `YYYY-MM-DD` folder name as a day, or None."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def earliest_received_on(home: Home) -> date | None:
    """The first day that any feed's landing folder names, or None in an empty home."""
    if not home.landing.is_dir():
        return None
    days = (
        day
        for feed in home.landing.iterdir()
        if feed.is_dir() and not feed.name.startswith((".", "_"))
        for folder in feed.iterdir()
        if (day := parse_day(folder.name)) is not None
    )
    return min(days, default=None)


def received_on_partitions(home: Home) -> dg.DailyPartitionsDefinition:
    """Daily partitions in UTC from the first landed day through tomorrow (a sender's clock may run ahead)."""
    start = earliest_received_on(home) or utc_now().date() - timedelta(days=7)
    return dg.DailyPartitionsDefinition(start_date=start.isoformat(), end_offset=2)
