"""Sensors: the landing sensor starts a run when complete new files are there.

Looking belongs here; what a complete new file is, is told by assets/ingestion/discovery.py.
"""

import hashlib

import dagster as dg

from assets.ingestion.discovery import discover
from orchestration.core.commits import read_commits
from orchestration.core.home import Home
from orchestration.core.locks import holder_of
from orchestration.jobs import DAILY


def build_sensors(home: Home) -> list[dg.SensorDefinition]:
    """The sensors.

    Args:
        home: Whose landing zone is watched.
    """

    @dg.sensor(
        name="landing_sensor",
        job_name=DAILY,
        minimum_interval_seconds=60,
        description="Looks into the landing zone once a minute and starts a run when complete new files are there.",
    )
    def landing_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        pending = discover(home, read_commits(home))
        if not pending:
            return dg.SkipReason("Nothing new has landed.")
        if holder := holder_of(home):
            return dg.SkipReason(f"{len(pending)} files are waiting; {holder} is writing.")
        names = "\n".join(sorted(str(one.path) for one in pending))
        digest = hashlib.sha256(names.encode()).hexdigest()[:16]
        # The same set of files starts one run: what a failed run left behind is retried by hand or by the daily schedule.
        return dg.RunRequest(run_key=digest, tags={"rapporteur/files": str(len(pending))})

    return [landing_sensor]
