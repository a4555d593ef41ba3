"""A small published copy: hand-made facts under the project's own contribution views, without dbt.

The facts' columns that contributions read belong here; real marts are exercised by the integration tests.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment

from orchestration.core.home import Home
from reports.figure_sql import project_dir

FACTS = {
    "fct_enforcement_actions": "action_id varchar, decision_id varchar, decided_at timestamptz, account_id varchar, surface varchar, "
    "policy_code varchar, action varchar, source varchar, automated_decision varchar, severity bigint, ground varchar, "
    "reversed_at timestamptz, is_terminal boolean",
    "fct_appeals": "appeal_id varchar, action_id varchar, subject_kind varchar, submitted_at timestamptz, decided_at timestamptz, "
    "channel varchar, outcome varchar",
    "fct_user_reports": "report_id varchar, submitted_at timestamptz, decided_at timestamptz, surface varchar, target_kind varchar, "
    "reason_code varchar, reporter_kind varchar, mcp_server varchar, "
    "registered_server_name varchar, is_mcp_server_registered boolean",
    "fct_legal_orders": "order_id varchar, received_at timestamptz, kind varchar, issuing_country varchar, category varchar, "
    "surface varchar, outcome varchar, item_count bigint, gag_until timestamptz",
    "fct_copyright_notices": "notice_id varchar, received_at timestamptz, decided_at timestamptz, kind varchar, channel varchar, "
    "sender_kind varchar, surface varchar, claim_kind varchar, target_count bigint, relates_to varchar",
    "dim_actions": "action varchar, name varchar",
    "dim_mcp_servers": "server_name varchar",
}
REGISTERS = {"dim_actions", "dim_mcp_servers"}
FILE = "ab" * 32
PARTS = ("accounts", "actions", "appeals", "time_to_action", "user_reports", "legal_orders", "copyright")


def build_copy(
    home: Home,
    facts: Mapping[str, Iterable[Mapping[str, Any]]],
    *,
    is_synthetic: bool = True,
    run: str = "run-1",
    last_delivery: str = "2026-07-09",
) -> Path:
    """Publish a copy whose marts hold `facts` (table to rows; absent columns are null; lines are numbered in order)."""
    folder = home.published / run
    folder.mkdir(parents=True)
    path = folder / "current.duckdb"
    path.write_bytes(_empty_copy())
    with duckdb.connect(str(path)) as con:
        con.execute("set timezone = 'UTC'")
        con.execute("insert into ops.files values (1, ?, 'any', ?)", [FILE, is_synthetic])
        con.execute(
            "insert into ops.deliveries values (1, date '2026-04-02', timestamptz '2026-04-02 01:00:00+00', $1), "
            "(7, $2, timestamptz '2026-09-01 00:00:00+00', $1)",
            [is_synthetic, last_delivery],
        )
        for table, rows in facts.items():
            for number, row in enumerate(rows, start=1):
                values = dict(row) if table in REGISTERS else {"_file_id": 1, "_line_no": number, **row}
                marks = ", ".join("?" for _ in values)
                con.execute(f"insert into marts.{table} ({', '.join(values)}) values ({marks})", list(values.values()))
    (folder / "models.json").write_text(json.dumps({}))
    home.published_current.unlink(missing_ok=True)
    home.published_current.symlink_to(Path(run) / "current.duckdb")
    return path


@cache
def _empty_copy() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "current.duckdb"
        with duckdb.connect(str(path)) as con:
            for schema in ("marts", "ops", "reporting", "contributions"):
                con.execute(f"create schema {schema}")
            con.execute(
                "create table ops.files (file_id bigint, file_sha256 varchar, feed varchar, is_synthetic boolean)"
            )
            con.execute(
                "create table ops.deliveries (batch_id bigint, received_on date, committed_at timestamptz, is_synthetic boolean)"
            )
            con.execute(
                "create table reporting.metrics as select * from read_csv(?, header = true, delim = ',', quote = '\"') "
                "where list_contains(?, part)",
                [str(project_dir() / "seeds" / "metrics.csv"), list(PARTS)],
            )
            for table, columns in FACTS.items():
                lineage = "" if table in REGISTERS else ", _file_id bigint, _line_no bigint"
                con.execute(f"create table marts.{table} ({columns}{lineage})")
            for part in PARTS:
                sql = render_model(f"contributions/enforcement_overview/con_enforcement_overview__{part}.sql")
                con.execute(f"create view contributions.con_enforcement_overview__{part} as {sql}")
        return path.read_bytes()


def render_model(path: str) -> str:
    """SQL of a model of the dbt project, with references resolved to the copy's schemas."""
    macros = project_dir() / "macros"
    texts = [macros / "figures.sql", macros / "contributions.sql", macros / "dialect" / "seconds_between.sql"]
    environment = Environment(extensions=["jinja2.ext.do"], autoescape=False)  # noqa: S701 - SQL
    found: dict[str, Callable[..., str]] = {}

    class Adapter:
        def dispatch(self, name: str) -> Callable[..., str]:
            return found[f"duckdb__{name}"]

    names = {
        "adapter": Adapter(),
        "return": str,
        "ref": lambda name: "reporting.metrics" if name == "metrics" else f"marts.{name}",
        "source": lambda schema, name: f"{schema}.{name}",
    }
    module = environment.from_string("\n".join(text.read_text() for text in texts)).make_module(names)
    found.update({name: getattr(module, name) for name in dir(module) if not name.startswith("_")})
    model = (project_dir() / "models" / path).read_text()
    return str(environment.from_string(model).render({**found, **names}))
