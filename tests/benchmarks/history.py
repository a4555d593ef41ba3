"""What a day costs as history grows: the dbt build of one new day after 30 and after 365 days, in CPU-seconds.

Belongs here: made-up raw tables, a batch a day, and the build of the next one. Not here: ingestion, checks, any threshold.
Run `python -m tests.benchmarks.history --rows N --repeat K`: N reviews, actions and accounts a day, medians of K further days.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets.ingestion.contracts import FEEDS, lake_columns
from assets.transform.project import manifest
from assets.transform.run import NodeResult, build, select_models
from orchestration.core import derived
from orchestration.core.home import Home
from tests.benchmarks.measure import machine, median, table

BUDGET = 1.2
FIRST_DAY = "date '2025-01-01'"
RETOLD = 20
"""One record in twenty comes again a day later, with a new version."""

_AT = f"(({FIRST_DAY} + cast(day as integer))::timestamptz + to_seconds(line % 86400))"
_LATER = f"(({FIRST_DAY} + cast(batch - 1 as integer))::timestamptz + to_seconds(line % 86400))"
_RECORD = {"updated_at": _LATER, "_version_at": _LATER}
MADE: dict[str, tuple[float, dict[str, str]]] = {
    "reviews": (
        1.0,
        {
            "review_id": "'review_' || md5(day || '-' || line)",
            "queue": "'q' || line % 7",
            "enqueued_at": _AT,
            "decided_at": f"{_AT} + to_seconds(600 + line)",
            "source_kind": "'report'",
            "item_id": "md5('item' || day || '-' || line)",
            "account_id": "md5('account' || (day * 500 + line))",
            "surface": "['chat', 'api', 'code'][1 + line % 3]",
            "reviewer_id": "'reviewer_' || line % 90",
            "decision": "['keep', 'remove'][1 + line % 2]",
            "handling_seconds": "line % 900",
            **_RECORD,
        },
    ),
    "enforcement_actions": (
        1.0,
        {
            "action_id": "'action_' || md5(day || '-' || line)",
            "decided_at": _AT,
            "account_id": "md5('account' || (day * 500 + line))",
            "surface": "['chat', 'api', 'code'][1 + line % 3]",
            "policy_code": "['fraud', 'spam', 'cyber', 'harassment'][1 + line % 4]",
            "severity": "1 + line % 4",
            "action": "['warning', 'account_termination'][1 + line % 2]",
            "ground": "'terms'",
            "explanation": "'made up ' || md5('why' || line)",
            "source": "['user_report', 'classifier'][1 + line % 2]",
            "automated_detection": "line % 2 = 0",
            "automated_decision": "['fully', 'partially', 'none'][1 + line % 3]",
            **_RECORD,
        },
    ),
    "accounts": (
        1.0,
        {
            "account_id": "md5('account' || (day * 500 + line))",
            "observed_at": _LATER,
            "created_at": _AT,
            "kind": "'individual'",
            "status": "['active', 'suspended'][1 + line % 2]",
            "verification": "'email'",
            "_version_at": _LATER,
        },
    ),
    "appeals": (
        0.05,
        {
            "appeal_id": "'appeal_' || md5(day || '-' || line)",
            "action_id": "'action_' || md5(greatest(day - 3, 0) || '-' || line)",
            "submitted_at": _AT,
            "channel": "'form'",
            "decided_at": f"case when batch > day + 1 then {_AT} + interval 1 day end",
            "outcome": "case when batch > day + 1 then ['upheld', 'reversed'][1 + line % 2] end",
            **_RECORD,
        },
    ),
    "user_reports": (
        0.2,
        {
            "report_id": "'report_' || md5(day || '-' || line)",
            "submitted_at": _AT,
            "reporter_kind": "'user'",
            "surface": "['chat', 'api', 'code'][1 + line % 3]",
            "target_kind": "'content'",
            "target_id": "md5('item' || day || '-' || line)",
            "reason_code": "['spam', 'abuse'][1 + line % 2]",
            "claims_illegal": "false",
            "is_article_16": "false",
        },
    ),
    "report_outcomes": (
        0.2,
        {
            "report_id": "'report_' || md5(day || '-' || line)",
            "decided_at": f"{_AT} + interval 2 hour",
            "outcome": "'action'",
            **_RECORD,
        },
    ),
}
"""Feed -> (its rows as a share of `--rows`, its columns over `day` and `batch` counted from 0 and 1, and `line`)."""


@dataclass(frozen=True)
class Day:
    """The build of one new day.

    Attributes:
        cpu_seconds: User and system, of this process.
        nodes: What became of each dbt node.
    """

    cpu_seconds: float
    nodes: tuple[NodeResult, ...]


def make(home: Home) -> None:
    """Make the raw tables, empty."""
    with _opened(home) as connection:
        derived.load(connection, home, 0)
        connection.execute("create schema raw")
        for name, feed in FEEDS.items():
            columns = ", ".join(f'"{column}" {kind}' for column, kind in lake_columns(feed).items())
            connection.execute(f"create table raw.{name} ({columns})")
        connection.execute("create table raw.pins (watermark bigint, built_through bigint, as_of timestamptz)")
        connection.execute("create table raw.touched_days (feed varchar, event_date date)")
        connection.execute("create schema current.ops")
        connection.execute(
            "create table current.ops.files "
            "(file_id bigint, file_sha256 varchar, feed varchar, received_on date, is_synthetic boolean)"
        )


def deliver(home: Home, first: int, last: int, rows: int) -> None:
    """Append the batches first..last, a day each: that day's records, and one in twenty of the day before again."""
    with _opened(home) as connection:
        for number, (feed, (share, columns)) in enumerate(MADE.items()):
            names = ", ".join(f'"{name}"' for name in columns)
            texts = ", ".join(columns.values())
            lines = max(1, int(rows * share))
            retold = f"union all select batch, batch - 2 as day, line, {lines} + 1 + line from made where batch > 1 and line % {RETOLD} = 0"
            connection.execute(
                f"""
                insert into raw.{feed} ({names}, _batch_id, _file_id, _line_no, _contract_version)
                with made as (select b as batch, l as line from range({first}, {last + 1}) as x(b), range({lines}) as y(l)),
                told as (
                    select batch, batch - 1 as day, line, line + 1 as line_no from made
                    {retold if "_version_at" in columns else ""}
                )
                select {texts}, batch, batch * 100 + {number}, line_no, 1 from told order by batch, line_no
                """
            )
            connection.execute(
                f"insert into current.ops.files select b * 100 + {number}, md5(b || '{feed}'), '{feed}', "
                f"{FIRST_DAY} + cast(b - 1 as integer), true from range({first}, {last + 1}) as x(b)"
            )


def pin(home: Home, watermark: int, built_through: int) -> None:
    """Set the pins of the next build and the days that its batches touch."""
    with _opened(home) as connection:
        connection.execute("delete from raw.pins")
        connection.execute(
            f"insert into raw.pins values (?, ?, ({FIRST_DAY} + cast(? as integer))::timestamptz)",
            [watermark, built_through, watermark],
        )
        connection.execute("delete from raw.touched_days")
        for feed in MADE:
            contract = FEEDS[feed]
            connection.execute(
                f"insert into raw.touched_days select distinct '{feed}', cast({contract.event_time} as date) from raw.{feed} "
                f"where {contract.event_time} is not null and {contract.key[0]} in (select {contract.key[0]} from raw.{feed} "
                "where _batch_id > ? and _batch_id <= ?)",
                [built_through, watermark],
            )


def next_day(home: Home, batch: int, rows: int) -> Day:
    """Deliver and build one more day, and measure the build."""
    deliver(home, batch, batch, rows)
    pin(home, batch, batch - 1)
    chosen = select_models(manifest(home), MADE)
    before = resource.getrusage(resource.RUSAGE_SELF)
    result = build(home, select=chosen, with_views=False)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return Day(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, result.nodes)


def grow(folder: Path, days: int, rows: int, repeat: int) -> list[Day]:
    """A home with that many days built, and the days after."""
    home = Home.at(folder / f"days-{days}").ensure()
    make(home)
    deliver(home, 1, days, rows)
    pin(home, days, 0)
    build(home)
    return [next_day(home, days + number, rows) for number in range(1, repeat + 1)]


def _opened(home: Home) -> duckdb.DuckDBPyConnection:
    home.warehouse_db.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(str(home.warehouse_db))
    connection.execute("set timezone = 'UTC'")
    connection.execute(f"attach '{home.current_db}' as current")
    return connection


def _dearest(short: list[Day], long: list[Day], most: int) -> list[list[object]]:
    """The nodes whose wall time grew most, with both times."""

    def seconds(days: list[Day]) -> dict[str, float]:
        found: dict[str, list[float]] = {}
        for day in days:
            for node in day.nodes:
                found.setdefault(node.name, []).append(node.seconds)
        return {name: median(values) for name, values in found.items()}

    few, many = seconds(short), seconds(long)
    grown = sorted(many, key=lambda name: few.get(name, 0) - many[name])
    return [[name, few.get(name, 0), many[name]] for name in grown[:most]]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=600)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--days", type=int, nargs=2, default=(30, 365))
    parser.add_argument("--nodes", type=int, default=5, help="how many of the nodes that grew most to list")
    options = parser.parse_args()
    short, long = options.days
    with tempfile.TemporaryDirectory() as name:
        few = grow(Path(name), short, options.rows, options.repeat)
        many = grow(Path(name), long, options.rows, options.repeat)
    costs = [median([day.cpu_seconds for day in days]) for days in (few, many)]
    print(f"\nOne new day of {options.rows} records a feed, CPU-seconds, medians of {options.repeat}; {machine()}\n")
    rows: list[list[object]] = [[f"after {short} days", costs[0], ""], [f"after {long} days", costs[1], ""]]
    rows.append(["ratio", round(costs[1] / costs[0], 2), f"budget {BUDGET}"])
    print(table(["history", "CPU-s", "notes"], rows))
    print(f"\nNodes that grew most, wall seconds after {short} and {long} days\n")
    print(table(["node", f"{short} days", f"{long} days"], _dearest(few, many, options.nodes)))


if __name__ == "__main__":
    main()
