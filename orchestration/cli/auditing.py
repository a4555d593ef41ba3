"""Commands of an auditor: populations, samples, and who looked at raw material.

They read the record and what the reports module re-performs; nothing here judges a figure.
"""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.console import NO, JsonFlag, answer, answer_json, explains, open_home, plain, say, show_table


@explains(ValueError)
def access(
    limit: Annotated[int, typer.Option(min=1, help="At most so many entries, the newest.")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """Who looked at raw lines, quarantine and packages through our commands. Exit 1 when the log's chain is broken.

    The log is a hash chain: a changed or removed line is named. It does not see a file or a database opened directly.

    Example:
      rapporteur audit access --json
    """
    from orchestration.core.access import BLIND_SPOTS, read_access_log, verify_access_log

    home = open_home()
    entries, findings = read_access_log(home), verify_access_log(home)
    if as_json:
        answer_json(
            {
                "entries": [plain(entry) for entry in entries],
                "head": entries[-1].sha256 if entries else None,
                "findings": [plain(finding) for finding in findings],
                "blind_spots": BLIND_SPOTS,
            }
        )
    else:
        shown = entries[-limit:]
        show_table(
            f"{len(entries):,} entries; head {entries[-1].sha256 if entries else 'none'}",
            ["when", "who", "action", "object", "detail"],
            [[entry.accessed_at, entry.who, entry.action, entry.object, entry.detail] for entry in shown],
        )
        if len(entries) > limit:
            answer(f"... and {len(entries) - limit:,} older ones (--limit)")
        for finding in findings:
            answer(f"line {finding.line}: {finding.finding}; expected {finding.expected}, found {finding.found}")
        say(BLIND_SPOTS)
    if findings:
        raise typer.Exit(NO)


ReportOption = Annotated[str, typer.Option("--report", metavar="ID", help="From `report list`.")]
PeriodOption = Annotated[str | None, typer.Option(help="Of a prepared or filed bundle; the last one when absent.")]
FigureOption = Annotated[str | None, typer.Option(metavar="KEY", help="Only the contributions of this figure.")]


@explains(ValueError)
def population(
    report: ReportOption, period: PeriodOption = None, figure: FigureOption = None, as_json: JsonFlag = False
) -> None:
    """How many contributions stand behind a report or a figure, with their digest: what a sample is drawn from.

    Example:
      rapporteur audit population --report enforcement_overview --period 2026-05
    """
    from reports.audit import population as count
    from reports.bundles import last_bundle

    found = count(last_bundle(open_home(), report, period), figure)
    if as_json:
        answer_json(plain(found))
        return
    answer(f"{found.filing}: {found.count:,} contributions; digest {found.sha256}")
    show_table("", ["part/metric role", "contributions"], list(found.by_part.items()))


@explains(ValueError)
def sample(
    report: ReportOption,
    seed: Annotated[str, typer.Option(help="Any text; say it before you see the data.")],
    period: PeriodOption = None,
    size: Annotated[int, typer.Option(min=1, help="How many contributions.")] = 25,
    figure: FigureOption = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder; HOME/audits/<audit id> when absent.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Draw contributions for an auditor: the same seed draws the same ones, by hand too. The draw is recorded.

    Example:
      rapporteur audit sample --report enforcement_overview --period 2026-05 --seed 20260709 --size 40
    """
    from orchestration.core.access import record_access
    from reports.audit import draw
    from reports.bundles import last_bundle

    home = open_home()
    bundle = last_bundle(home, report, period)
    record_access(home, "audit sample", bundle.filing, f"seed {seed}, size {size}, figure {figure or 'all'}")
    found = draw(home, bundle, seed, size, figure, out)
    if as_json:
        answer_json(plain(found))
        return
    answer(f"Audit {found.audit_id}: {len(found.rows)} of {found.population.count:,} contributions of {bundle.filing}")
    answer(f"  population digest {found.population.sha256}; seed {seed}")
    rows = [
        [r["rank"], f"{r['file_sha256'][:16]}:{r['line']}", r["record_id"], r["metric"], r["role"]] for r in found.rows
    ]
    show_table("", ["rank", "file:line", "record", "metric", "role"], rows)
    answer(f"  in {out or home.root / 'audits' / found.audit_id}")
