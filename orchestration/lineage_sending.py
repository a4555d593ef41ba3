"""Sending lineage events to a catalogue that listens, when one is configured; a catalogue that does not answer stops nothing.

Where events lie, what has been sent and what went wrong belong here; what the events say does not.
"""

import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import msgspec
import structlog

from orchestration.core.clock import stamp
from orchestration.core.durable import write_bytes
from orchestration.core.home import Home
from orchestration.core.settings import get_settings

TIMEOUT_SECONDS = 10.0
KEPT_RUNS = 60
"""Runs whose events are kept, and tried again while unsent: what they tell stands in commits, ops and models too."""

_log = structlog.get_logger("rapporteur.lineage")


class Progress(msgspec.Struct, frozen=True):
    """How far one run's events have been sent.

    Attributes:
        sent: Events that the catalogue took.
        total: Events that there were.
        error: What went wrong the last time; empty when nothing did.
        at: When that was, RFC 3339.
    """

    sent: int = 0
    total: int = 0
    error: str = ""
    at: str = ""


class Refused(Exception):  # noqa: N818 - says what happened
    """The catalogue did not take an event."""


def folder(home: Home) -> Path:
    """Where events are kept: `<run>.jsonl`, and `<run>.sent.json` beside it once sending was tried."""
    return home.ops / "openlineage"


def progress_of(home: Home, run_id: str) -> Progress:
    """How far a run's events have been sent."""
    path = folder(home) / f"{run_id}.sent.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Progress)
    except (OSError, msgspec.MsgspecError):
        return Progress()


def send_pending(home: Home) -> None:
    """Send every event that has not been taken yet, oldest run first, each at least once; stop at the first that is not taken.

    Without `openlineage_url` in the settings nothing is sent. What goes wrong is logged and kept in `<run>.sent.json`.
    """
    settings = get_settings()
    if not settings.openlineage_url:
        return
    key = settings.openlineage_api_key.get_secret_value() if settings.openlineage_api_key else ""
    for path in _runs(home):
        events = path.read_bytes().splitlines()
        done = progress_of(home, path.stem).sent
        if done >= len(events):
            continue
        sent, error = done, ""
        try:
            for _ in _post(settings.openlineage_url, key, events[done:]):
                sent += 1
        except (OSError, http.client.HTTPException, ValueError, Refused) as problem:
            error = f"{type(problem).__name__}: {problem}"[:500]
        write_bytes(
            path.with_name(f"{path.stem}.sent.json"), msgspec.json.encode(Progress(sent, len(events), error, stamp()))
        )
        if error:
            _log.error("lineage events not sent", run_id=path.stem, sent=sent, total=len(events), error=error)
            return


def forget_old_runs(home: Home) -> None:
    """Remove the events of all runs but the last KEPT_RUNS: a run that rebuilds everything tells two megabytes."""
    for path in _runs(home)[:-KEPT_RUNS]:
        path.with_name(f"{path.stem}.sent.json").unlink(missing_ok=True)
        path.unlink()


def _runs(home: Home) -> list[Path]:
    """Files of events, oldest first."""
    return sorted(folder(home).glob("*.jsonl"), key=lambda path: (path.stat().st_mtime_ns, path.name))


def _post(address: str, key: str, events: list[bytes]) -> Iterator[None]:
    """Post events over one connection, yielding after each that was taken.

    Raises:
        Refused: The catalogue answered with an error, or the address is none.
        OSError: It cannot be reached in time.
    """
    url = urlsplit(address)
    connection = _connect(url)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    try:
        for event in events:
            connection.request("POST", target, body=event, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if not 200 <= answer.status < 300:
                raise Refused(f"{url.hostname} answered {answer.status} {answer.reason}")
            yield
    finally:
        connection.close()


def _connect(url: SplitResult) -> http.client.HTTPConnection:
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise Refused("openlineage_url is not an http address")
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    return kind(url.hostname, url.port, timeout=TIMEOUT_SECONDS)
