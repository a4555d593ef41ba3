"""Closure: the SQL behind a bundle's figures, from lake files to figures, to be run in an empty DuckDB.

Collecting and ordering it belongs here; running it again is the verifier's task.
"""

from pathlib import Path
from typing import Any

import msgspec

from orchestration.core.commits import Commit, read_commits
from orchestration.core.durable import write_bytes
from orchestration.core.home import Home
from reports.figure_sql import project_dir, render_figures
from reports.figures import Figures
from reports.published import published_models

README = """What these files are: all statements between the delivered lines and the figures, in the order of run_order.json.
Run them in an empty DuckDB, in a copy of the home's folder that holds lake/ (session zone UTC):
  00_catalogs.sql   catalogs, schemas, the pinned watermark, the days to build
  10_sources.sql    raw tables over exactly the lake files of the commits up to the watermark
  20_metrics.sql    declared metrics
  30_models/        every model, in order
  40_figures/       the figures of this bundle, a file a part
"""


def write_closure(folder: Path, home: Home, figures: Figures) -> None:
    """Write the closure of a bundle's figures into a folder.

    Models come from the published copy's own models.json; where a copy has none, only the figures' SQL is written and
    run_order.json says so.
    """
    models = published_models(home)
    wanted = [f"current.contributions.{metric.relation}" for metric in figures.metrics.values()]
    order = model_order(models, wanted)
    commits = [commit for commit in read_commits(home) if commit.batch_id <= figures.state.watermark]
    sources = sorted({parent for name in order for parent in models[name]["depends_on"] if parent not in models})
    files: list[tuple[str, str]] = [("00_catalogs.sql", _catalogs(models, order, commits))]
    files.append(("10_sources.sql", _sources(sources, commits)))
    files.append(("20_metrics.sql", _metrics(figures)))
    for number, name in enumerate(order):
        files.append((f"30_models/{number:03d}_{models[name]['name']}.sql", _create(name, models[name])))
    files += [(f"40_figures/{part}.sql", text) for part, text in figure_statements(figures).items()]
    for name, text in files:
        write_bytes(folder / name, text.encode("utf-8"))
    write_bytes(folder / "README.txt", README.encode("utf-8"))
    plan = {
        "watermark": figures.state.watermark,
        "files": [name for name, _ in files],
        "is_complete": bool(order),
        "lake_files": [
            {"path": file.path, "feed": file.feed, "sha256": file.sha256}
            for commit in commits
            for file in commit.data_files
            if file.kind == "raw" and f"warehouse.raw.{file.feed}" in sources
        ],
    }
    write_bytes(folder / "run_order.json", msgspec.json.format(msgspec.json.encode(plan), indent=1))


def model_order(models: dict[str, dict[str, Any]], wanted: list[str]) -> list[str]:
    """The models behind these relations and themselves, parents first; ties in order of name."""
    order: list[str] = []

    def visit(name: str) -> None:
        if name in order or name not in models:
            return
        for parent in sorted(models[name]["depends_on"]):
            visit(parent)
        order.append(name)

    for name in sorted(set(wanted)):
        visit(name)
    return order


def figure_statements(figures: Figures) -> dict[str, str]:
    """SQL of each part's figures with the period written out, so that it stands alone."""
    period = figures.period
    relation = (
        f"(select {_text(period.name)} as period, timestamptz {_text(period.start.isoformat())} as period_start, "
        f"timestamptz {_text(period.end.isoformat())} as period_end, timestamptz {_text(figures.as_of.isoformat())} as as_of)"
    )
    statements = {}
    for part, breakdowns in figures.breakdowns.items():
        members = [metric for metric in figures.metrics.values() if metric.part == part]
        statements[part] = (
            render_figures(
                f"current.contributions.{members[0].relation}",
                "current.reporting.metrics",
                relation,
                part,
                breakdowns,
                metric_names=sorted(metric.metric for metric in members),
            )
            + "\norder by figure_key;\n"
        )
    return statements


def _catalogs(models: dict[str, dict[str, Any]], order: list[str], commits: list[Commit]) -> str:
    lines = ["set timezone = 'UTC';"]
    lines += [f"attach ':memory:' as {name};" for name in ("warehouse", "current", "restricted")]
    schemas = {name.rsplit(".", 1)[0] for name in order} | {"warehouse.raw", "current.ops", "current.reporting"}
    lines += [f"create schema if not exists {schema};" for schema in sorted(schemas)]
    watermark = commits[-1].batch_id if commits else 0
    as_of = _text(commits[-1].committed_at) if commits else "null"
    lines.append(
        f"create table warehouse.raw.pins as select {watermark}::bigint as watermark, 0::bigint as built_through, "
        f"{as_of}::timestamptz as as_of;"
    )
    days = sorted({(feed, day) for commit in commits for feed, found in commit.touched_days.items() for day in found})
    lines.append("create table warehouse.raw.touched_days (feed varchar, event_date date);")
    lines += _inserts("warehouse.raw.touched_days", [f"({_text(feed)}, date {_text(day)})" for feed, day in days])
    lines.append(
        "create table current.ops.files (file_id bigint, file_sha256 varchar, feed varchar, received_on date, is_synthetic boolean);"
    )
    files = {d.file_id: d for commit in commits for d in commit.deliveries if d.status != "duplicate_file"}
    lines += _inserts(
        "current.ops.files",
        [
            f"({d.file_id}, {_text(d.file_sha256)}, {_text(d.feed)}, date {_text(d.received_on)}, {str(d.is_synthetic).lower()})"
            for _, d in sorted(files.items())
        ],
    )
    return "\n".join(lines) + "\n"


def _sources(sources: list[str], commits: list[Commit]) -> str:
    lines = []
    for source in sources:
        schema, feed = source.split(".")[1:]
        if schema != "raw" or feed in {"pins", "touched_days"}:
            continue
        paths = [
            file.path for commit in commits for file in commit.data_files if file.kind == "raw" and file.feed == feed
        ]
        if paths:
            listed = ", ".join(_text(path) for path in paths)
            lines.append(f"create view {source} as select * from read_parquet([{listed}], union_by_name = true);")
        else:
            lines.append(f"create table {source} ({_empty_columns(feed)});")
    return "\n".join(lines) + "\n"


def _empty_columns(feed: str) -> str:
    """Columns of a feed of which nothing has landed, from the description of its staging model."""
    import yaml

    types = {
        "string": "varchar",
        "array<string>": "varchar[]",
        "bigint": "bigint",
        "double": "double",
        "date": "date",
        "boolean": "boolean",
    }
    columns: dict[str, str] = {}
    for path in (project_dir() / "models" / "staging").rglob(f"stg_{feed}.yml"):
        for column in yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]["columns"]:
            kind = str(column.get("data_type", "string"))
            columns[column["name"]] = types.get(kind, "timestamptz" if "instant_types" in kind else kind)
    columns |= {"_batch_id": "bigint", "_file_id": "bigint", "_line_no": "bigint", "_version_at": "timestamptz"}
    return ", ".join(f'"{name}" {kind}' for name, kind in columns.items())


def _metrics(figures: Figures) -> str:
    columns = ", ".join(figures.metrics[next(iter(figures.metrics))].__struct_fields__)
    rows = []
    for metric in figures.metrics.values():
        values = msgspec.to_builtins(metric)
        values["feeds"] = ";".join(metric.feeds)
        rows.append("(" + ", ".join(str(v) if isinstance(v, int) else _text(str(v)) for v in values.values()) + ")")
    listed = ",\n".join(rows)
    return f"create table current.reporting.metrics as select * from (values\n{listed}\n) as declared({columns});\n"


def _create(relation: str, model: dict[str, Any]) -> str:
    kind = "view" if model["materialized"] == "view" else "table"
    return f"create {kind} {relation} as\n{model['sql'].strip().rstrip(';')}\n;\n"


def _inserts(table: str, rows: list[str]) -> list[str]:
    return [f"insert into {table} values {', '.join(rows[at : at + 500])};" for at in range(0, len(rows), 500)]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
