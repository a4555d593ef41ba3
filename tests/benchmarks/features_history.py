"""What a new day's features cost as history grows: the feature models over one more day after 30 and after 365 days, in CPU-seconds.

Belongs here: a warehouse with that much history, the next days, their cost. Not here: peers (features), other feeds (history).
Run `python -m tests.benchmarks.features_history --rows N --repeat K`: N requests a day, medians of K further days.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from pathlib import Path

import duckdb

from assets.ingestion.contracts import FEEDS, lake_columns
from assets.transform.project import manifest
from assets.transform.run import build, select_models
from orchestration.core.home import Home
from tests.benchmarks.features_input import rows_sql
from tests.benchmarks.history import make
from tests.benchmarks.measure import machine, median, table

BUDGET = 1.1
FEED = "model_requests"


def deliver(home: Home, first: int, last: int, rows: int) -> None:
    """Append the days first..last, each a batch, and let `raw.model_requests` show just those, as ingestion does."""
    with duckdb.connect(str(home.warehouse_db)) as con:
        con.execute("SET TimeZone = 'UTC'")
        kinds = lake_columns(FEEDS[FEED])
        if first == 1:
            con.execute(f"DROP TABLE raw.{FEED}")
            con.execute("CREATE SCHEMA lake")
            con.execute(f"CREATE TABLE lake.requests ({', '.join(f'{name} {kind}' for name, kind in kinds.items())})")
        for day in range(first, last + 1):
            con.execute(
                f"INSERT INTO lake.requests BY NAME SELECT * REPLACE (CAST(requested_at AS TIMESTAMPTZ) + INTERVAL ({day}) DAY "
                f"AS requested_at, CAST(policy_scores AS VARCHAR) AS policy_scores, 'd{day}' || request_id AS request_id), "
                f"{day} AS _batch_id, {day} AS _file_id, row_number() OVER () AS _line_no FROM ({rows_sql(rows * 30, 0)})"
            )
        con.execute(
            f"CREATE OR REPLACE VIEW raw.{FEED} AS SELECT * FROM lake.requests WHERE _batch_id BETWEEN {first} AND {last}"
        )
        con.execute("DELETE FROM raw.pins")
        con.execute("INSERT INTO raw.pins VALUES (?, ?, '2026-01-01T00:00:00Z')", [last, first - 1])
        con.execute("DELETE FROM raw.touched_days")
        con.execute(
            f"INSERT INTO raw.touched_days SELECT DISTINCT '{FEED}', CAST(requested_at AS DATE) FROM raw.{FEED}"
        )


def grow(folder: Path, days: int, rows: int, repeat: int) -> list[float]:
    """CPU-seconds of the days after so many, each built by itself."""
    home = Home.at(folder / f"days-{days}").ensure()
    make(home)
    deliver(home, 1, days, rows)
    parsed = manifest(home)
    chosen = [name for name in select_models(parsed, [FEED]) or [] if "account" in name or "request" in name]
    build(home)
    costs = []
    for number in range(1, repeat + 1):
        deliver(home, days + number, days + number, rows)
        before = resource.getrusage(resource.RUSAGE_SELF)
        build(home, select=chosen, with_views=False)
        after = resource.getrusage(resource.RUSAGE_SELF)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return costs


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=3_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--days", type=int, nargs=2, default=(30, 365))
    options = parser.parse_args()
    short, long = options.days
    with tempfile.TemporaryDirectory() as name:
        few = median(grow(Path(name), short, options.rows, options.repeat))
        many = median(grow(Path(name), long, options.rows, options.repeat))
    print(
        f"\nFeatures of one new day of {options.rows:,} requests, CPU-seconds, medians of {options.repeat}; {machine()}\n"
    )
    rows: list[list[object]] = [[f"after {short} days", few, ""], [f"after {long} days", many, ""]]
    rows.append(["ratio", round(many / few, 2), f"budget {BUDGET}"])
    print(table(["what", "CPU-s", "notes"], rows))


if __name__ == "__main__":
    main()
