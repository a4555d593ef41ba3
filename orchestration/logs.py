"""Logs: what a person sees of a run on the terminal.

One short line a message, on stderr, so that stdout holds the answer alone; Dagster keeps everything else in its event log.
What libraries tell themselves is left out here, their warnings and errors are not.
"""

import logging
import sys
from typing import Any

import dagster as dg

_EXPECTED = ("did not yield or return expected outputs", "emitted no result in step")
"""A run judges only what changed: checks and assets without a result are its normal case, not a warning."""


def _is_news(record: logging.LogRecord) -> bool:
    text = record.getMessage()
    return not any(phrase in text for phrase in _EXPECTED)


def quiet_libraries() -> None:
    """Keep what libraries say below a warning off the terminal, and the warnings that every run would raise."""
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    plan = logging.getLogger("dagster._core.execution.plan.active")
    if _is_news not in plan.filters:
        plan.addFilter(_is_news)


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
    handler.addFilter(_is_news)
    logger.addHandler(handler)
    logger.setLevel(context.logger_config["log_level"])
    return logger
