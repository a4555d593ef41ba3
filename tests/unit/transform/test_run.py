"""The dbt build in this process, and the undocumented parts of dbt that it stands on."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from assets.transform import project as dbt_home
from assets.transform.run import BuildFailed, Change, NodeResult, build, read_change, select_models
from orchestration.core.commits import Commit, DataFile
from orchestration.core.home import Home

from .conftest import facts, land


def _commit(batch: int, *feeds: str, kind: str = "raw", rows: int = 1) -> Commit:
    files = [
        DataFile(path=f"{feed}-{batch}", kind=kind, feed=feed, sha256="0", rows=rows, size_bytes=1) for feed in feeds
    ]
    return Commit(
        batch_id=batch,
        run_id="r",
        committed_at="2026-01-01T00:00:00Z",
        deliveries=[],
        data_files=files,
        touched_days={},
        is_synthetic=False,
    )


def test_three_builds_at_two_watermarks_in_one_process_see_their_own_watermark(home: Home, project: Path) -> None:
    land(home, 1, ["2026-01-01"], [("a", "2026-01-01", 1), ("b", "2026-01-02", 2)])
    first = build(home, project=project)
    assert facts(home) == [("a", "2026-01-01")]
    land(home, 2, ["2026-01-01", "2026-01-02"], [("a", "2026-01-02", 1), ("b", "2026-01-02", 2)])
    second = build(home, project=project, select=["stg_actions", "fct_actions"])
    assert facts(home) == [("a", "2026-01-02"), ("b", "2026-01-02")], "the ghost of a's old day must be gone"
    land(home, 1, ["2026-01-01", "2026-01-02"], [("a", "2026-01-01", 1), ("b", "2026-01-02", 2)])
    build(home, project=project, select=["stg_actions", "fct_actions"])
    assert facts(home) == [("a", "2026-01-01")]
    assert {node.name for node in first.nodes} > {node.name for node in second.nodes}
    assert {node.name: node.rows for node in second.nodes if node.resource_type == "model"} == {
        "stg_actions": None,
        "fct_actions": 2,
    }


def test_views_are_tested_but_not_made_anew_when_told_so(home: Home, project: Path) -> None:
    land(home, 1, ["2026-01-01"], [("a", "2026-01-01", 1)])
    build(home, project=project)
    land(home, 2, ["2026-01-01"], [("a", "2026-01-01", 2)])
    second = build(home, project=project, select=["stg_actions", "fct_actions"], with_views=False)
    assert {node.name for node in second.nodes if node.resource_type == "model"} == {"fct_actions"}
    tested = {node.name for node in second.nodes if node.resource_type == "test"}
    assert "unique_fct_actions_action_id" in tested
    assert facts(home) == [("a", "2026-01-01")]


def test_each_node_is_told_while_it_runs_with_status_seconds_and_failures(home: Home, project: Path) -> None:
    land(home, 1, ["2026-01-01"], [("a", "2026-01-01", 1), ("a", "2026-01-01", 1)])
    told: list[NodeResult] = []
    result = build(home, project=project, on_event=told.append)
    assert {node.unique_id for node in told} == {node.unique_id for node in result.nodes}
    by_name = {node.name: node for node in told}
    assert by_name["fct_actions"].status == "success"
    assert by_name["fct_actions"].seconds > 0
    warned = by_name["unique_fct_actions_action_id"]
    assert (warned.status, warned.failures, warned.is_failure) == ("warn", 1, False)
    assert by_name["not_null_fct_actions_action_id"].failures == 0
    assert {node.name: node.failures for node in result.nodes}["unique_fct_actions_action_id"] == 1


def test_failed_test_fails_the_build_and_names_itself(home: Home, project: Path) -> None:
    land(home, 1, ["2026-01-01"], [(None, "2026-01-01", 1)])
    with pytest.raises(BuildFailed, match="not_null_fct_actions_action_id") as caught:
        build(home, project=project)
    assert [node.name for node in caught.value.result.failures()] == ["not_null_fct_actions_action_id"]
    assert "runbook" in str(caught.value)


def test_broken_model_fails_the_build_and_what_hangs_on_it_is_left_out(home: Home, project: Path) -> None:
    land(home, 1, [], [])
    (project / "models/staging/enforcement/stg_actions.sql").write_text("select nonsense from nowhere")
    with pytest.raises(BuildFailed, match="stg_actions") as caught:
        build(home, project=project)
    assert {node.name: node.status for node in caught.value.result.failures()}["fct_actions"] == "skipped"


def test_databases_are_closed_after_a_build_even_a_failed_one(home: Home, project: Path) -> None:
    land(home, 1, ["2026-01-01"], [(None, "2026-01-01", 1)])
    with pytest.raises(BuildFailed):
        build(home, project=project)
    for path in (home.warehouse_db, home.current_db, home.restricted_db):
        opened = subprocess.run(
            [sys.executable, "-c", "import duckdb, sys; duckdb.connect(sys.argv[1]).close()", str(path)],
            capture_output=True,
        )
        assert opened.returncode == 0, opened.stderr
        duckdb.connect(str(path)).close()


def test_nothing_to_build_imports_no_dbt(home: Home) -> None:
    program = (
        "import sys; from assets.transform.run import build; from orchestration.core.home import Home;"
        "from pathlib import Path; build(Home(Path('/nowhere')), select=[]);"
        "sys.exit(any(name.split('.')[0] in {'dbt', 'dagster_dbt'} for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode == 0


def test_only_what_hangs_on_a_changed_feed_is_built_and_what_reads_as_of(home: Home, project: Path) -> None:
    land(home, 1, [], [])
    parsed = dbt_home.manifest(home, project)
    assert select_models(parsed, {"appeals"}) == ["dim_ages", "stg_appeals"]
    assert select_models(parsed, {"actions"}) == ["dim_ages", "fct_actions", "stg_actions"]
    assert select_models(parsed, set()) == []
    assert select_models(parsed, {"a_feed_without_models"}) == []
    assert select_models(parsed, None) is None


def test_a_feed_has_changed_by_rows_by_a_retraction_that_names_it_or_by_a_day_to_recompute(home: Home) -> None:
    commits = [
        _commit(1, "accounts"),
        _commit(2, "appeals"),
        _commit(3, "reviews", kind="quarantine"),
        _commit(4, "leads", rows=0),
        _commit(5, "after_the_watermark"),
    ]
    land(home, 4, ["2026-01-01"], [], built_through=1)
    with duckdb.connect(str(home.warehouse_db)) as connection:
        connection.execute("insert into raw.retractions values ('cases', 2), ('older', 1), ('later', 5)")
    assert read_change(home, commits) == Change(4, frozenset({"appeals", "actions", "cases"}))
    land(home, 4, [], [], built_through=4)
    assert read_change(home, commits) == Change(4, frozenset())


def test_nothing_built_yet_means_rebuild_everything(home: Home) -> None:
    land(home, 3, [], [], built_through=0)
    assert read_change(home, []) == Change(3, None)
