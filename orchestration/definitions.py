"""The one place where the line is assembled for Dagster; tests and the command line assemble it anew with `build_defs`.

Nothing is computed here; a new asset, check, job, schedule or sensor is built by its own module and listed here.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from assets.detection.assets import build_detection_assets
from assets.ingestion.assets import build_ingestion_assets
from assets.transform import translator
from assets.transform.assets import build_transform_assets
from assets.transform.project import manifest
from orchestration.core.home import Home
from orchestration.core.resources import writer_resource
from orchestration.core.settings import get_settings, quiet_environment
from orchestration.jobs import build_jobs
from orchestration.logs import terminal_logger
from orchestration.publication import build_publication_asset
from orchestration.schedules import build_schedules
from orchestration.sensors import build_sensors
from quality_checks.assets import build_mart_checks, build_raw_checks
from reports.assets import build_report_assets

PUBLISHED_LAYERS = frozenset({"marts", "contributions", "reporting", "history"})


def build_defs(
    *,
    home: Home | None = None,
    parsed: Mapping[str, Any] | None = None,
    resources: Mapping[str, Any] | None = None,
) -> dg.Definitions:
    """Assemble the line.

    Args:
        home: Whose line; the settings' home when None.
        parsed: The dbt manifest; the kept one of the home when None.
        resources: Resources laid over ours.

    Returns:
        Fresh definitions, sharing no state with any others.
    """
    quiet_environment()
    place = home or Home.at(get_settings().home)
    project = parsed or manifest(place)
    transform = build_transform_assets(project)
    detection = [build_detection_assets(translator.detection_inputs(project))] if translator.concluding(project) else []
    published_keys = [
        translator.asset_key(node)
        for node in translator.built_nodes(project).values()
        if node["schema"] in PUBLISHED_LAYERS
    ]
    reports = build_report_assets(place)
    report_keys = [key for asset in reports for key in asset.keys]
    return dg.Definitions(
        assets=[
            *build_ingestion_assets(place),
            *transform,
            *detection,
            build_publication_asset(published_keys),
            *reports,
        ],
        asset_checks=[*build_raw_checks(place), *build_mart_checks(place, project)],
        jobs=build_jobs(place, report_keys),
        schedules=build_schedules(place),
        sensors=build_sensors(place),
        resources={"writer": writer_resource(place), **(resources or {})},
        loggers={"console": terminal_logger},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster's UI loads."""
    return build_defs()
