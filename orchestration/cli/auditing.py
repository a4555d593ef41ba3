"""Commands of an auditor: who looked at raw material.

They read the record and what the reports module re-performs; nothing here judges a figure.
"""

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
