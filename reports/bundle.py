"""Bundle: prepares a report of the catalogue as a folder of files under filings/, from the published copy.

Assembly and placing belong here: a draft is replaced whole, a filed bundle never. Contents are made by their own modules.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import msgspec

from orchestration.core import ops
from orchestration.core.clock import stamp
from orchestration.core.durable import sync_folder, write_bytes
from orchestration.core.home import Home
from orchestration.core.publish import open_published
from reports import evidence
from reports.catalogue import Entry, entry_of
from reports.catalogue.calendar import Service, last_periods
from reports.catalogue.standing import read_services
from reports.closure import write_closure
from reports.figures import Figures, compute
from reports.index import write_index
from reports.lineage import write_lineage
from reports.manifest import DRAFT, NAME, build_manifest, is_draft, sha256_of
from reports.metrics import read_metrics
from reports.periods import Period, parse_instant, parse_period
from reports.published import State, read_state
from reports.render.csv import figures_csv
from reports.render.document import arrange
from reports.splits import breakdowns_of
from reports.strata import with_digests


def prepare(
    home: Home, report_id: str, period: str | None = None, *, as_of: str | None = None, zone: str = "UTC"
) -> Path:
    """Prepare a report as a draft bundle.

    Args:
        home: Whose published copy and filings.
        report_id: A report of the catalogue.
        period: `2026-05`, `2026-Q2`, `2026` or `2026-05-01..2026-06-15`; default: the last period of its cadence
            that the data cover.
        as_of: RFC 3339 instant for follow-up and open items; default: the period's end and the longest follow-up, but
            not later than the data know.
        zone: IANA zone whose midnights bound the period.

    Returns:
        The bundle's folder, `filings/<report>/<period>/v<n>`.

    Raises:
        UnknownReport: The catalogue has no such report.
        PeriodError: The period, instant or zone cannot be read.
        FileNotFoundError: Nothing has been published yet.
    """
    entry = entry_of(report_id)
    with open_published(home) as con, _placing(home):
        state = read_state(con, home)
        chosen = parse_period(period, zone) if period else default_period(entry, state, read_services(con), zone)
        figures = _figures(con, entry, chosen, state, as_of)
        shelf = home.filings / entry.report_id / chosen.name
        version = next_version(shelf)
        filing_id = f"{entry.report_id}/{chosen.name}/v{version}"
        draft = shelf / f".v{version}.{os.getpid()}.tmp"
        _clear_leftovers(shelf)
        draft.mkdir(parents=True)
        _fill(draft, con, home, figures, entry)
        manifest = msgspec.json.format(msgspec.json.encode(build_manifest(draft, filing_id, figures, entry)), indent=1)
        write_bytes(draft / NAME, manifest)
        folder = _place(draft, shelf / f"v{version}")
        ops.append(
            home,
            "filings",
            [
                {
                    "filing_id": filing_id,
                    "report_id": entry.report_id,
                    "period": chosen.name,
                    "version": version,
                    "status": DRAFT,
                    "watermark": state.watermark,
                    "as_of": stamp(figures.as_of),
                    "manifest_sha256": sha256_of(folder / NAME),
                    "is_synthetic": state.is_synthetic,
                    "recorded_at": stamp(),
                }
            ],
        )
        write_index(home, state)
    return folder


def default_period(entry: Entry, state: State, services: Sequence[Service], zone: str = "UTC") -> Period:
    """The last period of the report's cadence that the data cover.

    Args:
        entry: The report.
        state: What the copy says about itself.
        services: The register of services, where the cadence hangs on them.
        zone: IANA zone whose midnights bound the period.

    Raises:
        PeriodError: Nothing was ever delivered, so there is none.
    """
    names = last_periods(entry, state.known_until.date(), services) if state.known_until else []
    return parse_period(names[0] if names else "", zone)


def next_version(shelf: Path) -> int:
    """The version to prepare: the last one while it is a draft, else the one after it."""
    versions = sorted(int(path.name[1:]) for path in shelf.glob("v*") if path.name[1:].isdigit())
    if not versions:
        return 1
    return versions[-1] if is_draft(shelf / f"v{versions[-1]}") else versions[-1] + 1


def _figures(con: duckdb.DuckDBPyConnection, entry: Entry, period: Period, state: State, as_of: str | None) -> Figures:
    parts = {part.part for part in entry.parts}
    metrics = [metric for metric in read_metrics(con).values() if metric.part in parts]
    figures = compute(
        con,
        metrics,
        period,
        state=state,
        breakdowns=breakdowns_of(entry),
        as_of=parse_instant(as_of) if as_of else None,
    )
    return with_digests(con, figures)


def _fill(folder: Path, con: duckdb.DuckDBPyConnection, home: Home, figures: Figures, entry: Entry) -> None:
    evidence.write_figures(figures, folder / "figures.parquet")
    evidence.write_strata(con, figures, folder / "strata.parquet")
    evidence.write_contributors(con, figures, folder / "contributors.parquet")
    evidence.write_registers(con, figures, folder / "registers")
    checks = evidence.latest_checks(con, entry.required_checks)
    write_bytes(folder / "checks.json", msgspec.json.format(msgspec.json.encode(checks), indent=1))
    write_closure(folder / "sql", home, figures, con)
    document = arrange(figures, entry, further=(("Required checks", evidence.checks_text(checks)),))
    if "html" in entry.renderers:
        from reports.render.html import page_bytes

        write_bytes(folder / "report.html", page_bytes(document))
    if "xlsx" in entry.renderers:
        from reports.render.xlsx import workbook_bytes

        write_bytes(folder / "report.xlsx", workbook_bytes(document, figures))
    if "pdf" in entry.renderers:
        from reports.render.pdf import pdf_bytes

        write_bytes(folder / "report.pdf", pdf_bytes(document, figures.as_of))
    if "csv" in entry.renderers:
        for part in entry.parts:
            write_bytes(folder / "csv" / f"{part.part}.csv", figures_csv(figures, part.part))
    if "dsa" in entry.renderers:
        from reports.dsa.filling import write_reports

        write_reports(folder, con, home, figures, entry)
    write_lineage(folder, home, figures, entry)  # last: it names the files


@contextmanager
def _placing(home: Home) -> Iterator[None]:
    """One writer of filings at a time; another waits."""
    home.filings.mkdir(parents=True, exist_ok=True)
    with (home.filings / ".lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _place(draft: Path, target: Path) -> Path:
    """Put a whole folder in the place of a draft, or of nothing."""
    retired = target.with_name(f".{target.name}.{os.getpid()}.old")
    if target.exists():
        target.rename(retired)
    draft.rename(target)
    sync_folder(target.parent)
    if retired.exists():
        shutil.rmtree(retired)
    return target


def _clear_leftovers(shelf: Path) -> None:
    """Remove what a killed preparation left; a draft that it had set aside and not replaced comes back."""
    for old in sorted(shelf.glob(".v*.old")):
        place = shelf / old.name.split(".")[1]
        if place.exists():
            shutil.rmtree(old)
        else:
            old.rename(place)
    for unfinished in shelf.glob(".v*.tmp"):
        shutil.rmtree(unfinished)
