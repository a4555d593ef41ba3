"""The clock: what time it is, for logs, locks and schedules.

Nothing that is counted may depend on it: figures use a period's as_of, marts the watermark's commit instant.
"""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present instant in UTC, or the pinned one when settings say so."""
    from orchestration.core.settings import get_settings  # costs a sixth of a second; most commands ask for no time

    pinned = get_settings().now
    return (pinned or datetime.now(UTC)).astimezone(UTC)


def stamp(instant: datetime | None = None) -> str:
    """An instant as RFC 3339 in UTC with milliseconds, as every file of ours writes it."""
    return (instant or utc_now()).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
