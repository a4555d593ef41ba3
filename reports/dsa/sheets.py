"""A report as read: its parts with columns found by name, rows and numbers; finding the files in a folder, too.

Which file is which part and which column is which belongs here (rule V1, V23, V24); judging values does not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from reports.dsa import template
from reports.dsa.decoding import to_grid
from reports.dsa.findings import Finding, Level, Where, finding, quote
from reports.dsa.numbers import read_amount
from reports.dsa.template import Kind, Part

MOST_BYTES = 32 * 1024 * 1024
_NAMED_PART = re.compile(r"part[ _.-]*0*(\d{1,2})(?!\d)", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:[a-z]{2}[ _.-]+)?0*(\d{1,2})(?!\d)", re.IGNORECASE)


class Row(NamedTuple):
    """A row: its number as a spreadsheet shows it, and its cells."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A part as read.

    Attributes:
        part: The template's part.
        columns: Where each of the template's columns stands in the file; absent ones are missing.
        rows: Rows below the header, blank ones left out.
        foreign: Whether the header is in no known words, so that columns are taken by position and texts cannot be compared.
    """

    part: Part
    columns: dict[str, int]
    rows: tuple[Row, ...]
    foreign: bool

    def cell(self, row: Row, column: str) -> str:
        """The text of a cell, "" when the file has no such column or the row is too short."""
        place = self.columns.get(column, -1)
        return row.cells[place] if 0 <= place < len(row.cells) else ""

    def amount(self, row: Row, column: str, kind: Kind) -> Decimal | None:
        """The number in a cell: None when blank, NaN when unreadable."""
        return read_amount(self.cell(row, column), kind).value

    def context(self, row: Row, column: str) -> str:
        """The contextual information on a cell, "" when there is none: what explains a blank or an odd number."""
        wanted = comparable(f"Contextual information on {column}")
        for name in self.part.header:
            bare = comparable(name)
            if bare == wanted or (column == "Value" and bare == "contextual information"):
                return self.cell(row, name).strip()
        return ""

    def key(self, row: Row) -> tuple[str, ...]:
        """The cells that say what a row is about, in comparable form."""
        return tuple(comparable(self.cell(row, name)) for name in self.part.key_columns)


Report = dict[int, Sheet]


def comparable(text: str) -> str:
    """Text without differences that do not matter: case, spaces, typographic apostrophes."""
    return " ".join(text.replace("\u2019", "'").replace("\u00a0", " ").split()).casefold()


def read_report(folder: Path) -> tuple[Report, list[Finding]]:
    """Every part of a folder; what is missing or cannot be read is a finding.

    Args:
        folder: Holds the CSV parts; other files and folders below it are not looked at.
    """
    report: Report = {}
    found: list[Finding] = []
    chosen, complaints = _choose(folder)
    found += complaints
    for part in template.parts():
        path = chosen.get(part.number)
        if path is None:
            found.append(_missing(part))
            continue
        sheet, complaints = _read_part(path, part)
        found += complaints
        if sheet is not None:
            report[part.number] = sheet
    return report, found


def _missing(part: Part) -> Finding:
    vlop = " (it applies to very large services; others publish it blank)" if part.number in {9, 10} else ""
    what = f"the part is missing{vlop}."
    return finding("V1", "error", what, part_number=part.number, found="no file", expected=part.file_name)


def _choose(folder: Path) -> tuple[dict[int, Path], list[Finding]]:
    chosen: dict[int, Path] = {}
    found = []
    others = []
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        if path.suffix.lower() not in {".csv", ".txt", ".tsv"}:
            continue
        number = part_of_name(path.name)
        if number is None and path.suffix.lower() != ".csv":
            continue
        if number is None:
            others.append(path.name)
        elif number in chosen:
            what = f"two files are this part; {quote(path.name)} was not read."
            expected = f"{quote(chosen[number].name)} alone"
            found.append(finding("V1", "error", what, part_number=number, found=path.name, expected=expected))
        else:
            chosen[number] = path
    # A file beside eleven parts is no part with a strange name.
    level: Level = "note" if len(chosen) == len(template.parts()) else "warning"
    for name in others:
        what = f"{quote(name)} is no numbered part and was not read."
        found.append(finding("V1", level, what, found=name, expected="<number>_<name>.csv"))
    return chosen, found


def part_of_name(name: str) -> int | None:
    """The part that a file's name means: `3_orders.csv`, `EN_3.csv`, `4_EN_..._CSV_Part_3_orders.csv` are part 3."""
    stem = name.rsplit(".", 1)[0]
    match = _NAMED_PART.search(stem) or _NUMBERED.match(stem)
    if match and 1 <= int(match.group(1)) <= 11:
        return int(match.group(1))
    words = comparable(stem.replace("_", " "))
    named = [part.number for part in template.parts() if comparable(part.name.replace("_", " ")) in words]
    return named[0] if len(named) == 1 else None


def _unreadable(part: Part, what: str, found: object) -> tuple[None, list[Finding]]:
    return None, [finding("V24", "error", what, part_number=part.number, found=found, expected="a readable CSV file")]


def _read_part(path: Path, part: Part) -> tuple[Sheet | None, list[Finding]]:
    try:
        if not path.is_file():
            return _unreadable(part, f"{quote(path.name)} is not a file.", path.name)
        if (size := path.stat().st_size) > MOST_BYTES:
            return _unreadable(part, f"{size} bytes are more than any report has; it was not read.", f"{size} bytes")
        content = path.read_bytes()
    except OSError as error:
        return _unreadable(part, f"it cannot be read ({error.strerror}).", error.strerror)
    grid = to_grid(content, part.number, len(part.header))
    if not grid.rows:
        return None, grid.findings
    return _sheet(grid.rows, part, grid.findings)


def _sheet(rows: list[tuple[int, list[str]]], part: Part, found: list[Finding]) -> tuple[Sheet, list[Finding]]:
    while len(rows) > 1 and not any(cell.strip() for cell in rows[0][1]):
        rows = rows[1:]
    header_number, header = rows[0]
    body = rows[1:]
    if _is_data(header):
        what = "there is no header; the first row holds data. Columns are taken by position."
        found.append(finding("V1", "error", what, part_number=part.number, row=header_number, found=header[0]))
        header, body = list(part.header), rows
    columns, foreign, complaints = _columns(header, header_number, part)
    found += complaints
    kept = []
    for number, cells in body:
        found += _ragged(number, cells, len(header), part)
        if any(cell.strip() for cell in cells):
            kept.append(Row(number, tuple(cells)))
    return Sheet(part, columns, tuple(kept), foreign), found


def _is_data(cells: list[str]) -> bool:
    keys = {category.key for category in template.categories()}
    return any(cell.strip() in keys or re.fullmatch(r"\d{4}-\d\d-\d\d/\d{4}-\d\d-\d\d", cell.strip()) for cell in cells)


def _ragged(number: int, cells: list[str], width: int, part: Part) -> Iterator[Finding]:
    if not any(cell.strip() for cell in cells):
        yield finding("V23", "note", "the row is blank.", part_number=part.number, row=number)
    elif len(cells) != width:
        what = f"the row has {len(cells)} cells, the header {width}."
        yield finding("V23", "error", what, part_number=part.number, row=number, found=len(cells), expected=width)


def _columns(header: list[str], row: int, part: Part) -> tuple[dict[str, int], bool, list[Finding]]:
    seen: dict[str, int] = {}
    for place, name in enumerate(header):
        seen.setdefault(comparable(name), place)
    columns = {name: seen[comparable(name)] for name in part.header if comparable(name) in seen}
    if len(columns) * 3 < len(part.header) and len(header) == len(part.header):
        what = "the header is not in the English template's words (another language, or rewritten); columns are taken by position."
        warning = finding(
            "V1", "warning", what, part_number=part.number, row=row, found=header[0], expected=part.header[0]
        )
        return {name: place for place, name in enumerate(part.header)}, True, [warning]
    found = []
    for place, name in enumerate(part.header):
        if name in columns:
            continue
        renamed = header[place] if place < len(header) and place not in columns.values() else None
        if renamed is not None:
            columns[name] = place
        what = "the column is missing." if renamed is None else f'the column is named "{quote(renamed)}".'
        where: Where = {"part_number": part.number, "row": row, "column": name}
        found.append(finding("V1", "error", what, found=renamed, expected=name, **where))
    return columns, False, found + _surplus(header, row, part, columns)


def _surplus(header: list[str], row: int, part: Part, columns: dict[str, int]) -> list[Finding]:
    found = []
    for place, name in enumerate(header):
        if place not in columns.values():
            what = "the template has no such column."
            found.append(finding("V1", "error", what, part_number=part.number, row=row, column=name, found=name))
    places = [columns[name] for name in part.header if name in columns]
    if places != sorted(places):
        what = "the columns stand in another order than the template's."
        found.append(finding("V1", "error", what, part_number=part.number, row=row))
    if not found and any(a != b for a, b in zip(part.header, header, strict=False) if comparable(a) == comparable(b)):
        what = "the header differs from the template's in case or spaces alone."
        found.append(finding("V1", "note", what, part_number=part.number, row=row))
    return found
