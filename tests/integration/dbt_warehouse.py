"""A small warehouse to build the dbt project in: raw tables made from the contract, rows put in by hand, batches by number.

Belongs here: making, filling and reading that warehouse, and building it in this process. Not here: any assertion.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

from assets.ingestion.contracts import FEEDS, lake_columns

PROJECT = Path(__file__).parents[2] / "dbt_project"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
Row = dict[str, Any]

_DEFAULTS: dict[str, Any] = {"VARCHAR": "x", "BIGINT": 1, "DOUBLE": 0.5, "BOOLEAN": False, "VARCHAR[]": []}


@dataclass(frozen=True)
class Warehouse:
    """Where one test's databases, profile and dbt target lie."""

    root: Path

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Open the writer's databases, attached as dbt attaches them, with the session in UTC."""
        connection = duckdb.connect(str(self.root / "warehouse.duckdb"))
        connection.execute("set timezone = 'UTC'")
        for name in ("current", "restricted"):
            connection.execute(f"attach '{self.root / name}.duckdb' as {name}")
        return connection

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of one query."""
        with self.connect() as connection:
            return connection.execute(sql).fetchall()


def make_warehouse(root: Path) -> Warehouse:
    """Make the raw tables, empty, and a profile with absolute paths."""
    root.mkdir(parents=True, exist_ok=True)
    warehouse = Warehouse(root)
    with warehouse.connect() as connection:
        connection.execute("create schema raw")
        for name, feed in FEEDS.items():
            columns = ", ".join(f'"{column}" {kind}' for column, kind in lake_columns(feed).items())
            connection.execute(f"create table raw.{name} ({columns})")
        connection.execute("create table raw.pins (watermark bigint, built_through bigint, as_of timestamptz)")
        connection.execute("create table raw.touched_days (feed varchar, event_date date)")
        connection.execute("insert into raw.pins values (0, 0, '2026-01-01T00:00:00Z')")
        connection.execute("create schema current.ops")
        connection.execute(
            "create table current.ops.files "
            "(file_id bigint, file_sha256 varchar, feed varchar, received_on date, is_synthetic boolean)"
        )
    profile = yaml.safe_load((PROJECT / "profiles.yml").read_text())
    output = profile["rapporteur"]["outputs"]["duckdb"]
    output["path"] = str(root / "warehouse.duckdb")
    output["attach"] = [{"path": str(root / f"{name}.duckdb"), "alias": name} for name in ("current", "restricted")]
    (root / "profiles.yml").write_text(yaml.safe_dump(profile))
    return warehouse


def _fill(feed: str, row: Row) -> Row:
    contract = FEEDS[feed]
    kinds = lake_columns(contract)
    filled: Row = {}
    for field in contract.fields:
        if field.required and row.get(field.name) is None:
            default = EPOCH if kinds[field.name] == "TIMESTAMPTZ" else date(2026, 1, 1)
            filled[field.name] = field.values[0] if field.values else _DEFAULTS.get(kinds[field.name], default)
    filled |= {"_contract_version": 1, "_file_id": row["_batch_id"]}
    if contract.kind != "event":
        filled["_version_at"] = row.get(contract.updated_at or "") or EPOCH
    return filled | row


def add_rows(warehouse: Warehouse, feed: str, rows: Iterable[Row]) -> None:
    """Append rows to a raw table; required fields that a row lacks take a neutral value, its file is its batch.

    Each row names its ``_batch_id`` and ``_line_no``; ``_file_id`` defaults to the batch, ``_version_at`` to the update time.
    """
    with warehouse.connect() as connection:
        for row in rows:
            filled = _fill(feed, row)
            names = ", ".join(f'"{name}"' for name in filled)
            marks = ", ".join("?" for _ in filled)
            connection.execute(f"insert into raw.{feed} ({names}) values ({marks})", list(filled.values()))


def add_file(warehouse: Warehouse, file_id: int, sha256: str, feed: str) -> None:
    """Name a delivered file."""
    with warehouse.connect() as connection:
        connection.execute("insert into current.ops.files values (?, ?, ?, ?, false)", [file_id, sha256, feed, EPOCH])


def pin(warehouse: Warehouse, watermark: int, built_through: int, days: Mapping[str, Iterable[date]]) -> None:
    """Set the pins of the next build: its watermark, what is built already, the days touched by feed; as_of is day n."""
    with warehouse.connect() as connection:
        connection.execute("delete from raw.pins")
        as_of = EPOCH + timedelta(days=watermark)
        connection.execute("insert into raw.pins values (?, ?, ?)", [watermark, built_through, as_of])
        connection.execute("delete from raw.touched_days")
        for feed, touched in days.items():
            for day in touched:
                connection.execute("insert into raw.touched_days values (?, ?)", [feed, day])


def build(warehouse: Warehouse, *arguments: str, manifest: Any = None) -> Any:
    """Run ``dbt build`` in this process and return the manifest, to be kept for the next call.

    Raises AssertionError with the failures when any node fails.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    runner = dbtRunner(manifest=manifest)
    result = runner.invoke(
        [
            "--quiet",
            "build",
            *("--project-dir", str(PROJECT)),
            *("--profiles-dir", str(warehouse.root)),
            *("--target-path", str(warehouse.root / "target")),
            *("--log-path", str(warehouse.root / "logs")),
            *arguments,
        ]
    )
    DuckDBConnectionManager.close_all_connections()
    failures = [f"{node.node.name}: {node.message}" for node in getattr(result.result, "results", []) if _failed(node)]
    assert result.success, "\n".join(failures) or repr(result.exception)
    return runner.manifest


def _failed(node: Any) -> bool:
    return str(node.status) not in {"success", "pass"}
