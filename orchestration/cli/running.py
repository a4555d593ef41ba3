"""Commands that run the line: run, demo, rebuild, ui.

They go through Dagster, in this process, so that every run is in the UI.
"""

import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.console import (
    FAILED,
    JsonFlag,
    answer,
    answer_json,
    explains,
    fail,
    open_home,
    plain,
    say,
    show_table,
)
from orchestration.core.home import Home
from orchestration.core.room import told_when_full

if TYPE_CHECKING:
    from orchestration.runner import RunOutcome, RunRequest


def parse_day(text: str | None) -> date | None:
    """A day given on the command line, `YYYY-MM-DD`.

    Raises:
        typer.BadParameter: It is not one.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day; write it as 2026-05-31") from None


def parse_days(text: str | None) -> tuple[date, date] | None:
    """A range of days given as `A..B`, both inclusive.

    Raises:
        typer.BadParameter: It is not one, or ends before it starts.
    """
    if text is None:
        return None
    first, dots, last = text.partition("..")
    start, end = parse_day(first), parse_day(last or first if not dots else last)
    if start is None or end is None or end < start:
        raise typer.BadParameter(f"{text!r} is not a range of days; write it as 2026-05-01..2026-05-31")
    return start, end


def run_line(home: Home, request: "RunRequest") -> "RunOutcome":
    """Load the definitions and run the line once."""
    from orchestration.definitions import build_defs
    from orchestration.instance import open_instance
    from orchestration.logs import quiet_libraries
    from orchestration.runner import execute

    quiet_libraries()
    try:
        with open_instance(home) as instance:
            return execute(home, build_defs(home=home), instance, request)
    except Exception as error:
        # Dagster's own storage lies on the same disk and fails in its own words.
        if no_room := told_when_full(home, str(error)):
            raise fail(no_room) from error
        raise


def show_outcome(outcome: "RunOutcome") -> None:
    """The accounting of a run, for a person."""
    totals: dict[str, list[int]] = {}
    for delivery in outcome.deliveries:
        row = totals.setdefault(delivery["feed"], [0] * 6)
        for number, name in enumerate(("lines", "loaded", "duplicate", "quarantined", "blank"), start=1):
            row[number] += delivery[name]
        row[0] += 1
    if totals:
        rows = [[feed, *numbers] for feed, numbers in sorted(totals.items())]
        rows.append(["all", *(sum(row[number] for row in totals.values()) for number in range(6))])
        show_table(
            "Accounting: lines = loaded + duplicate + quarantined + blank",
            ["feed", "files", "lines", "loaded", "duplicate", "quarantined", "blank"],
            rows,
        )
    else:
        answer("Nothing new had landed.")
    checks = outcome.checks
    answer(f"Checks: {checks['passed']} passed, {checks['failed']} failed, {checks['warned']} warned.")
    answer(f"Watermark: batch {outcome.watermark}. Published: {outcome.published or 'nothing new'}.")
    for failure in outcome.failures:
        answer(f"Failed: {failure}")


@explains(ValueError)
def run(
    from_: Annotated[str | None, typer.Option("--from", metavar="DAY", help="First landing day (received_on).")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last landing day, inclusive.")] = None,
    feed: Annotated[list[str] | None, typer.Option("--feed", help="Only this feed; repeat for more.")] = None,
    rebuild_days: Annotated[
        str | None, typer.Option("--rebuild-days", metavar="A..B", help="Recompute these event days besides.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Take in every complete new file, build, check and publish.

    Examples:
      rapporteur run

      rapporteur run --from 2026-05-01 --to 2026-05-07 --feed appeals
    """
    from assets.ingestion.contracts import FEEDS
    from orchestration.runner import RunRequest

    unknown = sorted(set(feed or []) - set(FEEDS))
    if unknown:
        raise ValueError(f"no feed {', '.join(unknown)}; there are {', '.join(sorted(FEEDS))}")
    home = open_home()
    request = RunRequest(
        received_from=parse_day(from_),
        received_to=parse_day(to),
        feeds=tuple(feed or ()),
        rebuild_days=parse_days(rebuild_days),
    )
    _finish(run_line(home, request), as_json)


@explains()
def rebuild(as_json: JsonFlag = False) -> None:
    """Build the warehouse from the lake, from nothing, check and publish it.

    Deletes the writer's databases first; the record (vault, lake, commits) is only read.

    Example:
      rapporteur rebuild
    """
    from orchestration.core.locks import run_lock
    from orchestration.runner import RunRequest

    home = open_home()
    with run_lock(home, "rebuild"):
        for path in (home.warehouse_db, home.current_db, home.restricted_db):
            path.unlink(missing_ok=True)
            path.with_name(path.name + ".wal").unlink(missing_ok=True)
    _finish(run_line(home, RunRequest(rebuild=True)), as_json)


def _finish(outcome: "RunOutcome", as_json: bool) -> None:
    if as_json:
        answer_json(plain(outcome))
    else:
        show_outcome(outcome)
    if not outcome.success:
        raise typer.Exit(FAILED)


@explains(ValueError)
def demo(
    days: Annotated[int, typer.Option(min=1, help="Days of traffic.")] = 30,
    accounts: Annotated[int, typer.Option(min=10, help="Accounts.")] = 2000,
    seed: Annotated[int, typer.Option(help="Seed of the generator.")] = 7,
) -> None:
    """Sample, run, prepare the due reports and one read-out, and say where everything lies.

    Example:
      rapporteur demo --days 5 --accounts 200
    """
    from assets.ingestion.sample import write
    from orchestration.demonstration import prepare_due, show_places
    from orchestration.runner import RunRequest
    from reports.dsa.example_texts import write_example_texts

    home = open_home()
    say(f"1/4 Writing a synthetic landing zone: {days} days, {accounts} accounts, seed {seed}.")
    write(home, days=days, accounts=accounts, seed=seed)
    write_example_texts(home)
    say("2/4 Running the line: ingest, build, check, publish.")
    outcome = run_line(home, RunRequest())
    show_outcome(outcome)
    if not outcome.success:
        raise fail("the run failed; see above, and docs/runbook.md#a-failed-check")
    say("3/4 Preparing the due reports.")
    say("4/4 Answering one read-out.")
    prepared = prepare_due(home)
    show_places(home, prepared)


@explains()
def ui(
    port: Annotated[int, typer.Option(help="Port on localhost.")] = 3000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Dagster's UI: assets, checks, runs, schedules, the landing sensor (webserver and daemon).

    Example:
      rapporteur ui --port 3001
    """
    from orchestration.core.settings import child_environment
    from orchestration.instance import prepare_instance

    home = open_home()
    prepare_instance(home)
    say(f"Dagster's UI: http://{host}:{port} (stop it with Ctrl-C)")
    command = [str(Path(sys.executable).with_name("dagster")), "dev", "--module-name", "orchestration.definitions"]
    command += ["--host", host, "--port", str(port)]
    environment = child_environment(RAPPORTEUR_HOME=str(home.root), DAGSTER_HOME=str(home.dagster))
    code = _serve(command, environment, home.dagster)
    raise typer.Exit(0 if code in (0, -signal.SIGINT, 128 + signal.SIGINT) else FAILED)


def _serve(command: list[str], environment: dict[str, str], folder: Path) -> int:
    """Run a server until it ends; whoever stops us (Ctrl-C, a service manager) stops it, and what it started, in good order."""
    # A shell's background jobs are started deaf to Ctrl-C; a server that inherits that could not be stopped in good order.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    server = subprocess.Popen(command, env=environment, cwd=folder)
    signal.signal(signal.SIGTERM, lambda *_: server.send_signal(signal.SIGINT))
    while True:
        try:
            return server.wait()
        except KeyboardInterrupt:  # the terminal tells the server too
            continue
