"""A home with real databases and commits, in which every check holds, and the means to break each thing."""

from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from assets.ingestion.contracts import FEEDS, lake_columns
from orchestration.core.commits import Commit, DataFile, Delivery, write_commit
from orchestration.core.home import Home

ACTION = {
    "action_id": "a1",
    "decided_at": "2026-01-01T10:00:00Z",
    "account_id": "acc1",
    "surface": "api",
    "policy_code": "spam",
    "severity": 2,
    "action": "warning",
    "ground": "terms",
    "explanation": "made up",
    "source": "own_initiative",
    "automated_detection": True,
    "automated_decision": "none",
}
STAGED = """
create or replace view staging.stg_enforcement_actions as
select * from raw.enforcement_actions as a
where not exists (
    select 1 from raw.retractions as t where t.feed = 'enforcement_actions' and t.id = a.action_id and a._batch_id <= t._batch_id
)
qualify row_number() over (partition by action_id order by _version_at desc, _batch_id desc, _file_id desc, _line_no desc) = 1
"""
MARTS = """
create schema marts; create schema contributions; create schema reporting;
create table marts.fct_enforcement_actions as
select action_id, account_id, decided_at, severity, ground, _batch_id, _file_id, _line_no from w.staging.stg_enforcement_actions;
create view contributions.con_enforcement_overview__actions as
select 'actions' as metric, 'count' as role, action_id as record_id, severity from marts.fct_enforcement_actions;
create table reporting.metrics as select 'actions' as metric, 'additive' as additivity, 'count' as kind;
create table reporting.rpt_enforcement_overview__actions as
select '2026-01' as period, 'actions' as metric, '{}' as dimensions, count(*)::decimal(18, 4) as value
from contributions.con_enforcement_overview__actions
union all
select '2026-01', 'actions', json_object('severity', severity::varchar)::varchar, count(*)::decimal(18, 4)
from contributions.con_enforcement_overview__actions group by severity
"""


def delivery(feed: str, loaded: int, **changes: Any) -> Delivery:
    """A clean delivery of a feed."""
    values: dict[str, Any] = {
        "file_id": 1,
        "file_sha256": "f" * 64,
        "feed": feed,
        "received_on": "2026-01-02",
        "path": f"{feed}/2026-01-02/file.jsonl",
        "size_bytes": 1,
        "mtime_ns": 1,
        "status": "loaded",
        "lines": loaded,
        "loaded": loaded,
    }
    return Delivery(**{**values, **changes})


def commit(home: Home, batch: int, deliveries: list[Delivery], rows: dict[str, int] | None = None) -> None:
    """Write a commit whose lake files hold `rows` per feed (what was loaded, when None)."""
    booked: dict[str, int] = {}
    for one in deliveries:
        booked[one.feed] = booked.get(one.feed, 0) + one.loaded
    files = [
        DataFile(path=f"lake/raw/{feed}/{batch}.parquet", kind="raw", feed=feed, sha256="0", rows=count, size_bytes=1,
                 event_days=["2026-01-01"])
        for feed, count in (booked if rows is None else rows).items()
        if count
    ]  # fmt: skip
    write_commit(
        home,
        Commit(
            batch_id=batch,
            run_id="r",
            committed_at="2026-01-02T00:00:00Z",
            deliveries=deliveries,
            data_files=files,
            touched_days={},
            is_synthetic=False,
        ),
    )


def insert(connection: duckdb.DuckDBPyConnection, feed: str, batch: int, rows: list[dict[str, Any]]) -> None:
    """Put rows into a raw table as ingestion would."""
    for number, row in enumerate(rows, start=1):
        whole = {"_batch_id": batch, "_file_id": 1, "_line_no": number, "_contract_version": 1, **row}
        if FEEDS[feed].kind != "event":
            whole.setdefault("_version_at", "2026-01-02T00:00:00Z")
        names = ", ".join(whole)
        connection.execute(
            f"insert into raw.{feed} ({names}) values ({', '.join('?' * len(whole))})", list(whole.values())
        )


Write = Callable[[Callable[[duckdb.DuckDBPyConnection], object]], None]


@pytest.fixture
def write(home: Home) -> Write:
    """Run something against the writable warehouse, closed again afterwards."""

    def run(change: Callable[[duckdb.DuckDBPyConnection], object]) -> None:
        with duckdb.connect(str(home.warehouse_db)) as connection:
            connection.execute("set timezone = 'UTC'")
            change(connection)

    return run


@pytest.fixture
def line(home: Home, write: Write) -> Home:
    """A home in which one action, its account and its registers have come in as batch 1, and every check holds."""

    def fill(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("create schema raw; create schema staging")
        for feed in FEEDS.values():
            columns = ", ".join(f"{name} {kind}" for name, kind in lake_columns(feed).items())
            connection.execute(f"create table raw.{feed.name} ({columns})")
        connection.execute(
            "create table raw.pins as select 1::bigint as watermark, 0::bigint as built_through, now() as as_of"
        )
        insert(connection, "enforcement_actions", 1, [ACTION])
        insert(connection, "surfaces", 1, [{"surface": "api"}])
        insert(connection, "policies", 1, [{"policy_code": "spam"}])
        connection.execute(STAGED)

    write(fill)
    commit(home, 1, [delivery(feed, 1) for feed in ("enforcement_actions", "surfaces", "policies")])
    with duckdb.connect(str(home.current_db)) as connection:
        connection.execute(f"attach '{home.warehouse_db}' as w (read_only)")
        connection.execute(MARTS)
    return home
