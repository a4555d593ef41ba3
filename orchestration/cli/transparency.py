"""The commands about harmonised transparency reports of the EU: dsa validate and dsa rules.

It calls reports/dsa; it needs no home, for the report may be anybody's.
"""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.console import NO, JsonFlag, answer, answer_json, explains, plain, say, show_table


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
