"""Control totals: what the sources say they sent, against what the lake holds for the same period.

Comparing counts belongs here; whether a report may still be filed is decided where reports are made.
"""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import msgspec

from orchestration.core import erasures
from orchestration.core.durable import write_bytes
from orchestration.core.erasures import DayCount
from orchestration.core.home import Home
from quality_checks.expectations import FEEDS, FeedExpectation
from quality_checks.ledger import CheckResult, verdict
from quality_checks.scope import Scope, rows_of

PERIODS = """
with latest as (
    select *, row_number() over (
        partition by source_system, feed, period_start, period_end order by generated_at desc, _batch_id desc, _line_no desc
    ) as rank
    from raw.control_totals where _batch_id <= ?
)
select feed, period_start, period_end, sum(record_count)::bigint as sent, count(*) as systems
from latest where rank = 1 group by all order by all
"""


class Counted(msgspec.Struct, frozen=True):
    """What was received for the periods that control totals cover, up to a batch.

    Attributes:
        watermark: The batch.
        received: Feed, start and end of a period (`feed|start|end`) -> number of records.
    """

    watermark: int = 0
    received: dict[str, int] = {}


def compare(
    connection: duckdb.DuckDBPyConnection, home: Home, scope: Scope, feeds: Iterable[str] | None = None
) -> list[dict[str, object]]:
    """Sent against received, for every period that a control total covers.

    A correction (same source, feed and period, generated later) replaces the earlier total; several sources of one feed add up.
    Records are counted once, whatever their versions; those that were erased since count as received. Counts are kept in the build
    folder, so that a run counts only the periods in which a batch since the last run touched a day.

    Args:
        connection: From `open_build`.
        home: Where the lake lies.
        scope: The watermark and its commits.
        feeds: Only these feeds; all when None.

    Returns:
        Rows of feed, period_start, period_end (half-open, UTC), sent, received.
    """
    kept = _kept_counts(home, scope)
    erased = erasures.erased_counts(home)
    touched = _days_since(scope, kept.watermark)
    compared, counted = [], {}
    for row in rows_of(connection, PERIODS, [scope.watermark]):
        feed = str(row["feed"])
        expected = FEEDS.get(feed)
        if expected is None or not expected.event_time:
            continue
        span = (row["period_start"], row["period_end"])
        key = f"{feed}|{span[0]}|{span[1]}"
        is_touched = any(str(span[0])[:10] <= day <= str(span[1])[:10] for day in touched.get(feed, ()))
        if key not in kept.received or is_touched:
            found = connection.execute(_received_sql(expected, home, scope, span), [*span]).fetchone()
            counted[key] = (int(found[0]) if found else 0) + _erased_in(erased, expected, span)
        else:
            counted[key] = kept.received[key]
        row["received"] = counted[key]
        compared.append({name: row[name] for name in ("feed", "period_start", "period_end", "sent", "received")})
    write_bytes(_counts_file(home), msgspec.json.encode(Counted(scope.watermark, counted)))
    wanted = None if feeds is None else set(feeds)
    return [row for row in compared if wanted is None or row["feed"] in wanted]


def _erased_in(erased: Iterable[DayCount], expected: FeedExpectation, span: tuple[object, object]) -> int:
    """Records erased of a period: its days as the erasures' record tells them, a day that it cuts counting whole."""
    end = span[1] - timedelta(microseconds=1) if isinstance(span[1], datetime) else span[1]
    first, last = str(span[0])[:10], str(end)[:10]
    return sum(
        one.rows if expected.is_event else one.keys
        for one in erased
        if one.feed == expected.feed and first <= one.day <= last
    )


def _counts_file(home: Home) -> Path:
    return home.build / "control_totals.json"


def _kept_counts(home: Home, scope: Scope) -> Counted:
    """Counts kept by an earlier run; none when there are none, at a rebuild, or when they know more than the watermark."""
    path = _counts_file(home)
    if scope.built_through == 0 or not path.exists():
        return Counted()
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=Counted)
    except msgspec.MsgspecError:
        return Counted()
    return kept if kept.watermark <= scope.watermark else Counted()


def _days_since(scope: Scope, watermark: int) -> dict[str, set[str]]:
    """Days that batches after a watermark touched, by feed."""
    days: dict[str, set[str]] = {}
    for commit in scope.commits:
        if commit.batch_id > watermark:
            for feed, touched in commit.touched_days.items():
                days.setdefault(feed, set()).update(touched)
    return days


def _received_sql(expected: FeedExpectation, home: Home, scope: Scope, span: tuple[object, object]) -> str:
    """Count of records whose event time lies in a period.

    Requests are counted in the lake files that hold one of the period's days: their raw relation shows touched days only.
    """
    relation = f"(select * from raw.{expected.feed} where _batch_id <= {scope.watermark})"
    if expected.feed == "model_requests":
        relation = _request_files(home, scope, str(span[0])[:10], str(span[1])[:10])
    counted = "count(*)" if expected.is_event else f"count(distinct {expected.key[0]})"
    return f"select {counted} from {relation} as r where r.{expected.event_time} >= ? and r.{expected.event_time} < ?"


def _request_files(home: Home, scope: Scope, first: str, last: str) -> str:
    paths: list[Path] = [
        home.root / file.path
        for commit in scope.commits
        for file in commit.data_files
        if file.feed == "model_requests" and file.kind == "raw" and any(first <= day <= last for day in file.event_days)
    ]
    if not paths:
        return "(select null::timestamptz as requested_at where false)"
    quoted = ", ".join(f"""'{str(path).replace("'", "''")}'""" for path in sorted(paths))
    return f"read_parquet([{quoted}])"


def ledger_equals_control_totals(connection: duckdb.DuckDBPyConnection, home: Home, scope: Scope) -> list[CheckResult]:
    """Every period that a source vouches for holds as many records as it says.

    Judged are the feeds with new deliveries, and all feeds when new control totals came. A difference does not stop a run; it bars
    the filing of reports over that period.

    Returns:
        One result per feed that control totals cover, severity warn.
    """
    began = time.perf_counter()
    judged = None if "control_totals" in scope.touched or scope.built_through == 0 else scope.touched
    compared = compare(connection, home, scope, judged)
    seconds = time.perf_counter() - began
    results = []
    for feed in sorted({str(row["feed"]) for row in compared}):
        wrong = [row for row in compared if row["feed"] == feed and row["sent"] != row["received"]]
        results.append(
            verdict(
                "ledger_equals_control_totals",
                f"raw/{feed}",
                "warn",
                "records received = records sent, per control period",
                [{name: value for name, value in row.items() if name != "feed"} for row in wrong],
                remedy="Fewer received: ask the source for the missing files, quarantine may hold them too. "
                "More: a file was delivered twice in another shape, or the source must correct its total.",
                anchor="a-late-feed",
                seconds=seconds,
            )
        )
    return results
