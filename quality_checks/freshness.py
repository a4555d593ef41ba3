"""Freshness: whether each feed came when it should, and up to which day it is complete.

Produces the rows of `ops.feed_status`. Cadences are the contract's defaults unless the register `feeds` says otherwise.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import duckdb

from orchestration.core.home import Home
from quality_checks.control_totals import compare
from quality_checks.expectations import FEEDS, WITHOUT_CADENCE
from quality_checks.ledger import CheckResult, failed, passed
from quality_checks.scope import Scope, rows_of

DAILY_HOURS = 24.0
DEFAULT_OWNER = "trust-and-safety-data"

FEED_STATUS_COLUMNS: dict[str, str] = {
    "feed": "VARCHAR",
    "cadence_hours": "DOUBLE",
    "owner": "VARCHAR",
    "last_received_on": "DATE",
    "last_event_on": "DATE",
    "complete_through_on": "DATE",
    "is_late": "BOOLEAN",
    "open_quarantine": "BIGINT",
    "lines_loaded": "BIGINT",
}


def default_cadence(feed: str) -> float | None:
    """Hours between deliveries when nobody registered another: daily for feeds, none for registers and occasional feeds."""
    expected = FEEDS.get(feed)
    is_occasional = expected is None or expected.is_register or feed in WITHOUT_CADENCE
    return None if is_occasional else DAILY_HOURS


def due_at(last_received_on: date, cadence_hours: float) -> datetime:
    """The UTC instant after which a feed is late.

    A delivery may land at any hour of its day, so the cadence runs from that day's end.
    """
    end_of_day = datetime.combine(last_received_on, datetime.min.time(), UTC) + timedelta(days=1)
    return end_of_day + timedelta(hours=cadence_hours)


def judged_at(scope: Scope, now: datetime) -> datetime:
    """The instant at which lateness is judged: the clock, but for a generated landing zone the end of its last day.

    Args:
        scope: The record up to the watermark.
        now: The clock, aware.
    """
    days = [date.fromisoformat(delivery.received_on) for _, delivery in scope.deliveries()]
    if not days or not any(commit.is_synthetic for commit in scope.commits):
        return now
    return min(now, datetime.combine(max(days), datetime.min.time(), UTC) + timedelta(days=1))


def _registered(connection: duckdb.DuckDBPyConnection, scope: Scope) -> dict[str, dict[str, Any]]:
    rows = rows_of(
        connection,
        "select feed, cadence_hours, owner from raw.feeds where _batch_id <= ? qualify row_number() over "
        "(partition by feed order by _version_at desc, _batch_id desc, _file_id desc, _line_no desc) = 1",
        [scope.watermark],
    )
    return {str(row["feed"]): row for row in rows}


def feed_status(
    connection: duckdb.DuckDBPyConnection, home: Home, scope: Scope, now: datetime
) -> list[dict[str, object]]:
    """The rows of `ops.feed_status`: one per feed of the contract.

    Args:
        connection: From `scope.open_build`.
        home: Where the lake lies.
        scope: The record up to the watermark.
        now: The instant at which lateness is judged, aware.

    Returns:
        Rows with the columns of FEED_STATUS_COLUMNS; days are UTC. `complete_through_on` is the last day up to which control totals
        agree without a gap where a feed has them, else the day before the last delivery (the day itself, for feeds without cadence).
    """
    register = _registered(connection, scope)
    totals: dict[str, list[dict[str, object]]] = {}
    for row in compare(connection, home, scope):
        totals.setdefault(str(row["feed"]), []).append(row)
    facts = _delivered(scope)
    rows = []
    for feed in sorted(FEEDS):
        entry = register.get(feed, {})
        cadence = entry.get("cadence_hours") if entry.get("cadence_hours") is not None else default_cadence(feed)
        got = facts.get(feed, {})
        last = got.get("last_received_on")
        is_awaited = cadence is not None and (last is not None or bool(entry))
        is_late = is_awaited and (last is None or now > due_at(last, float(cadence or 0)))
        rows.append(
            {
                "feed": feed,
                "cadence_hours": cadence,
                "owner": entry.get("owner") or DEFAULT_OWNER,
                "last_received_on": last,
                "last_event_on": got.get("last_event_on"),
                "complete_through_on": _complete_through(totals.get(feed, []), last, has_cadence=cadence is not None),
                "is_late": is_late,
                "open_quarantine": got.get("open_quarantine", 0),
                "lines_loaded": got.get("lines_loaded", 0),
            }
        )
    return rows


def _delivered(scope: Scope) -> dict[str, dict[str, Any]]:
    facts: dict[str, dict[str, Any]] = {}
    for _, one in scope.deliveries():
        got = facts.setdefault(
            one.feed, {"last_received_on": None, "last_event_on": None, "open_quarantine": 0, "lines_loaded": 0}
        )
        received = date.fromisoformat(one.received_on)
        if one.status in {"loaded", "retried"}:
            got["last_received_on"] = max(got["last_received_on"] or received, received)
        got["open_quarantine"] += one.quarantined
        got["lines_loaded"] += one.loaded
    for commit in scope.commits:
        for file in commit.data_files:
            if file.kind == "raw" and file.event_days and file.feed in facts:
                last = date.fromisoformat(max(file.event_days))
                facts[file.feed]["last_event_on"] = max(facts[file.feed]["last_event_on"] or last, last)
    return facts


def _complete_through(
    totals: Sequence[dict[str, Any]], last_received_on: date | None, *, has_cadence: bool
) -> date | None:
    if totals:
        return _agreed_through(totals)
    if last_received_on is None:
        return None
    return last_received_on - timedelta(days=1) if has_cadence else last_received_on


def _agreed_through(totals: Sequence[dict[str, Any]]) -> date | None:
    """Last whole day before the first difference or gap, reading control periods in order."""
    ordered = sorted(totals, key=lambda row: (row["period_start"], row["period_end"]))
    end: datetime | None = None
    for before, row in pairwise([None, *ordered]):
        if row is None or row["sent"] != row["received"]:
            break
        if before is not None and row["period_start"] > before["period_end"]:
            break
        end = row["period_end"]
    return None if end is None else (end.astimezone(UTC) - timedelta(microseconds=1)).date()


def deliveries_are_on_time(rows: Sequence[dict[str, Any]], now: datetime) -> list[CheckResult]:
    """Whether each feed with a cadence that is in use came in time.

    Args:
        rows: From `feed_status`.
        now: The same instant.

    Returns:
        One result per such feed, severity warn, owned by the feed's owner.
    """
    results = []
    for row in rows:
        if row["cadence_hours"] is None or (row["last_received_on"] is None and not row["is_late"]):
            continue
        asset, expected = f"raw/{row['feed']}", f"a delivery every {row['cadence_hours']:g} hours"
        if not row["is_late"]:
            results.append(passed("delivery_is_on_time", asset, "warn", expected))
            continue
        results.append(
            failed(
                "delivery_is_on_time",
                asset,
                "warn",
                expected,
                offenders=[
                    {"last received on": row["last_received_on"] or "never", "judged at": f"{now:%Y-%m-%d %H:%M} UTC"}
                ],
                remedy=f"Ask {row['owner']} for the missing days; figures over them stay provisional.",
                anchor="a-late-feed",
                owner=str(row["owner"]),
            )
        )
    return results
