"""The Dagster instance of a home: SQLite under `dagster/`, one run at a time, no telemetry.

Only the instance's configuration belongs here; a `dagster.yaml` that an operator edited is left alone.
"""

import dagster as dg

from orchestration.core.durable import write_bytes
from orchestration.core.home import Home
from orchestration.core.settings import quiet_environment

_CONFIGURATION = b"""\
# Written once; edit it to move runs and events to another storage.
telemetry:
  enabled: false
nux:
  enabled: false
event_log_storage:
  module: orchestration.event_log
  class: PooledSqliteEventLogStorage
  config:
    base_dir:
      env: DAGSTER_HOME
concurrency:
  runs:
    max_concurrent_runs: 1
run_monitoring:
  enabled: true
  start_timeout_seconds: 300
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days:
      skipped: 7
      failure: 30
      success: -1
"""


def prepare_instance(home: Home) -> None:
    """Write `dagster.yaml` unless there is one, and point Dagster at it."""
    home.ensure()
    path = home.dagster / "dagster.yaml"
    if not path.exists():
        write_bytes(path, _CONFIGURATION)
    quiet_environment(home.dagster)


def open_instance(home: Home) -> dg.DagsterInstance:
    """The home's instance; its runs are those that the UI shows."""
    prepare_instance(home)
    return dg.DagsterInstance.from_config(str(home.dagster))
