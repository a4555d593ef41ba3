"""Filling: writes the eleven CSV parts, the workbook, the map of cells to figures and the findings, a folder a service.

The order of the work and the names of the files belong here; what a cell holds is decided by the modules beside.
"""

import csv
import io
from datetime import date
from pathlib import Path

import duckdb
import msgspec

from orchestration.core.durable import write_bytes
from orchestration.core.home import Home
from reports.catalogue import Entry
from reports.dsa import complete, services
from reports.dsa.category_sheets import category_sheet, descriptions, names_sheet
from reports.dsa.filled import Cell, Filled, Problem, Severity, Subject
from reports.dsa.findings import Finding, Level
from reports.dsa.lookup import lookup_of
from reports.dsa.prose_sheets import Days, said
from reports.dsa.published_before import previous_publication
from reports.dsa.row_sheets import row_sheet
from reports.dsa.services import Service, days_of, filing_period, folder_name
from reports.dsa.template import CATEGORY_PARTS
from reports.dsa.texts import Text, read_texts
from reports.dsa.validate import validate
from reports.dsa.workbook import workbook_bytes
from reports.figures import Figures
from reports.render.csv import csv_bytes

FOLDER = "dsa"
FINDINGS = "findings.json"
CELLS = "cells.csv"
_SEVERITY: dict[Level, Severity] = {"error": "blocking", "warning": "warning", "note": "note"}


def write_reports(
    folder: Path,
    con: duckdb.DuckDBPyConnection,
    home: Home,
    figures: Figures,
    entry: Entry,
    corrected_on: date | None = None,
) -> None:
    """Write the harmonised report of each service in scope.

    `folder/dsa/<service>/` gets the eleven parts, `report.xlsx`, `cells.csv` (every cell that shows a figure, with the
    figure's key) and `findings.json` (what blocks filing or must be explained, the validator's findings among it);
    `folder/dsa/findings.json` what concerns the whole bundle; `folder/texts/` the texts that were printed, as they are.

    Every number is one figure, printed: nothing is added up here. Files depend on the figures, the registers, the texts,
    what was filed before and nothing else, so that preparing twice gives the same bytes; for the date of publication see
    prose_sheets.said.

    Args:
        folder: The bundle.
        con: Connection to the published copy that the figures came from.
        home: Where the texts and what was filed before lie.
        figures: All figures of the report, digests not needed.
        entry: Its catalogue entry.
        corrected_on: Day (UTC) of the correction that the bundle is; None when it is none.

    Raises:
        RegisterBroken: The register of filings cannot be read.
    """
    texts, unreadable = read_texts(home.texts / entry.report_id)
    known = services.registered(con, figures.period)
    chosen = services.in_scope(known, figures.period)
    described = descriptions(_policies(con, figures))
    used: list[Text] = []
    first, last = days_of(figures.period)
    for service in chosen:
        lookup = lookup_of(figures)
        subject = Subject(service, f"{first}/{last}", f"{figures.as_of:%Y-%m-%d}", lookup, described)
        previous = previous_publication(home, entry.report_id, subject)
        days = Days(first, last, previous, str(corrected_on or ""))
        used += _write_service(folder / FOLDER / service.folder, subject, texts, days)
    for text in dict.fromkeys(used):
        write_bytes(folder / "texts" / text_name(text), text.content)
    _write_findings(folder / FOLDER / FINDINGS, _about_all(known, chosen, figures, unreadable))


def text_name(text: Text) -> str:
    """Name of a text in the bundle: indicator, service and version."""
    return f"{text.head.indicator}.{folder_name(text.head.service)}.v{text.head.version}.md"


def _write_service(folder: Path, subject: Subject, texts: list[Text], days: Days) -> list[Text]:
    spoken = said(subject, texts, days)
    parts = {**spoken.parts, 2: names_sheet(subject)}
    parts |= {number: category_sheet(number, subject) for number in CATEGORY_PARTS}
    parts |= {number: row_sheet(number, subject) for number in (7, 8, 9, 10)}
    ordered = [parts[number] for number in sorted(parts)]
    for filled in ordered:
        write_bytes(folder / filled.part.file_name, part_bytes(filled))
    write_bytes(folder / "report.xlsx", workbook_bytes(ordered, subject.lookup.figures))
    cells = [cell for filled in ordered for cell in filled.cells]
    write_bytes(folder / CELLS, csv_bytes(cells, Cell._fields))
    problems = [*spoken.problems, *complete.problems(subject)]
    problems += [_told(finding, subject.service) for finding in validate(folder).findings]
    _write_findings(folder / FINDINGS, problems)
    return spoken.used


def part_bytes(filled: Filled) -> bytes:
    """A part as RFC 4180: CRLF, quotes where needed, UTF-8, cells as they stand (ours were made safe before)."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(filled.rows)
    return out.getvalue().encode("utf-8")


def _policies(con: duckdb.DuckDBPyConnection, figures: Figures) -> list[tuple[str, str, str | None]]:
    rows = con.execute(
        "select distinct coalesce(name, policy_code), dsa_category, dsa_keyword from marts.dim_policies "
        "where (valid_from is null or valid_from < $end) and (valid_to is null or valid_to > $start) "
        "and dsa_category is not null order by all",
        {"start": figures.period.start, "end": figures.period.end},
    ).fetchall()
    return [(str(name), str(category), keyword) for name, category, keyword in rows]


def _told(finding: Finding, service: Service) -> Problem:
    return Problem(
        finding="validator",
        severity=_SEVERITY[finding.level],
        message=finding.message,
        service=service.dsa_service,
        rule=finding.rule,
        part=finding.part,
        row=finding.row,
        column=finding.column,
        found=finding.found,
        expected=finding.expected,
    )


def _about_all(known: list[Service], chosen: list[Service], figures: Figures, unreadable: list[str]) -> list[Problem]:
    found = [
        Problem(finding="text_unreadable", severity="blocking", message=f"A text cannot be read: {defect}.")
        for defect in unreadable
    ]
    if filing_period(figures.period) == "none":
        what = (
            "The range is none of the Regulation's periods (a calendar year, or a half-year of a very large service)."
        )
        found.append(Problem(finding="not_a_filing_period", severity="blocking", message=what))
    if not chosen:
        what = "The register `services` has no service that reports on this period: nothing was written."
        found.append(Problem(finding="no_service", severity="blocking", message=what))
    for service in known:
        found += _about(service, is_chosen=service in chosen)
    codes = {service.dsa_service for service in known}
    counted = {figure.dimensions["service"] for figure in figures.figures if "service" in figure.dimensions}
    for code in sorted(counted - codes - complete.NO_SERVICE):
        what = f"Figures name the service {code!r}, which the register `services` does not have in the period."
        found.append(Problem(finding="service_not_registered", severity="blocking", message=what, service=code))
    return found


def _about(service: Service, *, is_chosen: bool) -> list[Problem]:
    found = []
    if not is_chosen:
        what = f"{service.dsa_service} ({service.kind}) reports on other periods; it is not in this bundle."
        found.append(Problem(finding="service_not_due", severity="note", message=what, service=service.dsa_service))
    if not service.is_known_kind:
        what = f"The register gives {service.dsa_service} no kind that the Act knows; printed as an online platform."
        found.append(
            Problem(finding="service_without_kind", severity="blocking", message=what, service=service.dsa_service)
        )
    if len(service.kinds) > 1:
        what = f"{service.dsa_service} was {', then '.join(service.kinds)} in the period; printed as what it was last."
        found.append(
            Problem(finding="service_changed_kind", severity="warning", message=what, service=service.dsa_service)
        )
    return found


def _write_findings(path: Path, problems: list[Problem]) -> None:
    document = {
        "findings": problems,
        "blocking": sum(1 for problem in problems if problem.severity == "blocking"),
        "warnings": sum(1 for problem in problems if problem.severity == "warning"),
    }
    write_bytes(path, msgspec.json.format(msgspec.json.encode(document), indent=1))
