"""Column lineage of the project's models: read once per compiled text, kept beside it, told to Dagster and to the published copy.

Keeping, publishing and showing lineage belong here; reading it out of one query is column_lineage.py.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from dagster import TableColumnDep, TableColumnLineage

from assets.transform import translator
from assets.transform.project import cache_dir, compiled_models, manifest
from orchestration.core import keys
from orchestration.core.durable import write_bytes
from orchestration.core.home import Home

NAME = "lineage.json"
METADATA = "dagster/column_lineage"


def published_models(home: Home, project: Path | None = None) -> bytes:
    """The compiled models, each with the lineage of its columns: what lies beside the published databases.

    The lineage is read when a compiled text is new, and otherwise taken from `build/dbt/<fingerprint>/lineage.json`.

    Args:
        home: Whose build.
        project: Folder of the dbt project; ours when None.

    Returns:
        JSON as `project.compiled_models` gives it, and in each model: description, owner, `columns` (name -> type, description, `from`:
        sorted `catalog.schema.name.column` of direct parents, `how`), `rows_from` (columns that decide on its rows), and
        `lineage_error` (null, or why sqlglot could not read it).
    """
    plain = compiled_models(home, project)
    key = hashlib.sha256(plain + b"\n" + Path(__file__).with_name("column_lineage.py").read_bytes()).hexdigest()
    kept = cache_dir(home, project) / NAME
    if kept.exists():
        digest, _, body = kept.read_bytes().partition(b"\n")
        if digest.decode() == key:
            return body
    models = _with_lineage(msgspec.json.decode(plain, type=dict[str, dict[str, Any]]), manifest(home, project))
    body = msgspec.json.encode(models)
    write_bytes(kept, key.encode() + b"\n" + body)
    return body


def _with_lineage(models: dict[str, dict[str, Any]], parsed: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    from assets.transform.column_lineage import Unreadable, read_lineage

    nodes = {_relation(node): node for node in translator.built_nodes(parsed).values()}
    known = {relation: list(node["columns"]) for relation, node in nodes.items() if node["columns"]}
    for relation, model in models.items():
        node = nodes[relation]
        declared = node["columns"]
        try:
            lineage = read_lineage(model["sql"], list(declared), known)
        except Unreadable as error:
            model |= {"columns": {}, "rows_from": [], "lineage_error": str(error)}
            continue
        model |= {
            "description": " ".join((node.get("description") or "").split()),
            "owner": translator.owner(node),
            "columns": {
                name: {
                    "type": declared.get(name, {}).get("data_type"),
                    "description": " ".join((declared.get(name, {}).get("description") or "").split()),
                    "from": list(origin.columns),
                    "how": origin.how,
                }
                for name, origin in lineage.columns.items()
            },
            "rows_from": list(lineage.rows),
            "lineage_error": None,
        }
    return models


def column_metadata(
    home: Home, parsed: Mapping[str, Any], project: Path | None = None
) -> dict[str, dict[str, TableColumnLineage]]:
    """What Dagster shows of each model's columns.

    Args:
        home: Whose build.
        parsed: The manifest.
        project: Folder of the dbt project; ours when None.

    Returns:
        dbt's id -> metadata of a materialization: one entry, `dagster/column_lineage`, with the direct parents of each column. A column
        of something that is no asset (a run's own notes) is left out.
    """
    models: dict[str, dict[str, Any]] = msgspec.json.decode(published_models(home, project))
    nodes = translator.built_nodes(parsed)
    feeds = {
        _relation(source): source
        for source in parsed["sources"].values()
        if source["name"] not in translator.NOT_FEEDS and source["schema"] in {keys.RAW, keys.DERIVED}
    }
    assets = {
        relation: translator.asset_key(node)
        for relation, node in ({_relation(node): node for node in nodes.values()} | feeds).items()
    }
    return {
        unique_id: {
            METADATA: TableColumnLineage(
                {
                    name: [
                        TableColumnDep(assets[relation], column)
                        for relation, _, column in (origin.rpartition(".") for origin in told["from"])
                        if relation in assets
                    ]
                    for name, told in models[_relation(node)]["columns"].items()
                }
            )
        }
        for unique_id, node in nodes.items()
        if models.get(_relation(node), {}).get("columns")
    }


def _relation(node: Mapping[str, Any]) -> str:
    return f"{node['database']}.{node['schema']}.{node.get('alias') or node.get('identifier') or node['name']}"
