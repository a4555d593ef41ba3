"""The dbt project as one Dagster op: every model an asset, every test an asset check.

Turning a build into Dagster's events and the check ledger belongs here; the build itself is run.py, the names are translator.py.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    Failure,
    MaterializeResult,
    MetadataValue,
    multi_asset,
)

from assets.transform import translator
from assets.transform.lineage import column_metadata
from assets.transform.project import fingerprint
from assets.transform.run import BuildFailed, BuildResult, Change, NodeResult, build, read_change, select_models
from orchestration.core import candidate, keys, ops
from orchestration.core.clock import stamp
from orchestration.core.commits import read_commits
from orchestration.core.failpoints import reach
from orchestration.core.resources import Writer

TransformEvent = MaterializeResult[Any] | AssetCheckResult


@dataclass(frozen=True)
class Stage:
    """One of the two builds of a run.

    Attributes:
        name: Of its op.
        told: What it builds, for people.
        nodes: Ids of the models and seeds that are its own.
        is_last: Whether a build is whole after it.
        reached: Fail-point just after it.
    """

    name: str
    told: str
    nodes: frozenset[str]
    is_last: bool
    reached: str


def stages(parsed: Mapping[str, Any]) -> list[Stage]:
    """What is built before detection and what after it; one stage where nothing reads derived facts.

    Args:
        parsed: The manifest.
    """
    later = frozenset(translator.concluding(parsed))
    first = Stage(
        name="transform",
        told="dbt build of the models downstream of the feeds that changed, and their tests; detection reads some of them.",
        nodes=frozenset(translator.built_nodes(parsed)) - later,
        is_last=not later,
        reached="dbt_built",
    )
    second = Stage(
        name="conclude",
        told="dbt build of the models that read what detection concluded, and their tests.",
        nodes=later,
        is_last=True,
        reached="conclusions_built",
    )
    return [first, second] if later else [first]


def build_transform_assets(parsed: Mapping[str, Any], *, project: Path | None = None) -> list[AssetsDefinition]:
    """The ops `transform` and `conclude`, which bring the marts up to the watermark; detection runs between them.

    Each builds what hangs on the feeds that changed (everything at a rebuild; just the selection when that leaves out something that
    changed), in this process; a complete build is put forward as the candidate that the mart checks judge. Every asset of the run
    is reported, the untouched ones as `rebuilt: false`, so that what comes after is never skipped. Needs the resource `writer`.

    Args:
        parsed: The manifest (`project.manifest`).
        project: Folder of the dbt project; ours when None.
    """
    return [_stage_assets(parsed, stage, project) for stage in stages(parsed)]


def _stage_assets(parsed: Mapping[str, Any], stage: Stage, project: Path | None) -> AssetsDefinition:
    @multi_asset(
        name=stage.name,
        specs=translator.asset_specs(parsed, stage.nodes),
        check_specs=translator.check_specs(parsed, stage.nodes),
        can_subset=True,
        required_resource_keys={"writer"},
        description=stage.told,
    )
    def transform(context: AssetExecutionContext) -> Iterator[TransformEvent]:
        writer: Writer = context.resources.writer
        home = writer.home
        change = read_change(home, read_commits(home))
        chosen, is_complete = choose(parsed, context.selected_asset_keys, change, stage)
        context.log.info(_plan(chosen, change))
        before = candidate.waiting(home, writer.run_id) if stage.name == "conclude" else None
        candidate.withdraw(home)
        failure: BuildFailed | None = None
        try:
            result = build(home, select=chosen, project=project, with_views=change.feeds is None)
        except BuildFailed as error:
            result, failure = error.result, error
        ops.append(home, "check_results", check_rows(parsed, result, writer.run_id, change.watermark))
        if failure is None and is_complete and (stage.name == "transform" or before is not None):
            _propose(
                writer,
                change,
                project,
                has_new_rows=bool(result.nodes) or (before is not None and before.has_new_rows),
                is_whole=stage.is_last or not needed(parsed, change, stages(parsed)[1]),
            )
            reach(stage.reached)
        told = column_metadata(home, parsed, project) if result.nodes else {}
        yield from _events(context, parsed, result, change, stage, told, is_broken=failure is not None)
        if failure is not None:
            raise Failure(
                description=str(failure),
                metadata={"runbook": keys.runbook("a-failed-check"), "failed": len(failure.result.failures())},
                allow_retries=False,
            )

    return transform


def needed(parsed: Mapping[str, Any], change: Change, stage: Stage) -> list[str]:
    """Names of a stage's models that a change touches, sorted; all of them at a rebuild."""
    nodes = translator.built_nodes(parsed)
    own = {str(nodes[key]["name"]) for key in stage.nodes}
    touched = select_models(parsed, change.feeds)
    return sorted(own if touched is None else own & set(touched))


def choose(
    parsed: Mapping[str, Any], selected: AbstractSet[AssetKey], change: Change, stage: Stage
) -> tuple[list[str] | None, bool]:
    """Which models a stage builds, and whether that brings them up to the watermark.

    Args:
        parsed: The manifest.
        selected: Assets of the run.
        change: What the marts lack.
        stage: Which build.

    Returns:
        Names for `build` (None: everything), and whether nothing that changed is left out. A run whose selection leaves out something
        that changed builds just its selection, and its watermark does not count.
    """
    nodes = translator.built_nodes(parsed)
    picked = [
        str(nodes[key]["name"]) for key in nodes if key in stage.nodes and translator.asset_key(nodes[key]) in selected
    ]
    wanted = needed(parsed, change, stage)
    is_complete = set(wanted) <= set(picked)
    if is_complete and change.feeds is None and len(stage.nodes) == len(nodes):
        return None, True
    return (wanted if is_complete else picked), is_complete


def _propose(writer: Writer, change: Change, project: Path | None, *, has_new_rows: bool, is_whole: bool) -> None:
    candidate.propose(
        writer.home,
        candidate.Candidate(
            run_id=writer.run_id,
            fingerprint=fingerprint(project),
            built_through=change.watermark,
            has_new_rows=has_new_rows,
            is_whole=is_whole,
        ),
    )


def _plan(chosen: list[str] | None, change: Change) -> str:
    if chosen is None:
        return f"rebuilding every model at watermark {change.watermark}"
    if change.feeds is None:
        return f"rebuilding {len(chosen)} model(s) at watermark {change.watermark}"
    feeds = ", ".join(sorted(change.feeds or ())) or "none"
    return f"building {len(chosen)} model(s) at watermark {change.watermark}; feeds that changed: {feeds}"


def _events(
    context: AssetExecutionContext,
    parsed: Mapping[str, Any],
    result: BuildResult,
    change: Change,
    stage: Stage,
    told: Mapping[str, Mapping[str, Any]],
    *,
    is_broken: bool,
) -> Iterator[TransformEvent]:
    if is_broken and not result.nodes:
        return  # dbt did not get as far as a single node: nothing may be called up to date
    done = {node.unique_id: node for node in result.nodes}
    for unique_id, node in translator.built_nodes(parsed).items():
        key = translator.asset_key(node)
        outcome = done.get(unique_id)
        if (
            unique_id in stage.nodes
            and key in context.selected_asset_keys
            and (outcome is None or not outcome.is_failure)
        ):
            columns = told.get(unique_id, {})
            yield MaterializeResult(asset_key=key, metadata={**_metadata(outcome, change.watermark), **columns})
    yield from _check_events(context, parsed, result)


def _metadata(outcome: NodeResult | None, watermark: int) -> dict[str, Any]:
    if outcome is None:
        return {"rebuilt": False, "watermark": watermark}
    rows = {} if outcome.rows is None else {"dagster/row_count": MetadataValue.int(outcome.rows)}
    return {"rebuilt": True, "watermark": watermark, "seconds": round(outcome.seconds, 3), **rows}


def _check_events(
    context: AssetExecutionContext, parsed: Mapping[str, Any], result: BuildResult
) -> Iterator[AssetCheckResult]:
    expected = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
    for outcome, test, node in _tests(parsed, result):
        key, name = translator.asset_key(node), translator.check_name(test)
        if outcome.status == "skipped" or (key, name) not in expected:
            continue
        warns = translator.severity(test) == "warn"
        yield AssetCheckResult(
            asset_key=key,
            check_name=name,
            passed=outcome.status == "pass",
            severity=AssetCheckSeverity.WARN if warns else AssetCheckSeverity.ERROR,
            description=_message(outcome, node),
            metadata={"failures": outcome.failures or 0, "seconds": round(outcome.seconds, 3)},
        )


def _tests(
    parsed: Mapping[str, Any], result: BuildResult
) -> Iterator[tuple[NodeResult, Mapping[str, Any], Mapping[str, Any]]]:
    for outcome in result.nodes:
        test = parsed["nodes"].get(outcome.unique_id)
        if test is None or test["resource_type"] != "test":
            continue
        node = translator.tested_node(parsed, test)
        if node is not None:
            yield outcome, test, node


def _message(outcome: NodeResult, node: Mapping[str, Any]) -> str:
    if outcome.status == "pass":
        return ""
    relation = f"{node['schema']}.{node['name']}"
    found = f"{outcome.failures} offending row(s)" if outcome.failures else outcome.message or outcome.status
    return f"{outcome.name}: {found} in {relation}. Run the test's SQL to see them; {keys.runbook('a-failed-check')}"


def check_rows(
    parsed: Mapping[str, Any], result: BuildResult, run_id: str, batch_id: int
) -> list[dict[str, str | int | float | bool | None]]:
    """Rows of `ops.check_results` for the tests that ran.

    Args:
        parsed: The manifest.
        result: What the build did.
        run_id: The run.
        batch_id: The watermark that it built to.

    Returns:
        One row per test that was not left out, with the columns of `orchestration.core.ops`.
    """
    now = stamp()
    return [
        {
            "check_name": translator.check_name(test),
            "asset": "/".join(translator.asset_key(node).path),
            "severity": translator.severity(test),
            "passed": outcome.status == "pass",
            "observed": f"{outcome.failures or 0} offending rows",
            "expected": "0 offending rows",
            "message": _message(outcome, node),
            "owner": translator.owner(node),
            "runbook": keys.runbook("a-failed-check"),
            "run_id": run_id,
            "batch_id": batch_id,
            "checked_at": now,
            "seconds": round(outcome.seconds, 6),
        }
        for outcome, test, node in _tests(parsed, result)
        if outcome.status != "skipped"
    ]
