"""Schedules: the daily run and the monthly reports.

Only times belong here. Both are off until someone switches them on in the UI, so that a laptop starts nothing by itself.
"""

from datetime import timedelta

import dagster as dg

from orchestration.core.home import Home
from orchestration.jobs import DAILY, REPORTS

DAILY_CRON = "30 4 * * *"
MONTHLY_CRON = "0 6 3 * *"


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

    monthly = dg.ScheduleDefinition(
        name="monthly_reports",
        cron_schedule=MONTHLY_CRON,
        execution_timezone="UTC",
        job_name=REPORTS,
        description="On the third of each month at 06:00 UTC: prepares the reports of the month before.",
    )
    return [daily_run, monthly]
