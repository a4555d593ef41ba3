"""The commands about Statements of Reasons for the DSA Transparency Database.

They call reports/sor, and import only what they use, so that validating, which needs no home, starts at once.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.console import NO, JsonFlag, answer, answer_json, explains, fail, open_home, plain, say, waiting

if TYPE_CHECKING:
    from reports.sor.validation import Verdict


@explains(ValueError)
def validate(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="JSON lines, one Statement of Reasons a line; or an API batch (.json), or a full daily dump (.zip).",
            exists=True,
            dir_okay=False,
        ),
    ],
    as_json: JsonFlag = False,
) -> None:
    """Say which Statements of Reasons the Commission's database would accept, and what we would change before sending.

    Accepts and rejects as the database's own rules do (schema of 1 July 2025); warnings never reject. With --json one object
    a line, in the order of the file: line, accepted, errors, warnings (each with field and message; an empty field means
    the whole line); of a batch or a dump, the place in it. Texts are not repeated. Ends with 1 when a statement is rejected.

    Example:
      rapporteur sor validate statements.jsonl --json
    """
    import msgspec

    from orchestration.core.clock import utc_now
    from orchestration.core.settings import get_settings
    from reports.sor.validation import validate_any

    encoder = msgspec.json.Encoder()
    out = typer.get_binary_stream("stdout")
    lines = rejected = warned = 0
    for verdict in validate_any(file, today=utc_now().date(), longest_line=get_settings().max_line_bytes):
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


@explains(ValueError)
def export(
    start: Annotated[str, typer.Option("--from", metavar="D", help="First day of decisions, inclusive (UTC).")],
    end: Annotated[str, typer.Option("--to", metavar="D", help="Day of decisions at which it ends, exclusive.")],
    out: Annotated[Path, typer.Option(help="Folder to write; an earlier export in it is replaced.")],
    service: Annotated[
        list[str] | None, typer.Option(help="Only this service; repeat for more, all when absent.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the Statements of Reasons of a period: API batches, JSON lines, the daily-dump layout, and who is held back.

    One statement per decision in scope, or a line in refused.csv: nothing is dropped. Days are those of the decision; the
    database's own dump goes by the day of submission. Nothing is sent: see `sor send`.

    Example:
      rapporteur sor export --from 2026-05-01 --to 2026-05-02 --out statements
    """
    from orchestration.core.access import record_access
    from reports.periods import parse_range
    from reports.sor.export import export as export_statements

    home, period = open_home(), parse_range(start, end)
    record_access(home, "sor export", period.name)
    with waiting("Making statements"):
        summary = export_statements(home, period, out, services=tuple(service or ()))
    if as_json:
        answer_json(plain(summary))
    else:
        answer(
            f"{summary.in_scope:,} decisions in scope: {summary.statements:,} statements in {summary.batches:,} batches, "
            f"{summary.refused:,} held back; {sum(summary.out_of_scope.values()):,} out of scope"
        )
        for reason, number in summary.refused_by.items():
            answer(f"  held back: {number:,} x {reason}")
        answer(f"Written to {out}" + ("; made of synthetic data, never to be filed" if summary.is_synthetic else ""))


@explains(ValueError)
def read(
    file: Annotated[
        Path, typer.Argument(metavar="DUMP", help="sor-<platform>-<day>-<full|light>.zip", exists=True, dir_okay=False)
    ],
    unverified: Annotated[bool, typer.Option("--unverified", help="Read it though no .sha1 lies beside it.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Read a daily dump back, ours or the database's own: its SHA-1, its layout, its statements.

    With --json one object a line: file, line, uuid, platform, created_at, statement. Ends with 1 when the dump is broken.

    Example:
      rapporteur sor read statements/dump/sor-example-2026-05-01-full.zip --json
    """
    import msgspec

    from reports.sor.dump_reading import BrokenDump, read_dump

    encoder = msgspec.json.Encoder()
    out = typer.get_binary_stream("stdout")
    statements = 0
    try:
        for record in read_dump(file, verify=not unverified):
            statements += 1
            if as_json:
                out.write(encoder.encode(record) + b"\n")
        out.flush()
    except BrokenDump as error:
        out.flush()
        raise fail(str(error), NO) from error
    say(f"{statements:,} statements; " + ("SHA-1 not compared" if unverified else "SHA-1 as told"))


@explains(ValueError)
def send(
    start: Annotated[str, typer.Option("--from", metavar="D", help="First day of decisions, inclusive (UTC).")],
    end: Annotated[str, typer.Option("--to", metavar="D", help="Day of decisions at which it ends, exclusive.")],
    url: Annotated[str, typer.Option(metavar="U", help="Address of the database, without /api/v1.")],
    token_file: Annotated[
        Path | None,
        typer.Option(help="File with the token, readable by its owner alone; $RAPPORTEUR_SOR_TOKEN_FILE when absent."),
    ] = None,
    really: Annotated[bool, typer.Option("--send", help="Send; without it nothing leaves this machine.")] = False,
    service: Annotated[
        list[str] | None, typer.Option(help="Only this service; needed to send when the range holds several.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for outcome.csv and batches; under the home when absent.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Send the Statements of Reasons of a period to the database, each exactly once; without --send a recorded dry run.

    Run it again after anything: what was sent is not sent again, and where an answer was lost the database is asked first.
    Needs no approval of its own: send what was exported, checked and approved. A sending ends with 1 when a decision is held
    back, rejected, or changed after its statement was sent; with 3 when it stopped before the end.

    Examples:
      rapporteur sor send --from 2026-05-01 --to 2026-05-02 --url https://database.example

      rapporteur sor send --from 2026-05-01 --to 2026-05-02 --url https://database.example --token-file ~/sor.token --send
    """
    from orchestration.core.settings import get_settings
    from reports.periods import parse_range
    from reports.sor.api import WrongTarget, parse_target, read_token
    from reports.sor.sending import send as send_statements

    home, target = open_home(), parse_target(url)
    token = None
    if really:
        chosen = token_file or get_settings().sor_token_file
        if chosen is None:
            raise WrongTarget("sending needs a token: write it to a file (chmod 600) and name it with --token-file")
        token = read_token(chosen)
    with waiting("Sending statements" if really else "Making statements; nothing is sent"):
        outcome, folder = send_statements(
            home, parse_range(start, end), target, token=token, services=tuple(service or ()), out=out
        )
    if as_json:
        answer_json(plain(outcome) | {"folder": str(folder)})
    else:
        answer(f"{outcome.mode}, {outcome.status}: {outcome.in_scope:,} decisions in scope")
        for state in (
            "would_send", "sent", "known", "already_sent", "changed_after_sending", "rejected", "held_back", "left",
        ):  # fmt: skip
            if number := getattr(outcome, state):
                answer(f"  {state.replace('_', ' ')}: {number:,}")
        answer(f"Told one by one in {folder / 'outcome.csv'}")
    if outcome.status != "complete":
        raise fail(outcome.detail)
    if really and (outcome.held_back or outcome.rejected or outcome.changed_after_sending):
        raise typer.Exit(NO)
