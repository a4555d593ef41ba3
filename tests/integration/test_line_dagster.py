"""What a data engineer sees in Dagster: an unbroken, described graph; runs over days; sensor, schedules, checks that block, alerts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb
import msgspec
import pytest
from dagster._core.storage.event_log.sqlite import SqliteEventLogStorage
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from assets.ingestion import batch
from assets.ingestion.contracts import FEEDS
from orchestration.core import keys, ops
from orchestration.core.commits import path_of, read_commits
from orchestration.core.home import Home
from orchestration.core.locks import run_lock
from orchestration.core.partitions import received_on_partitions
from orchestration.definitions import build_defs
from orchestration.instance import open_instance
from orchestration.jobs import DAILY, REPORTS
from orchestration.schedules import schedule_name
from reports.catalogue import CATALOGUE
from reports.catalogue.calendar import schedule_of
from reports.periods import kind_of
from tests.integration.homes import PINNED_NOW, Built, copied, deliver
from tests.integration.line import rapporteur

REPORT = dg.AssetKey(["reports", "enforcement_overview"])
PUBLISHED = dg.AssetKey(["published", "current"])
READ_BY_THE_REPORT = {
    "actions", "appeals", "copyright_notices", "enforcement_actions", "legal_orders", "mcp_servers", "policies",
    "report_outcomes", "retractions", "user_reports",
}  # fmt: skip
"""Feeds from which a line leads to the report through its own tables; no report reads the others yet."""


@pytest.fixture
def empty_defs(home: Home) -> dg.Definitions:
    return build_defs(home=home)


@pytest.fixture(scope="module")
def graph(built: Built) -> dg.AssetGraph:
    return build_defs(home=built.home).resolve_asset_graph()


# --- the graph ---------------------------------------------------------------------------------------------------------------


def test_definitions_load_in_an_empty_home(empty_defs: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(empty_defs)
    assert {job.name for job in empty_defs.resolve_all_job_defs()} >= {DAILY, REPORTS}


def test_every_asset_says_what_one_row_is_and_who_answers_for_it(graph: dg.AssetGraph) -> None:
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        name = key.to_user_string()
        assert re.search(r"\bone (row|line)\b", node.description or "", re.IGNORECASE), f"{name}: {node.description}"
        assert len(node.description or "") > 60, name
        assert node.tags.get("owner"), name
        assert node.tags.get("sensitivity") in {"open", "restricted"}, name
        assert node.tags.get("layer") == key.path[0] or key.path[0] in {"marts", "reporting", "contributions"}, name
        assert node.group_name not in {None, "default"}, name


def test_every_check_says_what_it_guards(graph: dg.AssetGraph) -> None:
    checks = [graph.get(key) for key in graph.asset_check_keys]
    assert len(checks) > 300
    assert [str(check.key) for check in checks if len(check.description or "") < 20] == []


def _reached(graph: dg.AssetGraph, start: dg.AssetKey, *, without: dg.AssetKey) -> set[dg.AssetKey]:
    found, ahead = {start}, [start]
    while ahead:
        for child in graph.get(ahead.pop()).child_keys - found:
            if child != without:
                found.add(child)
                ahead.append(child)
    return found


def test_a_line_leads_from_every_landing_feed_to_its_staging_model(graph: dg.AssetGraph) -> None:
    landing = {key.path[1] for key in graph.get_all_asset_keys() if key.path[0] == "landing"}
    assert landing == set(FEEDS)
    for feed in FEEDS:
        reached = _reached(graph, dg.AssetKey(["landing", feed]), without=REPORT)
        assert dg.AssetKey(["staging", f"stg_{feed}"]) in reached, feed


def test_a_line_leads_from_each_feed_of_the_report_to_the_report(graph: dg.AssetGraph) -> None:
    reach = {feed for feed in FEEDS if REPORT in _reached(graph, dg.AssetKey(["landing", feed]), without=PUBLISHED)}
    assert reach == READ_BY_THE_REPORT


# --- a range of days as one run ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RangeRun:
    """The daily job over two landing days, launched as Dagster's UI launches a backfill in one run.

    Attributes:
        landed: What had landed, a third day included.
    """

    home: Home
    landed: list[str]
    result: dg.ExecuteInProcessResult


@pytest.fixture(scope="module")
def range_run(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RangeRun]:
    home = copied(built.home, tmp_path_factory.mktemp("range") / "home")
    landed = deliver(built.later, home, ["accounts", "reviews", "user_reports"])
    after = home.landing / "user_reports" / "2026-07-02"
    after.mkdir()
    (after / "later.jsonl").write_bytes(b"\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAPPORTEUR_HOME", str(home.root))
        patch.setenv("RAPPORTEUR_NOW", PINNED_NOW)
        patch.setenv("DAGSTER_HOME", str(home.dagster))
        with open_instance(home) as instance:
            result = (
                build_defs(home=home)
                .resolve_job_def(DAILY)
                .execute_in_process(
                    instance=instance,
                    raise_on_error=False,
                    tags={ASSET_PARTITION_RANGE_START_TAG: "2026-06-30", ASSET_PARTITION_RANGE_END_TAG: "2026-07-01"},
                )
            )
            yield RangeRun(home, [*landed, "user_reports/2026-07-02/later.jsonl"], result)


@pytest.mark.slow
def test_range_of_days_is_taken_in_by_one_run_and_nothing_else(range_run: RangeRun) -> None:
    assert range_run.result.success
    (commit,) = read_commits(range_run.home)[1:]
    assert commit.run_id == range_run.result.run_id
    assert {one.received_on for one in commit.deliveries} == {"2026-06-30", "2026-07-01"}
    left = [one.relative for one in batch.discover(range_run.home, read_commits(range_run.home))]
    assert left == ["user_reports/2026-07-02/later.jsonl"]
    assert sorted([*left, *(one.path for one in commit.deliveries)]) == sorted(range_run.landed)
    with duckdb.connect(str(range_run.home.published_current), read_only=True) as connection:
        assert connection.execute("select max(batch_id) from ops.deliveries").fetchone() == (2,)


def _last(range_run: RangeRun, *path: str) -> dict[str, object]:
    found = [
        one.step_materialization_data.materialization
        for one in range_run.result.all_events
        if one.is_step_materialization and one.asset_key == dg.AssetKey(list(path))
    ]
    assert found, path
    return {name: value.value for name, value in found[-1].metadata.items()}


def test_materialization_tells_rows_quarantine_bytes_seconds_and_a_link(range_run: RangeRun) -> None:
    told = _last(range_run, "raw", "reviews")
    deliveries = [one for one in read_commits(range_run.home)[1].deliveries if one.feed == "reviews"]
    assert told["dagster/row_count"] == sum(one.loaded for one in deliveries) > 0
    assert told["quarantined"] == sum(one.quarantined for one in deliveries)
    assert told["bytes"] == sum(one.size_bytes for one in deliveries) > 0
    assert isinstance(told["seconds"], float)
    assert Path(str(told["first_file"])).is_file()
    fact = _last(range_run, "marts", "fct_reviews")
    assert (fact["rebuilt"], fact["watermark"]) == (True, 2)
    assert int(str(fact["dagster/row_count"])) > 0
    assert Path(str(_last(range_run, "published", "current")["file"])).is_file()


def test_run_is_recorded_where_stock_dagster_reads_it(range_run: RangeRun) -> None:
    run_id = range_run.result.run_id
    stock = SqliteEventLogStorage(base_dir=str(range_run.home.dagster / "history" / "runs"))
    try:
        entries = [entry.dagster_event for entry in stock.get_logs_for_run(run_id) if entry.dagster_event]
        own = [event.event_type_value for event in range_run.result.all_events]
        kinds = [event.event_type_value for event in entries]
        assert kinds[-1] == "PIPELINE_SUCCESS"
        assert [kind for kind in kinds if kind.startswith("STEP_")] == [
            kind for kind in own if kind.startswith("STEP_")
        ]
        made = {entry.asset_key for entry in entries if entry.is_step_materialization}
        assert made == {one.asset_key for one in range_run.result.all_events if one.is_step_materialization}
        key = dg.AssetKey(["marts", "fct_reviews"])
        (record,) = stock.fetch_materializations(key, limit=1).records
        assert record.event_log_entry.run_id == run_id
        assert stock.get_asset_records([key])
    finally:
        stock.dispose()


def test_run_says_on_the_terminal_only_what_concerns_whoever_reads_it(built: Built) -> None:
    assert "files to take in." in built.answer.stderr
    for noise in ("great_expectations", "did not yield or return expected outputs", "emitted no result in step"):
        assert noise not in built.answer.stderr


# --- what starts a run -------------------------------------------------------------------------------------------------------


def _tick(defs: dg.Definitions) -> dg.RunRequest | dg.SkipReason:
    sensor = defs.get_repository_def().get_sensor_def("landing_sensor")
    with dg.DagsterInstance.ephemeral() as instance:
        answer = sensor(dg.build_sensor_context(instance=instance))
    assert isinstance(answer, dg.RunRequest | dg.SkipReason)
    return answer


def test_sensor_starts_a_run_for_complete_files_only(home: Home, empty_defs: dg.Definitions) -> None:
    assert isinstance(_tick(empty_defs), dg.SkipReason)
    folder = home.landing / "appeals" / "2026-06-30"
    folder.mkdir(parents=True)
    (folder / "appeals.jsonl.part").write_text("{}")
    (folder / ".appeals.jsonl").write_text("{}")
    assert isinstance(_tick(empty_defs), dg.SkipReason)
    (folder / "appeals.jsonl.part").rename(folder / "appeals.jsonl")
    first = _tick(empty_defs)
    assert isinstance(first, dg.RunRequest)
    again = _tick(empty_defs)
    assert isinstance(again, dg.RunRequest)
    assert again.run_key == first.run_key
    with run_lock(home, "a-run-that-takes-long"):
        waits = _tick(empty_defs)
    assert isinstance(waits, dg.SkipReason)
    assert "a-run-that-takes-long" in str(waits.skip_message)


def test_schedules_ask_for_their_jobs(empty_defs: dg.Definitions) -> None:
    repository = empty_defs.get_repository_def()
    wanted = {"daily_run": DAILY, "enforcement_overview_by_month": REPORTS}
    assert {name: repository.get_schedule_def(name).job_name for name in wanted} == wanted
    with dg.DagsterInstance.ephemeral() as instance:
        for name in wanted:
            moment = datetime(2026, 7, 3, 6, 0, tzinfo=UTC)
            context = dg.build_schedule_context(
                instance=instance, scheduled_execution_time=moment, repository_def=repository
            )
            (request,) = repository.get_schedule_def(name).evaluate_tick(context).run_requests or []
            assert request.run_key in {"daily-2026-07-03", "enforcement_overview-2026-06"}


def test_every_report_of_the_catalogue_has_a_schedule_that_names_its_period(empty_defs: dg.Definitions) -> None:
    repository = empty_defs.get_repository_def()
    for entry in CATALOGUE.values():
        for kind in schedule_of(entry):
            schedule = repository.get_schedule_def(schedule_name(entry.report_id, kind))
            assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
            with dg.DagsterInstance.ephemeral() as instance:
                context = dg.build_schedule_context(
                    instance=instance,
                    scheduled_execution_time=datetime(2027, 1, 3, 6, 0, tzinfo=UTC),
                    repository_def=repository,
                )
                for request in schedule.evaluate_tick(context).run_requests or []:
                    (config,) = request.run_config["ops"].values()
                    assert kind_of(config["config"]["period"]) == kind
                    assert request.asset_selection == [dg.AssetKey(keys.report(entry.report_id))]


def test_partitions_are_the_landing_days(range_run: RangeRun) -> None:
    days = received_on_partitions(range_run.home).get_partition_keys()
    assert days[0] == "2026-06-28"
    assert "2026-07-02" in days


# --- a check that blocks -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_blocking_check_publishes_nothing_and_raises_an_alert(built: Built, tmp_path: Path) -> None:
    home = copied(built.home, tmp_path / "home")
    deliver(built.later, home, ["user_reports"])
    shown = (home.published / "latest").resolve()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAPPORTEUR_HOME", str(home.root))
        commit = batch.ingest(home, "a-run-that-died", batch.discover(home, read_commits(home)))
    assert commit is not None
    _falsify(home, commit.batch_id)
    script = tmp_path / "call.sh"
    script.write_text(f"#!/bin/sh\ncat >> {tmp_path}/called.jsonl; echo >> {tmp_path}/called.jsonl\n")
    script.chmod(0o755)

    answer = rapporteur(home, "run", "--json", RAPPORTEUR_ALERT_COMMAND=str(script), RAPPORTEUR_NOW=PINNED_NOW)
    assert answer.code == 3
    told = answer.json()
    assert (told["success"], told["published"]) == (False, None)
    assert told["checks"]["failed"] == 1
    message = " ".join(told["failures"])
    assert "lines_are_accounted_for" in message
    assert "raw/user_reports" in message
    assert "lines" in message
    assert (home.published / "latest").resolve() == shown
    steps = {row["asset"].split("/")[0] for row in ops.read(home, "check_results") if row["run_id"] == told["run_id"]}
    assert steps == {"raw"}

    (alert,) = [row for row in ops.read(home, "alerts") if row["run_id"] == told["run_id"]]
    assert alert["owner"]
    assert alert["runbook"] == "docs/runbook.md#a-failed-check"
    assert "lines_are_accounted_for" in alert["message"]
    (called,) = (tmp_path / "called.jsonl").read_text().splitlines()
    assert json.loads(called) == {name: value for name, value in alert.items() if name != "alerted_at"}
    status = rapporteur(home, "status")
    assert status.code == 1
    assert re.search(r"error +lines_are_accounted_for +raw/user_reports", status.stdout)


def _falsify(home: Home, batch_id: int) -> None:
    """Book one line more than there was, as a defect of ours or a broken disk would."""
    path = path_of(home, batch_id)
    record = msgspec.json.decode(path.read_bytes())
    record["deliveries"][0]["lines"] += 1
    path.chmod(0o644)
    path.write_bytes(msgspec.json.encode(record))
