"""The commands about Statements of Reasons for the DSA Transparency Database.

They call reports/sor; they need no home, and import only what they use, so that they start at once.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.console import NO, JsonFlag, explains, say

if TYPE_CHECKING:
    from reports.sor.validation import Verdict


@explains(ValueError)
def sor_validate(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="JSON lines, one Statement of Reasons a line.", exists=True, dir_okay=False
        ),
    ],
    as_json: JsonFlag = False,
) -> None:
    """Say which Statements of Reasons the Commission's database would accept, and what we would change before sending.

    Accepts and rejects as the database's own rules do (schema of 1 July 2025); warnings never reject. With --json one object
    a line, in the order of the file: line, accepted, errors, warnings (each with field and message; an empty field means
    the whole line). Texts are not repeated. Ends with 1 when a statement is rejected.

    Example:
      rapporteur sor validate statements.jsonl --json
    """
    import msgspec

    from orchestration.core.clock import utc_now
    from orchestration.core.settings import get_settings
    from reports.sor.validation import validate_file

    encoder = msgspec.json.Encoder()
    out = typer.get_binary_stream("stdout")
    lines = rejected = warned = 0
    for verdict in validate_file(file, today=utc_now().date(), longest_line=get_settings().max_line_bytes):
        lines += 1
        rejected += not verdict.accepted
        warned += bool(verdict.warnings)
        out.write(encoder.encode(verdict) + b"\n" if as_json else _told(verdict))
    out.flush()
    say(f"{lines:,} lines: {lines - rejected:,} accepted, {rejected:,} rejected; {warned:,} with warnings")
    if rejected:
        raise typer.Exit(NO)


def _told(verdict: "Verdict") -> bytes:
    found = [("rejected", finding) for finding in verdict.errors] + [
        ("warning", finding) for finding in verdict.warnings
    ]
    return "".join(
        f"line {verdict.line:,}: {kind}: {f'{finding.field} ' if finding.field else ''}{finding.message}\n"
        for kind, finding in found
    ).encode()
