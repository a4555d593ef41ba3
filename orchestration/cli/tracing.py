"""Commands that lead from a figure to what was delivered and back, and that examine a bundle: trace, verify.

They compose the reports' evidence with the vault; what agrees and what does not is told by reports/.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

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
from orchestration.core.home import Home

if TYPE_CHECKING:
    from reports.restatement import Restatement
    from reports.trace import Trace
    from reports.verification import Verification

_SHOWN = 50


class FeedFacts(TypedDict):
    """What looking records up takes from the contract."""

    keys: dict[str, str]
    registers: frozenset[str]


@explains(ValueError)
def trace(
    figure: Annotated[
        str | None,
        typer.Argument(
            metavar="FILING#FIGURE", help="Filing's id or bundle's folder, and the key printed beside the figure."
        ),
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Show the delivered lines, from the vault; recorded in the access log.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=0, help="At most so many lines; 50 on a terminal, all in JSON.")
    ] = None,
    reverse: Annotated[
        str | None, typer.Option(metavar="SHA256:LINE", help="Instead: every figure that this delivered line reached.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """From a printed figure to the delivered lines that it counts, every digest re-checked on the way. Exit 1 when one does not agree.

    With --reverse: from a delivered line to every figure of every bundle that it reached; exit 1 when it reached none.

    Examples:
      rapporteur trace 'enforcement_overview/2026-05/v1#actions/actions?surface=api' --limit 20 --raw

      rapporteur trace --reverse 3f2a9c0d11223344:17
    """
    home = open_home()
    if (figure is None) == (reverse is None):
        raise ValueError("name a figure as FILING#FIGURE, or a line with --reverse SHA256:LINE")
    if reverse is not None:
        _show_reached(home, reverse, as_json=as_json)
        return
    from orchestration.core.erasures import erased_lines
    from reports.bundles import find_bundle
    from reports.trace import trace as walk

    filing, separator, key = str(figure).partition("#")
    if not separator:
        raise ValueError(f"{figure!r} is not FILING#FIGURE, such as enforcement_overview/2026-05/v1#actions/actions")
    shown = limit if limit is not None or as_json else _SHOWN
    found = walk(find_bundle(home, filing), key, shown, erased_lines(home))
    texts = _raw_lines(home, found) if raw else []
    if as_json:
        document = plain(found)
        for line, text in zip(document["lines"], texts, strict=False):
            line["raw"] = text
        answer_json(document)
    else:
        _show_trace(found, texts)
    if found.findings:
        raise typer.Exit(NO)


@explains(ValueError)
def verify(
    filing: Annotated[
        str | None, typer.Argument(metavar="FILING", help="Filing's id, or the folder of a bundle wherever it lies.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="The record as a whole and every bundle.")] = False,
    recompute: Annotated[
        bool, typer.Option("--recompute", help="Also run the bundle's own SQL over the lake and compare every figure.")
    ] = False,
    current: Annotated[
        bool, typer.Option("--current", help="Also run today's models at its watermark and explain each difference.")
    ] = False,
    keys: Annotated[Path | None, typer.Option(metavar="FILE", help="Public keys that came out of band.")] = None,
    lake: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Home, or a copy of it, with vault and lake, for a bundle that was moved."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Examine a bundle: files, signatures, register, digests, vault, lake. Exit 1 with every finding named.

    Example:
      rapporteur verify enforcement_overview/2026-05/v1 --recompute --keys auditors_keys.jsonl
    """
    from reports import verification
    from reports.bundles import find_bundle
    from reports.filing.signers import trusted

    home = open_home()
    if (filing is None) != every:
        raise ValueError("name a filing, or say --all")
    if current and every:
        raise ValueError("--current compares one filing; name it")
    if lake is not None and not (lake / "lake").is_dir():
        raise ValueError(f"{lake} holds no folder named lake: name a home, or a copy of one")
    known = trusted(home, keys)
    with waiting("Examining"):
        if every:
            found = verification.verify_all(home, known, with_recompute=recompute)
        else:
            bundle = find_bundle(home, str(filing))
            found = [verification.verify(home, bundle, known, lake=lake, with_recompute=recompute)]
    today = _against_today(home, str(filing)) if current else None
    if as_json:
        told = {"current": plain(today)} if today is not None else {}
        answer_json([plain(one) for one in found] if every else {**plain(found[0]), **told})
    else:
        for one in found:
            _show_verification(one)
        if today is not None:
            _show_restatement(today)
    if not all(one.is_whole for one in found):
        raise typer.Exit(NO)


@explains(ValueError)
def restate(
    report: Annotated[str, typer.Option("--report", metavar="ID", help="From `report list`.")],
    period: Annotated[str, typer.Option(help="2026-05, 2026-Q2, 2026, or a half-open range.")],
    from_watermark: Annotated[int, typer.Option(metavar="A", help="Last batch of the earlier side.")],
    to_watermark: Annotated[int, typer.Option(metavar="B", help="Last batch of the later side.")],
    as_of: Annotated[
        str | None, typer.Option(help="UTC instant of the ages, for both sides; each its own when absent.")
    ] = None,
    zone: Annotated[str, typer.Option(help="Time zone of the period's edges.")] = "UTC",
    as_json: JsonFlag = False,
) -> None:
    """What changed in a report between two watermarks, cell by cell, with the batches behind it and the cause by name.

    Causes: late data, retraction, register, revised record, follow-up, definition, code. The earlier side is the bundle of that
    watermark where there is one.

    Example:
      rapporteur restate --report enforcement_overview --period 2026-05 --from-watermark 31 --to-watermark 58
    """
    from reports.restatement import restate as explain

    home = open_home()
    with waiting(f"Running {report} at {from_watermark} and at {to_watermark}"):
        found = explain(home, report, period, from_watermark, to_watermark, **_feeds(), as_of=as_of, zone=zone)
    if as_json:
        answer_json(plain(found))
    else:
        _show_restatement(found)


def _against_today(home: Home, filing: str) -> "Restatement":
    """A bundle compared with what today's models give at its watermark."""
    from reports.bundles import find_bundle
    from reports.restatement import restate as explain

    bundle = find_bundle(home, filing)
    report, period = str(bundle.facts.get("report")), str(bundle.facts.get("period"))
    return explain(home, report, period, bundle.watermark, bundle.watermark, **_feeds(), bundle=bundle)


def _feeds() -> FeedFacts:
    """What the contract says of feeds: the column of each one's id, and which are registers."""
    from assets.ingestion.contracts import FEEDS

    return {
        "keys": {name: feed.key[0] for name, feed in FEEDS.items()},
        "registers": frozenset(name for name, feed in FEEDS.items() if feed.kind == "register"),
    }


def _show_restatement(found: "Restatement") -> None:
    answer(
        f"{found.report} {found.period}: watermark {found.from_watermark} ({found.from_source}) to {found.to_watermark}; "
        f"{len(found.cells)} of {found.figure_count} figures differ"
    )
    if found.from_as_of != found.to_as_of:
        answer(f"  read as of {found.from_as_of} and of {found.to_as_of}")
    columns = ["cause", "batch", "what", "gained", "lost"]
    rows = [[one.cause, one.batch_id or "", one.what, one.gained, one.lost] for one in found.totals]
    show_table("Contributions that changed", columns, rows)
    cells = []
    for cell in found.cells[:_SHOWN]:
        why = "; ".join(
            f"{one.cause} ({one.what}, batch {one.batch_id}): +{one.gained} -{one.lost}" for one in cell.causes
        )
        cells.append([cell.figure_key, cell.before, cell.after, why])
    show_table("Cells", ["figure", "before", "after", "why"], cells)
    if len(found.cells) > _SHOWN:
        answer(f"... and {len(found.cells) - _SHOWN:,} more (--json gives all)")


def _show_trace(found: "Trace", texts: list[str]) -> None:
    value = "none" if found.value is None else f"{found.value:,}"
    answer(f"{found.filing}#{found.figure_key}")
    answer(f"  {value} {found.unit}; watermark {found.watermark}; digest {found.digest}")
    answer(f"  {found.definition}")
    show_table("", ["role", "rows", "sha256"], [[role.role, role.row_count, role.sha256] for role in found.role])
    rows = []
    for line in found.lines:
        told = f"erased under {line.erased_under}" if line.erased_under else " ".join(line.input_refs)
        place = f"{line.file_sha256[:16]}:{line.line}"
        rows.append([place, line.record_id, line.role, line.feed, line.path or "", told])
    show_table("", ["file:line", "record", "role", "feed", "delivered as", "also decided by"], rows)
    if found.line_count > len(found.lines):
        answer(f"... {len(found.lines):,} of {found.line_count:,} lines (--limit)")
    for line, text in zip(found.lines, texts, strict=False):
        answer(f"{line.file_sha256}:{line.line}")
        answer(f"  {text}")
    for finding in found.findings:
        answer(str(finding))


def _raw_lines(home: Home, found: "Trace") -> list[str]:
    """The delivered lines of a trace, as text; the look is recorded before anything is shown."""
    from assets.ingestion import quarantine
    from orchestration.core.access import record_accesses

    places = list(dict.fromkeys((line.file_sha256, line.line) for line in found.lines))
    record_accesses(
        home, "trace --raw", [f"{sha}:{line}" for sha, line in places], f"{found.filing}#{found.figure_key}"
    )
    texts: dict[tuple[str, int], str] = {}
    for sha256, number in places:
        try:
            texts[sha256, number] = quarantine.raw_line(home, sha256, number).decode("utf-8", errors="backslashreplace")
        except (ValueError, OSError) as error:
            texts[sha256, number] = f"({error})"
    return [texts[line.file_sha256, line.line] for line in found.lines]


def _show_reached(home: Home, reference: str, *, as_json: bool) -> None:
    from assets.ingestion.delivered_records import record_at
    from reports.trace_back import trace_back

    prefix, _, number = reference.partition(":")
    if not number.isdigit() or not prefix:
        raise ValueError(f"{reference!r} is not SHA256:LINE")
    record = record_at(home, prefix, int(number))
    refs = [record.ref] if record.ref else []
    reached = trace_back(home, record.file_sha256, int(number), refs, record.batch_id)
    if as_json:
        answer_json(
            {
                "file_sha256": record.file_sha256,
                "line": int(number),
                "feed": record.feed,
                "record_id": record.record_id,
                "batch_id": record.batch_id,
                "figures": [plain(one) for one in reached],
            }
        )
    else:
        told = (
            f"{record.feed} {record.record_id}, batch {record.batch_id}"
            if record.record_id
            else f"{record.feed}, no record"
        )
        answer(f"{record.file_sha256}:{number}: {told}")
        show_table(
            "",
            ["filing", "figure", "value", "role", "via", "rows"],
            [[one.filing, one.figure_key, one.value, one.role, one.via, one.row_count] for one in reached],
        )
        if not reached:
            say("No figure of any bundle rests on it.")
    if not reached:
        raise typer.Exit(NO)


def _show_verification(found: "Verification") -> None:
    title = f"{found.filing}: {'holds' if found.is_whole else f'{len(found.findings)} findings'}"
    show_table(title, ["check", "examined", "outcome"], [[c.check, c.examined, c.outcome] for c in found.checks])
    for finding in found.findings:
        answer(f"  {finding.check}: {finding.where}: {finding.message}")
        answer(f"      expected {finding.expected}")
        answer(f"      found    {finding.found}")
    for note in found.notes:
        answer(f"  {note}")
