"""Jobs: the daily line and the reports, each in one process, with an alert on failure.

What a step does lives beside the step; when a job runs is told by schedules.py and sensors.py.
"""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration import alerts
from orchestration.core import keys
from orchestration.core.home import Home
from orchestration.lineage import lineage_hooks

DAILY = "daily"
REPORTS = "reports"
OWNER = "trust-and-safety-data"

_ANCHORS = {"ingest": "a-bad-file", "published": "a-full-disk"}


def alert_hook(home: Home) -> dg.HookDefinition:
    """A hook that raises an alert for each failed step: a crash or a blocking check.

    Args:
        home: Where alerts are kept.
    """

    @dg.failure_hook(name="alert_on_failure")
    def alert_on_failure(context: dg.HookContext) -> None:
        error = context.op_exception
        description = getattr(error, "description", None) or str(error)
        message = "\n".join([description.strip(), *alerts.blocking_messages(home, context.run_id)])
        alerts.send(
            home,
            alerts.Alert(
                severity="error",
                subject=f"Step {context.op.name} failed",
                message=message[:4000] or "no message",
                owner=OWNER,
                runbook=keys.runbook(_ANCHORS.get(context.op.name, "a-failed-check")),
                run_id=context.run_id,
            ),
        )

    return alert_on_failure


def build_jobs(home: Home, report_keys: list[dg.AssetKey]) -> list[UnresolvedAssetJobDefinition]:
    """The jobs.

    Args:
        home: Where alerts are kept.
        report_keys: Assets of the reports job; everything else but the landing zone belongs to the daily one.
    """
    reports = dg.AssetSelection.assets(*report_keys)
    daily = dg.AssetSelection.all() - reports
    hooks = {alert_hook(home)}
    return [
        dg.define_asset_job(
            DAILY,
            selection=daily,
            executor_def=dg.in_process_executor,
            hooks=hooks | lineage_hooks(home),
            description=(
                "Takes in what has landed, checks it, builds the marts of the touched days, checks them, publishes. "
                "Pick one day, or a range of days for one run over all of it."
            ),
        ),
        dg.define_asset_job(
            REPORTS,
            selection=reports,
            executor_def=dg.in_process_executor,
            hooks=hooks,
            description="Prepares the reports of the catalogue from the published copy.",
        ),
    ]
