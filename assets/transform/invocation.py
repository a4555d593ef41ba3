"""One dbt command in this process, leaving nothing open behind it.

The call and its tidying up belong here; which command with which flags is told by project.py and run.py.
"""

from collections.abc import Callable, Sequence
from typing import Any


def invoke(
    arguments: Sequence[str],
    *,
    parsed: Any = None,  # noqa: ANN401 - dbt's Manifest, imported late
    listener: Callable[[Any], None] | None = None,
) -> Any:  # noqa: ANN401 - dbt's dbtRunnerResult
    """Run a dbt command and close its databases and log files.

    Args:
        arguments: What would follow `dbt` on a command line.
        parsed: A kept manifest; dbt parses the project when None.
        listener: Called with each of dbt's events (protobuf `EventMsg`), from its threads.

    Returns:
        dbt's result: `success`, `result`, `exception`. dbt raises nothing: ask `success`.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters
    from dbt.cli.main import dbtRunner

    try:
        return dbtRunner(manifest=parsed, callbacks=[listener] if listener else []).invoke(list(arguments))
    finally:
        # dbt keeps its DuckDB and its log open for the life of the process; whoever comes next needs the files.
        reset_adapters()
        DuckDBConnectionManager.close_all_connections()
        _close_logs()


def _close_logs() -> None:
    from dbt_common.events.event_manager_client import cleanup_event_logger, get_event_manager

    for logger in get_event_manager().loggers:
        python_logger = logger._python_logger  # dbt offers no way to close its log
        if python_logger is None:
            continue
        for handler in list(python_logger.handlers):
            python_logger.removeHandler(handler)
            handler.close()
    cleanup_event_logger()
