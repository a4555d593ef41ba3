"""The commands about harmonised transparency reports of the EU: dsa validate, dsa rules and dsa texts.

They call reports/dsa. Judging needs no home, for the report may be anybody's; texts are those of our own.
"""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.console import NO, JsonFlag, answer, answer_json, explains, open_home, plain, say, show_table


@explains(ValueError, NotADirectoryError)
def validate(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Folder of the CSV parts, 1_... to 11_...", exists=True, file_okay=False, readable=True
        ),
    ],
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Write the findings as a page, too.")
    ] = None,
    statements: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Statements of Reasons of the same period (JSON lines or CSV), to reconcile with.",
        ),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Check a transparency report on the template of Implementing Regulation (EU) 2024/2835, ours or another provider's.

    Findings name rule, level, part, row (the header is row 1), column, what was found and what was expected. An error
    breaks the template or an identity, a warning must be explained. Exit 1 on any error.

    Example:
      rapporteur dsa validate reports/2025-H2 --html findings.html
    """
    from reports.dsa import validate as judge
    from reports.dsa.page import page_bytes

    outcome = judge(folder, statements=statements)
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_bytes(page_bytes(outcome, folder.resolve().name))
    if as_json:
        answer_json(plain(outcome))
    else:
        if outcome.findings:
            show_table(
                "Findings",
                ["rule", "level", "part", "row", "message"],
                [[f.rule, f.level, f.part, f.row, f.message] for f in outcome.findings],
            )
        answer(f"{outcome.errors} errors, {outcome.warnings} warnings, {outcome.notes} notes")
        if outcome.not_checked:
            say("Not checked: V17, for no Statements of Reasons were given (--statements)")
        if html is not None:
            say(f"Findings written to {html}")
    if outcome.errors:
        raise typer.Exit(NO)


@explains(ValueError)
def rules(as_json: JsonFlag = False) -> None:
    """The rules that `dsa validate` judges by: what each demands, its source, what to do about a finding.

    Example:
      rapporteur dsa rules
    """
    from reports.dsa.findings import rules as declared

    if as_json:
        answer_json([plain(rule) for rule in declared().values()])
    else:
        show_table("Rules", ["rule", "demands", "source"], [[r.rule, r.title, r.source] for r in declared().values()])


@explains(ValueError, FileNotFoundError)
def texts(
    period: Annotated[str, typer.Option(metavar="P", help="Of the report: 2026, or 2026-H1.")],
    zone: Annotated[str, typer.Option(help="IANA zone of the period's edges.")] = "UTC",
    as_json: JsonFlag = False,
) -> None:
    """Which texts our own harmonised report would print for each service, and which are missing or wait for approval.

    How texts are written and approved: docs/dsa-texts.md. Exit 1 when one is missing, not approved, too long or unreadable.

    Example:
      rapporteur dsa texts --period 2026-H1
    """
    from orchestration.core.publish import open_published
    from reports.dsa.outlook import outlook
    from reports.periods import parse_period

    home = open_home()
    with open_published(home) as con:
        found = outlook(con, home, parse_period(period, zone))
    if as_json:
        answer_json({**plain(found), "complete": found.is_complete})
    else:
        columns = ["service", "indicator", "state", "file", "version", "owner", "approved by", "draft"]
        rows = [list(plain(one).values()) for one in found.prospects]
        show_table("Texts", columns, [["" if cell == 0 else cell for cell in row] for row in rows])
        for defect in found.unreadable:
            answer(f"unreadable: {defect}")
        say(f"Texts lie in {home.texts / 'dsa_harmonised'}")
    if not found.is_complete:
        raise typer.Exit(NO)
