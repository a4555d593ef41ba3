"""Commands that print figures: report list, due and prepare, and read-outs.

They read the published copy, so they work while a run is writing.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from orchestration.cli.console import (
    NO,
    JsonFlag,
    answer,
    answer_json,
    explains,
    open_home,
    plain,
    say,
    show_table,
    waiting,
)


@explains(ValueError)
def report_list(as_json: JsonFlag = False) -> None:
    """The catalogue: what can be prepared, for whom, how often.

    Example:
      rapporteur report list
    """
    from reports.catalogue import CATALOGUE

    entries = [plain(entry) for entry in CATALOGUE.values()]
    if as_json:
        answer_json(entries)
        return
    show_table(
        "Reports",
        ["report", "title", "regime", "cadence", "filed", "owner"],
        [
            [e.report_id, e.title, f"{e.regime} {e.article}".strip(), e.cadence, "yes" if e.is_filed else "no", e.owner]
            for e in CATALOGUE.values()
        ],
    )


@explains(ValueError)
def report_due(as_json: JsonFlag = False) -> None:
    """What is due, overdue or blocked and by what, and how far each bundle has come. Exit 1 when anything is overdue.

    Example:
      rapporteur report due
    """
    from reports.catalogue.standing import due

    rows = [plain(row) for row in due(open_home())]
    if as_json:
        answer_json(rows)
    else:
        show_table(
            "Due",
            ["report", "period", "due on", "status", "stopped by", "owner"],
            [
                [
                    row["report_id"],
                    row["period"],
                    row["due_on"],
                    status_text(row),
                    ", ".join(row["blocked_by"]),
                    row["owner"],
                ]
                for row in rows
            ],
        )
    if any(row["is_overdue"] for row in rows):
        raise typer.Exit(NO)


def status_text(row: dict[str, Any]) -> str:
    """How a report stands, in a few words: also that it is late, and how many days a range stands for."""
    late = ", overdue" if row["is_overdue"] and row["status"] != "overdue" else ""
    days = f" ({row['days']} days)" if row["days"] else ""
    return f"{row['status']}{late}{days}"


@explains(ValueError)
def report_prepare(
    report_id: Annotated[str, typer.Argument(metavar="ID", help="From `report list`.")],
    period: Annotated[
        str | None,
        typer.Option(
            help="2026-05, 2026-Q2, 2026-H1, 2026, 2026-05-01, or a half-open range 2026-05-01..2026-06-15; the last ended when absent."
        ),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="UTC instant of the ages; period end + follow-up when absent.")
    ] = None,
    zone: Annotated[str, typer.Option(help="Time zone of the period's edges.")] = "UTC",
    as_json: JsonFlag = False,
) -> None:
    """Prepare a report from the published copy: HTML, XLSX, CSV, PDF, figures, evidence.

    Example:
      rapporteur report prepare enforcement_overview --period 2026-05
    """
    from orchestration.publication import refresh_operations
    from reports.bundle import prepare

    home = open_home()
    with waiting(f"Preparing {report_id}"):
        folder = prepare(home, report_id, period, as_of=as_of, zone=zone, notify=say)
        refresh_operations(home)
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    if as_json:
        answer_json({"filing": str(folder.relative_to(home.filings)), "folder": str(folder), "files": files})
    else:
        answer(f"Prepared {folder.relative_to(home.filings)} (draft) in {folder}")
        for file in files:
            answer(f"  {file}")


@explains(ValueError)
def readout(
    start: Annotated[str, typer.Option("--from", metavar="D", help="First day or instant, inclusive.")],
    end: Annotated[str, typer.Option("--to", metavar="D", help="Day or instant at which it ends, exclusive.")],
    metric: Annotated[list[str] | None, typer.Option(help="Repeat for more; all when absent.")] = None,
    by: Annotated[list[str] | None, typer.Option(help="Dimension to break down by; repeat for more.")] = None,
    where: Annotated[list[str] | None, typer.Option(help="dim=value; repeat for more.")] = None,
    formats: Annotated[str, typer.Option("--format", help="Of xlsx,csv,html,json; commas between.")] = "xlsx,csv",
    out: Annotated[
        Path | None, typer.Option(help="Folder that gets a copy of the bundle; it stays under the home's readouts too.")
    ] = None,
    zone: Annotated[str, typer.Option(help="Time zone of days.")] = "UTC",
    as_json: JsonFlag = False,
) -> None:
    """Figures over any half-open range, from the published copy, also while a run is writing.

    Examples:
      rapporteur readout --from 2026-05-01 --to 2026-06-15 --metric actions --by surface --by action

      rapporteur readout --from 2026-05-01 --to 2026-05-08 --metric user_reports --where target_kind=mcp_server --format json
    """
    from reports.readout import readout as answer_readout

    home = open_home()
    chosen = [name.strip() for name in formats.split(",") if name.strip()]
    with waiting("Reading out"):
        files = answer_readout(
            home,
            start=start,
            end=end,
            metrics=metric or [],
            by=by or [],
            where=where or [],
            formats=chosen,
            out=out,
            zone=zone,
        )
    if as_json:
        answer_json({"files": [str(path) for path in files]})
    else:
        for path in files:
            answer(str(path))
