"""Lineage of runs for catalogues: OpenLineage events of each run, made from what the run left on record.

What is told about a run belongs here; the specification's words are core/openlineage.py, sending is lineage_sending.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import dagster as dg
import msgspec
import structlog

from orchestration.core import keys, ops
from orchestration.core import openlineage as ol
from orchestration.core.clock import stamp
from orchestration.core.commits import Commit, head
from orchestration.core.durable import write_bytes
from orchestration.core.home import Home
from orchestration.lineage_sending import folder, forget_old_runs, send_pending

JOB = "daily"
OWNER = "data-engineering"
_PUBLISHED_LAYERS = frozenset({"marts", "history", "restricted", "contributions", "reporting"})
_LAST_STEP = "published"

_log = structlog.get_logger("rapporteur.lineage")

Event = dict[str, Any]


def lineage_hooks(home: Home) -> set[dg.HookDefinition]:
    """Hooks of the daily job: its events are recorded when it has published, or when a step has failed.

    They see every run, whoever launched it. What goes wrong in them is logged by Dagster and fails no run.

    Args:
        home: Where events are kept.
    """

    @dg.success_hook(name="lineage_of_a_finished_run")
    def finished(context: dg.HookContext) -> None:
        if context.op.name.startswith(_LAST_STEP):
            record_end(home, context.instance, context.run_id, ol.COMPLETE)

    @dg.failure_hook(name="lineage_of_a_failed_run")
    def failed(context: dg.HookContext) -> None:
        record_end(home, context.instance, context.run_id, ol.FAIL)

    return {finished, failed}


def record_start(home: Home, run_id: str) -> None:
    """Record that a run begins; how it ends is recorded by the hooks. Without room for the record the run goes on."""
    event = ol.run_event(ol.START, stamp(), run_id=run_id, job=JOB, job_facets=_job_facets())
    try:
        _append(home, run_id, [event])
    except OSError as error:
        _log.error("start of a run not recorded", run_id=run_id, error=str(error))


def record_end(home: Home, instance: dg.DagsterInstance, run_id: str, kind: str) -> None:
    """Record how a run ended, once, and send what has not been sent.

    Args:
        home: Whose run.
        instance: Where Dagster keeps the run's events.
        run_id: The run.
        kind: COMPLETE or FAIL.
    """
    recorded = {event["eventType"] for event in read_events(home, run_id) if event["run"]["runId"] == run_id}
    if recorded & {ol.COMPLETE, ol.FAIL}:
        return
    events = [] if ol.START in recorded else [_late_start(instance, run_id)]
    _append(home, run_id, [*events, *run_events(home, run_id, kind, stamp(), _materialized(instance, run_id))])
    send_pending(home)
    forget_old_runs(home)


def read_events(home: Home, run_id: str) -> list[Event]:
    """The recorded events of a run, in order; none when it has no file."""
    path = folder(home) / f"{run_id}.jsonl"
    if not path.exists():
        return []
    return [msgspec.json.decode(line, type=Event) for line in path.read_bytes().splitlines()]


def run_events(home: Home, run_id: str, kind: str, at: str, materialized: Mapping[str, bool]) -> list[Event]:
    """The closing events of a run: of each model that it built, of its checks, and of the run itself, which comes last.

    Args:
        home: Whose record.
        run_id: The run.
        kind: COMPLETE or FAIL; a failed run published nothing, so it has no outputs and tells of no model.
        at: Instant of the end, RFC 3339.
        materialized: `schema.name` of each asset that it reported, and whether it built that one anew.
    """
    checks = ops.read_of_run(home, "check_results", run_id)
    last = head(home)
    commit = last if last is not None and last.run_id == run_id else None
    models = _models(home) if kind == ol.COMPLETE and any(materialized.values()) else {}
    parent = ol.facet("parent", run={"runId": run_id}, job={"namespace": ol.NAMESPACE, "name": JOB})
    events: list[Event] = []
    for name, is_rebuilt in sorted(materialized.items()):
        if is_rebuilt and name in models:
            events += _model_events(run_id, at, name, models[name], parent)
    events += _check_events(run_id, at, checks, parent)
    outputs = [
        ol.dataset(name, None if materialized[name] else ol.schema(models[name]["columns"]))
        for name in sorted(materialized)
        if name in models and models[name]["layer"] in _PUBLISHED_LAYERS
    ]
    events.append(
        ol.run_event(
            kind,
            at,
            run_id=run_id,
            job=JOB,
            inputs=_feeds(commit),
            outputs=outputs,
            run_facets={**_nominal_time(commit), **(_error(checks) if kind == ol.FAIL else {})},
            job_facets=_job_facets(),
        )
    )
    return events


def _job_facets() -> ol.Facets:
    return {
        **ol.facet(
            "documentation",
            description="Takes in what has landed, checks it, builds the marts of the touched days, checks them, publishes.",
        ),
        **ol.facet("jobType", processingType="BATCH", integration="RAPPORTEUR", jobType="JOB"),
        **ol.ownership(OWNER),
    }


def _feeds(commit: Commit | None) -> list[Event]:
    """Each feed that the run took in, with the rows, files and bytes that were new."""
    sums: dict[str, list[int]] = {}
    for delivery in commit.deliveries if commit is not None else ():
        row = sums.setdefault(delivery.feed, [0, 0, 0])
        for number, amount in enumerate((delivery.loaded, delivery.size_bytes, 1)):
            row[number] += amount
    return [
        ol.dataset(
            ".".join(keys.raw(feed)),
            ol.facet("version", datasetVersion=f"batch {commit.batch_id}") if commit is not None else None,
            read=ol.facet("inputStatistics", rowCount=rows, size=size, fileCount=files),
        )
        for feed, (rows, size, files) in sorted(sums.items())
    ]


def _nominal_time(commit: Commit | None) -> ol.Facets:
    """The days whose deliveries were taken in, as a half-open range of midnights UTC; nothing without deliveries."""
    days = sorted({delivery.received_on for delivery in commit.deliveries}) if commit is not None else []
    if not days:
        return {}
    end = date.fromisoformat(days[-1]) + timedelta(days=1)
    return ol.facet(
        "nominalTime", nominalStartTime=f"{days[0]}T00:00:00.000Z", nominalEndTime=f"{end.isoformat()}T00:00:00.000Z"
    )


def _error(checks: Sequence[Mapping[str, Any]]) -> ol.Facets:
    """Why a run failed: names only, for what a message quotes stays at home."""
    blocking = sorted({row["check_name"] for row in checks if not row["passed"] and row["severity"] == "error"})
    told = f"failed checks: {', '.join(blocking)}" if blocking else "a step failed"
    return ol.facet("errorMessage", message=f"{told}; see ops.alerts of the home", programmingLanguage="PYTHON")


def _model_events(run_id: str, at: str, name: str, model: Mapping[str, Any], parent: ol.Facets) -> Iterator[Event]:
    """START and COMPLETE of one model that was built, with its SQL and the lineage of its columns."""
    columns = model["columns"]
    lineage = ol.column_lineage({key: (told["how"], told["from"]) for key, told in columns.items()}, model["rows_from"])
    tell = partial(ol.run_event, run_id=ol.child_id(run_id, name), job=f"dbt.{name}", run_facets=parent)
    yield tell(ol.START, at)
    yield tell(
        ol.COMPLETE,
        at,
        inputs=[ol.dataset(ol.relation_name(relation)) for relation in model["depends_on"]],
        outputs=[ol.dataset(name, {**ol.schema(columns), **lineage})],
        job_facets={
            **ol.facet("sql", query=model["sql"].strip(), dialect="duckdb"),
            **ol.facet("documentation", description=model["description"] or name),
            **ol.facet("jobType", processingType="BATCH", integration="DBT", jobType="MODEL"),
            **ol.ownership(model["owner"]),
        },
    )


def _check_events(run_id: str, at: str, checks: Sequence[Mapping[str, Any]], parent: ol.Facets) -> Iterator[Event]:
    """START and COMPLETE of the run's checks, with the result of each beside the relation that it judged."""
    found: dict[str, list[Event]] = {}
    for row in checks:
        found.setdefault(row["asset"].replace("/", "."), []).append(
            {
                "assertion": row["check_name"],
                "success": bool(row["passed"]),
                "severity": row["severity"],
                "expected": str(row.get("expected") or ""),
            }
        )
    if not found:
        return
    tell = partial(ol.run_event, run_id=ol.child_id(run_id, "checks"), job=f"{JOB}.checks", run_facets=parent)
    yield tell(ol.START, at)
    yield tell(
        ol.COMPLETE,
        at,
        inputs=[
            ol.dataset(asset, read=ol.facet("dataQualityAssertions", assertions=assertions))
            for asset, assertions in sorted(found.items())
        ],
        job_facets=ol.facet("jobType", processingType="BATCH", integration="RAPPORTEUR", jobType="CHECKS"),
    )


def _models(home: Home) -> dict[str, dict[str, Any]]:
    """The published models by `schema.name`; those whose lineage could not be read are left out."""
    if not home.published_models.exists():
        return {}
    models: dict[str, dict[str, Any]] = msgspec.json.decode(home.published_models.read_bytes())
    return {ol.relation_name(relation): model for relation, model in models.items() if model.get("columns")}


def _materialized(instance: dg.DagsterInstance, run_id: str) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION):
        event = entry.dagster_event
        if event is not None and event.asset_key is not None:
            rebuilt = event.step_materialization_data.materialization.metadata.get("rebuilt")
            name = ".".join(event.asset_key.path)
            found[name] = found.get(name, False) or (rebuilt is not None and bool(rebuilt.value))
    return found


def _late_start(instance: dg.DagsterInstance, run_id: str) -> Event:
    """The start of a run that Dagster launched itself, at the instant that it noted."""
    record = instance.get_run_record_by_id(run_id)
    began = record.start_time if record is not None else None
    at = stamp(datetime.fromtimestamp(began, UTC)) if began else stamp()
    return ol.run_event(ol.START, at, run_id=run_id, job=JOB, job_facets=_job_facets())


def _append(home: Home, run_id: str, events: Sequence[Event]) -> None:
    path = folder(home) / f"{run_id}.jsonl"
    before = path.read_bytes() if path.exists() else b""
    write_bytes(path, before + b"".join(msgspec.json.encode(event) + b"\n" for event in events))
