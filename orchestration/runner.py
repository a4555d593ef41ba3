"""One run of the line through Dagster, in this process: choose what is to be done, do it, say what became of it.

The command line and the demo call it; the same job launched from Dagster's UI does the same steps.
"""

import resource
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

import dagster as dg
import msgspec

from assets.ingestion import batch
from assets.ingestion.contracts import FEEDS
from assets.transform import translator
from assets.transform.project import fingerprint, manifest
from assets.transform.run import select_models
from orchestration.alerts import blocking_messages
from orchestration.core import derived, keys, ops
from orchestration.core.clock import stamp
from orchestration.core.commits import Commit, read_commits
from orchestration.core.home import Home
from orchestration.core.room import told_when_full
from orchestration.core.state import read_state
from orchestration.lineage import record_start


@dataclass(frozen=True)
class RunRequest:
    """What a run is asked to do.

    Attributes:
        received_from: First landing day, inclusive; None for all.
        received_to: Last landing day, inclusive; None for all.
        feeds: Feeds to take in; empty for all.
        rebuild_days: First and last event day to recompute besides, inclusive.
        rebuild: Build everything from the lake anew.
    """

    received_from: date | None = None
    received_to: date | None = None
    feeds: tuple[str, ...] = ()
    rebuild_days: tuple[date, date] | None = None
    rebuild: bool = False


@dataclass(frozen=True)
class RunOutcome:
    """What became of a run.

    Attributes:
        run_id: Dagster's id of it.
        success: Whether every step succeeded.
        watermark: Last batch that exists.
        deliveries: Accounting of the files that it took in.
        checks: Numbers of checks `passed`, `failed` (errors) and `warned`.
        published: Folder that readers now see, relative to the home; None when nothing was published.
        failures: What failed, in words.
    """

    run_id: str
    success: bool
    watermark: int
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    checks: dict[str, int] = field(default_factory=dict)
    published: str | None = None
    failures: list[str] = field(default_factory=list)


def selection_for(home: Home, request: RunRequest, commits: list[Commit]) -> list[dg.AssetKey]:
    """The assets that have something to do: feeds with new files, and what is downstream of them.

    A retraction may name any feed, so new retractions select everything. With nothing new only publication is asked.
    """
    pending = batch.discover(
        home,
        commits,
        feeds=list(request.feeds) or None,
        received_from=request.received_from,
        received_to=request.received_to,
    )
    state = read_state(home)
    parsed = manifest(home)
    feeds = {one.feed for one in pending}
    behind = _feeds_behind(commits, state.built_through)
    everything = (
        request.rebuild
        or request.rebuild_days is not None
        or "retractions" in feeds | behind
        or (bool(feeds or commits) and (state.built_through == 0 or state.fingerprint != fingerprint()))
    )
    published = dg.AssetKey(list(keys.PUBLISHED))
    nodes = list(translator.built_nodes(parsed).values())
    if not everything:
        wanted = set(select_models(parsed, feeds | behind) or ())
        nodes = [node for node in nodes if node["name"] in wanted]
    marts = [translator.asset_key(node) for node in nodes]
    if {node["unique_id"] for node in nodes} & translator.concluding(parsed):
        marts += [dg.AssetKey(keys.derived(relation)) for relation in derived.RELATIONS]
    raw = sorted(FEEDS) if everything else sorted(feeds | behind)
    return [*(dg.AssetKey(keys.raw(feed)) for feed in raw), *marts, published]


def _feeds_behind(commits: Iterable[Commit], built_through: int) -> set[str]:
    """Feeds with rows in batches that the marts do not hold yet."""
    return {
        file.feed
        for commit in commits
        if commit.batch_id > built_through
        for file in commit.data_files
        if file.kind == "raw" and file.rows
    }


def execute(home: Home, defs: dg.Definitions, instance: dg.DagsterInstance, request: RunRequest) -> RunOutcome:
    """Run the line once and record it in `ops.runs`.

    Args:
        home: Whose line.
        defs: The definitions of that home.
        instance: Its Dagster instance, so that the run is in the UI.
        request: What to do.

    Returns:
        What became of it; a failed step is told in `failures`, not raised.
    """
    began = stamp()
    selection = selection_for(home, request, read_commits(home))
    config = {"ops": _op_config(selection, request)}
    run_id = str(uuid4())
    record_start(home, run_id)
    result = defs.resolve_job_def("daily").execute_in_process(
        instance=instance,
        asset_selection=selection,
        run_id=run_id,
        run_config={**config, "loggers": {"console": {"config": {"log_level": "INFO"}}}},
        tags={"rapporteur/request": _summary(request)},
        raise_on_error=False,
    )
    outcome = _outcome(home, result)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    ops.append(
        home,
        "runs",
        [
            {
                "run_id": outcome.run_id,
                "job": "daily",
                "status": "success" if outcome.success else "failure",
                "started_at": began,
                "finished_at": stamp(),
                "watermark": outcome.watermark,
                "published": outcome.published,
                "message": "; ".join(outcome.failures)[:2000],
                "cpu_seconds": round(usage.ru_utime + usage.ru_stime + children.ru_utime + children.ru_stime, 3),
            }
        ],
    )
    return outcome


def _has_ingest(selection: Iterable[dg.AssetKey]) -> bool:
    return any(key.path[0] == keys.RAW for key in selection)


def _op_config(selection: Iterable[dg.AssetKey], request: RunRequest) -> dict[str, Any]:
    ops_config: dict[str, Any] = {}
    ingest = _ingest_config(request)
    if _has_ingest(selection):
        ops_config["ingest"] = {"config": ingest}
    if request.rebuild_days and any(key.path[0] == keys.DERIVED for key in selection):
        ops_config["detect"] = {"config": {name: ingest[name] for name in ("rebuild_from", "rebuild_to")}}
    return ops_config


def _ingest_config(request: RunRequest) -> dict[str, Any]:
    config: dict[str, Any] = {
        "received_from": request.received_from.isoformat() if request.received_from else "",
        "received_to": request.received_to.isoformat() if request.received_to else "",
        "feeds": list(request.feeds),
        "rebuild": request.rebuild,
    }
    if request.rebuild_days:
        config["rebuild_from"], config["rebuild_to"] = (day.isoformat() for day in request.rebuild_days)
    return config


def _summary(request: RunRequest) -> str:
    return str(msgspec.json.encode(_ingest_config(request)), "utf-8")[:240]


def _outcome(home: Home, result: dg.ExecuteInProcessResult) -> RunOutcome:
    commits = read_commits(home)
    deliveries = [
        {"batch_id": commit.batch_id, **msgspec.to_builtins(delivery)}
        for commit in commits
        if commit.run_id == result.run_id
        for delivery in commit.deliveries
    ]
    recorded = [row for row in ops.read(home, "check_results") if row.get("run_id") == result.run_id]
    checks = {
        "passed": sum(1 for row in recorded if row["passed"]),
        "failed": sum(1 for row in recorded if not row["passed"] and row["severity"] == "error"),
        "warned": sum(1 for row in recorded if not row["passed"] and row["severity"] == "warn"),
    }
    failures = [
        f"{event.step_key}: {_reason(event)}" for event in result.all_events if event.is_step_failure and event.step_key
    ]
    if not result.success:
        failures += blocking_messages(home, result.run_id)
    if not result.success and not failures:
        failures = [event.message or event.event_type_value for event in result.all_events if event.is_failure]
    if no_room := told_when_full(home, " ".join(failures)):
        failures.append(no_room)
    state = read_state(home)
    published = str(home.published_current.resolve().parent.relative_to(home.root)) if state.published_through else None
    fresh = any(
        event.is_step_materialization
        and event.asset_key == dg.AssetKey(list(keys.PUBLISHED))
        and "nothing new" not in str(event.step_materialization_data.materialization.metadata.get("published"))
        for event in result.all_events
    )
    return RunOutcome(
        run_id=result.run_id,
        success=result.success,
        watermark=commits[-1].batch_id if commits else 0,
        deliveries=deliveries,
        checks=checks,
        published=published if fresh else None,
        failures=failures,
    )


def _reason(event: dg.DagsterEvent) -> str:
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return data.user_failure_data.description
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error else "failed"
