"""A warehouse that holds just what detection reads: the daily tables, registers and account versions, filled from a few requests.

Belongs here: making those tables as the models declare them, and filling them. Not here: any assertion, or what dbt computes
(tests of the models).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

import duckdb
import pyarrow as pa

from assets.detection.evaluation import evaluate, prepare
from assets.transform.dictionary import Model, read_models
from assets.transform.project import project_dir
from orchestration.core import derived
from orchestration.core.commits import Commit, DataFile
from orchestration.core.home import Home

FIRST = date(2026, 5, 1)
_TYPES = {"string": "varchar", "instant": "timestamptz", "array<string>": "varchar[]"}
_READ = {
    "int_account_hour_days": """select event_date, account_id, hour, count(*) from line group by all""",
    "int_account_key_days": """
        with keys as (
            unpivot (select event_date, account_id, asn_kind, country, address, device, payment, api_key, model, requested_at from line)
            on address, device, payment, api_key, model into name key_type value key_value
        )
        select event_date, account_id, key_type, key_value, count(*), min(asn_kind), min(country), min(requested_at), max(requested_at)
        from keys where key_value <> '' group by event_date, account_id, key_type, key_value""",
    "int_account_template_days": """
        select event_date, account_id, template, count(*), count(distinct prompt), count_if(elicits), count_if(grades), count_if(strict),
            count_if(refused), min(requested_at), max(requested_at)
        from line where template is not null group by event_date, account_id, template""",
    "int_account_prompt_days": """
        select event_date, account_id, 'api', template, prompt, simhash, count(*), count_if(elicits), count_if(grades), count_if(strict),
            count_if(refused), min(requested_at), max(requested_at), min(request_id)
        from line group by event_date, account_id, template, prompt, simhash""",
    "int_account_place_days": """
        select event_date, account_id, api_key, asn, country, device, count(*) from line group by all""",
    "int_account_task_days": """select event_date, account_id, task, count(*) from line group by all""",
    "int_account_policy_days": """
        select event_date, account_id, 'api', policy, count(*), 0, 0, count_if(refused) from line where policy is not null
        group by event_date, account_id, policy""",
    "int_account_tool_days": """
        select event_date, account_id, 'api', tool, count(*), min(requested_at), max(requested_at) from line where tool is not null
        group by event_date, account_id, tool""",
}
_GIVEN = (
    "stg_enforcement_actions",
    "stg_user_reports",
    "stg_detections",
    "stg_allowlist",
    "stg_model_releases",
    "hist_accounts",
)
_LINE = {
    "request_id": "varchar", "requested_at": "timestamptz", "event_date": "date", "account_id": "varchar", "hour": "bigint",
    "address": "varchar", "device": "varchar", "payment": "varchar", "api_key": "varchar", "model": "varchar", "asn": "bigint",
    "asn_kind": "varchar", "country": "varchar", "template": "varchar", "prompt": "varchar", "simhash": "varchar",
    "elicits": "boolean", "grades": "boolean", "strict": "boolean", "refused": "boolean", "policy": "varchar", "task": "varchar",
    "tool": "varchar",
}  # fmt: skip
_numbers = count(1)

Line = dict[str, Any]


def request(account: str, day: int, hour: int = 12, **more: Any) -> Line:
    """One request on the day with this number (0 = FIRST); columns that are not given are null, the model is `m`."""
    at = datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(days=day, hours=hour)
    line = {"request_id": f"r{next(_numbers):07}", "account_id": account, "requested_at": at, "model": "m"}
    return line | {"event_date": at.date(), "hour": hour, "task": "chat"} | more


def account(account_id: str, **more: Any) -> dict[str, Any]:
    """One version of an account, known since long before FIRST."""
    long_ago = datetime(2025, 1, 1, tzinfo=UTC)
    version = {"account_id": account_id, "created_at": long_ago, "kind": "individual", "status": "active"}
    return version | {"_version_at": long_ago, "email_pattern_hash": account_id} | more


@cache
def _models() -> dict[str, Model]:
    wanted = {*_READ, *_GIVEN}
    return {model.name: model for model in read_models(project_dir()) if model.name in wanted}


def _schema(name: str) -> str:
    model = _models()[name]
    return f"current.{model.layer}" if model.layer == "history" else f"warehouse.{model.layer}"


@contextmanager
def warehouse(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The writer's warehouse with every table that detection reads, empty, as their models declare them."""
    home.build.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(home.warehouse_db), config={"threads": 2}) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("attach ':memory:' as current")
        for name, model in _models().items():
            columns = ", ".join(f'"{one.name}" {_TYPES.get(one.type, one.type)}' for one in model.columns)
            connection.execute(f"create schema if not exists {_schema(name)}")
            connection.execute(f"create or replace table {_schema(name)}.{name} ({columns})")
        connection.execute("create schema if not exists raw")
        connection.execute(
            "create or replace table raw.pins (watermark bigint, built_through bigint, as_of timestamptz)"
        )
        connection.execute("insert into raw.pins values (1, 0, ?)", [datetime(2026, 7, 1, tzinfo=UTC)])
        columns = ", ".join(f"{name} {kind}" for name, kind in _LINE.items())
        connection.execute(f"create or replace temp table line ({columns})")
        yield connection


def add_lines(connection: duckdb.DuckDBPyConnection, lines: Iterable[Line]) -> None:
    """Take in requests and make the daily tables anew from all of them."""
    rows = list(lines)
    if rows:
        table = pa.table({name: [row.get(name) for row in rows] for name in _LINE if any(name in row for row in rows)})
        connection.register("incoming_lines", table)
        connection.execute("insert into line by name select * from incoming_lines")
        connection.unregister("incoming_lines")
    for name, sql in _READ.items():
        connection.execute(f"delete from {_schema(name)}.{name}")
        connection.execute(f"insert into {_schema(name)}.{name} {sql}")


def add(connection: duckdb.DuckDBPyConnection, name: str, *rows: dict[str, Any]) -> None:
    """Append rows to one of the given tables; columns that a row lacks are null."""
    for row in rows:
        names, marks = ", ".join(f'"{column}"' for column in row), ", ".join("?" for _ in row)
        connection.execute(f"insert into {_schema(name)}.{name} ({names}) values ({marks})", list(row.values()))


def evaluated(
    connection: duckdb.DuckDBPyConnection, day: int, previous: dict[str, str] | None = None
) -> dict[str, str]:
    """Evaluate one day alone; account -> cluster."""
    derived.load(connection, Home.at(project_dir() / "nowhere"), 0)
    prepare(connection)
    return evaluate(connection, FIRST + timedelta(day), previous or {})


def groups(members: dict[str, str]) -> set[frozenset[str]]:
    """The clusters as sets of accounts."""
    return {frozenset(one for one, name in members.items() if name == cluster) for cluster in members.values()}


def commit(number: int, **touched: list[int]) -> Commit:
    """A batch that brought rows of these feeds for the days with these numbers."""
    days = {feed: [(FIRST + timedelta(day)).isoformat() for day in of_feed] for feed, of_feed in touched.items()}
    files = [
        DataFile(path=f"{feed}-{number}", kind="raw", feed=feed, sha256="", rows=1, size_bytes=1, event_days=of_feed)
        for feed, of_feed in days.items()
    ]
    return Commit(
        batch_id=number, run_id="r", committed_at="2026-07-01T00:00:00Z", deliveries=[], data_files=files,
        touched_days={feed: of_feed for feed, of_feed in days.items() if of_feed}, is_synthetic=True,
    )  # fmt: skip
