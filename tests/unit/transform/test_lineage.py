"""Column lineage of a project: kept beside what dbt compiled, published with the models, shown by Dagster."""

import subprocess
import sys
from pathlib import Path

import msgspec
from dagster import AssetKey, TableColumnDep, TableColumnLineage, materialize

from assets.transform import lineage
from assets.transform.assets import build_transform_assets
from assets.transform.project import cache_dir, manifest
from assets.transform.run import build
from orchestration.core.home import Home
from orchestration.core.resources import writer_resource

from .conftest import land


def test_published_models_say_where_each_column_comes_from(home: Home, project: Path) -> None:
    land(home, 1, [], [])
    build(home, project=project)
    fact = msgspec.json.decode(lineage.published_models(home, project))["current.marts.fct_actions"]
    assert fact["columns"]["action_id"]["from"] == ["warehouse.staging.stg_actions.action_id"]
    assert fact["columns"]["action_id"]["how"] == "identity"
    assert "warehouse.raw.touched_days.feed" in fact["rows_from"]
    assert fact["owner"] == "enforcement"
    assert fact["lineage_error"] is None


def test_lineage_is_read_once_for_one_compiled_text(home: Home, project: Path) -> None:
    land(home, 1, [], [])
    build(home, project=project)
    first = lineage.published_models(home, project)
    kept = cache_dir(home, project) / lineage.NAME
    stamp = kept.stat().st_mtime_ns
    assert lineage.published_models(home, project) == first
    assert kept.stat().st_mtime_ns == stamp
    kept.write_bytes(b"torn")
    assert lineage.published_models(home, project) == first


def test_a_query_that_cannot_be_read_is_told_and_stops_nothing(home: Home, project: Path) -> None:
    land(home, 1, [], [])
    build(home, project=project)
    (compiled,) = (cache_dir(home, project) / "target" / "compiled").rglob("fct_actions.sql")
    compiled.write_text("select from where (")
    fact = msgspec.json.decode(lineage.published_models(home, project))["current.marts.fct_actions"]
    assert fact["columns"] == {}
    assert "cannot be read" in fact["lineage_error"]


def test_dagster_shows_the_columns_that_a_column_comes_from(home: Home, project: Path) -> None:
    (definition,) = build_transform_assets(manifest(home, project), project=project)
    land(home, 1, ["2026-01-01"], [("a", "2026-01-01", 1)])
    outcome = materialize([definition], resources={"writer": writer_resource(home)})
    shown = {
        event.asset_key: event.step_materialization_data.materialization.metadata
        for event in outcome.get_asset_materialization_events()
    }
    value = shown[AssetKey(["marts", "fct_actions"])][lineage.METADATA].value
    assert isinstance(value, TableColumnLineage)
    assert value.deps_by_column["action_id"] == [TableColumnDep(AssetKey(["staging", "stg_actions"]), "action_id")]
    assert lineage.METADATA not in shown[AssetKey(["codes", "codes"])]


def test_definitions_do_not_import_sqlglot() -> None:
    code = "import sys, assets.transform.assets, orchestration.publication; sys.exit('sqlglot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
