"""A dbt build in this process: what to build, running it, and what became of each node.

Selection by touched feeds, the call and its results belong here; the project's place (project.py) and Dagster (assets.py) do not.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from assets.transform.invocation import invoke
from assets.transform.project import cache_dir, dbt_flags, manifest, manifest_file
from assets.transform.translator import detection_reads
from orchestration.core.commits import Commit
from orchestration.core.home import Home
from orchestration.core.keys import DERIVED

PASSED = frozenset({"success", "pass", "no-op"})
WARNED = frozenset({"warn"})
_THIS_RUN = "rapporteur_this_run"
_READS_AS_OF = re.compile(r"\bas_of\b")


@dataclass(frozen=True)
class NodeResult:
    """What became of one dbt node.

    Attributes:
        unique_id: dbt's name of it (`model.<project>.<name>`).
        name: Its own name.
        resource_type: `model`, `seed`, `test` or `unit_test`.
        status: dbt's word: `success`, `pass`, `warn`, `fail`, `error`, `skipped`.
        seconds: Wall time.
        rows: Rows of the table that it made; None for views and tests.
        failures: Offending rows that a test found; None for others.
        message: dbt's message; empty when all is well.
    """

    unique_id: str
    name: str
    resource_type: str
    status: str
    seconds: float
    rows: int | None = None
    failures: int | None = None
    message: str = ""

    @property
    def is_failure(self) -> bool:
        """Whether it stops what comes after: neither passed nor merely warned."""
        return self.status not in PASSED and self.status not in WARNED


@dataclass(frozen=True)
class BuildResult:
    """What a build did.

    Attributes:
        nodes: Every node that it touched, in the order in which dbt finished them; empty when nothing was to be built.
        seconds: Wall time of all.
    """

    nodes: tuple[NodeResult, ...]
    seconds: float

    def failures(self) -> list[NodeResult]:
        """The nodes that failed or were left out because of one that did."""
        return [node for node in self.nodes if node.is_failure]


class BuildFailed(Exception):  # noqa: N818 - says what happened
    """A build that did not succeed; `result` tells what did get done."""

    def __init__(self, message: str, result: BuildResult) -> None:
        super().__init__(message)
        self.result = result


NodeListener = Callable[[NodeResult], None]


@dataclass(frozen=True)
class Change:
    """What a run has to bring into the marts.

    Attributes:
        watermark: Last batch to be seen.
        feeds: Feeds whose rows differ from those the marts were built from; None means rebuild everything.
    """

    watermark: int
    feeds: frozenset[str] | None


def read_change(home: Home, commits: Iterable[Commit]) -> Change:
    """Ask the warehouse and the commits what changed since the marts were built.

    A feed has changed when a batch after `built_through` brought it rows, when a retraction in such a batch names it, or when one of
    its days is marked for recomputing.

    Args:
        home: Whose warehouse, with its raw tables at the watermark; no writer may have it open.
        commits: All commits.
    """
    with duckdb.connect(str(home.warehouse_db)) as connection:
        pins = connection.execute("select watermark, built_through from raw.pins").fetchone()
        if pins is None:
            raise ValueError(f"{home.warehouse_db}: raw.pins is empty; run `rapporteur rebuild`")
        watermark, built_through = int(pins[0]), int(pins[1])
        if built_through == 0:
            return Change(watermark, None)
        named = connection.execute(
            "select feed from raw.touched_days union select feed from raw.retractions where _batch_id between ? and ?",
            [built_through + 1, watermark],
        ).fetchall()
    fresh = [commit for commit in commits if built_through < commit.batch_id <= watermark]
    loaded = {file.feed for commit in fresh for file in commit.data_files if file.kind == "raw" and file.rows}
    return Change(watermark, frozenset(loaded | {str(row[0]) for row in named}))


def select_models(parsed: Mapping[str, Any], feeds: Iterable[str] | None) -> list[str] | None:
    """Which models a run builds.

    Args:
        parsed: The manifest.
        feeds: Feeds that changed; None means a full rebuild.

    Returns:
        None for everything; else the sorted names of the models downstream of those feeds, through detection too, and, when there
        are any, of the models that read the run's `as_of`, which moves with every batch. Empty: nothing to do.
    """
    if feeds is None:
        return None
    wanted = set(feeds)
    roots = {key for key, source in parsed["sources"].items() if source["schema"] == "raw" and source["name"] in wanted}
    if not roots:
        return []
    roots |= _as_of_readers(parsed)
    reached = _downstream(parsed, roots)
    if detection_reads(parsed) & {parsed["nodes"][key]["name"] for key in reached if key in parsed["nodes"]}:
        reached |= _downstream(
            parsed, {key for key, source in parsed["sources"].items() if source["schema"] == DERIVED}
        )
    return sorted(parsed["nodes"][key]["name"] for key in reached if key.startswith("model."))


def _as_of_readers(parsed: Mapping[str, Any]) -> set[str]:
    """Models that read `raw.pins` and speak of `as_of`, in their own text or in a macro of the project that they call."""
    pins = {key for key, source in parsed["sources"].items() if source["schema"] == "raw" and source["name"] == "pins"}
    return {
        key
        for key, node in parsed["nodes"].items()
        if node["resource_type"] == "model"
        and pins & set(node["depends_on"]["nodes"])
        and any(_READS_AS_OF.search(text) for text in _texts(parsed, node))
    }


def _texts(parsed: Mapping[str, Any], node: Mapping[str, Any]) -> Iterable[str]:
    yield node.get("raw_code") or ""
    for name in node["depends_on"].get("macros", ()):
        macro = parsed["macros"].get(name)
        if macro is not None and macro["package_name"] == node["package_name"]:
            yield macro["macro_sql"]


def _downstream(parsed: Mapping[str, Any], roots: set[str]) -> set[str]:
    reached: set[str] = set()
    waiting = list(roots)
    while waiting:
        key = waiting.pop()
        if key not in reached:
            reached.add(key)
            waiting.extend(parsed["child_map"].get(key, ()))
    return reached


def build(
    home: Home,
    *,
    select: list[str] | None = None,
    on_event: NodeListener | None = None,
    project: Path | None = None,
    threads: int | None = None,
    with_unit_tests: bool = False,
    with_views: bool = True,
) -> BuildResult:
    """Build models and run their tests in this process, and close the databases again.

    Args:
        home: Whose databases; nothing else in this process may have them open.
        select: Names of models; None builds everything, seeds included; an empty list does nothing and imports nothing.
        on_event: Told of each node as it finishes, from dbt's threads.
        project: Folder of the dbt project; ours when None.
        threads: Models side by side; the profile's number when None.
        with_unit_tests: Run dbt's unit tests too: they prove code, not data, so a run leaves them to the test suite.
        with_views: Make views anew. They are the same text at every watermark, so a run that is no rebuild only tests them.

    Returns:
        What became of each node, with row counts of tables.

    Raises:
        BuildFailed: Anything failed; the message names the nodes, `result` holds all of them.
    """
    if select is not None and not select:
        return BuildResult((), 0.0)
    began = time.perf_counter()
    arguments = ["build", *dbt_flags(home, project), "--no-write-json"]
    if not with_unit_tests:
        arguments += ["--exclude-resource-type", "unit_test"]
    if threads:
        arguments += ["--threads", str(threads)]
    parsed = _kept_manifest(home, project)
    if select:
        # One criterion instead of one a model: dbt asks every criterion of every node.
        _mark(parsed, select, with_views=with_views)
        arguments += ["--select", f"tag:{_THIS_RUN}", "--indirect-selection", "empty"]
    listener = _translate(on_event) if on_event else None
    outcome = invoke(arguments, parsed=parsed, listener=listener)
    nodes = _with_rows(home, tuple(_node_results(outcome)), manifest(home, project))
    result = BuildResult(nodes, time.perf_counter() - began)
    if not outcome.success:
        raise BuildFailed(_explain(home, result, outcome.exception, project), result)
    return result


def _kept_manifest(home: Home, project: Path | None) -> Any:  # noqa: ANN401 - dbt's own class, imported late
    """The parsed project as dbt's object, read afresh: a build leaves marks on the one that it was given."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    kept = manifest_file(home, project).with_name("partial_parse.msgpack")
    loaded = Manifest.from_msgpack(kept.read_bytes(), decoder=extended_mashumuro_decoder)
    loaded.build_parent_and_child_maps()
    loaded.build_flat_graph()
    return loaded


def _mark(parsed: Any, names: Iterable[str], *, with_views: bool) -> None:  # noqa: ANN401 - dbt's own class, imported late
    """Tag the models of this run and the tests that read one; the manifest is read afresh for each build, so no tag outlives it."""
    wanted = set(names)
    models = {
        key for key, node in parsed.nodes.items() if node.name in wanted and node.resource_type in {"model", "seed"}
    }
    for key, node in parsed.nodes.items():
        is_built = key in models and (with_views or node.config.materialized != "view")
        if is_built or (node.resource_type == "test" and models & _tested(node)):
            node.tags.append(_THIS_RUN)
            node.config.tags.append(_THIS_RUN)


def _tested(test: Any) -> set[str]:  # noqa: ANN401 - dbt's own class, imported late
    """The model that a test is attached to; for a test that stands alone, all that it reads."""
    attached = getattr(test, "attached_node", None)
    return {attached} if attached else set(test.depends_on.nodes)


def _translate(on_event: NodeListener) -> Callable[[Any], None]:
    def listen(event: Any) -> None:  # noqa: ANN401 - dbt's protobuf message
        if event.info.name != "NodeFinished":
            return
        node, outcome = event.data.node_info, event.data.run_result
        on_event(
            NodeResult(
                unique_id=node.unique_id,
                name=node.node_name,
                resource_type=node.resource_type,
                status=outcome.status,
                seconds=outcome.execution_time,
                failures=outcome.num_failures if node.resource_type == "test" else None,
                message="" if outcome.status in PASSED else outcome.message,
            )
        )

    return listen


def _node_results(outcome: Any) -> Iterable[NodeResult]:  # noqa: ANN401 - dbt's own class
    for one in getattr(outcome.result, "results", None) or []:
        status = str(one.status)
        yield NodeResult(
            unique_id=one.node.unique_id,
            name=one.node.name,
            resource_type=str(one.node.resource_type),
            status=status,
            seconds=round(one.execution_time, 6),
            failures=one.failures,
            message="" if status in PASSED else str(one.message or "").strip(),
        )


def _with_rows(home: Home, nodes: tuple[NodeResult, ...], parsed: Mapping[str, Any]) -> tuple[NodeResult, ...]:
    """The same results, tables with their number of rows (DuckDB keeps it, so the whole question costs milliseconds)."""
    tables = {
        node.unique_id: parsed["nodes"][node.unique_id]["relation_name"]
        for node in nodes
        if node.status == "success" and parsed["nodes"][node.unique_id]["config"]["materialized"] != "view"
    }
    if not tables:
        return nodes
    counts = " union all ".join(f"select '{key}', count(*) from {relation}" for key, relation in tables.items())
    with duckdb.connect(str(home.warehouse_db)) as connection:
        for alias, path in (("current", home.current_db), ("restricted", home.restricted_db)):
            connection.execute(f"""attach '{str(path).replace("'", "''")}' as {alias}""")
        rows = {str(key): int(count) for key, count in connection.execute(counts).fetchall()}
    return tuple(
        NodeResult(**{**vars(node), "rows": rows[node.unique_id]}) if node.unique_id in rows else node for node in nodes
    )


def _explain(home: Home, result: BuildResult, error: BaseException | None, project: Path | None) -> str:
    broken = [node for node in result.failures() if node.status != "skipped"]
    skipped = len(result.failures()) - len(broken)
    lines = [f"{node.resource_type} {node.name}: {node.message or node.status}" for node in broken[:10]]
    if len(broken) > 10:
        lines.append(f"... and {len(broken) - 10} more")
    if error is not None:
        lines.append(str(error))
    log = cache_dir(home, project) / "logs" / "dbt.log"
    return (
        f"dbt build failed: {len(broken)} node(s) failed, {skipped} left out because of them. Nothing was published.\n"
        + "\n".join(lines)
        + f"\nAll of it is in {log}; what to do: docs/runbook.md#a-failed-check"
    )
