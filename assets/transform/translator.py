"""From dbt's words to Dagster's: asset specs, check specs and keys, read off the manifest.

Naming, describing and tagging belong here; running and reporting results (assets.py) do not.
Stands in for dagster_dbt's translator, whose import pulls in dbt itself: see docs/adr/0006-dbt-in-process.md.
"""

from collections.abc import Mapping, Set
from graphlib import TopologicalSorter
from typing import Any

from dagster import AssetCheckSpec, AssetKey, AssetSpec

from orchestration.core import keys

NOT_FEEDS = frozenset({"pins", "touched_days"})
"""Sources in schema raw that are a run's own notes, not something that landed."""

DEFAULT_OWNER = "trust-and-safety-data"
BUILT = frozenset({"model", "seed", "snapshot"})

_GUARDS = {
    "not_null": "Every row has a value in `{column}`.",
    "unique": "No two rows have the same `{column}`: a repeat would count one record twice.",
    "relationships": "Every `{column}` exists where it points to: an orphan would fall out of joined figures.",
    "accepted_values": "`{column}` holds only values of its code list.",
}


def concluding(parsed: Mapping[str, Any]) -> set[str]:
    """Ids of the models and seeds that read derived facts, directly or through others: they are built after detection."""
    waiting = [key for key, source in parsed["sources"].items() if source["schema"] == keys.DERIVED]
    reached: set[str] = set()
    while waiting:
        for child in parsed["child_map"].get(waiting.pop(), ()):
            if child not in reached:
                reached.add(child)
                waiting.append(child)
    return {key for key in reached if key in parsed["nodes"] and parsed["nodes"][key]["resource_type"] in BUILT}


def detection_reads(parsed: Mapping[str, Any]) -> set[str]:
    """Names of the models that detection draws its conclusions from, as the source `derived` declares them."""
    return {
        str(name)
        for source in parsed["sources"].values()
        if source["schema"] == keys.DERIVED
        for name in (source.get("source_meta") or source["config"].get("meta") or {}).get("reads", ())
    }


def detection_inputs(parsed: Mapping[str, Any]) -> list[AssetKey]:
    """Keys of those models, sorted."""
    names = detection_reads(parsed)
    return sorted(asset_key(node) for node in built_nodes(parsed).values() if node["name"] in names)


def is_restricted(node: Mapping[str, Any]) -> bool:
    """Whether a relation lies in the restricted file."""
    return bool(node["database"] == "restricted")


def asset_key(node: Mapping[str, Any]) -> AssetKey:
    """Key of a model, seed or source: [layer, name]."""
    if node["resource_type"] == "source" and node["schema"] == keys.RAW:
        return AssetKey(keys.raw(node["name"]))
    if node["resource_type"] == "source" and node["schema"] == keys.DERIVED:
        return AssetKey(keys.derived(node["name"]))
    return AssetKey([node["schema"], node["name"]])


def group_name(node: Mapping[str, Any]) -> str:
    """The domain: the folder that the model lies in; seeds are code lists."""
    if node["resource_type"] == "seed":
        return "code_lists"
    path = node["fqn"]
    return str(path[-2] if len(path) > 3 else path[1])


def owner(node: Mapping[str, Any]) -> str:
    """Who answers for a node, from its `meta`."""
    meta = {**node.get("meta", {}), **node["config"].get("meta", {})}
    return str(meta.get("owner", DEFAULT_OWNER))


def description(node: Mapping[str, Any]) -> str:
    """What an auditor reads: what one row is, where it lies, and who answers for it."""
    written = " ".join((node.get("description") or "No description.").split())
    relation = f"{node['database']}.{node['schema']}.{node['name']}"
    kind = node["config"]["materialized"]
    return f"{written}\n\nRelation `{relation}` ({kind}), from `dbt_project/{node['original_file_path']}`."


def upstream(parsed: Mapping[str, Any], node: Mapping[str, Any]) -> list[AssetKey]:
    """Keys of what a node reads: other nodes, and feeds; a run's own notes are left out."""
    found = []
    for name in node["depends_on"].get("nodes", []):
        parent = parsed["nodes"].get(name) or parsed["sources"].get(name)
        if parent is None:
            continue
        if parent["resource_type"] == "source" and (
            parent["schema"] not in {keys.RAW, keys.DERIVED} or parent["name"] in NOT_FEEDS
        ):
            continue
        found.append(asset_key(parent))
    return sorted(set(found))


def built_nodes(parsed: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Every model and seed by dbt's id, parents before children (the order in which Dagster wants to hear of them)."""
    nodes = {key: node for key, node in sorted(parsed["nodes"].items()) if node["resource_type"] in BUILT}
    parents = {
        key: [name for name in node["depends_on"].get("nodes", []) if name in nodes] for key, node in nodes.items()
    }
    return {key: nodes[key] for key in TopologicalSorter(parents).static_order()}


def asset_specs(parsed: Mapping[str, Any], only: Set[str] | None = None) -> list[AssetSpec]:
    """One spec per model and seed; `only` names the ids wanted, all when None."""
    return [
        AssetSpec(
            key=asset_key(node),
            deps=upstream(parsed, node),
            group_name=group_name(node),
            description=description(node),
            kinds={"duckdb", "dbt"},
            tags={
                "owner": owner(node),
                "layer": node["schema"],
                "sensitivity": "restricted" if is_restricted(node) else "open",
            },
            metadata={"dbt_unique_id": key},
        )
        for key, node in built_nodes(parsed).items()
        if only is None or key in only
    ]


def tested_node(parsed: Mapping[str, Any], test: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The model that a test speaks of: the one it is attached to, else the first that it reads; None for a source's."""
    names = [test.get("attached_node"), *test["depends_on"]["nodes"]]
    for name in names:
        node = parsed["nodes"].get(name or "")
        if node is not None and node["resource_type"] in BUILT:
            return dict(node)
    return None


def severity(test: Mapping[str, Any]) -> str:
    """`error` or `warn`, from the test's configuration."""
    return "warn" if str(test["config"].get("severity", "error")).lower() == "warn" else "error"


def check_specs(parsed: Mapping[str, Any], only: Set[str] | None = None) -> list[AssetCheckSpec]:
    """One spec per dbt test on a model or seed; errors block what is downstream. `only` names the ids wanted, all when None."""
    specs = []
    for key, test in sorted(parsed["nodes"].items()):
        if test["resource_type"] != "test" or (node := tested_node(parsed, test)) is None:
            continue
        if only is not None and node["unique_id"] not in only:
            continue
        specs.append(
            AssetCheckSpec(
                name=check_name(test),
                asset=asset_key(node),
                blocking=severity(test) == "error",
                description=check_description(test, node),
                metadata={"dbt_unique_id": key},
            )
        )
    return specs


def check_name(test: Mapping[str, Any]) -> str:
    """Name of a test as Dagster takes it: letters, digits, underscores."""
    return "".join(letter if letter.isalnum() or letter == "_" else "_" for letter in test["name"])


def check_description(test: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    """What a test guards and what to do when it fails."""
    written = " ".join((test.get("description") or "").split())
    if not written:
        kind = (test.get("test_metadata") or {}).get("name", "")
        column = test.get("column_name") or _argument(test) or "its key"
        written = _GUARDS.get(kind, "The rows that this test selects must not exist.").format(column=column)
    return (
        f"{written} When it fails: run the test's SQL (`dbt_project/{test['original_file_path']}`) to see the offending rows of "
        f"`{node['schema']}.{node['name']}`; {keys.runbook('a-failed-check')}"
    )


def _argument(test: Mapping[str, Any]) -> str | None:
    arguments = (test.get("test_metadata") or {}).get("kwargs", {})
    found = arguments.get("column_name") or arguments.get("expression")
    return str(found) if found else None
