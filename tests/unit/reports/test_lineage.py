"""A bundle's lineage.json: valid, deterministic, leading from feeds to files."""

from __future__ import annotations

import json
from typing import Any

from orchestration.core.commits import Commit, DataFile, write_commit
from orchestration.core.home import Home
from reports.bundle import prepare
from tests.openlineage_schema import faults
from tests.unit.reports.test_origins import model

REPORT = "enforcement_overview"
VOUCHING = {"SHA256SUMS", "VERIFY.md", "manifest.json"}
"""Files that vouch for lineage.json too, and so come after it."""
ACTIONS = "current.contributions.con_enforcement_overview__actions"


def lineage_of(home: Home) -> tuple[dict[str, Any], set[str]]:
    folder = prepare(home, REPORT, "2026-05")
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return json.loads((folder / "lineage.json").read_text()), files


def with_models(home: Home, models: dict[str, Any]) -> None:
    (home.published_current.resolve().parent / "models.json").write_text(json.dumps(models))


def test_lineage_names_every_file_of_the_bundle_and_is_a_valid_event(small_copy: Home) -> None:
    event, files = lineage_of(small_copy)
    assert faults(event) == []
    named = {one["name"].removeprefix("filings/enforcement_overview/2026-05/") for one in event["outputs"]}
    assert named == files - {"lineage.json", *VOUCHING}


def test_preparing_again_gives_the_same_lineage(small_copy: Home) -> None:
    assert lineage_of(small_copy) == lineage_of(small_copy)


def test_without_published_lineage_the_declared_feeds_are_named(small_copy: Home) -> None:
    event, _ = lineage_of(small_copy)
    names = {one["name"] for one in event["inputs"]}
    assert {"raw.enforcement_actions", "raw.appeals", "contributions.con_enforcement_overview__actions"} <= names
    assert not any("columnLineage" in one.get("facets", {}) for one in event["inputs"])


def test_columns_of_contributions_lead_to_columns_of_feeds(small_copy: Home) -> None:
    base = {"name": "n", "layer": "l", "materialized": "view", "sql": "select 1", "depends_on": []}
    with_models(
        small_copy,
        {
            ACTIONS: base | model({"unit_id": ("identity", ["current.marts.fct_enforcement_actions.action_id"])}),
            "current.marts.fct_enforcement_actions": base
            | model({"action_id": ("identity", ["warehouse.raw.enforcement_actions.action_id"])}),
            "current.reporting.rpt_enforcement_overview__actions": base
            | model({"value": ("aggregation", [f"{ACTIONS}.unit_id"])}),
        },
    )
    event, _ = lineage_of(small_copy)
    assert faults(event) == []
    (actions,) = [one for one in event["inputs"] if one["name"].endswith("__actions")]
    (field,) = actions["facets"]["columnLineage"]["fields"]["unit_id"]["inputFields"]
    assert (field["name"], field["field"]) == ("raw.enforcement_actions", "action_id")
    (figures,) = [one for one in event["outputs"] if one["name"].endswith("/figures.parquet")]
    (behind,) = figures["facets"]["columnLineage"]["fields"]["value"]["inputFields"]
    assert (behind["name"], behind["field"]) == ("contributions.con_enforcement_overview__actions", "unit_id")


def test_feeds_tell_what_the_lake_held_at_the_watermark_and_nothing_later(small_copy: Home) -> None:
    def commit(batch: int) -> None:
        file = DataFile(
            path=f"lake/raw/appeals/{batch}.parquet", kind="raw", feed="appeals", sha256=f"{batch:064x}", rows=batch, size_bytes=10
        )  # fmt: skip
        write_commit(
            small_copy,
            Commit(
                batch_id=batch, run_id="r", committed_at="2026-05-01T00:00:00Z", deliveries=[], data_files=[file],
                touched_days={}, is_synthetic=True,
            ),
        )  # fmt: skip

    def appeals() -> dict[str, Any]:
        (found,) = [one for one in lineage_of(small_copy)[0]["inputs"] if one["name"] == "raw.appeals"]
        return dict(found)

    for batch in range(1, 8):  # the copy stands at batch 7
        commit(batch)
    before = appeals()
    assert before["inputFacets"]["inputStatistics"]["rowCount"] == sum(range(1, 8))
    assert before["facets"]["rapporteur_lake_files"]["files"] == 7
    commit(8)
    assert appeals() == before
