"""The command about coordination in any event file.

It calls assets/detection; it needs no home, and imports only what it uses, so that it starts at once.
"""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.console import JsonFlag, answer, answer_json, explains, plain, say, show_table


@explains(ValueError)
def coordination(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="CSV, TSV or JSON lines (also .gz), or Parquet.", exists=True, dir_okay=False
        ),
    ],
    account: Annotated[str, typer.Option(metavar="A", help="Column: who did it.")],
    object_: Annotated[str, typer.Option("--object", metavar="O", help="Column: what it was done to.")],
    time: Annotated[
        str, typer.Option(metavar="T", help="Column: seconds since 1970 UTC, or timestamps with an offset.")
    ],
    window: Annotated[float, typer.Option(min=0, metavar="S", help="Greatest distance in seconds, included.")],
    out: Annotated[Path, typer.Option(metavar="DIR", file_okay=False, help="Folder to write to.")],
    min_participation: Annotated[
        int, typer.Option(min=1, metavar="N", help="Leave out accounts with fewer events.")
    ] = 2,
    content: Annotated[
        str | None, typer.Option(metavar="C", help="Column: what was made by doing it (post, request, report).")
    ] = None,
    cap: Annotated[
        int,
        typer.Option(
            min=1, metavar="K", help="Most events paired per object and window; the rest is told in viral.csv."
        ),
    ] = 200,
    as_json: JsonFlag = False,
) -> None:
    """Accounts that do the same thing to the same object within seconds of each other.

    Writes pairs.csv, edges.csv (weight = number of pairs) and viral.csv (objects with more events at once than are paired).
    Rows without account, object, time or content are left out and counted. Text that a spreadsheet would take for a formula
    gets an apostrophe before it.

    Example:
      rapporteur coordination shares.parquet --account account_id --object url --time shared_at --window 60 --out pairs
    """
    from assets.detection.coordination import find
    from assets.detection.event_files import Columns

    found = find(
        file,
        Columns(account=account, object=object_, time=time, content=content),
        window,
        out,
        min_participation=min_participation,
        cap=cap,
    )
    if found.naive_time:
        say(f"The timestamps of {time!r} carry no zone; they were taken as UTC.")
    if found.cut:
        first = found.viral[0]
        say(
            f"{found.cut:,} events in {found.viral_buckets:,} buckets were not paired, because more than {cap} fell on one object "
            f"within one window; most of them on {first.object!r} ({first.accounts:,} accounts). See viral.csv; --cap raises it."
        )
    if as_json:
        answer_json(plain(found))
        return
    lacking = ", ".join(f"{count:,} without {role}" for role, count in found.missing.items() if count)
    answer(f"{found.rows:,} rows, {found.left_out:,} left out{f' ({lacking})' if lacking else ''}")
    show_table(
        f"Within {window:g} seconds",
        ["pairs", "edges", "weight", "accounts", "not paired"],
        [[found.pairs, found.edges, found.weight, found.accounts, found.cut]],
    )
    for path in found.files:
        answer(path)
