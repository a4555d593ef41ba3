"""Logs: what a person sees of a run on the terminal.

One short line a message, on stderr; Dagster keeps everything else in its event log.
"""

import logging
import sys
from typing import Any

import dagster as dg


class _Short(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        meta: dict[str, Any] = getattr(record, "dagster_meta", {})
        step = meta.get("step_key") or meta.get("op_name") or "run"
        text = meta.get("orig_message") or record.getMessage()
        level = "" if record.levelno < logging.WARNING else f"{record.levelname} "
        return f"{self.formatTime(record, '%H:%M:%S')} {step}: {level}{text}"


@dg.logger(
    config_schema={"log_level": dg.Field(str, default_value="INFO", is_required=False)},
    description="Short lines on stderr.",
)
def terminal_logger(context: dg.InitLoggerContext) -> logging.Logger:
    """A logger that prints short lines on stderr."""
    logger = logging.Logger("rapporteur")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Short())
    logger.addHandler(handler)
    logger.setLevel(context.logger_config["log_level"])
    return logger
