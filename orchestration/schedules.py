"""Schedules: the daily run, and one per report of the catalogue and kind of period.

Only times belong here. All are off until someone switches them on in the UI, so that a laptop starts nothing by itself.
"""

from datetime import timedelta

import dagster as dg

from orchestration.core import keys
from orchestration.core.home import Home
from orchestration.jobs import DAILY, REPORTS
from reports.catalogue import CATALOGUE, Entry
from reports.catalogue.calendar import is_owed, last_ended, schedule_of
from reports.catalogue.standing import published_services
from reports.periods import Kind

DAILY_CRON = "30 4 * * *"


def build_schedules(home: Home) -> list[dg.ScheduleDefinition]:
    """The schedules, in UTC.

    Args:
        home: Whose line; a daily run takes in everything that has landed by then.
    """

    @dg.schedule(
        name="daily_run",
        cron_schedule=DAILY_CRON,
        execution_timezone="UTC",
        job_name=DAILY,
        description="Every day at 04:30 UTC: takes in whatever has landed and is not in yet, late files included.",
    )
    def daily_run(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        due = context.scheduled_execution_time
        return dg.RunRequest(
            run_key=f"daily-{due:%Y-%m-%d}",
            tags={
                "rapporteur/home": home.root.name,
                "rapporteur/received_through": f"{due - timedelta(days=1):%Y-%m-%d}",
            },
        )

    return [
        daily_run,
        *[
            report_schedule(home, entry, kind, cron)
            for entry in CATALOGUE.values()
            for kind, cron in schedule_of(entry).items()
        ],
    ]


def schedule_name(report_id: str, kind: Kind) -> str:
    """Name of the schedule that prepares a report for each period of a kind."""
    return f"{report_id}_by_{kind}"


def report_schedule(home: Home, entry: Entry, kind: Kind, cron: str) -> dg.ScheduleDefinition:
    """The schedule that prepares one report for the last ended period of a kind.

    Args:
        home: Whose register of services says whether a period of this kind is owed, where that hangs on them.
        entry: The report.
        kind: Of its periods.
        cron: When, UTC.
    """
    key = dg.AssetKey(keys.report(entry.report_id))

    @dg.schedule(
        name=schedule_name(entry.report_id, kind),
        cron_schedule=cron,
        execution_timezone="UTC",
        job_name=REPORTS,
        description=f"Prepares {entry.title} for the last ended {kind.replace('_', '-')}, at `{cron}` UTC.",
    )
    def prepare_report(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        period = last_ended(kind, context.scheduled_execution_time.date())
        if not is_owed(entry, period, published_services(home)):
            return dg.SkipReason(f"No service makes {entry.title} owed for {period}.")
        return dg.RunRequest(
            run_key=f"{entry.report_id}-{period}",
            asset_selection=[key],
            run_config={"ops": {"__".join(key.path): {"config": {"period": period}}}},
            tags={"rapporteur/home": home.root.name, "rapporteur/report": entry.report_id, "rapporteur/period": period},
        )

    return prepare_report
