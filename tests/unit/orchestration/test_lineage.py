"""Lineage of runs: what their events say, and that they are kept and sent without ever failing a run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import msgspec
import pytest

from orchestration import lineage, lineage_sending
from orchestration.core import openlineage as ol
from orchestration.core import ops
from orchestration.core.commits import Commit, Delivery, write_commit
from orchestration.core.home import Home
from tests.openlineage_schema import faults

RUN = "11111111-2222-4333-8444-555555555555"
AT = "2026-07-02T06:00:00.000Z"
MODELS: dict[str, Any] = {
    "warehouse.staging.stg_actions": {
        "name": "stg_actions", "layer": "staging", "sql": "select 1", "depends_on": ["warehouse.raw.actions"],
        "description": "One row per action.", "owner": "enforcement", "rows_from": ["warehouse.raw.actions._batch_id"],
        "columns": {"action_id": {"type": "string", "description": "", "from": ["warehouse.raw.actions.action_id"], "how": "identity"}},
    },
    "current.marts.fct_actions": {
        "name": "fct_actions", "layer": "marts", "sql": "select 2", "depends_on": ["warehouse.staging.stg_actions"],
        "description": "", "owner": "enforcement", "rows_from": [],
        "columns": {
            "action_id": {"type": None, "description": "Its id.", "from": ["warehouse.staging.stg_actions.action_id"], "how": "identity"},
            "kind": {"type": None, "description": "", "from": [], "how": "constant"},
        },
    },
    "warehouse.staging.stg_odd": {"name": "stg_odd", "layer": "staging", "sql": "?", "depends_on": [], "columns": {}, "rows_from": []},
}  # fmt: skip
BUILT = {"staging.stg_actions": True, "marts.fct_actions": False, "staging.stg_odd": True, "raw.actions": False}


@pytest.fixture
def recorded(home: Home) -> Home:
    """A home in which a run took in two files of a feed, checked twice and published."""
    files = [
        Delivery(
            file_id=number, file_sha256="ab" * 32, feed="actions", received_on=day, path=f"actions/{day}/a.jsonl",
            size_bytes=100, mtime_ns=1, status="loaded", lines=7, loaded=5, quarantined=2,
        )
        for number, day in enumerate(("2026-06-29", "2026-06-30"), start=1)
    ]  # fmt: skip
    write_commit(
        home,
        Commit(
            batch_id=1, run_id=RUN, committed_at=AT, deliveries=files, data_files=[], touched_days={}, is_synthetic=True
        ),
    )
    row = {"severity": "error", "observed": "acc-7", "expected": "0", "message": "account acc-7 twice", "run_id": RUN}
    ops.append(
        home,
        "check_results",
        [
            {**row, "check_name": "unique_action", "asset": "marts/fct_actions", "passed": False},
            {**row, "check_name": "not_null_action", "asset": "marts/fct_actions", "passed": True},
            {**row, "check_name": "of_another_run", "asset": "marts/fct_actions", "passed": False, "run_id": "other"},
        ],
    )
    home.published_models.write_bytes(msgspec.json.encode(MODELS))
    return home


def only(events: list[dict[str, Any]], job: str, kind: str) -> dict[str, Any]:
    (found,) = [event for event in events if event["job"]["name"] == job and event["eventType"] == kind]
    return found


def test_every_event_of_a_run_is_valid_and_each_job_starts_and_ends_once(recorded: Home) -> None:
    events = lineage.run_events(recorded, RUN, ol.COMPLETE, AT, BUILT)
    assert [fault for event in events for fault in faults(event)] == []
    kinds = [(event["job"]["name"], event["eventType"]) for event in events]
    assert kinds == [
        ("dbt.staging.stg_actions", "START"),
        ("dbt.staging.stg_actions", "COMPLETE"),
        ("daily.checks", "START"),
        ("daily.checks", "COMPLETE"),
        ("daily", "COMPLETE"),
    ]
    assert len({event["run"]["runId"] for event in events}) == 3


def test_an_event_with_a_fault_is_found(recorded: Home) -> None:
    event = lineage.run_events(recorded, RUN, ol.COMPLETE, AT, BUILT)[-1]
    for broken in (
        {**event, "eventTime": "yesterday"},
        {**event, "run": {"runId": "7"}},
        {**event, "inputs": [{"name": "x"}]},
        {**event, "job": {"namespace": "n", "name": "j", "facets": {"sql": {"query": "select 1"}}}},
        {name: value for name, value in event.items() if name != "producer"},
    ):
        assert faults(broken)


def test_a_run_names_the_feeds_that_it_took_in_with_rows_files_bytes_and_days(recorded: Home) -> None:
    run = only(lineage.run_events(recorded, RUN, ol.COMPLETE, AT, BUILT), "daily", "COMPLETE")
    (feed,) = run["inputs"]
    assert feed["name"] == "raw.actions"
    statistics = feed["inputFacets"]["inputStatistics"]
    assert (statistics["rowCount"], statistics["fileCount"], statistics["size"]) == (10, 2, 200)
    nominal = run["run"]["facets"]["nominalTime"]
    assert (nominal["nominalStartTime"], nominal["nominalEndTime"]) == (
        "2026-06-29T00:00:00.000Z",
        "2026-07-01T00:00:00.000Z",
    )
    assert [output["name"] for output in run["outputs"]] == ["marts.fct_actions"]


def test_a_model_tells_its_sql_its_columns_and_where_they_come_from(recorded: Home) -> None:
    model = only(lineage.run_events(recorded, RUN, ol.COMPLETE, AT, BUILT), "dbt.staging.stg_actions", "COMPLETE")
    (output,) = model["outputs"]
    told = output["facets"]["columnLineage"]
    assert told["fields"]["action_id"]["inputFields"] == [
        {
            "namespace": "rapporteur",
            "name": "raw.actions",
            "field": "action_id",
            "transformations": [{"type": "DIRECT", "subtype": "IDENTITY"}],
        }
    ]
    assert [one["field"] for one in told["dataset"]] == ["_batch_id"]
    assert [one["name"] for one in output["facets"]["schema"]["fields"]] == ["action_id"]
    assert model["job"]["facets"]["sql"]["query"] == "select 1"
    assert model["run"]["facets"]["parent"]["run"]["runId"] == RUN


def test_checks_are_told_beside_the_relation_that_they_judged(recorded: Home) -> None:
    checks = only(lineage.run_events(recorded, RUN, ol.COMPLETE, AT, BUILT), "daily.checks", "COMPLETE")
    (judged,) = checks["inputs"]
    results = judged["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert {one["assertion"]: one["success"] for one in results} == {"unique_action": False, "not_null_action": True}
    assert b"acc-7" not in msgspec.json.encode(checks)


def test_a_failed_run_names_the_checks_that_failed_and_quotes_nothing(recorded: Home) -> None:
    events = lineage.run_events(recorded, RUN, ol.FAIL, AT, BUILT)
    assert [fault for event in events for fault in faults(event)] == []
    run = only(events, "daily", "FAIL")
    assert "unique_action" in run["run"]["facets"]["errorMessage"]["message"]
    assert run["outputs"] == []
    assert b"acc-7" not in msgspec.json.encode(events)


# --- through Dagster ---------------------------------------------------------------------------------------------------------


def run_job(home: Home, *, breaks: bool) -> dg.ExecuteInProcessResult:
    @dg.op(name="ingest")
    def ingest() -> int:
        return 1

    @dg.op(name="published__current")
    def published(number: int) -> int:
        if breaks:
            raise ValueError("no")
        return number

    @dg.job(name="daily", hooks=lineage.lineage_hooks(home))
    def daily() -> None:
        published(ingest())

    return daily.execute_in_process(raise_on_error=False)


@pytest.mark.parametrize(("breaks", "kind"), [(False, "COMPLETE"), (True, "FAIL")])
def test_a_run_that_dagster_launches_records_its_start_and_its_end(home: Home, breaks: bool, kind: str) -> None:
    result = run_job(home, breaks=breaks)
    assert result.success is not breaks
    events = lineage.read_events(home, result.run_id)
    assert [event["eventType"] for event in events] == ["START", kind]
    assert [fault for event in events for fault in faults(event)] == []


def test_an_end_is_recorded_once(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        lineage.record_start(home, RUN)
        lineage.record_end(home, instance, RUN, ol.FAIL)
        lineage.record_end(home, instance, RUN, ol.COMPLETE)
    assert [event["eventType"] for event in lineage.read_events(home, RUN)] == ["START", "FAIL"]


def test_a_start_that_cannot_be_written_stops_nothing(home: Home) -> None:
    (home.ops / "openlineage").write_text("a file where the folder should be")
    lineage.record_start(home, RUN)


def test_events_of_the_oldest_runs_are_forgotten(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage_sending, "KEPT_RUNS", 2)
    for number in range(4):
        lineage.record_start(home, f"{number}{RUN[1:]}")
    lineage_sending.forget_old_runs(home)
    assert len(list(lineage_sending.folder(home).glob("*.jsonl"))) == 2


# --- sending -----------------------------------------------------------------------------------------------------------------


@dataclass
class Catalogue:
    """A catalogue that listens: what it heard, and what it answers next."""

    address: str
    heard: list[dict[str, Any]] = field(default_factory=list)
    headers: list[str | None] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)


@pytest.fixture
def catalogue() -> Iterator[Catalogue]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = told.answers.pop(0) if told.answers else 201
            if status < 300:
                told.heard.append(msgspec.json.decode(body))
            told.headers.append(self.headers.get("Authorization"))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    told = Catalogue(f"http://127.0.0.1:{server.server_port}/api/v1/lineage")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def listening(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """A catalogue that the settings name."""
    monkeypatch.setenv("RAPPORTEUR_OPENLINEAGE_URL", catalogue.address)
    monkeypatch.setenv("RAPPORTEUR_OPENLINEAGE_API_KEY", "not-a-secret")
    return catalogue


def test_a_catalogue_hears_every_event_in_order_and_only_once(home: Home, listening: Catalogue) -> None:
    result = run_job(home, breaks=False)
    assert [event["eventType"] for event in listening.heard] == ["START", "COMPLETE"]
    assert {event["run"]["runId"] for event in listening.heard} == {result.run_id}
    assert set(listening.headers) == {"Bearer not-a-secret"}
    lineage_sending.send_pending(home)
    assert len(listening.heard) == 2


def test_a_refusal_is_recorded_fails_no_run_and_is_made_up_for_by_the_next(home: Home, listening: Catalogue) -> None:
    listening.answers = [201, 503]
    first = run_job(home, breaks=False)
    assert first.success
    progress = lineage_sending.progress_of(home, first.run_id)
    assert (progress.sent, progress.total) == (1, 2)
    assert "503" in progress.error
    second = run_job(home, breaks=False)
    assert [event["run"]["runId"] for event in listening.heard] == [first.run_id] * 2 + [second.run_id] * 2
    assert lineage_sending.progress_of(home, first.run_id).error == ""


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/none", "ftp://somewhere/x", "nonsense", "http://[", "http://h:x"]
)
def test_a_catalogue_that_cannot_be_reached_is_recorded_and_fails_no_run(
    home: Home, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("RAPPORTEUR_OPENLINEAGE_URL", address)
    result = run_job(home, breaks=False)
    assert result.success
    progress = lineage_sending.progress_of(home, result.run_id)
    assert progress.sent == 0
    assert progress.error


def test_a_catalogue_that_never_answers_is_given_up(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(lineage_sending, "TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("RAPPORTEUR_OPENLINEAGE_URL", f"http://127.0.0.1:{silent.getsockname()[1]}/")
        result = run_job(home, breaks=False)
    assert result.success
    assert "timed out" in lineage_sending.progress_of(home, result.run_id).error.lower()


def test_nothing_is_sent_without_an_address(home: Home, catalogue: Catalogue) -> None:
    run_job(home, breaks=False)
    assert catalogue.heard == []
    assert list(Path(home.ops / "openlineage").glob("*.sent.json")) == []
