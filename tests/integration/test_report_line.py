"""The report from the real line: sample, run, prepare; its evidence leads to delivered lines, its SQL gives its figures again."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import zstandard

from orchestration.core import vault
from orchestration.core.home import Home
from reports import closure_sql
from reports.assets import build_report_assets
from reports.bundle import prepare
from reports.closure import write_closure
from reports.index import list_bundles
from reports.manifest import read_manifest
from reports.recompute import ClosureError, read_plan, run_closure
from reports.recompute import recomputed as again
from reports.sor.dump_reading import read_dump
from reports.sor.verdict import errors
from tests.integration.line import rapporteur

REPORT = "enforcement_overview"


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home.at(tmp_path_factory.mktemp("line") / "home").ensure()
    for words in (["sample", "--days", "12", "--accounts", "120", "--seed", "5"], ["run"]):
        answer = rapporteur(home, *words)
        assert answer.code == 0, answer.stdout + answer.stderr
    return home


@pytest.fixture(scope="module")
def folder(line: Home) -> Path:
    return prepare(line, REPORT)


def delivered_lines(home: Home, sha256: str) -> list[bytes]:
    content = vault.path_of(home, sha256).read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    elif content[:4] == b"\x28\xb5\x2f\xfd":
        content = zstandard.ZstdDecompressor().decompressobj().decompress(content)
    return content.split(b"\n")


def recomputed(home: Home, sql: Path) -> dict[str, tuple[object, int]]:
    with run_closure(sql, home.root) as con:
        rows = again(con, sql).figures.to_pylist()
    return {row["figure_key"]: (row["value"], row["row_count"]) for row in rows}


def bundled(folder: Path) -> dict[str, tuple[object, int]]:
    with duckdb.connect() as con:
        rows = con.execute(f"select figure_key, value, row_count from '{folder}/figures.parquet'").fetchall()
    return {key: (value, count) for key, value, count in rows}


def test_bundle_s_sql_over_the_lake_alone_gives_its_figures_again(line: Home, folder: Path) -> None:
    figures = recomputed(line, folder / "sql")
    assert len(figures) > 100
    assert figures == bundled(folder)


def test_bundle_s_sql_also_runs_where_a_feed_never_landed(line: Home, folder: Path, tmp_path: Path) -> None:
    """Every source that the closure reads can be made empty from its description."""
    plan = json.loads((folder / "sql" / "run_order.json").read_text())
    sources = sorted({f"warehouse.raw.{file['feed']}" for file in plan["lake_files"]})
    target = tmp_path / "sql"
    for name in plan["files"]:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text((folder / "sql" / name).read_text())
    (target / "10_sources.sql").write_text(closure_sql.sources(line, sources, [], []))
    (target / "run_order.json").write_text(json.dumps(plan | {"lake_files": []}))
    values = recomputed(line, target)
    assert {value for key, (value, _) in values.items() if key in {"actions/actions", "user_reports/user_reports"}} == {
        0
    }


def test_every_contributor_is_found_on_its_line_in_the_vault(line: Home, folder: Path) -> None:
    with duckdb.connect() as con:
        rows = con.execute(
            f"select distinct file_sha256, line, record_id from '{folder}/contributors.parquet'"
        ).fetchall()
    assert len(rows) > 20
    files = {sha256: delivered_lines(line, sha256) for sha256 in {row[0] for row in rows}}
    for sha256, number, record_id in rows:
        assert record_id.encode() in files[sha256][number - 1]


def test_report_and_readout_work_while_a_writer_holds_the_build(line: Home) -> None:
    with duckdb.connect(str(line.current_db)) as writer:
        writer.execute("begin")
        answer = rapporteur(
            line,
            "readout",
            "--from",
            "2026-01-01",
            "--to",
            "2027-01-01",
            "--metric",
            "actions",
            "--format",
            "json",
            "--json",
        )
        assert answer.code == 0, answer.stderr
        assert prepare(line, REPORT).is_dir()
    (path,) = answer.json()["files"]
    assert json.loads(Path(path).read_text())["figures"][0]["value"] > 0


def test_dagster_prepares_the_same_bundle_and_links_its_files(line: Home, folder: Path) -> None:
    result = dg.materialize(build_report_assets(line), selection=[dg.AssetKey(["reports", REPORT])])
    (event,) = result.get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert metadata["filing"].value == f"{REPORT}/{folder.parent.name}/v1"
    assert str(metadata["page"].value).endswith("report.html")
    assert [bundle.filing_id for bundle in list_bundles(line)] == [metadata["filing"].value]


def test_required_checks_have_run_and_generated_data_is_marked(folder: Path) -> None:
    checks = json.loads((folder / "checks.json").read_text())
    assert checks["missing"] == []
    manifest = read_manifest(folder)
    assert manifest is not None
    assert manifest["predicate"]["is_synthetic"] is True


def test_closure_of_a_copy_without_models_says_that_it_is_not_whole(line: Home, folder: Path, tmp_path: Path) -> None:
    from orchestration.core.publish import open_published
    from reports.figures import compute
    from reports.metrics import read_metrics
    from reports.periods import parse_period
    from reports.published import read_state

    with open_published(line) as con:
        metrics = list(read_metrics(con).values())
        figures = compute(con, metrics, parse_period(folder.parent.name), state=read_state(con, line), breakdowns={})
        write_closure(tmp_path / "sql", line, figures, con, models={})
    assert json.loads((tmp_path / "sql" / "run_order.json").read_text())["is_complete"] is False
    with pytest.raises(ClosureError, match="no models"):
        read_plan(tmp_path / "sql")


def test_statements_owed_are_those_made_or_held_back_and_lead_to_delivered_lines(line: Home) -> None:
    folder = prepare(line, "statements_of_reasons", "2026-01-01..2027-01-01")
    with duckdb.connect() as con:
        ((owed,),) = con.execute(
            f"select value from '{folder}/figures.parquet' where figure_key = 'statements/statements_owed'"
        ).fetchall()
        counted = con.execute(
            f"select file_sha256, line from '{folder}/contributors.parquet' where metric = 'statements_owed' order by all"
        ).fetchall()
        told = con.execute(
            "select file_sha256, line, decision_id from (select file_sha256, line, decision_id from read_csv($1, all_varchar = true) "
            "union select file_sha256, line, decision_id from read_csv($2, all_varchar = true)) order by all",
            [str(folder / "sor" / "lines.csv"), str(folder / "sor" / "refused.csv")],
        ).fetchall()
    summary = json.loads((folder / "sor" / "summary.json").read_text())
    assert summary["in_scope"] == summary["statements"] + summary["refused"] == owed > 0
    assert sorted((sha256, int(number)) for sha256, number, _ in told) == counted
    for sha256, number, decision in told:
        record = json.loads(delivered_lines(line, sha256)[int(number) - 1])
        assert decision in {record["action_id"], record.get("decision_id")}
    statements = (folder / "sor" / "statements.jsonl").read_text().splitlines()
    assert [errors(json.loads(one)) for one in statements] == [[]] * summary["statements"]
    read = [record for dump in (folder / "sor" / "dump").glob("*-full.zip") for record in read_dump(dump)]
    assert sorted(record.statement["puid"] for record in read) == sorted(json.loads(one)["puid"] for one in statements)
