"""The dbt project as Dagster assets and checks."""

import subprocess
import sys
from pathlib import Path

import pytest
from dagster import AssetCheckSeverity, AssetKey, AssetsDefinition, DagsterInstance, materialize

from assets.transform import project as dbt_home
from assets.transform import translator
from assets.transform.assets import build_transform_assets, choose, stages
from assets.transform.run import Change
from orchestration.core import candidate, ops
from orchestration.core.home import Home
from orchestration.core.resources import writer_resource
from orchestration.core.state import read_state

from .conftest import facts, land


@pytest.fixture
def definition(home: Home, project: Path) -> AssetsDefinition:
    (only,) = build_transform_assets(dbt_home.manifest(home, project), project=project)
    return only


def test_models_become_assets_with_layer_group_owner_sensitivity_and_lineage_to_the_feed(
    definition: AssetsDefinition,
) -> None:
    specs = definition.specs_by_key
    fact = specs[AssetKey(["marts", "fct_actions"])]
    assert fact.group_name == "enforcement"
    assert fact.tags["owner"] == "enforcement"
    assert fact.tags["layer"] == "marts"
    assert fact.tags["sensitivity"] == "open"
    assert "One row per action" in (fact.description or "")
    assert [dep.asset_key for dep in specs[AssetKey(["staging", "stg_actions"])].deps] == [AssetKey(["raw", "actions"])]
    assert [dep.asset_key for dep in fact.deps] == [AssetKey(["staging", "stg_actions"])]


def test_tests_become_checks_whose_severity_decides_what_blocks(definition: AssetsDefinition) -> None:
    checks = {spec.name: spec for spec in definition.check_specs}
    assert checks["not_null_fct_actions_action_id"].blocking
    assert not checks["unique_fct_actions_action_id"].blocking
    assert "runbook" in (checks["unique_fct_actions_action_id"].description or "")


def test_a_run_reports_every_asset_and_check_with_rows_and_fills_the_ledger(
    home: Home, definition: AssetsDefinition
) -> None:
    land(home, 1, ["2026-01-01"], [("a", "2026-01-01", 1), ("a", "2026-01-01", 1)])
    outcome = materialize([definition], resources={"writer": writer_resource(home)})
    assert outcome.success
    done = {event.asset_key.path[-1]: event for event in outcome.get_asset_materialization_events() if event.asset_key}
    assert set(done) == {"stg_actions", "stg_appeals", "stg_surfaces", "fct_actions", "dim_ages", "codes"}
    checks = {one.check_name: one for one in outcome.get_asset_check_evaluations()}
    assert checks["not_null_fct_actions_action_id"].passed
    assert not checks["unique_fct_actions_action_id"].passed
    assert checks["unique_fct_actions_action_id"].severity == AssetCheckSeverity.WARN
    ledger = {row["check_name"]: row for row in ops.read(home, "check_results")}
    assert ledger["unique_fct_actions_action_id"]["passed"] is False
    assert ledger["unique_fct_actions_action_id"]["severity"] == "warn"
    assert ledger["unique_fct_actions_action_id"]["owner"] == "enforcement"
    assert "1 offending row(s) in marts.fct_actions" in ledger["unique_fct_actions_action_id"]["message"]
    assert set(ledger["not_null_fct_actions_action_id"]) == set(ops.TABLES["check_results"])


def test_untouched_assets_are_reported_as_not_rebuilt_and_downstream_is_not_skipped(
    home: Home, definition: AssetsDefinition
) -> None:
    land(home, 1, ["2026-01-01"], [("a", "2026-01-01", 1)])
    assert materialize([definition], resources={"writer": writer_resource(home)}).success
    land(home, 1, [], [("a", "2026-01-01", 1), ("late", "2026-01-01", 2)], built_through=1)
    outcome = materialize([definition], resources={"writer": writer_resource(home)})
    rebuilt = {
        event.asset_key.path[-1]: event.step_materialization_data.materialization.metadata["rebuilt"].value
        for event in outcome.get_asset_materialization_events()
        if event.asset_key
    }
    assert set(rebuilt.values()) == {False}
    assert facts(home) == [("a", "2026-01-01")]


def test_a_failed_test_fails_the_run_and_says_where(home: Home, definition: AssetsDefinition) -> None:
    land(home, 1, ["2026-01-01"], [(None, "2026-01-01", 1)])
    with DagsterInstance.ephemeral() as instance:
        outcome = materialize(
            [definition], instance=instance, raise_on_error=False, resources={"writer": writer_resource(home)}
        )
    assert not outcome.success
    assert "fct_actions" in str(outcome.all_events)
    assert [row["passed"] for row in ops.read(home, "check_results") if row["severity"] == "error"] == [False]


def test_definitions_import_neither_dbt_nor_dagster_dbt(home: Home, project: Path) -> None:
    dbt_home.manifest(home, project)
    program = (
        "import sys; from pathlib import Path; from assets.transform import project as p;"
        "from assets.transform.assets import build_transform_assets; from orchestration.core.home import Home;"
        f"build_transform_assets(p.manifest(Home(Path({str(home.root)!r})), Path({str(project)!r})));"
        "sys.exit(any(name.split('.')[0] in {'dbt', 'dagster_dbt', 'great_expectations'} for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode == 0


def test_check_names_hold_only_what_dagster_takes() -> None:
    assert translator.check_name({"name": "a.b-c d"}) == "a_b_c_d"


def test_a_build_counts_only_when_its_own_run_accepts_it(home: Home, definition: AssetsDefinition) -> None:
    land(home, 1, ["2026-01-01"], [("a", "2026-01-01", 1)])
    outcome = materialize([definition], resources={"writer": writer_resource(home)})
    assert read_state(home).built_through == 0
    assert not candidate.accept(home, "another run")
    assert candidate.accept(home, outcome.run_id)
    assert read_state(home).built_through == 1
    assert not candidate.accept(home, outcome.run_id)


def test_a_failed_build_is_no_candidate(home: Home, definition: AssetsDefinition) -> None:
    land(home, 1, ["2026-01-01"], [(None, "2026-01-01", 1)])
    outcome = materialize([definition], raise_on_error=False, resources={"writer": writer_resource(home)})
    assert not candidate.accept(home, outcome.run_id)


def test_a_selection_that_leaves_out_something_that_changed_does_not_count(home: Home, project: Path) -> None:
    parsed = dbt_home.manifest(home, project)
    everything = {translator.asset_key(node) for node in translator.built_nodes(parsed).values()}
    changed = Change(2, frozenset({"actions"}))
    fact = {AssetKey(["marts", "fct_actions"])}
    (stage,) = stages(parsed)
    assert choose(parsed, everything, changed, stage) == (["dim_ages", "fct_actions", "stg_actions"], True)
    assert choose(parsed, fact, changed, stage) == (["fct_actions"], False)
    assert choose(parsed, everything, Change(2, None), stage) == (None, True)
    assert choose(parsed, fact, Change(2, None), stage) == (["fct_actions"], False)
    assert choose(parsed, fact, Change(2, frozenset()), stage) == ([], True)
