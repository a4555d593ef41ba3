"""Our own dbt project, seen through the transform: its assets, its checks, and what a touched feed reaches."""

from pathlib import Path
from typing import Any

import pytest

from assets.transform import translator
from assets.transform.assets import build_transform_assets
from assets.transform.project import manifest
from assets.transform.run import select_models
from orchestration.core.home import Home
from quality_checks.assets import mart_specs
from quality_checks.expectations import FEEDS, MARTS


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    place: Path = tmp_path_factory.mktemp("home")
    return manifest(Home.at(place))


def test_every_model_becomes_an_asset_that_an_auditor_can_read(parsed: dict[str, Any]) -> None:
    definition = build_transform_assets(parsed)
    specs = {spec.key: spec for one in definition for spec in one.specs}
    assert len(specs) == len(translator.built_nodes(parsed))
    unclear = [
        spec.key.to_user_string() for spec in specs.values() if not (spec.description or "").startswith("One row per")
    ]
    assert unclear == []
    assert {spec.tags["sensitivity"] for spec in specs.values()} == {"open", "restricted"}


def test_every_feed_reaches_a_model_and_the_figures_follow_the_as_of(parsed: dict[str, Any]) -> None:
    figures = {node["name"] for node in parsed["nodes"].values() if node["name"].startswith("rpt_")}
    for feed in FEEDS:
        reached = select_models(parsed, {feed})
        assert reached, f"nothing is built from {feed}"
        assert figures <= set(reached), f"{feed}: figures hold ages as of the watermark"
    assert "fct_reviews" not in set(select_models(parsed, {"legal_orders"}) or ())


def test_every_mart_that_has_expectations_is_built(parsed: dict[str, Any]) -> None:
    built = {f"{node['schema']}.{node['name']}" for node in translator.built_nodes(parsed).values()}
    assert {mart.relation for mart in MARTS} <= built
    checked = {spec.asset_key.path[-1] for spec in mart_specs(parsed)}
    assert {f"stg_{feed}" for feed in FEEDS} <= checked
