"""Alerts: whoever is on call hears of a failed run or a blocking check, with owner and runbook link.

Telling belongs here; deciding that something is wrong belongs to the checks and to Dagster.
"""

import subprocess
import urllib.request

import msgspec
import structlog

from orchestration.core import ops
from orchestration.core.clock import stamp
from orchestration.core.home import Home
from orchestration.core.settings import get_settings

_TIMEOUT_SECONDS = 10.0
_log = structlog.get_logger("rapporteur.alerts")


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, who owns it, where to read on.

    Attributes:
        severity: `error` or `warn`.
        subject: In a few words.
        message: What, where, and what to do.
        owner: Team to call.
        runbook: Path and anchor of the page that helps.
        run_id: The run that it happened in.
    """

    severity: str
    subject: str
    message: str
    owner: str
    runbook: str
    run_id: str


def send(home: Home, alert: Alert) -> None:
    """Log an alert, keep it in `ops.alerts`, and pass it to the configured command and webhook.

    An alert that cannot be delivered is logged; it never fails the run that it speaks of.
    """
    settings = get_settings()
    content = msgspec.json.encode(alert)
    _log.error(alert.subject, **msgspec.to_builtins(alert))
    ops.append(home, "alerts", [{**msgspec.to_builtins(alert), "alerted_at": stamp()}])
    if settings.alert_command:
        try:
            subprocess.run(
                [settings.alert_command],
                input=content,
                check=True,
                timeout=_TIMEOUT_SECONDS,
                stdout=subprocess.DEVNULL,
            )
        except (OSError, subprocess.SubprocessError) as error:
            _log.error("alert command failed", command=settings.alert_command, error=str(error))
    if settings.alert_webhook:
        _post(settings.alert_webhook, content)


def blocking_messages(home: Home, run_id: str) -> list[str]:
    """What the error checks of a run found, each with its name, its rows and what to do.

    Args:
        home: Whose ledger.
        run_id: The run that checked.
    """
    return [
        f"{row['check_name']}: {row['message']}"
        for row in ops.read(home, "check_results")
        if row.get("run_id") == run_id and row["severity"] == "error" and not row["passed"]
    ]


def _post(address: str, content: bytes) -> None:
    if not address.startswith(("https://", "http://")):
        _log.error("alert webhook is not an http address", address=address)
        return
    request = urllib.request.Request(address, data=content, headers={"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310 - scheme checked above
            pass
    except OSError as error:
        _log.error("alert webhook failed", error=str(error))
