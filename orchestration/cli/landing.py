"""Commands about what lands: sample, mapping check, quarantine list, show and retry.

They call assets/ingestion; nothing here judges a line.
"""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.console import (
    NO,
    JsonFlag,
    answer,
    answer_json,
    explains,
    open_home,
    plain,
    show_table,
    waiting,
)
from orchestration.core.access import record_access
from orchestration.core.locks import run_lock


@explains(ValueError)
def sample(
    days: Annotated[int, typer.Option(min=1, help="Days of traffic.")] = 30,
    accounts: Annotated[int, typer.Option(min=10, help="Accounts.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 7,
    end: Annotated[str | None, typer.Option(metavar="DAY", help="Last day; a fixed one when absent.")] = None,
    world: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A labelled world (docs/laboratory.md); its truth goes to HOME/truth."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Write a deterministic synthetic landing zone of every feed and register, dirt included.

    What it writes is marked synthetic and can never be filed. It refuses a home that holds real deliveries.

    Example:
      RAPPORTEUR_HOME=/tmp/try rapporteur sample --days 5 --accounts 200
    """
    from assets.ingestion.sample import DEFAULT_END, write
    from orchestration.cli.running import parse_day
    from reports.dsa.example_texts import write_example_texts

    home = open_home()
    last: date = parse_day(end) or DEFAULT_END
    with waiting(f"Writing {days} days of {accounts} accounts, seed {seed}, to {home.landing}"):
        summary = write(home, days=days, accounts=accounts, seed=seed, end=last, world_name=world or "")
        write_example_texts(home)
    if as_json:
        answer_json(plain(summary))
    else:
        answer(f"Wrote a synthetic landing zone to {home.landing}. Next: rapporteur run")


@explains(ValueError)
def mapping_check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file as it would land.", exists=True, dir_okay=False)],
    as_json: JsonFlag = False,
) -> None:
    """Preview what a mapping would load and quarantine, before anything is ingested. Exit 1 when nothing would load.

    The mappings are those under `landing/_mappings`; the feed is told by the file's folder, else by the mapping that fits its name.

    Example:
      rapporteur mapping check 2018-COMPILED-DATA.csv
    """
    from assets.ingestion import mappings

    result = mappings.check(open_home(), file)
    if as_json:
        answer_json(plain(result))
    else:
        answer(f"{file.name}: feed {result.feed or 'unknown'}, mapping {result.mapping or 'none (own columns)'}")
        if result.error:
            answer(f"The file would be rejected: {result.error}")
        answer(
            f"lines {result.lines} = would load {result.would_load} + quarantined {result.quarantined} + blank {result.blank}"
        )
        if result.repeated_keys:
            answer(f"{result.repeated_keys} of them repeat a key of an earlier line: versions or duplicates.")
        if result.reasons:
            show_table("\nWould be quarantined", ["reason", "lines"], sorted(result.reasons.items()))
            columns = ["line", "sheet", "reason", "json path", "detail"]
            show_table("\nFirst of them", columns, [list(plain(problem).values()) for problem in result.problems])
        for row in result.first_rows:
            answer(str(plain(row)))
    if result.error or not result.would_load:
        raise typer.Exit(NO)


@explains(ValueError)
def quarantine_list(
    feed: Annotated[str | None, typer.Option(help="Only this feed.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many lines.")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """What is set aside, why and where: never the content itself.

    Example:
      rapporteur quarantine list --feed appeals
    """
    from assets.ingestion import quarantine

    rows = [row for row in quarantine.list_open(open_home()) if feed in (None, row.feed)]
    if as_json:
        answer_json([plain(row) for row in rows])
        return
    reasons: dict[tuple[str, str], int] = {}
    for row in rows:
        reasons[row.feed, row.reason] = reasons.get((row.feed, row.reason), 0) + 1
    show_table("By feed and reason", ["feed", "reason", "lines"], [[*key, n] for key, n in sorted(reasons.items())])
    show_table(
        "\nLines (see one with `rapporteur quarantine show SHA256:LINE`)",
        ["feed", "sha256:line", "byte", "reason", "json path", "detail"],
        [
            [row.feed, f"{row.file_sha256[:16]}:{row.line_no}", row.byte_offset, row.reason, row.json_path, row.detail]
            for row in rows[:limit]
        ],
    )
    if len(rows) > limit:
        answer(f"... and {len(rows) - limit:,} more (--limit)")


@explains(ValueError)
def quarantine_show(
    reference: Annotated[
        str, typer.Argument(metavar="SHA256:LINE", help="From `quarantine list`; the digest may be cut short.")
    ],
) -> None:
    """The raw line as it was delivered, from the vault. Looking is recorded in the access log.

    Example:
      rapporteur quarantine show 3f2a9c0d11223344:17
    """
    from assets.ingestion import quarantine

    home = open_home()
    prefix, _, number = reference.partition(":")
    if not number.isdigit():
        raise ValueError(f"{reference!r} is not SHA256:LINE")
    found = [r for r in quarantine.list_open(home) if r.file_sha256.startswith(prefix) and r.line_no == int(number)]
    if not found:
        raise ValueError(f"{reference}: no such line is in quarantine; see `rapporteur quarantine list`")
    record_access(home, "quarantine show", f"{found[0].file_sha256}:{found[0].line_no}")
    row = found[0]
    answer(f"{row.feed}, line {row.line_no}, {row.reason} {row.json_path or ''} {row.detail or ''}".rstrip())
    answer(quarantine.raw_line(home, row.file_sha256, row.line_no).decode("utf-8", errors="backslashreplace"))


@explains(ValueError)
def quarantine_retry(
    feed: Annotated[str | None, typer.Option(help="Only this feed.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Take quarantined lines in again, after a contract or mapping was mended. Exit 1 when none could be.

    Then `rapporteur run` builds and publishes what came in.

    Example:
      rapporteur quarantine retry --feed copyright_notices
    """
    import uuid

    from assets.ingestion import quarantine
    from orchestration.core.settings import get_settings

    home = open_home().ensure()
    run_id = str(uuid.uuid4())
    with run_lock(home, run_id, wait_seconds=get_settings().lock_wait_seconds), waiting("Retrying"):
        commit = quarantine.retry(home, run_id, feed=feed)
    loaded = sum(delivery.loaded for delivery in commit.deliveries) if commit else 0
    if as_json:
        answer_json({"batch_id": commit.batch_id if commit else None, "loaded": loaded})
    elif commit:
        answer(f"Batch {commit.batch_id}: {loaded:,} lines taken in. Next: rapporteur run")
    else:
        answer("No line could be taken in; the reasons stand (rapporteur quarantine list).")
    if not loaded:
        raise typer.Exit(NO)
